//! Association of a subnet with a route table. A subnet has at most one.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};

/// An association of a subnet with a route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTableAssociation {
    /// The table.
    pub table: Ref<super::RouteTable>,
    /// The subnet.
    pub subnet: Ref<super::Subnet>,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    taggable: false,
    vanishes_with: Some(Kind::Subnet),
    ..super::PLAIN
};

impl Describe for RouteTableAssociation {
    fn kind(&self) -> Kind {
        Kind::RouteTableAssociation
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.table.link(Need::Exists, Role::Holds));
        visit(self.subnet.link(Need::Exists, Role::Holds));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        vec![Slot::key(inputs.id(&self.subnet), "association")]
    }
}
