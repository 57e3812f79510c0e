//! The loop: decide, write the intents, start the calls, wait for any answer or timer, write what came of it. The only async file of
//! the state machine.

pub(crate) mod begin;
mod call;
pub(crate) mod look;
mod span;
mod tell;

pub(crate) use self::call::persist;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::backend::{Inputs, NetworkBackend};
use crate::engine::agenda::{Agenda, Limits, Moment};
use crate::engine::decide::{Command, decide};
use crate::engine::ledger::Ledger;
use crate::engine::outcome::{Judge, Outcome, outdated};
use crate::engine::policy::Verb;
use crate::engine::state::{State, evolve};
use crate::engine::stop::Stop;
use crate::engine::timeline::Timeline;
use crate::error::Result;
use crate::event::{Event, Timed};
use crate::id::{DeploymentId, Place, RemoteId};
use crate::journal::Record;
use crate::resource::{Describe, Health, Kind};
use crate::tags::Stamp;

/// How often a run that has nothing to write says that it is alive.
const BEAT_MS: u64 = 20_000;

/// How long the loop waits at most before it decides again.
const WAIT_MS_MAX: u64 = 60_000;

type Call<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Why the work paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paused {
    /// Nothing is due, in flight or timed.
    Quiet,
    /// Something is in the way that only a listing can show.
    Relist,
    /// Somebody asked to stop.
    Stopped,
}

