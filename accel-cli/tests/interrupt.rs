//! Interrupted and killed: what is said, and that the same command goes on.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command};

use support::Bench;

/// Slow enough that nothing of what is waited for is ready before the signal arrives.
const SLOW: &str = "deploy lane.toml --yes --backend sim --cloud cloud.json --speed 3";

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Starts a slow deploy, and signals when its load balancer is being made. The rest of what it says comes with its exit code.
fn interrupted(bench: &Bench, signals: &[&str]) -> (Option<i32>, String) {
    let mut child = bench.program(SLOW).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("usually ready in") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended too early");
    }
    let mut rest = String::new();
    for name in signals {
        signal(&child, name);
        while !line.contains("stopping: ") && *name == "-INT" {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "it said nothing of the signal");
            rest.push_str(&line);
        }
    }
    said.read_to_string(&mut rest).unwrap();
    (child.wait().unwrap().code(), rest)
}

#[test]
fn the_first_interrupt_ends_cleanly_and_the_same_command_goes_on() {
    let bench = Bench::new();
    let (code, said) = interrupted(&bench, &["-INT"]);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("next: run `accel deploy lane.toml --backend sim"), "{said}");
    let again = bench.done("deploy lane.toml --yes --json").json();
    assert!(again["calls"]["by_verb"]["create"].as_u64().unwrap() < 46, "{}", again["calls"]);
    bench.done("status lane.toml --check");
    bench.done("cleanup lane.toml --yes");
}

#[test]
fn the_second_interrupt_ends_at_once() {
    let bench = Bench::new();
    let (code, said) = interrupted(&bench, &["-INT", "-INT"]);
    assert_eq!(code, Some(130), "{said}");
    bench.done("deploy lane.toml --yes");
    bench.done("status lane.toml --check");
}

#[test]
fn killed_it_goes_on_or_cleans_up() {
    for after in ["deploy lane.toml --yes", "cleanup lane.toml --yes"] {
        let bench = Bench::new();
        let (code, said) = interrupted(&bench, &["-KILL"]);
        assert_eq!(code, None, "{said}");
        bench.done(after);
        bench.done("cleanup lane.toml --yes");
        let left = bench.sim("status lane.toml --json").ended(0).json();
        assert_eq!(left["status"]["surplus"].as_array().unwrap().len(), 0);
    }
}

#[test]
fn another_run_of_the_same_lane_is_refused_and_a_look_is_not() {
    let bench = Bench::new();
    let mut child = bench.program(SLOW).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("usually ready in") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended too early");
    }
    let second = bench.sim("deploy lane.toml --yes").ended(1);
    assert!(second.stderr.contains("error: fenced"), "{}", second.stderr);
    let look = bench.done("status lane.toml");
    assert!(look.stderr.contains("another run is at work"), "{}", look.stderr);
    signal(&child, "-KILL");
    child.wait().unwrap();
}
