//! What each `Cargo.toml` says: lints are inherited, versions are listed once, in the root.

use std::path::Path;

use toml::{Table, Value};

use crate::metadata::{root, workspace};
use crate::none;

#[test]
fn unsafe_is_forbidden_everywhere() {
    none(&lint_problems(&read(&root().join("Cargo.toml"))));
    let problems = workspace()
        .members()
        .flat_map(|member| inheritance_problems(&member.name, &read(&member.manifest)));
    none(&problems.collect::<Vec<_>>());
}

#[test]
fn versions_are_listed_once() {
    let problems = workspace()
        .members()
        .flat_map(|member| version_problems(&member.name, &read(&member.manifest)));
    none(&problems.collect::<Vec<_>>());
}

pub(crate) fn read(path: &Path) -> Table {
    let text = std::fs::read_to_string(path).expect("a manifest is readable");
    text.parse().expect("a manifest is TOML")
}

fn lint_problems(root: &Table) -> Vec<String> {
    let level =
        (|| root.get("workspace")?.get("lints")?.get("rust")?.get("unsafe_code")?.as_str())();
    let problem = "the workspace does not forbid unsafe_code".to_owned();
    if level == Some("forbid") { Vec::new() } else { vec![problem] }
}

/// A crate that inherits the lints cannot change them, and code cannot lift `forbid`.
fn inheritance_problems(name: &str, manifest: &Table) -> Vec<String> {
    let inherits = (|| manifest.get("lints")?.get("workspace")?.as_bool())();
    let problem = format!("{name} does not inherit the workspace's lints");
    if inherits == Some(true) { Vec::new() } else { vec![problem] }
}

fn version_problems(name: &str, manifest: &Table) -> Vec<String> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let tables = targets.chain([manifest]).flat_map(|table| KINDS.map(|kind| table.get(kind)));
    let entries = tables.flatten().filter_map(Value::as_table).flatten();
    let inherits = |entry: &Value| entry.get("workspace")?.as_bool();
    let own = entries.filter(|(_, entry)| inherits(entry) != Some(true));
    own.map(|(entry, _)| format!("{name} lists {entry} without `workspace = true`")).collect()
}

#[test]
fn a_crate_that_allows_unsafe_is_found() {
    let loose = "[workspace.lints.rust]\nunsafe_code = 'deny'".parse().unwrap();
    assert_eq!(lint_problems(&loose), ["the workspace does not forbid unsafe_code"]);
    for sample in ["", "[lints]\nworkspace = false", "[lints.rust]\nunsafe_code = 'forbid'"] {
        let problems = inheritance_problems("sample", &sample.parse().unwrap());
        assert_eq!(problems, ["sample does not inherit the workspace's lints"], "{sample:?}");
    }
}

#[test]
fn a_version_of_its_own_is_found_in_every_table() {
    let sample = "
        [dependencies]
        good.workspace = true
        fine = { workspace = true, features = ['std'] }
        plain = '1.0'
        table = { version = '1.0' }
        off = { workspace = false }
        [dev-dependencies]
        dev = '1'
        [build-dependencies]
        build = '1'
        [target.'cfg(unix)'.dependencies]
        unix = { path = '../unix' }
    ";
    let mut problems = version_problems("sample", &sample.parse().unwrap());
    problems.sort();
    let expect = ["build", "dev", "off", "plain", "table", "unix"];
    let expect = expect.map(|name| format!("sample lists {name} without `workspace = true`"));
    assert_eq!(problems, expect);
}
