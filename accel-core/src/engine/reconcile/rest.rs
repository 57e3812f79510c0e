//! What is found and is no item: what is to go, and what is not ours.

use std::collections::BTreeSet;

use super::Work;
use super::candidate::Candidate;
use super::copy::{COPY, is_made_only_once};
use crate::backend::{Found, Phase};
use crate::engine::stranger::Stranger;
use crate::error::{Error, ErrorKind};
use crate::graph::NodeId;
use crate::id::{RemoteId, RunId};
use crate::journal::Record;
use crate::resource::{Describe, Kind};
use crate::tags::{self, Ownership};

impl Work<'_, '_, '_, '_> {
    pub(super) fn rest(&mut self) -> Result<(), Error> {
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

    /// The ids of everything that is known or shown as ours. What stands in a copy is as little ours as the copy.
    fn our_ids(&self) -> BTreeSet<String> {
        let known = self.state.items.iter().filter_map(|item| item.id.as_ref());
        let is_ours = |index: &usize| {
            let candidate = &self.found[*index];
            self.genuine(candidate) && (candidate.claimed || !self.is_a_copy(*index))
        };
        let shown = (0..self.found.len()).filter(is_ours).map(|index| &self.found[index].found.id);
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
        if !self.lies_among_ours(index, ours) {
            return Ok(());
        }
        let graph = &self.state.graph;
        let duplicate = graph.find(&tags.owner.node).filter(|node| {
            let node = graph.node(*node);
            node.fingerprint == tags.owner.fingerprint
                && node.place == id.place
                && node.kind() == id.kind
        });
        if let Some(node) = duplicate {
            return self.duplicate(index, node);
        }
        match self.why_a_copy(index) {
            Some(why) => self.stranger(&id, why),
            None if self.may_be_in_use_unseen(index) => {}
            None => self.doom(index),
        }
        Ok(())
    }

    /// Without all records, what something of a killed run refers to from a place that is not ours (a route of somebody's table) may go
    /// only once that must show: nothing keeps the cloud from removing it, and the reference would stay. So may what it refers to itself.
    fn may_be_in_use_unseen(&mut self, index: usize) -> bool {
        if self.out.recorded {
            return false;
        }
        let id = &self.found[index].found.id;
        let keeps = |c: &&Candidate<'_>| {
            let concerns = c.found.id.same(id) || (!c.claimed && c.refers_to(id));
            // With what takes its parts along nothing is left behind.
            let is_whole = |kind: &Kind| kind.facts().vanishes_with == Some(c.found.id.kind);
            let leaves = !Kind::ALL.iter().any(is_whole);
            concerns && leaves && self.genuine(c) && tags::receipts(&c.found.tags).next().is_some()
        };
        let keepers = self.found.iter().filter(keeps).map(|c| c.found.id.clone());
        // All are asked: each counts from when it is first asked about.
        let keepers: Vec<RemoteId> = keepers.collect();
        keepers.iter().filter(|keeper| self.is_young(keeper)).count() > 0
    }

