//! Every mutating call of a deploy in turn loses its answer; the program is killed right after many of them.
//!
//! After one more run of the same command the lane is right and nothing is there twice; after a cleanup nothing is left.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use accel_e2e::{Cloud, Fault, Lane, Mode, SPEC};

use crate::cloud;

/// Each worker has a local AWS of its own. Most of a case is waiting.
const WORKERS: usize = 10;

/// How many mutating calls an undisturbed deploy makes, and a cleanup.
fn undisturbed(cloud: &Cloud) -> (u64, u64) {
    let lane = Lane::new(cloud, SPEC);
    let _built = lane.deploy().ends_with(0);
    let deploy = cloud.stats().mutating;
    cloud.count_anew();
    let _removed = lane.cleanup().ends_with(0);
    (deploy, cloud.stats().mutating)
}

/// Runs all cases on several clouds and tells every one that failed, not the first alone.
pub(crate) fn sweep<C: Sync + std::fmt::Debug>(cases: &[C], check: impl Fn(&Cloud, &C) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS.min(cases.len()) {
            scope.spawn(|| {
                let cloud = Cloud::start().expect("one could be started before");
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    cloud.mend();
                    cloud.empty();
                    if catch_unwind(AssertUnwindSafe(|| check(&cloud, case))).is_err() {
                        failed.lock().expect("no worker panics with it").push(format!("{case:?}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no worker panics with it");
    assert!(failed.is_empty(), "{} of {} cases failed: {failed:#?}", failed.len(), cases.len());
}

pub(crate) fn ends_well(lane: &Lane<'_>) {
    lane.cloud.mend();
    let _built = lane.deploy().ends_with(0);
    lane.verify();
    let _removed = lane.cleanup().ends_with(0);
    lane.leaves_nothing();
}

#[test]
fn a_lost_answer_to_any_call_of_a_deploy_leaves_nothing_twice() {
    let cloud = cloud!();
    let (calls, _) = undisturbed(&cloud);
    let cases: Vec<u64> = (1..=calls).collect();
    sweep(&cases, |cloud, &position| {
        let lane = Lane::new(cloud, SPEC);
        cloud.break_at([Fault::new(Mode::Lose).with("at", vec![position])]);
        let disturbed = lane.deploy();
        assert!(matches!(disturbed.code(), Some(0 | 1)), "{}", disturbed.stderr);
        ends_well(&lane);
    });
}

#[test]
fn a_lost_answer_to_any_call_of_a_cleanup_leaves_nothing() {
    let cloud = cloud!();
    let (_, calls) = undisturbed(&cloud);
    let cases: Vec<u64> = (1..=calls).collect();
    sweep(&cases, |cloud, &position| {
        let lane = Lane::new(cloud, SPEC);
        let _built = lane.deploy().ends_with(0);
        cloud.break_at([Fault::new(Mode::Lose).with("at", vec![position])]);
        let disturbed = lane.cleanup();
        cloud.mend();
        if disturbed.code() != Some(0) {
            let _removed = lane.cleanup().ends_with(0);
        }
        lane.leaves_nothing();
    });
}

#[test]
fn killed_at_thirty_calls_of_a_deploy_one_more_run_makes_it_right() {
    let cloud = cloud!();
    let (calls, _) = undisturbed(&cloud);
    sweep(&drawn(calls, 30), |cloud, &position| {
        let lane = Lane::new(cloud, SPEC);
        let killed = lane.killed_at("deploy", position);
        assert_eq!(killed.code(), None, "it was to be killed: {}", killed.stderr);
        ends_well(&lane);
    });
}

#[test]
fn killed_with_its_records_lost_a_name_is_enough_to_clean_up() {
    let cloud = cloud!();
    let (calls, _) = undisturbed(&cloud);
    sweep(&drawn(calls, 8), |cloud, &position| {
        let lane = Lane::new(cloud, SPEC);
        let killed = lane.killed_at("deploy", position);
        assert_eq!(killed.code(), None, "it was to be killed: {}", killed.stderr);
        lane.lose_records();
        cloud.mend();
        let _removed = lane.run("cleanup", &["--yes", "--adopt"]).ends_with(0);
        lane.leaves_nothing();
    });
}

#[test]
fn killed_in_a_cleanup_one_more_run_leaves_nothing() {
    let cloud = cloud!();
    let (_, calls) = undisturbed(&cloud);
    sweep(&drawn(calls, 8), |cloud, &position| {
        let lane = Lane::new(cloud, SPEC);
        let _built = lane.deploy().ends_with(0);
        let killed = lane.killed_at("cleanup", position);
        assert_eq!(killed.code(), None, "it was to be killed: {}", killed.stderr);
        cloud.mend();
        let _removed = lane.cleanup().ends_with(0);
        lane.leaves_nothing();
    });
}

/// So many positions of `1..=calls`, spread by a fixed step that shares no factor with the count: the same in every run.
fn drawn(calls: u64, count: u64) -> Vec<u64> {
    (0..count).map(|number| number * 17 % calls + 1).collect()
}
