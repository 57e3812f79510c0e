//! Security group: a stateful firewall of network interfaces.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// A security group. A new one lets everything out until [`ClosedEgress`](super::ClosedEgress) is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// The VPC.
    pub vpc: Ref<super::Vpc>,
    /// What it is for; cannot be changed later.
    pub description: String,
}

pub(super) const FACTS: Facts = Facts { repeat: super::Repeat::Name, ..super::PLAIN };

impl Describe for SecurityGroup {
    fn kind(&self) -> Kind {
        Kind::SecurityGroup
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.vpc.link(Need::Exists, Role::Holds));
    }
}
