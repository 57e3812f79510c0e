//! Setting: how a target group checks its targets. The group is made with it.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// Sets the TCP health check of a target group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// The target group.
    pub group: Ref<super::TargetGroup>,
    /// Seconds between checks: 5 to 300.
    pub interval_secs: u16,
    /// Checks passed in a row that make a target healthy: 2 to 10.
    pub healthy: u8,
    /// Checks failed in a row that make a target unhealthy: 2 to 10.
    pub unhealthy: u8,
}

pub(super) const FACTS: Facts = Facts {
    api: super::Api::LoadBalancing,
    throttle: super::Throttle::LoadBalancing,
    ..super::SETTING
};

impl Describe for HealthCheck {
    fn kind(&self) -> Kind {
        Kind::HealthCheck
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.group.link(Need::Exists, Role::Holds));
    }

    fn carried(&self) -> bool {
        true
    }
}
