//! The probe's figures beside the truth: links whose delay, jitter and loss are set, with real TCP at both ends.
//!
//! Each scenario runs in networks of its own: this test starts itself again in an empty network (the client, with the links), and that
//! one starts itself again in another (the server). Where a machine has no such networks, that is said.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path as FilePath, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use accel_client::Settings;
use accel_client::probe::{Options, Percentiles, Report, ServiceReport, Stage, Trust, probe};
use accel_lab::link::{Far, Line, Lines, Path, alone, unavailable};
use accel_lab::{Answer, Authority, Service};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
const PORT: u16 = 8443;
const PUBLIC: Ipv4Addr = Ipv4Addr::new(10, 77, 1, 2);
const ZONES: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 77, 2, 2), Ipv4Addr::new(10, 77, 2, 3)];

/// Which part of a scenario a process plays, which scenario, and where its files are.
const ROLE: &str = "ACCEL_TRUTH_ROLE";
const SCENARIO: &str = "ACCEL_TRUTH_SCENARIO";
const FOLDER: &str = "ACCEL_TRUTH_FOLDER";
const PAIRS: &str = "ACCEL_TRUTH_PAIRS";

/// How far the measured difference may be from the true one.
const ERROR_MAX: f64 = 0.05;

/// How far from its interval the truth may be, per round trip: timers are that coarse, and of two packets that belong together the later
/// one counts.
const TRIP_MS: f64 = 1.0;

/// The long public path: a round trip of 160 ms, jitter up to 4 ms each way.
fn long() -> Path {
    Path::of_round_trip(Duration::from_millis(160), Duration::from_millis(4))
}

/// The entry, 20 ms, and the backbone, 60 ms, with jitter up to 1 ms each way.
fn short() -> Path {
    Path::of_round_trip(Duration::from_millis(20 + 60), Duration::from_millis(1))
}

/// The public path and the lane of a scenario.
fn paths(scenario: &str) -> (Path, Path) {
    match scenario {
        "faster" => (long(), short()),
        "slower" => (short(), long()),
        "same" => (short(), Path { seed: 2, ..short() }),
        "lossy" => (long().losing(0.01), short()),
        other => panic!("no scenario {other}"),
    }
}

#[test]
fn the_probe_finds_what_the_links_are() {
    if let Some(why) = unavailable() {
        not_run(&why);
        return;
    }
    // The links are programs: where others take the processor from them, packets are late. So it is measured up to three times.
    let mut wrong = Vec::new();
    for _ in 0..3 {
        let found = measure(&[("faster", 40), ("slower", 40), ("same", 40), ("lossy", 80)]);
        told_as_a_table(&found);
        let problems = problems(&found);
        if problems.is_empty() {
            return;
        }
        wrong.push(problems);
    }
    panic!("{wrong:#?}");
}

/// Where the probe's figures are not those of the links.
fn problems(found: &BTreeMap<String, Value>) -> Vec<String> {
    let mut problems = Vec::new();
    for scenario in ["faster", "slower"] {
        for row in rows(scenario, &found[scenario]) {
            let Row { stage, trips, truth, measured, low, high, .. } = row;
            let error = (measured / truth - 1.0).abs();
            let is_held = (low - trips * TRIP_MS..=high + trips * TRIP_MS).contains(&truth);
            if error > ERROR_MAX || !is_held {
                problems
                    .push(format!("{scenario}: {stage}: {measured}, {low} to {high}, not {truth}"));
            }
        }
    }
    for (scenario, verdict) in
        [("faster", "faster"), ("slower", "slower"), ("same", "same"), ("lossy", "faster")]
    {
        let said = &found[scenario]["verdict"];
        if said != verdict {
            problems.push(format!("{scenario}: the verdict is {said}"));
        }
    }
    let p99 = |scenario: &str| number(&found[scenario]["stages"]["total"]["direct_p99"]);
    if p99("lossy") <= p99("faster") + 150.0 {
        problems.push(format!("p99 with loss {}, without {}", p99("lossy"), p99("faster")));
    }
    problems
}

/// For the docs: as above with more pairs, and told as a table.
#[test]
#[ignore = "takes five minutes; prints the table of the docs"]
fn the_table_of_the_docs() {
    if let Some(why) = unavailable() {
        not_run(&why);
        return;
    }
    let found = measure(&[("faster", 300), ("slower", 300), ("same", 300), ("lossy", 300)]);
    told_as_a_table(&found);
}

