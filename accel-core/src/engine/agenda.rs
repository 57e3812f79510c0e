//! When to try what again. Forgotten with the process, by design: after a restart everything is due now.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::Verb;
use super::stranger::Stranger;
use crate::backend::Blocker;
use crate::error::{Error, ErrorKind};
use crate::id::{Place, RemoteId};
use crate::journal::ItemId;
use crate::resource::{Kind, Throttle, Times};

/// Milliseconds since the run began.
pub(crate) type Moment = u64;

/// The limits of a run, each with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many calls may be in flight at once; one batched read per place may come on top. Default 16.
    pub concurrency: usize,
    /// How long the cloud may hide what exists; overrides every kind's own window. Default: each kind's, 30 s. With a shorter one, looks
    /// at what takes a while come sooner by as much.
    pub window_secs: Option<u32>,
    /// How long one call may take before its outcome is in doubt. Default 30 s.
    pub call_secs: u32,
    /// How long a refused or unavailable call is tried again before its node halts. Default 600 s.
    pub retry_secs: u32,
    /// How long a delete may stay "in use" before it halts with the blockers named. Default 3900 s: interfaces of a load balancer are
    /// known to stay for an hour.
    pub in_use_secs: u32,
    /// How often a run begins anew with one node whose thing it found gone or contested, or never found. Default 5.
    pub remakes: u32,
    /// How long a run that wrote to the journal holds the deployment without writing again. Default 60 s.
    pub lease_secs: u32,
    /// How many rounds of "work, then look for strays" a run may take. Default 32.
    pub rounds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 16,
            window_secs: None,
            call_secs: 30,
            retry_secs: 600,
            in_use_secs: 3900,
            remakes: 5,
            lease_secs: 60,
            rounds: 32,
        }
    }
}

impl Limits {
    pub(crate) fn window_ms(&self, kind: Kind) -> u64 {
        u64::from(self.window_secs.unwrap_or(kind.facts().window_secs)) * 1000
    }

    /// A time that a cloud needs, in milliseconds. A run with a shorter window expects a cloud that is faster in all by as much.
    pub(crate) fn scaled_ms(&self, kind: Kind, secs: u32) -> u64 {
        let (own, window) = (u64::from(kind.facts().window_secs) * 1000, self.window_ms(kind));
        u64::from(secs) * 1000 * window.min(own) / own.max(1)
    }

    /// When something that takes a while is first looked at: after seven tenths of its usual time.
    pub(crate) fn first_look_ms(&self, kind: Kind, times: Option<Times>) -> u64 {
        times.map_or(0, |times| self.scaled_ms(kind, times.usual_secs) * 7 / 10)
    }

    /// The longest window of any kind.
    pub(crate) fn longest_window_ms(&self) -> u64 {
        Kind::ALL.iter().map(|kind| self.window_ms(*kind)).max().unwrap_or_default()
    }

    pub(crate) fn call_ms(&self) -> u64 {
        u64::from(self.call_secs) * 1000
    }
}

/// When one item is due, and what this run has seen of it.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, in any combination")]
pub(crate) struct Turn {
    /// Not before this.
    pub(crate) next_at: Moment,
    /// A call about it is in flight.
    pub(crate) busy: bool,
    /// Tries of the present kind of trouble, and when it began.
    pub(crate) tries: u32,
    pub(crate) trouble: Option<Moment>,
    pub(crate) trouble_kind: Option<ErrorKind>,
    /// When this run made it or first saw it.
    pub(crate) since: Option<Moment>,
    /// This run made it.
    pub(crate) fresh: bool,
    /// A look for it came back empty since the last create.
    pub(crate) looked: bool,
    /// Since when its create is in doubt.
    pub(crate) doubt: Option<Moment>,
    /// Some call that refers to it has succeeded: the cloud shows it.
    pub(crate) seen: bool,
    /// No call that refers to it before this: the last one was told that it is not there yet.
    pub(crate) hidden_until: Moment,
    /// It may be gone: look.
    pub(crate) suspect: bool,
    /// Since when looks agree that it is gone, and how many.
    pub(crate) gone_since: Option<Moment>,
    pub(crate) gone_looks: u32,
    /// When this run first knew its id.
    pub(crate) known: Moment,
    /// When a look agreed that it has gone after its delete.
    pub(crate) went: Option<Moment>,
    /// Its delete seems to have had no effect.
    pub(crate) resend: bool,
    /// When this run last deleted it.
    pub(crate) deleted_at: Moment,
    /// How often it was accepted and then given up.
    pub(crate) broken: u32,
    /// How often this run has begun anew with it.
    pub(crate) remade: u32,
    /// What holds it, as last asked, and when to ask again.
    pub(crate) blockers: Vec<Blocker>,
    pub(crate) ask_blockers_at: Option<Moment>,
    /// Why a person must look.
    pub(crate) halted: Option<Error>,
}

