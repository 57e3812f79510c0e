//! What a listing means: which item each found thing is, what is to go, and what is not ours. Pure.
//!
//! A thing is ours when deployment, kind and tag schema agree and it lies among our things. What only looks like ours (tags copied by
//! somebody's tool) is reported and left alone; so are foreign rules, routes and listeners inside our resources.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::agenda::{Agenda, Limits, Moment};
use super::state::{Item, State, Step, evolve};
use crate::backend::{Found, Inputs, Phase};
use crate::error::{Error, ErrorKind};
use crate::graph::{NodeId, Role, To};
use crate::id::{DeploymentId, NodeName, RemoteId, RunId};
use crate::journal::{ItemId, Record, Seen};
use crate::resource::{Attributes, Describe, Repeat};
use crate::tags::Ownership;

/// Something in our places or inside our resources that is not ours to touch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stranger {
    /// The provider's id.
    pub id: RemoteId,
    /// Why it is not taken for ours, or what it opens.
    pub why: String,
}

const COPY: &str = "carries the tags of a resource of ours that was made only once";

/// What a listing is held against.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) deployment: &'a DeploymentId,
    pub(crate) run: &'a RunId,
    /// The user's word that what other runs of this deployment made is theirs, and that those runs are over.
    pub(crate) adopt: bool,
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
    /// Whether the records at hand tell of everything that there can be.
    pub(crate) recorded: bool,
}

pub(crate) fn reconcile(
    state: &State,
    agenda: &Agenda,
    found: &[Found],
    context: &mut Context<'_>,
) -> Result<Reconciled, Error> {
    let mut work = Work {
        state: Cow::Borrowed(state),
        agenda,
        context,
        found: found.iter().map(Candidate::new).collect(),
        out: Reconciled::default(),
    };
    work.found.sort_by(|a, b| a.found.id.cmp(&b.found.id));
    // What spans two places is shown by the listings of both.
    work.found.dedup_by(|a, b| a.found.id.same(&b.found.id));
    relate_by_value(&mut work.found, state);
    work.out.recorded = work.records_are_complete();
    work.known();
    work.bind_wanted();
    work.bind_doubtful();
    work.rest()?;
    work.doubt_the_unseen();
    work.missing();
    Ok(work.out)
}

/// The cloud shows only the group of a target: whose address it has shows in the attributes of the other things found, or of what was
/// found earlier and is gone.
fn relate_by_value(found: &mut [Candidate<'_>], state: &State) {
    let recorded =
        state.items.iter().filter_map(|item| item.id.as_ref().zip(item.attributes.as_ref()));
    let known: Vec<(&RemoteId, &Attributes)> = found
        .iter()
        .filter_map(|candidate| match &candidate.found.phase {
            Phase::Ready(ready) => Some((&candidate.found.id, &ready.attributes)),
            Phase::Pending
            | Phase::Waiting { .. }
            | Phase::Failed { .. }
            | Phase::Deleting
            | Phase::Gone => None,
        })
        .chain(recorded)
        .collect();
    for candidate in found {
        let (Some(key), Some(holds_value)) =
            (&candidate.found.key, candidate.found.id.kind.facts().holds_value)
        else {
            continue;
        };
        let of = known.iter().filter(|(_, attributes)| holds_value(key, attributes));
        candidate.values = of.map(|(id, _)| (*id).clone()).collect();
    }
}

fn another_deployer(id: &RemoteId, tags: &Ownership<'_>) -> Error {
    let run = tags.run.as_ref().map_or("unknown", RunId::as_str);
    let by = tags.by.unwrap_or("unknown");
    Error::new(ErrorKind::Fenced, format!("another deployer, run {run} by {by}, made {id}"))
        .node(tags.owner.node.clone())
        .place(id.place.clone())
        .advice("let it finish, or say that its runs are over (adopt) and run again")
}

struct Candidate<'a> {
    found: &'a Found,
    tags: Option<Ownership<'a>>,
    claimed: bool,
    /// The things of which it holds a value.
    values: Vec<RemoteId>,
}

