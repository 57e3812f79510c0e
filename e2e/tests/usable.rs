//! Ready is not usable: the program waits until every target is healthy, and says what is missing if that does not come.

use accel_e2e::{Cloud, Lane, Run, SPEC};
use serde_json::{Value, json};

use crate::cloud;

const HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";

fn looks_at_health(cloud: &Cloud) -> u64 {
    cloud.stats().by_action.get(HEALTH).copied().unwrap_or_default()
}

fn document(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).expect("one document")
}

#[test]
fn a_deploy_waits_until_every_target_is_healthy() {
    let cloud = cloud!();
    cloud.set(&json!({ "target_healthy_s": 6 }));
    let lane = Lane::new(&cloud, SPEC);
    let built = lane.deploy().ends_with(0);
    assert!(built.took.as_secs() >= 6, "{:?}", built.took);
    assert!(built.stdout.contains(", usable after "), "{}", built.stdout);
    assert!(built.stdout.contains("name not looked up: this cloud is not AWS"), "{}", built.stdout);
    assert!(built.stderr.contains("healthy after "), "{}", built.stderr);
    lane.verify();
}

#[test]
fn a_target_that_is_never_healthy_ends_with_its_reason_and_the_lane_is_kept() {
    let cloud = cloud!();
    cloud.set(&json!({ "sick_targets": { "*": "Target.FailedHealthChecks" } }));
    let lane = Lane::new(&cloud, SPEC);
    let unhealthy = lane.run("deploy", &["--yes", "--wait", "4s"]).ends_with(1);
    assert!(unhealthy.stdout.contains("dial "), "{}", unhealthy.stdout);
    for said in ["unhealthy, Target.FailedHealthChecks", "likely cause: ", "accel status "] {
        assert!(unhealthy.stderr.contains(said), "{said}: {}", unhealthy.stderr);
    }
    let checked = lane.run("status", &["--check", "--json"]).ends_with(3);
    let checked = document(&checked);
    assert_eq!(checked["as_asked"], true);
    assert_eq!(checked["unhealthy"].as_array().map(Vec::len), Some(2));

    cloud.count_anew();
    let again = lane.run("deploy", &["--yes", "--wait", "1s", "--json"]).ends_with(1);
    assert_eq!(document(&again)["usable"]["state"], "not_usable");
    assert_eq!(cloud.stats().mutations, Vec::<String>::new(), "unhealthy is no drift");

    cloud.set(&json!({ "sick_targets": {} }));
    let _well = lane.deploy().ends_with(0);
    let _checked = lane.run("status", &["--check"]).ends_with(0);
    lane.verify();
}

/// What the deploy's last look has shown is not asked again.
#[test]
fn the_wait_costs_no_call_where_all_is_healthy() {
    let cloud = cloud!();
    let mut calls = Vec::new();
    for wait in ["--no-wait", "--wait=5m"] {
        cloud.empty();
        let lane = Lane::new(&cloud, SPEC);
        let built = lane.run("deploy", &["--yes", "--json", wait]).ends_with(0);
        let state = if wait == "--no-wait" { "not_waited" } else { "usable" };
        assert_eq!(document(&built)["usable"]["state"], state);
        calls.push(looks_at_health(&cloud));
        cloud.count_anew();
    }
    assert_eq!(calls[0], calls[1], "the wait adds no look");
}
