//! The life of a lane, as commands.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use support::{Bench, LANE};

const NAMED: &str = "--name lane --regions service=ap-southeast-3,entry=ap-southeast-1";

#[test]
fn a_lane_is_deployed_shown_and_removed() {
    let bench = Bench::new();
    bench.sim("plan lane.toml --check").ended(3);
    let made = bench.done("deploy lane.toml --yes");
    assert!(made.stdout.contains("dial "), "{}", made.stdout);
    assert!(made.stdout.contains("lane: as asked, after "), "{}", made.stdout);
    bench.done("status lane.toml --check");
    bench.done("plan lane.toml --check");
    bench.done("cleanup lane.toml --yes");
    let left = bench.sim("status lane.toml --check").ended(3);
    assert!(left.stdout.starts_with("lane: not there"), "{}", left.stdout);
    let named = bench.done(&format!("status {NAMED}"));
    assert!(named.stdout.contains("nothing found"), "{}", named.stdout);
}

#[test]
fn a_deploy_waits_until_clients_can_use_it_unless_told_otherwise() {
    let bench = Bench::new();
    let made = bench.done("deploy lane.toml --yes");
    assert!(made.stdout.contains(", usable after "), "{}", made.stdout);
    assert!(made.stdout.contains("name not looked up: this cloud is not AWS"), "{}", made.stdout);
    assert!(made.stderr.contains("usually healthy in 30 s"), "{}", made.stderr);
    assert!(made.stderr.contains("healthy after "), "{}", made.stderr);
    let again = bench.done("deploy lane.toml --yes --json").json();
    assert_eq!(again["usable"]["state"], "usable");
    assert_eq!(again["usable"]["after_ms"], again["timeline"]["total_ms"], "no wait");

    let bench = Bench::new();
    let ready = bench.done("deploy lane.toml --yes --json --no-wait").json();
    assert_eq!(ready["usable"]["state"], "not_waited");
    let status = bench.done("status lane.toml --check");
    assert!(status.stdout.contains("not checked yet"), "{}", status.stdout);
}

#[test]
fn a_lane_that_is_not_usable_in_time_is_kept_and_ends_with_1() {
    let bench = Bench::new();
    let late = bench.sim("deploy lane.toml --yes --wait 1s").ended(1);
    assert!(late.stdout.contains("dial "), "the outputs are told all the same: {}", late.stdout);
    assert!(late.stdout.contains(", not usable after "), "{}", late.stdout);
    assert!(late.stderr.contains("likely cause: its first checks are not over"), "{}", late.stderr);
    assert!(late.stderr.contains("`accel status lane.toml --backend sim"), "{}", late.stderr);
    let document = bench.sim("deploy lane.toml --yes --json --wait 1s").ended(1).json();
    assert_eq!(document["schema"], "accel.deploy.v1");
    assert_eq!(document["usable"]["state"], "not_usable");
    bench.done("deploy lane.toml --yes");
    bench.done("status lane.toml --check");
}

#[test]
fn account_regions_and_endpoint_are_named_before_anything_happens() {
    let bench = Bench::new();
    let said = bench.done("deploy lane.toml --yes").stderr;
    let head: Vec<&str> = said.lines().take(3).collect();
    assert!(head[0].starts_with("cloud    sim, a simulated cloud"), "{said}");
    assert!(head[1].contains("ap-southeast-3, account 111122223333"), "{said}");
    assert!(head[2].contains("ap-southeast-1, account 111122223333"), "{said}");
}

#[test]
fn a_second_deploy_makes_no_mutating_call() {
    for journal in ["", " --journal none"] {
        let bench = Bench::new();
        bench.done(&format!("deploy lane.toml --yes{journal}"));
        let again = bench.done(&format!("deploy lane.toml --yes --json{journal}")).json();
        assert_eq!(again["calls"]["mutating"], 0, "{again}");
    }
}

#[test]
fn a_changed_allow_list_opens_and_closes_just_that() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes");
    bench.write("lane.toml", &LANE.replace("203.0.113.0/24", "198.51.100.0/24"));
    let plan = bench.done("plan lane.toml --json").json();
    let changed: Vec<(&str, &str)> = plan["plan"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["change"].as_str().unwrap(), node["kind"].as_str().unwrap()))
        .filter(|(change, kind)| *change != "keep" && *kind != "extra_tags")
        .collect();
    assert_eq!(changed, [("make", "security_group_rule"), ("delete", "security_group_rule")]);
    bench.done("deploy lane.toml --yes");
    bench.done("status lane.toml --check");
}

