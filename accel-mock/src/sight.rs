//! Who can see what: the lag between what is and what a look shows.

use std::time::Duration;

use accel_core::resource::Kind;

use crate::thing::{Key, State, Thing};
use crate::world::World;

/// How a look finds a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// By its id: the first to become consistent.
    Id,
    /// By tag, name or filter.
    List,
}

/// What a look shows of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing, though it may well exist.
    Nothing,
    /// As it is.
    Is(State),
    /// As it was before its removal.
    Was(State),
}

impl Seen {
    /// The state shown, if anything is.
    pub(crate) fn state(self) -> State {
        match self {
            Self::Nothing => State::Gone,
            Self::Is(state) | Self::Was(state) => state,
        }
    }

    /// Whether it looks usable.
    pub(crate) fn is_live(self) -> bool {
        matches!(self.state(), State::Pending | State::Ready)
    }
}

impl World {
    /// What a look shows of a thing now.
    pub(crate) fn look(&self, thing: &Thing, sight: Sight) -> Seen {
        if !self.has_spread(thing.key, thing.life.born, sight) {
            return Seen::Nothing;
        }
        match thing.life.deleting {
            Some(removed) if !self.has_spread(thing.key, removed, sight) => {
                Seen::Was(self.before_removal(thing))
            }
            Some(_) | None => Seen::Is(self.state(thing)),
        }
    }

    /// What a look by an id of some kind shows: on its other side, a peering connection is there once it has arrived.
    pub(crate) fn look_as(&self, thing: &Thing, kind: Kind) -> Seen {
        if kind == Kind::PeeringTags && self.now < thing.life.ready {
            return Seen::Nothing;
        }
        self.look(thing, Sight::Id)
    }

    /// Whether the news of something that happened to a thing reaches this look.
    ///
    /// Which look misses it between the first sight and `settled` derives from the thing and the number of the call, so that a run
    /// can be repeated exactly.
    pub(crate) fn has_spread(&self, key: Key, since: Duration, sight: Sight) -> bool {
        let lag = &self.settings.lag;
        let age = self.now.saturating_sub(since);
        if age >= lag.settled {
            return true;
        }
        let hidden = match sight {
            Sight::Id => lag.by_id,
            Sight::List => lag.by_list,
        };
        age >= hidden && !flaps(key, self.call)
    }
}

/// One look in four misses.
fn flaps(key: Key, call: u64) -> bool {
    let call = u32::try_from(call % u64::from(u32::MAX)).unwrap_or(0);
    let mixed = (key.0.wrapping_mul(0x9E37_79B1)) ^ call.wrapping_mul(0x85EB_CA6B);
    (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D) >> 30 == 0
}
