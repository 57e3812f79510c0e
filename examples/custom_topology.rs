//! A topology of one's own, from accel's vocabulary: a private way to one service for whatever runs in a VPC, without any internet.
//!
//! ```text
//! program in the VPC ──▶ interface endpoint, one address in each of two private subnets ──▶ the AWS service
//! ```
//!
//! Everything that holds for accel's own lane holds for it: a plan, resuming after a kill, replacement only with consent, a cleanup
//! with proof.

#![expect(clippy::print_stdout, reason = "a program that shows things")]

use std::net::Ipv4Addr;
use std::process::ExitCode;

use accel_core::backend::{OfferQuery, ServiceOffer};
use accel_core::resource::{
    Attributes, ClosedEgress, Direction, EndpointPolicy, EndpointSubnet, InterfaceEndpoint, Kind,
    RouteTable, RouteTableAssociation, SecurityGroup, SecurityGroupRule, Subnet, Traffic, Vpc,
    VpcDnsHostnames,
};
use accel_core::spec::Callers;
use accel_core::topology::{Built, Kept, Known, Made, default_endpoint_policy};
use accel_core::{
    AccountId, Deployer, DeploymentId, Graph, Place, Problem, Ref, Side, Topology, Zone,
};
use accel_examples::{Trouble, cleaned, exit, watch};
use accel_mock::{Cloud, Settings};
use ipnet::Ipv4Net;
use serde::Serialize;
use tokio::sync::mpsc;

/// What its user writes.
#[derive(Debug)]
struct PrivateService {
    name: String,
    region: String,
    service: String,
}

/// What its user gets.
#[derive(Debug, Clone, Serialize)]
struct Outputs {
    endpoint: String,
    addresses: Vec<Ipv4Addr>,
}

impl Topology for PrivateService {
    type Outputs = Outputs;

    fn deployment(&self) -> Result<DeploymentId, Problem> {
        DeploymentId::parse(&self.name).map_err(|error| Problem::new("name", error.to_string()))
    }

    fn places(&self) -> Vec<Place> {
        vec![self.place()]
    }

    fn check(&self) -> Vec<Problem> {
        self.deployment().err().into_iter().collect()
    }

    fn account(&self, _side: Side) -> Option<&AccountId> {
        None
    }

    fn protected(&self) -> bool {
        false
    }

    fn query(&self, _kept: &[Kept]) -> OfferQuery {
        OfferQuery {
            places: self.places(),
            services: vec![(self.place(), self.service.clone())],
            room: vec![(self.place(), Kind::Vpc)],
            ..OfferQuery::default()
        }
    }

    fn build(&self, known: &Known<'_>) -> Result<Built, Vec<Problem>> {
        let offered = known.offer.service(&self.service);
        let service = offered.ok_or_else(|| vec![Problem::new("service", "not found here")])?;
        let own = known.offer.caller(Side::Service);
        let own = own.ok_or_else(|| vec![Problem::new("account", "nobody knows who calls")])?;
        let zones = zones(known, service)?;
        let mut graph = Graph::default();
        let endpoint = self.network(&mut graph, &service.full_name, &zones);
        let policy = default_endpoint_policy(&own.account, &Callers::default());
        graph.add("policy", &self.place(), EndpointPolicy { endpoint: endpoint.any(), policy });
        let note = format!("only credentials of account {} are let through", own.account);
        Ok(Built { graph, notes: vec![note] })
    }

    fn outputs(&self, made: &Made<'_>) -> Option<Outputs> {
        let Attributes::InterfaceEndpoint(endpoint) = made.attributes("endpoint")? else {
            return None;
        };
        let addresses = endpoint.interfaces.iter().map(|interface| interface.address).collect();
        Some(Outputs { endpoint: made.id("endpoint")?.to_string(), addresses })
    }
}

