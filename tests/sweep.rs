//! Every stop point and every fault, at every call of a whole deploy and of a whole cleanup, with a journal and without one, each
//! followed by going on and by cleaning up. Exhaustive, not sampled.

use std::fmt;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use accel_core::AnySpec;
use accel_core::ErrorKind;
use accel_core::Graph;
use accel_mock::{Doubts, Schedule, Settings, Verdict, as_text};
use accel_tests::harness::{End, Stage, virtually};
use accel_tests::scenes::Scene;

/// Every verdict but "pass".
const VERDICTS: [Verdict; 20] = [
    Verdict::Delay(5_000),
    Verdict::Refuse(ErrorKind::Throttled),
    Verdict::Refuse(ErrorKind::Unavailable),
    Verdict::Refuse(ErrorKind::Ambiguous),
    Verdict::Refuse(ErrorKind::NotYet),
    Verdict::Refuse(ErrorKind::NotFound),
    Verdict::Refuse(ErrorKind::InUse),
    Verdict::Refuse(ErrorKind::Conflict),
    Verdict::Refuse(ErrorKind::Quota),
    Verdict::Refuse(ErrorKind::Denied),
    Verdict::Refuse(ErrorKind::Expired),
    Verdict::Refuse(ErrorKind::Invalid),
    Verdict::Refuse(ErrorKind::Unsupported),
    Verdict::Refuse(ErrorKind::Failed),
    Verdict::Lose,
    Verdict::Drop,
    Verdict::Late(4_000),
    Verdict::CrashBefore,
    Verdict::CrashAfter,
    Verdict::Fail,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Deploy,
    Cleanup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    GoOn,
    CleanUp,
}

/// How the points turn out on which the provider's documents are silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    Usual,
    Otherwise,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    scene: Scene,
    doubts: Answers,
    direction: Direction,
    journal: bool,
    call: u64,
    verdict: Verdict,
    then: Then,
}

/// Lag, flapping reads and lingering interfaces are on; a case that runs alone shows its calls.
fn settings(doubts: Answers) -> Settings {
    let doubts = match doubts {
        Answers::Usual => Doubts::default(),
        Answers::Otherwise => Doubts::otherwise(),
    };
    Settings { doubts, log: std::env::var("ACCEL_SWEEP").is_ok(), ..Settings::fast() }
}

/// How many calls a run makes when nothing goes wrong.
fn calls(scene: Scene, doubts: Answers, direction: Direction, journal: bool) -> u64 {
    virtually(async {
        let (stage, spec) = scene.stage(settings(doubts), journal);
        assert!(stage.deploy(&spec).await.reached());
        let before = stage.cloud.call_count();
        if direction == Direction::Deploy {
            return before;
        }
        assert!(stage.cleanup(&spec).await.reached());
        stage.cloud.call_count() - before
    })
}

/// Runs one case; says what is wrong, if anything.
fn run(case: Case) -> Result<(), String> {
    virtually(async {
        let (stage, spec) = case.scene.stage(settings(case.doubts), case.journal);
        let end = play(&stage, &spec, case).await;
        end.map_err(|why| format!("{why}\n{}", as_text(&stage.cloud.calls())))
    })
}

async fn play(stage: &Stage, spec: &AnySpec, case: Case) -> Result<(), String> {
    let graph = stage.graph(spec).await;
    if case.direction == Direction::Cleanup && !stage.deploy(spec).await.reached() {
        return Err("the deploy before the cleanup failed".to_owned());
    }
    let first = stage.cloud.call_count() + case.call;
    stage.cloud.set_schedule(Schedule::one(first, case.verdict));
    match case.direction {
        Direction::Deploy => drop(stage.deploy(spec).await),
        Direction::Cleanup => drop(stage.cleanup(spec).await),
    }
    stage.calm();
    if case.then == Then::GoOn {
        match stage.deploy(spec).await {
            End::Returned(Ok(_)) => {}
            end @ (End::Returned(_) | End::Killed) => {
                return Err(format!("going on did not converge: {end:?}"));
            }
        }
        check(stage, &graph)?;
    }
    match stage.cleanup(spec).await {
        End::Returned(Ok(_)) => check(stage, &Graph::default()),
        end @ (End::Returned(_) | End::Killed) => Err(format!("cleaning up did not end: {end:?}")),
    }
}

fn check(stage: &Stage, graph: &Graph) -> Result<(), String> {
    let violations = stage.at_rest(graph);
    if violations.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    Err(lines.join("\n  "))
}

fn cases(scene: Scene, doubts: Answers) -> (Vec<Case>, u64) {
    let mut cases = Vec::new();
    let mut expected = 0;
    for direction in [Direction::Deploy, Direction::Cleanup] {
        for journal in [true, false] {
            let calls = calls(scene, doubts, direction, journal);
            expected += calls * VERDICTS.len() as u64 * 2;
            for call in 1..=calls {
                for verdict in VERDICTS {
                    for then in [Then::GoOn, Then::CleanUp] {
                        cases.push(Case { scene, doubts, direction, journal, call, verdict, then });
                    }
                }
            }
        }
    }
    (cases, expected)
}

/// A case as it is printed, and as `ACCEL_SWEEP` takes it to run it alone: `lane,usual,deploy,journal,79=crash-after,clean-up`.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.direction == Direction::Deploy { "deploy" } else { "cleanup" };
        let journal = if self.journal { "journal" } else { "none" };
        let then = if self.then == Then::GoOn { "go-on" } else { "clean-up" };
        let doubts = if self.doubts == Answers::Usual { "usual" } else { "otherwise" };
        let fault = Schedule::one(self.call, self.verdict);
        write!(f, "{},{doubts},{direction},{journal},{fault},{then}", self.scene)
    }
}

/// Runs the cases on all cores; gives those that failed, with why.
fn run_all(cases: &[Case]) -> (u64, Vec<String>) {
    let failures = Mutex::new(Vec::new());
    let (next, ran) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = run(*case) {
                        failures.lock().expect("no holder panics").push(format!("{case}\n  {why}"));
                    }
                    ran.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    (ran.into_inner() as u64, failures.into_inner().expect("no holder panics"))
}

#[test]
fn killed_or_stumbling_at_any_call_it_converges_or_cleans_up() {
    for scene in Scene::ALL {
        sweep(scene, Answers::Usual);
    }
}

#[test]
fn however_doubtful_points_turn_out_it_converges_or_cleans_up() {
    for scene in Scene::ALL {
        sweep(scene, Answers::Otherwise);
    }
}

fn sweep(scene: Scene, doubts: Answers) {
    let (mut cases, mut expected) = cases(scene, doubts);
    if let Ok(only) = std::env::var("ACCEL_SWEEP") {
        cases.retain(|case| case.to_string() == only);
        expected = cases.len() as u64;
    }
    let (ran, failures) = run_all(&cases);
    let of = "calls x verdicts x directions x journal or none x then";
    let line = format!("{ran} cases ran, {expected} expected ({of}), {} failed", failures.len());
    // Written past the runner's capture: how much was tried is part of the result.
    writeln!(&mut std::io::stderr(), "sweep of {scene} ({doubts:?}): {line}")
        .expect("it can be written");
    assert_eq!(ran, expected);
    let some = failures[..failures.len().min(12)].join("\n");
    assert!(failures.is_empty(), "{} of {ran} failed, among them:\n{some}", failures.len());
}
