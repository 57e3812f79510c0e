//! Laws that hold for any spec and any offer: what exists stays, services do not touch each other, and nothing panics.

use std::collections::{BTreeMap, BTreeSet};

use accel_core::backend::Offer;
use accel_core::resource::{Kind, Resource};
use accel_core::spec::{Acceleration, Allow, ElasticIps, Service};
use accel_core::topology::{Kept, Known, Made};
use accel_core::{Fingerprint, Graph, Node, NodeName, Place, Side, Topology, Zone};
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::support::{build_with, frankfurt, kept, offer};

const LABELS: [&str; 6] = ["kms", "lambda", "logs", "sagemaker.runtime", "sns", "sqs"];
const LETTERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn service() -> impl Strategy<Value = Service> {
    let ports = subsequence(vec![443, 8443, 9443], 1..=3).prop_shuffle();
    (ports, any::<bool>()).prop_map(|(ports, off)| Service {
        ports,
        elastic_ips: off.then_some(ElasticIps::Off),
        ..Service::default()
    })
}

fn services() -> impl Strategy<Value = Vec<Service>> {
    let labels = subsequence(LABELS.to_vec(), 1..=LABELS.len()).prop_shuffle();
    (labels, proptest::collection::vec(service(), LABELS.len())).prop_map(|(labels, services)| {
        let named = labels.into_iter().zip(services);
        named.map(|(name, service)| Service { name: name.to_owned(), ..service }).collect()
    })
}

fn specs() -> impl Strategy<Value = Acceleration> {
    let blocks = ["203.0.113.0/24", "198.51.100.0/25", "192.0.2.7/32"];
    let allow = subsequence(blocks.to_vec(), 1..=3).prop_shuffle();
    let cidr = prop_oneof![Just("10.1.0.0/16"), Just("10.1.0.0/20"), Just("10.1.0.0/24")];
    (services(), allow, 1..=3_u8, cidr, any::<bool>()).prop_map(
        |(services, allow, zones, cidr, path_mtu)| Acceleration {
            services,
            allow: allow.into_iter().map(Allow::from).collect(),
            zones,
            service_cidr: cidr.to_owned(),
            path_mtu,
            ..Acceleration::new("any", "ap-southeast-3", "ap-southeast-1")
        },
    )
}

fn zones(place: &Place, letters: &[&str]) -> Vec<Zone> {
    letters.iter().map(|z| Zone::new(format!("{}{z}", place.region))).collect()
}

/// Which letters each service and the entry have: at least three each.
#[derive(Debug, Clone)]
struct World {
    services: BTreeMap<&'static str, Vec<&'static str>>,
    entry: Vec<&'static str>,
}

fn letters() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(LETTERS.to_vec(), 3..=LETTERS.len()).prop_shuffle()
}

fn worlds() -> impl Strategy<Value = World> {
    (proptest::collection::vec(letters(), LABELS.len()), letters())
        .prop_map(|(each, entry)| World { services: LABELS.into_iter().zip(each).collect(), entry })
}

impl World {
    fn offer(&self, spec: &Acceleration) -> Offer {
        let mut offer = offer(spec);
        for service in &mut offer.services {
            service.zones = zones(&service.place, &self.services[service.asked.as_str()]);
        }
        for (place, all) in &mut offer.zones {
            *all = match place.side {
                Side::Service => zones(place, &LETTERS),
                Side::Entry => zones(place, &self.entry),
            };
        }
        offer.quotas.clear();
        offer
    }

