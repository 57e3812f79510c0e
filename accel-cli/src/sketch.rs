//! The graph of a spec without asking any cloud: for pictures and permissions, which depend on no zone's name.

use accel_core::backend::{Caller, Offer, ServiceOffer};
use accel_core::topology::Known;
use accel_core::{Graph, Place, Topology as _, Zone};

use crate::input::Spec;
use crate::trouble::{Outcome, Trouble};

/// The graph that the spec stands for in a cloud that has everything it asks for.
pub(crate) fn graph(spec: &Spec) -> Outcome<Graph> {
    build(spec, &offer(spec))
}

/// The same, with the services' full names and whatever else a cloud has told already. What it was not asked is as above: of a lane that
/// stands, nobody asks for zones.
#[cfg(feature = "aws")]
pub(crate) fn graph_in(spec: &Spec, heard: Offer) -> Outcome<Graph> {
    let mut offer = offer(spec);
    if !heard.services.is_empty() {
        offer.services = heard.services;
    }
    if !heard.zones.is_empty() {
        offer.zones = heard.zones;
    }
    build(spec, &offer)
}

fn build(spec: &Spec, offer: &Offer) -> Outcome<Graph> {
    let known = Known { offer, kept: &[], today: None };
    match spec.lane.build(&known) {
        Ok(built) => Ok(built.graph),
        Err(problems) => Err(Trouble::problems(&spec.file, problems)),
    }
}

/// As many zones as asked for, named in the usual way, and every service in all of them.
fn offer(spec: &Spec) -> Offer {
    let query = spec.lane.query(&[]);
    let service = |(place, asked): &(Place, String)| ServiceOffer {
        asked: asked.clone(),
        full_name: asked.clone(),
        place: place.clone(),
        zones: zones(place, spec.lane.zones),
        hosts: Vec::new(),
        policy_supported: true,
    };
    Offer {
        callers: query.places.iter().map(|place| (place.side, caller(spec, place))).collect(),
        services: query.services.iter().map(service).collect(),
        zones: query.places.iter().map(|p| (p.clone(), zones(p, spec.lane.zones))).collect(),
        ..Offer::default()
    }
}

/// The account that the spec pins, or one that nobody has.
fn caller(spec: &Spec, place: &Place) -> Caller {
    let pinned = spec.lane.account(place.side).cloned();
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