#[expect(clippy::print_stderr, reason = "nobody reads of what was not tested otherwise")]
fn not_run(why: &str) {
    eprintln!("NOT RUN: the probe beside the truth: {why}");
}

#[expect(clippy::print_stderr, reason = "what a test has measured is for people")]
fn told_as_a_table(found: &BTreeMap<String, Value>) {
    eprintln!("| links | stage | true difference | measured | error | 95 % interval | verdict |");
    eprintln!("| --- | --- | --- | --- | --- | --- | --- |");
    for (scenario, result) in found {
        for row in rows(scenario, result) {
            let Row { stage, truth, measured, low, high, raw, .. } = row;
            let error = if truth == 0.0 {
                "-".to_owned()
            } else {
                format!("{:+.2} %", 100.0 * (measured / truth - 1.0))
            };
            let raw = raw.map(|raw| format!(" (raw TCP {raw:+.1})")).unwrap_or_default();
            eprintln!(
                "| {scenario} | {stage} | {truth:+.1} ms{raw} | {measured:+.1} ms | {error} | {low:+.1} to {high:+.1} | {} |",
                result["verdict"].as_str().unwrap()
            );
        }
    }
    for (scenario, result) in found {
        let total = &result["stages"]["total"];
        eprintln!("{scenario}: total of the direct way: {}", total["direct"].as_str().unwrap());
        eprintln!("{scenario}: total of the lane: {}", total["lane"].as_str().unwrap());
        eprintln!("{scenario}: failures: {}", result["failures"]);
    }
}

/// One line of the table.
struct Row {
    stage: &'static str,
    trips: f64,
    truth: f64,
    measured: f64,
    low: f64,
    high: f64,
    raw: Option<f64>,
}

/// Every stage is one round trip: TCP, TLS 1.3, and a request with its answer. What servers and clients compute is alike on both ways.
fn rows(scenario: &str, result: &Value) -> Vec<Row> {
    let (public, lane) = paths(scenario);
    let millis = |path: Path| path.round_trip().as_secs_f64() * 1000.0;
    let trip = millis(lane) - millis(public);
    let raw = number(&result["raw"]);
    let row = |stage: &'static str, trips: f64, raw: Option<f64>| {
        let found = &result["stages"][stage];
        let of = |name: &str| number(&found[name]);
        let (measured, low, high) = (of("difference"), of("low"), of("high"));
        Row { stage, trips, truth: trips * trip, measured, low, high, raw }
    };
    vec![
        row("connect", 1.0, Some(raw)),
        row("tls", 1.0, None),
        row("first_byte", 1.0, None),
        row("total", 3.0, None),
    ]
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// Runs scenarios at the same time, each in networks of its own.
fn measure(scenarios: &[(&str, u32)]) -> BTreeMap<String, Value> {
    let folder = tempfile::tempdir().unwrap();
    let running: Vec<_> = scenarios
        .iter()
        .map(|(scenario, pairs)| {
            let folder = folder.path().join(scenario);
            std::fs::create_dir(&folder).unwrap();
            let mut command = again("client", scenario, &folder);
            let child = command.env(PAIRS, pairs.to_string()).stdin(Stdio::null()).spawn().unwrap();
            ((*scenario).to_owned(), folder, child)
        })
        .collect();
    let ended = running.into_iter().map(|(scenario, folder, mut child)| {
        assert!(child.wait().unwrap().success(), "{scenario} ended badly");
        let text = std::fs::read_to_string(folder.join("found.json")).unwrap();
        (scenario, serde_json::from_str(&text).unwrap())
    });
    ended.collect()
}

/// This test program again, in a network of its own, to play a part.
fn again(role: &str, scenario: &str, folder: &FilePath) -> Command {
    let mut command = alone(&std::env::current_exe().unwrap());
    command.args(["--exact", "a_part_in_a_network_of_its_own", "--ignored", "--nocapture"]);
    command.env(ROLE, role).env(SCENARIO, scenario).env(FOLDER, folder).stdout(Stdio::null());
    command
}