    fn grow(&mut self, by: &[&'static str]) {
        for letters in self.services.values_mut().chain([&mut self.entry]) {
            for letter in by {
                if !letters.contains(letter) {
                    letters.insert(0, letter);
                }
            }
        }
    }

    fn build(&self, spec: &Acceleration, kept: &[Kept]) -> Graph {
        build_with(spec, &self.offer(spec), kept).unwrap().graph
    }
}

/// What was asked for each node. The one setting that spans services is left out.
fn asked(graph: &Graph) -> BTreeMap<&NodeName, Fingerprint> {
    let nodes = graph.nodes().iter().filter(|node| node.kind() != Kind::ExtraTags);
    nodes.map(|node| (&node.name, node.fingerprint)).collect()
}

fn belongs_to(name: &NodeName, label: &str) -> bool {
    let name = name.as_str();
    name.contains(&format!(".{label}.")) || name.ends_with(&format!(".{label}"))
}

/// What both graphs have is the same in both, and what belongs to services of both is in both.
fn nothing_else_is_touched(old: &Graph, new: &Graph, common: &[&str]) {
    let (old, new) = (asked(old), asked(new));
    for (name, fingerprint) in &old {
        match new.get(name) {
            Some(now) => assert_eq!(now, fingerprint, "{name}"),
            None => assert!(!common.iter().any(|label| belongs_to(name, label)), "{name} is gone"),
        }
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        assert!(!common.iter().any(|label| belongs_to(name, label)), "{name} is new");
    }
}

fn labels(services: &[Service]) -> Vec<&str> {
    services.iter().map(|service| service.name.as_str()).collect()
}

proptest! {
    /// A deploy looks for no other kinds in a place than those that the topology says may be there.
    #[test]
    fn a_place_has_only_the_kinds_that_are_looked_for(spec in specs(), world in worlds()) {
        let graph = world.build(&spec, &[]);
        for node in graph.nodes() {
            prop_assert!(spec.kinds(&node.place).contains(&node.kind()), "{} is not", node.name);
        }
    }

    /// What exists answers what would be asked: the zones need not be known again.
    #[test]
    fn a_second_deploy_asks_for_no_zones_and_keeps_them(spec in specs(), world in worlds()) {
        let graph = world.build(&spec, &[]);
        let kept = kept(&graph);
        prop_assert_eq!(spec.query(&kept).zones, Vec::<Place>::new());
        let offer = Offer { zones: Vec::new(), ..world.offer(&spec) };
        let again = build_with(&spec, &offer, &kept).unwrap().graph;
        prop_assert_eq!(asked(&again), asked(&graph));
    }

    #[test]
    fn the_order_of_lists_changes_nothing(
        (spec, services, allow) in specs().prop_flat_map(|spec| {
            let services = Just(spec.services.clone()).prop_shuffle();
            let allow = Just(spec.allow.clone()).prop_shuffle();
            (Just(spec), services, allow)
        }),
        world in worlds(),
    ) {
        let graph = world.build(&spec, &[]);
        let shuffled = Acceleration { services, allow, ..spec };
        prop_assert_eq!(&world.build(&shuffled, &[]), &graph);
        prop_assert_eq!(&world.build(&shuffled, &kept(&graph)), &graph);
    }

    #[test]
    fn what_exists_stays_when_the_offer_grows(
        spec in specs(),
        mut world in worlds(),
        by in letters(),
    ) {
        let graph = world.build(&spec, &[]);
        world.grow(&by);
        prop_assert_eq!(&world.build(&spec, &kept(&graph)), &graph);
    }

    #[test]
    fn services_come_and_go_without_touching_others(
        spec in specs(),
        services in services(),
        mut world in worlds(),
        by in letters(),
    ) {
        let graph = world.build(&spec, &[]);
        let mut later = spec.clone();
        let stays = |service: &Service| services.iter().any(|other| other.name == service.name);
        later.services.retain(stays);
        let common = later.services.clone();
        let is_new = |service: &&Service| !common.iter().any(|other| other.name == service.name);
        later.services.extend(services.iter().filter(is_new).cloned());
        world.grow(&by);
        let new = world.build(&later, &kept(&graph));
        nothing_else_is_touched(&graph, &new, &labels(&common));
    }

    /// So that the new endpoint can be made before the old one goes.
    #[test]
    fn an_endpoint_with_other_zones_has_fresh_addresses(spec in specs(), world in worlds()) {
        let graph = world.build(&spec, &[]);
        let other = Acceleration { zones: if spec.zones == 3 { 1 } else { spec.zones + 1 }, ..spec };
        let new = world.build(&other, &kept(&graph));
        let addresses = |graph: &Graph| -> Vec<_> {
            let nodes = graph.nodes().iter().map(|node| &node.resource);
            let mut addresses = Vec::new();
            for resource in nodes {
                if let Resource::InterfaceEndpoint(endpoint) = resource {
                    addresses.extend(endpoint.subnets.iter().map(|subnet| subnet.address));
                }
            }
            addresses
        };
        let (old, new) = (addresses(&graph), addresses(&new));
        prop_assert_eq!(new.iter().collect::<BTreeSet<_>>().len(), new.len());
        prop_assert!(new.iter().all(|address| !old.contains(address)), "{:?} {:?}", old, new);
    }

    /// While old and new both exist, their notes do not confuse the next run.
    #[test]
    fn a_replacement_that_was_interrupted_goes_on(spec in specs(), world in worlds()) {
        let old = world.build(&spec, &[]);
        let spec = Acceleration { zones: if spec.zones == 3 { 1 } else { spec.zones + 1 }, ..spec };
        let new = world.build(&spec, &kept(&old));
        let both: Vec<Kept> = kept(&new).into_iter().chain(kept(&old)).collect();
        prop_assert_eq!(&world.build(&spec, &both), &new);
        prop_assert_eq!(&world.build(&spec, &kept(&new)), &new);
    }

    #[test]
    fn all_addresses_lie_in_their_own_subnet(spec in specs(), world in worlds()) {
        let graph = world.build(&spec, &[]);
        for node in graph.nodes() {
            let Resource::Target(target) = &node.resource else { continue };
            let accel_core::graph::To::Node(subnet) = target.subnet.to() else { continue };
            let Node { resource: Resource::Subnet(subnet), .. } = graph.node(*subnet) else {
                panic!("{} does not point at a subnet", node.name)
            };
            prop_assert!(subnet.cidr.contains(&target.pin), "{} {}", subnet.cidr, target.pin);
        }
    }

    #[test]
    fn reading_any_text_never_panics(text in any::<String>()) {
        all_methods_of(Acceleration::from_toml(&text).ok());
        all_methods_of(Acceleration::from_json(&text).ok());
    }

    #[test]
    fn reading_a_damaged_spec_never_panics(
        at in any::<prop::sample::Index>(),
        length in 0..12_usize,
        patch in "\\PC{0,8}|[\\[\\]{}=\"',.0-9a-z\n-]{0,8}",
    ) {
        let text: Vec<char> = include_str!("../../examples/specs/two-services-frankfurt.toml").chars().collect();
        let start = at.index(text.len());
        let end = (start + length).min(text.len());
        let damaged: String =
            text[..start].iter().copied().chain(patch.chars()).chain(text[end..].iter().copied()).collect();
        all_methods_of(Acceleration::from_toml(&damaged).ok());
        let json = serde_json::to_string(&frankfurt()).unwrap();
        let cut = json.char_indices().map(|(at, _)| at).nth(start).unwrap_or(json.len());
        all_methods_of(Acceleration::from_json(&format!("{}{patch}", &json[..cut])).ok());
    }

    #[test]
    fn building_any_values_never_panics(
        texts in proptest::collection::vec("\\PC{0,20}|[a-z0-9./:-]{0,20}", 12),
        ports in proptest::collection::vec(any::<u16>(), 0..4),
        zones in any::<u8>(),
        note in "\\PC{0,20}|[a-f.=0-9 -]{0,40}",
    ) {
        let text = |index: usize| texts[index].clone();
        let mut spec = Acceleration::new(text(0), text(1).as_str(), text(2).as_str());
        spec.zones = zones;
        spec.service_cidr = text(3);
        spec.entry_cidr = text(4);
        spec.services.push(Service { ports, ..Service::new(text(5)) });
        spec.allow.push(Allow { label: Some(text(7)), until: Some(text(8)), ..Allow::new(text(6)) });
        spec.elastic_ips = ElasticIps::Existing(vec![text(9)]);
        spec.policy = Some(text(10));
        spec.tags = [(text(11), text(0))].into();
        all_methods_of(Some(spec));
        // Tags that somebody else wrote.
        let spec = frankfurt();
        let mut strange = kept(&build_with(&spec, &offer(&spec), &[]).unwrap().graph);
        for kept in &mut strange {
            kept.note = Some(note.clone());
        }
        prop_assert!(build_with(&spec, &offer(&spec), &strange).is_ok());
    }
}

fn all_methods_of(spec: Option<Acceleration>) {
    let Some(spec) = spec else { return };
    let problems = spec.check();
    let (empty, full) = (Offer::default(), offer(&spec));
    let none = BTreeMap::new();
    for offer in [&empty, &full] {
        let built = spec.build(&Known { offer, kept: &[], today: None });
        if !problems.is_empty() {
            assert_eq!(built, Err(problems.clone()));
        }
        assert_eq!(spec.outputs(&Made::new(offer, &none)), None);
    }
    assert!(spec.deployment().is_ok() || !problems.is_empty());
    assert_eq!(spec.places().len(), spec.query(&[]).places.len());
}
