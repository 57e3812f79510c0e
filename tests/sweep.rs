//! Every stop point and every fault, at every call of a whole deploy and of a whole cleanup, with a journal and without one, each
//! followed by going on and by cleaning up. Exhaustive, not sampled.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use accel_core::ErrorKind;
use accel_core::Graph;
use accel_mock::{Schedule, Settings, Verdict};
use accel_tests::harness::{End, Stage, jakarta, virtually};

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

#[derive(Debug, Clone, Copy)]
enum Then {
    GoOn,
    CleanUp,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    direction: Direction,
    journal: bool,
    call: u64,
    verdict: Verdict,
    then: Then,
}

/// Lag, flapping reads and lingering interfaces are on.
fn settings() -> Settings {
    Settings::fast()
}

/// How many calls a run makes when nothing goes wrong.
fn calls(direction: Direction, journal: bool) -> u64 {
    virtually(async {
        let spec = jakarta();
        let stage = Stage::new(settings(), &spec, journal);
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
        let spec = jakarta();
        let stage = Stage::new(settings(), &spec, case.journal);
        let graph = stage.graph(&spec).await;
        if case.direction == Direction::Cleanup && !stage.deploy(&spec).await.reached() {
            return Err("the deploy before the cleanup failed".to_owned());
        }
        let first = stage.cloud.call_count() + case.call;
        stage.cloud.set_schedule(Schedule::one(first, case.verdict));
        match case.direction {
            Direction::Deploy => drop(stage.deploy(&spec).await),
            Direction::Cleanup => drop(stage.cleanup(&spec).await),
        }
        stage.calm();
        let goes_up = match (case.direction, case.then) {
            (Direction::Deploy, Then::GoOn) | (Direction::Cleanup, Then::CleanUp) => {
                case.direction == Direction::Deploy
            }
            (Direction::Deploy, Then::CleanUp) => false,
            (Direction::Cleanup, Then::GoOn) => true,
        };
        if goes_up {
            match stage.deploy(&spec).await {
                End::Returned(Ok(_)) => {}
                end => return Err(format!("going on did not converge: {end:?}")),
            }
            check(&stage, &graph)?;
        }
        match stage.cleanup(&spec).await {
            End::Returned(Ok(_)) => check(&stage, &Graph::default()),
            end => Err(format!("cleaning up did not end: {end:?}")),
        }
    })
}

fn check(stage: &Stage, graph: &Graph) -> Result<(), String> {
    let violations = stage.at_rest(graph);
    if violations.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    Err(lines.join("\n  "))
}

fn cases() -> (Vec<Case>, u64) {
    let mut cases = Vec::new();
    let mut expected = 0;
    for direction in [Direction::Deploy, Direction::Cleanup] {
        for journal in [true, false] {
            let calls = calls(direction, journal);
            expected += calls * VERDICTS.len() as u64 * 2;
            for call in 1..=calls {
                for verdict in VERDICTS {
                    for then in [Then::GoOn, Then::CleanUp] {
                        cases.push(Case { direction, journal, call, verdict, then });
                    }
                }
            }
        }
    }
    (cases, expected)
}

#[test]
fn killed_or_stumbling_at_any_call_it_converges_or_cleans_up() {
    let (mut cases, expected) = cases();
    if let Ok(step) = std::env::var("STEP") {
        let step: usize = step.parse().unwrap();
        cases = cases.into_iter().step_by(step).collect();
    }
    let failures = Mutex::new(Vec::new());
    let (next, ran) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let t = std::time::SystemTime::now();
                    if std::env::var("TRACE").is_ok() {
                        eprintln!("BEGIN {case:?}");
                    }
                    let r = run(*case);
                    let e = t.elapsed().unwrap();
                    if e.as_millis() > 200 {
                        println!("SLOW {e:?} {case:?}");
                    }
                    if let Err(why) = r {
                        failures.lock().unwrap().push(format!("{case:?}\n  {why}"));
                    }
                    ran.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (failures, ran) = (failures.into_inner().unwrap(), ran.into_inner() as u64);
    println!(
        "{ran} cases ran, {expected} expected (calls × verdicts × directions × journal or none × then), {} failed",
        failures.len()
    );
    if std::env::var("STEP").is_err() {
        assert_eq!(ran, expected);
    }
    assert!(
        failures.is_empty(),
        "{} of {ran} failed, among them:\n{}",
        failures.len(),
        failures[..failures.len().min(12)].join("\n")
    );
}

#[test]
fn one() {
    let Ok(text) = std::env::var("CASE") else { return };
    let w: Vec<&str> = text.split(',').collect();
    let verdict = format!("1={}", w[3]).parse::<Schedule>().unwrap().calls[0].1;
    let case = Case {
        direction: if w[0] == "deploy" { Direction::Deploy } else { Direction::Cleanup },
        journal: w[1] == "true",
        call: w[2].parse().unwrap(),
        verdict,
        then: if w[4] == "goon" { Then::GoOn } else { Then::CleanUp },
    };
    virtually(async {
        let spec = jakarta();
        let mut s = settings();
        s.log = true;
        let stage = Stage::new(s, &spec, case.journal);
        let graph = stage.graph(&spec).await;
        if case.direction == Direction::Cleanup {
            let _ = stage.deploy(&spec).await;
        }
        let from = stage.cloud.calls().len();
        let first = stage.cloud.call_count() + case.call;
        stage.cloud.set_schedule(Schedule::one(first, case.verdict));
        match case.direction {
            Direction::Deploy => drop(stage.deploy(&spec).await),
            Direction::Cleanup => drop(stage.cleanup(&spec).await),
        }
        stage.calm();
        for c in &stage.cloud.calls()[from..] {
            println!("{c}");
        }
        println!("---- then");
        let from = stage.cloud.calls().len();
        let (tx, mut rx) = tokio::sync::mpsc::channel(10000);
        let goes_up = match (case.direction, case.then) {
            (Direction::Deploy, Then::GoOn) | (Direction::Cleanup, Then::GoOn) => true,
            _ => false,
        };
        let ok = if goes_up {
            match stage.deployer().events(tx).deploy(&spec).await {
                Ok(_) => {
                    println!("{:?}", check(&stage, &graph));
                    true
                }
                Err(e) => {
                    println!("{e}");
                    false
                }
            }
        } else {
            match stage.deployer().events(tx).cleanup(&spec).await {
                Ok(_) => {
                    println!("{:?}", check(&stage, &Graph::default()));
                    true
                }
                Err(e) => {
                    println!("{e}");
                    false
                }
            }
        };
        while let Ok(e) = rx.try_recv() {
            println!("EV {:>8.2} {}", e.at.as_secs_f64(), e.event);
        }
        for c in &stage.cloud.calls()[from..] {
            println!("{c}");
        }
        println!("{ok}");
    });
}
