//! What carries the tags of something of ours and may be somebody's copy of it.

use super::Work;
use super::candidate::Candidate;
use crate::backend::{Found, Phase};
use crate::engine::state::Item;
use crate::id::RemoteId;
use crate::resource::Repeat;
use crate::tags::Ownership;

pub(super) const COPY: &str = "carries the tags of a resource of ours that was made only once";
const TWIN: &str = "carries the same tags as another one, and nothing shows which is ours: \
                    remove the copy, or say that both are (adopt)";

impl Work<'_, '_, '_, '_> {
    pub(super) fn is_a_copy(&self, index: usize) -> bool {
        self.why_a_copy(index).is_some()
    }

    /// Why it is taken for somebody's copy of something of ours, or can not be told from one.
    pub(super) fn why_a_copy(&self, index: usize) -> Option<&'static str> {
        let candidate = &self.found[index];
        let tags = candidate.tags.as_ref().filter(|_| !self.context.adopt)?;
        if self.out.recorded {
            let once = is_made_only_once(candidate.found, tags);
            return (once && self.is_recorded_as_another(candidate, tags)).then_some(COPY);
        }
        if !stands_in_what_is_not_ours(candidate.found, tags) {
            return None;
        }
        self.twin(candidate, tags)
    }

    /// With all records at hand, what was made only once is known by its id: a second thing with its tags is somebody else's.
    fn is_recorded_as_another(&self, candidate: &Candidate<'_>, tags: &Ownership<'_>) -> bool {
        let is_another = |item: &Item| {
            let id = item.id.as_ref();
            id.is_some_and(|original| !original.same(&candidate.found.id)) && !item.doubted
        };
        let items = self.state.items.iter();
        items.filter(|item| is_of_one_owner(item, candidate, tags)).any(is_another)
    }

    /// Without all records: whether another one that is ready has all its tags, the run's too. What can stand in somebody else's network
    /// has a token or a name, by which one run makes only one, unless it believed that one gone: the second is rather its owner's.
    /// Ours is the one on which more of ours is built; where that has gone, or never was, nobody can tell.
    fn twin(&self, candidate: &Candidate<'_>, tags: &Ownership<'_>) -> Option<&'static str> {
        let id = &candidate.found.id;
        if !matches!(candidate.found.phase, Phase::Ready(_)) {
            return None;
        }
        // One that was never ready, and so has no attributes, may have failed and been made again.
        let is_known = |item: &Item| {
            is_of_one_owner(item, candidate, tags)
                && item.run == tags.run
                && item.attributes.is_some()
                && item.id.as_ref().is_some_and(|original| !original.same(id))
        };
        if self.state.items.iter().any(is_known) {
            return Some(COPY);
        }
        let is_twin = |other: &&Candidate<'_>| {
            let agrees = |its: &Ownership<'_>| its.owner == tags.owner && its.run == tags.run;
            other.tags.as_ref().is_some_and(agrees)
                && self.genuine(other)
                && (other.found.id.kind, &other.found.id.place) == (id.kind, &id.place)
                && !other.found.id.same(id)
                && matches!(other.found.phase, Phase::Ready(_))
        };
        let mut twins = self.found.iter().filter(is_twin).peekable();
        twins.peek()?;
        let used = self.is_in_use(candidate);
        match (used, twins.any(|twin| self.is_in_use(twin))) {
            (true, false) => None,
            (false, true) => Some(COPY),
            (true, true) | (false, false) => Some(TWIN),
        }
    }

    /// Whether something of ours is built on it: not only a part of it, which a copy has too.
    fn is_in_use(&self, candidate: &Candidate<'_>) -> bool {
        let id = &candidate.found.id;
        self.found.iter().filter(|user| user.refers_to(id)).any(|user| {
            let is_part = user.found.id.kind.facts().vanishes_with == Some(id.kind);
            let vouched = |parent| self.vouches(candidate, user.found, parent);
            (self.genuine(user) && !is_part) || user.found.refs.iter().any(vouched)
        })
    }
}

/// Whether there can be a second one of ours only if a create of it was in doubt: it lies in no network, or its owner may have copied it.
pub(super) fn is_made_only_once(found: &Found, tags: &Ownership<'_>) -> bool {
    let rootless = found.id.kind.facts().repeat == Repeat::None && found.refs.is_empty();
    rootless || stands_in_what_is_not_ours(found, tags)
}

/// Whether its tags say that it was made in something that is not ours, and it is there: the owner of that may have copied it.
fn stands_in_what_is_not_ours(found: &Found, tags: &Ownership<'_>) -> bool {
    tags.within.is_some() && found.refs.first().map(RemoteId::as_str) == tags.within
}

/// Whether an item was made for the node that a found thing's tags name.
fn is_of_one_owner(item: &Item, candidate: &Candidate<'_>, tags: &Ownership<'_>) -> bool {
    item.kind == candidate.found.id.kind
        && item.place == candidate.found.id.place
        && item.name == tags.owner.node
        && item.fingerprint == Some(tags.owner.fingerprint)
}
