//! What an answer means: records for what changed, and the agenda's next turn. Pure but for the agenda.

mod delete;
mod read;

use std::collections::BTreeSet;

use crate::backend::{Blocker, Inputs, Phase};
use crate::engine::agenda::{Agenda, Limits, Moment, Sight, Turn};
use crate::engine::policy::{Next, Verb, backoff_ms, next};
use crate::engine::state::{Item, State, Step};
use crate::engine::stranger::Stranger;
use crate::error::{Error, ErrorKind};
use crate::graph::NodeId;
use crate::id::{Fingerprint, RemoteId};
use crate::journal::{ItemId, Record, Seen};
use crate::resource::{Describe, Repeat};

/// The answer to one command.
#[derive(Debug)]
pub(crate) enum Outcome {
    Created(ItemId, Result<RemoteId, Error>, Vec<ItemId>),
    Looked(ItemId, Result<Option<RemoteId>, Error>),
    Read(Vec<(ItemId, Result<Phase, Error>)>),
    Deleted(ItemId, Result<(), Error>),
    Blockers(ItemId, Result<Vec<Blocker>, Error>),
}

/// How many looks must agree that something is gone.
const GONE_LOOKS: u32 = 3;
/// The shortest pause between two looks at what takes a while, in milliseconds.
const LEAST_PAUSE_MS: u64 = 100;
/// How long what is new is left alone at most in a cloud that lags, in milliseconds.
const LAG_MS_MAX: u64 = 1_500;
/// How often a delete is refused before its blockers are asked for.
const REFUSALS_BEFORE_BLOCKERS: u32 = 3;
/// How long until the blockers are asked for again, in milliseconds.
const BLOCKERS_AGAIN_MS: u64 = 60_000;

pub(crate) struct Judge<'a> {
    pub(crate) state: &'a State,
    pub(crate) agenda: &'a mut Agenda,
    pub(crate) limits: &'a Limits,
    pub(crate) now: Moment,
}

/// Several that are ready in one batch vouch for the same thing: that is told once.
fn once(mut records: Vec<Record>) -> Vec<Record> {
    let mut ready = BTreeSet::new();
    records.retain(|record| {
        if let Record::Ready { item, .. } = record { ready.insert(*item) } else { true }
    });
    records
}

