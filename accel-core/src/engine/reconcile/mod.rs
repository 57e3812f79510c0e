//! What a listing means: which item each found thing is, what is to go, and what is not ours. Pure.
//!
//! A thing is ours when deployment, kind and tag schema agree and it lies among our things. What only looks like ours (tags copied by
//! somebody's tool) is reported and left alone; so are foreign rules, routes and listeners inside our resources.

mod bind;
mod candidate;
mod copy;
mod rest;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use self::candidate::{Candidate, relate_by_address};
use super::agenda::{Agenda, Limits, Moment};
use super::state::{State, Step, evolve};
use super::stranger::Stranger;
use crate::backend::Found;
use crate::error::Error;
use crate::id::{DeploymentId, RemoteId, RunId};
use crate::journal::{ItemId, Purpose, Record};
use crate::resource::Repeat;
use crate::tags;

/// What a listing is held against.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, in any combination")]
pub(crate) struct Context<'a> {
    pub(crate) deployment: &'a DeploymentId,
    pub(crate) run: &'a RunId,
    /// The user's word that what other runs of this deployment made is theirs, and that those runs are over.
    pub(crate) adopt: bool,
    /// The user's word that what others have opened inside our resources is to go.
    pub(crate) revoke_foreign: bool,
    /// The first listing of the run.
    pub(crate) opening: bool,
    /// Whether a journal is in use.
    pub(crate) journalled: bool,
    pub(crate) now: Moment,
    pub(crate) limits: &'a Limits,
    /// When this run first saw what can only be judged after a while.
    pub(crate) first_seen: &'a mut BTreeMap<RemoteId, Moment>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Reconciled {
    pub(crate) records: Vec<Record>,
    pub(crate) strangers: Vec<Stranger>,
    /// Wanted things that the listing did not show: worth a look.
    pub(crate) missing: Vec<ItemId>,
    /// Whether something is still to be seen gone, or too young to be judged.
    pub(crate) unsettled: bool,
    /// Networks that nobody knows, in which things with our tags lie.
    pub(crate) networks: BTreeSet<RemoteId>,
    /// The strangers that stand in what is not ours, and stay when what they refer to has gone.
    pub(crate) elsewhere: BTreeSet<Stranger>,
    /// Places in what is not ours of which something of ours has a receipt.
    pub(crate) receipts: BTreeSet<String>,
    /// Whether the records at hand tell of everything that there can be.
    pub(crate) recorded: bool,
}

/// Gives the state back with the records folded into it: the same one if there are none.
pub(crate) fn reconcile<'a>(
    state: Cow<'a, State>,
    agenda: &Agenda,
    found: &[Found],
    context: &mut Context<'_>,
) -> Result<(Reconciled, Cow<'a, State>), Error> {
    let mut work = Work {
        state,
        agenda,
        context,
        found: found.iter().map(Candidate::new).collect(),
        out: Reconciled::default(),
    };
    work.found.sort_by(|a, b| a.found.id.cmp(&b.found.id));
    // What spans two places is shown by the listings of both.
    work.found.dedup_by(|a, b| a.found.id.same(&b.found.id));
    relate_by_address(&mut work.found, &work.state);
    work.out.recorded = work.records_are_complete();
    work.out.receipts = work.receipts();
    work.known();
    work.bind_wanted();
    work.bind_doubtful();
    work.rest()?;
    work.doubt_the_unseen();
    work.missing();
    Ok((work.out, work.state))
}

struct Work<'s, 'a, 'c, 'x> {
    /// Becomes a copy with the first record: most listings show nothing new.
    state: Cow<'s, State>,
    agenda: &'a Agenda,
    context: &'c mut Context<'x>,
    found: Vec<Candidate<'a>>,
    out: Reconciled,
}

impl Work<'_, '_, '_, '_> {
    fn record(&mut self, record: Record) {
        evolve(self.state.to_mut(), &record);
        self.out.records.push(record);
    }

    /// Whether there are records of earlier runs, and of every run that made something of this.
    fn records_are_complete(&self) -> bool {
        let mut runs =
            self.found.iter().filter_map(|candidate| candidate.tags.as_ref()?.run.as_ref());
        let earlier = self.state.runs.iter().any(|started| started.stamp.run != *self.context.run);
        self.context.journalled && earlier && runs.all(|run| self.state.knows_run(run))
    }

    fn receipts(&self) -> BTreeSet<String> {
        let ours = self.found.iter().filter(|candidate| self.genuine(candidate));
        let receipts = ours.flat_map(|candidate| tags::receipts(&candidate.found.tags));
        receipts.map(|(place, _)| place.to_owned()).collect()
    }

    /// Whether the run is a cleanup: what it wants are at most addresses that are kept.
    fn is_cleanup(&self) -> bool {
        self.state.runs.last().is_some_and(|run| run.purpose == Purpose::Cleanup)
    }

    /// Whether this run has not seen it for a whole window yet: too early to judge.
    fn is_young(&mut self, id: &RemoteId) -> bool {
        let window = self.context.limits.window_ms(id.kind);
        let first = *self.context.first_seen.entry(id.clone()).or_insert(self.context.now);
        let young = self.context.now < first + window;
        self.out.unsettled |= young;
        young
    }

    /// Without records, what is missing beside things that are there may be a create of a killed run that nobody sees yet. Only kinds
    /// of which a second create makes a second one need the wait.
    fn doubt_the_unseen(&mut self) {
        let shown = self.found.iter().any(|candidate| candidate.tags.is_some());
        if !self.context.opening || !shown || self.out.recorded {
            return;
        }
        for node in self.state.graph.ids() {
            let id = self.state.item_of(node);
            let item = self.state.item(id);
            if item.step == Step::Absent && item.kind.facts().repeat == Repeat::None {
                self.record(Record::Doubtful { item: id });
            }
        }
    }

    fn missing(&mut self) {
        for id in self.state.ids() {
            let item = self.state.item(id);
            let Some(remote) = &item.id else { continue };
            let shown = self.found.iter().any(|candidate| candidate.found.id.same(remote));
            if item.wanted() && item.exists() && !item.kind.facts().setting && !shown {
                self.out.missing.push(id);
            }
        }
    }
}
