//! One local AWS, as a process that ends with this one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{control, python, root};

/// A running local AWS. Dropped, it ends; and it ends by itself when this process does, however that happens.
#[derive(Debug)]
pub struct Cloud {
    process: Child,
    port: u16,
    /// Where its port is written, and whatever else a test writes.
    pub place: TempDir,
}

/// How long provisioning takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// No time at all.
    None,
    /// Endpoint 12 s, load balancer 18 s, peering connection 1 s.
    Scaled,
    /// Endpoint 60 s, load balancer 90 s, peering connection 3 s: as measured at AWS.
    Real,
}

/// What goes wrong. See `Fault` in `rig/settings.py`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Throttled; nothing happens.
    Refuse,
    /// Not now; nothing happens.
    Busy,
    /// It happens, and the answer is lost.
    Lose,
    /// It happens, and then the program is killed.
    Kill,
    /// The credentials have expired.
    Expire,
    /// The action is not allowed.
    Deny,
}

/// A kind of fault, and when it strikes.
#[derive(Debug, Clone)]
pub struct Fault(Value);

impl Fault {
    /// A fault that never strikes yet.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        let mode = match mode {
            Mode::Refuse => "refuse",
            Mode::Busy => "busy",
            Mode::Lose => "lose",
            Mode::Kill => "kill",
            Mode::Expire => "expire",
            Mode::Deny => "deny",
        };
        Self(json!({ "mode": mode }))
    }

    /// With one more field of `Fault` in `rig/settings.py`.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0[field] = value.into();
        self
    }
}

/// Counters of calls since the last reset.
#[derive(Debug, Clone)]
pub struct Stats {
    /// All of them.
    pub calls: u64,
    /// Those that may change something.
    pub mutating: u64,
    /// `region service:Action` of those, in their order.
    pub mutations: Vec<String>,
    /// How often each `service:Action` was called.
    pub by_action: BTreeMap<String, u64>,
    /// As the local AWS gave them.
    pub whole: Value,
}

/// Something that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its kind.
    pub kind: String,
    /// Its id or ARN.
    pub id: String,
}

impl Cloud {
    /// Starts one; `None` where Python or its packages cannot be had, which was said then.
    ///
    /// # Panics
    ///
    /// If it was made and does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let python = python()?;
        let place = tempfile::tempdir().expect("a temporary directory");
        let ready = place.path().join("ready");
        let log = std::fs::File::create(place.path().join("cloud.log")).expect("a log file");
        let process = Command::new(python)
            .arg(root().join("rig/cloud.py"))
            .arg("--ready-file")
            .arg(&ready)
            // It ends when this pipe does.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the local AWS starts");
        let mut cloud = Self { process, port: 0, place };
        cloud.port = cloud.wait_until_ready(&ready);
        Some(cloud)
    }

    fn wait_until_ready(&mut self, ready: &Path) -> u16 {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if let Ok(port) = std::fs::read_to_string(ready) {
                return port.trim().parse().expect("a port");
            }
            let ended = self.process.try_wait().expect("its state can be asked for");
            assert!(ended.is_none(), "the local AWS has ended: {}", self.log());
            assert!(Instant::now() < deadline, "the local AWS is not ready: {}", self.log());
            sleep(Duration::from_millis(50));
        }
    }

    /// What it complained about.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.place.path().join("cloud.log")).unwrap_or_default()
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Changes some of `Settings` in `rig/settings.py`.
    pub fn set(&self, settings: &Value) {
        control::ask(self.port, "settings", settings);
    }

    /// Sets the distance of each call and the time of provisioning.
    pub fn slow(&self, latency_ms: u32, preset: Preset) {
        let preset = match preset {
            Preset::None => "none",
            Preset::Scaled => "scaled",
            Preset::Real => "real",
        };
        self.set(&json!({ "latency_ms": latency_ms, "preset": preset }));
    }

    /// Lets these faults strike, and no others; counts positions anew.
    pub fn break_at(&self, faults: impl IntoIterator<Item = Fault>) {
        let faults: Vec<Value> = faults.into_iter().map(|fault| fault.0).collect();
        self.set(&json!({ "faults": faults }));
    }

    /// Lets one more fault strike; positions count on.
    pub fn add_fault(&self, fault: &Fault) {
        control::ask(self.port, "fault", &fault.0);
    }

    /// Nothing goes wrong any more.
    pub fn mend(&self) {
        self.break_at([]);
    }

    /// Counters from zero.
    pub fn count_anew(&self) {
        control::ask(self.port, "reset", &json!({}));
    }

    /// Nothing is there any more.
    pub fn empty(&self) {
        control::ask(self.port, "reset", &json!({ "cloud": true }));
    }

    /// The counters.
    ///
    /// # Panics
    ///
    /// If the local AWS speaks another language.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let whole = control::ask(self.port, "stats", &json!({}));
        let mutations = whole["mutations"].as_array().expect("a list of calls");
        Stats {
            calls: whole["calls"].as_u64().expect("a number"),
            mutating: whole["mutating"].as_u64().expect("a number"),
            mutations: mutations.iter().map(text).collect(),
            by_action: serde_json::from_value(whole["by_action"].clone()).expect("counters"),
            whole,
        }
    }

    /// Every call with its time, status and error.
    #[must_use]
    pub fn calls(&self) -> Value {
        control::ask(self.port, "log", &json!({}))
    }

    /// All that is there and no account is born with.
    ///
    /// # Panics
    ///
    /// If the local AWS speaks another language.
    #[must_use]
    pub fn inventory(&self) -> Vec<Thing> {
        let things = control::ask(self.port, "inventory", &json!({}));
        let things = things.as_array().expect("a list of things").iter();
        let mut things: Vec<_> = things
            .map(|thing| Thing {
                account: text(&thing["account"]),
                region: text(&thing["region"]),
                kind: text(&thing["kind"]),
                id: text(&thing["id"]),
            })
            .collect();
        things.sort();
        things
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // The end of its standard input is its end; a second later it is asked no more.
        drop(self.process.stdin.take());
        for _ in 0..20 {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        if self.process.kill().is_ok() {
            let ended = self.process.wait();
            debug_assert!(ended.is_ok(), "a killed child can be waited for");
        }
    }
}
