//! The simulated cloud as a subject of the conformance suite.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use accel_core::{ErrorKind, NetworkBackend, Side, Zone};
use accel_mock::{Cloud, Lag, Schedule, Settings, Verdict};
use async_trait::async_trait;

use crate::conformance::{Controls, Patience, Subject};
use crate::samples::Site;

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
        patience: Patience { poll: Duration::from_secs(1), window: Duration::from_secs(30) },
        controls: Arc::new(Simulated(cloud.clone())),
        ..Subject::new(backend(cloud), service, entry)
    }
}

/// What the simulated cloud lets a test do: everything.
#[derive(Debug)]
struct Simulated(Cloud);

impl Simulated {
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
}