impl Turn {
    /// The trouble is over.
    pub(crate) fn calm(&mut self) {
        self.tries = 0;
        self.trouble = None;
        self.trouble_kind = None;
    }

    /// One more try of a trouble that began at the first: how long it has lasted.
    pub(crate) fn again(&mut self, now: Moment, wait: u64, kind: ErrorKind) -> u64 {
        // "Too many" in between is no answer to the question, and ends no trouble.
        let spared = kind == ErrorKind::Throttled && self.trouble_kind.is_some();
        if !spared && self.trouble_kind.replace(kind) != Some(kind) {
            // Another kind of trouble has a limit of its own.
            self.trouble = None;
            self.tries = 0;
        }
        let began = *self.trouble.get_or_insert(now);
        self.tries += 1;
        self.next_at = now + wait;
        now - began
    }
}

/// How one API family is spared after it said "too many".
#[derive(Debug, Clone, Default)]
pub(crate) struct Family {
    pub(crate) not_before: Moment,
    pub(crate) gap_ms: u64,
}

/// How soon the cloud shows what is new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Nobody knows yet: one call finds out for all.
    #[default]
    Unknown,
    /// At once, so far.
    Prompt,
    /// Late at times: one call finds out for all, and not before so many milliseconds, once something has shown.
    Lags(Option<u64>),
}

/// The turns of all items and families.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    turns: Vec<Turn>,
    pub(crate) families: BTreeMap<(Place, Throttle), Family>,
    pub(crate) in_flight: usize,
    /// No new call that changes anything: somebody asked to stop.
    pub(crate) stopping: bool,
    /// The last look for strays may come no earlier.
    pub(crate) look_after: Moment,
    /// What this run has seen of how soon the cloud shows what is new.
    pub(crate) sight: Sight,
    /// When the last listing was asked for: what was made a window before it is in it.
    pub(crate) listed_at: Moment,
    /// When the last delete was accepted: until a window later, a look may still show what is gone.
    pub(crate) removed_at: Moment,
    /// Something was found in the way: list again.
    pub(crate) relist: bool,
    /// From then on a listing shows everything that there was at the start: list again.
    pub(crate) relist_after: Option<Moment>,
    /// Networks that are not in the records and in no listing: whether a look showed them.
    pub(crate) networks: BTreeMap<RemoteId, bool>,
    /// The strangers that stay when what they refer to has gone.
    pub(crate) elsewhere: BTreeSet<Stranger>,
    /// Places in what is not ours of which something of ours has a receipt.
    pub(crate) receipts: BTreeSet<String>,
    /// What the last listing showed among our things that is not ours.
    pub(crate) strangers: Vec<Stranger>,
    /// How many calls were started, per verb in the order of `Verb::ALL`.
    pub(crate) calls: [u32; Verb::ALL.len()],
}

static NEVER_SEEN: Turn = Turn {
    next_at: 0,
    busy: false,
    tries: 0,
    trouble: None,
    trouble_kind: None,
    since: None,
    fresh: false,
    looked: false,
    doubt: None,
    seen: false,
    hidden_until: 0,
    suspect: false,
    gone_since: None,
    gone_looks: 0,
    known: 0,
    went: None,
    resend: false,
    deleted_at: 0,
    broken: 0,
    remade: 0,
    blockers: Vec::new(),
    ask_blockers_at: None,
    halted: None,
};

impl Agenda {
    pub(crate) fn turn(&self, item: ItemId) -> &Turn {
        self.turns.get(item.index()).unwrap_or(&NEVER_SEEN)
    }

    pub(crate) fn turn_mut(&mut self, item: ItemId) -> &mut Turn {
        if self.turns.len() <= item.index() {
            self.turns.resize_with(item.index() + 1, Turn::default);
        }
        &mut self.turns[item.index()]
    }

    /// The cloud said "too many" to a call of this family.
    pub(crate) fn slow_down(&mut self, family: (Place, Throttle), now: Moment) {
        let family = self.families.entry(family).or_default();
        family.gap_ms = (family.gap_ms * 2).clamp(200, 5_000);
        family.not_before = now + family.gap_ms;
    }

    /// A call of this family got through.
    pub(crate) fn speed_up(&mut self, family: &(Place, Throttle)) {
        if let Some(family) = self.families.get_mut(family) {
            family.gap_ms /= 2;
        }
    }
}
