//! One remote resource, and where it is in its life.

use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::Kind;
use accel_core::tags::Tags;
use accel_core::{AccountId, Place};
use serde::{Deserialize, Serialize};

use crate::kind::Body;

/// The world's own number of a thing: the order in which things were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub(crate) u32);

impl Key {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One remote resource. A thing that is gone stays in the world's memory: clouds replay the tokens of the dead.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Thing {
    pub(crate) key: Key,
    pub(crate) account: AccountId,
    pub(crate) place: Place,
    pub(crate) text: Arc<str>,
    pub(crate) tags: Tags,
    pub(crate) body: Body,
    pub(crate) life: Life,
    /// What refers to it and is not gone.
    pub(crate) children: Vec<Key>,
    /// When each setting of it last changed: for a while, a look still shows the value from before.
    pub(crate) changed: Vec<(Kind, Duration)>,
}

impl Thing {
    /// The world's own number.
    pub fn key(&self) -> Key {
        self.key
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// The provider's id.
    pub fn id(&self) -> &str {
        &self.text
    }

    /// The account that owns it.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The place it was made from.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Its tags; of a peering connection, those of the requester's side.
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Why it failed, or will, if it does.
    pub fn failure(&self) -> Option<&str> {
        self.life.fails.as_deref()
    }

    /// When it was made, since the world's birth.
    pub fn created(&self) -> Duration {
        self.life.born
    }

    /// When its removal was accepted, since the world's birth, if it was.
    pub fn removed(&self) -> Option<Duration> {
        self.life.deleting
    }

    /// What it is, field by field.
    pub fn body(&self) -> &Body {
        &self.body
    }
}

/// When a thing changes its state. Nothing runs in the background: a look compares these with the time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Life {
    pub(crate) born: Duration,
    /// When it is no longer pending.
    pub(crate) ready: Duration,
    /// Why it fails instead of becoming ready.
    pub(crate) fails: Option<String>,
    /// When its removal was accepted.
    pub(crate) deleting: Option<Duration>,
    /// When it, and everything that lingers of it, is gone.
    pub(crate) gone: Option<Duration>,
}

/// Where a thing is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Being made.
    Pending,
    /// There.
    Ready,
    /// Accepted, and then given up.
    Failed,
    /// Being removed.
    Deleting,
    /// No more.
    Gone,
}

impl Life {
    pub(crate) fn state(&self, now: Duration) -> State {
        if self.gone.is_some_and(|gone| gone <= now) {
            State::Gone
        } else if self.deleting.is_some() {
            State::Deleting
        } else {
            self.before_removal(now)
        }
    }

    /// As it looks to those who have not heard of its removal yet.
    pub(crate) fn before_removal(&self, now: Duration) -> State {
        match (self.ready <= now, &self.fails) {
            (false, _) => State::Pending,
            (true, Some(_)) => State::Failed,
            (true, None) => State::Ready,
        }
    }
}
