//! `accel plan --permissions`: what the caller may do, asked before anything is made.

use std::collections::BTreeSet;
use std::path::Path;

use accel_e2e::{Cloud, Fault, Lane, Mode, SPEC};
use serde_json::{Value, json};

use crate::cloud;

const SERVICE: &str = "ap-southeast-3";
const ENTRY: &str = "ap-southeast-1";

/// An action that is denied, looks too.
fn denied(action: &str, region: &str) -> Fault {
    let fault = Fault::new(Mode::Deny).with("always", true).with("count", "all");
    fault.with("actions", vec![action]).with("regions", vec![region])
}

/// The rows of a probe that ends with this code.
fn probe(lane: &Lane<'_>, code: i32) -> Vec<Value> {
    rows(&lane.run("plan", &["--permissions", "--json"]).ends_with(code).stdout)
}

fn rows(document: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(document).expect("it is one document");
    document["permissions"]["actions"].as_array().expect("they were asked for").clone()
}

/// `action region` of all rows with a verdict.
fn with(rows: &[Value], verdict: &str) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let place = |row: &Value| format!("{} {}", text(&row["action"]), text(&row["place"]["region"]));
    rows.iter().filter(|row| row["verdict"] == verdict).map(place).collect()
}

/// Nothing was done: no call that may change something was more than a question.
fn nothing_was_done(cloud: &Cloud) {
    let calls = cloud.calls();
    let calls = calls.as_array().expect("a list of calls").iter();
    let done = calls.filter(|call| call["mutating"] == true && call["dry_run"] == false);
    assert_eq!(done.collect::<Vec<_>>(), Vec::<&Value>::new());
    assert_eq!(cloud.inventory(), []);
}

