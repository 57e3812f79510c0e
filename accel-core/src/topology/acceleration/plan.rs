//! Every decision of the topology: zones, addresses, policies, who may connect today. What cannot be decided is a problem.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::names;
use crate::backend::ServiceOffer;
use crate::error::Problem;
use crate::id::{Place, Side, Zone};
use crate::resource::Kind;
use crate::spec::{Checked, CheckedService, Opening};
use crate::topology::sticky::{self, Pins, Wanted};
use crate::topology::{Kept, Known, Topology, policy};

/// A spec with every decision taken.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) checked: &'a Checked<'a>,
    /// One per service, by label.
    pub(super) lanes: Vec<Lane<'a>>,
    /// Who may connect today.
    pub(super) open: Vec<Opening<'a>>,
    /// Whose time is over.
    pub(super) ended: Vec<Opening<'a>>,
}

/// One service with every decision taken.
#[derive(Debug)]
pub(super) struct Lane<'a> {
    pub(super) label: &'a str,
    pub(super) service: &'a CheckedService<'a>,
    pub(super) full_name: String,
    /// The endpoint's zones.
    pub(super) zones: BTreeSet<Zone>,
    /// The endpoint's address in each of them.
    pub(super) pins: Pins,
    /// The load balancer's zones.
    pub(super) entry_zones: BTreeSet<Zone>,
    /// Zones that exist, but are no longer offered.
    pub(super) outlived: BTreeSet<Zone>,
    /// None where the service supports none.
    pub(super) policy: Option<String>,
}

/// Takes every decision; a service that cannot be planned is left out, with a problem for each reason.
pub(super) fn plan<'a>(
    checked: &'a Checked<'a>,
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) -> Plan<'a> {
    let mut lanes = Vec::new();
    for (label, service) in &checked.services {
        lanes.extend(lane(checked, label, service, known, problems));
    }
    pin(checked, known, &mut lanes, problems);
    let has_ended = |opening: &Opening<'_>| {
        opening.until.zip(known.today).is_some_and(|(until, today)| until < today)
    };
    let (ended, open) = checked.allow.iter().cloned().partition(has_ended);
    Plan { checked, lanes, open, ended }
}

/// One service's lane, its addresses still to be fixed.
fn lane<'a>(
    checked: &'a Checked<'a>,
    label: &'a str,
    service: &'a CheckedService<'a>,
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Lane<'a>> {
    let (place, entry) = (&checked.service, &checked.entry);
    let Some(offer) = known.offer.service(service.asked) else {
        let message = format!("{} has no service {}", place.region, service.asked);
        problems.push(Problem::new(format!("{}.name", service.path), message));
        return None;
    };
    let policy = endpoint_policy(checked, service, offer, known, problems);
    let wanted = usize::from(checked.spec.zones);

    let offered = service_zones(offer, known.offer.zones_in(place), place);
    let noted = noted_pins(known.kept, place, label);
    let noted: Vec<_> = noted.into_iter().map(|pins| pins.into_keys().collect()).collect();
    let zones = sticky::choose_zones(wanted, &noted, &offered);
    if zones.len() < wanted {
        let message = too_few(&format!("{label} can have an endpoint"), place, &zones);
        problems.push(Problem::new("zones", message));
    }

    let noted = noted_zones(known.kept, entry, label);
    let entry_offered = match known.offer.zones.iter().find(|(place, _)| place == entry) {
        Some((_, zones)) => with_blocks(zones, entry),
        // Not asked: what is there has its zones.
        None => noted.iter().flatten().cloned().collect(),
    };
    let entry_zones = sticky::choose_zones(wanted, &noted, &entry_offered);
    if entry_zones.len() < wanted {
        let message = too_few("a load balancer can be", entry, &entry_zones);
        problems.push(Problem::new("zones", message));
    }

    let outlived = zones.difference(&offered).chain(entry_zones.difference(&entry_offered));
    Some(Lane {
        label,
        service,
        full_name: offer.full_name.clone(),
        outlived: outlived.cloned().collect(),
        zones,
        pins: Pins::new(),
        entry_zones,
        policy,
    })
}

fn with_blocks<'z>(zones: impl IntoIterator<Item = &'z Zone>, place: &Place) -> BTreeSet<Zone> {
    zones.into_iter().filter(|zone| sticky::has_block(zone, &place.region)).cloned().collect()
}

/// Zones in which the service can have an endpoint, and we a subnet. A place of which no zones are known is taken to have them all.
fn service_zones(offer: &ServiceOffer, subnets: &[Zone], place: &Place) -> BTreeSet<Zone> {
    let zones = offer.zones.iter().filter(|zone| subnets.is_empty() || subnets.contains(zone));
    with_blocks(zones, place)
}

