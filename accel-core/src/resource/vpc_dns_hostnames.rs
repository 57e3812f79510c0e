//! Setting: a VPC gives its interfaces DNS names.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// Turns DNS hostnames of a VPC on (a new VPC has them off).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcDnsHostnames {
    /// The VPC.
    pub vpc: Ref<super::Vpc>,
}

pub(super) const FACTS: Facts = Facts { ..super::SETTING };

impl Describe for VpcDnsHostnames {
    fn kind(&self) -> Kind {
        Kind::VpcDnsHostnames
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.vpc.link(Need::Exists, Role::Holds));
    }
}
