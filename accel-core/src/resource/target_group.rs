//! Target group: what a listener forwards to, as IP addresses.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// A group of IP targets, checked over TCP. Its checks' settings and attributes are nodes of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroup {
    /// The VPC of the load balancer.
    pub vpc: Ref<super::Vpc>,
    /// The port of the targets.
    pub port: u16,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Name,
    api: super::Api::LoadBalancing,
    throttle: super::Throttle::LoadBalancing,
    ..super::PLAIN
};

impl Describe for TargetGroup {
    fn kind(&self) -> Kind {
        Kind::TargetGroup
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.vpc.link(Need::Exists, Role::Holds));
    }
}
