//! Promise 14 and the life of a service: dropped, stopped, watched, moved between threads.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use accel_core::event::{Event, Timed};
use accel_core::journal::MemoryJournal;
use accel_core::resource::Kind;
use accel_core::{Deployer, Failure, Limits, Stop};
use accel_mock::{Cloud, Settings, Verb};
use accel_tests::harness::{Stage, jakarta, virtually};
use tokio::sync::mpsc;

use crate::support::{
    assert_nothing_left, assert_stands, deployed, each, halt, mutations_since, settings, stage,
    standing,
};

/// Polls a future so often, and then drops it; says whether it came to its end.
async fn poll_at_most<T>(times: usize, run: impl Future<Output = T>) -> Option<T> {
    let mut run = pin!(run);
    let mut left = times;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        run.as_mut().poll(context).map(Some)
    })
    .await
}

fn slow(journal: bool) -> Stage {
    let cloud = Settings { latency: Duration::from_millis(40), ..settings() };
    Stage::new(cloud, &jakarta(), journal)
}

/// At every await at which it ever waits, in both directions.
#[test]
fn dropping_the_future_stops_the_run_and_loses_nothing_that_was_promised() {
    for journal in [true, false] {
        let mut times = 1;
        while virtually(async {
            let (spec, stage) = (jakarta(), slow(journal));
            let end = poll_at_most(times, stage.deployer().deploy(&spec)).await;
            let first = stage.cloud.calls().len();
            tokio::time::sleep(Duration::from_secs(10)).await;
            assert_eq!(stage.cloud.calls().len(), first, "who is dropped calls nobody");
            if times.is_multiple_of(2) {
                deployed(stage.deploy(&spec).await);
                assert_stands(&stage, &spec).await;
            }
            drop(poll_at_most(times, stage.deployer().cleanup(&spec)).await);
            deployed(stage.cleanup(&spec).await);
            assert_nothing_left(&stage);
            end.is_none()
        }) {
            times += if times < 40 { 1 } else { 3 };
        }
        assert!(times > 40, "a run waits often");
    }
}

/// A future that was never polled has done nothing.
#[test]
fn a_run_that_was_never_polled_has_done_nothing() {
    virtually(async {
        let (spec, stage) = (jakarta(), slow(true));
        drop(stage.deployer().deploy(&spec));
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(stage.cloud.crashed()).poll(&mut context).is_pending());
        assert_eq!(stage.cloud.call_count(), 0);
    });
}

/// As a task of a service, on any thread.
#[test]
fn futures_are_send_and_static() {
    let cloud = Arc::new(Cloud::new(settings()));
    let journal = Arc::new(MemoryJournal::default());
    // Everything that a task of a service does.
    let task = async move {
        let spec = jakarta();
        let deployer = Deployer::new(&*cloud).journal(&*journal);
        deployer.plan(&spec).await?;
        let made = deployer.deploy(&spec).await?;
        deployer.usable(&made, Duration::from_secs(300)).await?;
        deployer.status(&spec).await?;
        deployer.cleanup(&spec).await
    };
    // Another thread than the one on which the task was written.
    let thread = std::thread::spawn(|| virtually(async { tokio::spawn(task).await.unwrap() }));
    thread.join().unwrap().unwrap();
}

/// At many moments: nothing new is begun, what is in flight is written down, and the run says that it was stopped.
#[test]
fn a_stop_handle_ends_a_run_gracefully() {
    each((0..100_000).step_by(3_100), |millis| {
        virtually(async {
            let (spec, stage) = (jakarta(), slow(true));
            let stop = Stop::default();
            let run = stage.deployer().stop(&stop);
            let ask = async {
                tokio::time::sleep(Duration::from_millis(*millis)).await;
                stop.ask();
                stage.cloud.calls().len()
            };
            let (end, asked) = tokio::join!(run.deploy(&spec), ask);
            let Err(Failure::Stopped(halt)) = end else {
                assert!(end.is_ok(), "{end:?}");
                return;
            };
            // What was on its way when it was asked.
            let late = mutations_since(&stage.cloud, asked);
            assert!(late.len() <= Limits::default().concurrency, "{late:?}");
            assert_eq!(halt.errors, []);
            assert!(Failure::Stopped(halt).to_string().contains("stopped on request"));
            // Nobody's word is needed: the run has ended, and said so.
            let next = stage.deployer().adopt(false).take_over(false);
            next.deploy(&spec).await.unwrap();
            assert_stands(&stage, &spec).await;
        });
    });
}