impl<'a> Candidate<'a> {
    fn new(found: &'a Found) -> Self {
        let tags = Ownership::read(&found.tags);
        Self { found, tags, claimed: false, values: Vec::new() }
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
            holds: self.found.refs.iter().chain(&self.values).cloned().collect(),
            key: self.found.key.clone(),
        }
    }

    fn refers_to(&self, id: &RemoteId) -> bool {
        self.found.refs.iter().chain(&self.values).any(|held| held.same(id))
    }

    /// Whether it may still serve: what is failing or on its way out is nobody's.
    fn serves(&self) -> bool {
        matches!(self.found.phase, Phase::Pending | Phase::Waiting { .. } | Phase::Ready(_))
    }
}

struct Work<'a, 'c, 'x> {
    /// Becomes a copy with the first record: most listings show nothing new.
    state: Cow<'a, State>,
    agenda: &'a Agenda,
    context: &'c mut Context<'x>,
    found: Vec<Candidate<'a>>,
    out: Reconciled,
}

impl Work<'_, '_, '_> {
    fn record(&mut self, record: Record) {
        evolve(self.state.to_mut(), &record);
        self.out.records.push(record);
    }

    /// Things whose ids the records know.
    fn known(&mut self) {
        for index in 0..self.found.len() {
            let found = self.found[index].found;
            let same = |item: &Item| item.id.as_ref().is_some_and(|id| id.same(&found.id));
            let of_ours = self.state.ids().filter(|id| same(self.state.item(*id)));
            let Some(id) = of_ours.max_by_key(|id| self.state.item(*id).live()) else { continue };
            if self.is_another(index, id) {
                // Its id is its key, and somebody else's thing has it now: ours is gone.
                self.record(Record::Lost { item: id });
                continue;
            }
            self.found[index].claimed = true;
            if self.state.item(id).live() {
                self.note_phase(id, &found.phase);
            } else if self.state.item(id).step == Step::Gone {
                self.lingering(index, id);
            }
        }
    }

    /// Whether a found thing has the id of one of ours but refers to something else: an id that is made of a key (of a route) says
    /// nothing of the content. What this run made itself may show late.
    fn is_another(&self, index: usize, id: ItemId) -> bool {
        let item = self.state.item(id);
        let Some(node) = item.node.filter(|_| item.exists() && !item.kind.facts().setting) else {
            return false;
        };
        let window = self.context.limits.window_ms(item.kind);
        let since = self.agenda.turn(id).since;
        let young = since.is_some_and(|since| self.context.now < since + window);
        !item.kind.facts().taggable && !young && !self.refers_as_asked(node, &self.found[index])
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

    /// Of several, the one that is most at home, and then the lowest id: in every run the same.
    fn best_candidate(&self, node: NodeId) -> Option<usize> {
        let fits = (0..self.found.len()).filter(|index| self.fits(node, &self.found[*index]));
        fits.min_by_key(|index| {
            let id = &self.found[*index].found.id;
            (std::cmp::Reverse(self.home(id)), id.clone())
        })
    }

    /// How much a found thing is at home among ours: something refers to it and to what is already bound, something refers to it, or
    /// nothing does.
    fn home(&self, id: &RemoteId) -> u8 {
        let bound = |held: &RemoteId| {
            let is =
                |item: &Item| item.wanted() && item.id.as_ref().is_some_and(|id| id.same(held));
            !held.same(id) && self.state.items.iter().any(is)
        };
        // A setting is a part of the thing itself.
        let other = |other: &&Candidate<'_>| !other.found.id.kind.facts().setting;
        let holders = self.found.iter().filter(other).filter(|other| other.refers_to(id));
        let level = |other: &Candidate<'_>| 1 + u8::from(other.found.refs.iter().any(bound));
        holders.map(level).max().unwrap_or_default()
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
            // A setting that a listing shows is its value: without our tags it is not set.
            None => !wanted.kind().facts().taggable && !wanted.kind().facts().setting,
        };
        owned && self.refers_as_asked(node, candidate)
    }

    fn refers_as_asked(&self, node: NodeId, candidate: &Candidate<'_>) -> bool {
        let wanted = self.state.graph.node(node);
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
            && tags.kind == id.kind.name()
            && tags.admits(&id.place)
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
        if self.found.iter().all(|candidate| candidate.claimed) {
            return Ok(());
        }
        let ours: BTreeSet<String> = self.our_ids();
        let unclaimed = |work: &Self, tagged: bool| {
            let fits = |c: &Candidate<'_>| !c.claimed && c.tags.is_some() == tagged;
            (0..work.found.len()).filter(|index| fits(&work.found[*index])).collect::<Vec<_>>()
        };
        for index in unclaimed(self, true) {
            self.tagged(index, &ours)?;
        }
        // What hangs on a thing that was chosen only now.
        self.bind_wanted();
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
        let graph = &self.state.graph;
        let duplicate = graph.find(&tags.owner.node).filter(|node| {
            let node = graph.node(*node);
            node.fingerprint == tags.owner.fingerprint
                && node.place == id.place
                && node.kind() == id.kind
        });
        match duplicate {
            Some(node) => return self.duplicate(index, node),
            None if self.is_a_copy(index) => self.stranger(&id, COPY),
            None => self.to_go(index),
        }
        Ok(())
    }

    /// What is not wanted any more. Its attributes are kept: what holds a value of it may show only after it has gone.
    fn to_go(&mut self, index: usize) {
        let found = self.found[index].found;
        let lends = found.id.kind.facts().lends_values;
        if lends && found.phase == Phase::Pending && !self.state.graph.is_empty() {
            // What holds its values can be told only by them, and they show when it is ready: it goes then.
            self.out.unsettled = true;
            return;
        }
        let seen = self.found[index].seen();
        self.record(Record::Found { item: None, seen });
        if let Phase::Ready(ready) = &found.phase {
            let item = self.state.ids().last().expect("it was just found");
            self.record(Record::Ready { item, attributes: ready.attributes.clone() });
        }
    }

    /// With all records at hand, what was made only once is known by its id: a second thing with its tags is somebody else's.
    fn is_a_copy(&self, index: usize) -> bool {
        let candidate = &self.found[index];
        let (id, tags) = (&candidate.found.id, candidate.tags.as_ref().expect("it is tagged"));
        let is_the_original = |item: &Item| {
            item.kind == id.kind
                && item.place == id.place
                && item.name == tags.owner.node
                && item.fingerprint == Some(tags.owner.fingerprint)
                && item.id.as_ref().is_some_and(|original| !original.same(id))
                && !item.doubted
        };
        id.kind.facts().repeat == Repeat::None
            && candidate.found.refs.is_empty()
            && !self.context.adopt
            && self.out.recorded
            && self.state.items.iter().any(is_the_original)
    }

    /// Whether there are records of earlier runs, and of every run that made something of this.
    fn records_are_complete(&self) -> bool {
        let known = |run: &RunId| run == self.context.run || self.state.knows_run(run);
        let mut runs =
            self.found.iter().filter_map(|candidate| candidate.tags.as_ref()?.run.as_ref());
        let earlier = self.state.runs.iter().any(|started| started.stamp.run != *self.context.run);
        self.context.journalled && earlier && runs.all(known)
    }

    /// A second thing of one owner is removed only when it can be ours: its create was in doubt, or the user said that other runs are
    /// over. And only when we have seen it for a whole window.
    fn duplicate(&mut self, index: usize, node: NodeId) -> Result<(), Error> {
        let candidate = &self.found[index];
        let found = candidate.found;
        let tags = candidate.tags.as_ref().expect("it is tagged");
        let known = |run: &RunId| run == self.context.run || self.state.knows_run(run);
        if !self.context.adopt && !tags.run.as_ref().is_some_and(known) {
            return Err(another_deployer(&found.id, tags));
        }
        let bound = self.state.item_of(node);
        let item = self.state.item(bound);
        let rootless = found.refs.is_empty() && found.id.kind.facts().repeat == Repeat::None;
        if rootless && !item.doubted && !self.context.adopt {
            self.stranger(&found.id, COPY);
            return Ok(());
        }
        if matches!(found.phase, Phase::Failed { .. }) {
            // What was given up can not become the node, whether or not there is another one.
            self.to_go(index);
            return Ok(());
        }
        let Some(other) = &item.id else {
            // It does not refer to what it should, and the one that does is still to come; but what hangs on something that goes can
            // not become that one, and may hold what that one needs (a block, an address).
            if !self.is_young(&found.id) && self.hangs_on_the_doomed(index) {
                self.to_go(index);
            }
            return Ok(());
        };
        let seen = candidate.seen();
        if candidate.serves()
            && self.refers_as_asked(node, candidate)
            && self.home(&found.id) > self.home(other)
        {
            // The look that chose the other one did not show what refers to this one.
            let why = "another one of it is in use".to_owned();
            self.record(Record::Replaced { item: bound, why });
            self.record(Record::Found { item: Some(bound), seen });
        } else if !self.is_young(&found.id) {
            self.to_go(index);
        }
        Ok(())
    }

    fn hangs_on_the_doomed(&self, index: usize) -> bool {
        let doomed = self.state.items.iter().filter(|item| !item.wanted() && item.live());
        doomed.filter_map(|item| item.id.as_ref()).any(|id| self.found[index].refers_to(id))
    }

    /// Whether this run has not seen it for a whole window yet: too early to judge.
    fn is_young(&mut self, id: &RemoteId) -> bool {
        let window = self.context.limits.window_ms(id.kind);
        let first = *self.context.first_seen.entry(id.clone()).or_insert(self.context.now);
        let young = self.context.now < first + window;
        self.out.unsettled |= young;
        young
    }

    fn untagged(&mut self, index: usize, ours: &BTreeSet<String>) {
        let candidate = &self.found[index];
        let Found { id, refs, key, .. } = candidate.found;
        let inside = !refs.is_empty() && refs.iter().all(|id| ours.contains(id.as_str()));
        if id.kind.facts().setting && id.kind.facts().vanishes_with.is_none() {
            return;
        }
        let cleanup = self.state.graph.is_empty();
        let of_the_doomed = self.state.items.iter().any(|item| {
            let has_value = |id: &RemoteId| candidate.values.iter().any(|value| value.same(id));
            let counts = |id: &RemoteId| has_value(id) || (item.live() && candidate.refers_to(id));
            !item.wanted() && item.id.as_ref().is_some_and(counts)
        });
        let takes_a_place = self.takes_a_place(index);
        if takes_a_place && !inside && self.is_young(id) {
            // What else it refers to may be ours, and not show yet.
            return;
        }
        if takes_a_place || (inside && (cleanup || of_the_doomed)) {
            let seen = self.found[index].seen();
            self.record(Record::Found { item: None, seen });
        } else if !id.kind.facts().setting {
            let key = key.as_deref().unwrap_or_default();
            self.stranger(
                id,
                &format!("is not ours, inside a resource of ours: {} {key}", id.kind),
            );
        }
    }

    /// Whether an untagged thing stands where a wanted one belongs: equal key, other content, in a parent of ours.
    fn takes_a_place(&self, index: usize) -> bool {
        let found = self.found[index].found;
        self.state.graph.ids().any(|node| {
            let wanted = self.state.graph.node(node);
            wanted.kind() == found.id.kind
                && wanted.place == found.id.place
                && !wanted.kind().facts().taggable
                && self.state.stands_for(node, &found.refs, found.key.as_deref())
        })
    }

    fn stranger(&mut self, id: &RemoteId, why: &str) {
        self.out.strangers.push(Stranger { id: id.clone(), why: why.to_owned() });
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
