//! Promises 12 and 17: two deployers, and two people.

use std::sync::Arc;
use std::time::Duration;

use accel_core::journal::MemoryJournal;
use accel_core::{Acceleration, Deployer, ErrorKind, Failure, RunId};
use accel_mock::{Cloud, Settings};
use accel_tests::harness::{Stage, jakarta, virtually};

use crate::support::{
    assert_nothing_left, assert_stands, deployed, each, entries, journal, mutations_since, refusal,
    settings, stage, standing, two_services,
};

fn slow(spec: &Acceleration, journal: bool) -> Stage {
    Stage::new(Settings { latency: Duration::from_millis(40), ..settings() }, spec, journal)
}

/// A run with a name, that has nobody's word for anything.
fn run<'a>(stage: &'a Stage, name: &str) -> Deployer<'a> {
    stage.deployer().adopt(false).take_over(false).run(RunId::from(name))
}

/// How long a deploy takes that nobody disturbs, in whole seconds.
fn lasts() -> u64 {
    virtually(async {
        let began = tokio::time::Instant::now();
        deployed(slow(&jakarta(), true).deploy(&jakarta()).await);
        began.elapsed().as_secs()
    })
}

async fn cut<T>(secs: u64, run: impl Future<Output = T>) {
    let cut = tokio::time::timeout(Duration::from_secs(secs), run).await;
    assert!(cut.is_err(), "it was to be cut off in the middle");
}

#[test]
fn whoever_wrote_last_holds_the_lease_until_it_has_been_silent_for_long_enough() {
    virtually(async {
        let spec = jakarta();
        let stage = slow(&spec, true);
        cut(20, run(&stage, "run-1").deploy(&spec)).await;
        let first = stage.cloud.calls().len();
        let error = refusal(run(&stage, "run-2").deploy(&spec).await);
        assert_eq!(error.kind(), ErrorKind::Fenced);
        assert!(error.message().contains("run run-1"), "{error}");
        let error = refusal(run(&stage, "run-3").cleanup(&spec).await);
        assert_eq!(error.kind(), ErrorKind::Fenced);
        assert_eq!(stage.cloud.calls().len(), first, "nothing is called under another's lease");
        tokio::time::sleep(Duration::from_secs(61)).await;
        run(&stage, "run-4").deploy(&spec).await.unwrap();
        assert_stands(&stage, &spec).await;
    });
}

/// A run that waits for slow things writes that it is alive.
#[test]
fn a_run_at_work_keeps_its_lease() {
    virtually(async {
        let spec = jakarta();
        let stage = slow(&spec, true);
        stage.cloud.adjust(|settings| settings.delays.balancer = Duration::from_secs(400));
        let one = async { run(&stage, "run-1").deploy(&spec).await.unwrap() };
        let others = async {
            for secs in [7, 25, 62, 97] {
                tokio::time::sleep(Duration::from_secs(secs)).await;
                let error = refusal(run(&stage, "run-2").cleanup(&spec).await);
                assert_eq!(error.kind(), ErrorKind::Fenced, "{secs} s later: {error}");
            }
        };
        tokio::join!(one, others);
        assert_stands(&stage, &spec).await;
    });
}

/// A run that has ended, well or on request, holds nothing.
#[test]
fn a_run_that_has_ended_holds_nothing() {
    virtually(async {
        let spec = jakarta();
        let stage = slow(&spec, true);
        run(&stage, "run-1").deploy(&spec).await.unwrap();
        run(&stage, "run-2").deploy(&spec).await.unwrap();
        let stop = accel_core::Stop::default();
        stop.ask();
        drop(run(&stage, "run-3").stop(&stop).cleanup(&spec).await);
        run(&stage, "run-4").cleanup(&spec).await.unwrap();
        assert_nothing_left(&stage);
    });
}

/// Of the two ends of a take-over, which one holds the journal: the other was fenced at its next append, and says by whom.
fn holder<A: std::fmt::Debug, B: std::fmt::Debug>(
    one: Result<A, Failure>,
    two: Result<B, Failure>,
) -> &'static str {
    let (fenced, holder) = match (one, two) {
        (Err(Failure::Refused(error)), Ok(_)) => (error, "run-2"),
        // The old one wrote while the new one still looked around.
        (Ok(_), Err(Failure::Refused(error))) => (error, "run-1"),
        other => panic!("not one of two: {other:?}"),
    };
    assert_eq!(fenced.kind(), ErrorKind::Fenced);
    assert!(fenced.message().contains(holder), "{fenced}");
    holder
}

