//! VPC peering connection: the way between two VPCs. Requested here; accepting it is another node.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};
use crate::id::Place;

/// A request to peer two VPCs, made in the requester's place. Ready when it can be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringConnection {
    /// The VPC that asks.
    pub requester: Ref<super::Vpc>,
    /// The VPC that is asked.
    pub accepter: Ref<super::Vpc>,
    /// Where the other VPC is.
    pub accepter_place: Place,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    ready: Some(super::Times::new(2, 300)),
    gone: Some(super::Times::new(10, 900)),
    outlasts: &[Kind::RouteTable],
    ..super::PLAIN
};

impl Describe for PeeringConnection {
    fn kind(&self) -> Kind {
        Kind::PeeringConnection
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.requester.link(Need::Exists, Role::Holds));
        visit(self.accepter.link(Need::Exists, Role::Holds));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        vec![Slot::key(inputs.id(&self.requester), inputs.id(&self.accepter))]
    }
}
