//! The program against the simulated cloud on the wire, with every rule, delay, lag and limit that it has: at each call that may
//! change something, a lost answer and a SIGKILL; and two runs that compete.

use std::thread;

use accel_e2e::{Lane, LocalAws as _, SPEC, Wire};
use serde_json::Value;

use crate::sweeps::{At, Stop, ends_well, stop_cleanups, stop_deploys};

#[test]
fn a_lost_answer_to_any_call_of_a_deploy_leaves_nothing_twice() {
    stop_deploys::<Wire>(Stop::Lost, At::Each);
}

#[test]
fn a_lost_answer_to_any_call_of_a_cleanup_leaves_nothing() {
    stop_cleanups::<Wire>(Stop::Lost, At::Each);
}

#[test]
fn killed_at_any_call_of_a_deploy_one_more_run_makes_it_right() {
    stop_deploys::<Wire>(Stop::Killed, At::Each);
}

#[test]
fn killed_at_any_call_with_its_records_lost_a_name_is_enough_to_clean_up() {
    stop_deploys::<Wire>(Stop::KilledForgetful, At::Each);
}

#[test]
fn killed_at_any_call_of_a_cleanup_one_more_run_leaves_nothing() {
    stop_cleanups::<Wire>(Stop::Killed, At::Each);
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

/// Nothing that the backend asks is unknown to the server, and nothing is asked that it need not.
#[test]
fn the_program_asks_nothing_that_the_cloud_does_not_know() {
    let cloud = Wire::start().expect("it needs nothing but the program");
    let lane = Lane::new(&cloud, SPEC);
    ends_well(&lane);
    let unknown: Vec<Value> =
        cloud.calls().into_iter().filter(|call| call.get("unknown").is_some()).collect();
    assert_eq!(unknown, Vec::<Value>::new());
}
