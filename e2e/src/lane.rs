//! One lane, or another deployment: its spec, its records, the program that builds it, and who judges it.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{collections::BTreeSet, thread};

use tempfile::TempDir;

use crate::program::KEY;
use crate::{Cloud, Cost, Host, LocalAws, Program, Run, python, root};

/// The spec that most tests use: everything that a lane has by default.
pub const SPEC: &str = r#"
name = "sagemaker-jakarta"
service_region = "ap-southeast-3"
entry_region = "ap-southeast-1"

[[services]]
name = "sagemaker.runtime"

[[allow]]
cidr = "203.0.113.0/24"
"#;

/// A lane of a spec in a local AWS.
#[derive(Debug)]
pub struct Lane<'a, C: LocalAws = Cloud> {
    /// Where it is.
    pub cloud: &'a C,
    /// What builds it.
    pub program: Program,
    window: String,
    place: TempDir,
    /// What was there before it, in a cloud that is not its own.
    before: Option<BTreeSet<String>>,
}

impl<'a, C: LocalAws> Lane<'a, C> {
    /// Writes the spec; calls nothing. The visibility window is one second: a local AWS hides nothing, or nothing for that long.
    ///
    /// # Panics
    ///
    /// If there is no temporary directory.
    #[must_use]
    pub fn new(cloud: &'a C, spec: &str) -> Self {
        let place = tempfile::tempdir().expect("a temporary directory");
        let program = Program::new(cloud.url(), place.path());
        let lane = Self { cloud, program, window: "1s".to_owned(), place, before: None };
        lane.change(spec);
        lane
    }

    /// A private egress in a network that somebody has, which is made for it.
    #[must_use]
    pub fn guest(cloud: &'a C) -> Self {
        let host = Host::new(cloud, KEY);
        let before = Some(cloud.left().into_iter().collect());
        Self { before, ..Self::new(cloud, &host.spec()) }
    }

    /// With another visibility window.
    #[must_use]
    pub fn window(self, window: &str) -> Self {
        Self { window: window.to_owned(), ..self }
    }

    /// Another spec from now on.
    ///
    /// # Panics
    ///
    /// If the file cannot be written.
    pub fn change(&self, spec: &str) {
        std::fs::write(self.spec(), spec).expect("the spec can be written");
    }

    fn spec(&self) -> PathBuf {
        self.place.path().join("lane.toml")
    }

    fn journal(&self) -> PathBuf {
        self.place.path().join("journal")
    }

    /// All records are gone.
    ///
    /// # Panics
    ///
    /// If they cannot be removed.
    pub fn lose_records(&self) {
        if self.journal().exists() {
            std::fs::remove_dir_all(self.journal()).expect("the records can be removed");
        }
    }

    fn arguments(&self, command: &str, more: &[&str]) -> Vec<String> {
        let (spec, journal) = (self.spec(), self.journal());
        let paths =
            [spec.display().to_string(), "--journal".to_owned(), journal.display().to_string()];
        let named = ["--window", &self.window];
        let rest = named.iter().chain(more).map(|&word| word.to_owned());
        [command.to_owned()].into_iter().chain(paths).chain(rest).collect()
    }

    /// Runs a command of the program on this lane.
    #[must_use]
    pub fn run(&self, command: &str, more: &[&str]) -> Run {
        self.program.run(&words(&self.arguments(command, more)))
    }

    /// Deploys, without questions.
    #[must_use]
    pub fn deploy(&self) -> Run {
        self.run("deploy", &["--yes"])
    }

    /// Cleans up, without questions.
    #[must_use]
    pub fn cleanup(&self) -> Run {
        self.run("cleanup", &["--yes"])
    }

    /// Runs a command that is killed right after its `position`th mutating call has taken effect.
    #[must_use]
    pub fn killed_at(&self, command: &str, position: u64) -> Run {
        let arguments = self.arguments(command, &["--yes"]);
        self.cloud.kill_at(&self.program, &words(&arguments), position)
    }

    /// Starts a command, without questions, and kills the program so long after.
    #[must_use]
    pub fn killed_after(&self, command: &str, after: Duration) -> Run {
        self.program.killed_after(&words(&self.arguments(command, &["--yes"])), after)
    }

    /// Runs a command and measures what it cost.
    #[must_use]
    pub fn measured(&self, command: &str, more: &[&str]) -> Cost {
        self.program.measured(&words(&self.arguments(command, more)))
    }

    /// The lane is what the spec says, and nothing else is there. A guest is judged by the program itself.
    ///
    /// # Panics
    ///
    /// With every difference, if there is one.
    #[track_caller]
    pub fn verify(&self) {
        if self.before.is_some() {
            return self.check();
        }
        let output = Command::new(python().expect("there is a local AWS, so there is Python"))
            .arg(root().join("rig/verify.py"))
            .args(["--url", &self.cloud.url(), "--spec"])
            .arg(self.spec())
            .output()
            .expect("the verifier starts");
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the lane differs from its spec:\n{said}{complaint}");
    }

    /// What was just changed may not show yet.
    #[track_caller]
    fn check(&self) {
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            let run = self.run("status", &["--check"]);
            if run.code() == Some(0) {
                return;
            }
            assert!(Instant::now() < until, "{}{}", run.stdout, run.stderr);
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Nothing is left in any region, and what was there before is as it was.
    ///
    /// # Panics
    ///
    /// With all that is left, changed or gone.
    #[track_caller]
    pub fn leaves_nothing(&self) {
        let left: BTreeSet<String> = self.cloud.left().into_iter().collect();
        let before = self.before.clone().unwrap_or_default();
        let differ: Vec<&String> = left.symmetric_difference(&before).collect();
        assert!(differ.is_empty(), "left behind, or not as before: {differ:#?}");
    }
}

fn words(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}
