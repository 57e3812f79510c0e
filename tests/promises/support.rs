//! Stages, specs and wrappers that the promises share.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use accel_core::backend::{
    Blocker, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Request, Scope,
};
use accel_core::journal::{Entry, Journal as _, MemoryJournal};
use accel_core::spec::{Acceleration, Service};
use accel_core::tags::Ownership;
use accel_core::topology::{Kept, Known, LaneOutputs, Topology};
use accel_core::{Deployer, Deployment, DeploymentId, Failure, Graph, NodeName, RemoteId, Result};
use accel_mock::{Call, Cloud, Key, Outcome, Quotas, Settings, Thing, Verb};
use accel_tests::harness::{Stage, Staged, jakarta};
use accel_tests::oracle::Oracle;
use async_trait::async_trait;

/// Lag, flapping reads and lingering interfaces are on, and the log too; there is room for every change of a spec.
pub(crate) fn settings() -> Settings {
    Settings { log: true, quotas: Quotas::roomy(), ..Settings::fast() }
}

pub(crate) fn stage(spec: &impl Staged, journal: bool) -> Stage {
    Stage::new(settings(), spec, journal)
}

/// A stage on which the lane stands.
pub(crate) async fn standing(spec: &impl Staged, journal: bool) -> Stage {
    let stage = stage(spec, journal);
    deployed(stage.deploy(spec).await);
    stage
}

pub(crate) fn deployed<T: fmt::Debug>(end: accel_tests::harness::End<T>) -> T {
    match end {
        accel_tests::harness::End::Returned(Ok(done)) => done,
        accel_tests::harness::End::Returned(Err(failure)) => panic!("{failure}"),
        accel_tests::harness::End::Killed => panic!("nobody was to be killed"),
    }
}

/// The example with a second service.
pub(crate) fn two_services() -> Acceleration {
    changed(|spec| spec.services.push(Service::new("sqs")))
}

/// The example with a change.
pub(crate) fn changed(change: impl FnOnce(&mut Acceleration)) -> Acceleration {
    let mut spec = jakarta();
    change(&mut spec);
    spec
}

pub(crate) fn id(spec: &Acceleration) -> DeploymentId {
    spec.deployment().unwrap()
}

/// The journal of a stage that has one.
pub(crate) fn journal(stage: &Stage) -> Arc<MemoryJournal> {
    Arc::clone(stage.journal.as_ref().unwrap())
}

pub(crate) async fn entries(journal: &MemoryJournal) -> Vec<Entry> {
    journal.load(0).await.unwrap()
}

/// From here on the oracle allows what any of these specs opens. Everything that is not ours by now is foreign.
pub(crate) fn allow(stage: &Stage, specs: &[&Acceleration]) {
    let allowed = specs.iter().flat_map(|spec| spec.openings()).collect();
    let new = stage.cloud.inspect(|world| Oracle::new(world, &id(specs[0]), allowed));
    stage.with_oracle(|oracle| {
        *oracle = new;
        if stage.journal.is_none() {
            oracle.expect_blindness(std::time::Duration::from_secs(30));
        }
    });
}

/// The graph of a spec beside what stands already: its zones and addresses stay.
pub(crate) async fn graph(stage: &Stage, spec: &impl Topology) -> Graph {
    let offer = stage.cloud.offer(&spec.query(&[])).await.unwrap();
    let kept: Vec<Kept> = stage.cloud.inspect(|world| {
        let tagged = world.live().filter_map(|thing| Some((thing, Ownership::read(thing.tags())?)));
        let kept = tagged.map(|(thing, tags)| Kept {
            node: tags.owner.node,
            place: thing.place().clone(),
            kind: thing.kind(),
            fingerprint: tags.owner.fingerprint,
            note: tags.keep.map(str::to_owned),
        });
        kept.collect()
    });
    spec.build(&Known { offer: &offer, kept: &kept, today: None }).unwrap().graph
}

/// Everything of the spec is there once, as asked, and nothing else is.
pub(crate) async fn assert_stands(stage: &Stage, spec: &impl Topology) {
    assert_at_rest(stage, &graph(stage, spec).await);
}

pub(crate) fn assert_nothing_left(stage: &Stage) {
    assert_at_rest(stage, &Graph::default());
}

fn assert_at_rest(stage: &Stage, graph: &Graph) {
    let wrong: Vec<String> = stage.at_rest(graph).iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{}\n\n{}", wrong.join("\n"), stage.cloud.snapshot());
}

/// Deploys with consent to every replacement that it plans.
pub(crate) async fn replace(
    stage: &Stage,
    spec: &Acceleration,
) -> std::result::Result<Deployment<LaneOutputs>, Failure> {
    let roots = stage.deployer().plan(spec).await?.replaced_roots();
    consenting(stage, roots).deploy(spec).await
}

pub(crate) fn consenting(stage: &Stage, nodes: Vec<String>) -> Deployer<'_> {
    stage.deployer().allow_replace(nodes.into_iter().map(NodeName::from))
}

/// The refusal that a failure is.
pub(crate) fn refusal<T: fmt::Debug>(end: std::result::Result<T, Failure>) -> accel_core::Error {
    match end {
        Err(Failure::Refused(error)) => error,
        other => panic!("no refusal: {other:?}"),
    }
}