    /// A second thing of one owner is removed only when it can be ours: its create was in doubt, or the user said that other runs are
    /// over. And only when we have seen it for a whole window.
    fn duplicate(&mut self, index: usize, node: NodeId) -> Result<(), Error> {
        let candidate = &self.found[index];
        let found = candidate.found;
        let tags = candidate.tags.as_ref().expect("it is tagged");
        let known = |run: &RunId| self.state.knows_run(run);
        if !self.context.adopt && !tags.run.as_ref().is_some_and(known) {
            return Err(another_deployer(&found.id, tags));
        }
        let bound = self.state.item_of(node);
        let item = self.state.item(bound);
        if is_made_only_once(found, tags) && !item.doubted && !self.context.adopt {
            self.stranger(&found.id, COPY);
            return Ok(());
        }
        if matches!(found.phase, Phase::Failed { .. }) {
            // What was given up can not become the node, whether or not there is another one.
            self.doom(index);
            return Ok(());
        }
        let Some(other) = &item.id else {
            // It does not refer to what it should, and the one that does is still to come; but what hangs on something that goes can
            // not become that one, and may hold what that one needs (a block, an address).
            if !self.is_young(&found.id) && self.hangs_on_the_doomed(index) {
                self.doom(index);
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
        } else if !self.copy_is_young(index) {
            self.doom(index);
        }
        Ok(())
    }

    /// Whether it, or any of what hangs together with it, is too young to be judged. A copy goes as a whole: what refers to one part of
    /// it stays as long as another part to which it refers, and would be left on something that goes.
    fn copy_is_young(&mut self, index: usize) -> bool {
        let mut copy = vec![index];
        let mut next = 0;
        while let Some(part) = copy.get(next).map(|part| &self.found[*part]) {
            let hangs_on = |other: &usize| {
                let other = &self.found[*other];
                !other.claimed && (other.hangs_on(part) || part.hangs_on(other))
            };
            let more = (0..self.found.len()).filter(|it| !copy.contains(it)).filter(hangs_on);
            let more: Vec<usize> = more.collect();
            copy.extend(more);
            next += 1;
        }
        let mut young = false;
        for part in copy {
            // Each of them counts from when it is first asked about: all are.
            let found = self.found[part].found;
            young |= self.is_young(&found.id);
        }
        young
    }

    fn hangs_on_the_doomed(&self, index: usize) -> bool {
        let doomed = self.state.items.iter().filter(|item| !item.wanted() && item.live());
        doomed.filter_map(|item| item.id.as_ref()).any(|id| self.found[index].refers_to(id))
    }

    fn untagged(&mut self, index: usize, ours: &BTreeSet<String>) {
        let candidate = &self.found[index];
        let Found { id, refs, key, .. } = candidate.found;
        let inside = !refs.is_empty() && refs.iter().all(|id| ours.contains(id.as_str()));
        let receipted = self.has_receipt(index, ours);
        if id.kind.facts().setting && id.kind.facts().vanishes_with.is_none() {
            return;
        }
        let revoked = self.is_revoked(index, ours);
        let cleanup = self.is_cleanup();
        let takes_a_place = self.takes_a_place(index, ours);
        if takes_a_place && !inside && !receipted && self.is_young(id) {
            // What else it refers to may be ours, and not show yet.
            return;
        }
        if takes_a_place
            || revoked
            || receipted
            || (inside && (cleanup || self.goes_along(index) || self.points_at_us(index)))
        {
            let seen = self.found[index].seen();
            self.record(Record::Found { item: None, seen });
        } else if !id.kind.facts().setting && refs.iter().any(|id| ours.contains(id.as_str())) {
            let key = key.as_ref().map(|key| format!(": {key}")).unwrap_or_default();
            if inside {
                self.stranger(id, &format!("stands inside a resource of ours{key}"));
            } else {
                let why = format!("refers to a resource of ours from one that is not{key}");
                self.stranger(id, &why);
                if !self.is_part_of_ours(index, ours) {
                    self.out.elsewhere.insert(Stranger { id: id.clone(), why });
                }
            }
        }
    }

    /// Whether it stands in what is not ours, and something of ours that it refers to says that it is ours.
    fn has_receipt(&self, index: usize, ours: &BTreeSet<String>) -> bool {
        let found = self.found[index].found;
        let said = |parent: &RemoteId| self.found.iter().any(|c| self.vouches(c, found, parent));
        let foreign = |id: &&RemoteId| !ours.contains(id.as_str());
        let mut foreign = found.refs.iter().filter(foreign).peekable();
        foreign.peek().is_some() && foreign.all(said)
    }

    /// Whether something of ours to which a found thing refers has a receipt for it under that parent: for its key there, or for all that
    /// refers to both.
    pub(super) fn vouches(&self, holder: &Candidate<'_>, found: &Found, parent: &RemoteId) -> bool {
        let keyed = tags::receipt_place(parent.as_str(), found.key.as_deref());
        found.refs.iter().any(|id| id.same(&holder.found.id))
            && self.genuine(holder)
            && tags::receipts(&holder.found.tags)
                .any(|(said, _)| said == keyed || said == parent.as_str())
    }

    /// Whether others have put it into a resource of ours, of which it is a part, and the user wants such things to go.
    fn is_revoked(&self, index: usize, ours: &BTreeSet<String>) -> bool {
        let setting = self.found[index].found.id.kind.facts().setting;
        self.context.revoke_foreign && !setting && self.is_part_of_ours(index, ours)
    }

    /// Whether it goes with a resource of ours, as a part of it: a rule of a group, a route of a table, a listener of a load balancer.
    fn is_part_of_ours(&self, index: usize, ours: &BTreeSet<String>) -> bool {
        let Found { id, refs, .. } = self.found[index].found;
        let is_whole = |whole: &&RemoteId| Some(whole.kind) == id.kind.facts().vanishes_with;
        refs.iter().find(is_whole).is_some_and(|whole| ours.contains(whole.as_str()))
    }

    /// Whether it goes with something that is not wanted: it refers to that, or holds an address of it.
    fn goes_along(&self, index: usize) -> bool {
        let candidate = &self.found[index];
        let facts = candidate.found.id.kind.facts();
        self.state.items.iter().filter(|item| !item.wanted()).any(|item| {
            // What could carry our tags and does not goes only with what it stands in.
            let stands_in = !facts.taggable || facts.vanishes_with == Some(item.kind);
            let lends = |id: &RemoteId| candidate.lenders.iter().any(|lender| lender.same(id));
            let refers = |id: &RemoteId| stands_in && item.live() && candidate.refers_to(id);
            item.id.as_ref().is_some_and(|id| lends(id) || refers(id))
        })
    }

    /// Whether it holds an address in a network of ours, where only we put what has addresses: what lent it may be gone without a trace.
    fn points_at_us(&self, index: usize) -> bool {
        let Some(address) = self.found[index].address() else { return false };
        let graph = &self.state.graph;
        graph.nodes().iter().any(|node| node.resource.encloses(address))
    }

    /// Whether an untagged thing stands where a wanted one belongs: equal key, other content, in a parent of ours.
    fn takes_a_place(&self, index: usize, ours: &BTreeSet<String>) -> bool {
        let found = self.found[index].found;
        self.state.graph.ids().any(|node| {
            let wanted = self.state.graph.node(node);
            let stands = || self.state.stands_for(node, &found.refs, found.key.as_deref());
            wanted.kind() == found.id.kind
                && wanted.place == found.id.place
                && !wanted.kind().facts().taggable
                && stands().is_some_and(|parent| ours.contains(parent.as_str()))
        })
    }

    /// Only what lies in a network can lie among our things or outside them. If nobody knows the network, a look at it tells whether it
    /// is somebody else's, or was ours and has been deleted under what lies in it.
    fn lies_among_ours(&mut self, index: usize, ours: &BTreeSet<String>) -> bool {
        let candidate = &self.found[index];
        let Found { id, refs, .. } = candidate.found;
        let within = candidate.tags.as_ref().and_then(|tags| tags.within);
        let is_ours = |parent: &str| ours.contains(parent) || within == Some(parent);
        let Some(network) = refs.first().filter(|parent| !is_ours(parent.as_str())) else {
            return true;
        };
        let is_there = self.agenda.networks.get(network).copied();
        if is_there == Some(false) {
            return !self.is_young(id);
        }
        // One look may still show what is gone: it is asked again until a window is over.
        if is_there.is_none() || self.is_young(id) {
            self.out.networks.insert(network.clone());
            self.out.unsettled |= !self.context.opening;
        }
        self.stranger(id, "carries our tags, but lies in a network that is not ours");
        false
    }

    /// What is not wanted any more. Its attributes are kept: what holds an address of it may show only after it has gone.
    fn doom(&mut self, index: usize) {
        let found = self.found[index].found;
        let lends = found.id.kind.facts().lends_addresses;
        if lends && found.phase == Phase::Pending && !self.is_cleanup() {
            // What holds its addresses can be told only by them, and they show when it is ready: it goes then.
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

    fn stranger(&mut self, id: &RemoteId, why: &str) {
        self.out.strangers.push(Stranger { id: id.clone(), why: why.to_owned() });
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
