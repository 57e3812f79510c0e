//! Who is tested, where each comes from, and how it is started.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use accel_client::recipe::Language;

/// One client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Boto3,
    Curl,
    NodeHttps,
    NodeSdk,
    GoSdk,
    Java,
}

/// The packages of Debian, as Debian 12 names them.
const GO: [&str; 5] = [
    "golang-1.19-go",
    "golang-1.19-src",
    "golang-github-aws-aws-sdk-go-v2-dev",
    "golang-github-aws-smithy-go-dev",
    "golang-github-jmespath-go-jmespath-dev",
];
const JAVA: [&str; 7] = [
    "libhttpclient-java",
    "libhttpcore-java",
    "libcommons-logging-java",
    "libcommons-codec-java",
    "libjackson2-core-java",
    "libjackson2-databind-java",
    "libjackson2-annotations-java",
];

impl Client {
    pub(crate) const ALL: [Self; 6] =
        [Self::Boto3, Self::Curl, Self::NodeHttps, Self::NodeSdk, Self::GoSdk, Self::Java];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boto3 => "boto3",
            Self::Curl => "curl",
            Self::NodeHttps => "Node `https`",
            Self::NodeSdk => "AWS SDK for JavaScript v3",
            Self::GoSdk => "AWS SDK for Go v2",
            Self::Java => "Java, Apache HttpClient 4",
        }
    }

    pub(crate) fn language(self) -> Language {
        match self {
            Self::Boto3 => Language::Python,
            Self::Curl => Language::Curl,
            Self::NodeHttps | Self::NodeSdk => Language::Node,
            Self::GoSdk => Language::Go,
            Self::Java => Language::Java,
        }
    }

    /// Whether its requests are signed by an SDK; the others bring a header that looks like it.
    pub(crate) fn signs(self) -> bool {
        matches!(self, Self::Boto3 | Self::NodeSdk | Self::GoSdk)
    }

    /// Whether it keeps connections for its next call.
    pub(crate) fn keeps_alive(self) -> bool {
        self != Self::Curl
    }

    /// Where its parts are, made if they can be made here; else why not.
    pub(crate) fn obtain(self) -> Result<PathBuf, String> {
        let lab = root().join("target/lab");
        match self {
            Self::Boto3 => {
                let mut setup = Command::new(root().join("rig/setup.sh"));
                let wanted = here().join("requirements.txt");
                let made = said(setup.arg(root().join("target/rig/venv-lab")).arg(wanted))?;
                Ok(PathBuf::from(made.trim()))
            }
            Self::Curl => {
                for program in ["curl", "jq", "bash"] {
                    said(Command::new(program).arg("--version"))?;
                }
                Ok(PathBuf::from("bash"))
            }
            Self::NodeHttps => said(Command::new("node").arg("--version")).map(|_| lab),
            Self::NodeSdk => {
                let node = lab.join("node");
                fs::create_dir_all(&node).map_err(|error| error.to_string())?;
                fs::copy(here().join("package.json"), node.join("package.json"))
                    .map_err(|error| error.to_string())?;
                let install = ["install", "--no-audit", "--no-fund", "--prefer-offline"];
                said(Command::new("npm").args(install).current_dir(&node))?;
                Ok(node)
            }
            Self::GoSdk => debian(&lab.join("go"), &GO),
            Self::Java => {
                said(Command::new("javac").arg("-version"))?;
                debian(&lab.join("java"), &JAVA)
            }
        }
    }

    /// The driver beside its recipe in a folder, ready to be started.
    pub(crate) fn build(
        self,
        parts: &Path,
        folder: &Path,
        recipe: &str,
    ) -> Result<Vec<String>, String> {
        let put = |name: &str, text: &str| {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        let path = |path: PathBuf| path.display().to_string();
        match self {
            Self::Boto3 => {
                put("lane.py", recipe);
                put("driver.py", include_str!("drivers/python.py"));
                Ok(vec![path(parts.to_path_buf()), path(folder.join("driver.py"))])
            }
            Self::Curl => {
                put("lane-curl", recipe);
                put("driver.sh", include_str!("drivers/curl.sh"));
                Ok(vec!["bash".to_owned(), "driver.sh".to_owned()])
            }
            Self::NodeHttps | Self::NodeSdk => {
                put("lane.mjs", recipe);
                put("driver.mjs", include_str!("drivers/node.mjs"));
                let packages = folder.join("node_modules");
                if self == Self::NodeSdk && !packages.exists() {
                    std::os::unix::fs::symlink(parts.join("node_modules"), packages).unwrap();
                }
                Ok(vec!["node".to_owned(), "driver.mjs".to_owned()])
            }
            Self::GoSdk => {
                put("src/lane/lane.go", recipe);
                put("src/driver/main.go", include_str!("drivers/go.go"));
                let go = parts.join("usr/lib/go-1.19");
                let places = [folder.to_path_buf(), parts.join("usr/share/gocode")];
                let mut build = Command::new(go.join("bin/go"));
                build.args(["build", "-o", "driver", "driver"]).current_dir(folder);
                build.env("GOROOT", &go).env("GOPATH", env::join_paths(places).unwrap());
                build.env("GO111MODULE", "off").env("CGO_ENABLED", "0").env("GOFLAGS", "");
                said(build.env("GOCACHE", parts.join("cache")))?;
                Ok(vec![path(folder.join("driver"))])
            }
            Self::Java => {
                put("Lane.java", recipe);
                put("Driver.java", include_str!("drivers/Driver.java"));
                let classes = format!(
                    "{}:{}",
                    path(parts.join("usr/share/java/*")),
                    path(folder.to_path_buf())
                );
                let build = ["-nowarn", "-cp", &classes, "Lane.java", "Driver.java"];
                said(Command::new("javac").args(build).current_dir(folder))?;
                let trust = "-Djavax.net.ssl.trustStorePassword=authority";
                let store = "-Djavax.net.ssl.trustStore=/proc/self/cwd/ca.p12";
                Ok(["java", "-XX:TieredStopAtLevel=1", store, trust, "-cp", &classes, "Driver"]
                    .map(str::to_owned)
                    .to_vec())
            }
        }
    }
}

