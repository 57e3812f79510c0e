//! On the simulated cloud's wire protocol, with all of its rules, delays and lag, sixty times as fast as AWS. Each promise has a cloud
//! of its own.

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use accel_core::resource::Traffic;
use accel_core::tags::Tags;
use accel_core::{ErrorKind, Place, RemoteId, Zone};
use accel_mock::{Cloud, Quotas, Settings};
use accel_tests::conformance::{Controls, PROMISES, Patience, Promise, Stranger, Subject};
use accel_tests::simulator::Simulated;
use accel_wire::{Background, Options, Server};
use async_trait::async_trait;

use crate::{SERVICE, backend, sites};

/// How much faster than AWS: what AWS may hide for 30 seconds is hidden for half a second.
const SPEED: u32 = 60;

/// Most of a promise is waiting.
const WORKERS: usize = 96;

#[test]
fn the_aws_backend_keeps_every_promise_on_a_cloud_that_keeps_every_rule() {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(promise) = PROMISES.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if catch_unwind(|| check(promise)).is_err() {
                        failed.lock().expect("no worker panics with it").push(promise.name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no worker panics with it");
    assert!(failed.is_empty(), "{} of {} failed: {failed:#?}", failed.len(), PROMISES.len());
}

fn check(promise: &Promise) {
    let wire = Arc::new(Wire::start());
    let [service, entry] = sites();
    let subject = Subject {
        barred_zone: Some(barred()),
        // A backend may share its looks for half a second.
        patience: Patience {
            poll: Duration::from_millis(50),
            window: Duration::from_secs(1),
            slack: Duration::from_secs(5),
        },
        controls: Arc::clone(&wire) as Arc<dyn Controls>,
        ..Subject::new(backend(&wire.serving.url(), "AKIAWIREEXAMPLE"), service, entry)
    };
    promise.check_in_real_time(&subject);
}

fn barred() -> Zone {
    Zone::new(format!("{SERVICE}c"))
}

/// A cloud behind its wire protocol, and what it lets a test do.
#[derive(Debug)]
struct Wire {
    serving: Background,
    world: Simulated,
}

impl Wire {
    /// A cloud in which one zone lacks the service.
    fn start() -> Self {
        let quotas = Quotas { default_vpcs: 0, ..Quotas::default() };
        let mut settings =
            Settings { quotas, speed: SPEED, throttling: false, ..Settings::default() };
        let name = format!("com.amazonaws.{SERVICE}.sagemaker.runtime");
        settings.offers.lacking.insert((SERVICE.into(), name), BTreeSet::from([barred()]));
        let cloud = Cloud::new(settings);
        let world = Simulated::new(cloud.clone());
        let server = Server::new(cloud, Options::default()).expect("a token can be made");
        Self { serving: server.in_background().expect("a port is free"), world }
    }

    fn break_next(&self, rule: &str) {
        self.serving.server().set_faults(rule.parse().expect("a rule"));
    }
}

#[async_trait]
impl Controls for Wire {
    fn mutations(&self) -> Option<u64> {
        let calls = self.serving.server().calls_after(0);
        u64::try_from(calls.iter().filter(|call| call.mutating).count()).ok()
    }

    fn refuse_next(&self, kind: ErrorKind) -> Option<()> {
        let rule = if kind == ErrorKind::Throttled {
            "*#1=throttle"
        } else if kind == ErrorKind::Unavailable {
            "mutating#1=refuse:ConcurrentTagAccess"
        } else {
            return None;
        };
        self.break_next(rule);
        Some(())
    }

    fn lose_next(&self) -> Option<()> {
        self.break_next("mutating#1=reset-after");
        Some(())
    }

    async fn strange_interface(&self, subnet: &RemoteId) -> Option<Stranger> {
        self.world.strange_interface(subnet).await
    }

    async fn strange_rule(&self, group: &RemoteId, traffic: Traffic) -> Option<Stranger> {
        self.world.strange_rule(group, traffic).await
    }

    async fn strange_kind(&self, place: &Place, tags: &Tags) -> Option<Stranger> {
        self.world.strange_kind(place, tags).await
    }

    async fn take_away(&self, stranger: &Stranger) {
        self.world.take_away(stranger).await;
    }
}
