//! The data plane, seen from an island: where a connection that starts in a subnet goes.
//!
//! Source: Route tables, NAT gateways and Security groups, Amazon VPC user guide; Gateway endpoints, and Access an AWS service using an
//! interface VPC endpoint (private DNS), AWS `PrivateLink` guide.

use std::net::Ipv4Addr;

use accel_core::resource::{Direction, Kind};

use crate::kind::Body;
use crate::path::Hop;
use crate::thing::{Key, State};
use crate::world::World;

/// An address that is in no network here: one of the provider's own services.
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(52, 94, 0, 1);

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// To something in the same network.
    Inside,
    /// Straight to the internet: it takes a public address of its own.
    Internet,
    /// To the internet through a NAT gateway.
    Nat(String),
    /// To a service through an endpoint.
    Endpoint(String),
    /// To the other side of a peering connection.
    Peering(String),
}

impl World {
    /// Where a connection from a subnet to an address goes.
    ///
    /// # Errors
    /// Why it goes nowhere, in words.
    pub fn way_out(&self, subnet: &str, to: Ipv4Addr) -> Result<Way, String> {
        let subnet = self.find(subnet).ok_or("there is no such subnet")?.key;
        let (hop, _) = self.hop(subnet, to)?;
        let text = |key: Key| self.thing(key).text.to_string();
        match hop {
            Hop::Local => Ok(Way::Inside),
            Hop::Internet => Ok(Way::Internet),
            Hop::Peering(key) => Ok(Way::Peering(text(key))),
            Hop::Nat(key) => {
                let door = self.nat(key).ok_or("the route leads to no NAT gateway")?.subnet;
                match self.hop(door, to)?.0 {
                    Hop::Internet => Ok(Way::Nat(text(key))),
                    Hop::Local | Hop::Peering(_) | Hop::Nat(_) => {
                        Err(format!("{} itself does not lead to the internet", text(key)))
                    }
                }
            }
        }
    }

    /// Where a call from a subnet to a service goes, by the service's own names: to an endpoint that has those names, or through the one
    /// that the subnet's table leads to, or out.
    ///
    /// # Errors
    /// Why it goes nowhere, in words.
    pub fn way_to(&self, subnet: &str, service: &str) -> Result<Way, String> {
        let thing = self.find(subnet).ok_or("there is no such subnet")?;
        let body = self.subnet(thing.key).ok_or("that is no subnet")?;
        let vpc = self.vpc(body.vpc).ok_or("the subnet is in no network")?;
        if !vpc.dns_support {
            return Err("nobody tells an address in that network".to_owned());
        }
        let interface = self.children_of_kind(body.vpc, Kind::InterfaceEndpoint).find(|it| {
            let has_names = self
                .endpoint(it.key)
                .is_some_and(|it| it.private_dns && vpc.dns_hostnames && it.service == service);
            has_names && self.state(it) == State::Ready
        });
        if let Some(endpoint) = interface {
            let groups = self.endpoint(endpoint.key).map_or(&[][..], |it| &it.groups);
            let caller = Ipv4Addr::from(u32::from(body.cidr.network()) + 4);
            if !self.lets_pass(groups, Direction::Ingress, caller, 443) {
                return Err(format!("no group of {} lets {} in", endpoint.text, body.cidr));
            }
            return Ok(Way::Endpoint(endpoint.text.to_string()));
        }
        let table = self.table_of(thing.key);
        let mut leads =
            table.into_iter().flat_map(|it| self.children_of_kind(it, Kind::EndpointTable));
        let gateway = leads.find_map(|it| {
            let Body::EndpointTable(it) = &it.body else { return None };
            let is_it = self.gateway_endpoint(it.endpoint)?.service == service;
            let endpoint = self.thing(it.endpoint);
            (is_it && self.state(endpoint) == State::Ready).then_some(endpoint)
        });
        match gateway {
            Some(endpoint) => Ok(Way::Endpoint(endpoint.text.to_string())),
            None => self.way_out(subnet, OUTSIDE),
        }
    }
}

#[cfg(test)]
mod tests {
    use accel_core::NetworkBackend as _;

    use super::*;
    use crate::testing::{Deployer, run};

    const S3: &str = "com.amazonaws.ap-southeast-1.s3";
    const SQS: &str = "com.amazonaws.ap-southeast-1.sqs";

    #[test]
    fn an_island_reaches_a_service_by_its_endpoint_and_the_rest_through_nat() {
        run(async {
            let mut deployer = Deployer::instant("").await;
            deployer.deploy().await;
            let island = deployer.remote("island.subnet");
            let way =
                |service| deployer.cloud.inspect(|world| world.way_to(island.as_str(), service));
            let id = |name| deployer.remote(name).as_str().to_owned();
            assert_eq!(way(S3), Ok(Way::Endpoint(id("island.endpoint"))));
            assert_eq!(way(SQS), Ok(Way::Nat(id("island.nat"))));
            deployer.cloud.delete(&deployer.remote("island.endpoint.table")).await.unwrap();
            assert_eq!(way(S3), Ok(Way::Nat(id("island.nat"))));
            let public = deployer.remote("entry.subnet");
            let out = deployer.cloud.inspect(|world| world.way_out(public.as_str(), OUTSIDE));
            assert_eq!(out, Ok(Way::Internet));
        });
    }

    /// Every part of the way matters.
    #[test]
    fn without_any_part_of_it_there_is_no_way_out() {
        for part in ["island.nat", "island.route", "entry.route.out", "island.association"] {
            run(async {
                let mut deployer = Deployer::instant("").await;
                deployer.deploy().await;
                let (island, part) = (deployer.remote("island.subnet"), deployer.remote(part));
                deployer.cloud.meddle(|world| world.vanish(part.as_str()));
                let way = deployer.cloud.inspect(|world| world.way_to(island.as_str(), SQS));
                assert!(way.is_err(), "{part}: {way:?}");
            });
        }
    }
}
