//! The topologies and their specs: every problem, every effect of a change, and the laws that hold for any spec and any offer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod effects;
mod egress;
mod laws;
mod outputs;
mod problems;
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use accel_core::graph::NodeId;
use accel_core::resource::{Api, Kind, Resource};
use accel_core::spec::{Acceleration, Allow};
use accel_core::{Graph, Node, Place};
use support::{build, build_with, frankfurt, golden, jakarta, node, offer};

/// A newer accel with the same spec replaces nothing: fingerprints are forever.
#[test]
fn examples_keep_their_fingerprints() {
    for (name, spec) in [("jakarta", jakarta()), ("frankfurt", frankfurt())] {
        let mut text = String::new();
        for node in build(&spec).nodes() {
            let keep = node.keep.as_ref().map(|keep| format!("  ({keep})")).unwrap_or_default();
            writeln!(text, "{} {} {}{keep}", node.fingerprint, node.place.side, node.name).unwrap();
        }
        golden(&format!("fingerprints-{name}"), &text);
    }
}

#[test]
fn notes_say_what_is_opened_and_refused() {
    let mut spec = frankfurt();
    spec.allow.push(Allow { until: Some("2026-11-20".to_owned()), ..Allow::new("192.0.2.0/24") });
    let mut full = offer(&spec);
    full.not_checked.push("service quotas: access denied".to_owned());
    full.endpoint = Some("http://localhost:5000".to_owned());
    let mut text = String::new();
    for (title, spec, offer) in
        [("jakarta", jakarta(), offer(&jakarta())), ("frankfurt", spec, full)]
    {
        let notes = build_with(&spec, &offer, &[]).unwrap().notes;
        writeln!(text, "{title}\n  {}", notes.join("\n  ")).unwrap();
    }
    golden("notes", &text);
}

#[test]
fn a_graph_survives_being_written_and_read() {
    let graph = build(&frankfurt());
    let text = serde_json::to_string(&graph).unwrap();
    assert_eq!(serde_json::from_str::<Graph>(&text).unwrap(), graph);
}

#[test]
fn the_same_spec_in_toml_json_and_rust() {
    let rust = Acceleration::new("sagemaker-jakarta", "ap-southeast-3", "ap-southeast-1")
        .service("sagemaker.runtime")
        .allow("203.0.113.0/24");
    assert_eq!(jakarta(), rust);
    for spec in [rust, frankfurt()] {
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(Acceleration::from_json(&json), Ok(spec));
    }
}

fn all_before(graph: &Graph, id: NodeId) -> BTreeSet<NodeId> {
    let mut before = BTreeSet::new();
    let mut next = vec![id];
    while let Some(id) = next.pop() {
        let edges = graph.node(id).edges().iter().map(|edge| edge.to);
        next.extend(edges.filter(|to| before.insert(*to)).collect::<Vec<_>>());
    }
    before
}

/// A group in use has no open egress, and nothing is routed to a connection that nobody accepted.
#[test]
fn nothing_in_use_is_open_in_any_order_that_the_edges_allow() {
    for graph in [build(&jakarta()), build(&frankfurt())] {
        for id in graph.ids() {
            let before = all_before(&graph, id);
            let comes_after = |kind, place: &Place| {
                before
                    .iter()
                    .map(|id| graph.node(*id))
                    .any(|n| n.kind() == kind && n.place == *place)
            };
            let Node { place, name, .. } = graph.node(id);
            let kind = graph.node(id).kind();
            if matches!(kind, Kind::InterfaceEndpoint | Kind::LoadBalancer) {
                assert!(comes_after(Kind::ClosedEgress, place), "{name}");
            }
            if kind == Kind::LoadBalancer || name.as_str().ends_with("route.internet") {
                assert!(comes_after(Kind::GatewayAttachment, place), "{name}");
            } else if kind == Kind::Route {
                let accepter = graph.node(graph.find(&"service.vpc".into()).unwrap());
                assert!(comes_after(Kind::PeeringAcceptance, &accepter.place), "{name}");
            }
        }
    }
}

/// Load balancers take longest: they wait for nothing that they do not need.
#[test]
fn a_load_balancer_waits_for_its_own_network_only() {
    let graph = build(&jakarta());
    let id = graph.find(&"entry.ap-southeast-1.balancer.sagemaker.runtime".into()).unwrap();
    let before: BTreeSet<&str> =
        all_before(&graph, id).into_iter().map(|id| graph.node(id).name.as_str()).collect();
    let expected = [
        "address.sagemaker.runtime.ap-southeast-1a",
        "address.sagemaker.runtime.ap-southeast-1b",
        "closed-egress",
        "gateway",
        "gateway-attachment",
        "group",
        "subnet.ap-southeast-1a",
        "subnet.ap-southeast-1b",
        "vpc",
    ];
    let expected: Vec<String> =
        expected.iter().map(|what| format!("entry.ap-southeast-1.{what}")).collect();
    assert_eq!(before.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn settings_that_are_carried_follow_the_spec() {
    let graph = build(&frankfurt());
    let resource = |name: &str| node(&graph, name).resource.clone();
    let Resource::TargetGroupOptions(options) =
        resource("entry.sa-east-1.target-group-options.sagemaker.runtime.8443")
    else {
        panic!("another kind")
    };
    assert!(!options.preserve_client_ip);
    let Resource::ExtraTags(tags) = resource("entry.sa-east-1.tags.load-balancing") else {
        panic!("another kind")
    };
    assert_eq!(tags.tags.get("accel:protected").map(String::as_str), Some("true"));
    assert_eq!(tags.tags.get("team").map(String::as_str), Some("vision"));
    let load_balancing = |node: &&Node| {
        node.kind().facts().taggable && node.kind().facts().api == Api::LoadBalancing
    };
    assert_eq!(tags.members.len(), graph.nodes().iter().filter(load_balancing).count());
}
