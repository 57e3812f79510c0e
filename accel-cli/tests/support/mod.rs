//! The program as its users run it, on a simulated cloud in a folder of the test's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A spec like the one in the examples.
pub(crate) const LANE: &str = r#"
name = "lane"
service_region = "ap-southeast-3"
entry_region = "ap-southeast-1"
services = [{ name = "sagemaker.runtime" }]
allow = [{ cidr = "203.0.113.0/24" }]
"#;

/// What the program has said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// The document on stdout, which holds nothing else.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }
}

/// A folder with a spec and a cloud.
#[derive(Debug)]
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.write("lane.toml", LANE);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program in the folder, with nothing of this process's environment.
    pub(crate) fn program(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accel"));
        command.args(line.split_whitespace()).current_dir(self.folder()).env_clear();
        command.env("HOME", self.folder());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program without any cloud.
    pub(crate) fn run(&self, line: &str) -> Said {
        finish(self.program(line))
    }

    /// Runs the program on the simulated cloud, as fast as it goes.
    pub(crate) fn sim(&self, line: &str) -> Said {
        self.run(&format!("{line} --backend sim --cloud cloud.json --speed 0"))
    }

    /// The same, which must end well.
    #[track_caller]
    pub(crate) fn done(&self, line: &str) -> Said {
        self.sim(line).ended(0)
    }
}

pub(crate) fn finish(mut command: Command) -> Said {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}
