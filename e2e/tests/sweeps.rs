//! Mutating calls of a deploy and of a cleanup lose their answers, and the program is killed right after them.
//!
//! After one more run of the same command the lane is right and nothing is there twice; after a cleanup nothing is left. Here on a local
//! AWS that others wrote, at some of the calls; `wire` does the same at each of them, on a cloud that keeps AWS's rules.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use accel_e2e::{Cloud, Lane, LocalAws, SPEC};

/// What is built in an empty cloud.
pub(crate) type Build<C> = for<'c> fn(&'c C) -> Lane<'c, C>;

/// The lane that most tests use.
pub(crate) fn lane<C: LocalAws>(cloud: &C) -> Lane<'_, C> {
    Lane::new(cloud, SPEC)
}

/// A private egress in a network that somebody has.
pub(crate) fn guest<C: LocalAws>(cloud: &C) -> Lane<'_, C> {
    Lane::guest(cloud)
}

/// How many mutating calls an undisturbed deploy makes, and a cleanup.
fn undisturbed<C: LocalAws>(cloud: &C, build: Build<C>) -> (u64, u64) {
    let lane = build(cloud);
    let before = cloud.mutating();
    let _built = lane.deploy().ends_with(0);
    let deployed = cloud.mutating();
    let _removed = lane.cleanup().ends_with(0);
    (deployed - before, cloud.mutating() - deployed)
}

/// Runs all cases on several clouds and tells every one that failed, not the first alone.
pub(crate) fn sweep<C: LocalAws, T: Sync + Debug>(cases: &[T], check: impl Fn(&C, &T) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..C::AT_ONCE.min(cases.len()) {
            scope.spawn(|| {
                let cloud = C::start().expect("one could be started before");
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    cloud.begin_anew();
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

pub(crate) fn ends_well<C: LocalAws>(lane: &Lane<'_, C>) {
    lane.cloud.mend();
    let _built = lane.deploy().ends_with(0);
    lane.verify();
    let _removed = lane.cleanup().ends_with(0);
    lane.leaves_nothing();
}

/// What happens to which calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stop {
    /// Its answer is lost.
    Lost,
    /// The program is killed.
    Killed,
    /// The program is killed, and its records are lost.
    KilledForgetful,
}

/// Which calls of all: so many, spread by a fixed step that shares no factor with their number, the same in every run; or each.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    /// So many of them.
    Some(u64),
    /// Every one.
    Each,
}

impl At {
    fn positions(self, calls: u64) -> Vec<u64> {
        match self {
            Self::Some(count) => (0..count).map(|number| number * 17 % calls + 1).collect(),
            Self::Each => (1..=calls).collect(),
        }
    }
}

/// Stops a deploy at such calls; one more run makes it right.
pub(crate) fn stop_deploys<C: LocalAws>(build: Build<C>, stop: Stop, at: At) {
    let Some(cloud) = C::start() else { return };
    let (calls, _) = undisturbed(&cloud, build);
    drop(cloud);
    let (positions, struck) = (at.positions(calls), AtomicUsize::new(0));
    sweep(&positions, |cloud: &C, &position| {
        let lane = build(cloud);
        let ended = disturb(&lane, "deploy", stop, position);
        struck.fetch_add(usize::from(ended != Some(0)), Ordering::Relaxed);
        if matches!(stop, Stop::KilledForgetful) {
            // A name is enough to clean up.
            lane.lose_records();
            cloud.mend();
            let _removed = lane.run("cleanup", &["--yes", "--adopt"]).ends_with(0);
            return lane.leaves_nothing();
        }
        ends_well(&lane);
    });
    if !matches!(stop, Stop::Lost) {
        enough(struck.into_inner(), positions.len());
    }
}

/// Where a cloud lags, some calls are refused and repeated: one run has more of them than another, and one that has ended before a
/// late position is reached was not stopped.
fn enough(struck: usize, of: usize) {
    assert!(struck * 10 >= of * 8, "only {struck} of {of} were stopped");
}

/// Stops a cleanup at such calls; one more run leaves nothing.
pub(crate) fn stop_cleanups<C: LocalAws>(build: Build<C>, stop: Stop, at: At) {
    let Some(cloud) = C::start() else { return };
    let (_, calls) = undisturbed(&cloud, build);
    drop(cloud);
    let (positions, struck) = (at.positions(calls), AtomicUsize::new(0));
    sweep(&positions, |cloud: &C, &position| {
        let lane = build(cloud);
        let _built = lane.deploy().ends_with(0);
        let ended = disturb(&lane, "cleanup", stop, position);
        struck.fetch_add(usize::from(ended != Some(0)), Ordering::Relaxed);
        cloud.mend();
        if ended != Some(0) {
            let _removed = lane.cleanup().ends_with(0);
        }
        lane.leaves_nothing();
    });
    if !matches!(stop, Stop::Lost) {
        enough(struck.into_inner(), positions.len());
    }
}

/// Runs a command to its stop; gives its exit code, if it was not killed.
fn disturb<C: LocalAws>(
    lane: &Lane<'_, C>,
    command: &str,
    stop: Stop,
    position: u64,
) -> Option<i32> {
    match stop {
        Stop::Lost => {
            lane.cloud.lose(position);
            let run = lane.run(command, &["--yes"]);
            assert!(matches!(run.code(), Some(0 | 1)), "{}", run.stderr);
            run.code()
        }
        Stop::Killed | Stop::KilledForgetful => {
            let run = lane.killed_at(command, position);
            assert!(matches!(run.code(), None | Some(0)), "it was to be killed: {}", run.stderr);
            run.code()
        }
    }
}

#[test]
fn a_lost_answer_to_a_call_of_a_deploy_leaves_nothing_twice() {
    stop_deploys::<Cloud>(lane, Stop::Lost, At::Some(12));
}

#[test]
fn a_lost_answer_to_a_call_of_a_cleanup_leaves_nothing() {
    stop_cleanups::<Cloud>(lane, Stop::Lost, At::Some(6));
}

#[test]
fn killed_at_a_call_of_a_deploy_one_more_run_makes_it_right() {
    stop_deploys::<Cloud>(lane, Stop::Killed, At::Some(12));
}

#[test]
fn killed_with_its_records_lost_a_name_is_enough_to_clean_up() {
    stop_deploys::<Cloud>(lane, Stop::KilledForgetful, At::Some(6));
}

#[test]
fn killed_in_a_cleanup_one_more_run_leaves_nothing() {
    stop_cleanups::<Cloud>(lane, Stop::Killed, At::Some(6));
}
