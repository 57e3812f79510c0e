//! The life of a private egress, as commands: in a network of its own, and in one that somebody has.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use std::time::Duration;

use accel_mock::{Cloud, Settings};
use support::Bench;

const NEW: &str = include_str!("../../examples/specs/private-egress.toml");
const EXISTING: &str = include_str!("../../examples/specs/private-egress-existing.toml");

/// Two services, one way to the internet; in a network of its own.
const EGRESS: &str = r#"
topology = "private-egress"
name = "egress"
region = "eu-central-1"
internet = "one"
services = [{ name = "s3" }, { name = "sqs" }]
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("egress.toml", EGRESS);
    bench
}

/// A spec in a network that was put into the cloud.
fn furnished(options: &str, more: &str) -> Bench {
    let bench = Bench::new();
    let said = bench.run(&format!("cloud furnish --cloud cloud.json {options}")).ended(0);
    assert!(said.stderr.contains("--backend sim --cloud cloud.json"), "{}", said.stderr);
    let spec = format!("policy = \"own-account\"\n{EGRESS}{}{more}", said.stdout);
    bench.write("egress.toml", &spec);
    bench
}

/// Lets the cloud's time pass until everybody sees what has been made: it may hide the newest for a while.
fn settle(bench: &Bench) {
    let still = Settings { speed: 0, ..Settings::default() };
    let cloud = Cloud::open(bench.path("cloud.json"), still).unwrap();
    cloud.advance(Duration::from_secs(120));
}

/// Everything in the cloud that no deployment has made.
fn inventory(bench: &Bench) -> String {
    let still = Settings { speed: 0, ..Settings::default() };
    let cloud = Cloud::open(bench.path("cloud.json"), still).unwrap();
    cloud.inspect(accel_mock::World::inventory)
}

