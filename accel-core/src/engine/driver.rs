//! The loop: decide, write the intents, start the calls, wait for any answer or timer, write what came of it. The only async file of
//! the state machine.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::agenda::{Agenda, Limits, Moment};
use super::decide::{Command, decide};
use super::ledger::Ledger;
use super::outcome::{Judge, Outcome, outdated};
use super::policy::{Next, Verb, backoff_ms, next};
use super::reconcile::{Context, Reconciled, reconcile};
use super::state::{State, Step, evolve};
use super::stop::Stop;
use super::timeline::Timeline;
use crate::backend::{
    Bound, Found, Inputs, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Request,
};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, NodeStep, Timed};
use crate::id::{DeploymentId, Owner, Place, RemoteId};
use crate::journal::{ItemId, Record};
use crate::resource::{Describe, Resource};
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
    pub(crate) timeline: Timeline,
    pub(crate) first_seen: BTreeMap<RemoteId, Moment>,
    in_flight: FuturesUnordered<Call<'a>>,
    written_at: Moment,
    listed_at: Moment,
}

/// What a request owns while its call is in flight.
struct OwnedRequest {
    owner: Owner,
    place: Place,
    resource: Resource,
    bound: Vec<(crate::graph::NodeId, Bound)>,
    carried: Vec<Resource>,
    keep: Option<String>,
    stamp: Arc<Stamp>,
    attempt: u32,
}

