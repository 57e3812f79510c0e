//! The simulated cloud on the wire, as a process of the program's own: `accel cloud serve`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::program::binary;
use crate::{LocalAws, Program, Run, control};

/// A served cloud: every rule, delay and lag of it, thirty times as fast as AWS. What AWS may hide for 30 seconds is hidden for one.
/// Dropped, it ends.
#[derive(Debug)]
pub struct Wire {
    process: Child,
    port: u16,
    token: String,
}

impl Wire {
    /// Starts one with these options of `accel cloud serve`.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn serve(options: &[&str]) -> Self {
        let mut process = Command::new(binary())
            .args(["cloud", "serve", "--listen", "127.0.0.1:0", "--json"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let said = BufReader::new(process.stdout.take().expect("its standard output is a pipe"));
        let mut text = String::new();
        for line in said.lines() {
            text += &line.expect("it says where it listens");
            if text.ends_with('}') {
                break;
            }
        }
        let said: Value = serde_json::from_str(&text).expect("it says where it listens, as JSON");
        let field = |name: &str| said[name].as_str().expect("a text").to_owned();
        let (_, port) = field("url").rsplit_once(':').map(own).expect("a port");
        let port = port.parse().expect("a port");
        Self { process, port, token: field("token") }
    }

    fn control(&self, what: &str, body: &str) -> String {
        control::cloud(self.port, &self.token, what, body)
    }

    /// What goes wrong, as rules; counting starts anew.
    pub fn set_faults(&self, rules: &str) {
        self.control("PUT faults", rules);
    }

    /// Changes settings: what is named, in milliseconds.
    pub fn set(&self, settings: &Value) {
        self.control("PUT settings", &settings.to_string());
    }

    /// The calls so far.
    ///
    /// # Panics
    ///
    /// If a line of the log is no JSON.
    #[must_use]
    pub fn calls(&self) -> Vec<Value> {
        let lines = self.control("GET calls", "");
        lines.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }
}

fn own((a, b): (&str, &str)) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

impl LocalAws for Wire {
    const AT_ONCE: usize = 24;

    fn start() -> Option<Self> {
        Some(Self::serve(&["--speed", "30"]))
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn ask(&self, key: &str, region: &str, form: &str) -> Result<String, String> {
        control::call(self.port, key, region, form)
    }

    fn begin_anew(&self) {
        self.control("POST reset", "");
    }

    fn mend(&self) {
        self.set_faults("");
    }

    fn mutating(&self) -> u64 {
        let counts: Value = serde_json::from_str(&self.control("GET counts", "")).expect("counts");
        counts["mutating"].as_u64().expect("a number")
    }

    fn lose(&self, position: u64) {
        self.set_faults(&format!("mutating#{position}=reset-after"));
    }

    fn kill_at(&self, program: &Program, arguments: &[&str], position: u64) -> Run {
        self.set_faults(&format!("mutating#{position}=hang-after"));
        program.killed_once(arguments, || {
            self.control("GET calls?last=20", "").contains("\"fault\":\"hang-after\"")
        })
    }

    fn left(&self) -> Vec<String> {
        // The first line is the time.
        self.control("GET world", "").lines().skip(1).map(str::to_owned).collect()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
