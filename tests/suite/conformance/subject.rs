//! What is tested: a backend, two places on it, and what it lets a test do besides.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::Traffic;
use accel_core::{ErrorKind, NetworkBackend, Place, RemoteId, Zone};
use async_trait::async_trait;
use tokio::time::Instant;

use crate::samples::Site;

/// A backend under test.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The backend.
    pub backend: Arc<dyn NetworkBackend>,
    /// The service side.
    pub service: Site,
    /// The entry side.
    pub entry: Site,
    /// The short name of a service that can have an endpoint in both zones of the service side (`sagemaker.runtime`).
    pub endpoint_service: String,
    /// A zone of the service side in which it can have none, if there is one.
    pub barred_zone: Option<Zone>,
    /// How long to wait.
    pub patience: Patience,
    /// What the backend's cloud lets a test do besides.
    pub controls: Arc<dyn Controls>,
    /// How the names of the suite's deployments begin: at most 20 characters of a deployment's name, another for every run on a
    /// cloud that keeps its state.
    pub prefix: String,
    /// Promises that this subject is known not to be able to show, by name. In a report every skip is shown with its reason; as a
    /// test, a skip that is not listed here fails.
    pub skips: Vec<&'static str>,
}

impl Subject {
    /// A subject with patience for a real cloud and no controls.
    pub fn new(backend: Arc<dyn NetworkBackend>, service: Site, entry: Site) -> Self {
        Self {
            backend,
            service,
            entry,
            endpoint_service: "sagemaker.runtime".to_owned(),
            barred_zone: None,
            patience: Patience::default(),
            controls: Arc::new(NoControls),
            prefix: "conformance".to_owned(),
            skips: Vec::new(),
        }
    }
}

/// How long to wait. Time is tokio's, so that a simulated cloud can run on a paused clock.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Between two looks.
    pub poll: Duration,
    /// How long the cloud may hide what exists, show what is gone, and refuse what is new.
    pub window: Duration,
    /// How much longer a machine that does other things too may take until it has seen what the cloud shows. Added to the limits of
    /// waits, which end as soon as they can; the pause of one window stays as long as it is.
    pub slack: Duration,
}

impl Patience {
    /// When to give up on what must be so within the window, counted from now.
    pub(crate) fn ends(&self) -> Instant {
        Instant::now() + self.window + self.slack
    }
}

impl Default for Patience {
    fn default() -> Self {
        let window = Duration::from_secs(30);
        Self { poll: Duration::from_secs(2), window, slack: Duration::ZERO }
    }
}

/// What a test may do to the cloud behind the backend's back. Each answers `None` where the cloud does not let it: a promise that
/// needs it is then reported as skipped.
#[async_trait]
pub trait Controls: fmt::Debug + Send + Sync {
    /// How many mutating calls have reached the cloud so far.
    fn mutations(&self) -> Option<u64> {
        None
    }

    /// Lets the next call of any kind be refused with an error of this kind, before any work.
    fn refuse_next(&self, _kind: ErrorKind) -> Option<()> {
        None
    }

    /// Lets the next mutating call take effect and its answer be lost.
    fn lose_next(&self) -> Option<()> {
        None
    }

    /// Puts a network interface of nobody's into a subnet.
    async fn strange_interface(&self, _subnet: &RemoteId) -> Option<Stranger> {
        None
    }

    /// Lets some traffic from 192.0.2.0/24 into a group, with a rule without tags.
    async fn strange_rule(&self, _group: &RemoteId, _traffic: Traffic) -> Option<Stranger> {
        None
    }

    /// Makes something of a kind that accel does not know and gives it these tags.
    async fn strange_kind(
        &self,
        _place: &Place,
        _tags: &accel_core::tags::Tags,
    ) -> Option<Stranger> {
        None
    }

    /// Takes away what one of the above made.
    async fn take_away(&self, _stranger: &Stranger) {}
}

/// Something that a control made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Where it is.
    pub place: Place,
    /// The cloud's id of it.
    pub id: String,
}

/// The controls of a cloud that lets a test do nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoControls;

impl Controls for NoControls {}
