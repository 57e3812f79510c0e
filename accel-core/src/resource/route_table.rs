//! Route table: where packets of its subnets go.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// A route table of its own; the VPC's main table is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// The VPC.
    pub vpc: Ref<super::Vpc>,
}

pub(super) const FACTS: Facts = Facts { repeat: super::Repeat::Token, ..super::PLAIN };

impl Describe for RouteTable {
    fn kind(&self) -> Kind {
        Kind::RouteTable
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.vpc.link(Need::Exists, Role::Holds));
    }
}
