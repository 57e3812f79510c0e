//! Listener: a port of a load balancer, forwarded to a target group.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};

/// A TCP listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// The load balancer.
    pub balancer: Ref<super::LoadBalancer>,
    /// The port.
    pub port: u16,
    /// Where connections go.
    pub group: Ref<super::TargetGroup>,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    api: super::Api::LoadBalancing,
    throttle: super::Throttle::LoadBalancing,
    vanishes_with: Some(Kind::LoadBalancer),
    ..super::PLAIN
};

impl Describe for Listener {
    fn kind(&self) -> Kind {
        Kind::Listener
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.balancer.link(Need::Exists, Role::Holds));
        visit(self.group.link(Need::Exists, Role::Holds));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        // A target group serves one load balancer at a time (`TargetGroupAssociationLimit`).
        vec![
            Slot::key(inputs.id(&self.balancer), self.port),
            Slot::key(inputs.id(&self.group), "listener"),
        ]
    }
}
