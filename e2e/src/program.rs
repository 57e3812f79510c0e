//! The program `accel`, run as a user runs it, and what a run cost.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{python, root};

/// The program's own access key, and with it its account.
pub(crate) const KEY: &str = "AKIARIGDEFAULT";

/// The program, with an environment of its own: no profile, no cache and no credentials but dummies.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    url: String,
    home: PathBuf,
}

/// One run that has ended.
#[derive(Debug)]
pub struct Run {
    /// How it ended.
    pub status: ExitStatus,
    /// Its results.
    pub stdout: String,
    /// What it told on the way.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Run {
    /// Its exit code; `None` if it was killed.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The same run.
    ///
    /// # Panics
    ///
    /// If it did not end with this code.
    #[must_use]
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(self.code(), Some(code), "stderr:\n{stderr}\nstdout:\n{stdout}");
        self
    }
}

/// What a run cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Exit code.
    pub code: i64,
    /// Wall time, seconds.
    pub wall_s: f64,
    /// CPU time in user and kernel mode, seconds.
    pub cpu_s: f64,
    /// Most memory at once, megabytes.
    pub peak_mb: f64,
}

impl Program {
    /// The program of `ACCEL_BIN`; without that, the one that was built together with the tests; without that, the one that
    /// `cargo build` makes here; for the local AWS at `url`.
    #[must_use]
    pub fn new(url: String, home: &Path) -> Self {
        Self { path: binary(), url, home: home.to_path_buf() }
    }

    /// Runs it to its end.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Run {
        finish(self.start(arguments), Instant::now())
    }

    /// Starts it, lets `prepare` know its process before it does anything, and waits for its end.
    ///
    /// The process leads a group of its own.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn run_held(&self, arguments: &[&str], prepare: impl FnOnce(u32)) -> Run {
        // The shell becomes the program when it has read a line: the process is the same.
        let mut command = Command::new("sh");
        command.args(["-c", r#"read -r go && exec "$0" "$@""#]).arg(&self.path).args(arguments);
        let mut child = self.dress(&mut command).stdin(Stdio::piped()).spawn().expect("sh starts");
        prepare(child.id());
        let mut stdin = child.stdin.take().expect("its standard input is a pipe");
        stdin.write_all(b"go\n").expect("sh reads a line");
        finish(child, Instant::now())
    }

    /// Starts it and kills it so long after, wherever it is then. Without an exit code it was killed; with one it was faster.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn killed_after(&self, arguments: &[&str], after: Duration) -> Run {
        let began = Instant::now();
        let mut child = self.start(arguments);
        sleep(after.saturating_sub(began.elapsed()));
        child.kill().expect("a child that nobody has waited for can be killed");
        finish(child, began)
    }

    /// Runs it to its end and measures what that cost.
    ///
    /// # Panics
    ///
    /// If there is no Python, which whoever has a local AWS has.
    #[must_use]
    pub fn measured(&self, arguments: &[&str]) -> Cost {
        cost_of(&self.path, arguments, |command| {
            self.dress(command);
        })
    }

    /// Starts it and kills it as soon as `seen` says so. Without an exit code it was killed; with one it ended before.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn killed_once(&self, arguments: &[&str], seen: impl Fn() -> bool) -> Run {
        let began = Instant::now();
        let mut child = self.start(arguments);
        while matches!(child.try_wait(), Ok(None)) {
            if seen() {
                child.kill().expect("a child that nobody has waited for can be killed");
                break;
            }
            sleep(Duration::from_millis(10));
        }
        finish(child, began)
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(&self.path);
        command.args(arguments).stdin(Stdio::null());
        self.dress(&mut command).spawn().expect("the program starts")
    }

    fn dress<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
    }
}

fn finish(child: Child, began: Instant) -> Run {
    let output = child.wait_with_output().expect("a child can be waited for");
    Run {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        took: began.elapsed(),
    }
}

/// Runs any program to its end and measures what that cost; `dress` gives it its surroundings.
///
/// # Panics
///
/// If there is no Python.
#[must_use]
pub fn cost_of(program: &Path, arguments: &[&str], dress: impl FnOnce(&mut Command)) -> Cost {
    let mut command = Command::new(python().expect("there is Python, which measures"));
    command.arg(root().join("rig/measure.py")).arg(program).args(arguments);
    dress(&mut command);
    let output = command.output().expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let cost: Value = serde_json::from_str(&said).expect("measure.py prints JSON");
    let number = |field: &str| cost[field].as_f64().expect("a number");
    Cost {
        code: cost["code"].as_i64().expect("an exit code"),
        wall_s: number("wall_s"),
        cpu_s: number("cpu_s"),
        peak_mb: number("peak_mb"),
    }
}

/// Where the program is: that of `ACCEL_BIN`; without that, the one that was built together with the tests; without that, the one that
/// `cargo build` makes here.
pub fn binary() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    match std::env::var_os("ACCEL_BIN") {
        Some(path) => PathBuf::from(path),
        None => BUILT.get_or_init(|| beside().unwrap_or_else(build)).clone(),
    }
}

/// The program that the README's test command has built beside the test: a build of its own would compile the SDK once more.
fn beside() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    let program = test.parent()?.parent()?.join("accel");
    program.is_file().then_some(program)
}

/// Builds the program, with optimisation where this crate is built with it: a benchmark measures what is released.
fn build() -> PathBuf {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["build", "--locked", "--package", "accel-lane", "--bin", "accel"])
        .args(["--profile", profile])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "the program does not build");
    let messages = String::from_utf8_lossy(&output.stdout);
    let built = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut executables = built.filter_map(|built| Some(built["executable"].as_str()?.to_owned()));
    PathBuf::from(executables.next_back().expect("cargo names the executable"))
}