/// Two zones that have the service; those in which the endpoint is already stay, whatever else the cloud may offer later.
fn zones(known: &Known<'_>, service: &ServiceOffer) -> Result<Vec<Zone>, Vec<Problem>> {
    let endpoint = known.kept.iter().find(|kept| kept.node.as_str() == "endpoint");
    if let Some(note) = endpoint.and_then(|kept| kept.note.as_deref()) {
        return Ok(note.split(' ').map(Zone::from).collect());
    }
    match service.zones.as_slice() {
        [one, other, ..] => Ok(vec![one.clone(), other.clone()]),
        _ => Err(vec![Problem::new("service", "needs two zones in this region")]),
    }
}

impl PrivateService {
    fn place(&self) -> Place {
        Place::new(Side::Service, self.region.as_str())
    }

    /// A reference can only name what was added before it, and only where its kind fits: a wrong order does not compile.
    fn network(&self, graph: &mut Graph, service: &str, zones: &[Zone]) -> Ref<InterfaceEndpoint> {
        let place = &self.place();
        let whole = Ipv4Net::new_assert(Ipv4Addr::new(10, 9, 0, 0), 16);
        let vpc = graph.add("vpc", place, Vpc { cidr: whole });
        let dns = graph.add("dns-hostnames", place, VpcDnsHostnames { vpc: vpc.clone() });
        let table = graph.add("route-table", place, RouteTable { vpc: vpc.clone() });

        let description = "private service".to_owned();
        let group = graph.add("group", place, SecurityGroup { vpc: vpc.clone(), description });
        let closed = graph.add("closed-egress", place, ClosedEgress { group: group.clone() });
        let (direction, traffic) = (Direction::Ingress, Traffic::Tcp(443));
        let rule = SecurityGroupRule { group: group.clone(), direction, traffic, peer: whole };
        graph.add("rule", place, rule);

        let mut subnets = Vec::new();
        for zone in zones {
            // From the zone's letter, not from its position: another zone moves no subnet.
            let third = zone.as_str().bytes().last().map_or(0, |letter| letter % 16) * 16;
            let cidr = Ipv4Net::new_assert(Ipv4Addr::new(10, 9, third, 0), 20);
            let subnet = Subnet { vpc: vpc.clone(), cidr, zone: zone.clone() };
            let subnet = graph.add(format!("subnet.{zone}").as_str(), place, subnet);
            let association =
                RouteTableAssociation { table: table.clone(), subnet: subnet.clone() };
            graph.add(format!("association.{zone}").as_str(), place, association);
            subnets.push(EndpointSubnet { subnet, address: Some(Ipv4Addr::new(10, 9, third, 10)) });
        }

        let service = service.to_owned();
        let endpoint =
            InterfaceEndpoint { vpc, service, subnets, groups: vec![group], private_dns: true };
        // Not made before its group lets nothing out, and before the VPC can have private names.
        let endpoint = graph.add_after("endpoint", place, endpoint, &[&closed.any(), &dns.any()]);
        let zones: Vec<&str> = zones.iter().map(Zone::as_str).collect();
        graph.keep(&endpoint, zones.join(" "));
        endpoint
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)] // simulated minutes pass at once
async fn main() -> ExitCode {
    exit(up_and_down().await)
}

async fn up_and_down() -> Result<(), Trouble> {
    let private = PrivateService {
        name: "private-sqs".to_owned(),
        region: "eu-central-1".to_owned(),
        service: "sqs".to_owned(),
    };
    let cloud = Cloud::new(Settings::default());
    let (events, heard) = mpsc::channel(1000);
    let deployer = Deployer::new(&cloud).events(events);
    println!("{}", deployer.plan(&private).await?);
    let made = watch(heard, deployer.deploy(&private)).await?;
    let Some(Outputs { endpoint, addresses }) = &made.outputs else {
        return Err("the endpoint is ready, and says nothing of itself".into());
    };
    println!("\nin the VPC, the name of {} leads to {addresses:?} ({endpoint})\n", private.service);
    println!("{}", made.calls);
    println!("{}", cleaned(&Deployer::new(&cloud).cleanup(&private).await?));
    Ok(())
}
