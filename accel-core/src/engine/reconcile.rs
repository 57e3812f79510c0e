//! What a listing means: which item each found thing is, what is to go, and what is not ours. Pure.
//!
//! A thing is ours when deployment, kind and tag schema agree and it lies among our things. What only looks like ours (tags copied by
//! somebody's tool) is reported and left alone; so are foreign rules, routes and listeners inside our resources.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::agenda::{Agenda, Limits, Moment};
use super::state::{Item, State, Step, evolve};
use crate::backend::{Found, Inputs, Phase};
use crate::error::{Error, ErrorKind};
use crate::graph::{NodeId, Role, To};
use crate::id::{DeploymentId, NodeName, RemoteId, RunId};
use crate::journal::{ItemId, Record, Seen};
use crate::resource::{Describe, Repeat};
use crate::tags::Ownership;

/// Something in our places or inside our resources that is not ours to touch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stranger {
    /// The provider's id.
    pub id: RemoteId,
    /// Why it is not taken for ours, or what it opens.
    pub why: String,
}

/// What a listing is held against.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) deployment: &'a DeploymentId,
    pub(crate) run: &'a RunId,
    /// The user's word that what other runs of this deployment made is theirs, and that those runs are over.
    pub(crate) adopt: bool,
    /// The first listing of the run.
    pub(crate) opening: bool,
    /// Whether records of earlier runs are at hand.
    pub(crate) journalled: bool,
    pub(crate) now: Moment,
    pub(crate) limits: &'a Limits,
    /// When this run first saw each duplicate.
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
}

pub(crate) fn reconcile(
    state: &State,
    agenda: &Agenda,
    found: &[Found],
    context: &mut Context<'_>,
) -> Result<Reconciled, Error> {
    let mut work = Work {
        state: state.clone(),
        agenda,
        context,
        found: found.iter().map(Candidate::new).collect(),
        out: Reconciled::default(),
    };
    work.found.sort_by(|a, b| a.found.id.cmp(&b.found.id));
    // What spans two places is shown by the listings of both.
    work.found.dedup_by(|a, b| a.found.id.same(&b.found.id));
    work.known();
    work.bind_wanted();
    work.bind_doubtful();
    work.rest()?;
    work.doubt_the_unseen();
    work.missing();
    Ok(work.out)
}

struct Candidate<'a> {
    found: &'a Found,
    tags: Option<Ownership>,
    claimed: bool,
}

impl<'a> Candidate<'a> {
    fn new(found: &'a Found) -> Self {
        let tags = Ownership::read(&found.tags);
        Self { found, tags, claimed: false }
    }

    fn seen(&self) -> Seen {
        let owner = self.tags.as_ref();
        Seen {
            id: self.found.id.clone(),
            node: owner.map_or_else(
                || NodeName::from(self.found.id.as_str()),
                |tags| tags.owner.node.clone(),
            ),
            fingerprint: owner.map(|tags| tags.owner.fingerprint),
            run: owner.and_then(|tags| tags.run.clone()),
            holds: self.found.refs.clone(),
            key: self.found.key.clone(),
        }
    }

    fn refers_to(&self, id: &RemoteId) -> bool {
        self.found.refs.iter().any(|held| held.same(id))
    }

    /// Whether it may still serve: what is failing or on its way out is nobody's.
    fn serves(&self) -> bool {
        matches!(self.found.phase, Phase::Pending | Phase::Waiting { .. } | Phase::Ready(_))
    }
}

struct Work<'a, 'c, 'x> {
    state: State,
    agenda: &'a Agenda,
    context: &'c mut Context<'x>,
    found: Vec<Candidate<'a>>,
    out: Reconciled,
}