pub(crate) struct Driver<'a> {
    pub(crate) backend: &'a dyn NetworkBackend,
    pub(crate) deployment: DeploymentId,
    pub(crate) ledger: Ledger<'a>,
    pub(crate) state: State,
    pub(crate) agenda: Agenda,
    pub(crate) limits: Limits,
    pub(crate) stamp: Arc<Stamp>,
    pub(crate) began: Instant,
    pub(crate) events: Option<mpsc::Sender<Timed>>,
    pub(crate) missed: u64,
    pub(crate) stop: Stop,
    /// The user's word that what others have put into our resources is to go.
    pub(crate) revoke_foreign: bool,
    /// What kinds to look for in a place; in others, all.
    pub(crate) scope: BTreeMap<Place, Vec<Kind>>,
    pub(crate) timeline: Timeline,
    pub(crate) first_seen: BTreeMap<RemoteId, Moment>,
    /// What the last listing said of what the cloud checks; forgotten at the next call that changes anything.
    pub(crate) health: BTreeMap<RemoteId, Health>,
    /// Whether the records at hand at the beginning told of everything that there could be.
    pub(crate) recorded: bool,
    in_flight: FuturesUnordered<Call<'a>>,
    spans: span::Spans,
    written_at: Moment,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(
        backend: &'a dyn NetworkBackend,
        deployment: DeploymentId,
        ledger: Ledger<'a>,
        limits: Limits,
        stamp: Stamp,
    ) -> Self {
        Self {
            backend,
            deployment,
            ledger,
            state: State::default(),
            agenda: Agenda::default(),
            limits,
            stamp: Arc::new(stamp),
            began: Instant::now(),
            events: None,
            missed: 0,
            stop: Stop::default(),
            revoke_foreign: false,
            scope: BTreeMap::new(),
            timeline: Timeline::default(),
            first_seen: BTreeMap::new(),
            health: BTreeMap::new(),
            recorded: false,
            in_flight: FuturesUnordered::new(),
            spans: span::Spans::default(),
            written_at: 0,
        }
    }

    pub(crate) fn now(&self) -> Moment {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Writes the records, then folds them.
    pub(crate) async fn record(&mut self, records: &[Record]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        self.ledger.append(records).await?;
        self.written_at = self.now();
        for record in records {
            self.tell_record(record);
            evolve(&mut self.state, record);
        }
        #[cfg(test)]
        super::witness::saw(self.ledger.position(), &self.state);
        Ok(())
    }

    /// Writes records that are folded already: the state is what they lead to.
    async fn record_with(&mut self, records: &[Record], state: State) -> Result<()> {
        self.ledger.append(records).await?;
        self.written_at = self.now();
        self.state = state;
        for record in records {
            self.tell_record(record);
        }
        #[cfg(test)]
        super::witness::saw(self.ledger.position(), &self.state);
        Ok(())
    }

    /// Works until nothing more can be done without a listing or a person.
    pub(crate) async fn work(&mut self) -> Result<Paused> {
        loop {
            self.agenda.stopping |= self.stop.asked();
            if self.agenda.relist_after.is_some_and(|at| self.now() >= at) {
                self.agenda.relist_after = None;
                self.agenda.relist = true;
            }
            let relist = self.agenda.relist && self.now() >= self.agenda.listed_at + 5_000;
            let decision = if relist || self.agenda.stopping {
                super::decide::Decision::default()
            } else {
                decide(&self.state, &self.agenda, &self.limits, self.now())
            };
            if decision.commands.is_empty() && self.in_flight.is_empty() {
                if self.agenda.stopping {
                    return Ok(Paused::Stopped);
                }
                if relist {
                    return Ok(Paused::Relist);
                }
                if decision.wake.is_none() {
                    return Ok(Paused::Quiet);
                }
            }
            self.start(decision.commands).await?;
            if self.in_flight.is_empty() && decision.wake.is_none() {
                // Nothing was called: a doubt has ended, and there is more to decide.
                continue;
            }
            let wake = decision.wake.unwrap_or(Moment::MAX).min(if relist {
                Moment::MAX
            } else {
                self.relist_at()
            });
            self.wait(wake).await?;
        }
    }

    fn relist_at(&self) -> Moment {
        let asked = if self.agenda.relist { self.agenda.listed_at + 5_000 } else { Moment::MAX };
        asked.min(self.agenda.relist_after.unwrap_or(Moment::MAX))
    }

    /// Writes the intents of the commands, all in one append, and starts their calls.
    async fn start(&mut self, commands: Vec<Command>) -> Result<()> {
        let intents: Vec<Record> =
            commands.iter().filter_map(|command| self.intent(command)).collect();
        self.record(&intents).await?;
        for command in commands {
            if let Some(call) = self.call(command) {
                self.agenda.in_flight += 1;
                self.in_flight.push(call);
            }
        }
        Ok(())
    }

    fn intent(&self, command: &Command) -> Option<Record> {
        match command {
            Command::Create(id) => {
                let item = self.state.item(*id);
                let node = item.node?;
                let bound = self.state.inputs(node);
                let inputs = Inputs::new(&bound);
                let resource = &self.state.graph.node(node).resource;
                Some(Record::Intended {
                    item: *id,
                    attempt: item.attempt,
                    holds: self.state.holdings(node, &bound),
                    key: resource.key(&inputs),
                    slots: resource.slots(&inputs),
                })
            }
            Command::Delete(id) => Some(Record::Deleting { item: *id }),
            Command::Refuse(id) => Some(Record::Refused { item: *id, spent: false }),
            Command::Find(_) | Command::Read(..) | Command::Blockers(_) => None,
        }
    }

    fn call(&mut self, command: Command) -> Option<Call<'a>> {
        let (verb, id, call) = match command {
            Command::Create(id) => (Verb::Create, id, self.create(id)),
            Command::Find(id) => (Verb::Find, id, self.find(id)),
            Command::Delete(id) => (Verb::Delete, id, self.delete(id)),
            Command::Blockers(id) => (Verb::Blockers, id, self.blockers(id)),
            Command::Read(place, items) => {
                let call = self.read(items);
                let what = (Verb::Read, &place);
                return Some(self.spans.around(&self.deployment, None, what, call));
            }
            Command::Refuse(id) => {
                // The doubt is over; the next decision creates.
                let turn = self.agenda.turn_mut(id);
                turn.calm();
                turn.doubt = None;
                turn.looked = true;
                turn.next_at = 0;
                return None;
            }
        };
        let item = self.state.item(id);
        let what = (verb, &item.place);
        Some(self.spans.around(&self.deployment, Some((id, item)), what, call))
    }

    /// Waits for an answer, a timer, or somebody who asks to stop.
    async fn wait(&mut self, wake: Moment) -> Result<()> {
        let beat = if self.ledger.in_use() { self.written_at + BEAT_MS } else { Moment::MAX };
        let until = wake.min(beat).min(self.now() + WAIT_MS_MAX);
        let until = self.began + Duration::from_millis(until);
        let first = {
            let stop = self.stop.clone();
            let answer = async {
                match self.in_flight.next().await {
                    Some(outcome) => outcome,
                    None => std::future::pending().await,
                }
            };
            let either = select(Box::pin(answer), Box::pin(stop.wait()));
            match timeout_at(until, either).await {
                Ok(Either::Left((outcome, _))) => Some(outcome),
                Ok(Either::Right(_)) | Err(_) => None,
            }
        };
        if let Some(outcome) = first {
            self.took(outcome).await?;
            // Whatever else has arrived is written before the next decision.
            while let Some(outcome) = self.ready_answer() {
                self.took(outcome).await?;
            }
        } else if self.now() >= beat {
            self.record(&[Record::Beat]).await?;
        }
        Ok(())
    }

    fn ready_answer(&mut self) -> Option<Outcome> {
        use futures_util::FutureExt;
        self.in_flight.next().now_or_never().flatten()
    }

    async fn took(&mut self, outcome: Outcome) -> Result<()> {
        self.agenda.in_flight -= 1;
        let trouble = self.trouble(&outcome);
        let now = self.now();
        let mut judge =
            Judge { state: &self.state, agenda: &mut self.agenda, limits: &self.limits, now };
        let records = judge.judge(outcome);
        self.record(&records).await?;
        for record in &records {
            if let Record::Ready { item, .. } = record
                && let Some(node) = self.state.item(*item).node
            {
                let outdated = outdated(&self.state, node);
                self.record(&outdated).await?;
            }
        }
        for (id, verb, error) in trouble {
            let turn = self.agenda.turn(id);
            let after = Duration::from_millis(turn.next_at.saturating_sub(now));
            if turn.halted.is_none() {
                self.tell(Event::Retry {
                    node: self.state.item(id).name.clone(),
                    verb,
                    error,
                    after,
                });
            }
            let by = self.agenda.turn(id).blockers.clone();
            if verb == Verb::Delete && !by.is_empty() {
                self.tell(Event::Blocked { node: self.state.item(id).name.clone(), by });
            }
        }
        Ok(())
    }
}
