//! The same programs with boto3 at this server and at moto: each difference is one that we know to be right, with its source, and none
//! of these is outdated. They need Python and what `rig/requirements.txt` lists; where that cannot be had, it is said.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::PathBuf;
use std::process::Command;

use accel_mock::{Cloud, Quotas, Settings};
use accel_wire::{Options, Server};

use support::python::python;
use support::{here, tables};

#[test]
fn what_differs_from_moto_is_known_and_has_a_source() {
    let Some(python) = python("venv", "rig/requirements.txt") else { return };
    let quotas = Quotas { default_vpcs: 0, ..Quotas::default() };
    let cloud = Cloud::new(Settings { quotas, ..Settings::instant() });
    let serving = Server::new(cloud, Options::default()).unwrap().in_background().unwrap();
    let seen = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("beside-moto");
    let mut command = Command::new(python);
    command.arg("-B").arg(here().join("tests/moto/run.py")).arg(&seen);
    command.env("WIRE_URL", serving.url()).env("WIRE_TOKEN", serving.server().token());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "\n{said}");
    let seen: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(seen).unwrap()).unwrap();
    let called = seen["called"].as_array().unwrap().iter();
    let called = called.map(|action| action.as_str().unwrap().to_owned()).collect();
    tables::column("boto3 beside moto", &called);
    let differences = seen["differences"].as_array().unwrap().iter();
    tables::section("moto", |_| differences.map(row).collect());
}

fn row(one: &serde_json::Value) -> tables::Row {
    let cell = |name: &str| one[name].as_str().unwrap_or("nothing");
    let seen = |name: &str| match cell(name) {
        "" => "`''`".to_owned(),
        text => format!("`{text}`"),
    };
    let program = cell("program").replace('_', " ");
    vec![program, cell("step").to_owned(), seen("ours"), seen("theirs"), cell("why").to_owned()]
}
