//! The simulated cloud as a backend: every verb is one call, with a number, a latency, and a verdict.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use accel_core::backend::{
    Blocker, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Request, Scope,
};
use accel_core::resource::Kind;
use accel_core::{Error, ErrorKind, NodeName, Place, RemoteId, Result};
use async_trait::async_trait;

use crate::agenda::Event;
use crate::ask::{Accounts, Translator};
use crate::cloud::{Begun, Cloud, Shared};
use crate::fault::{CallFacts, Verb, Verdict};
use crate::kind::{name_of, slug};
use crate::log::{Call, Outcome};
use crate::operation::operation;
use crate::thing::Key;
use crate::world::World;

/// What a call is about.
#[derive(Debug, Clone, Copy)]
struct About<'a> {
    facts: CallFacts<'a>,
    node: Option<&'a NodeName>,
    id: Option<&'a RemoteId>,
}

impl<'a> About<'a> {
    fn new(verb: Verb, kinds: &'a [Kind], place: Option<&'a Place>) -> Self {
        Self { facts: CallFacts { verb, kinds, place }, node: None, id: None }
    }

    fn place(&self) -> Option<&'a Place> {
        self.facts.place
    }
}

/// An answer, as the log needs it.
trait Answer {
    fn outcome(&self) -> Outcome {
        Outcome::Done
    }

    fn id(&self) -> Option<&RemoteId> {
        None
    }
}

impl Answer for () {}
impl Answer for Offer {}
impl Answer for Listing {}
impl Answer for BTreeSet<String> {}
impl Answer for Vec<Blocker> {}
impl Answer for Vec<Result<Phase>> {}

impl Answer for RemoteId {
    fn id(&self) -> Option<&RemoteId> {
        Some(self)
    }
}

impl Answer for Option<RemoteId> {
    fn outcome(&self) -> Outcome {
        if self.is_some() { Outcome::Found } else { Outcome::NotFound }
    }

    fn id(&self) -> Option<&RemoteId> {
        self.as_ref()
    }
}

#[async_trait]
impl NetworkBackend for Cloud {
    fn name(&self) -> &'static str {
        "sim"
    }

    async fn offer(&self, query: &OfferQuery) -> Result<Offer> {
        let about = About::new(Verb::Offer, &[], None);
        self.call(about, |world, _| Ok(world.offer(query, &self.accounts)), |_| None).await
    }

    async fn create<'a>(&self, request: Request<'a>) -> Result<RemoteId> {
        let kinds = [request.kind()];
        let mut about = About::new(Verb::Create, &kinds, Some(request.place));
        about.node = Some(&request.owner.node);
        let ask =
            |world: &World| Translator { world, accounts: &self.accounts, request: &request }.ask();
        let act = |world: &mut World, verdict| {
            let mut ask = ask(world)?;
            ask.fails = verdict == Verdict::Fail;
            let key = world.demand(ask)?;
            Ok(made(world, &request, key))
        };
        let late = |world: &World| ask(world).ok().map(|ask| Event::Create(Box::new(ask)));
        self.call(about, act, late).await
    }

    async fn find<'a>(&self, request: Request<'a>) -> Result<Option<RemoteId>> {
        let kinds = [request.kind()];
        let mut about = About::new(Verb::Find, &kinds, Some(request.place));
        about.node = Some(&request.owner.node);
        let act = |world: &mut World, _| {
            let found = world.find_made(&request, &self.accounts);
            Ok(found.map(|key| made(world, &request, key)))
        };
        self.call(about, act, |_| None).await
    }

    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>> {
        let kinds: Vec<Kind> = items.iter().map(|item| item.id.kind).collect();
        let first = items.first();
        let mut about = About::new(Verb::Read, &kinds, first.map(|item| &item.id.place));
        about.id = first.map(|item| item.id);
        let act = |world: &mut World, verdict| {
            let read = |(index, item): (usize, &ReadItem<'_>)| {
                refuse_item(verdict, index, items.len())?;
                check_region(world, Some(&item.id.place))?;
                Ok(world.read_one(item, &self.accounts))
            };
            Ok(items.iter().enumerate().map(read).collect())
        };
        let answers = self.call(about, act, |_| None).await;
        answers.unwrap_or_else(|error| items.iter().map(|_| Err(error.clone())).collect())
    }

    async fn delete(&self, id: &RemoteId) -> Result<()> {
        let kinds = [id.kind];
        let mut about = About::new(Verb::Delete, &kinds, Some(&id.place));
        about.id = Some(id);
        let account = self.accounts.of(id.place.side);
        let act = |world: &mut World, _| world.delete(id, account);
        let late = |_: &World| Some(Event::Remove(id.clone(), account.clone()));
        self.call(about, act, late).await
    }

    async fn list<'a>(&self, scope: Scope<'a>) -> Result<Listing> {
        let about = About::new(Verb::List, scope.kinds, Some(scope.place));
        let account = self.accounts.of(scope.place.side);
        self.call(about, |world, _| Ok(world.list_of(scope, account)), |_| None).await
    }

    async fn glance<'a>(&self, scope: Scope<'a>) -> Result<BTreeSet<String>> {
        let about = About::new(Verb::Glance, scope.kinds, Some(scope.place));
        let account = self.accounts.of(scope.place.side);
        self.call(about, |world, _| Ok(world.glance_of(scope, account)), |_| None).await
    }

    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>> {
        let kinds = [id.kind];
        let mut about = About::new(Verb::Blockers, &kinds, Some(&id.place));
        about.id = Some(id);
        let account = self.accounts.of(id.place.side);
        self.call(about, |world, _| Ok(world.blockers_of(id, account)), |_| None).await
    }
}

