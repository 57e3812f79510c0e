//! Interface endpoint: a service's addresses inside a VPC (AWS PrivateLink).

use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};
use crate::id::RemoteId;

/// An interface endpoint, with one address per subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceEndpoint {
    /// The VPC.
    pub vpc: Ref<super::Vpc>,
    /// The service's full name (`com.amazonaws.ap-southeast-3.sagemaker.runtime`), as the cloud's offer gave it.
    pub service: String,
    /// One subnet per zone.
    pub subnets: Vec<EndpointSubnet>,
    /// The groups that guard it.
    pub groups: Vec<Ref<super::SecurityGroup>>,
    /// Whether the service's public names resolve to it inside the VPC.
    pub private_dns: bool,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Token,
    throttle: super::Throttle::Endpoints,
    ready: Some(super::Times::new(90, 600)),
    gone: Some(super::Times::new(120, 1800)),
    billed: true,
    lends_addresses: true,
    ..super::PLAIN
};

impl Describe for InterfaceEndpoint {
    fn kind(&self) -> Kind {
        Kind::InterfaceEndpoint
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.vpc.link(Need::Exists, Role::Holds));
        for subnet in &mut self.subnets {
            visit(subnet.subnet.link(Need::Exists, Role::Holds));
        }
        for group in &mut self.groups {
            visit(group.link(Need::Exists, Role::Holds));
        }
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        let pinned = self.subnets.iter().filter_map(|s| s.address.map(|it| (&s.subnet, it)));
        let mut slots: Vec<Slot> =
            pinned.map(|(subnet, address)| Slot::key(inputs.id(subnet), address)).collect();
        if self.private_dns {
            slots.push(Slot::key(
                inputs.id(&self.vpc),
                format_args!("private dns {}", self.service),
            ));
        }
        slots
    }
}

/// One zone of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSubnet {
    /// The subnet.
    pub subnet: Ref<super::Subnet>,
    /// The address that it shall have there; without one the cloud picks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
}

/// What is known of an endpoint that is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointAttributes {
    /// Its interfaces, one per subnet, each with its address.
    pub interfaces: Vec<EndpointInterface>,
    /// The endpoint's own DNS names.
    pub dns_names: Vec<String>,
}

/// One interface of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointInterface {
    /// The subnet it lies in.
    pub subnet: RemoteId,
    /// Its address.
    pub address: Ipv4Addr,
}

impl EndpointAttributes {
    /// The address in a subnet.
    pub fn address_in(&self, subnet: &RemoteId) -> Option<Ipv4Addr> {
        self.interfaces.iter().find(|i| i.subnet == *subnet).map(|i| i.address)
    }
}
