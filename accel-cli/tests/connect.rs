//! `accel connect`, run as a user runs it: tunnels to a service on loopback, refusals, and a command of its own.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "programs run in real time")]

#[path = "support/running.rs"]
mod running;
#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;

use running::Running;
use serde_json::Value;
use support::{Bench, finish};

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";

/// A zone that says hello to each connection.
fn zone() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A check closes at once.
            drop(stream.unwrap().write_all(b"hello"));
        }
    });
    address
}

fn write_settings(bench: &Bench, zone: SocketAddr) {
    let text = format!(
        r#"{{ "schema": "accel.lane-outputs.v1", "deployment": "jakarta", "generation": "g1", "entries": [{{
            "hosts": ["{HOST}"], "ports": [{}], "addresses": ["{}"], "allow_private": true }}] }}"#,
        zone.port(),
        zone.ip()
    );
    bench.write("lane.json", &text);
}

/// A proxy; dropped, it is killed.
struct Connected(Running);

impl Connected {
    fn start(bench: &Bench, options: &str) -> Self {
        let line = format!("connect --settings lane.json --listen 127.0.0.1:0 --json {options}");
        Self(Running::start(bench.program(&line), include_str!("../schemas/connect.v1.json")))
    }

    /// Where it listens.
    fn place(&self) -> &str {
        self.0.said("proxy").strip_prefix("http://").unwrap()
    }

    /// What comes back, to the end.
    fn ask(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(self.place()).unwrap();
        write!(stream, "{head}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn tunnel(&self, to: &str) -> String {
        self.ask(&format!("CONNECT {to} HTTP/1.1\r\nHost: {to}"))
    }
}

#[test]
fn a_host_of_the_lane_gets_a_tunnel_and_everything_else_is_refused() {
    let bench = Bench::new();
    let zone = zone();
    write_settings(&bench, zone);
    let lane = Connected::start(&bench, "");
    let through = lane.tunnel(&format!("{HOST}:{}", zone.port()));
    assert!(through.starts_with("HTTP/1.1 200") && through.ends_with("hello"), "{through}");
    for other in [format!("{HOST}:8443"), "sts.amazonaws.com:443".to_owned(), zone.to_string()] {
        let refused = lane.tunnel(&other);
        assert!(refused.starts_with("HTTP/1.1 403"), "{other}: {refused}");
        assert!(refused.contains("the lane does not carry") && refused.contains(HOST), "{refused}");
    }
    let clear = lane.ask(&format!("GET http://{HOST}/ HTTP/1.1\r\nHost: {HOST}"));
    assert!(clear.starts_with("HTTP/1.1 405"), "{clear}");
}

#[test]
fn it_tells_how_the_lane_is_to_this_machine_alone() {
    let bench = Bench::new();
    let zone = zone();
    write_settings(&bench, zone);
    let lane = Connected::start(&bench, "");
    let _through = lane.tunnel(&format!("{HOST}:{}", zone.port()));
    let answer = lane.ask(&format!("GET / HTTP/1.1\r\nHost: {}", lane.place()));
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["schema"], "accel.connect-status.v1");
    assert_eq!((&body["generation"], &body["counters"]["dialled"]), (&"g1".into(), &1.into()));
    assert_eq!(body["services"][0]["addresses"][0]["failures"], 0);
    // A name that somebody else makes point here, in a browser.
    let rebound = lane.ask("GET / HTTP/1.1\r\nHost: rebound.example");
    assert!(rebound.starts_with("HTTP/1.1 421"), "{rebound}");
}

#[test]
fn everything_else_is_let_through_only_if_asked() {
    let bench = Bench::new();
    let (inside, outside) = (zone(), zone());
    write_settings(&bench, inside);
    let lane = Connected::start(&bench, "--pass-through");
    let through = lane.tunnel(&outside.to_string());
    assert!(through.ends_with("hello"), "{through}");
}

#[test]
fn it_listens_on_this_machine_only() {
    let bench = Bench::new();
    write_settings(&bench, zone());
    let run = bench.run("connect --settings lane.json --listen 0.0.0.0:0").ended(2);
    assert!(run.stderr.contains("is not of this machine"), "{}", run.stderr);
}

#[test]
fn a_command_gets_the_proxy_and_its_exit_code_is_that_of_the_program() {
    let bench = Bench::new();
    write_settings(&bench, zone());
    bench.write("say", "echo \"$HTTPS_PROXY $NO_PROXY\"; exit 7");
    let mut program = bench.program("connect --settings lane.json -- sh say");
    program.env("NO_PROXY", "*").env("PATH", std::env::var_os("PATH").unwrap());
    let run = finish(program).ended(7);
    assert!(run.stdout.starts_with("http://127.0.0.1:"), "{}", run.stdout);
    assert!(!run.stdout.contains('*'), "nothing bypasses the lane: {}", run.stdout);
    bench.run("connect --settings lane.json -- no-such-command").ended(2);
}

#[test]
fn a_command_is_ended_with_the_program_and_told_if_it_has_not_used_the_lane() {
    let bench = Bench::new();
    write_settings(&bench, zone());
    let mut program = bench.program("connect --settings lane.json -- sleep 30");
    program.env("PATH", std::env::var_os("PATH").unwrap());
    let began = std::time::Instant::now();
    let child = program.spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(128 + 15));
    assert!(began.elapsed().as_secs() < 10);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("has opened no tunnel"), "{told}");
}

#[test]
fn an_interrupt_ends_it_with_a_sum() {
    let bench = Bench::new();
    write_settings(&bench, zone());
    let (code, told) = Connected::start(&bench, "").0.interrupt();
    assert_eq!(code, Some(0));
    assert_eq!(told, "0 through the lane, 0 the public way, 0 elsewhere, 0 failed\n");
}

#[test]
fn the_outputs_of_a_deploy_are_settings_that_may_expire() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes");
    let outputs = bench.done("outputs lane.toml --json --valid-for 1h");
    let expires = outputs.json()["expires"].as_str().unwrap().to_owned();
    bench.write("lane.json", &outputs.stdout);
    let lane = Connected::start(&bench, "");
    let carries = lane.tunnel("sts.amazonaws.com:443");
    assert!(carries.contains("runtime.sagemaker.ap-southeast-3.amazonaws.com:443"), "{carries}");

    let past = outputs.stdout.replace(&expires, "2020-01-01T00:00:00Z");
    bench.write("lane.json", &past);
    let lane = Connected::start(&bench, "");
    let refused = lane.tunnel(&format!("{HOST}:443"));
    assert!(
        refused.starts_with("HTTP/1.1 502") && refused.contains("expired at 2020"),
        "{refused}"
    );
    bench.sim("outputs lane.toml --json --valid-for 0d").ended(2);
    bench.sim("outputs lane.toml --valid-for 1h").ended(2);
}

#[test]
fn settings_that_cannot_be_used_are_refused_with_every_reason() {
    let bench = Bench::new();
    bench.write(
        "lane.json",
        r#"{ "schema": "accel.lane-outputs.v1", "entries": [{ "hosts": ["x"] }] }"#,
    );
    let run = bench.run("connect --settings lane.json").ended(2);
    for reason in ["entries[0].hosts[0]", "entries[0].dial", "accel outputs SPEC --json"] {
        assert!(run.stderr.contains(reason), "{}", run.stderr);
    }
    bench.run("connect --settings nothing.json").ended(2);
    bench.run("connect").ended(2);
}
