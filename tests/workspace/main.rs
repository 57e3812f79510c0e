//! The rules of the workspace: who may depend on whom, from where and under which licence, and what a tracked file may hold.
//!
//! Each rule is a function from what it looks at to a list of problems, and is tested twice: the workspace has none, and a bad
//! sample shows every one.

mod files;
mod licence;
mod manifests;
mod metadata;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use licence::permitted;
use metadata::{Package, Workspace, root, workspace};

/// What each crate may depend on inside the workspace. Development dependencies are free: no user builds them.
const LAYERS: &[(&str, &[&str])] = &[
    ("accel-lane-core", &[]),
    ("accel-lane-mock", &["accel-lane-core"]),
    ("accel-lane-wire", &["accel-lane-core", "accel-lane-mock"]),
    ("accel-examples", &["accel-lane-core", "accel-lane-mock"]),
    ("accel-tests", &["accel-lane-core", "accel-lane-mock"]),
    ("accel-lane-aws", &["accel-lane-core"]),
    ("accel-lane-client", &["accel-lane-core"]),
    (
        "accel-lane",
        &[
            "accel-lane-aws",
            "accel-lane-client",
            "accel-lane-core",
            "accel-lane-mock",
            "accel-lane-wire",
        ],
    ),
    ("accel-lab", &[]),
    ("accel-e2e", &["accel-lane-aws", "accel-lane-core", "accel-tests"]),
];

/// All that the core may need, and why: every user of accel builds it.
const CORE_NEEDS: &[(&str, &str)] = &[
    ("async-trait", "backend and journal are used as `dyn`, and async methods alone cannot be"),
    ("futures-util", "the driver waits for whichever call answers first"),
    ("ipnet", "address ranges"),
    ("mockall", "a mock of the backend, only behind the feature of the same name"),
    ("serde", "specs are read, records are written"),
    ("serde_json", "the journal's lines, and the canonical form under a fingerprint"),
    ("sha2", "fingerprints, tokens and derived names"),
    ("thiserror", "small private error enums"),
    ("tokio", "timers and channels; no runtime"),
    ("toml", "spec files"),
    ("tracing", "spans, only behind the feature of the same name"),
    ("uuid", "ids of runs that sort by time"),
];

/// What needs no SDK and is no default member nevertheless, and why.
const NO_DEFAULTS: &[(&str, &str)] = &[
    ("accel-lane-wire", "its judges are other people's programs: they need Python and packages"),
    ("accel-lane-client", "its adapter for the SDK is tested with the SDK"),
    ("accel-lab", "its clients are other people's programs: they need Python, Node and packages"),
];

/// Crates of an unrelated project have these names.
const TAKEN_NAMES: &[&str] = &["accel", "accel-core"];

/// What marks a crate of the cloud's SDK, which takes minutes and gigabytes to compile.
const SDK_PREFIX: &str = "aws-";

const LICENCE: &str = "MIT OR Apache-2.0";
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn dependencies_point_one_way() {
    none(&layer_problems(workspace()));
}

#[test]
fn default_members_are_all_that_needs_no_sdk() {
    none(&default_member_problems(workspace()));
}

#[test]
fn the_core_needs_what_is_listed_and_nothing_else() {
    none(&core_problems(workspace()));
}

#[test]
fn every_licence_is_permissive() {
    none(&licence_problems(workspace(), &permissive()));
}

#[test]
fn every_source_is_the_default_registry_or_this_repository() {
    none(&source_problems(workspace()));
}

#[test]
fn the_stated_rust_version_builds_every_dependency() {
    none(&rust_version_problems(workspace()));
}

#[test]
fn crates_carry_the_licence_and_a_free_name() {
    none(&member_problems(workspace()));
}

#[track_caller]
fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

fn layer_problems(workspace: &Workspace) -> Vec<String> {
    let names: BTreeSet<_> = workspace.members().map(|member| member.name.as_str()).collect();
    let mut problems = Vec::new();
    for member in workspace.members() {
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == member.name) else {
            problems.push(format!("{} has no row in LAYERS: say what it may need", member.name));
            continue;
        };
        let inside = member.needs.iter().map(String::as_str).filter(|need| names.contains(need));
        let above = inside.filter(|need| !allowed.contains(need));
        problems.extend(above.map(|need| format!("{} depends on {need}", member.name)));
    }
    problems
}

