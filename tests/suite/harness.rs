//! Whole histories on the simulated cloud: deploy or clean up, stumble over a fault, and go on; an oracle looks after every step.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use accel_core::journal::MemoryJournal;
use accel_core::resource::{Direction, Traffic};
use accel_core::topology::Known;
use accel_core::{
    Acceleration, AnySpec, Deployer, Deployment, Failure, Graph, Limits, NetworkBackend,
    PrivateEgress, Stop, Topology,
};
use accel_core::{CleanupReport, Clock};
use accel_mock::{Cloud, Outcome, Schedule, Settings, State, Verb};
use tokio::time::Instant;

use crate::oracle::{Opening, Oracle, Violation};

/// The seed's lane: one service, two zones, elastic IPs.
pub fn jakarta() -> Acceleration {
    Acceleration::from_toml(include_str!("../../examples/specs/sagemaker-jakarta.toml"))
        .expect("the example spec is well formed")
}

/// A spec that can be put on stage: what an oracle must know of it.
pub trait Staged: Topology {
    /// What it opens.
    fn openings(&self) -> Vec<Opening>;

    /// Whether it may lead a default route that is not ours elsewhere, for as long as it stands.
    fn replaces_default_routes(&self) -> bool {
        false
    }
}

/// The block of a network that is not ours, where a spec is built in one.
pub const NETWORK_BLOCK: &str = "10.0.0.0/16";

fn opening(direction: Direction, traffic: Traffic, peer: &str) -> Opening {
    let peer = peer.parse().expect("a spec that is deployed has well formed blocks");
    Opening { direction, traffic, peer }
}

impl Staged for Acceleration {
    fn openings(&self) -> Vec<Opening> {
        let ports = self.services.iter().flat_map(|service| service.ports.iter().copied());
        let mut openings = Vec::new();
        for port in ports {
            let traffic = Traffic::Tcp(port);
            let clients = self.allow.iter();
            openings.extend(clients.map(|allow| opening(Direction::Ingress, traffic, &allow.cidr)));
            openings.push(opening(Direction::Egress, traffic, &self.service_cidr));
            openings.push(opening(Direction::Ingress, traffic, &self.entry_cidr));
        }
        if self.path_mtu {
            let traffic = Traffic::FragmentationNeeded;
            openings.push(opening(Direction::Ingress, traffic, "0.0.0.0/0"));
        }
        openings
    }
}

impl Staged for PrivateEgress {
    /// The endpoints, to the network in which they stand.
    fn openings(&self) -> Vec<Opening> {
        let block = if self.network.is_some() { NETWORK_BLOCK } else { &self.cidr };
        let ports = self.services.iter().flat_map(|service| service.ports.iter().copied());
        ports.map(|port| opening(Direction::Ingress, Traffic::Tcp(port), block)).collect()
    }

    fn replaces_default_routes(&self) -> bool {
        self.network.as_ref().is_some_and(|network| network.replace_default_route)
    }
}

impl Staged for AnySpec {
    fn openings(&self) -> Vec<Opening> {
        match self {
            Self::Acceleration(spec) => spec.openings(),
            Self::PrivateEgress(spec) => spec.openings(),
        }
    }

    fn replaces_default_routes(&self) -> bool {
        match self {
            Self::PrivateEgress(spec) => spec.replaces_default_routes(),
            Self::Acceleration(_) => false,
        }
    }
}

/// Virtual wall-clock time: the moment the test began, plus the runtime's own time.
#[derive(Debug)]
struct VirtualClock {
    began: Instant,
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> u64 {
        1_790_000_000_000 + u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// How one run of a deployer ended.
#[derive(Debug)]
pub enum End<T> {
    /// It returned.
    Returned(Result<T, Failure>),
    /// The schedule killed it.
    Killed,
}

impl<T> End<T> {
    /// Whether it reached its goal.
    pub fn reached(&self) -> bool {
        matches!(self, Self::Returned(Ok(_)))
    }
}

/// One deployment in one simulated cloud, with an oracle that looks after every call that changes something.
pub struct Stage {
    /// The cloud.
    pub cloud: Cloud,
    /// The journal, if this history keeps one.
    pub journal: Option<Arc<MemoryJournal>>,
    /// Other limits than the default ones.
    pub limits: Limits,
    clock: Arc<VirtualClock>,
    oracle: Arc<Mutex<Oracle>>,
    violations: Arc<Mutex<Vec<Violation>>>,
    stop: Arc<Mutex<Option<(u64, Stop)>>>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("cloud", &self.cloud).finish_non_exhaustive()
    }
}

impl Stage {
    /// A stage for a spec. Must be made inside a runtime whose clock is paused.
    pub fn new(settings: Settings, spec: &impl Staged, journal: bool) -> Self {
        Self::with_openings(settings, spec, spec.openings(), journal)
    }

    /// A stage on which more may be open at times than a spec says: what its successors open.
    pub fn with_openings(
        settings: Settings,
        spec: &impl Staged,
        allowed: Vec<Opening>,
        journal: bool,
    ) -> Self {
        Self::on(Cloud::new(settings), spec, allowed, journal)
    }

