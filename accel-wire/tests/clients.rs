//! boto3 judges the server, action by action. It needs Python and what `rig/requirements.txt` lists; where that cannot be had, it is
//! said.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use accel_mock::{Cloud, Quotas, Settings};
use accel_wire::{AccessKey, Background, Options, Server};

use support::python::python;
use support::{here, tables};

fn key(id: &str, account: &str, secret: Option<&str>) -> (String, AccessKey) {
    (id.to_owned(), AccessKey { account: account.into(), secret: secret.map(str::to_owned) })
}

fn serve(cloud: Cloud, keys: impl IntoIterator<Item = (String, AccessKey)>) -> Background {
    let options = Options { keys: keys.into_iter().collect(), ..Options::default() };
    Server::new(cloud, options).unwrap().in_background().unwrap()
}

/// Each of its answers is checked against the public service models, and each action is called.
#[test]
fn boto3_finds_what_the_service_models_promise() {
    let Some(python) = python("venv", "rig/requirements.txt") else { return };
    let quotas = Quotas { default_vpcs: 0, ..Quotas::default() };
    let cloud = Cloud::new(Settings { quotas, ..Settings::instant() });
    let serving = serve(cloud, [key("AKIAWIREOTHERAC", "444455556666", None)]);
    let secrets = [
        key("AKIAWIRESIGNED", "444455556666", Some("the/right+secret")),
        key("AKIAWIREUNSIGNED", "777788889999", None),
    ];
    let strict = serve(Cloud::new(Settings::instant()), secrets);
    let called = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("called");
    let mut command = Command::new(python);
    command.arg("-B").arg(here().join("tests/boto3/run.py")).arg(&called);
    command.env("WIRE_URL", serving.url()).env("WIRE_TOKEN", serving.server().token());
    command.env("WIRE_STRICT_URL", strict.url());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "\n{said}");
    let called = std::fs::read_to_string(called).unwrap();
    let called: BTreeSet<String> = called.lines().map(str::to_owned).collect();
    let all = accel_wire::actions().map(|(service, action)| format!("{service} {action}"));
    let missed: Vec<String> = all.filter(|action| !called.contains(action)).collect();
    assert!(missed.is_empty(), "no test calls {missed:?}");
    tables::column("boto3", &called);
}

#[test]
fn the_readme_lists_every_action() {
    let readme = std::fs::read_to_string(here().join("README.md")).unwrap();
    let missed: Vec<_> =
        accel_wire::actions().filter(|(_, name)| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missed.is_empty(), "README.md does not name {missed:?}");
}
