//! The names of the nodes: all in one place, because they are forever. They derive from sides, the entry region, services, zones, ports
//! and blocks, and the entry's contain its region, so that a second entry can come later without renaming anything.

use std::fmt::Display;

use crate::id::{Region, Zone};

/// A node of the service side that every entry shares.
pub(super) fn service(what: impl Display) -> String {
    format!("service.{what}")
}

/// A node that belongs to one entry.
pub(super) fn entry(region: &Region, what: impl Display) -> String {
    format!("entry.{region}.{what}")
}

/// A service's endpoint.
pub(super) fn endpoint(label: &str) -> String {
    service(format_args!("endpoint.{label}"))
}

/// A service's load balancer in one entry.
pub(super) fn balancer(region: &Region, label: &str) -> String {
    entry(region, format_args!("balancer.{label}"))
}

/// What the names of a service's public addresses in one entry begin with; the zone follows.
pub(super) fn addresses(region: &Region, label: &str) -> String {
    entry(region, format_args!("address.{label}."))
}

/// A service's public address in a zone of one entry.
pub(super) fn address(region: &Region, label: &str, zone: &Zone) -> String {
    format!("{}{zone}", addresses(region, label))
}
