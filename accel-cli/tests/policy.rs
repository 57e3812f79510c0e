//! The policies of a lane: one JSON document on stdout, and what belongs beside it on stderr.

#![cfg(feature = "aws")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use support::Bench;

#[test]
fn the_callers_policy_names_the_endpoint_and_says_why_an_address_would_not_do() {
    let bench = Bench::new();
    let none = bench.sim("policy lane.toml --for callers").ended(1);
    assert!(none.stderr.contains("nothing can be dialled yet"), "{}", none.stderr);
    bench.done("deploy lane.toml --yes");
    let outputs = bench.done("outputs lane.toml --json").json();
    let said = bench.done("policy lane.toml --for callers");
    let policy = said.json();
    let named = &policy["Statement"][0]["Condition"]["StringNotEquals"]["aws:SourceVpce"];
    assert_eq!(named.as_array().unwrap(), &[outputs["entries"][0]["endpoint"].clone()]);
    assert!(said.stderr.contains("Do not use aws:SourceIp"), "{}", said.stderr);
}

#[test]
fn the_callers_policy_of_an_egress_names_each_endpoint_and_warns_of_what_lambda_itself_calls() {
    let bench = Bench::new();
    let spec = include_str!("../../examples/specs/private-egress.toml");
    bench.write("egress.toml", spec);
    let none = bench.sim("policy egress.toml --for callers").ended(1);
    assert!(none.stderr.contains("nothing of it is there yet"), "{}", none.stderr);
    bench.done("deploy egress.toml --yes");
    let outputs = bench.done("outputs egress.toml --json").json();
    let services = outputs["services"].as_array().unwrap();
    let mut expect: Vec<_> = services.iter().map(|service| service["endpoint"].clone()).collect();
    expect.sort_by_key(ToString::to_string);
    let said = bench.done("policy egress.toml --for callers");
    let policy = said.json();
    let named = &policy["Statement"][0]["Condition"]["StringNotEquals"]["aws:SourceVpce"];
    assert_eq!(named.as_array().unwrap(), &expect);
    assert!(said.stderr.contains("lambda:SourceFunctionArn"), "{}", said.stderr);
}

#[test]
fn a_policy_that_could_name_no_endpoint_is_refused() {
    let bench = Bench::new();
    let spec = "topology = \"private-egress\"\nname = \"egress\"\nregion = \"eu-central-1\"\n\
                internet = \"one\"\nservices = [{ name = \"sqs\", via = \"nat\" }]\n";
    bench.write("egress.toml", spec);
    bench.done("deploy egress.toml --yes");
    let said = bench.sim("policy egress.toml --for callers").ended(2).stderr;
    assert!(said.contains("no call leaves through an endpoint"), "{said}");
}

#[test]
fn the_policies_of_who_deploys_and_who_cleans_up_need_no_cloud_and_no_words() {
    let bench = Bench::new();
    bench.write("egress.toml", include_str!("../../examples/specs/private-egress-existing.toml"));
    for (whom, spec) in
        [("deploy", "lane"), ("cleanup", "lane"), ("deploy", "egress"), ("cleanup", "egress")]
    {
        let said = bench.run(&format!("policy {spec}.toml --for {whom}")).ended(0);
        assert!(!said.json()["Statement"].as_array().unwrap().is_empty());
        assert_eq!(said.stderr, "");
    }
}

/// What the tables of a network look like, no spec says: a policy that named them would match none of them.
#[test]
fn the_policy_of_an_egress_in_a_network_that_exists_names_nothing_that_was_imagined() {
    let bench = Bench::new();
    let spec = include_str!("../../examples/specs/private-egress-existing.toml");
    let islands = "[\"subnet-0a1b2c3d4e5f60711\", \"subnet-0a1b2c3d4e5f60712\"]";
    let tagged = spec.replace(islands, "{ tag = \"tier\", value = \"island\" }");
    assert_ne!(tagged, spec);
    let own = spec.replace("implicit_table = \"refuse\"", "implicit_table = \"own\"");
    let kept = spec.replace("replace_default_route = true\n", "");
    let addresses =
        "elastic_ips = [\"eipalloc-0a1b2c3d4e5f60731\", \"eipalloc-0a1b2c3d4e5f60732\"]";
    let main = spec.replace("implicit_table = \"refuse\"", "implicit_table = \"main\"");
    let main =
        main.replace("internet = \"per-zone\"", &format!("internet = \"per-zone\"\n{addresses}"));
    let unsaid = spec.replace("policy = \"own-account\"\n", "");
    let unsaid = unsaid.replace("\nprivate_dns = false", "\nwithout_policy = true");
    let unsaid = unsaid.replace("name = \"s3\"", "name = \"s3\"\npolicy = \"anybody\"");
    for spec in [spec, &tagged, &own, &kept, &main, &unsaid] {
        bench.write("egress.toml", spec);
        for (whom, changes) in [
            ("deploy", &["CreateRoute", "AssociateRouteTable", "ModifyVpcEndpoint"][..]),
            ("cleanup", &["DeleteRoute", "ReplaceRoute", "DisassociateRouteTable"][..]),
        ] {
            let policy = bench.run(&format!("policy egress.toml --for {whom}")).ended(0).json();
            let named = in_the_network(&policy);
            for action in changes {
                assert!(named.contains(&format!("ec2:{action}")), "{whom} {action}: {policy:#}");
            }
        }
    }
}

/// The actions that are allowed on what is somebody's. Every ARN is of a type, or of the VPC that the spec names.
fn in_the_network(policy: &serde_json::Value) -> Vec<String> {
    let vpc = "arn:aws:ec2:eu-central-1:*:vpc/vpc-0a1b2c3d4e5f60701";
    let mut named = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        let resource = statement["Resource"].as_str().unwrap();
        if let Some(keys) = statement["Condition"].get("ArnLike") {
            assert_eq!(keys, &serde_json::json!({ "ec2:Vpc": vpc }));
        }
        if resource != "*" {
            let of = resource.strip_prefix("arn:aws:ec2:eu-central-1:*:").unwrap();
            assert!(["route-table/*", "subnet/*"].contains(&of), "{resource}");
            let actions = statement["Action"].as_array().unwrap();
            named.extend(actions.iter().map(|it| it.as_str().unwrap().to_owned()));
        }
    }
    named
}
