//! The graph of a spec without asking any cloud: for pictures and permissions, which depend on no zone's name.

mod network;

use accel_core::backend::{Caller, Network, Offer, ServiceOffer};
use accel_core::spec::{EgressService, Way};
use accel_core::topology::Known;
use accel_core::{AnySpec, Graph, Place, PrivateEgress, Topology as _, Zone};

use crate::input::Spec;
use crate::trouble::{Outcome, Trouble};

/// More zones than anything of ours spreads over: who says none gets one for each that may be asked for.
const ZONES_MAX: u8 = 6;

/// What has gateway endpoints. Source: Gateway endpoints, AWS `PrivateLink` guide.
const WITH_GATEWAY: [&str; 2] = ["s3", "dynamodb"];

/// The graph that the spec stands for in a cloud that has everything it asks for.
pub(crate) fn graph(spec: &Spec) -> Outcome<Graph> {
    build(&spec.topology, &spec.file, &offer(&spec.topology))
}

/// The same, with the services' full names and whatever else a cloud has told already. What it was not asked is as above: of a lane that
/// stands, nobody asks for zones.
pub(crate) fn graph_in(spec: &Spec, heard: Offer) -> Outcome<Graph> {
    build(&spec.topology, &spec.file, &offer_in(&spec.topology, heard))
}

/// The graph as it would be with an endpoint for each service, whatever the spec chooses: for what that would cost.
pub(crate) fn graph_with_endpoints(spec: &Spec, egress: &PrivateEgress) -> Outcome<Graph> {
    let mut egress = egress.clone();
    for service in &mut egress.services {
        (service.via, service.without_policy) = (Way::Endpoint, true);
    }
    egress.policy.get_or_insert_with(|| "own-account".to_owned());
    let topology = AnySpec::from(egress);
    build(&topology, &spec.file, &offer(&topology))
}

/// What stands in a network has its addresses already: whether there is room for more was judged by whoever planned it.
fn offer_in(topology: &AnySpec, heard: Offer) -> Offer {
    let mut offer = offer(topology);
    if !heard.services.is_empty() {
        offer.services = heard.services;
    }
    if !heard.zones.is_empty() {
        offer.zones = heard.zones;
    }
    if !heard.networks.is_empty() {
        offer.networks = heard.networks;
        offer.networks.iter_mut().flat_map(|it| &mut it.subnets).for_each(|it| it.free = u32::MAX);
    }
    offer
}

fn build(topology: &AnySpec, file: &str, offer: &Offer) -> Outcome<Graph> {
    let known = Known { offer, kept: &[], today: None };
    match topology.build(&known) {
        Ok(built) => Ok(built.graph),
        Err(problems) => Err(Trouble::problems(file, problems)),
    }
}

/// Whether a service may go without a policy, and none is said for it: then it supports none, or the spec would not do.
fn goes_without_policy(topology: &AnySpec, asked: &str) -> bool {
    let AnySpec::PrivateEgress(egress) = topology else { return false };
    let is_it = |service: &EgressService| service.name == asked && service.without_policy;
    egress.network.is_some()
        && egress.policy.is_none()
        && egress.services.iter().any(|service| is_it(service) && service.policy.is_none())
}

/// As many zones as asked for, named in the usual way, and every service in all of them.
fn offer(topology: &AnySpec) -> Offer {
    let query = topology.query(&[]);
    let count = zone_count(topology);
    let service = |(place, asked): &(Place, String)| ServiceOffer {
        asked: asked.clone(),
        full_name: asked.clone(),
        place: place.clone(),
        zones: zones(place, count),
        hosts: Vec::new(),
        policy_supported: !goes_without_policy(topology, asked),
        gateway: has_gateway(asked),
    };
    Offer {
        callers: query.places.iter().map(|place| (place.side, caller(topology, place))).collect(),
        services: query.services.iter().map(service).collect(),
        zones: query.places.iter().map(|place| (place.clone(), zones(place, count))).collect(),
        networks: network(topology, count).into_iter().collect(),
        ..Offer::default()
    }
}

fn zone_count(topology: &AnySpec) -> u8 {
    match topology {
        AnySpec::Acceleration(lane) => lane.zones,
        AnySpec::PrivateEgress(egress) if egress.network.is_none() => egress.zones,
        AnySpec::PrivateEgress(_) => ZONES_MAX,
    }
}

/// The network that exists, if the spec names one.
fn network(topology: &AnySpec, count: u8) -> Option<Network> {
    match topology {
        AnySpec::Acceleration(_) => None,
        AnySpec::PrivateEgress(egress) => {
            let place = topology.places().into_iter().next()?;
            let zones = zones(&place, count);
            Some(network::imagined(egress, egress.network.as_ref()?, &place, &zones))
        }
    }
}

/// By its short name, or by the end of its full one.
fn has_gateway(asked: &str) -> bool {
    let (_, short) = asked.rsplit_once('.').unwrap_or(("", asked));
    WITH_GATEWAY.contains(&short)
}

/// The account that the spec pins, or one that nobody has.
fn caller(topology: &AnySpec, place: &Place) -> Caller {
    let pinned = topology.account(place.side).cloned();
    Caller {
        account: pinned.unwrap_or_else(|| "000000000000".into()),
        partition: place.region.partition().to_owned(),
        identity: String::new(),
    }
}

fn zones(place: &Place, count: u8) -> Vec<Zone> {
    let letters = ('a'..='z').take(usize::from(count));
    letters.map(|letter| Zone::from(format!("{}{letter}", place.region))).collect()
}
