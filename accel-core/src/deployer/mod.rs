//! What users call: deploy, usable, cleanup, plan and status.

mod check;
mod cleanup;
mod deploy;
mod ending;
mod opening;
mod plan;
mod report;
mod status;
mod unprotect;
mod usable;
mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

pub use plan::{Change, Plan, PlannedNode};
pub use report::{Calls, Cleaned, CleanupReport, Deployment, Failure, Halt, Left};
pub use status::{NodeStatus, Status};
pub use usable::Usability;

use crate::backend::{Bound, NetworkBackend};
use crate::clock::{Clock, SystemClock};
use crate::engine::{Limits, Stop};
use crate::event::Timed;
use crate::id::{DeploymentId, NodeName, Place, RunId};
use crate::journal::Journal;
use crate::topology::{Finding, Topology};

/// Makes the cloud equal to what the topology asks for, with the default options and without a journal.
///
/// ```
/// # use accel_core::{Acceleration, NetworkBackend};
/// # async fn example(backend: &dyn NetworkBackend) -> Result<(), Box<dyn std::error::Error>> {
/// let spec = Acceleration::from_toml(r#"
///     name = "sagemaker-jakarta"
///     service_region = "ap-southeast-3"
///     entry_region = "ap-southeast-1"
///     services = [{ name = "sagemaker.runtime" }]
///     allow = [{ cidr = "203.0.113.0/24" }]
/// "#).map_err(|problems| format!("{problems:?}"))?;
/// let deployment = accel_core::deploy(backend, &spec).await?;
/// println!("{:?}", deployment.outputs);
/// # Ok(())
/// # }
/// ```
pub async fn deploy<T: Topology>(
    backend: &dyn NetworkBackend,
    topology: &T,
) -> Result<Deployment<T::Outputs>, Failure> {
    Deployer::new(backend).deploy(topology).await
}

/// Removes everything of the topology's deployment and proves that nothing is left, with the default options.
pub async fn cleanup<T: Topology>(
    backend: &dyn NetworkBackend,
    topology: &T,
) -> Result<CleanupReport, Failure> {
    Deployer::new(backend).cleanup(topology).await
}

/// What a deploy would do now. Changes nothing.
pub async fn plan<T: Topology>(
    backend: &dyn NetworkBackend,
    topology: &T,
) -> Result<Plan, Failure> {
    Deployer::new(backend).plan(topology).await
}

/// What is there now, and how it differs from what was asked. Changes nothing.
pub async fn status<T: Topology>(
    backend: &dyn NetworkBackend,
    topology: &T,
) -> Result<Status, Failure> {
    Deployer::new(backend).status(topology).await
}

/// Deploys and cleans up, with options.
///
/// Dropping a future of it stops the run and loses nothing that was promised: run again, and it converges or cleans up.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is the user's word for one thing")]
pub struct Deployer<'a> {
    backend: &'a dyn NetworkBackend,
    journal: Option<&'a dyn Journal>,
    events: Option<mpsc::Sender<Timed>>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    stop: Stop,
    run: Option<RunId>,
    by: Option<String>,
    adopt: bool,
    take_over: bool,
    revoke_foreign: bool,
    unprotect: bool,
    keep_addresses: bool,
    allow_replace: Vec<NodeName>,
    expect: Option<String>,
}

impl<'a> Deployer<'a> {
    /// With the default options: no journal, no observer.
    pub fn new(backend: &'a dyn NetworkBackend) -> Self {
        Self {
            backend,
            journal: None,
            events: None,
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
            stop: Stop::default(),
            run: None,
            by: None,
            adopt: false,
            take_over: false,
            revoke_foreign: false,
            unprotect: false,
            keep_addresses: false,
            allow_replace: Vec::new(),
            expect: None,
        }
    }

