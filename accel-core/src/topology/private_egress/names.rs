//! The names of the nodes: all in one place, because they are forever. They derive from zones, services and the ids of what exists.

use std::fmt::Display;

use crate::id::Zone;

pub(super) const VPC: &str = "vpc";

/// What the names of islands begin with; the zone follows.
pub(super) const ISLANDS: &str = "island.";

pub(super) fn island(zone: &str) -> String {
    format!("{ISLANDS}{zone}")
}

/// A route table of our own, for an island.
pub(super) fn table(site: &str) -> String {
    format!("table.{site}")
}

pub(super) fn association(site: &str) -> String {
    format!("association.{site}")
}

pub(super) fn endpoint(label: &str) -> String {
    format!("endpoint.{label}")
}

pub(super) fn gateway(label: &str) -> String {
    format!("gateway.{label}")
}

/// What a table leads to: a site of ours, or the id of somebody else's table.
pub(super) fn endpoint_table(label: &str, table: &str) -> String {
    format!("gateway-table.{label}.{table}")
}

pub(super) fn policy(label: &str) -> String {
    format!("policy.{label}")
}

/// What the names of NAT gateways begin with; the zone follows.
pub(super) const NATS: &str = "nat.";

pub(super) fn nat(zone: &Zone) -> String {
    format!("{NATS}{zone}")
}

pub(super) fn address(zone: &Zone) -> String {
    format!("address.{zone}")
}

pub(super) fn default_route(table: &str) -> String {
    format!("default-route.{table}")
}

/// The receipts that a node of ours holds.
pub(super) fn receipts(node: impl Display) -> String {
    format!("receipts.{node}")
}