fn default_member_problems(workspace: &Workspace) -> Vec<String> {
    let problem = |member: &Package| {
        let reached = workspace.reached(member);
        let sdk = reached.iter().find(|(_, package)| package.name.starts_with(SDK_PREFIX));
        let name = &member.name;
        let excused = NO_DEFAULTS.iter().any(|(excused, _)| excused == name);
        match (workspace.is_default(member), sdk) {
            (true, Some((through, sdk))) => Some(format!(
                "{name} is a default member and reaches {} through {}",
                sdk.name, through.name
            )),
            (false, None) if !excused => {
                Some(format!("{name} needs no SDK and is not a default member"))
            }
            (true, None) | (false, None | Some(_)) => None,
        }
    };
    workspace.members().filter_map(problem).collect()
}

fn core_problems(workspace: &Workspace) -> Vec<String> {
    let core = workspace.members().find(|member| member.name == "accel-lane-core");
    let needs = &core.expect("the workspace has a core").needs;
    let listed: BTreeSet<_> = CORE_NEEDS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let new = needs.difference(&listed);
    let new = new.map(|name| format!("the core needs {name}, without a reason"));
    let stale = listed.difference(needs).map(|name| format!("the core no longer needs {name}"));
    new.chain(stale).collect()
}

fn licence_problems(workspace: &Workspace, allowed: &[String]) -> Vec<String> {
    let problem = |package: &Package| match &package.licence {
        Some(licence) if permitted(licence, allowed) => None,
        Some(licence) => Some(format!("{} is under {licence}", package.name)),
        None => Some(format!("{} states no licence", package.name)),
    };
    workspace.third_party().filter_map(problem).collect()
}

/// The licences that `cargo deny` allows: one list for both.
fn permissive() -> Vec<String> {
    let deny = manifests::read(&root().join("deny.toml"));
    let allowed = deny["licenses"]["allow"].as_array().expect("a list of licences");
    allowed.iter().filter_map(|licence| licence.as_str().map(str::to_owned)).collect()
}

fn source_problems(workspace: &Workspace) -> Vec<String> {
    let problem = |package: &Package| {
        let source = package.source.as_ref().filter(|source| *source != REGISTRY)?;
        Some(format!("{} comes from {source}", package.name))
    };
    workspace.third_party().filter_map(problem).collect()
}

fn rust_version_problems(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for member in workspace.members() {
        let Some(stated) = &member.rust_version else {
            problems.push(format!("{} states no rust-version", member.name));
            continue;
        };
        let reached = workspace.reached(member).into_iter();
        problems.extend(reached.filter_map(|(_, package)| {
            let needed = package.rust_version.as_ref()?;
            let name = &member.name;
            (parts(needed) > parts(stated))
                .then(|| format!("{name} states Rust {stated}, {} needs {needed}", package.name))
        }));
    }
    problems
}

/// A Rust version as three numbers; what is left out is zero.
fn parts(version: &str) -> Vec<u32> {
    let numbers = version.split('.').map(|part| part.parse().expect("a Rust version is numbers"));
    numbers.chain([0, 0]).take(3).collect()
}

fn member_problems(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for Package { name, licence, is_published, .. } in workspace.members() {
        if licence.as_deref() != Some(LICENCE) {
            let licence = licence.as_deref().unwrap_or("no licence");
            problems.push(format!("{name} is under {licence}, not {LICENCE}"));
        }
        if *is_published && TAKEN_NAMES.contains(&name.as_str()) {
            problems.push(format!("{name} is the name of a crate of an unrelated project"));
        }
    }
    problems
}