/// Packages of Debian, fetched and unpacked without installing them.
fn debian(folder: &Path, packages: &[&str]) -> Result<PathBuf, String> {
    let done = folder.join(".done");
    if !done.exists() {
        let fetched = folder.join("fetched");
        fs::create_dir_all(&fetched).map_err(|error| error.to_string())?;
        said(Command::new("apt-get").arg("download").args(packages).current_dir(&fetched))?;
        for file in fs::read_dir(&fetched).map_err(|error| error.to_string())? {
            let file = file.map_err(|error| error.to_string())?.path();
            said(Command::new("dpkg").arg("-x").arg(file).arg(folder))?;
        }
        fs::write(&done, "").map_err(|error| error.to_string())?;
    }
    Ok(folder.to_path_buf())
}

/// What a program prints when it is content; else why it is not.
pub(crate) fn said(command: &mut Command) -> Result<String, String> {
    let name = Path::new(command.get_program()).file_name().unwrap().display().to_string();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    let last = error.trim().lines().next_back().unwrap_or("no reason given").to_owned();
    Err(format!("{name}: {last}"))
}

pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A client that runs, and does one thing after another.
pub(crate) struct Running {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Running {
    /// Starts it with these variables and no others, but for the path; it has a minute.
    pub(crate) fn start(folder: &Path, command: &[String], variables: &[(&str, String)]) -> Self {
        let mut starting = Command::new("timeout");
        starting.arg("60").args(command).current_dir(folder).env_clear();
        starting.env("PATH", env::var_os("PATH").unwrap_or_default()).env("HOME", folder);
        starting.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut child = starting.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, orders, answers }
    }

    /// What came back; an error in the client's own words.
    pub(crate) fn does(&mut self, order: &str) -> Result<String, String> {
        let orders = self.orders.as_mut().unwrap();
        writeln!(orders, "{order}").map_err(|error| format!("it does not run: {error}"))?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).map_err(|error| error.to_string())?;
        match answer.trim_end().split_once(' ').unwrap_or((answer.trim_end(), "")) {
            ("ok", said) => Ok(said.to_owned()),
            ("error", said) => Err(said.to_owned()),
            _ => Err(format!("it ended, and said {answer:?}")),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.orders.take()); // it ends by itself
        self.child.wait().unwrap();
    }
}
