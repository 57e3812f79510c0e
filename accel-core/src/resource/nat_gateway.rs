//! NAT gateway: lets what has no public address open connections to the internet, from one public address.

use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// A public NAT gateway of one zone.
///
/// Its create is accepted whatever stands behind it; that the network has no internet gateway, or that the address is taken, shows later
/// as a failure. Its subnet's way to the internet must be there before.
/// Source: `CreateNatGateway`; `NatGateway`, `FailureCode`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// The public subnet in which it stands.
    pub subnet: Ref<super::Subnet>,
    /// Its public address.
    pub address: Ref<super::ElasticIp>,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Token,
    ready: Some(super::Times::new(90, 600)),
    gone: Some(super::Times::new(60, 1800)),
    billed: true,
    ..super::PLAIN
};

impl Describe for NatGateway {
    fn kind(&self) -> Kind {
        Kind::NatGateway
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.subnet.link(Need::Exists, Role::Holds));
        visit(self.address.link(Need::Exists, Role::Holds));
    }
}

/// What is known of a NAT gateway that is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatAttributes {
    /// The public address from which its connections come.
    pub address: Ipv4Addr,
}
