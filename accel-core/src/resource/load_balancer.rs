//! Network load balancer: the addresses that clients dial.

use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};
use crate::id::Zone;

/// A network load balancer. Its groups and subnets are decided when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// One subnet per zone, with its public address where it is ours to choose.
    pub subnets: Vec<BalancerSubnet>,
    /// The groups that guard it; a balancer made without any can never have one.
    pub groups: Vec<Ref<super::SecurityGroup>>,
    /// Whether the internet can reach it.
    pub internet_facing: bool,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Name,
    api: super::Api::LoadBalancing,
    throttle: super::Throttle::LoadBalancing,
    ready: Some(super::Times::new(120, 900)),
    gone: Some(super::Times::new(60, 3900)),
    billed: true,
    ..super::PLAIN
};

impl Describe for LoadBalancer {
    fn kind(&self) -> Kind {
        Kind::LoadBalancer
    }

    fn refs(&mut self, visit: Visit<'_>) {
        for subnet in &mut self.subnets {
            visit(subnet.subnet.link(Need::Exists, Role::Holds));
            if let Some(address) = &mut subnet.address {
                visit(address.link(Need::Exists, Role::Holds));
            }
        }
        for group in &mut self.groups {
            visit(group.link(Need::Exists, Role::Holds));
        }
    }
}

/// One zone of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancerSubnet {
    /// The subnet.
    pub subnet: Ref<super::Subnet>,
    /// The public address there; without one the cloud picks.
    pub address: Option<Ref<super::ElasticIp>>,
}

/// What is known of a balancer that is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancerAttributes {
    /// Its DNS name.
    pub dns_name: String,
    /// Its name in metrics (`net/NAME/ID` on AWS).
    pub metric_name: String,
    /// Its public addresses, by zone, as far as the cloud tells them.
    pub addresses: Vec<(Zone, Ipv4Addr)>,
}
