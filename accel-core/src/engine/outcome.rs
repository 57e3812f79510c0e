//! What an answer means: records for what changed, and the agenda's next turn. Pure but for the agenda.

use super::agenda::{Agenda, Limits, Moment, Turn};
use super::policy::{Next, Verb, backoff_ms, next};
use super::state::{Item, State, Step};
use crate::backend::{Blocker, Inputs, Phase};
use crate::error::{Error, ErrorKind};
use crate::graph::NodeId;
use crate::id::{Fingerprint, RemoteId};
use crate::journal::{ItemId, Record, Seen};
use crate::resource::{Attributes, Describe, Kind, Repeat};

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
                answers.into_iter().flat_map(judge).collect()
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
        let error = error.about_if_unknown(&item.name, &item.place);
        self.turn(id).halted = Some(error.clone());
        vec![Record::Halted { item: id, error }]
    }

    /// A call without an effect of its own failed.
    fn repeat(&mut self, id: ItemId, verb: Verb, error: Error) -> Vec<Record> {
        let item = self.item(id);
        let family = (item.place.clone(), item.kind.facts().api);
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
        let lasted = self.agenda.turn_mut(id).again(self.now, pause);
        if lasted > u64::from(self.limits.retry_secs) * 1000 {
            return self.halt(id, error);
        }
        Vec::new()
    }

    // ---- create ----

    fn created(&mut self, id: ItemId, remote: RemoteId, carried: Vec<ItemId>) -> Vec<Record> {
        let item = self.item(id);
        self.agenda.speed_up(&(item.place.clone(), item.kind.facts().api));
        for input in self.inputs_of(id) {
            self.turn(input).seen = true;
        }
        self.appeared(id);
        self.turn(id).fresh = true;
        vec![Record::Created { item: id, id: remote, carried }]
    }

    /// The item exists now: its first look comes when half the usual time is over.
    fn appeared(&mut self, id: ItemId) {
        let usual =
            self.item(id).kind.facts().ready.map_or(0, |times| u64::from(times.usual_secs) * 500);
        let now = self.now;
        let turn = self.turn(id);
        turn.calm();
        turn.doubt = None;
        turn.looked = false;
        turn.suspect = false;
        turn.gone_since = None;
        turn.gone_looks = 0;
        turn.since = Some(now);
        turn.next_at = now + usual;
    }

    fn create_failed(&mut self, id: ItemId, error: Error) -> Vec<Record> {
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
        if turn.again(now, pause) > limit {
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
        let lasted = turn.again(now, pause);
        self.agenda.relist = true;
        let mut records = vec![Record::Refused { item: id, spent: false }];
        if lasted > if going { in_use } else { window } {
            if self.item(id).kind.facts().repeat == Repeat::Token {
                self.turn(id).calm();
                return vec![Record::Refused { item: id, spent: true }];
            }
            records.extend(self.halt(id, error));
        }
        records
    }

    fn something_of_the_kind_goes(&self, id: ItemId) -> bool {
        let item = self.item(id);
        self.state.items.iter().any(|other| {
            !other.wanted() && other.live() && other.kind == item.kind && other.place == item.place
        })
    }

    fn not_yet(&mut self, id: ItemId, error: Error) -> Vec<Record> {
        let (now, window) = (self.now, self.window(id));
        let pause = self.pause(id, 5_000);
        let turn = self.turn(id);
        turn.looked = true;
        turn.again(now, pause);
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
        if lasted * 4 > window && lasted <= window {
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
        matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound)
            && self.inputs_of(id).iter().any(young)
    }

    /// One of the new inputs does not show yet: nothing else that refers to them is tried before the next try of this.
    fn hide(&mut self, id: ItemId, inputs: &[ItemId]) {
        let now = self.now;
        let mut until = None;
        for input in inputs {
            let turn = self.turn(*input);
            if turn.fresh && !turn.seen {
                // Answers to one burst count once.
                if now >= turn.hidden_until {
                    turn.hidden_until =
                        now + (300 * 3u64.pow(turn.hidden_tries) >> turn.hidden_tries).min(1_500);
                    turn.hidden_tries = (turn.hidden_tries + 1).min(10);
                }
                until = until.max(Some(turn.hidden_until));
            }
        }
        if let Some(until) = until {
            self.agenda.lags = true;
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
        let limit = if going { u64::from(self.limits.in_use_secs) * 1000 } else { self.window(id) };
        let pause = self.pause(id, 15_000);
        let now = self.now;
        let turn = self.turn(id);
        turn.looked = true;
        if turn.again(now, pause) > limit { self.halt(id, error) } else { Vec::new() }
    }

    // ---- find ----

    fn looked(&mut self, id: ItemId, seen: Option<RemoteId>) -> Vec<Record> {
        let Some(remote) = seen else {
            let (now, pause) = (self.now, self.pause(id, 5_000));
            let waits = self.item(id).kind.facts().repeat == Repeat::None
                && self.item(id).step == Step::Intended;
            let turn = self.turn(id);
            turn.looked = true;
            if waits {
                turn.doubt.get_or_insert(now);
                turn.again(now, pause);
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

    // ---- read ----

    fn read(&mut self, id: ItemId, phase: Phase) -> Vec<Record> {
        let item = self.item(id);
        let step = item.step;
        if !item.live() {
            return Vec::new();
        }
        match phase {
            Phase::Gone if step == Step::Going => vec![Record::Gone { item: id }],
            Phase::Deleting if step == Step::Going => self.still(id, "going"),
            Phase::Ready(ready) if step == Step::Going && item.wanted() => {
                self.stays(id, ready.attributes)
            }
            Phase::Pending | Phase::Waiting { .. } | Phase::Ready(_) | Phase::Failed { .. }
                if step == Step::Going =>
            {
                self.not_going(id)
            }
            Phase::Gone => self.seems_gone(id),
            Phase::Deleting => vec![Record::Going { item: id }],
            Phase::Failed { why } => self.broken(id, why),
            Phase::Waiting { on } => {
                let error = Error::new(ErrorKind::NotYet, format!("waits for {on}"));
                self.halt(id, error.advice("have it accepted, then run deploy again"))
            }
            Phase::Pending => {
                self.alive(id);
                self.still(id, "pending")
            }
            Phase::Ready(ready) => {
                self.alive(id);
                self.turn(id).calm();
                let known = step == Step::Ready
                    && self.item(id).attributes.as_ref() == Some(&ready.attributes);
                let ready = Record::Ready { item: id, attributes: ready.attributes };
                if known { Vec::new() } else { vec![ready] }
            }
        }
    }

    fn alive(&mut self, id: ItemId) {
        let turn = self.turn(id);
        turn.suspect = false;
        turn.gone_since = None;
        turn.gone_looks = 0;
    }

    /// One "gone" proves nothing: without a delete of ours, looks over a whole window must agree.
    fn seems_gone(&mut self, id: ItemId) -> Vec<Record> {
        let (now, window) = (self.now, self.window(id));
        let turn = self.turn(id);
        let since = *turn.gone_since.get_or_insert(now);
        turn.gone_looks += 1;
        turn.next_at = now + (window / 4).max(1);
        if now - since < window || turn.gone_looks < GONE_LOOKS {
            return Vec::new();
        }
        *turn = Turn::default();
        for dependant in self.dependants_of(id) {
            self.turn(dependant).suspect = true;
        }
        vec![Record::Lost { item: id }]
    }

    fn dependants_of(&self, id: ItemId) -> Vec<ItemId> {
        let Some(node) = self.item(id).node else { return Vec::new() };
        let items =
            self.state.dependants[node.index()].iter().map(|node| self.state.item_of(*node));
        items.filter(|item| !self.item(*item).kind.facts().setting).collect()
    }

    /// Accepted, and then given up: one replacement, then a person.
    fn broken(&mut self, id: ItemId, why: String) -> Vec<Record> {
        let turn = self.turn(id);
        turn.broken += 1;
        let broken = turn.broken;
        if broken > 1 {
            return self.halt(
                id,
                Error::new(ErrorKind::Failed, why)
                    .advice("see the provider's reason, then run deploy again"),
            );
        }
        *self.turn(id) = Turn { broken, ..Turn::default() };
        vec![Record::Replaced { item: id, why }]
    }

    /// Not there yet, or not gone yet: looks come at a twentieth of the time that has passed.
    fn still(&mut self, id: ItemId, what: &str) -> Vec<Record> {
        let now = self.now;
        let facts = self.item(id).kind.facts();
        let going = what == "going";
        let times = if going { facts.gone } else { facts.ready };
        let limit = times
            .map_or(u64::from(self.limits.in_use_secs), |times| u64::from(times.limit_secs))
            * 1000;
        let turn = self.turn(id);
        turn.tries = 0;
        let since = *turn.since.get_or_insert(now);
        let lasted = now - since;
        // A deploy waits for the slowest thing, and the next step for this look; a cleanup is in less of a hurry.
        let first = since + times.map_or(0, |times| u64::from(times.usual_secs) * 500);
        turn.next_at = first.max(now + (lasted / if going { 8 } else { 20 }).clamp(1_000, 30_000));
        if going && turn.ask_blockers_at.is_none() && lasted > BLOCKERS_AGAIN_MS * 2 {
            turn.ask_blockers_at = Some(now);
        }
        if lasted <= limit {
            return Vec::new();
        }
        let held = self.held_by(id);
        let message = format!("still {what} after {} s{held}", lasted / 1000);
        self.halt(
            id,
            Error::new(ErrorKind::Failed, message)
                .advice("look at it in the console, then run again"),
        )
    }

    /// A delete was accepted, yet it is there as before. The look may be stale; if looks agree, the delete is sent again.
    fn not_going(&mut self, id: ItemId) -> Vec<Record> {
        let (now, window) = (self.now, self.window(id));
        if self.item(id).wanted() {
            self.turn(id).next_at = now + (window / 4).max(1);
            return Vec::new();
        }
        let pause = self.pause(id, 5_000);
        let turn = self.turn(id);
        if turn.again(now, pause) > window / 2 {
            turn.calm();
            turn.resend = true;
            turn.next_at = now;
        }
        Vec::new()
    }

    /// Wanted again after a delete whose outcome nobody knows. Looks lag: only when they agree for a whole window did it have no effect.
    fn stays(&mut self, id: ItemId, attributes: Attributes) -> Vec<Record> {
        let (now, window) = (self.now, self.window(id));
        let turn = self.turn(id);
        let since = *turn.since.get_or_insert(now);
        turn.next_at = now + (window / 4).max(1);
        if now - since < window {
            return Vec::new();
        }
        turn.calm();
        vec![Record::Ready { item: id, attributes }]
    }

    // ---- delete ----

    fn deleted(&mut self, id: ItemId) -> Vec<Record> {
        let item = self.item(id);
        self.agenda.speed_up(&(item.place.clone(), item.kind.facts().api));
        let gone = self.item(id).kind.facts().gone;
        let now = self.now;
        let turn = self.turn(id);
        turn.calm();
        turn.resend = false;
        turn.blockers.clear();
        turn.ask_blockers_at = None;
        turn.since = Some(now);
        turn.next_at = now + gone.map_or(0, |times| u64::from(times.usual_secs) * 500);
        match gone {
            Some(_) => vec![Record::Going { item: id }],
            None => vec![Record::Gone { item: id }],
        }
    }

    /// "Not found" without a delete of ours is one look that says gone, and one proves nothing: a read decides.
    fn vanished(&mut self, id: ItemId) -> Vec<Record> {
        let now = self.now;
        let turn = self.turn(id);
        turn.calm();
        turn.since = Some(now);
        turn.next_at = now;
        vec![Record::Going { item: id }]
    }

    fn delete_failed(&mut self, id: ItemId, error: Error) -> Vec<Record> {
        match next(Verb::Delete, error.kind()) {
            Next::Done => return self.vanished(id),
            Next::Wait => {}
            Next::Retry
            | Next::SlowDown
            | Next::Doubt
            | Next::NotYet
            | Next::Look
            | Next::Gone
            | Next::Halt
            | Next::Stop => return self.repeat(id, Verb::Delete, error),
        }
        let (now, pause) = (self.now, self.pause(id, 15_000));
        let limit = u64::from(self.limits.in_use_secs) * 1000;
        let turn = self.agenda.turn_mut(id);
        let lasted = turn.again(now, pause);
        if turn.tries >= REFUSALS_BEFORE_BLOCKERS && turn.ask_blockers_at.is_none() {
            turn.ask_blockers_at = Some(now);
        }
        // A child that no listing showed yet may hold it.
        let relist = turn.tries >= 2;
        let strangers = self.held_by_strangers(id);
        self.agenda.relist |= relist;
        if lasted <= if strangers { self.window(id) } else { limit } {
            return Vec::new();
        }
        let held = self.held_by(id);
        let error = Error::new(ErrorKind::InUse, format!("{}{held}", error.message()));
        self.halt(id, error.advice("remove what holds it, then run again"))
    }

    fn blockers(&mut self, id: ItemId, answer: Result<Vec<Blocker>, Error>) -> Vec<Record> {
        let now = self.now;
        let turn = self.turn(id);
        turn.ask_blockers_at = Some(now + BLOCKERS_AGAIN_MS);
        let Ok(blockers) = answer else { return Vec::new() };
        let revived = blockers.iter().filter_map(|blocker| self.revived(blocker)).collect();
        self.turn(id).blockers = blockers;
        revived
    }

    /// What is in the way is there, whatever was believed: a delete that came before the cloud showed it had no effect.
    fn revived(&self, blocker: &Blocker) -> Option<Record> {
        let is = |item: &&Item| item.id.as_ref().is_some_and(|id| id.as_str() == blocker.id);
        let mut known = self.state.items.iter().filter(is);
        if known.clone().any(Item::live) {
            return None;
        }
        let item = known.next_back().filter(|item| item.step == Step::Gone)?;
        let seen = Seen {
            id: item.id.clone()?,
            node: item.name.clone(),
            fingerprint: item.fingerprint,
            run: item.run.clone(),
            holds: item.holds.clone(),
            key: item.key.clone(),
        };
        Some(Record::Found { item: None, seen })
    }

    /// Whether all that holds it is neither ours nor goes by itself.
    fn held_by_strangers(&self, id: ItemId) -> bool {
        let blockers = &self.agenda.turn(id).blockers;
        let ours = |blocker: &Blocker| {
            let mut ids = self.state.items.iter().filter_map(|item| item.id.as_ref());
            blocker.deployment.is_some() || ids.any(|id| id.as_str() == blocker.id)
        };
        !blockers.is_empty() && blockers.iter().all(|b| b.usual_secs.is_none() && !ours(b))
    }

    fn held_by(&self, id: ItemId) -> String {
        let names: Vec<String> =
            self.agenda.turn(id).blockers.iter().map(ToString::to_string).collect();
        if names.is_empty() { String::new() } else { format!("; held by {}", names.join(", ")) }
    }
}

/// Items that were made with a value of this node that has turned out otherwise (a target's address).
pub(crate) fn outdated(state: &State, node: NodeId) -> Vec<Record> {
    let outdated = |dependant: &NodeId| {
        let id = state.item_of(*dependant);
        let item = state.item(id);
        let bound = state.inputs(*dependant);
        let key = state.graph.node(*dependant).resource.key(&Inputs::new(&bound));
        (item.exists() && item.kind == Kind::Target && key != item.key).then(|| Record::Replaced {
            item: id,
            why: "its endpoint's address is another".to_owned(),
        })
    };
    state.dependants[node.index()].iter().filter_map(outdated).collect()
}
