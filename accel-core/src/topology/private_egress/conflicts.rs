//! What stands against a plan in a network that exists: endpoints of others, full subnets, too many tags.

use std::collections::BTreeMap;

use super::plan::{Plan, Public, Table};
use super::{foreign, names};
use crate::backend::Network;
use crate::error::Problem;
use crate::resource::Kind;
use crate::tags;
use crate::topology::Known;

/// Endpoints of others that ours would collide with, and names that could not resolve.
pub(super) fn conflicts(plan: &Plan<'_>, network: &Network, problems: &mut Vec<Problem>) {
    let (ours, region) = (plan.deployment(), &plan.checked.place.region);
    let private = plan.endpoints.iter().filter(|endpoint| endpoint.service.spec.private_dns);
    for endpoint in private.clone() {
        let taker = foreign::has_names_of(network, ours.as_ref(), region, endpoint.label);
        if let Some(other) = taker {
            let message = format!(
                "the names of {} lead to {} already, everywhere in {}: leave the service out, for its calls go there, \
                 or say private_dns = false",
                endpoint.label, other.id, network.id
            );
            problems.push(Problem::new(format!("{}.name", endpoint.service.path), message));
        }
    }
    if private.count() > 0 && !(network.dns_support && network.dns_hostnames) {
        let missing =
            [("DNS support", network.dns_support), ("DNS hostnames", network.dns_hostnames)];
        let missing: Vec<&str> =
            missing.iter().filter(|(_, on)| !on).map(|(name, _)| *name).collect();
        let message = format!(
            "{} has {} off, without which no name leads to an endpoint: switch that on first, or say private_dns = false \
             for each service",
            network.id,
            missing.join(" and ")
        );
        problems.push(Problem::new("network.vpc", message));
    }
    for gateway in plan.gateways.iter().filter(|gateway| gateway.theirs.len() == plan.tables.len())
    {
        for (table, other) in &gateway.theirs {
            let message = format!(
                "{table} leads to {other} of {} already: leave the service out, for its calls go there",
                gateway.label
            );
            problems.push(Problem::new("services", message));
        }
    }
}

/// Subnets without addresses for what is to be made in them.
pub(super) fn room(
    plan: &Plan<'_>,
    network: &Network,
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) {
    let stands = |kind: Kind, name: &str| {
        known.kept.iter().any(|it| it.kind == kind && it.node.as_str() == name)
    };
    let mut needed: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for endpoint in &plan.endpoints {
        if !stands(Kind::InterfaceEndpoint, &names::endpoint(endpoint.label)) {
            for site in &endpoint.sites {
                *needed.entry(("network.islands", site)).or_default() += 1;
            }
        }
    }
    for nat in &plan.nats {
        if let Public::Existing(subnet) = &nat.stands_in
            && !stands(Kind::NatGateway, &names::nat(&nat.zone))
        {
            *needed.entry(("network.public", subnet)).or_default() += 1;
        }
    }
    for ((path, id), needed) in needed {
        let Some(subnet) = network.subnet(id).filter(|subnet| subnet.free < needed) else {
            continue;
        };
        let message = format!(
            "{id} ({}) has {} free addresses, and {needed} are needed: name another subnet of {}, or make room",
            subnet.block, subnet.free, subnet.zone
        );
        problems.push(Problem::new(path, message));
    }
}

/// How many tags a resource takes at most. Source: AWS, Tag your Amazon EC2 resources, tag restrictions.
const TAGS_MAX: usize = 50;

/// Receipts without room: what leads out of somebody's tables says so in a tag for each of them.
pub(super) fn receipts(plan: &Plan<'_>, problems: &mut Vec<Problem>) {
    let others = tags::OWN.len() + plan.checked.spec.tags.len();
    let room = TAGS_MAX.saturating_sub(others);
    let theirs = |table: &&Table| !table.ours;
    let gateways = plan.gateways.iter().map(|gateway| {
        let tables = gateway.tables(plan).filter(theirs).count();
        (names::gateway(gateway.label), tables)
    });
    let nats = plan.nats.iter().map(|nat| {
        let tables = plan.served_by(nat).filter(theirs).count();
        (names::nat(&nat.zone), tables)
    });
    for (holder, tables) in gateways.chain(nats).filter(|(_, tables)| *tables > room) {
        let message = format!(
            "{holder} would lead out of {tables} route tables and say so in a tag for each, but beside {others} other tags \
             it has room for {room}: name islands that share tables, or fewer tags, or split the islands among deployments"
        );
        problems.push(Problem::new("network.islands", message));
    }
}
