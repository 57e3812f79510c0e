//! Clients that nobody here wrote judge the server. They need Python and what `rig/requirements.txt` lists; where that cannot be
//! had, it is said.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use accel_mock::{Cloud, Quotas, Settings};
use accel_wire::{Options, Server};
use tokio::net::TcpListener;

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

/// Each of its answers is checked against the public service models, and each action is called.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_finds_what_the_service_models_promise() {
    let Some(python) = python() else { return };
    let quotas = Quotas { default_vpcs: 0, ..Quotas::default() };
    let cloud = Cloud::new(Settings { quotas, ..Settings::instant() });
    let accounts = [("AKIAWIREOTHERAC".to_owned(), "444455556666".into())].into();
    let server = Server::new(cloud, Options { accounts, ..Options::default() }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let token = server.token().to_owned();
    let serving = tokio::spawn(server.serve(listener));
    let called = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("called");
    let mut command = Command::new(python);
    command.arg("-B").arg(here().join("tests/boto3/run.py")).arg(&called);
    command.env("WIRE_URL", url).env("WIRE_TOKEN", token);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    serving.abort();
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