impl Judge<'_> {
    pub(crate) fn judge(&mut self, outcome: Outcome) -> Vec<Record> {
        match outcome {
            Outcome::Created(id, answer, carried) => {
                self.ended(id);
                match answer {
                    Ok(remote) => self.created(id, remote, carried),
                    Err(error) => self.create_failed(id, error),
                }
            }
            Outcome::Looked(id, answer) => {
                self.ended(id);
                match answer {
                    Ok(seen) => self.looked(id, seen),
                    Err(error) => self.repeat(id, Verb::Find, error),
                }
            }
            Outcome::Read(answers) => {
                let judge = |(id, answer): (ItemId, Result<Phase, Error>)| {
                    self.ended(id);
                    match answer {
                        Ok(phase) => self.read(id, phase),
                        Err(error) if next(Verb::Read, error.kind()) == Next::Gone => {
                            self.read(id, Phase::Gone)
                        }
                        Err(error) => self.repeat(id, Verb::Read, error),
                    }
                };
                once(answers.into_iter().flat_map(judge).collect())
            }
            Outcome::Deleted(id, answer) => {
                self.ended(id);
                match answer {
                    Ok(()) => self.deleted(id),
                    Err(error) => self.delete_failed(id, error),
                }
            }
            Outcome::Blockers(id, answer) => {
                self.ended(id);
                self.blockers(id, answer)
            }
        }
    }

    fn item(&self, id: ItemId) -> &Item {
        self.state.item(id)
    }

    fn turn(&mut self, id: ItemId) -> &mut Turn {
        self.agenda.turn_mut(id)
    }

    fn ended(&mut self, id: ItemId) {
        self.turn(id).busy = false;
    }

    /// Milliseconds to the next try of this item.
    fn pause(&self, id: ItemId, max_ms: u64) -> u64 {
        let salt = self.item(id).fingerprint.map_or(0, Fingerprint::bits) ^ u64::from(id.0);
        backoff_ms(self.agenda.turn(id).tries, max_ms, salt)
    }

    fn window(&self, id: ItemId) -> u64 {
        self.limits.window_ms(self.item(id).kind)
    }

    fn halt(&mut self, id: ItemId, error: Error) -> Vec<Record> {
        let item = self.item(id);
        let error = error.about_if_unknown(&item.name, &item.place).advised();
        self.turn(id).halted = Some(error.clone());
        vec![Record::Halted { item: id, error }]
    }

    /// A call without an effect of its own failed.
    fn repeat(&mut self, id: ItemId, verb: Verb, error: Error) -> Vec<Record> {
        let item = self.item(id);
        let family = item.family();
        match next(verb, error.kind()) {
            Next::SlowDown => self.agenda.slow_down(family, self.now),
            Next::Retry | Next::NotYet => {}
            Next::Doubt
            | Next::Look
            | Next::Wait
            | Next::Done
            | Next::Gone
            | Next::Halt
            | Next::Stop => {
                return self.halt(id, error);
            }
        }
        let pause = self.pause(id, 20_000);
        let lasted = self.agenda.turn_mut(id).again(self.now, pause, error.kind());
        if lasted > u64::from(self.limits.retry_secs) * 1000 {
            return self.halt(id, error);
        }
        Vec::new()
    }

    fn created(&mut self, id: ItemId, remote: RemoteId, carried: Vec<ItemId>) -> Vec<Record> {
        let item = self.item(id);
        self.agenda.speed_up(&item.family());
        self.inputs_shown(id);
        self.appeared(id);
        let hidden = if let Sight::Lags(Some(lag)) = self.agenda.sight { lag } else { 0 };
        let now = self.now;
        let turn = self.turn(id);
        turn.fresh = true;
        turn.hidden_until = now + hidden;
        vec![Record::Created { item: id, id: remote, carried }]
    }

    /// A create succeeded: everything that it refers to shows, and how long that took is worth knowing.
    fn inputs_shown(&mut self, id: ItemId) {
        for input in self.inputs_of(id) {
            let now = self.now;
            let turn = self.turn(input);
            let first = turn.fresh && !turn.seen;
            let took = now - turn.since.unwrap_or(now);
            turn.seen = true;
            self.agenda.sight = match self.agenda.sight {
                Sight::Unknown if first => Sight::Prompt,
                Sight::Lags(lag) if first => {
                    Sight::Lags(Some(lag.map_or(took, |lag| lag.midpoint(took)).min(LAG_MS_MAX)))
                }
                known @ (Sight::Unknown | Sight::Prompt | Sight::Lags(_)) => known,
            };
        }
    }

    /// The item exists now: its first look comes when seven tenths of the usual time are over.
    fn appeared(&mut self, id: ItemId) {
        let kind = self.item(id).kind;
        let first_look = self.limits.first_look_ms(kind, kind.facts().ready);
        let now = self.now;
        let turn = self.turn(id);
        turn.calm();
        turn.doubt = None;
        turn.looked = false;
        turn.suspect = false;
        turn.gone_since = None;
        turn.gone_looks = 0;
        turn.since = Some(now);
        turn.known = now;
        turn.next_at = now + first_look;
    }

    fn create_failed(&mut self, id: ItemId, error: Error) -> Vec<Record> {
        if !matches!(next(Verb::Create, error.kind()), Next::SlowDown | Next::Doubt) {
            // It got through: what is refused for another reason must not keep the whole family slow.
            let family = self.item(id).family();
            self.agenda.speed_up(&family);
        }
        let refused = Record::Refused { item: id, spent: false };
        match next(Verb::Create, error.kind()) {
            Next::Doubt => return self.doubt(id, error),
            Next::Look => return self.conflict(id, error),
            Next::Retry | Next::SlowDown => {
                let mut records = self.repeat(id, Verb::Create, error);
                records.insert(0, refused);
                // A refusal is not doubt: no look is owed before the next try.
                self.turn(id).looked = true;
                return records;
            }
            Next::NotYet => self.not_yet(id, error),
            // A cloud that does not show an input yet, or still shows one that is gone, may call the request wrong.
            Next::Halt if self.may_be_lag(id, &error) => self.not_yet(id, error),
            Next::Wait => self.slot_in_use(id, error),
            Next::Done | Next::Gone | Next::Halt | Next::Stop => self.halt(id, error),
        }
        .into_iter()
        .fold(vec![refused], |mut records, record| {
            records.push(record);
            records
        })
    }

    fn doubt(&mut self, id: ItemId, error: Error) -> Vec<Record> {
        let (now, limit) = (self.now, u64::from(self.limits.retry_secs) * 1000);
        let settled = now + self.limits.call_ms() + self.window(id);
        self.agenda.look_after = self.agenda.look_after.max(settled);
        let pause = self.pause(id, 5_000);
        let turn = self.turn(id);
        turn.looked = false;
        turn.doubt = Some(now);
        let lasted = turn.again(now, pause, error.kind());
        // Where only looking settles a doubt, each one costs a window.
        let costly = self.item(id).kind.facts().repeat == Repeat::None;
        if lasted > limit || (costly && !self.may_remake(id)) {
            let mut records = self.halt(id, error);
            records.insert(0, Record::Doubtful { item: id });
            return records;
        }
        vec![Record::Doubtful { item: id }]
    }

    /// Something is in the way. Ours with equal content will be found; ours with other content shows in a listing and is removed.
    fn conflict(&mut self, id: ItemId, error: Error) -> Vec<Record> {
        let (window, now) = (self.window(id), self.now);
        let pause = self.pause(id, 5_000);
        let going = self.something_of_the_kind_goes(id);
        let in_use = u64::from(self.limits.in_use_secs) * 1000;
        let turn = self.agenda.turn_mut(id);
        turn.looked = false;
        let lasted = turn.again(now, pause, error.kind());
        self.agenda.relist = true;
        let mut records = vec![Record::Refused { item: id, spent: false }];
        // One window until everything shows, and another one until it has been judged.
        if lasted <= if going { in_use } else { 2 * window } {
            return records;
        }
        if self.item(id).kind.facts().repeat == Repeat::Token && self.may_remake(id) {
            self.turn(id).calm();
            return vec![Record::Refused { item: id, spent: true }];
        }
        records.extend(self.halt(id, self.naming_strangers(id, error)));
        records
    }

    /// Whether this run may begin anew with it, under another token.
    fn may_remake(&mut self, id: ItemId) -> bool {
        let limit = self.limits.remakes;
        let turn = self.turn(id);
        turn.remade += 1;
        turn.remade <= limit
    }

    /// A conflict seldom says with whom: what of the same kind is there and not ours may be it.
    fn naming_strangers(&self, id: ItemId, error: Error) -> Error {
        let item = self.item(id);
        let alike =
            |stranger: &&Stranger| stranger.id.kind == item.kind && stranger.id.place == item.place;
        let alike = self.agenda.strangers.iter().filter(alike);
        let names: Vec<String> = alike.map(|s| format!("{} {}", s.id, s.why)).collect();
        error.with_more(&names.join("; "))
    }

    fn something_of_the_kind_goes(&self, id: ItemId) -> bool {
        let item = self.item(id);
        self.state.items.iter().any(|other| {
            !other.wanted() && other.live() && other.kind == item.kind && other.place == item.place
        })
    }

    fn not_yet(&mut self, id: ItemId, error: Error) -> Vec<Record> {
        let (now, window) = (self.now, self.window(id));
        // What refers to several new things is missed often: waiting longer would not help it.
        let pause = self.pause(id, 1_000);
        let turn = self.turn(id);
        turn.looked = true;
        turn.again(now, pause, error.kind());
        let inputs: Vec<ItemId> = self.inputs_of(id);
        self.hide(id, &inputs);
        // Counted from when the youngest input appeared: one may have been made anew meanwhile.
        let began = self.agenda.turn(id).trouble.unwrap_or(now);
        let youngest = inputs.iter().filter_map(|input| self.agenda.turn(*input).since).max();
        let lasted = now - began.max(youngest.unwrap_or_default());
        let doubtful = |judge: &Self, input: &ItemId| {
            let turn = judge.agenda.turn(*input);
            turn.suspect || turn.gone_since.is_some()
        };
        if lasted > window && !inputs.iter().any(|input| doubtful(self, input)) {
            return self.halt(id, Error::invalid_after_window(error));
        }
        // The input may have gone behind our back: that shows only in a look.
        let called_wrong = error.kind() != ErrorKind::NotYet;
        if called_wrong || (lasted * 4 > window && lasted <= window) {
            for input in inputs {
                self.turn(input).suspect = true;
            }
        }
        Vec::new()
    }

    fn may_be_lag(&self, id: ItemId, error: &Error) -> bool {
        let window = self.window(id);
        let young = |input: &ItemId| {
            let turn = self.agenda.turn(*input);
            let doubtful = turn.suspect || turn.gone_since.is_some();
            doubtful || self.now < turn.since.unwrap_or_default() + window
        };
        let inputs = self.inputs_of(id);
        // The first time, the inputs are looked at before a person is asked.
        let first = self.agenda.turn(id).trouble.is_none() && !inputs.is_empty();
        matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound)
            && (first || inputs.iter().any(young))
    }

    /// One of the new inputs does not show yet: nothing else that refers to them is tried before the next try of this.
    fn hide(&mut self, id: ItemId, inputs: &[ItemId]) {
        let (now, sight) = (self.now, self.agenda.sight);
        let mut until = None;
        for input in inputs {
            let turn = self.turn(*input);
            if turn.fresh && !turn.seen {
                // Answers to one burst count once.
                if now >= turn.hidden_until {
                    let age = now - turn.since.unwrap_or(now);
                    turn.hidden_until = now + until_it_may_show(sight, age);
                }
                until = until.max(Some(turn.hidden_until));
            }
        }
        if let Some(until) = until {
            if !matches!(self.agenda.sight, Sight::Lags(_)) {
                self.agenda.sight = Sight::Lags(None);
            }
            self.turn(id).next_at = until;
        }
    }

    fn inputs_of(&self, id: ItemId) -> Vec<ItemId> {
        let Some(node) = self.item(id).node else { return Vec::new() };
        let edges = self.state.graph.node(node).edges().iter();
        let items = edges.map(|edge| self.state.item_of(edge.to));
        items.filter(|input| !self.item(*input).kind.facts().setting).collect()
    }

    fn slot_in_use(&mut self, id: ItemId, error: Error) -> Vec<Record> {
        let going = self.state.items.iter().any(|other| !other.wanted() && other.live());
        // One window until what holds it shows, and another one until that has been judged.
        let limit =
            if going { u64::from(self.limits.in_use_secs) * 1000 } else { 2 * self.window(id) };
        self.agenda.relist = true;
        let pause = self.pause(id, 15_000);
        let now = self.now;
        let turn = self.turn(id);
        turn.looked = true;
        if turn.again(now, pause, error.kind()) > limit { self.halt(id, error) } else { Vec::new() }
    }

    fn looked(&mut self, id: ItemId, seen: Option<RemoteId>) -> Vec<Record> {
        let Some(remote) = seen else {
            let (now, pause) = (self.now, self.pause(id, 5_000));
            let waits = self.item(id).kind.facts().repeat == Repeat::None
                && self.item(id).step == Step::Intended;
            let turn = self.turn(id);
            turn.looked = true;
            if waits {
                turn.doubt.get_or_insert(now);
                turn.again(now, pause, ErrorKind::Ambiguous);
            } else {
                turn.next_at = now;
            }
            return Vec::new();
        };
        self.appeared(id);
        let item = self.item(id);
        let seen = Seen {
            id: remote,
            node: item.name.clone(),
            fingerprint: item.fingerprint,
            run: item.run.clone(),
            holds: item.holds.clone(),
            key: item.key.clone(),
        };
        vec![Record::Found { item: Some(id), seen }]
    }
}

/// How long to wait with the next call that refers to something new, when the last one missed it at this age.
fn until_it_may_show(sight: Sight, age: u64) -> u64 {
    let wait = match sight {
        Sight::Lags(Some(lag)) if age < lag => lag - age,
        // At this age others showed: looks of a cloud that lags find, miss and find again.
        Sight::Lags(Some(_)) => (age / 4).max(300),
        Sight::Lags(None) | Sight::Unknown | Sight::Prompt => (age / 2).max(500),
    };
    wait.min(LAG_MS_MAX)
}

/// Items that were made with a value of this node that has turned out otherwise (a target's address).
pub(crate) fn outdated(state: &State, node: NodeId) -> Vec<Record> {
    let outdated = |dependant: &NodeId| {
        let id = state.item_of(*dependant);
        let item = state.item(id);
        let bound = state.inputs(*dependant);
        let key = state.graph.node(*dependant).resource.key(&Inputs::new(&bound));
        (item.exists() && item.kind.facts().key_address.is_some() && key != item.key).then(|| {
            Record::Replaced { item: id, why: "a value that it holds is another now".to_owned() }
        })
    };
    state.dependants[node.index()].iter().filter_map(outdated).collect()
}
