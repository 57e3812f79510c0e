//! Target: one address of an endpoint, registered with a target group.

use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

use super::{Attributes, Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};

/// One zone of an endpoint as a target. Its address is the endpoint's own once that is ready, else the pin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The target group.
    pub group: Ref<super::TargetGroup>,
    /// The endpoint.
    pub endpoint: Ref<super::InterfaceEndpoint>,
    /// The subnet whose address is meant.
    pub subnet: Ref<super::Subnet>,
    /// The address asked for when the endpoint was made.
    pub pin: Ipv4Addr,
    /// The port.
    pub port: u16,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    api: super::Api::LoadBalancing,
    taggable: false,
    key_address: Some(key_address),
    ..super::PLAIN
};

fn key_address(key: &str) -> Option<Ipv4Addr> {
    key.split_once(':').and_then(|(address, _port)| address.parse().ok())
}

impl Describe for Target {
    fn kind(&self) -> Kind {
        Kind::Target
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.group.link(Need::Exists, Role::Holds));
        visit(self.endpoint.link(Need::Exists, Role::Value));
        visit(self.subnet.link(Need::Exists, Role::Value));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        vec![Slot::key(
            inputs.id(&self.group),
            format_args!("{}:{}", self.address(inputs), self.port),
        )]
    }

    fn key(&self, inputs: &Inputs<'_>) -> Option<String> {
        Some(format!("{}:{}", self.address(inputs), self.port))
    }
}

impl Target {
    /// The address to register: the endpoint's own once it is known, else the pin.
    pub fn address(&self, inputs: &Inputs<'_>) -> Ipv4Addr {
        let known = match inputs.attributes(&self.endpoint) {
            Some(Attributes::InterfaceEndpoint(endpoint)) => {
                endpoint.address_in(&inputs.id(&self.subnet))
            }
            Some(_) | None => None,
        };
        known.unwrap_or(self.pin)
    }
}
