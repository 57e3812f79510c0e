//! The calls of the state machine, each with its deadline, and the retries of those outside it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Call, Driver};
use crate::backend::{Bound, Inputs, NetworkBackend, Phase, ReadItem, Request};
use crate::engine::agenda::Limits;
use crate::engine::outcome::Outcome;
use crate::engine::policy::{Next, Verb, backoff_ms, next};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Graph, NodeId};
use crate::id::{Owner, RemoteId};
use crate::journal::ItemId;
use crate::resource::Resource;
use crate::tags::Stamp;

/// What a request owns while its call is in flight. The graph may be another one by then.
pub(super) struct OwnedRequest {
    owner: Owner,
    graph: Arc<Graph>,
    node: NodeId,
    bound: Vec<(NodeId, Bound)>,
    carried: Vec<Resource>,
    stamp: Arc<Stamp>,
    attempt: u32,
}

impl OwnedRequest {
    pub(super) fn borrow(&self) -> Request<'_> {
        let node = self.graph.node(self.node);
        Request {
            owner: &self.owner,
            place: &node.place,
            resource: &node.resource,
            inputs: Inputs::new(&self.bound),
            carried: &self.carried,
            stamp: &self.stamp,
            keep: node.keep.as_deref(),
            attempt: self.attempt,
        }
    }
}

impl<'a> Driver<'a> {
    pub(super) fn busy(&mut self, id: ItemId, verb: Verb) {
        self.agenda.turn_mut(id).busy = true;
        let item = self.state.item(id);
        let family = item.family();
        let now = self.now();
        if let Some(family) = self.agenda.families.get_mut(&family) {
            family.not_before = now + family.gap_ms;
        }
        self.count(verb);
    }

    pub(crate) fn count(&mut self, verb: Verb) {
        if verb.mutates() {
            self.health.clear();
        }
        self.agenda.calls[verb as usize] += 1;
    }

    pub(super) fn request(&self, id: ItemId) -> OwnedRequest {
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
            graph: Arc::clone(&self.state.graph),
            node: node_id,
            bound: self.state.inputs(node_id),
            carried: carried.map(|node| self.state.graph.node(*node).resource.clone()).collect(),
            stamp: Arc::clone(&self.stamp),
            attempt: item.attempt,
        }
    }

    pub(super) fn create(&mut self, id: ItemId) -> Call<'a> {
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

    pub(super) fn find(&mut self, id: ItemId) -> Call<'a> {
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

    pub(super) fn read(&mut self, ids: Vec<ItemId>) -> Call<'a> {
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

    pub(super) fn delete(&mut self, id: ItemId) -> Call<'a> {
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

    pub(super) fn blockers(&mut self, id: ItemId) -> Call<'a> {
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
}

pub(super) fn late(kind: ErrorKind, deadline: Duration) -> Error {
    Error::new(kind, format!("no answer within {} s", deadline.as_secs()))
}

/// The first question of a run, before anything has begun: who is not there is said not to be there, while somebody still looks.
const UNREACHED_SECS: u32 = 60;

fn may_repeat(verb: Verb, error: &Error) -> bool {
    matches!(next(verb, error.kind()), Next::Retry | Next::SlowDown)
}

/// Calls until it succeeds, a person is needed, or the limit for retries has passed.
pub(crate) async fn persist<T, F>(limits: &Limits, verb: Verb, call: impl Fn() -> F) -> Result<T>
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
        let unreached = verb == Verb::Offer && error.kind() == ErrorKind::Unavailable;
        let secs =
            if unreached { limits.retry_secs.min(UNREACHED_SECS) } else { limits.retry_secs };
        let patience = Duration::from_secs(u64::from(secs));
        if !may_repeat(verb, &error) || began.elapsed() > patience {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(backoff_ms(tries, 20_000, 0))).await;
        tries += 1;
    }
}

/// One batched read, with retries of what is not answered: one item that is throttled spoils no other. "Not found" is gone, as the
/// policy has it.
pub(super) async fn look_up(
    backend: &dyn NetworkBackend,
    limits: &Limits,
    items: &[ReadItem<'_>],
) -> Result<Vec<Result<Phase>>> {
    let read = async |items: &[ReadItem<'_>]| {
        persist(limits, Verb::Read, || async { Ok(backend.read(items).await) }).await
    };
    let (began, mut tries) = (Instant::now(), 0);
    let mut answers = read(items).await?;
    loop {
        let is_open = |answer: &Result<Phase>| {
            answer.as_ref().is_err_and(|error| may_repeat(Verb::Read, error))
        };
        let open: Vec<usize> = (0..items.len()).filter(|item| is_open(&answers[*item])).collect();
        let patience = Duration::from_secs(u64::from(limits.retry_secs));
        if open.is_empty() || began.elapsed() > patience {
            break;
        }
        tokio::time::sleep(Duration::from_millis(backoff_ms(tries, 20_000, 0))).await;
        tries += 1;
        let again: Vec<ReadItem<'_>> = open.iter().map(|item| items[*item]).collect();
        for (item, answer) in open.iter().zip(read(&again).await?) {
            answers[*item] = answer;
        }
    }
    let gone = |error: Error| {
        if next(Verb::Read, error.kind()) == Next::Gone { Ok(Phase::Gone) } else { Err(error) }
    };
    Ok(answers.into_iter().map(|answer| answer.or_else(gone)).collect())
}
