//! The program against the simulated cloud on the wire, with every rule, delay, lag and limit that it has: at each call that may
//! change something, a lost answer and a SIGKILL; and two runs that compete.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;

use accel_e2e::{Lane, LocalAws as _, SPEC, Wire};
use serde_json::Value;

use crate::sweeps::{At, Stop, ends_well, guest, lane, stop_cleanups, stop_deploys, sweep};

#[test]
fn a_lost_answer_to_any_call_of_a_deploy_leaves_nothing_twice() {
    stop_deploys::<Wire>(lane, Stop::Lost, At::Each);
}

#[test]
fn a_lost_answer_to_any_call_of_a_cleanup_leaves_nothing() {
    stop_cleanups::<Wire>(lane, Stop::Lost, At::Each);
}

#[test]
fn killed_at_any_call_of_a_deploy_one_more_run_makes_it_right() {
    stop_deploys::<Wire>(lane, Stop::Killed, At::Each);
}

#[test]
fn killed_at_any_call_with_its_records_lost_a_name_is_enough_to_clean_up() {
    stop_deploys::<Wire>(lane, Stop::KilledForgetful, At::Each);
}

#[test]
fn killed_at_any_call_of_a_cleanup_one_more_run_leaves_nothing() {
    stop_cleanups::<Wire>(lane, Stop::Killed, At::Each);
}

/// A default route is replaced, another is added, an island gets a table of its own: whatever the kill leaves half done, one more run
/// finishes it, and the cleanup after it leaves the network as it was.
#[test]
fn killed_at_any_call_in_a_network_that_exists_one_more_run_makes_it_right() {
    stop_deploys::<Wire>(guest, Stop::Killed, At::Each);
}

#[test]
fn killed_at_any_call_of_a_cleanup_a_network_that_exists_is_as_it_was() {
    stop_cleanups::<Wire>(guest, Stop::Killed, At::Each);
}

#[test]
fn killed_with_its_records_lost_a_name_gives_back_a_network_that_exists() {
    stop_deploys::<Wire>(guest, Stop::KilledForgetful, At::Each);
}

/// What can happen to a call besides. One run may live through it, or end and say so; one more makes it right.
const TROUBLES: [&str; 8] = [
    "fail-before",
    "fail-after",
    "truncate",
    "throttle",
    "reset-before",
    "refuse:InternalError",
    "late:3000",
    "delay:2000",
];

#[test]
fn any_trouble_with_any_call_of_a_deploy_leaves_nothing_twice() {
    let calls = 46; // As many things as a lane has; more calls only where one is repeated.
    let troubles = TROUBLES.into_iter().cycle();
    let cases: Vec<(u32, &str)> = (1..=calls).zip(troubles).collect();
    sweep(&cases, |cloud: &Wire, (position, trouble)| {
        cloud.set_faults(&format!("mutating#{position}={trouble}"));
        let lane = Lane::new(cloud, SPEC);
        let run = lane.deploy();
        assert!(matches!(run.code(), Some(0 | 1)), "{}", run.stderr);
        ends_well(&lane);
    });
}

/// Every look is at a world of ten seconds ago, a third of what a cloud may hide, and every fiftieth call of any kind is throttled. (A
/// listing is some twenty calls, and begins anew when one of them is refused.)
#[test]
fn with_stale_looks_and_throttled_calls_throughout_a_lane_is_built_and_removed() {
    let cloud = Wire::start().expect("it needs nothing but the program");
    let throttled: Vec<String> = (1..9).map(|turn| format!("*#{}=throttle", turn * 50)).collect();
    cloud.set_faults(&format!("{} Describe*=stale:10000", throttled.join(" ")));
    let lane = Lane::new(&cloud, SPEC);
    let _built = lane.deploy().ends_with(0);
    let _removed = lane.cleanup().ends_with(0);
    lane.leaves_nothing();
}

/// Each has records of its own, so neither knows of the other but by what it finds.
#[test]
fn of_two_that_deploy_the_same_lane_at_once_none_makes_it_twice() {
    let cloud = Wire::start().expect("it needs nothing but the program");
    let lanes = [Lane::new(&cloud, SPEC), Lane::new(&cloud, SPEC)];
    let ends = thread::scope(|scope| {
        let runs = lanes.each_ref().map(|lane| scope.spawn(|| lane.deploy()));
        runs.map(|run| run.join().expect("a run ends"))
    });
    for end in &ends {
        assert!(matches!(end.code(), Some(0 | 1)), "{}", end.stderr);
    }
    // Whoever owns what is there can finish; the other takes it over with a word of consent.
    let _taken = lanes[0].run("deploy", &["--yes", "--adopt"]).ends_with(0);
    lanes[0].verify();
    let _removed = lanes[0].run("cleanup", &["--yes", "--adopt"]).ends_with(0);
    lanes[0].leaves_nothing();
}

/// What the program asks is known to the server, and stands in the table of its judges.
#[test]
fn the_program_asks_nothing_that_the_cloud_does_not_know() {
    let cloud = Wire::start().expect("it needs nothing but the program");
    let lane = Lane::new(&cloud, SPEC);
    let _built = lane.deploy().ends_with(0);
    let _checked = lane.run("status", &["--check"]).ends_with(0);
    let _asked = lane.run("plan", &["--permissions"]).ends_with(0);
    ends_well(&lane);
    let calls = cloud.calls();
    let unknown: Vec<&Value> = calls.iter().filter(|call| call.get("unknown").is_some()).collect();
    assert_eq!(unknown, Vec::<&Value>::new());
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    judged(&calls.iter().map(|call| (text(&call["service"]), text(&call["action"]))).collect());
}

/// Checks the program's column, the last, of the table of actions and judges; writes it where the other judges write theirs.
fn judged(called: &BTreeSet<(String, String)>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../accel-wire/docs/judges.md");
    let old = std::fs::read_to_string(&path).expect("the table is there");
    let marked = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, service, action, .., last, ""] = *cells.as_slice() else { return line.to_owned() };
        let key = (service.to_owned(), action.trim_matches('`').to_owned());
        if last == "●" || !action.starts_with('`') || !called.contains(&key) {
            return line.to_owned();
        }
        let (before, _) = line.trim_end_matches(" |").rsplit_once('|').expect("it has cells");
        format!("{before}| ● |")
    };
    let new: Vec<String> = old.lines().map(marked).collect();
    let new = new.join("\n") + "\n";
    if std::env::var_os("ACCEL_WRITE_TABLES").is_some() {
        return std::fs::write(path, new).expect("the table can be written");
    }
    assert_eq!(new, old, "ACCEL_WRITE_TABLES=1 writes the table anew");
}

/// The simulated cloud hands out addresses that nobody has: all that the control plane says is well, and nothing comes through.
#[test]
fn a_lane_that_carries_nothing_is_deployed_and_not_verified() {
    let cloud = Wire::start().expect("it needs nothing but the program");
    let lane = Lane::new(&cloud, SPEC);
    let run = lane.run("deploy", &["--yes", "--verify", "--json"]).ends_with(1);
    let document: Value = serde_json::from_str(&run.stdout).expect("one document");
    assert_eq!(document["usable"]["state"], "usable");
    let path = document["data_path"].as_array().expect("it was asked for");
    assert_eq!(path.len(), 2, "one per zone");
    assert!(path.iter().all(|walked| walked["answered"] == false), "{path:?}");
    assert!(run.stderr.contains("its data path is not as it must be"), "{}", run.stderr);
    ends_well(&lane);
}
