//! A found thing while it is judged.

use std::net::Ipv4Addr;

use crate::backend::{Found, Phase};
use crate::engine::state::State;
use crate::id::{NodeName, RemoteId};
use crate::journal::Seen;
use crate::resource::Attributes;
use crate::tags::Ownership;

pub(super) struct Candidate<'a> {
    pub(super) found: &'a Found,
    pub(super) tags: Option<Ownership<'a>>,
    pub(super) claimed: bool,
    /// The things of which it holds an address.
    pub(super) lenders: Vec<RemoteId>,
}

impl<'a> Candidate<'a> {
    pub(super) fn new(found: &'a Found) -> Self {
        let tags = Ownership::read(&found.tags);
        Self { found, tags, claimed: false, lenders: Vec::new() }
    }

    pub(super) fn seen(&self) -> Seen {
        let owner = self.tags.as_ref();
        Seen {
            id: self.found.id.clone(),
            node: owner.map_or_else(
                || NodeName::from(self.found.id.as_str()),
                |tags| tags.owner.node.clone(),
            ),
            fingerprint: owner.map(|tags| tags.owner.fingerprint),
            run: owner.and_then(|tags| tags.run.clone()),
            holds: self.held().cloned().collect(),
            key: self.found.key.clone(),
        }
    }

    pub(super) fn refers_to(&self, id: &RemoteId) -> bool {
        self.held().any(|held| held.same(id))
    }

    /// Whether it refers to the other one, or is the other side of it: by their texts, for both sides of a thing go together.
    pub(super) fn hangs_on(&self, other: &Self) -> bool {
        let is_other = |id: &RemoteId| id.as_str() == other.found.id.as_str();
        is_other(&self.found.id) || self.held().any(is_other)
    }

    /// All that it refers to, and all of which it holds an address.
    pub(super) fn held(&self) -> impl Iterator<Item = &RemoteId> {
        self.found.refs.iter().chain(&self.lenders)
    }

    /// The address in its key, if its kind has one there.
    pub(super) fn address(&self) -> Option<Ipv4Addr> {
        self.found.id.kind.facts().key_address?(self.found.key.as_deref()?)
    }

    /// Whether it may still serve: what is failing or on its way out is nobody's.
    pub(super) fn serves(&self) -> bool {
        matches!(self.found.phase, Phase::Pending | Phase::Waiting { .. } | Phase::Ready(_))
    }
}

/// The cloud shows only the group of a target: whose address it has shows in the attributes of the other things found, or of what was
/// found earlier and is gone.
pub(super) fn relate_by_address(found: &mut [Candidate<'_>], state: &State) {
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
        let Some(address) = candidate.address() else { continue };
        let of = known.iter().filter(|(_, attributes)| attributes.lends(address));
        candidate.lenders = of.map(|(id, _)| (*id).clone()).collect();
    }
}
