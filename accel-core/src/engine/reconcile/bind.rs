//! Which item each found thing is.

use std::cmp::Reverse;

use super::Work;
use super::candidate::Candidate;
use crate::backend::{Inputs, Phase};
use crate::engine::state::{Item, Step};
use crate::graph::{NodeId, Role, To};
use crate::id::RemoteId;
use crate::journal::{ItemId, Record};
use crate::resource::{Describe, Kind};

impl Work<'_, '_, '_, '_> {
    /// Things whose ids the records know.
    pub(super) fn known(&mut self) {
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
    pub(super) fn bind_wanted(&mut self) {
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
            (Reverse(self.home(id)), id.clone())
        })
    }

    /// How much a found thing is at home among ours: something refers to it and to what is already bound, something refers to it, or
    /// nothing does. What is known to refer to it counts whether or not this look shows it: listings lag.
    pub(super) fn home(&self, id: &RemoteId) -> u8 {
        let bound = |held: &RemoteId| {
            let is =
                |item: &Item| item.wanted() && item.id.as_ref().is_some_and(|id| id.same(held));
            !held.same(id) && self.state.items.iter().any(is)
        };
        // A setting is a part of the thing itself.
        let other = |kind: Kind| !kind.facts().setting;
        let shown = self.found.iter().filter(|it| other(it.found.id.kind) && it.refers_to(id));
        let known = self.state.items.iter();
        let known = known.filter(|item| other(item.kind) && item.live() && item.holds(id));
        let holders = shown.map(|it| &it.found.refs).chain(known.map(|item| &item.holds));
        let level = |refs: &Vec<RemoteId>| 1 + u8::from(refs.iter().any(bound));
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

    pub(super) fn refers_as_asked(&self, node: NodeId, candidate: &Candidate<'_>) -> bool {
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
        // A listing may not show what the key is of (the service of an endpoint): then the references tell.
        let found = &candidate.found.key;
        agrees && (wanted.kind().facts().taggable || found.is_none() || key == *found)
    }

    /// Tags that were written on a thing of this kind, of this deployment, in this place.
    pub(super) fn genuine(&self, candidate: &Candidate<'_>) -> bool {
        let Some(tags) = &candidate.tags else { return false };
        let id = &candidate.found.id;
        tags.owner.deployment == *self.context.deployment
            && tags.kind == id.kind.name()
            && tags.admits(&id.place)
    }

    /// Creates in doubt of nodes that are not wanted any more.
    pub(super) fn bind_doubtful(&mut self) {
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
}