    /// Keeps a journal: a killed run goes on without waiting, and two deployers cannot fight.
    #[must_use]
    pub fn journal(mut self, journal: &'a dyn Journal) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Sends events. The channel is never waited for; what does not fit is counted.
    #[must_use]
    pub fn events(mut self, events: mpsc::Sender<Timed>) -> Self {
        self.events = Some(events);
        self
    }

    /// With other limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With another wall clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// With a handle that can stop the run gracefully.
    #[must_use]
    pub fn stop(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// With a run id of the caller's: it must never have been used before.
    #[must_use]
    pub fn run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// Who runs this, for tags and records. Default: the identity of the entry side's credentials.
    #[must_use]
    pub fn by(mut self, by: impl Into<String>) -> Self {
        self.by = Some(by.into());
        self
    }

    /// The user's word that what other runs of this deployment made is theirs, and that those runs are over.
    #[must_use]
    pub fn adopt(mut self, adopt: bool) -> Self {
        self.adopt = adopt;
        self
    }

    /// The user's word that the run that holds the journal's lease is over.
    #[must_use]
    pub fn take_over(mut self, take_over: bool) -> Self {
        self.take_over = take_over;
        self
    }

    /// Consent to remove the rules, routes and listeners that others have put into resources of ours. Without it they are named and left
    /// alone, as everything else that is not ours.
    #[must_use]
    pub fn revoke_foreign(mut self, revoke_foreign: bool) -> Self {
        self.revoke_foreign = revoke_foreign;
        self
    }

    /// Consent to clean up a deployment that says that it is protected: its own word, and the load balancers' deletion protection.
    #[must_use]
    pub fn unprotect(mut self, unprotect: bool) -> Self {
        self.unprotect = unprotect;
        self
    }

    /// Whether a cleanup leaves the elastic IPs, with their tags: the next deploy of the same name uses them again. They cost money
    /// meanwhile.
    #[must_use]
    pub fn keep_addresses(mut self, keep_addresses: bool) -> Self {
        self.keep_addresses = keep_addresses;
        self
    }

    /// Consent to replace these nodes, and what follows from that.
    #[must_use]
    pub fn allow_replace(mut self, nodes: impl IntoIterator<Item = NodeName>) -> Self {
        self.allow_replace.extend(nodes);
        self
    }

    /// Refuses anything but the plan with this digest.
    #[must_use]
    pub fn expect(mut self, digest: impl Into<String>) -> Self {
        self.expect = Some(digest.into());
        self
    }

    /// Makes the cloud equal to what the topology asks for.
    pub async fn deploy<T: Topology>(
        &self,
        topology: &T,
    ) -> Result<Deployment<T::Outputs>, Failure> {
        deploy::deploy(self, topology).await
    }

    /// Waits until clients can use what a deploy has made: until every target answers its health checks, or the time is over. What a
    /// deploy calls ready is not usable at once. If the deploy's last look has shown every target healthy, nothing is called.
    ///
    /// That the time is over is no error: the answer says what is missing, and what most often is behind it.
    ///
    /// # Errors
    /// What the cloud says when it refuses to be asked, and [`Failure::Stopped`] if somebody asks to stop.
    pub async fn usable<O: Sync>(
        &self,
        made: &Deployment<O>,
        within: Duration,
    ) -> Result<Usability, Failure> {
        usable::usable(self, made, within).await
    }

    /// Whether packets and names go where the topology wants them, as far as the cloud itself shows: routes, names, nothing public. Looks
    /// until everything holds, or the time is over. Changes nothing, and sends nothing over the network that was made.
    ///
    /// # Errors
    /// What the cloud says when it refuses to be asked. That something does not hold is no error: its finding says what.
    pub async fn verify<T: Topology>(
        &self,
        topology: &T,
        nodes: &BTreeMap<NodeName, Bound>,
        within: Duration,
    ) -> Result<Vec<Finding>, Failure> {
        verify::verify(self, topology, nodes, within).await
    }

    /// Removes everything of the topology's deployment and proves that nothing is left.
    pub async fn cleanup<T: Topology>(&self, topology: &T) -> Result<CleanupReport, Failure> {
        let deployment = topology.deployment().map_err(|problem| Failure::Spec(vec![problem]))?;
        let pins = opening::Pins::of(topology);
        cleanup::cleanup(self, deployment, topology.places(), &pins).await
    }

    /// Removes everything of a deployment of which only the name and the places are known.
    pub async fn cleanup_named(
        &self,
        deployment: &DeploymentId,
        places: &[Place],
    ) -> Result<CleanupReport, Failure> {
        cleanup::cleanup(self, deployment.clone(), places.to_vec(), &opening::Pins::default()).await
    }

    /// What a deploy would do now. Changes nothing, and writes no record.
    pub async fn plan<T: Topology>(&self, topology: &T) -> Result<Plan, Failure> {
        plan::plan(self, topology).await
    }

    /// What is there now, and how it differs from what was asked. Changes nothing, and writes no record.
    pub async fn status<T: Topology>(&self, topology: &T) -> Result<Status, Failure> {
        status::status(self, topology).await
    }
}