/// Whoever takes over fences the other at its next append; what both have made is there once.
#[test]
fn two_deployers_that_share_a_journal_never_fight() {
    let mut taken = 0;
    for secs in 1..lasts() {
        taken += virtually(async {
            let spec = jakarta();
            let stage = slow(&spec, true);
            let one = run(&stage, "run-1");
            let two = async {
                tokio::time::sleep(Duration::from_secs(secs)).await;
                run(&stage, "run-2").take_over(true).deploy(&spec).await
            };
            let (one, two) = tokio::join!(one.deploy(&spec), two);
            let holder = holder(one, two);
            assert_stands(&stage, &spec).await;
            u64::from(holder == "run-2")
        });
    }
    assert!(taken > lasts() / 2, "a take-over usually succeeds");
}

/// A cleanup that takes over a deploy leaves nothing, whatever was on its way.
#[test]
fn a_cleanup_that_takes_over_leaves_nothing() {
    for secs in (1..lasts()).step_by(3) {
        virtually(async {
            let spec = jakarta();
            let stage = slow(&spec, true);
            let one = run(&stage, "run-1");
            let two = async {
                tokio::time::sleep(Duration::from_secs(secs)).await;
                run(&stage, "run-2").take_over(true).cleanup(&spec).await
            };
            let (one, two) = tokio::join!(one.deploy(&spec), two);
            match holder(one, two) {
                "run-2" => assert_nothing_left(&stage),
                _ => assert_stands(&stage, &spec).await,
            }
        });
    }
}

/// Both begin at the same moment: one writes first, the other calls nothing that changes anything.
#[test]
fn of_two_that_begin_together_one_holds_the_journal() {
    virtually(async {
        let spec = jakarta();
        let stage = slow(&spec, true);
        let (one, two) = (run(&stage, "run-1"), run(&stage, "run-2"));
        let (one, two) = tokio::join!(one.deploy(&spec), two.deploy(&spec));
        one.unwrap();
        assert_eq!(refusal(two).kind(), ErrorKind::Fenced);
        assert_stands(&stage, &spec).await;
    });
}

/// Tasks of one program, each with its own handles.
#[test]
fn two_tasks_share_a_journal() {
    virtually(async {
        let cloud =
            Arc::new(Cloud::new(Settings { latency: Duration::from_millis(40), ..settings() }));
        let shared = Arc::new(MemoryJournal::default());
        let task = |name: &'static str, take_over, secs| {
            let (cloud, shared) = (Arc::clone(&cloud), Arc::clone(&shared));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(secs)).await;
                let deployer = Deployer::new(&*cloud).journal(&*shared).run(RunId::from(name));
                deployer.take_over(take_over).deploy(&jakarta()).await
            })
        };
        let (old, new) = (task("run-1", false, 0), task("run-2", true, 10));
        assert_eq!(refusal(old.await.unwrap()).kind(), ErrorKind::Fenced);
        assert!(new.await.unwrap().is_ok());
    });
}

/// Two networks of one owner, each made by a run that did not know of the other: a third one does not choose between them. It is
/// judged before anything is written, so that its journal stays as it was.
#[test]
fn a_refused_run_leaves_the_journal_as_it_was() {
    virtually(async {
        let spec = jakarta();
        let stage = slow(&spec, false);
        let (one, two) = (run(&stage, "run-1"), run(&stage, "run-2"));
        Box::pin(cut(1, async { tokio::join!(one.deploy(&spec), two.deploy(&spec)) })).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let mutations = mutations_since(&stage.cloud, 0).len();
        let mine = MemoryJournal::default();
        let me = run(&stage, "run-3").journal(&mine);
        for error in [refusal(me.plan(&spec).await), refusal(me.deploy(&spec).await)] {
            assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
            assert!(error.message().contains("another deployer"), "{error}");
        }
        assert_eq!(entries(&mine).await, []);
        assert_eq!(mutations_since(&stage.cloud, 0).len(), mutations);
        me.adopt(true).deploy(&spec).await.unwrap();
        assert_stands(&stage, &spec).await;
    });
}

