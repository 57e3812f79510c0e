//! Promise 13: every limit has a name, and an effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use accel_core::engine::policy;
use accel_core::resource::Kind;
use accel_core::{Deployer, ErrorKind, Limits};
use accel_mock::{Lag, Settings, Verb};
use accel_tests::harness::{Stage, jakarta, virtually};
use async_trait::async_trait;
use tokio::time::Instant;

use crate::support::{
    Called, Guard, Guarded, assert_stands, deployed, each, halt, refusal, settings, stage, standing,
};

/// Counts calls in flight.
#[derive(Debug, Default)]
struct InFlight {
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Guard for InFlight {
    async fn before(&self, _call: Called<'_>) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    fn after(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The most calls in flight, and how long it took.
fn in_flight(concurrency: usize) -> (usize, Duration) {
    virtually(async {
        let spec = jakarta();
        // Without lag, so that chance decides about no try.
        let latency = Duration::from_millis(500);
        let cloud = Settings { latency, lag: Lag::OFF, ..settings() };
        let stage = Stage::new(cloud, &spec, false);
        let guarded = Guarded { cloud: stage.cloud.clone(), guard: InFlight::default() };
        let limits = Limits { concurrency, ..Limits::default() };
        let began = Instant::now();
        Deployer::new(&guarded).limits(limits).deploy(&spec).await.unwrap();
        assert_stands(&stage, &spec).await;
        (guarded.guard.most.load(Ordering::Relaxed), began.elapsed())
    })
}

/// Looks of several things at once are one call per place, and come on top.
#[test]
fn concurrency_limits_the_calls_in_flight() {
    let (many, fast) = in_flight(16);
    let (few, slow) = in_flight(4);
    assert!(many > 6 && few < many && fast <= slow, "{many} in {fast:?}, {few} in {slow:?}");
    for concurrency in [1, 2, 4, 16] {
        let (most, _) = in_flight(concurrency);
        // Three at the start: the offer, and a list of each place.
        assert!(most <= concurrency.max(3), "{most} in flight, {concurrency} allowed");
    }
}

/// How long it takes to settle a doubt that only waiting settles.
fn doubt(limits: Limits) -> Duration {
    virtually(async {
        let spec = jakarta();
        let stage = stage(&spec, true);
        stage.cloud.set_schedule("create:vpc@entry#1=drop".parse().unwrap());
        let began = Instant::now();
        stage.deployer().limits(limits).deploy(&spec).await.unwrap();
        assert_stands(&stage, &spec).await;
        began.elapsed()
    })
}

#[test]
fn the_window_limits_how_long_a_doubt_is_waited_out() {
    let usual = doubt(Limits::default());
    let wide = doubt(Limits { window_secs: Some(90), ..Limits::default() });
    let gap = wide.checked_sub(usual).unwrap();
    assert!(gap >= Duration::from_secs(60), "{usual:?}, {wide:?}");
}

/// Cleanup proves that nothing is left with a look that comes one window and one call's deadline after its start.
#[test]
fn the_window_parts_the_first_look_of_a_cleanup_from_its_last() {
    for (window, call) in [(30, 30), (60, 10)] {
        virtually(async {
            let stage = standing(&jakarta(), true).await;
            let first = stage.cloud.calls().len();
            let limits = Limits { window_secs: Some(window), call_secs: call, ..Limits::default() };
            stage.deployer().limits(limits).cleanup(&jakarta()).await.unwrap();
            let calls = stage.cloud.calls();
            let looks =
                calls[first..].iter().filter(|call| matches!(call.verb, Verb::List | Verb::Glance));
            let looks: Vec<Duration> = looks.map(|call| call.at).collect();
            let gap = Duration::from_secs(u64::from(window + call));
            assert!(*looks.last().unwrap() >= looks[0] + gap, "{looks:?}");
            assert!(!calls.last().unwrap().mutating, "it looks after the last removal");
        });
    }
}

/// Never answers one verb, from its n-th call on.
#[derive(Debug)]
struct Hangs {
    verb: Verb,
    times: AtomicUsize,
}

#[async_trait]
impl Guard for Hangs {
    async fn before(&self, call: Called<'_>) {
        if call.verb != self.verb {
            return;
        }
        let left =
            self.times.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if left.is_ok() {
            std::future::pending::<()>().await;
        }
    }
}

/// Each verb does not answer once or a few times: the run goes on as if there had been no answer.
#[test]
fn a_call_that_never_returns_is_given_up() {
    for verb in [Verb::Offer, Verb::List, Verb::Create, Verb::Find, Verb::Read, Verb::Delete] {
        virtually(async {
            let spec = jakarta();
            let stage = stage(&spec, true);
            let guard = Hangs { verb, times: AtomicUsize::new(3) };
            let guarded = Guarded { cloud: stage.cloud.clone(), guard };
            let limits = Limits { call_secs: 7, ..Limits::default() };
            let run = Deployer::new(&guarded).limits(limits).adopt(true);
            let began = Instant::now();
            run.deploy(&spec).await.unwrap_or_else(|why| panic!("{verb}: {why}"));
            assert_stands(&stage, &spec).await;
            run.cleanup(&spec).await.unwrap_or_else(|why| panic!("{verb}: {why}"));
            assert!(began.elapsed() < Duration::from_secs(900), "{verb}: {:?}", began.elapsed());
        });
    }
}

/// With a verb that never answers at all, the run ends nevertheless.
#[test]
fn a_backend_that_hangs_for_ever_ends_the_run() {
    each([Verb::Offer, Verb::List, Verb::Create, Verb::Read, Verb::Delete], |verb| {
        virtually(async {
            let spec = jakarta();
            let stage = Stage::new(Settings { log: false, ..settings() }, &spec, true);
            let guard = Hangs { verb: *verb, times: AtomicUsize::new(usize::MAX) };
            let guarded = Guarded { cloud: stage.cloud.clone(), guard };
            let limits = Limits { retry_secs: 60, ..Limits::default() };
            let run = Deployer::new(&guarded).limits(limits).adopt(true);
            let run = async { run.deploy(&spec).await.is_ok() && run.cleanup(&spec).await.is_ok() };
            let end = tokio::time::timeout(Duration::from_secs(3600), run).await;
            assert_eq!(end, Ok(false));
        });
    });
}

/// Refused for ever, in every way that is tried again.
#[test]
fn retries_end_after_their_limit() {
    for refusal in ["throttled", "unavailable"] {
        for verb in ["create:route_table", "read", "list#3"] {
            for retry_secs in [50, 300] {
                virtually(async {
                    let spec = jakarta();
                    let stage = stage(&spec, true);
                    let schedule = format!("{verb}=refuse:{refusal}").replace("list#3", "list");
                    stage.cloud.set_schedule(schedule.parse().unwrap());
                    let limits = Limits { retry_secs, ..Limits::default() };
                    let began = Instant::now();
                    let end = stage.deployer().limits(limits).deploy(&spec).await;
                    let why = end.unwrap_err();
                    assert!(why.retry_helps(), "{why}");
                    let (least, most) = (u64::from(retry_secs), u64::from(retry_secs) + 180);
                    let took = began.elapsed().as_secs();
                    assert!((least..=most).contains(&took), "{schedule}: {took} s, {why}");
                });
            }
        }
    }
}

/// What stays in use without anybody to be named is waited for, up to the limit.
#[test]
fn a_delete_that_stays_in_use_ends_after_its_limit() {
    for in_use_secs in [300, 1500] {
        virtually(async {
            let stage = standing(&jakarta(), true).await;
            stage.cloud.set_schedule("delete:security_group@entry=refuse:in-use".parse().unwrap());
            let limits = Limits { in_use_secs, ..Limits::default() };
            let began = Instant::now();
            let halt = halt(stage.deployer().limits(limits).cleanup(&jakarta()).await);
            let (took, least) = (began.elapsed().as_secs(), u64::from(in_use_secs));
            assert!((least..least + 300).contains(&took), "{took} s");
            assert!(halt.retry_helps, "{:?}", halt.errors);
            assert!(halt.left.iter().any(|left| left.id.kind == Kind::SecurityGroup));
        });
    }
}

/// Interfaces of a load balancer that do not go: a halt that names it, after the limit of its kind.
#[test]
fn what_never_goes_is_named_after_the_limit_of_its_kind() {
    virtually(async {
        let stage = standing(&jakarta(), true).await;
        stage.cloud.adjust(|settings| {
            settings.delays.balancer_interfaces_gone = Duration::from_secs(100_000);
        });
        let (began, limit) = (Instant::now(), Kind::LoadBalancer.facts().gone.unwrap().limit_secs);
        let halt = halt(stage.deployer().cleanup(&jakarta()).await);
        let (took, least) = (began.elapsed().as_secs(), u64::from(limit));
        assert!((least..least + 300).contains(&took), "{took} s");
        let [error] = &halt.errors[..] else { panic!("{:?}", halt.errors) };
        assert!(error.about().is_some_and(|node| node.as_str().contains("balancer")), "{error}");
        assert!(halt.retry_helps, "{error}");
    });
}

/// Removes something of ours whenever somebody looks.
#[derive(Debug)]
struct Meddler {
    cloud: accel_mock::Cloud,
    looks: Arc<AtomicUsize>,
}

#[async_trait]
impl Guard for Meddler {
    async fn before(&self, call: Called<'_>) {
        if call.verb != Verb::Glance {
            return;
        }
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.cloud.meddle(|world| {
            let is_ours = |thing: &&accel_mock::Thing| thing.kind() == Kind::SecurityGroupRule;
            let id = world.live().find(is_ours).map(|thing| thing.id().to_owned());
            if let Some(id) = id {
                world.vanish(&id);
            }
        });
    }
}

/// Somebody takes away what we make, for ever.
#[test]
fn a_cloud_that_never_settles_ends_after_its_rounds() {
    for rounds in [2, 8] {
        virtually(async {
            let spec = jakarta();
            let stage = Stage::new(Settings::instant(), &spec, false);
            let looks = Arc::new(AtomicUsize::new(0));
            let guard = Meddler { cloud: stage.cloud.clone(), looks: Arc::clone(&looks) };
            let guarded = Guarded { cloud: stage.cloud.clone(), guard };
            let limits = Limits { rounds, ..Limits::default() };
            let halt = halt(Deployer::new(&guarded).limits(limits).deploy(&spec).await);
            assert_eq!(halt.errors[0].kind(), ErrorKind::Failed);
            assert!(halt.errors[0].message().contains("does not settle"), "{:?}", halt.errors);
            let rounds = usize::try_from(rounds).unwrap();
            // A glance at each place per round.
            assert_eq!(looks.load(Ordering::Relaxed), 2 * rounds);
        });
    }
}

#[test]
fn the_lease_lasts_as_long_as_its_limit() {
    for (lease_secs, silent, is_held) in [(60, 50, true), (60, 70, false), (200, 190, true)] {
        virtually(async {
            let spec = jakarta();
            let stage = stage(&spec, true);
            let cut = stage.deploy(&spec);
            assert!(tokio::time::timeout(Duration::from_secs(5), cut).await.is_err());
            tokio::time::sleep(Duration::from_secs(silent)).await;
            let limits = Limits { lease_secs, ..Limits::default() };
            let next = stage.deployer().take_over(false).limits(limits).deploy(&spec).await;
            if is_held {
                assert_eq!(refusal(next).kind(), ErrorKind::Fenced);
            } else {
                next.unwrap();
            }
        });
    }
}

/// A stage's own calls are counted by verb, and the sum is what the cloud has seen.
#[test]
fn every_call_is_counted() {
    virtually(async {
        let spec = jakarta();
        let stage = stage(&spec, true);
        let made = deployed(stage.deploy(&spec).await);
        assert_eq!(u64::from(made.calls.total()), stage.cloud.call_count(), "{}", made.calls);
        let creates = stage.cloud.calls().iter().filter(|call| call.verb == Verb::Create).count();
        assert_eq!(usize::try_from(made.calls.of(policy::Verb::Create)).unwrap(), creates);
    });
}
