//! Setting: attributes of a load balancer. A new one has them all off.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// Sets attributes of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancerOptions {
    /// The load balancer.
    pub balancer: Ref<super::LoadBalancer>,
    /// Whether the cloud itself refuses to delete it.
    pub deletion_protection: bool,
    /// Whether each zone also serves the targets of the others.
    pub cross_zone: bool,
}

pub(super) const FACTS: Facts = Facts {
    api: super::Api::LoadBalancing,
    throttle: super::Throttle::LoadBalancing,
    ..super::SETTING
};

impl Describe for LoadBalancerOptions {
    fn kind(&self) -> Kind {
        Kind::LoadBalancerOptions
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.balancer.link(Need::Exists, Role::Holds));
    }

    fn carried(&self) -> bool {
        // A new balancer has both off already: nothing to send.
        !self.deletion_protection && !self.cross_zone
    }
}