#[test]
fn a_stop_handle_ends_a_cleanup_gracefully() {
    each((0..150_000).step_by(7_300), |millis| {
        virtually(async {
            let spec = jakarta();
            let stage = slow(true);
            deployed(stage.deploy(&spec).await);
            let stop = Stop::default();
            let ask = async {
                tokio::time::sleep(Duration::from_millis(*millis)).await;
                stop.ask();
            };
            let run = stage.deployer().stop(&stop);
            let (end, ()) = tokio::join!(run.cleanup(&spec), ask);
            assert!(matches!(end, Ok(_) | Err(Failure::Stopped(_))), "{end:?}");
            deployed(stage.cleanup(&spec).await);
            assert_nothing_left(&stage);
        });
    });
}

/// Whoever was asked to stop before it began begins nothing.
#[test]
fn a_run_that_was_stopped_before_it_began_changes_nothing() {
    virtually(async {
        let (spec, stage) = (jakarta(), slow(true));
        let stop = Stop::default();
        stop.ask();
        let end = stage.deployer().stop(&stop).deploy(&spec).await;
        assert!(matches!(end, Err(Failure::Stopped(_))), "{end:?}");
        assert!(mutations_since(&stage.cloud, 0).is_empty());
    });
}

async fn watched(events: mpsc::Sender<Timed>) {
    let (spec, stage) = (jakarta(), slow(true));
    stage.deployer().events(events).deploy(&spec).await.unwrap();
    assert_stands(&stage, &spec).await;
}

fn all_events() -> u64 {
    virtually(async {
        let (tx, mut rx) = mpsc::channel(100_000);
        watched(tx).await;
        let mut count = 0;
        while let Ok(timed) = rx.try_recv() {
            assert!(!matches!(timed.event, Event::Missed { .. }));
            count += 1;
        }
        count
    })
}

/// Full and never read, or closed.
#[test]
fn an_observer_that_stalls_or_goes_away_stops_nothing() {
    virtually(async {
        let (tx, rx) = mpsc::channel(1);
        watched(tx).await;
        drop(rx);
        let (tx, rx) = mpsc::channel(1);
        drop(rx);
        watched(tx).await;
    });
}

/// An observer that is too slow is told how much it has missed: nothing is lost without a word.
#[test]
fn what_an_observer_misses_is_counted() {
    let all = all_events();
    assert!(all > 80, "{all} events");
    virtually(async {
        let (tx, mut rx) = mpsc::channel::<Timed>(2);
        let reader = tokio::spawn(async move {
            let (mut seen, mut missed) = (0, 0);
            while let Some(timed) = rx.recv().await {
                if let Event::Missed { count } = timed.event {
                    missed += count;
                } else {
                    seen += 1;
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            (seen, missed)
        });
        watched(tx).await;
        let (seen, missed) = reader.await.unwrap();
        assert!(missed > 0, "it was too slow");
        // The last ones may find the channel full, and nothing comes after them that could tell.
        assert!((all - 20..=all).contains(&(seen + missed)), "{seen} seen, {missed} missed");
    });
}

/// What is known when a run halts: what was made, whether running again helps, and what was called.
#[test]
fn a_halt_returns_all_that_is_known() {
    virtually(async {
        let spec = jakarta();
        let stage = stage(&spec, true);
        stage.cloud.set_schedule("create:load_balancer=refuse:denied".parse().unwrap());
        let halt = halt(stage.deployer().deploy(&spec).await);
        assert!(!halt.retry_helps);
        assert!(halt.nodes.len() > 25, "{}", halt.nodes.len());
        assert_eq!(u64::from(halt.calls.total()), stage.cloud.call_count());
        assert!(halt.timeline.spans.len() > 25);
        let creates = stage.cloud.calls().iter().filter(|call| call.verb == Verb::Create).count();
        assert!(creates > 25);
        let stage = standing(&spec, true).await;
        stage.cloud.set_schedule("delete:subnet=refuse:denied".parse().unwrap());
        let halt = crate::support::halt(stage.deployer().cleanup(&spec).await);
        for kind in [Kind::Subnet, Kind::Vpc] {
            assert!(halt.left.iter().any(|left| left.id.kind == kind), "{:?}", halt.left);
        }
    });
}
