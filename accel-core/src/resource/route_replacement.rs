//! A route in a table that is not ours, whose target is replaced for as long as the deployment stands.

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};

/// Sends a destination of a table through a NAT gateway of ours, in place of where it went. Its removal puts the old target back, if the
/// route still leads to ours; else somebody has changed it since, and it stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteReplacement {
    /// The table.
    pub table: Ref<super::RouteTable>,
    /// The destination, in canonical form (no host bits).
    pub destination: Ipv4Net,
    /// Where packets go now.
    pub nat: Ref<super::NatGateway>,
    /// Where they went: the provider's id of the old target. A receipt on the NAT gateway says the same
    /// ([`tags::receipt`](crate::tags::receipt)).
    pub was: String,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    taggable: false,
    vanishes_with: Some(Kind::RouteTable),
    ..super::PLAIN
};

impl Describe for RouteReplacement {
    fn kind(&self) -> Kind {
        Kind::RouteReplacement
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.table.link(Need::Exists, Role::Holds));
        visit(self.nat.link(Need::Ready, Role::Holds));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        vec![Slot::key(inputs.id(&self.table), self.destination)]
    }

    fn key(&self, _inputs: &Inputs<'_>) -> Option<String> {
        Some(self.destination.to_string())
    }
}