impl OwnedRequest {
    fn borrow(&self) -> Request<'_> {
        Request {
            owner: &self.owner,
            place: &self.place,
            resource: &self.resource,
            inputs: Inputs::new(&self.bound),
            carried: &self.carried,
            stamp: &self.stamp,
            keep: self.keep.as_deref(),
            attempt: self.attempt,
        }
    }
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
            timeline: Timeline::default(),
            first_seen: BTreeMap::new(),
            in_flight: FuturesUnordered::new(),
            written_at: 0,
            listed_at: 0,
        }
    }

    pub(crate) fn now(&self) -> Moment {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    // ---- records and events ----

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
        Ok(())
    }

    pub(crate) fn tell(&mut self, event: Event) {
        let at = self.began.elapsed();
        let Some(events) = &self.events else { return };
        if self.missed > 0
            && events.try_send(Timed { at, event: Event::Missed { count: self.missed } }).is_ok()
        {
            self.missed = 0;
        }
        if events.try_send(Timed { at, event }).is_err() {
            self.missed += 1;
        }
    }

    fn tell_record(&mut self, record: &Record) {
        let (item, step) = match record {
            Record::Intended { item, .. } => (item, NodeStep::Creating),
            Record::Doubtful { item } => (item, NodeStep::InDoubt),
            Record::Created { item, id, carried } => {
                for setting in carried {
                    self.timeline.ready(self.state.item(*setting), self.began.elapsed());
                }
                (item, self.exists(*item, id, false))
            }
            Record::Found { item: Some(item), seen } => (item, self.exists(*item, &seen.id, true)),
            Record::Ready { item, .. } => (item, NodeStep::Ready),
            Record::Replaced { item, why } => (item, NodeStep::Replacing { why: why.clone() }),
            Record::Lost { item } => (item, NodeStep::Lost),
            Record::Deleting { item } => (item, NodeStep::Deleting),
            Record::Going { item } => {
                let usual = self.state.item(*item).kind.facts().gone.map(|times| times.usual_secs);
                (item, NodeStep::Going { usual_secs: usual })
            }
            Record::Gone { item } => (item, NodeStep::Gone),
            Record::Halted { item, error } => (item, NodeStep::Halted { error: error.clone() }),
            Record::Started(_)
            | Record::Planned { .. }
            | Record::Found { item: None, .. }
            | Record::Refused { .. }
            | Record::Beat
            | Record::Ended { .. } => return,
        };
        let about = self.state.item(*item);
        self.timeline.note(about, &step, self.began.elapsed());
        if self.events.is_some() {
            let (node, place, kind) = (about.name.clone(), about.place.clone(), about.kind);
            self.tell(Event::Node { node, place, kind, step });
        }
    }

    fn exists(&self, item: ItemId, id: &RemoteId, found: bool) -> NodeStep {
        let usual_secs = self.state.item(item).kind.facts().ready.map(|times| times.usual_secs);
        NodeStep::Exists { id: id.clone(), found, usual_secs }
    }

    // ---- the loop ----

    /// Works until nothing more can be done without a listing or a person.
    pub(crate) async fn work(&mut self) -> Result<Paused> {
        loop {
            self.agenda.stopping |= self.stop.asked();
            if self.agenda.relist_after.is_some_and(|at| self.now() >= at) {
                self.agenda.relist_after = None;
                self.agenda.relist = true;
            }
            let relist = self.agenda.relist && self.now() >= self.listed_at + 5_000;
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
        let asked = if self.agenda.relist { self.listed_at + 5_000 } else { Moment::MAX };
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
                    holds: inputs.ids().cloned().collect(),
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
        match command {
            Command::Create(id) => Some(self.create(id)),
            Command::Find(id) => Some(self.find(id)),
            Command::Read(_, items) => Some(self.read(items)),
            Command::Delete(id) => Some(self.delete(id)),
            Command::Blockers(id) => Some(self.blockers(id)),
            Command::Refuse(id) => {
                // The doubt is over; the next decision creates.
                let turn = self.agenda.turn_mut(id);
                turn.calm();
                turn.doubt = None;
                turn.looked = true;
                turn.next_at = 0;
                None
            }
        }
    }

    fn busy(&mut self, id: ItemId, verb: Verb) {
        self.agenda.turn_mut(id).busy = true;
        let item = self.state.item(id);
        let family = (item.place.clone(), item.kind.facts().api);
        let now = self.now();
        if let Some(family) = self.agenda.families.get_mut(&family) {
            family.not_before = now + family.gap_ms;
        }
        self.count(verb);
    }

    pub(crate) fn count(&mut self, verb: Verb) {
        self.agenda.calls[verb as usize] += 1;
    }

    fn request(&self, id: ItemId) -> OwnedRequest {
        let item = self.state.item(id);
        let node_id = item.node.expect("only what is wanted is asked for");
        let node = self.state.graph.node(node_id);
        let carried = self.state.carries[node_id.index()].iter();
        OwnedRequest {
            owner: Owner {
                deployment: self.deployment.clone(),
                node: node.name.clone(),
                fingerprint: node.fingerprint,
            },
            place: node.place.clone(),
            resource: node.resource.clone(),
            bound: self.state.inputs(node_id),
            carried: carried.map(|node| self.state.graph.node(*node).resource.clone()).collect(),
            keep: node.keep.clone(),
            stamp: Arc::clone(&self.stamp),
            attempt: item.attempt,
        }
    }

    fn create(&mut self, id: ItemId) -> Call<'a> {
        self.busy(id, Verb::Create);
        let request = self.request(id);
        let node = self.state.item(id).node.expect("only what is wanted is made");
        let carried =
            self.state.carries[node.index()].iter().map(|node| self.state.item_of(*node)).collect();
        let (backend, deadline) = (self.backend, self.deadline());
        Box::pin(async move {
            let answer = timeout(deadline, backend.create(request.borrow())).await;
            Outcome::Created(
                id,
                answer.unwrap_or_else(|_| Err(late(ErrorKind::Ambiguous, deadline))),
                carried,
            )
        })
    }

    fn find(&mut self, id: ItemId) -> Call<'a> {
        self.busy(id, Verb::Find);
        let request = self.request(id);
        let (backend, deadline) = (self.backend, self.deadline());
        Box::pin(async move {
            let answer = timeout(deadline, backend.find(request.borrow())).await;
            Outcome::Looked(
                id,
                answer.unwrap_or_else(|_| Err(late(ErrorKind::Unavailable, deadline))),
            )
        })
    }

    fn read(&mut self, ids: Vec<ItemId>) -> Call<'a> {
        let ids: Vec<(ItemId, RemoteId)> =
            ids.into_iter().filter_map(|id| Some((id, self.state.item(id).id.clone()?))).collect();
        for (id, _) in &ids {
            self.agenda.turn_mut(*id).busy = true;
        }
        self.count(Verb::Read);
        let (backend, deadline) = (self.backend, self.deadline());
        Box::pin(async move {
            let items: Vec<ReadItem<'_>> =
                ids.iter().map(|(_, id)| ReadItem { id, request: None }).collect();
            let answers = match timeout(deadline, backend.read(&items)).await {
                Ok(answers) => answers,
                Err(_) => {
                    items.iter().map(|_| Err(late(ErrorKind::Unavailable, deadline))).collect()
                }
            };
            let missing = || {
                Err(Error::new(
                    ErrorKind::Unavailable,
                    "the backend gave fewer answers than were asked for",
                ))
            };
            let answers: Vec<Result<Phase>> = answers
                .into_iter()
                .chain(std::iter::repeat_with(missing))
                .take(ids.len())
                .collect();
            Outcome::Read(ids.into_iter().map(|(id, _)| id).zip(answers).collect())
        })
    }

    fn delete(&mut self, id: ItemId) -> Call<'a> {
        self.busy(id, Verb::Delete);
        self.agenda.turn_mut(id).resend = false;
        let item = self.state.item(id);
        if item.run.as_ref() == Some(&self.stamp.run) {
            // The cloud may not see it yet and answer "gone" without deleting: the last look comes after it would have shown.
            let after = self.now() + self.limits.window_ms(item.kind);
            self.agenda.look_after = self.agenda.look_after.max(after);
        }
        let remote = item.id.clone().expect("what is deleted has an id");
        let (backend, deadline) = (self.backend, self.deadline());
        Box::pin(async move {
            let answer = timeout(deadline, backend.delete(&remote)).await;
            Outcome::Deleted(
                id,
                answer.unwrap_or_else(|_| Err(late(ErrorKind::Ambiguous, deadline))),
            )
        })
    }

    fn blockers(&mut self, id: ItemId) -> Call<'a> {
        self.busy(id, Verb::Blockers);
        let remote = self.state.item(id).id.clone().expect("what is deleted has an id");
        let (backend, deadline) = (self.backend, self.deadline());
        Box::pin(async move {
            let answer = timeout(deadline, backend.blockers(&remote)).await;
            Outcome::Blockers(
                id,
                answer.unwrap_or_else(|_| Err(late(ErrorKind::Unavailable, deadline))),
            )
        })
    }

    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_secs(u64::from(self.limits.call_secs))
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

    fn trouble(&self, outcome: &Outcome) -> Vec<(ItemId, Verb, Error)> {
        if self.events.is_none() {
            return Vec::new();
        }
        match outcome {
            Outcome::Created(id, Err(error), _) => vec![(*id, Verb::Create, error.clone())],
            Outcome::Looked(id, Err(error)) => vec![(*id, Verb::Find, error.clone())],
            Outcome::Deleted(id, Err(error)) => vec![(*id, Verb::Delete, error.clone())],
            Outcome::Read(answers) => answers
                .iter()
                .filter_map(|(id, answer)| Some((*id, Verb::Read, answer.as_ref().err()?.clone())))
                .collect(),
            Outcome::Created(..)
            | Outcome::Looked(..)
            | Outcome::Deleted(..)
            | Outcome::Blockers(..) => Vec::new(),
        }
    }

    // ---- calls outside the state machine ----

    /// Lists every place, each with retries.
    pub(crate) async fn list(&mut self, places: &[Place]) -> Result<(Vec<Found>, Vec<String>)> {
        let (backend, limits) = (self.backend, self.limits.clone());
        let deployment = self.deployment.clone();
        let lists = places.iter().map(|place| {
            let (deployment, limits) = (&deployment, &limits);
            async move {
                persist(limits, Verb::List, || backend.list(deployment, place))
                    .await
                    .map_err(|error| error.place(place.clone()))
            }
        });
        let answers: Vec<Result<Listing>> = futures_util::future::join_all(lists).await;
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for answer in answers {
            self.count(Verb::List);
            let mut listing = answer?;
            found.append(&mut listing.found);
            unknown.append(&mut listing.unknown);
        }
        self.listed_at = self.now();
        self.agenda.relist = false;
        Ok((found, unknown))
    }

    /// The first look: every place and the offer, all at once.
    pub(crate) async fn look_around(
        &mut self,
        places: &[Place],
        query: &OfferQuery,
    ) -> Result<((Vec<Found>, Vec<String>), Offer)> {
        let (backend, limits) = (self.backend, self.limits.clone());
        self.count(Verb::Offer);
        let offer = persist(&limits, Verb::Offer, || backend.offer(query));
        let (found, offer) = futures_util::future::join(self.list(places), offer).await;
        Ok((found?, offer?))
    }

    /// Reads everything that is wanted, each with what was asked for it: one batch per place.
    pub(crate) async fn read_all(&mut self) -> Result<Vec<(Option<RemoteId>, Phase)>> {
        let mut phases = vec![(None, Phase::Gone); self.state.by_node.len()];
        for place in self.stamp.places.clone() {
            let here: Vec<usize> = (0..phases.len())
                .filter(|node| self.state.item(self.state.by_node[*node]).place == place)
                .collect();
            let mut batch = Vec::new();
            for node in here {
                let id = self.state.by_node[node];
                let request = self.request(id);
                let remote = match &self.state.item(id).id {
                    Some(remote) => Some(remote.clone()),
                    None if self.settable(id) => {
                        self.count(Verb::Find);
                        let (backend, limits) = (self.backend, self.limits.clone());
                        persist(&limits, Verb::Find, || backend.find(request.borrow())).await?
                    }
                    None => None,
                };
                if let Some(remote) = remote {
                    batch.push((node, remote, request));
                }
            }
            self.count(Verb::Read);
            let items: Vec<ReadItem<'_>> = batch
                .iter()
                .map(|(_, id, request)| ReadItem { id, request: Some(request.borrow()) })
                .collect();
            let answers = timeout(self.deadline(), self.backend.read(&items)).await;
            let answers = answers.map_err(|_| late(ErrorKind::Unavailable, self.deadline()))?;
            for ((node, remote, _), answer) in batch.iter().zip(answers) {
                phases[*node] = (Some(remote.clone()), answer?);
            }
        }
        Ok(phases)
    }

    /// A setting all of whose parents exist: only a look can tell its value.
    fn settable(&self, id: ItemId) -> bool {
        let item = self.state.item(id);
        let Some(node) = item.node.filter(|_| item.kind.facts().setting) else { return false };
        let mut edges = self.state.graph.node(node).edges().iter();
        edges.all(|edge| self.state.item(self.state.item_of(edge.to)).exists())
    }

    /// How many calls of this run may have changed the cloud.
    pub(crate) fn mutations(&self) -> u32 {
        let mutating = Verb::ALL.iter().filter(|verb| verb.mutates());
        mutating.map(|verb| self.agenda.calls[*verb as usize]).sum()
    }

    /// Whether this run has called anything that may have changed the cloud, or is in doubt about something. Without records, one
    /// look at what exists is doubt: a listing may still show what another run has deleted.
    pub(crate) fn changed(&self) -> bool {
        self.mutations() > 0
            || !self.ledger.in_use()
            || self.agenda.relist
            || self.state.items.iter().any(|item| item.step == Step::Intended)
    }

    pub(crate) fn tell_looking(&mut self, until: Moment) {
        let wait = Duration::from_millis(until.saturating_sub(self.now()));
        self.tell(Event::Looking { wait });
    }

    /// Waits, unless somebody asks to stop; writes that it is alive.
    pub(crate) async fn rest(&mut self, until: Moment) -> Result<()> {
        while self.now() < until && !self.stop.asked() {
            self.wait(until).await?;
        }
        Ok(())
    }

    /// Whether every wanted node is ready and nothing that is to go is left.
    pub(crate) fn reached(&self) -> bool {
        self.state.items.iter().all(|item| match item.node {
            Some(_) => item.step == Step::Ready,
            None => matches!(item.step, Step::Gone | Step::Absent),
        })
    }
}