    /// A stage in a cloud in which there may be things already: none of them is ours.
    pub fn on(cloud: Cloud, spec: &impl Staged, allowed: Vec<Opening>, journal: bool) -> Self {
        let id = spec.deployment().expect("a good name");
        let mut oracle = cloud.inspect(|world| Oracle::new(world, &id, allowed));
        if spec.replaces_default_routes() {
            cloud.inspect(|world| oracle.lend_default_routes(world));
        }
        let stage = Self {
            journal: journal.then(|| Arc::new(MemoryJournal::default())),
            limits: Limits::default(),
            clock: Arc::new(VirtualClock { began: Instant::now() }),
            oracle: Arc::new(Mutex::new(oracle)),
            violations: Arc::default(),
            stop: Arc::default(),
            cloud,
        };
        if !journal {
            stage.with_oracle(|oracle| oracle.expect_blindness(Duration::from_secs(30)));
        }
        let (oracle, violations) = (Arc::clone(&stage.oracle), Arc::clone(&stage.violations));
        let stop = Arc::clone(&stage.stop);
        stage.cloud.watch(move |world, call| {
            if let Some((_, stop)) = lock(&stop).as_ref().filter(|(at, _)| call.number >= *at) {
                stop.ask();
            }
            if !call.mutating {
                return;
            }
            let mut oracle = lock(&oracle);
            if call.verb == Verb::Delete && call.outcome == Outcome::Done {
                let there = call.id.as_ref().and_then(|id| world.find(id));
                if let Some(thing) = there
                    .filter(|thing| matches!(world.state(thing), State::Pending | State::Ready))
                {
                    oracle.expect_believed_gone(thing.key());
                }
            }
            let found = oracle.after_a_step(world);
            lock(&violations).extend(found);
        });
        stage
    }

    /// A deployer on this stage. Every run says that earlier runs are over: nobody else is on stage.
    pub fn deployer(&self) -> Deployer<'_> {
        let deployer = Deployer::new(&self.cloud)
            .limits(self.limits.clone())
            .clock(Arc::<VirtualClock>::clone(&self.clock))
            .adopt(true)
            .take_over(true);
        match &self.journal {
            Some(journal) => deployer.journal(&**journal),
            None => deployer,
        }
    }

    /// Changes what the oracle allows: for another spec, or a thing that somebody else made.
    pub fn with_oracle<R>(&self, change: impl FnOnce(&mut Oracle) -> R) -> R {
        change(&mut lock(&self.oracle))
    }

    /// Deploys until it returns or is killed.
    pub async fn deploy<T: Topology>(&self, spec: &T) -> End<Deployment<T::Outputs>> {
        self.until_killed(self.deployer().deploy(spec)).await
    }

    /// Cleans up until it returns or is killed.
    pub async fn cleanup(&self, spec: &impl Topology) -> End<CleanupReport> {
        self.until_killed(self.deployer().cleanup(spec)).await
    }

    /// A handle that is asked to stop at this call.
    pub fn stop_at(&self, call: u64) -> Stop {
        let stop = Stop::default();
        *lock(&self.stop) = Some((call, stop.clone()));
        stop
    }

    /// Lets a run of a deployer go on until it returns or is killed.
    pub async fn until_killed<T>(&self, run: impl Future<Output = Result<T, Failure>>) -> End<T> {
        tokio::select! {
            biased;
            result = run => End::Returned(result),
            () = self.cloud.crashed() => {
                self.cloud.revive();
                End::Killed
            }
        }
    }

    /// Clears the schedule: from here on the cloud does what it is asked.
    pub fn calm(&self) {
        self.cloud.set_schedule(Schedule::default());
    }

    /// The graph that a spec asks for in this cloud.
    pub async fn graph(&self, spec: &impl Topology) -> Graph {
        let offer = self
            .cloud
            .offer(&spec.query(&[]))
            .await
            .expect("the simulated cloud always has an offer");
        let known = Known { offer: &offer, kept: &[], today: None };
        spec.build(&known).expect("the spec can be deployed").graph
    }

    /// What the oracle has found so far, the same thing once.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = lock(&self.violations).clone();
        found.sort();
        found.dedup();
        found
    }

    /// What the oracle has found since somebody last took it away.
    pub fn take_violations(&self) -> Vec<Violation> {
        let mut found = std::mem::take(&mut *lock(&self.violations));
        found.sort();
        found.dedup();
        found
    }

    /// What is wrong now that nobody works: with a graph, everything of it is there once; with the empty one, nothing is.
    pub fn at_rest(&self, graph: &Graph) -> Vec<Violation> {
        let oracle = lock(&self.oracle);
        let mut found = self.cloud.inspect(|world| {
            let mut found = oracle.at_rest(world, graph);
            found.extend(oracle.missing(world, graph));
            found
        });
        drop(oracle);
        found.extend(self.violations());
        found.sort();
        found.dedup();
        found
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a history on a runtime of its own, with virtual time.
///
/// # Panics
/// If no runtime can be made.
pub fn virtually<T>(history: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(history)
}