fn too_few(what: &str, place: &Place, zones: &BTreeSet<Zone>) -> String {
    let region = &place.region;
    match zones.len() {
        0 => format!("{what} in no zone of {region} that can be used"),
        count => {
            let zones = sticky::write_zones(zones).replace(' ', ", ");
            format!(
                "{what} in only {count} of the zones of {region} ({zones}): set zones = {count}"
            )
        }
    }
}

/// The notes that a node carries, wherever something of it exists.
fn notes<'k>(kept: &'k [Kept], place: &Place, kind: Kind, node: &str) -> Vec<&'k str> {
    let of_node = |k: &&Kept| k.kind == kind && k.place == *place && k.node.as_str() == node;
    kept.iter().filter(of_node).filter_map(|kept| kept.note.as_deref()).collect()
}

fn noted_pins(kept: &[Kept], place: &Place, label: &str) -> Vec<Pins> {
    let notes = notes(kept, place, Kind::InterfaceEndpoint, &names::endpoint(label));
    notes.into_iter().filter_map(|note| sticky::read_pins(note, &place.region)).collect()
}

/// Whether every lane has its load balancer's zones from earlier deploys.
pub(super) fn has_entry_zones(checked: &Checked<'_>, kept: &[Kept]) -> bool {
    let wanted = usize::from(checked.spec.zones);
    let has = |label| noted_zones(kept, &checked.entry, label).iter().any(|it| it.len() == wanted);
    checked.services.iter().all(|(label, _)| has(label))
}

fn noted_zones(kept: &[Kept], place: &Place, label: &str) -> Vec<BTreeSet<Zone>> {
    let notes = notes(kept, place, Kind::LoadBalancer, &names::balancer(&place.region, label));
    notes.into_iter().filter_map(|note| sticky::read_zones(note, &place.region)).collect()
}

/// Fixes the addresses of all endpoints; the addresses of endpoints that are to go stay theirs until they are gone.
fn pin(
    checked: &Checked<'_>,
    known: &Known<'_>,
    lanes: &mut Vec<Lane<'_>>,
    problems: &mut Vec<Problem>,
) {
    let region = &checked.service.region;
    let endpoints = known
        .kept
        .iter()
        .filter(|kept| kept.kind == Kind::InterfaceEndpoint && kept.place == checked.service);
    let taken: BTreeSet<Ipv4Addr> = endpoints
        .filter_map(|kept| sticky::read_pins(kept.note.as_deref()?, region))
        .flat_map(Pins::into_values)
        .collect();
    let block =
        |zone: &Zone| Some((zone.clone(), sticky::block(checked.service_cidr, zone, region)?));
    let wanted: Vec<Wanted<'_>> = lanes
        .iter()
        .map(|lane| Wanted {
            label: lane.label,
            blocks: lane.zones.iter().filter_map(block).collect::<BTreeMap<_, _>>(),
            noted: noted_pins(known.kept, &checked.service, lane.label),
        })
        .collect();
    let pinned = sticky::pin(&wanted, &taken);
    let mut pinned = pinned.into_iter();
    lanes.retain_mut(|lane| {
        let Some(pins) = pinned.next().flatten() else {
            let message =
                format!("{} has no address left for {}", checked.service_cidr, lane.label);
            problems.push(Problem::new("service_cidr", message));
            return false;
        };
        lane.pins = pins;
        true
    });
}

/// Who may use the endpoint. A service without policies needs the user's word.
fn endpoint_policy(
    checked: &Checked<'_>,
    service: &CheckedService<'_>,
    offer: &ServiceOffer,
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    if !offer.policy_supported {
        if !service.without_policy {
            let message = format!(
                "{} supports no endpoint policy: whoever may connect could use it with any \
                 account's credentials; say without_policy = true if that may be",
                offer.full_name
            );
            problems.push(Problem::new(format!("{}.without_policy", service.path), message));
        }
        return None;
    }
    if let Some(own) = &checked.policy {
        return Some(own.clone());
    }
    let caller = known.offer.caller(Side::Service).map(|caller| &caller.account);
    let Some(account) = caller.or_else(|| checked.spec.account(Side::Service)) else {
        let message =
            "is needed for the endpoint's policy, because the caller's own could not be asked";
        problems.push(Problem::new("service_account", message));
        return None;
    };
    Some(policy::default_endpoint_policy(account, &checked.spec.callers))
}