/// Holds a listing against the state without changing anything.
pub(crate) fn reconcile_dry(
    driver: &Driver<'_>,
    state: &State,
    found: &[Found],
    adopt: bool,
) -> Result<Reconciled> {
    let mut first_seen = driver.first_seen.clone();
    let mut context = Context {
        deployment: &driver.deployment,
        run: &driver.stamp.run,
        adopt,
        opening: true,
        journalled: driver.ledger.in_use(),
        now: driver.now(),
        limits: &driver.limits,
        first_seen: &mut first_seen,
    };
    reconcile(state, &driver.agenda, found, &mut context)
}

/// Holds a listing against the state, and writes what it means.
pub(crate) async fn reconcile_now(
    driver: &mut Driver<'_>,
    found: &[Found],
    adopt: bool,
    opening: bool,
) -> Result<Reconciled> {
    let mut first_seen = std::mem::take(&mut driver.first_seen);
    let stamp = Arc::clone(&driver.stamp);
    let mut context = Context {
        deployment: &driver.deployment,
        run: &stamp.run,
        adopt,
        opening,
        journalled: driver.ledger.in_use(),
        now: driver.now(),
        limits: &driver.limits,
        first_seen: &mut first_seen,
    };
    let seen = reconcile(&driver.state, &driver.agenda, found, &mut context);
    driver.first_seen = first_seen;
    let seen = seen?;
    driver.record(&seen.records).await?;
    for id in &seen.missing {
        driver.agenda.turn_mut(*id).suspect = true;
    }
    Ok(seen)
}

fn late(kind: ErrorKind, deadline: Duration) -> Error {
    Error::new(kind, format!("no answer within {} s", deadline.as_secs()))
}

/// Calls until it succeeds, a person is needed, or the limit for retries has passed.
async fn persist<T, F>(limits: &Limits, verb: Verb, call: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let began = Instant::now();
    let deadline = Duration::from_secs(u64::from(limits.call_secs));
    let mut tries = 0;
    loop {
        let answer = timeout(deadline, call()).await;
        let error = match answer.unwrap_or_else(|_| Err(late(ErrorKind::Unavailable, deadline))) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let again = matches!(next(verb, error.kind()), Next::Retry | Next::SlowDown);
        if !again || began.elapsed() > Duration::from_secs(u64::from(limits.retry_secs)) {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(backoff_ms(tries, 20_000, 0))).await;
        tries += 1;
    }
}
