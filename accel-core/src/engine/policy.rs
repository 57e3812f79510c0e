//! (verb, error) → what next. One match, no wildcard; a golden test prints it as a table.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;

/// The verbs of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// `offer`
    Offer,
    /// `create`
    Create,
    /// `find`
    Find,
    /// `read`
    Read,
    /// `delete`
    Delete,
    /// `list`
    List,
    /// `glance`
    Glance,
    /// `blockers`
    Blockers,
}

impl Verb {
    /// Every verb.
    pub const ALL: &[Self] = &[
        Self::Offer,
        Self::Create,
        Self::Find,
        Self::Read,
        Self::Delete,
        Self::List,
        Self::Glance,
        Self::Blockers,
    ];

    /// Whether it may change the cloud.
    pub fn mutates(self) -> bool {
        matches!(self, Self::Create | Self::Delete)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Offer => "offer",
            Self::Create => "create",
            Self::Find => "find",
            Self::Read => "read",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Glance => "glance",
            Self::Blockers => "blockers",
        })
    }
}

/// What an error is followed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The same call again, later.
    Retry,
    /// The same call again, later, and every caller of that API family slows down.
    SlowDown,
    /// The effect is unknown: look, until it is found or the window has passed.
    Doubt,
    /// The same call again while an input may still be on its way into sight; after the window it is invalid.
    NotYet,
    /// Something is in the way: look whose it is.
    Look,
    /// Something holds it: wait while the holder goes; else stop and name it.
    Wait,
    /// That is what was wanted.
    Done,
    /// It does not exist.
    Gone,
    /// This node stops, and a person decides; what is independent goes on.
    Halt,
    /// The whole run stops before its next call.
    Stop,
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Retry => "retry",
            Self::SlowDown => "slow down, retry",
            Self::Doubt => "look, then again",
            Self::NotYet => "retry in window",
            Self::Look => "look whose",
            Self::Wait => "wait for holder",
            Self::Done => "done",
            Self::Gone => "gone",
            Self::Halt => "halt node",
            Self::Stop => "stop run",
        })
    }
}

/// What an error of a verb is followed by.
pub fn next(verb: Verb, kind: ErrorKind) -> Next {
    use ErrorKind as E;
    use Verb as V;
    match (verb, kind) {
        (_, E::Throttled) => Next::SlowDown,
        (_, E::Journal | E::Fenced | E::Refused) => Next::Stop,
        (V::Create, E::Ambiguous) => Next::Doubt,
        (V::Create, E::NotYet) => Next::NotYet,
        (V::Create | V::Delete, E::InUse) => Next::Wait,
        (V::Create, E::Conflict) => Next::Look,
        (V::Delete, E::NotFound) => Next::Done,
        (V::Find | V::Read | V::Blockers, E::NotFound) => Next::Gone,
        // A read has no effect, and a delete may be repeated.
        (_, E::Unavailable)
        | (
            V::Offer | V::Find | V::Read | V::List | V::Glance | V::Blockers | V::Delete,
            E::Ambiguous | E::NotYet,
        ) => Next::Retry,
        (V::Create | V::Offer | V::List | V::Glance, E::NotFound)
        | (
            V::Offer | V::Find | V::Read | V::List | V::Glance | V::Blockers,
            E::InUse | E::Conflict,
        )
        | (V::Delete, E::Conflict)
        | (_, E::Quota | E::Denied | E::Expired | E::Invalid | E::Unsupported | E::Failed) => {
            Next::Halt
        }
    }
}

/// How long before the next try: 0.5 s, doubling, at most `max_ms`; a quarter is spread by a salt, so that a fleet does not march in step.
pub(crate) fn backoff_ms(tries: u32, max_ms: u64, salt: u64) -> u64 {
    let base = (500u64 << tries.min(10)).min(max_ms);
    base - (base / 4) * (salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) / 65_536
}
