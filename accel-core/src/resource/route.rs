//! Route: one destination of a route table.

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};

/// A route: packets for a destination leave through a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The table.
    pub table: Ref<super::RouteTable>,
    /// The destination, in canonical form (no host bits).
    pub destination: Ipv4Net,
    /// Where packets go.
    pub via: Via,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    taggable: false,
    vanishes_with: Some(Kind::RouteTable),
    ..super::PLAIN
};

impl Describe for Route {
    fn kind(&self) -> Kind {
        Kind::Route
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.table.link(Need::Exists, Role::Holds));
        match &mut self.via {
            Via::Gateway(gateway) => visit(gateway.link(Need::Exists, Role::Holds)),
            Via::Peering(peering) => visit(peering.link(Need::Exists, Role::Holds)),
            // Whether a route to one that is pending is accepted is not documented.
            Via::Nat(nat) => visit(nat.link(Need::Ready, Role::Holds)),
        }
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        vec![Slot::key(inputs.id(&self.table), self.destination)]
    }

    fn key(&self, _inputs: &Inputs<'_>) -> Option<String> {
        Some(self.destination.to_string())
    }
}

/// Where the packets of a route go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// To the internet.
    Gateway(Ref<super::InternetGateway>),
    /// To the other VPC.
    Peering(Ref<super::PeeringConnection>),
    /// To the internet, for what has no public address.
    Nat(Ref<super::NatGateway>),
}
