//! Clients that nobody here wrote judge the server. They need Python and what `rig/requirements.txt` lists; where that cannot be
//! had, it is said.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use accel_mock::{Cloud, Quotas, Settings};
use accel_wire::{AccessKey, Options, Server};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Python that has boto3; made when it is first asked for.
fn python() -> Option<PathBuf> {
    let made = Command::new(here().join("../rig/setup.sh")).output();
    let why = match made {
        Ok(output) if output.status.success() => {
            return Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(problem) => problem.to_string(),
    };
    let said = writeln!(std::io::stderr(), "NOT RUN: rig/setup.sh makes no Python: {why}");
    said.expect("stderr can be written");
    None
}

fn key(id: &str, account: &str, secret: Option<&str>) -> (String, AccessKey) {
    (id.to_owned(), AccessKey { account: account.into(), secret: secret.map(str::to_owned) })
}

/// The address and the token of a server, and what it runs as.
async fn serve(
    cloud: Cloud,
    keys: impl IntoIterator<Item = (String, AccessKey)>,
) -> (String, String, JoinHandle<std::io::Result<()>>) {
    let options = Options { keys: keys.into_iter().collect(), ..Options::default() };
    let server = Server::new(cloud, options).expect("the system has random numbers");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    let token = server.token().to_owned();
    (url, token, tokio::spawn(server.serve(listener)))
}

/// Each of its answers is checked against the public service models, and each action is called.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_finds_what_the_service_models_promise() {
    let Some(python) = python() else { return };
    let quotas = Quotas { default_vpcs: 0, ..Quotas::default() };
    let cloud = Cloud::new(Settings { quotas, ..Settings::instant() });
    let (url, token, serving) = serve(cloud, [key("AKIAWIREOTHERAC", "444455556666", None)]).await;
    let strict = Cloud::new(Settings::instant());
    let secrets = [
        key("AKIAWIRESIGNED", "444455556666", Some("the/right+secret")),
        key("AKIAWIREUNSIGNED", "777788889999", None),
    ];
    let (strict_url, _, serving_strictly) = serve(strict, secrets).await;
    let called = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("called");
    let mut command = Command::new(python);
    command.arg("-B").arg(here().join("tests/boto3/run.py")).arg(&called);
    command.env("WIRE_URL", url).env("WIRE_TOKEN", token).env("WIRE_STRICT_URL", strict_url);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    serving.abort();
    serving_strictly.abort();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "\n{said}");
    let called = std::fs::read_to_string(called).unwrap();
    let called: BTreeSet<&str> = called.lines().collect();
    let all = accel_wire::actions().map(|(service, action)| format!("{service} {action}"));
    let missed: Vec<String> = all.filter(|action| !called.contains(action.as_str())).collect();
    assert!(missed.is_empty(), "no test calls {missed:?}");
}

#[test]
fn the_readme_lists_every_action() {
    let readme = std::fs::read_to_string(here().join("README.md")).unwrap();
    let missed: Vec<_> =
        accel_wire::actions().filter(|(_, name)| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missed.is_empty(), "README.md does not name {missed:?}");
}
