//! Attachment of an internet gateway to a VPC. A VPC takes one.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};

/// An attachment of an internet gateway to a VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayAttachment {
    /// The gateway.
    pub gateway: Ref<super::InternetGateway>,
    /// The VPC.
    pub vpc: Ref<super::Vpc>,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    taggable: false,
    outlasts: &[Kind::LoadBalancer, Kind::NatGateway],
    ..super::PLAIN
};

impl Describe for GatewayAttachment {
    fn kind(&self) -> Kind {
        Kind::GatewayAttachment
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.gateway.link(Need::Exists, Role::Holds));
        visit(self.vpc.link(Need::Exists, Role::Holds));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        // A VPC takes one gateway, and a gateway one VPC.
        vec![
            Slot::key(inputs.id(&self.vpc), "gateway"),
            Slot::key(inputs.id(&self.gateway), "attachment"),
        ]
    }
}