/// A workspace that breaks every rule.
fn bad() -> Workspace {
    let core = json!({ "dependencies": [
        { "name": "accel-lane-mock", "kind": null },
        { "name": "left-pad", "kind": "build" },
        { "name": "tempfile", "kind": "dev" },
    ] });
    let left_pad = json!({ "license": "GPL-3.0-only", "source": "git+https://git.test/left-pad" });
    let middle = json!({ "license": null, "source": "elsewhere", "rust_version": "1.89.1" });
    let sdk = json!({ "source": REGISTRY, "rust_version": "1.9" });
    let members = ["accel-lane-core", "accel-lane-mock", "accel-new", "accel-lane-aws", "accel"];
    Workspace::parse(&json!({
        "workspace_members": members,
        "workspace_default_members": ["accel-lane-core", "accel-lane-mock", "accel"],
        "packages": [
            sample("accel-lane-core", &core),
            sample("accel-lane-mock", &json!({})),
            sample("accel-new", &json!({ "license": "MIT", "rust_version": null })),
            sample("accel-lane-aws", &json!({ "rust_version": "1.95" })),
            sample("accel", &json!({ "publish": null })),
            sample("left-pad", &left_pad),
            sample("middle", &middle),
            sample("aws-sdk-ec2", &sdk),
        ],
        "resolve": { "nodes": [
            { "id": "accel-lane-mock", "deps": [{ "pkg": "middle" }] },
            { "id": "middle", "deps": [{ "pkg": "aws-sdk-ec2" }] },
            { "id": "accel-lane-aws", "deps": [{ "pkg": "aws-sdk-ec2" }] },
        ] },
    }))
}

/// A package as `cargo metadata` prints it, with some of its fields replaced.
fn sample(name: &str, fields: &Value) -> Value {
    let mut package = json!({
        "id": name,
        "name": name,
        "license": LICENCE,
        "rust_version": "1.89",
        "manifest_path": "Cargo.toml",
        "publish": [],
        "dependencies": [],
    });
    for (field, value) in fields.as_object().into_iter().flatten() {
        package[field] = value.clone();
    }
    package
}

#[test]
fn a_dependency_that_points_up_is_found() {
    assert_eq!(
        layer_problems(&bad()),
        [
            "accel-lane-core depends on accel-lane-mock",
            "accel-new has no row in LAYERS: say what it may need",
            "accel has no row in LAYERS: say what it may need",
        ]
    );
}

#[test]
fn an_sdk_below_a_default_member_is_found_and_a_forgotten_default_member_too() {
    assert_eq!(
        default_member_problems(&bad()),
        [
            "accel-lane-mock is a default member and reaches aws-sdk-ec2 through middle",
            "accel-new needs no SDK and is not a default member",
        ]
    );
}

#[test]
fn a_new_need_of_the_core_is_found_and_a_stale_reason_too() {
    let problems = core_problems(&bad());
    let (new, stale): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|it| it.ends_with("reason"));
    assert_eq!(
        new,
        [
            "the core needs accel-lane-mock, without a reason",
            "the core needs left-pad, without a reason",
        ]
    );
    assert_eq!(stale.len(), CORE_NEEDS.len());
    assert_eq!(stale[0], "the core no longer needs async-trait");
}

#[test]
fn a_licence_that_is_not_permissive_is_found() {
    assert_eq!(
        licence_problems(&bad(), &permissive()),
        ["left-pad is under GPL-3.0-only", "middle states no licence"]
    );
}

#[test]
fn another_source_is_found() {
    assert_eq!(
        source_problems(&bad()),
        ["left-pad comes from git+https://git.test/left-pad", "middle comes from elsewhere"]
    );
}

#[test]
fn a_dependency_that_needs_a_newer_rust_is_found() {
    assert_eq!(
        rust_version_problems(&bad()),
        [
            "accel-lane-mock states Rust 1.89, middle needs 1.89.1",
            "accel-new states no rust-version",
        ]
    );
}

#[test]
fn another_licence_or_a_taken_name_of_ours_is_found() {
    assert_eq!(
        member_problems(&bad()),
        [
            "accel-new is under MIT, not MIT OR Apache-2.0",
            "accel is the name of a crate of an unrelated project",
        ]
    );
}
