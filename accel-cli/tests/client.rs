//! `accel client`, run as a user runs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use serde_json::Value;
use support::Bench;

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";

fn bench() -> Bench {
    let bench = Bench::new();
    let text = format!(
        r#"{{ "schema": "accel.lane-outputs.v1", "deployment": "jakarta", "generation": "g1", "entries": [{{
            "hosts": ["{HOST}"], "dial": "lane.example.com", "addresses": ["203.0.113.7"] }}] }}"#
    );
    bench.write("lane.json", &text);
    bench
}

#[test]
fn every_client_has_its_recipe_with_the_lane_in_it() {
    let bench = bench();
    let schema: Value = serde_json::from_str(include_str!("../schemas/client.v1.json")).unwrap();
    for whom in ["rust", "python", "go", "node", "java", "curl", "hosts"] {
        let text = bench.run(&format!("client --settings lane.json --for {whom}")).ended(0).stdout;
        for part in [HOST, "203.0.113.7", "jakarta"] {
            assert!(text.contains(part), "{whom}: {part}");
        }
        let line = format!("client --settings lane.json --for {whom} --json");
        let document = bench.run(&line).ended(0).json();
        jsonschema::validate(&schema, &document).unwrap();
        assert_eq!(document["text"].as_str().unwrap().trim_end(), text.trim_end(), "{whom}");
    }
}

#[test]
fn it_is_written_where_it_is_wanted() {
    let bench = bench();
    let said = bench.run("client --settings lane.json --for python -o lane.py").ended(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", "lane.py: written\n"));
    assert!(bench.read("lane.py").contains(HOST));
    bench.run("client --settings lane.json --for python -o no/such/lane.py").ended(2);
    bench.run("client --settings lane.json").ended(2);
}