pub(crate) fn halt<T: fmt::Debug>(
    end: std::result::Result<T, Failure>,
) -> Box<accel_core::deployer::Halt> {
    match end {
        Err(Failure::Halted(halt)) => halt,
        other => panic!("no halt: {other:?}"),
    }
}

/// The calls since some number of them that may have changed something.
pub(crate) fn mutations_since(cloud: &Cloud, first: usize) -> Vec<Call> {
    let mut calls = cloud.calls();
    calls.drain(..first);
    calls.retain(|call| call.mutating);
    calls
}

pub(crate) fn is_done(call: &Call) -> bool {
    call.outcome == Outcome::Done
}

/// The id of the live thing of a node.
pub(crate) fn id_of(cloud: &Cloud, node: &str) -> String {
    find(cloud, node, |thing| thing.id().to_owned())
}

pub(crate) fn key_of(cloud: &Cloud, node: &str) -> Key {
    find(cloud, node, Thing::key)
}

fn find<T>(cloud: &Cloud, node: &str, look: impl Fn(&Thing) -> T) -> T {
    cloud.inspect(|world| {
        let is_it = |thing: &&Thing| {
            Ownership::read(thing.tags()).is_some_and(|tags| tags.owner.node.as_str() == node)
        };
        look(world.live().find(is_it).unwrap_or_else(|| panic!("nothing is {node}")))
    })
}

/// One call, as a guard sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called<'a> {
    pub(crate) verb: Verb,
    pub(crate) node: Option<&'a NodeName>,
    pub(crate) id: Option<&'a RemoteId>,
}

/// Somebody who stands between a deployer and its cloud.
#[async_trait]
pub(crate) trait Guard: fmt::Debug + Send + Sync {
    async fn before(&self, call: Called<'_>);

    fn after(&self) {}
}

/// A cloud behind a guard.
#[derive(Debug)]
pub(crate) struct Guarded<G> {
    pub(crate) cloud: Cloud,
    pub(crate) guard: G,
}

impl<G: Guard> Guarded<G> {
    async fn pass<T>(
        &self,
        verb: Verb,
        node: Option<&NodeName>,
        id: Option<&RemoteId>,
        call: impl Future<Output = T>,
    ) -> T {
        self.guard.before(Called { verb, node, id }).await;
        let answer = call.await;
        self.guard.after();
        answer
    }
}

#[async_trait]
impl<G: Guard> NetworkBackend for Guarded<G> {
    fn name(&self) -> &'static str {
        self.cloud.name()
    }

    async fn offer(&self, query: &OfferQuery) -> Result<Offer> {
        self.pass(Verb::Offer, None, None, self.cloud.offer(query)).await
    }

    async fn create<'a>(&self, request: Request<'a>) -> Result<RemoteId> {
        let node = Some(&request.owner.node);
        self.pass(Verb::Create, node, None, self.cloud.create(request)).await
    }

    async fn find<'a>(&self, request: Request<'a>) -> Result<Option<RemoteId>> {
        let node = Some(&request.owner.node);
        self.pass(Verb::Find, node, None, self.cloud.find(request)).await
    }

    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>> {
        self.pass(Verb::Read, None, None, self.cloud.read(items)).await
    }

    async fn delete(&self, id: &RemoteId) -> Result<()> {
        self.pass(Verb::Delete, None, Some(id), self.cloud.delete(id)).await
    }

    async fn list<'a>(&self, scope: Scope<'a>) -> Result<Listing> {
        self.pass(Verb::List, None, None, self.cloud.list(scope)).await
    }

    async fn glance<'a>(&self, scope: Scope<'a>) -> Result<BTreeSet<String>> {
        self.pass(Verb::Glance, None, None, self.cloud.glance(scope)).await
    }

    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>> {
        self.pass(Verb::Blockers, None, Some(id), self.cloud.blockers(id)).await
    }
}

/// Notes of a wrapper about what should not have happened.
#[derive(Debug, Default)]
pub(crate) struct Wrongs(Mutex<Vec<String>>);

impl Wrongs {
    pub(crate) fn add(&self, wrong: String) {
        self.0.lock().unwrap().push(wrong);
    }

    pub(crate) fn assert_none(&self, what: impl fmt::Display) {
        assert_eq!(*self.0.lock().unwrap(), [""; 0], "{what}");
    }
}

/// Runs a test on every case, and says of all that fail which and why.
pub(crate) fn each<C: fmt::Debug>(cases: impl IntoIterator<Item = C>, test: impl Fn(&C)) {
    let mut count = 0;
    let mut failures = Vec::new();
    for case in cases {
        count += 1;
        let run = std::panic::AssertUnwindSafe(|| test(&case));
        if let Err(panic) = std::panic::catch_unwind(run) {
            let formatted = panic.downcast_ref::<String>().map(String::as_str);
            let why = formatted.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?");
            let short: String = why.chars().take(700).collect();
            failures.push(format!("{case:?}: {short}"));
        }
    }
    let some = failures[..failures.len().min(10)].join("\n");
    assert!(failures.is_empty(), "{} of {count} failed, among them:\n{some}", failures.len());
    assert!(count > 0, "there are cases");
}