#[test]
fn a_name_and_two_regions_are_enough_to_clean_up() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes --journal none");
    let cleaned = bench.done(&format!("cleanup {NAMED} --yes --json --journal none")).json();
    assert_eq!(cleaned["found_anything"], true);
    let again = bench.done(&format!("cleanup {NAMED} --yes --json --journal none")).json();
    assert_eq!((&again["found_anything"], &again["removed"]), (&false.into(), &0.into()));
}

#[test]
fn nothing_found_is_not_called_removed() {
    let bench = Bench::new();
    let said = bench.done("cleanup lane.toml --yes");
    assert!(said.stdout.contains("nothing found in"), "{}", said.stdout);
    assert!(!said.stdout.contains("removed"), "{}", said.stdout);
}

#[test]
fn outputs_come_as_text_as_json_and_for_a_shell() {
    let bench = Bench::new();
    let none = bench.sim("outputs lane.toml").ended(1);
    assert!(none.stderr.contains("accel deploy lane.toml"), "{}", none.stderr);
    bench.done("deploy lane.toml --yes");
    let document = bench.done("outputs lane.toml --json").json();
    assert_eq!(document["schema"], "accel.lane-outputs.v1");
    let dial = document["entries"][0]["dial"].as_str().unwrap();
    assert!(bench.done("outputs lane.toml").stdout.contains(dial));
    let shell = bench.done("outputs lane.toml --format shell").stdout;
    assert!(shell.contains(&format!("ACCEL_DIAL={dial}\n")), "{shell}");
    for line in shell.lines() {
        assert_eq!(shlex::split(line).unwrap().len(), 1, "{line}");
    }
}

#[test]
fn addresses_are_kept_and_used_again() {
    let bench = Bench::new();
    let addresses =
        |document: &serde_json::Value| document["outputs"]["entries"][0]["addresses"].clone();
    let before = bench.done("deploy lane.toml --yes --json").json();
    let cleaned = bench.done("cleanup lane.toml --yes --json --keep-addresses").json();
    assert_eq!(cleaned["kept"].as_array().unwrap().len(), 2);
    let after = bench.done("deploy lane.toml --yes --json").json();
    assert_eq!(addresses(&before), addresses(&after));
    let cleaned = bench.done("cleanup lane.toml --yes --json").json();
    assert_eq!(cleaned["kept"].as_array().unwrap().len(), 0);
    let left = bench.done(&format!("status {NAMED} --json")).json();
    assert_eq!(left["things"].as_array().unwrap().len(), 0);
}

#[test]
fn a_protected_lane_goes_only_when_its_name_is_typed() {
    let bench = Bench::new();
    bench.write("lane.toml", &format!("protected = true\n{LANE}"));
    bench.done("deploy lane.toml --yes");
    let refused = bench.sim("cleanup lane.toml --yes").ended(2);
    assert!(refused.stderr.contains("protected"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--confirm lane"), "{}", refused.stderr);
    bench.sim("cleanup lane.toml --confirm lain").ended(2);
    bench.done("status lane.toml --check");
    bench.done(&format!("cleanup {NAMED} --confirm lane"));
    let left = bench.done(&format!("status {NAMED} --json")).json();
    assert_eq!(left["things"].as_array().unwrap().len(), 0);
}

#[test]
fn a_replacement_needs_its_own_word() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes");
    bench.write("lane.toml", &format!("service_cidr = \"10.7.0.0/16\"\n{LANE}"));
    let plan = bench.done("plan lane.toml").stdout;
    assert!(plan.contains("--allow-replace service.vpc"), "{plan}");
    let refused = bench.sim("deploy lane.toml --yes").ended(2);
    assert!(refused.stderr.contains("would replace"), "{}", refused.stderr);
    bench.done("status lane.toml");
}

#[test]
fn only_the_plan_that_was_reviewed_is_deployed() {
    let bench = Bench::new();
    let plan = bench.done("plan lane.toml --json").json();
    let digest = plan["plan"]["digest"].as_str().unwrap().to_owned();
    bench.sim("deploy lane.toml --yes --expect 0123456789abcdef").ended(2);
    bench.done(&format!("deploy lane.toml --yes --expect {digest}"));
}

#[test]
fn the_timeline_is_drawn_into_a_file() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes --svg time.svg");
    assert!(bench.read("time.svg").starts_with("<svg"));
}

#[test]
fn a_graph_needs_no_cloud() {
    let bench = Bench::new();
    for (format, beginning) in [("mermaid", "%%{init"), ("dot", "digraph"), ("svg", "<svg")] {
        let said = bench.run(&format!("graph lane.toml --format {format}")).ended(0);
        assert!(said.stdout.starts_with(beginning), "{}", said.stdout);
    }
}

#[test]
fn a_plan_leaves_no_trace() {
    let bench = Bench::new();
    bench.done("plan lane.toml --journal journals");
    assert!(!bench.path("journals").exists());
}
