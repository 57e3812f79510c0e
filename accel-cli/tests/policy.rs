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
fn the_policies_of_who_deploys_and_who_cleans_up_need_no_cloud_and_no_words() {
    let bench = Bench::new();
    for whom in ["deploy", "cleanup"] {
        let said = bench.run(&format!("policy lane.toml --for {whom}")).ended(0);
        assert!(!said.json()["Statement"].as_array().unwrap().is_empty());
        assert_eq!(said.stderr, "");
    }
}
