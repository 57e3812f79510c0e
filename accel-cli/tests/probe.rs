//! `accel probe`, against a lane on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use accel_lab::{Answer, Authority, Lane, Seen, Service};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
const ZONES: [std::net::Ipv4Addr; 2] =
    [std::net::Ipv4Addr::new(127, 0, 0, 31), std::net::Ipv4Addr::new(127, 0, 0, 32)];

/// A lane on loopback whose direct way is slower, and the program beside it.
struct Scene {
    runtime: Runtime,
    authority: Authority,
    _service: Service,
    lane: Lane,
}

impl Scene {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let authority = Authority::new();
        let answers = |seen: &Seen| {
            let is_direct = seen.from.ip() == std::net::Ipv4Addr::LOCALHOST;
            Answer::unsigned().after(Duration::from_millis(if is_direct { 40 } else { 1 }))
        };
        let (service, lane) = runtime.block_on(async {
            let service = Service::start(&authority.identity(&[HOST]), answers).await;
            let address = service.address();
            let lane = Lane::start_at(&ZONES, address.port(), address, None).unwrap();
            (service, lane)
        });
        let scene = Self { runtime, authority, _service: service, lane };
        scene.settle(|_| {});
        scene
    }

    fn file(&self, name: &str) -> PathBuf {
        self.authority.folder().join(name)
    }

    /// Writes the settings, altered.
    fn settle(&self, alter: impl FnOnce(&mut Value)) {
        let mut settings: Value = serde_json::from_str(&self.lane.settings(&[HOST])).unwrap();
        alter(&mut settings);
        std::fs::write(self.file("lane.json"), settings.to_string()).unwrap();
    }

    fn probe(&self, more: &[&str]) -> Output {
        let direct = format!("{HOST}=127.0.0.1");
        Command::new(env!("CARGO_BIN_EXE_accel"))
            .args(["probe", "--settings", "lane.json", "--direct", &direct, "--ca", "ca.pem"])
            .args(more)
            .current_dir(self.authority.folder())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

fn ended(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_verdict_comes_first_and_a_requirement_is_an_exit_code() {
    let scene = Scene::new();
    let said = ended(&scene.probe(&["--pairs", "12", "--require", "faster"]), 0);
    let first = said.lines().next().unwrap();
    assert!(first.starts_with("sagemaker.runtime: the lane is faster: "), "{said}");
    for part in ["connect", "first byte", "total", "p95", "127.0.0.31", "12 × 403"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
    let few = scene.probe(&["--pairs", "3", "--require", "not-slower"]);
    assert!(ended(&few, 3).contains("it is unclear"), "three pairs prove nothing");
}

#[test]
fn a_way_that_cannot_be_measured_is_an_exit_code() {
    let scene = Scene::new();
    scene.runtime.block_on(scene.lane.die());
    let output = scene.probe(&["--pairs", "2", "--json"]);
    let document: Value = serde_json::from_str(&ended(&output, 1)).unwrap();
    let lane = &document["services"][0]["lane"];
    assert_eq!((&lane["answered"], &lane["failures"][0]["layer"]), (&json!(0), &json!("connect")));
}

#[test]
fn what_the_settings_do_not_know_is_refused() {
    let scene = Scene::new();
    for more in
        [["--host", "other.example.com"], ["--ca", "none.pem"], ["--report", "no/such/a.html"]]
    {
        ended(&scene.probe(&more), 2);
    }
    scene.settle(|settings| settings["expires"] = json!("2020-01-01T00:00:00Z"));
    ended(&scene.probe(&[]), 2);
}

/// The page holds text of others, and fetches nothing.
#[test]
fn the_page_stands_alone_and_escapes_what_others_wrote() {
    let scene = Scene::new();
    scene.settle(|settings| {
        settings["entries"][0]["service"] = json!("<img src=x onerror=alert(1)>");
    });
    ended(&scene.probe(&["--pairs", "12", "--report", "probe.html"]), 0);
    let page = std::fs::read_to_string(scene.file("probe.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("The lane is faster"));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    for foreign in ["<img", "<script", "src=\"", "url(", "@import", "<link"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert_eq!(page.matches("<svg").count(), 3);
    for svg in page.split("<svg").skip(1) {
        let svg = format!("<svg{}</svg>", svg.split("</svg>").next().unwrap());
        roxmltree::Document::parse(&svg).unwrap();
    }
}