impl Cloud {
    /// One call, from its sending to its answer. The caller may die, or give up, at every await.
    async fn call<T: Answer>(
        &self,
        about: About<'_>,
        act: impl FnOnce(&mut World, Verdict) -> Result<T>,
        late: impl FnOnce(&World) -> Option<Event>,
    ) -> Result<T> {
        let begun = self.try_enter(|shared| shared.begin(about.facts));
        let Some(begun) = begun.map_err(|error| unusable(&error))? else { return never().await };
        let extra =
            if let Verdict::Delay(ms) = begun.verdict { millis(ms) } else { Duration::ZERO };
        wait(begun.latency / 2 + extra).await;
        if begun.verdict == Verdict::CrashBefore {
            let noted = self.try_enter(|shared| shared.note::<T>(about, begun, None));
            noted.map_err(|error| unusable(&error))?;
            self.crash();
            return never().await;
        }
        let answer =
            self.try_enter(|shared| shared.effect(about, &self.accounts, begun, act, late));
        let Some(answer) = answer.map_err(|error| unusable(&error))? else {
            return never().await;
        };
        if begun.verdict == Verdict::CrashAfter {
            self.crash();
            return never().await;
        }
        wait(begun.latency.saturating_sub(begun.latency / 2)).await;
        if !begun.latency.is_zero() && !self.is_alive(begun) {
            return never().await;
        }
        answer
    }
}

impl Shared {
    /// Lets a call take effect, as far as its verdict allows. A call of a dead caller has none and no answer.
    fn effect<T: Answer>(
        &mut self,
        about: About<'_>,
        accounts: &Accounts,
        begun: Begun,
        act: impl FnOnce(&mut World, Verdict) -> Result<T>,
        late: impl FnOnce(&World) -> Option<Event>,
    ) -> Option<Result<T>> {
        if !self.is_alive(begun) {
            return None;
        }
        self.world.call = begun.number;
        let verdict = begun.verdict;
        let lost = || Err(Error::new(ErrorKind::Ambiguous, "there was no answer"));
        let answer = match verdict {
            Verdict::Refuse(kind) => {
                Err(Error::new(kind, "the schedule says so").code("Scheduled"))
            }
            Verdict::Drop => lost(),
            Verdict::Late(ms) => {
                if let Some(event) = late(&self.world) {
                    self.world.plan(self.world.now + millis(ms), event);
                }
                lost()
            }
            Verdict::Pass
            | Verdict::Delay(_)
            | Verdict::RefuseItem(..)
            | Verdict::Lose
            | Verdict::Fail
            | Verdict::CrashBefore
            | Verdict::CrashAfter => {
                self.admit(about, accounts).and_then(|()| act(&mut self.world, verdict))
            }
        };
        let answer = match answer {
            // What was refused is answered, even if the answer would have been lost.
            Ok(_) if verdict == Verdict::Lose => {
                self.note(about, begun, Some(&answer));
                return Some(lost());
            }
            Ok(answer) => Ok(answer),
            Err(error) => Err(describe(error, about, begun.number)),
        };
        self.note(about, begun, Some(&answer));
        Some(answer)
    }

