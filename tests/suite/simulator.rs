//! The simulated cloud as a subject of the conformance suite.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::{Direction, Traffic};
use accel_core::tags::Tags;
use accel_core::{AccountId, ErrorKind, NetworkBackend, Place, RemoteId, Side, Zone};
use accel_mock::{Cloud, Lag, Schedule, Settings, Verdict};
use async_trait::async_trait;

use crate::conformance::{Controls, Patience, Stranger, Subject};
use crate::samples::{Site, net};

/// A new simulated cloud with this lag, as a subject.
pub fn subject(lag: Lag) -> Subject {
    subject_behind(lag, |cloud| Arc::new(cloud))
}

/// The same behind another backend.
pub fn subject_behind(lag: Lag, backend: impl FnOnce(Cloud) -> Arc<dyn NetworkBackend>) -> Subject {
    let service = Site::new(Side::Service, "ap-southeast-3");
    let entry = Site::new(Side::Entry, "ap-southeast-1");
    let barred = Zone::from("ap-southeast-3c");
    let mut settings = Settings { throttling: false, lag, ..Settings::default() };
    let name = "com.amazonaws.ap-southeast-3.sagemaker.runtime".to_owned();
    let lacking = (service.place.region.clone(), name);
    settings.offers.lacking.insert(lacking, BTreeSet::from([barred.clone()]));
    let cloud = Cloud::new(settings);
    Subject {
        barred_zone: Some(barred),
        patience: Patience { poll: Duration::from_secs(1), ..Patience::default() },
        controls: Arc::new(Simulated::new(cloud.clone())),
        ..Subject::new(backend(cloud), service, entry)
    }
}

/// Runs a test on tokio's paused clock: waiting takes no time.
///
/// # Panics
/// If the runtime does not start.
pub fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime starts");
    runtime.block_on(test)
}

/// What the simulated cloud lets a test do: everything.
#[derive(Debug)]
pub struct Simulated(Cloud);

impl Simulated {
    /// The controls of this cloud.
    pub fn new(cloud: Cloud) -> Self {
        Self(cloud)
    }

    fn let_next(&self, verdict: Verdict) {
        self.0.set_schedule(Schedule::one(self.0.call_count() + 1, verdict));
    }
}

#[async_trait]
impl Controls for Simulated {
    fn mutations(&self) -> Option<u64> {
        let calls = self.0.calls();
        u64::try_from(calls.iter().filter(|call| call.mutating).count()).ok()
    }

    fn refuse_next(&self, kind: ErrorKind) -> Option<()> {
        self.let_next(Verdict::Refuse(kind));
        Some(())
    }

    fn lose_next(&self) -> Option<()> {
        self.let_next(Verdict::Lose);
        Some(())
    }

    async fn strange_interface(&self, subnet: &RemoteId) -> Option<Stranger> {
        let id =
            self.0.meddle(|world| world.add_foreign_interface(subnet.as_str(), "a test", false));
        Some(Stranger { place: subnet.place.clone(), id })
    }

    async fn strange_rule(&self, group: &RemoteId, traffic: Traffic) -> Option<Stranger> {
        let peer = net("192.0.2.0/24");
        let id = self.0.meddle(|world| {
            world.add_foreign_rule(group.as_str(), Direction::Ingress, traffic, peer)
        });
        Some(Stranger { place: group.place.clone(), id })
    }

    async fn strange_kind(&self, place: &Place, tags: &Tags) -> Option<Stranger> {
        let account = AccountId::from("111122223333");
        let id = "dopt-000099".to_owned();
        self.0.meddle(|world| world.add_unknown(&account, place, &id, tags.clone()));
        Some(Stranger { place: place.clone(), id })
    }

    async fn take_away(&self, stranger: &Stranger) {
        self.0.meddle(|world| {
            world.remove_interface(&stranger.id);
            if world.find(&stranger.id).is_some() {
                world.vanish(&stranger.id);
            }
        });
    }
}
