//! A cloud's offer, what a deployed graph leaves behind, and the example specs.

use accel_core::backend::{Caller, Offer, Quota, ServiceOffer};
use accel_core::resource::Kind;
use accel_core::spec::{Acceleration, Day};
use accel_core::topology::{Built, Kept, Known};
use accel_core::{AccountId, Graph, Node, NodeName, Place, Problem, Topology, Zone};

pub(crate) const JAKARTA: &str = include_str!("../../examples/specs/sagemaker-jakarta.toml");
pub(crate) const FRANKFURT: &str = include_str!("../../examples/specs/two-services-frankfurt.toml");

/// An offer in which everything that the spec asks for is there, in zones a to c.
pub(crate) fn offer(spec: &Acceleration) -> Offer {
    let caller = |partition: &str| Caller {
        account: AccountId::from("111122223333"),
        partition: partition.to_owned(),
        identity: "arn:aws:iam::111122223333:user/dev".to_owned(),
    };
    let zones = |place: &Place| ["a", "b", "c"].map(|z| zone(place, z)).to_vec();
    let places = spec.places();
    let quota =
        |place: &Place, kind, limit, used| Quota { place: place.clone(), kind, limit, used };
    Offer {
        callers: places.iter().map(|p| (p.side, caller(p.region.partition()))).collect(),
        services: spec
            .query(&[])
            .services
            .into_iter()
            .map(|(place, asked)| ServiceOffer {
                full_name: full_name(&asked, &place),
                hosts: vec![format!("{}.amazonaws.com", asked.replace('.', "-"))],
                zones: zones(&place),
                policy_supported: true,
                gateway: false,
                asked,
                place,
            })
            .collect(),
        zones: places.iter().map(|place| (place.clone(), zones(place))).collect(),
        quotas: places
            .iter()
            .flat_map(|p| {
                [
                    quota(p, Kind::Vpc, 5, 1),
                    quota(p, Kind::ElasticIp, 5, 0),
                    quota(p, Kind::LoadBalancer, 50, 0),
                ]
            })
            .collect(),
        ..Offer::default()
    }
}

pub(crate) fn zone(place: &Place, letter: &str) -> Zone {
    Zone::new(format!("{}{letter}", place.region))
}

pub(crate) fn full_name(asked: &str, place: &Place) -> String {
    if asked.contains("amazonaws") {
        asked.to_owned()
    } else {
        format!("com.amazonaws.{}.{asked}", place.region)
    }
}

/// What a deployed graph leaves in tags.
pub(crate) fn kept(graph: &Graph) -> Vec<Kept> {
    let tagged = graph.nodes().iter().filter(|node| node.kind().facts().taggable);
    tagged
        .map(|node| Kept {
            node: node.name.clone(),
            place: node.place.clone(),
            kind: node.kind(),
            fingerprint: node.fingerprint,
            note: node.keep.clone(),
        })
        .collect()
}

pub(crate) fn build_with(
    spec: &Acceleration,
    offer: &Offer,
    kept: &[Kept],
) -> Result<Built, Vec<Problem>> {
    spec.build(&Known { offer, kept, today: Day::parse("2026-11-21") })
}

pub(crate) fn build(spec: &Acceleration) -> Graph {
    build_with(spec, &offer(spec), &[]).unwrap().graph
}

pub(crate) fn jakarta() -> Acceleration {
    Acceleration::from_toml(JAKARTA).unwrap()
}

pub(crate) fn frankfurt() -> Acceleration {
    Acceleration::from_toml(FRANKFURT).unwrap()
}

pub(crate) fn node<'g>(graph: &'g Graph, name: &str) -> &'g Node {
    graph.node(graph.find(&NodeName::from(name)).unwrap_or_else(|| panic!("no node {name}")))
}

pub(crate) fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("topology-{name}"), text));
}
