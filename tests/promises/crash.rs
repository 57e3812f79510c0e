//! Promise 7 beside the sweep: killed at every append, with the journal lost, and killed twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use accel_core::journal::{Appended, Entry, Journal, MemoryJournal};
use accel_core::{AnySpec, Result, Topology};
use accel_mock::{Quotas, Schedule, Settings, Verdict};
use accel_tests::harness::{Stage, virtually};
use accel_tests::scenes::Scene;
use async_trait::async_trait;
use tokio::sync::Notify;

use crate::support::{assert_nothing_left, assert_stands, deployed, each, journal};

/// When the writer dies.
#[derive(Debug, Clone, Copy)]
enum Dies {
    /// Before the append is durable.
    Before,
    /// After it is, and before anybody knows.
    After,
}

/// A journal at one of whose appends the writer dies.
#[derive(Debug)]
struct Deadly {
    journal: Arc<MemoryJournal>,
    appends: AtomicUsize,
    at: usize,
    dies: Dies,
    death: Notify,
}

#[async_trait]
impl Journal for Deadly {
    fn exclusive(&self) -> bool {
        false
    }

    async fn load(&self, from: u64) -> Result<Vec<Entry>> {
        self.journal.load(from).await
    }

    async fn append(&self, entries: &[Entry]) -> Result<Appended> {
        if self.appends.fetch_add(1, Ordering::Relaxed) + 1 != self.at {
            return self.journal.append(entries).await;
        }
        if let Dies::After = self.dies {
            self.journal.append(entries).await?;
        }
        self.death.notify_one();
        std::future::pending().await
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Deploy,
    Cleanup,
}

/// Works towards a goal until that is reached, or the run is killed at an append; says whether it was.
async fn killed_at(stage: &Stage, spec: &impl Topology, goal: Goal, at: usize, dies: Dies) -> bool {
    let (appends, death) = (AtomicUsize::new(0), Notify::new());
    let deadly = Deadly { journal: journal(stage), appends, at, dies, death };
    let deployer = stage.deployer().journal(&deadly);
    let run = async {
        match goal {
            Goal::Deploy => deployer.deploy(spec).await.map(drop),
            Goal::Cleanup => deployer.cleanup(spec).await.map(drop),
        }
    };
    tokio::select! {
        biased;
        end = run => {
            end.unwrap();
            false
        }
        () = deadly.death.notified() => true,
    }
}

async fn reach(stage: &Stage, spec: &AnySpec, goal: Goal) {
    match goal {
        Goal::Deploy => {
            deployed(stage.deploy(spec).await);
            assert_stands(stage, spec).await;
        }
        Goal::Cleanup => {
            deployed(stage.cleanup(spec).await);
            assert_nothing_left(stage);
        }
    }
}

fn killed_at_every_append(first: Goal, then: Goal) {
    let ways =
        Scene::ALL.into_iter().flat_map(|scene| [(scene, Dies::Before), (scene, Dies::After)]);
    for (scene, dies) in ways {
        let mut at = 1;
        while virtually(async {
            let (stage, spec) = scene.stage(Settings::fast(), true);
            if first == Goal::Cleanup {
                reach(&stage, &spec, Goal::Deploy).await;
            }
            let killed = killed_at(&stage, &spec, first, at, dies).await;
            reach(&stage, &spec, then).await;
            reach(&stage, &spec, Goal::Cleanup).await;
            killed
        }) {
            at += 1;
        }
        assert!(at > 20, "a run appends often");
    }
}

#[test]
fn killed_at_any_append_and_run_again_deploy_converges() {
    killed_at_every_append(Goal::Deploy, Goal::Deploy);
}

#[test]
fn killed_at_any_append_of_a_deploy_cleanup_leaves_nothing() {
    killed_at_every_append(Goal::Deploy, Goal::Cleanup);
}

#[test]
fn killed_at_any_append_of_a_cleanup_cleanup_leaves_nothing() {
    killed_at_every_append(Goal::Cleanup, Goal::Cleanup);
}

#[test]
fn killed_at_any_append_of_a_cleanup_deploy_converges() {
    killed_at_every_append(Goal::Cleanup, Goal::Deploy);
}

async fn run(stage: &Stage, spec: &AnySpec, goal: Goal) {
    match goal {
        Goal::Deploy => drop(stage.deploy(spec).await),
        Goal::Cleanup => drop(stage.cleanup(spec).await),
    }
}

/// How many calls a run makes when nothing goes wrong.
fn calls(scene: Scene, goal: Goal) -> u64 {
    virtually(async {
        let (stage, spec) = scene.stage(Settings::fast(), true);
        reach(&stage, &spec, Goal::Deploy).await;
        let before = stage.cloud.call_count();
        if goal == Goal::Deploy {
            return before;
        }
        reach(&stage, &spec, Goal::Cleanup).await;
        stage.cloud.call_count() - before
    })
}

const GOALS: [(Goal, Goal); 4] = [
    (Goal::Deploy, Goal::Deploy),
    (Goal::Deploy, Goal::Cleanup),
    (Goal::Cleanup, Goal::Deploy),
    (Goal::Cleanup, Goal::Cleanup),
];

fn crash(stage: &Stage, at: u64) {
    let first = stage.cloud.call_count() + at;
    let verdict = if at.is_multiple_of(2) { Verdict::CrashBefore } else { Verdict::CrashAfter };
    stage.cloud.set_schedule(Schedule::one(first, verdict));
}

/// What a journal lost between two runs leaves: an empty one, or none any more.
#[test]
fn killed_with_the_journal_lost_deploy_converges_and_cleanup_leaves_nothing() {
    let goals = Scene::ALL.into_iter().flat_map(|scene| GOALS.map(|goals| (scene, goals)));
    let kills = goals
        .flat_map(|(scene, goals)| (1..=calls(scene, goals.0)).map(move |at| (scene, goals, at)));
    let cases = kills.flat_map(|kill| [(kill, true), (kill, false)]);
    each(cases, |&((scene, (first, then), at), another)| {
        virtually(async {
            let (mut stage, spec) = scene.stage(Settings::fast(), true);
            if first == Goal::Cleanup {
                reach(&stage, &spec, Goal::Deploy).await;
            }
            crash(&stage, at);
            run(&stage, &spec, first).await;
            stage.calm();
            stage.journal = another.then(Arc::default);
            stage.with_oracle(|oracle| {
                oracle.expect_blindness(std::time::Duration::from_secs(30));
            });
            reach(&stage, &spec, then).await;
            reach(&stage, &spec, Goal::Cleanup).await;
        });
    });
}

/// Kills the first run at one call and the second at another, and lets the third and a cleanup end.
fn killed_twice(scene: Scene, (first, then): (Goal, Goal), one: u64, two: u64, journal: bool) {
    virtually(async {
        let cloud = Settings { quotas: Quotas::roomy(), ..Settings::fast() };
        let (stage, spec) = scene.stage(cloud, journal);
        if first == Goal::Cleanup {
            reach(&stage, &spec, Goal::Deploy).await;
        }
        crash(&stage, one);
        run(&stage, &spec, first).await;
        crash(&stage, two);
        run(&stage, &spec, then).await;
        stage.calm();
        reach(&stage, &spec, then).await;
        reach(&stage, &spec, Goal::Cleanup).await;
    });
}

/// Pairs of kills: some of the first run's calls, some of the second's.
#[test]
fn killed_again_while_going_on_it_converges_or_cleans_up() {
    let goals = Scene::ALL.into_iter().flat_map(|scene| GOALS.map(|goals| (scene, goals)));
    let kills = goals.flat_map(|(scene, goals)| {
        let ones = (1..=calls(scene, goals.0)).step_by(7);
        ones.flat_map(move |one| (1..60).step_by(5).map(move |two| (scene, goals, one, two)))
    });
    let cases = kills.flat_map(|kill| [(kill, true), (kill, false)]);
    each(cases, |&((scene, goals, one, two), journal)| {
        killed_twice(scene, goals, one, two, journal);
    });
}

/// Every pair of kills in the middle of two deploys without records: what the second began beside the first is half there and half
/// hidden when the third looks.
#[test]
fn of_two_half_built_lanes_one_is_finished_and_the_other_goes_as_a_whole() {
    let kills = (25..=40).flat_map(|one| (36..=75).map(move |two| (one, two)));
    each(kills, |&(one, two)| {
        killed_twice(Scene::Lane, (Goal::Deploy, Goal::Deploy), one, two, false);
    });
}

/// The gateway of the half that goes is attached to that half's network, and neither shows when the gateway is refused to go: that its
/// attachment is ours can be told only a window later.
#[test]
fn a_gateway_is_not_given_up_before_what_holds_it_can_show() {
    each([(25, 53), (34, 51)], |&(one, two)| {
        killed_twice(Scene::Lane, (Goal::Deploy, Goal::Deploy), one, two, false);
    });
}

/// A cleanup that deletes a network under what does not show yet, and is killed: the next look at the network is too old to say so.
#[test]
fn what_lay_in_a_network_that_still_shows_goes_too() {
    each(31..=39, |&two| {
        killed_twice(Scene::Lane, (Goal::Deploy, Goal::Cleanup), 48, two, false);
    });
}