#[test]
#[ignore = "a part of the others: they start it in a network of its own"]
fn a_part_in_a_network_of_its_own() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let scenario = std::env::var(SCENARIO).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match role.as_str() {
            "client" => client(&scenario, &folder).await,
            "server" => server(&folder).await,
            other => panic!("no part {other}"),
        }
    });
}

/// Serves until the client has gone: then its end of the pipe is closed.
async fn server(folder: &FilePath) {
    let authority = Authority::new();
    let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT));
    let identity = authority.identity(&[HOST]);
    let _service = Service::start_at(anywhere, &identity, |_| Answer::unsigned()).await.unwrap();
    // Renamed into place: the client never reads a half of it.
    std::fs::write(folder.join("ca.new"), authority.pem()).unwrap();
    std::fs::rename(folder.join("ca.new"), folder.join("ca.pem")).unwrap();
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    drop(gone.await);
}

/// A server that ends with this process.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        drop(self.0.wait());
    }
}

async fn client(scenario: &str, folder: &FilePath) {
    let served = again("server", scenario, folder).stdin(Stdio::piped()).spawn().unwrap();
    let served = Served(served);
    let pem = written(&folder.join("ca.pem")).await;
    let (public, lane) = paths(scenario);
    let lines = [
        Line { name: "pub", near: [10, 77, 1, 1].into(), far: vec![PUBLIC], path: public },
        Line { name: "lane", near: [10, 77, 2, 1].into(), far: ZONES.to_vec(), path: lane },
    ];
    let _lines = Lines::start(&lines, Far { process: served.0.id() }).unwrap();
    let raw = raw_difference().await;

    let settings = accel_lab::settings(&[HOST], PORT, &ZONES);
    let settings = Settings::parse(&settings.to_string()).unwrap();
    let trust = Trust::system_and(&[pem]).unwrap();
    let options = Options {
        pairs: std::env::var(PAIRS).unwrap().parse().unwrap(),
        direct: [(HOST.to_owned(), IpAddr::V4(PUBLIC))].into(),
        pause: Duration::from_millis(20),
        ..Options::default()
    };
    let report = probe(&settings, &trust, &options).await;
    std::fs::write(folder.join("found.json"), found(&report, raw).to_string()).unwrap();
}

async fn written(path: &FilePath) -> Vec<u8> {
    for _ in 0..1000 {
        if let Ok(bytes) = std::fs::read(path) {
            return bytes;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("the server does not come up")
}

/// What the links do to a TCP connection, lane less public, without any of the probe's code: medians of 20 each.
async fn raw_difference() -> f64 {
    let (mut public, mut lane) = (Vec::new(), Vec::new());
    for turn in 0..21 {
        for (address, times) in [(PUBLIC, &mut public), (ZONES[turn % 2], &mut lane)] {
            let began = Instant::now();
            let connecting = TcpStream::connect((address, PORT));
            let stream = timeout(Duration::from_secs(10), connecting).await.unwrap().unwrap();
            times.push(began.elapsed().as_secs_f64() * 1000.0);
            drop(stream);
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    median(&mut lane) - median(&mut public)
}

fn found(report: &Report, raw: f64) -> Value {
    let service: &ServiceReport = &report.services[0];
    let stage = |stage: Stage| {
        let comparison = service.stage(stage).unwrap();
        let interval = comparison.difference.p50.interval.unwrap();
        json!({
            "difference": comparison.difference.p50.value,
            "low": interval.low,
            "high": interval.high,
            "direct_p99": comparison.direct.p99.value,
            "direct": told(comparison.direct),
            "lane": told(comparison.lane),
        })
    };
    let stages = [Stage::Connect, Stage::Tls, Stage::FirstByte, Stage::Total];
    let stages: BTreeMap<_, _> = stages.iter().map(|it| (it.as_str(), stage(*it))).collect();
    json!({
        "verdict": service.verdict.judgement.as_str(),
        "sentence": service.verdict.to_string(),
        "raw": raw,
        "stages": stages,
        "failures": { "direct": service.direct.failed(), "lane": service.lane.failed() },
    })
}

fn told(percentiles: Percentiles) -> String {
    let Percentiles { p50, p95, p99 } = percentiles;
    format!("p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms", p50.value, p95.value, p99.value)
}
