//! Subnet: one zone's share of a VPC.

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};
use crate::id::Zone;

/// A subnet in one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// The VPC.
    pub vpc: Ref<super::Vpc>,
    /// The address block, inside the VPC's.
    pub cidr: Ipv4Net,
    /// The zone.
    pub zone: Zone,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    ready: Some(super::Times::new(2, 600)),
    vouched_for: true,
    ..super::PLAIN
};

impl Describe for Subnet {
    fn kind(&self) -> Kind {
        Kind::Subnet
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.vpc.link(Need::Exists, Role::Holds));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        vec![Slot::Block { scope: inputs.id(&self.vpc), block: self.cidr }]
    }
}