/// The actions that a policy allows.
fn allowed(lane: &Lane<'_>, whom: &str) -> BTreeSet<String> {
    let run = lane.run("policy", &["--for", whom]).ends_with(0);
    let policy: Value = serde_json::from_str(&run.stdout).expect("a policy is JSON");
    let statements = policy["Statement"].as_array().expect("a list of statements").iter();
    let actions = statements.flat_map(|statement| {
        let action = &statement["Action"];
        action.as_array().cloned().unwrap_or_else(|| vec![action.clone()])
    });
    actions.map(|action| action.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn all_that_the_policy_allows_is_asked_or_said_to_be_beyond_asking() {
    let cloud = cloud!();
    let lane = Lane::new(&cloud, SPEC);
    let rows = probe(&lane, 0);
    nothing_was_done(&cloud);
    let told: BTreeSet<String> =
        rows.iter().map(|row| row["action"].as_str().expect("a text").to_owned()).collect();
    let mut policies = allowed(&lane, "deploy");
    policies.extend(allowed(&lane, "cleanup"));
    assert_eq!(told, policies);
    assert_eq!((with(&rows, "denied"), with(&rows, "unclear")), (BTreeSet::new(), BTreeSet::new()));
    let beyond = with(&rows, "not_probed");
    let of_ec2: Vec<&String> = beyond.iter().filter(|row| row.starts_with("ec2:")).collect();
    let without = [ENTRY, SERVICE].map(|region| format!("ec2:ModifyVpcAttribute {region}"));
    assert_eq!(of_ec2, [&without[0], &without[1]], "it has no DryRun");
}

#[test]
fn what_is_denied_is_named_with_its_place_before_anything_is_made() {
    let cloud = cloud!();
    let lane = Lane::new(&cloud, SPEC);
    let throttled =
        Fault::new(Mode::Refuse).with("always", true).with("actions", vec!["ec2:CreateSubnet"]);
    let faults =
        [denied("ec2:CreateVpc", ENTRY), denied("ec2:CreateVpcEndpoint", SERVICE), throttled];
    cloud.break_at(faults);

    let document = lane.run("plan", &["--permissions", "--json"]).ends_with(1).stdout;
    is_as_its_sample(&document);
    let rows = rows(&document);
    nothing_was_done(&cloud);
    let expected = [format!("ec2:CreateVpc {ENTRY}"), format!("ec2:CreateVpcEndpoint {SERVICE}")];
    assert_eq!(with(&rows, "denied"), BTreeSet::from(expected));
    let row = rows.iter().find(|row| row["verdict"] == "denied").expect("there are two");
    assert_eq!(row["encoded"], "4d3f");
    let told = row["why"].as_str().expect("a text");
    assert!(told.contains("not authorized") && !told.contains("4d3f"), "{told}");
    let throttled = ["RequestLimitExceeded"; 2];
    let codes = rows.iter().filter(|row| row["verdict"] == "unclear").map(|row| &row["code"]);
    assert_eq!(codes.collect::<Vec<_>>(), throttled, "once in each place, and not again");

    let text = lane.run("plan", &["--permissions"]).ends_with(1).stdout;
    for said in [
        "denied: ec2:CreateVpc in ap-southeast-1 (entry)",
        "denied: ec2:CreateVpcEndpoint in ap-southeast-3 (service)",
        "Elastic Load Balancing has no DryRun",
        "accel policy",
        "decode-authorization-message",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

/// The sample that is committed beside its schema. `ACCEL_WRITE_SAMPLES=1` writes it anew.
fn is_as_its_sample(document: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder of the workspace");
    let sample = root.join("accel-cli/schemas/samples/plan-permissions.json");
    if std::env::var_os("ACCEL_WRITE_SAMPLES").is_some() {
        std::fs::write(&sample, document).expect("the sample can be written");
    }
    let sample = std::fs::read_to_string(&sample).expect("the sample can be read");
    assert_eq!(rows(document), rows(&sample));
}

#[test]
fn a_denied_removal_is_certain_only_of_what_is_there() {
    let cloud = cloud!();
    let lane = Lane::new(&cloud, SPEC);
    let delete = format!("ec2:DeleteVpc {ENTRY}");
    cloud.break_at([denied("ec2:DeleteVpc", ENTRY)]);
    let before = probe(&lane, 0);
    assert_eq!(with(&before, "unclear"), BTreeSet::from([delete.clone()]));

    cloud.mend();
    let _built = lane.deploy().ends_with(0);
    cloud.break_at([denied("ec2:DeleteVpc", ENTRY)]);
    let there = probe(&lane, 1);
    assert_eq!(with(&there, "denied"), BTreeSet::from([delete]));
    assert_eq!(with(&there, "unclear"), BTreeSet::new());

    cloud.mend();
    lane.verify();
    let _removed = lane.cleanup().ends_with(0);
    lane.leaves_nothing();
}

#[test]
fn where_looking_is_denied_all_that_is_denied_is_named_still() {
    let cloud = cloud!();
    let lane = Lane::new(&cloud, SPEC);
    let actions = ["ec2:DescribeTags", "ec2:DescribeSubnets", "ec2:CreateVpc"];
    cloud.break_at(actions.map(|action| denied(action, ENTRY)));
    let stopped = lane.run("plan", &["--permissions"]).ends_with(1);
    nothing_was_done(&cloud);
    for action in actions {
        let said = format!("denied: {action} in {ENTRY} (entry)");
        assert!(stopped.stderr.contains(&said), "{action}: {}", stopped.stderr);
    }
}

/// Not AWS, but something that speaks its API: what it would do is worse than what it would tell.
#[test]
fn an_endpoint_that_ignores_dry_run_is_asked_nothing_that_changes() {
    let cloud = cloud!();
    let lane = Lane::new(&cloud, SPEC);
    cloud.set(&json!({ "corrections_off": ["dry_run_changes_nothing"] }));
    let rows = probe(&lane, 0);
    let asked: Vec<String> = cloud.stats().by_action.into_keys().collect();
    let changing = |action: &&String| {
        !action.contains(":Describe") && !action.contains(":Get") && !action.contains(":List")
    };
    assert_eq!(asked.iter().filter(changing).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(with(&rows, "not_probed").contains(&format!("ec2:CreateVpc {ENTRY}")));
    assert_eq!(cloud.inventory(), []);
}
