//! Setting: attributes of a target group.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// Sets attributes of a target group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroupOptions {
    /// The target group.
    pub group: Ref<super::TargetGroup>,
    /// Whether targets see the client's address. It must be off for endpoint targets: with it on, replies are lost.
    pub preserve_client_ip: bool,
    /// Seconds that a removed target may finish its connections: 0 to 3600.
    pub deregistration_delay_secs: u16,
}

pub(super) const FACTS: Facts = Facts {
    api: super::Api::LoadBalancing,
    throttle: super::Throttle::LoadBalancing,
    ..super::SETTING
};

impl Describe for TargetGroupOptions {
    fn kind(&self) -> Kind {
        Kind::TargetGroupOptions
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.group.link(Need::Exists, Role::Holds));
    }
}
