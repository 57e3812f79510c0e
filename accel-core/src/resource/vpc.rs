//! Virtual private cloud: the address space everything else lies in.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};

/// A VPC. DNS support is on from the start; DNS hostnames are a setting of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// The address block: /16 to /28.
    pub cidr: Ipv4Net,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::None,
    ready: Some(super::Times::new(2, 600)),
    vouched_for: true,
    ..super::PLAIN
};

impl Describe for Vpc {
    fn kind(&self) -> Kind {
        Kind::Vpc
    }

    fn refs(&mut self, _visit: Visit<'_>) {}

    fn encloses(&self, address: Ipv4Addr) -> bool {
        self.cidr.contains(&address)
    }
}