#[test]
fn an_egress_is_deployed_verified_shown_and_removed() {
    let bench = bench();
    bench.sim("plan egress.toml --check").ended(3);
    let made = bench.done("deploy egress.toml --yes").stdout;
    assert!(made.contains("  s3        gateway endpoint vpce-"), "{made}");
    assert!(made.contains("NAT; others see 198.18."), "{made}");
    assert!(made.contains("\nverified: 5 of 5 hold"), "{made}");
    settle(&bench);
    bench.done("plan egress.toml --check");
    let again = bench.done("deploy egress.toml --yes --json").json();
    assert_eq!(again["calls"]["mutating"], 0, "{again}");
    assert_eq!(again["findings"].as_array().unwrap().len(), 5);
    let status = bench.done("status egress.toml --check").stdout;
    assert!(status.starts_with("egress: as asked"), "{status}");
    let document = bench.done("outputs egress.toml --json").json();
    assert_eq!(document["schema"], "accel.egress-outputs.v1");
    let islands: Vec<&str> = document["islands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["subnet"].as_str().unwrap())
        .collect();
    let shell = bench.done("outputs egress.toml --format shell").stdout;
    assert!(shell.contains(&format!("ACCEL_ISLANDS='{}'\n", islands.join(" "))), "{shell}");
    bench.done("cleanup egress.toml --yes");
    let left = bench.sim("status egress.toml --check").ended(3).stdout;
    assert!(left.starts_with("egress: not there"), "{left}");
    bench.sim("outputs egress.toml").ended(1);
}

#[test]
fn a_network_that_exists_is_as_before_after_a_cleanup() {
    for (options, more) in [("", ""), ("--routed --zones 3", "replace_default_route = true\n")] {
        let bench = furnished(options, more);
        let before = inventory(&bench);
        let plan = bench.done("plan egress.toml").stdout;
        assert!(plan.contains("  note: changes rtb-"), "{plan}");
        let made = bench.done("deploy egress.toml --yes").stdout;
        assert!(made.contains("\nverified: 5 of 5 hold"), "{made}");
        settle(&bench);
        assert_ne!(inventory(&bench), before, "its tables lead elsewhere now");
        let again = bench.done("deploy egress.toml --yes --json").json();
        assert_eq!(again["calls"]["mutating"], 0, "{again}");
        bench.done("status egress.toml --check");
        bench.done("outputs egress.toml");
        bench.done("cleanup egress.toml --yes");
        assert_eq!(inventory(&bench), before);
        let none = bench.sim("outputs egress.toml").ended(1);
        assert!(none.stderr.contains("nothing of it is there yet"), "{}", none.stderr);
    }
}

#[test]
fn what_may_not_be_taken_over_is_refused_before_anything_is_made() {
    let bench = furnished("--routed", "");
    let before = inventory(&bench);
    let refused = bench.sim("deploy egress.toml --yes").ended(2).stderr;
    assert!(refused.contains("network.replace_default_route: "), "{refused}");
    assert_eq!(inventory(&bench), before);
}

#[test]
fn what_does_not_hold_is_named_with_what_to_do_and_ends_with_1() {
    let bench = bench();
    bench.done("deploy egress.toml --yes");
    let outputs = bench.done("outputs egress.toml --json").json();
    let vpc = outputs["vpc"].as_str().unwrap();
    let still = Settings { speed: 0, ..Settings::default() };
    let cloud = Cloud::open(bench.path("cloud.json"), still).unwrap();
    cloud.meddle(|world| {
        world.change(vpc, |body| {
            let accel_mock::Body::Vpc(vpc) = body else { unreachable!("it is a VPC") };
            vpc.dns_support = false;
        });
    });
    drop(cloud);
    let late = bench.sim("deploy egress.toml --yes --verify --wait 10s").ended(1);
    assert!(late.stdout.contains("verified: 4 of 5 hold"), "{}", late.stdout);
    assert!(late.stderr.contains("DNS support of vpc-"), "{}", late.stderr);
    assert!(late.stderr.contains("likely cause: somebody has changed"), "{}", late.stderr);
    assert!(late.stderr.contains("`accel status egress.toml --backend sim"), "{}", late.stderr);
    let document = bench.sim("deploy egress.toml --yes --json --wait 1s").ended(1).json();
    assert_eq!(document["usable"]["state"], "not_usable");
    let skipped = bench.done("deploy egress.toml --yes --json --no-wait").json();
    assert_eq!(
        (&skipped["usable"]["state"], skipped.get("findings")),
        (&"not_waited".into(), None)
    );
}

#[test]
fn commands_of_lanes_say_that_an_egress_has_none_and_what_to_do_instead() {
    let bench = bench();
    for command in ["client --for curl", "connect", "hosts", "hosts --remove", "probe", "diagnose"]
    {
        let (command, options) = command.split_once(' ').unwrap_or((command, ""));
        let said = bench.run(&format!("{command} egress.toml {options}")).ended(2).stderr;
        assert!(said.contains("egress.toml is a private egress: it has no lane"), "{said}");
        assert!(said.contains("`accel outputs egress.toml`"), "{said}");
    }
    let said = bench.sim("plan egress.toml --traffic-gb 5").ended(2).stderr;
    assert!(said.contains("services[].gb_per_month and internet_gb_per_month"), "{said}");
    bench.sim("outputs egress.toml --json --valid-for 30d").ended(2);
    assert!(!bench.path("cloud.json").exists());
}

#[test]
fn a_region_has_the_zones_that_it_has() {
    let bench = Bench::new();
    let said = bench.run("cloud furnish --cloud cloud.json --zones 5").ended(2).stderr;
    assert!(said.contains("say --zones 3"), "{said}");
    bench.run("cloud furnish --cloud cloud.json --region nowhere").ended(2);
    assert!(!bench.path("cloud.json").exists());
}

#[test]
fn pictures_show_islands_and_each_way_out_of_them() {
    let bench = Bench::new();
    for (name, spec) in [("new.toml", NEW), ("existing.toml", EXISTING)] {
        bench.write(name, spec);
        let mermaid = bench.run(&format!("graph {name}")).ended(0).stdout;
        assert!(mermaid.contains("islands -->|\"0.0.0.0/0\"| "), "{mermaid}");
        assert!(mermaid.contains("islands -->|\"443\"| "), "{mermaid}");
        assert!(mermaid.contains(" --> internet\n"), "{mermaid}");
        let svg = bench.run(&format!("graph {name} --format svg")).ended(0).stdout;
        assert!(svg.contains("Private egress in eu-central-1"), "{svg}");
        bench.run(&format!("graph {name} --format dot")).ended(0);
    }
    let tagged = EXISTING
        .replace(
            "[\"subnet-0a1b2c3d4e5f60711\", \"subnet-0a1b2c3d4e5f60712\"]",
            "{ tag = \"tier\", value = \"island\" }",
        )
        .replace("implicit_table = \"refuse\"", "implicit_table = \"own\"");
    bench.write("tagged.toml", &tagged);
    bench.run("graph tagged.toml").ended(0);
}

/// What a person reads before anything is made.
#[test]
fn the_plans_of_the_examples_are_these_texts() {
    let bench = Bench::new();
    bench.write("new.toml", NEW);
    insta::assert_snapshot!("plan-egress", bench.done("plan new.toml").stdout);
    let network = bench.run("cloud furnish --cloud cloud.json --routed").ended(0).stdout;
    let table = EXISTING.find("[network]").unwrap();
    let rest = EXISTING.find("[[services]]").unwrap();
    let spec = format!(
        "{}{network}replace_default_route = true\n\n{}",
        &EXISTING[..table],
        &EXISTING[rest..]
    );
    bench.write("existing.toml", &spec);
    insta::assert_snapshot!("plan-egress-existing", bench.done("plan existing.toml").stdout);
}