impl Work<'_, '_, '_> {
    fn record(&mut self, record: Record) {
        evolve(&mut self.state, &record);
        self.out.records.push(record);
    }

    /// Things whose ids the records know.
    fn known(&mut self) {
        for index in 0..self.found.len() {
            let found = self.found[index].found;
            let same = |item: &Item| item.id.as_ref().is_some_and(|id| id.same(&found.id));
            let of_ours = self.state.ids().filter(|id| same(self.state.item(*id)));
            let Some(id) = of_ours.max_by_key(|id| self.state.item(*id).live()) else { continue };
            self.found[index].claimed = true;
            if self.state.item(id).live() {
                self.note_phase(id, &found.phase);
            } else if self.state.item(id).step == Step::Gone {
                self.lingering(index, id);
            }
        }
    }

    fn note_phase(&mut self, id: ItemId, phase: &Phase) {
        let item = self.state.item(id);
        match phase {
            Phase::Ready(ready) if item.wanted() && item.exists() => {
                let attributes = ready.attributes.clone();
                if item.attributes.as_ref() != Some(&attributes) {
                    self.record(Record::Ready { item: id, attributes });
                }
            }
            Phase::Ready(_) | Phase::Pending => {}
            Phase::Waiting { .. } | Phase::Failed { .. } | Phase::Deleting | Phase::Gone => {
                if item.wanted() {
                    self.out.missing.push(id);
                }
            }
        }
    }

    /// We saw it gone, and the listing still shows it. Listings lag; but a delete that the cloud answered while it did not see the
    /// thing yet had no effect, so after a window it is deleted again.
    fn lingering(&mut self, index: usize, id: ItemId) {
        self.out.unsettled = true;
        let window = self.context.limits.window_ms(self.state.item(id).kind);
        let since = self.agenda.turn(id).since.unwrap_or_default();
        let fades = matches!(self.found[index].found.phase, Phase::Deleting | Phase::Gone);
        if !fades && self.context.now >= since + window {
            let seen = self.found[index].seen();
            self.record(Record::Found { item: None, seen });
        }
    }

    /// Wanted nodes that have no remote thing yet.
    fn bind_wanted(&mut self) {
        for node in self.state.graph.ids() {
            let id = self.state.item_of(node);
            if !matches!(self.state.item(id).step, Step::Absent | Step::Intended) {
                continue;
            }
            let Some(index) = self.best_candidate(node) else { continue };
            self.found[index].claimed = true;
            let seen = self.found[index].seen();
            let phase = self.found[index].found.phase.clone();
            self.record(Record::Found { item: Some(id), seen });
            self.note_phase(id, &phase);
        }
    }

    /// Of several, the one to which other things refer, and then the lowest id: in every run the same.
    fn best_candidate(&self, node: NodeId) -> Option<usize> {
        let fits = (0..self.found.len()).filter(|index| self.fits(node, &self.found[*index]));
        let referred = |index: &usize| {
            let id = &self.found[*index].found.id;
            self.found.iter().filter(|other| other.refers_to(id)).count()
        };
        fits.min_by_key(|index| {
            (std::cmp::Reverse(referred(index).min(1)), self.found[*index].found.id.clone())
        })
    }

    /// Whether a found thing is what the node asks for: same owner or key, and equal references.
    fn fits(&self, node: NodeId, candidate: &Candidate<'_>) -> bool {
        let wanted = self.state.graph.node(node);
        let found = candidate.found;
        if candidate.claimed
            || found.id.kind != wanted.kind()
            || found.id.place != wanted.place
            || !candidate.serves()
        {
            return false;
        }
        let owned = match &candidate.tags {
            Some(tags) => {
                tags.owner.node == wanted.name
                    && tags.owner.fingerprint == wanted.fingerprint
                    && self.genuine(candidate)
            }
            None => !wanted.kind().facts().taggable,
        };
        owned && self.refers_as_asked(node, candidate)
    }

    fn refers_as_asked(&self, node: NodeId, candidate: &Candidate<'_>) -> bool {
        let wanted = self.state.graph.node(node);
        if wanted.kind().facts().setting {
            return true;
        }
        let bound = self.state.inputs(node);
        let mut agrees = true;
        wanted.resource.clone().refs(&mut |link| {
            if link.role == Role::Holds {
                agrees &= match link.to {
                    To::Existing(id) => candidate.refers_to(id),
                    To::Node(to) => bound
                        .iter()
                        .find(|(id, _)| id == to)
                        .is_some_and(|(_, bound)| candidate.refers_to(&bound.id)),
                };
            }
        });
        let key = wanted.resource.key(&Inputs::new(&bound));
        agrees && (wanted.kind().facts().taggable || key == candidate.found.key)
    }

    /// Tags that were written on a thing of this kind, of this deployment, in this place.
    fn genuine(&self, candidate: &Candidate<'_>) -> bool {
        let Some(tags) = &candidate.tags else { return false };
        let id = &candidate.found.id;
        tags.owner.deployment == *self.context.deployment
            && tags.kind == id.kind.to_string()
            && (tags.places.is_empty() || tags.places.contains(&id.place))
    }

    /// Creates in doubt of nodes that are not wanted any more.
    fn bind_doubtful(&mut self) {
        for id in self.state.ids() {
            let item = self.state.item(id);
            if item.wanted() || item.step != Step::Intended {
                continue;
            }
            let is = |candidate: &Candidate<'_>| {
                let found = candidate.found;
                !candidate.claimed
                    && found.id.kind == item.kind
                    && found.id.place == item.place
                    && match &candidate.tags {
                        Some(tags) => {
                            tags.owner.node == item.name
                                && Some(tags.owner.fingerprint) == item.fingerprint
                        }
                        None => found.key == item.key && found.refs.iter().all(|id| item.holds(id)),
                    }
            };
            let position = self.found.iter().position(is);
            if let Some(index) = position {
                self.found[index].claimed = true;
                let seen = self.found[index].seen();
                self.record(Record::Found { item: Some(id), seen });
            } else if self.context.now >= self.agenda.look_after && !self.context.opening {
                self.record(Record::Refused { item: id, spent: false });
            }
        }
    }

    fn rest(&mut self) -> Result<(), Error> {
        let ours: BTreeSet<String> = self.our_ids();
        let unclaimed = |work: &Self, tagged: bool| {
            let fits = |c: &Candidate<'_>| !c.claimed && c.tags.is_some() == tagged;
            (0..work.found.len()).filter(|index| fits(&work.found[*index])).collect::<Vec<_>>()
        };
        for index in unclaimed(self, true) {
            self.tagged(index, &ours)?;
        }
        // Whether an untagged child is to go depends on what its parents are found to be.
        for index in unclaimed(self, false) {
            self.untagged(index, &ours);
        }
        Ok(())
    }

    /// The ids of everything that is known or shown as ours.
    fn our_ids(&self) -> BTreeSet<String> {
        let known = self.state.items.iter().filter_map(|item| item.id.as_ref());
        let shown = self.found.iter().filter(|c| self.genuine(c)).map(|c| &c.found.id);
        known.chain(shown).map(|id| id.as_str().to_owned()).collect()
    }

    fn tagged(&mut self, index: usize, ours: &BTreeSet<String>) -> Result<(), Error> {
        let candidate = &self.found[index];
        let id = candidate.found.id.clone();
        let tags = candidate.tags.clone().expect("it is tagged");
        if !self.genuine(candidate) {
            self.stranger(&id, "carries our tags, but they were not written for it");
            return Ok(());
        }
        // Only what lies in a network can lie among our things or outside them.
        let network = candidate.found.refs.first();
        if network.is_some_and(|parent| !ours.contains(parent.as_str())) {
            self.stranger(&id, "carries our tags, but lies in a network that is not ours");
            return Ok(());
        }
        let mine = tags.run.as_ref() == Some(self.context.run);
        let over = tags.run.as_ref().is_some_and(|run| self.state.knows_run(run) && !mine);
        let duplicate = self.state.graph.find(&tags.owner.node).is_some_and(|node| {
            let node = self.state.graph.node(node);
            node.fingerprint == tags.owner.fingerprint
                && node.place == id.place
                && node.kind() == id.kind
        });
        if duplicate && !self.may_remove_duplicate(index, mine, over)? {
            return Ok(());
        }
        let seen = self.found[index].seen();
        self.record(Record::Found { item: None, seen });
        Ok(())
    }

    /// A second thing of one owner is removed only when it can be ours: its create was in doubt, or the user said that other runs are
    /// over. And only when we have seen it for a whole window.
    fn may_remove_duplicate(
        &mut self,
        index: usize,
        mine: bool,
        over: bool,
    ) -> Result<bool, Error> {
        let candidate = &self.found[index];
        let (id, tags) =
            (candidate.found.id.clone(), candidate.tags.clone().expect("it is tagged"));
        let node = self.state.graph.find(&tags.owner.node).expect("a duplicate has a node");
        let item = self.state.item(self.state.item_of(node));
        let unbound = item.id.is_none();
        let rootless = candidate.found.refs.is_empty() && id.kind.facts().repeat == Repeat::None;
        if !(mine || over || self.context.adopt) {
            let run = tags.run.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
            let by = tags.by.as_deref().unwrap_or("unknown");
            return Err(Error::new(
                ErrorKind::Fenced,
                format!("another deployer, run {run} by {by}, made {id}"),
            )
            .node(tags.owner.node)
            .place(id.place)
            .advice("let it finish, or say that its runs are over (adopt) and run again"));
        }
        if rootless && !item.doubted && !self.context.adopt {
            self.stranger(&id, "carries the tags of a resource of ours that was made only once");
            return Ok(false);
        }
        let window = self.context.limits.window_ms(id.kind);
        let first = *self.context.first_seen.entry(id).or_insert(self.context.now);
        let young = self.context.now < first + window;
        self.out.unsettled |= young;
        Ok(!young && !unbound)
    }

    fn untagged(&mut self, index: usize, ours: &BTreeSet<String>) {
        let candidate = &self.found[index];
        let id = candidate.found.id.clone();
        let refs = &candidate.found.refs;
        let inside = !refs.is_empty() && refs.iter().all(|id| ours.contains(id.as_str()));
        if id.kind.facts().setting && id.kind.facts().vanishes_with.is_none() {
            return;
        }
        let cleanup = self.state.graph.is_empty();
        let of_the_doomed = self.state.items.iter().any(|item| {
            !item.wanted()
                && item.live()
                && item.id.as_ref().is_some_and(|id| candidate.refers_to(id))
        });
        if inside && (cleanup || of_the_doomed || self.takes_a_place(index)) {
            let seen = self.found[index].seen();
            self.record(Record::Found { item: None, seen });
        } else if !id.kind.facts().setting {
            let key = candidate.found.key.as_deref().unwrap_or_default().to_owned();
            self.stranger(
                &id,
                &format!("is not ours, inside a resource of ours: {} {key}", id.kind),
            );
        }
    }

    /// Whether an untagged thing stands where a wanted one belongs: equal key, other content, in a parent of ours.
    fn takes_a_place(&self, index: usize) -> bool {
        let found = self.found[index].found;
        self.state.graph.ids().any(|node| {
            let wanted = self.state.graph.node(node);
            if wanted.kind() != found.id.kind
                || wanted.place != found.id.place
                || wanted.kind().facts().taggable
            {
                return false;
            }
            let bound = self.state.inputs(node);
            let inputs = Inputs::new(&bound);
            let scoped = wanted.resource.slots(&inputs).iter().any(|slot| match slot {
                crate::resource::Slot::Block { scope, .. }
                | crate::resource::Slot::Key { scope, .. } => {
                    found.refs.iter().any(|id| id.same(scope))
                }
            });
            scoped && wanted.resource.key(&inputs) == found.key
        })
    }

    fn stranger(&mut self, id: &RemoteId, why: &str) {
        self.out.strangers.push(Stranger { id: id.clone(), why: why.to_owned() });
    }

    /// Without records, what is missing beside things that are there may be a create of a killed run that nobody sees yet. Only kinds
    /// of which a second create makes a second one need the wait.
    fn doubt_the_unseen(&mut self) {
        let shown = self.found.iter().any(|candidate| candidate.tags.is_some());
        if !self.context.opening || !shown || self.context.journalled {
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