/// They cannot know of each other but by what they find. They may stop; whatever a run that reached its goal has made stays.
#[test]
fn without_a_shared_journal_two_deployers_never_delete_each_others_work() {
    let cases = (0..60).flat_map(|step| [(step * 1_500, true), (step * 1_500, false)]);
    each(cases, |&(millis, kept)| {
        virtually(async {
            let spec = jakarta();
            let stage = slow(&spec, false);
            let (one, two) = (MemoryJournal::default(), MemoryJournal::default());
            let with = |name, journal| {
                let run = run(&stage, name);
                if kept { run.journal(journal) } else { run }
            };
            let (first, second) = (with("run-1", &one), with("run-2", &two));
            let second = async {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                second.deploy(&spec).await
            };
            let (first, second) = tokio::join!(first.deploy(&spec), second);
            let deletes = mutations_since(&stage.cloud, 0);
            let deletes: Vec<String> = deletes
                .iter()
                .filter(|call| call.verb == accel_mock::Verb::Delete)
                .map(ToString::to_string)
                .collect();
            let (first, second) = (first.map(drop), second.map(drop));
            assert_eq!(deletes, [""; 0], "{first:?} {second:?}");
            assert_eq!(stage.violations(), []);
            // The user says that both are over: one run makes it whole.
            deployed(stage.deploy(&spec).await);
            assert_stands(&stage, &spec).await;
        });
    });
}

/// Somebody else's work under the same name: shown with its creator and run, and taken only on the user's word.
#[test]
fn two_peoples_deployments_of_one_name_do_not_melt_together() {
    for journal in [true, false] {
        virtually(async {
            let spec = jakarta();
            let theirs = stage(&spec, false);
            run(&theirs, "their-run").by("maria").deploy(&spec).await.unwrap();
            let first = theirs.cloud.calls().len();
            let mine = MemoryJournal::default();
            let me = || {
                let me = run(&theirs, "my-run").by("ivan");
                if journal { me.journal(&mine) } else { me }
            };
            let other = two_services();
            for error in [
                refusal(me().deploy(&spec).await),
                refusal(me().deploy(&other).await),
                refusal(me().cleanup(&spec).await),
                refusal(me().plan(&spec).await),
            ] {
                assert_eq!(error.kind(), ErrorKind::Refused);
                let text = error.to_string();
                assert!(text.contains("maria") && text.contains("their-run"), "{text}");
                assert!(error.what_next().is_some_and(|next| next.contains("adopt")), "{text}");
            }
            assert!(mutations_since(&theirs.cloud, first).is_empty());
            let again = me().adopt(true).deploy(&spec).await.unwrap();
            assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
            me().run(RunId::from("my-last-run")).adopt(true).cleanup(&spec).await.unwrap();
            assert_nothing_left(&theirs);
        });
    }
}

/// The same person on another machine, and whoever has the journal in which the run is recorded.
#[test]
fn ones_own_work_is_ones_own_everywhere() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, false).await;
        run(&stage, "on-another-machine").deploy(&spec).await.unwrap();
    });
    virtually(async {
        let spec = jakarta();
        let stage = stage(&spec, true);
        run(&stage, "run-1").by("maria").deploy(&spec).await.unwrap();
        let shared = journal(&stage);
        let ivan = run(&stage, "run-2").by("ivan").journal(&*shared).deploy(&spec).await.unwrap();
        assert_eq!(ivan.calls.mutating(), 0);
    });
}

/// Names of people may hold what tags may not: they are still known again.
#[test]
fn a_person_with_an_unusual_name_is_known_again() {
    virtually(async {
        let spec = jakarta();
        let stage = stage(&spec, false);
        let by = "Žofie <zofie@example.com>, on \"her\" machine".repeat(9);
        run(&stage, "run-1").by(by.clone()).deploy(&spec).await.unwrap();
        let again = run(&stage, "run-2").by(by).deploy(&spec).await;
        assert!(again.is_ok(), "{}", again.map_err(|why: Failure| why.to_string()).unwrap_err());
    });
}