    /// What the cloud checks before it looks at a request.
    fn admit(&mut self, about: About<'_>, accounts: &Accounts) -> Result<()> {
        let Some(place) = about.place() else { return Ok(()) };
        check_region(&self.world, Some(place))?;
        let CallFacts { verb, kinds, .. } = about.facts;
        self.world.throttle(verb, kinds, accounts.of(place.side), place)
    }

    /// Writes a call to the log and tells the watcher. Costs nothing when there is neither.
    fn note<T: Answer>(&mut self, about: About<'_>, begun: Begun, answer: Option<&Result<T>>) {
        if !self.world.settings.log && self.watcher.is_none() {
            return;
        }
        let (outcome, made) = match answer {
            None => (Outcome::Unanswered, None),
            Some(Ok(answer)) => (answer.outcome(), answer.id()),
            Some(Err(error)) => {
                let code = error.provider_code().map(str::to_owned);
                (Outcome::Refused { kind: error.kind(), code }, None)
            }
        };
        let call = Call {
            number: begun.number,
            at: self.world.now,
            verb: about.facts.verb,
            kind: about.facts.kinds.first().copied(),
            place: about.place().cloned(),
            node: about.node.cloned(),
            id: made.or(about.id).map(|id| Arc::from(id.as_str())),
            items: about.facts.kinds.len(),
            outcome,
            verdict: begun.verdict,
            mutating: about.facts.verb.is_mutating(),
        };
        if let Some(watcher) = &mut self.watcher {
            watcher(&self.world, &call);
        }
        if self.world.settings.log {
            self.calls.push(call);
        }
    }
}

/// The id under which the engine knows what a request has made.
fn made(world: &World, request: &Request<'_>, key: Key) -> RemoteId {
    let thing = world.thing(key);
    let kind = request.kind();
    let text = if kind.facts().setting && kind != Kind::PeeringTags {
        Arc::from(format!("{}/{}", thing.text, slug(kind)))
    } else if let Some(name) = name_of(thing, request) {
        Arc::from(name)
    } else {
        Arc::clone(&thing.text)
    };
    RemoteId::new(kind, request.place.clone(), text)
}

/// A region that the account has not opted into denies everything. Source: Error codes for the Amazon EC2 API, `OptInRequired`.
fn check_region(world: &World, place: Option<&Place>) -> Result<()> {
    let Some(place) = place else { return Ok(()) };
    if world.settings.offers.closed_regions.contains(&place.region) {
        let why = format!("the account has not opted into {}", place.region);
        return Err(Error::new(ErrorKind::Denied, why).code("OptInRequired"));
    }
    Ok(())
}

fn refuse_item(verdict: Verdict, index: usize, count: usize) -> Result<()> {
    match verdict {
        Verdict::RefuseItem(item, kind) if item as usize % count == index => {
            Err(Error::new(kind, "the schedule says so").code("Scheduled"))
        }
        Verdict::RefuseItem(..)
        | Verdict::Pass
        | Verdict::Delay(_)
        | Verdict::Refuse(_)
        | Verdict::Lose
        | Verdict::Drop
        | Verdict::Late(_)
        | Verdict::CrashBefore
        | Verdict::CrashAfter
        | Verdict::Fail => Ok(()),
    }
}

fn describe(error: Error, about: About<'_>, number: u64) -> Error {
    let error = error.request_id(format!("sim-{number}"));
    let error = match about.facts.kinds.first() {
        Some(kind) => error.operation(operation(about.facts.verb, *kind)),
        None => error.operation(about.facts.verb.to_string()),
    };
    match about.place() {
        Some(place) => error.place(place.clone()),
        None => error,
    }
}

/// A world's file is replaced as a whole or not at all, so a call that could not write it had no effect.
fn unusable(error: &io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the world's file cannot be used: {error}"))
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

async fn never<T>() -> T {
    std::future::pending().await
}
