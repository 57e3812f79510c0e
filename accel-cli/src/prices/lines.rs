//! What of a graph is paid for, and what the way of a byte costs.
//!
//! Sources: AWS Global Network FAQs (transfer is paid at the rate of the region that it leaves; what comes in from the internet is free),
//! AWS `PrivateLink` pricing (per zone-hour, and per GB whichever way it goes), Elastic Load Balancing pricing (an NLCU is 1 GB per hour of
//! TCP), Amazon VPC pricing (public IPv4 addresses).

use std::collections::BTreeSet;

use accel_core::graph::To;
use accel_core::resource::Resource;
use accel_core::{Graph, Place, Region};

use super::table::{Item, Table};
use super::{Cause, HOURS, Line, Traffic, cents};

/// A bill in the making.
#[derive(Debug)]
pub(super) struct Bill<'a> {
    pub(super) table: &'a Table,
    pub(super) lines: Vec<Line>,
    /// What is paid for but has no price in the table.
    pub(super) missing: BTreeSet<String>,
}

impl<'a> Bill<'a> {
    pub(super) fn new(table: &'a Table) -> Self {
        Self { table, lines: Vec::new(), missing: BTreeSet::new() }
    }

    /// What is paid as long as it exists.
    pub(super) fn standing(&mut self, graph: &Graph) {
        let hours = f64::from(HOURS);
        for node in graph.nodes() {
            let region = &node.place.region;
            match &node.resource {
                Resource::LoadBalancer(balancer) => {
                    self.add(Item::BalancerHour, region, Cause::Idle, hours);
                    let picked = balancer.subnets.iter().filter(|it| it.address.is_none()).count();
                    if balancer.internet_facing {
                        self.add(Item::PublicIpv4Hour, region, Cause::Idle, many(picked) * hours);
                    }
                }
                Resource::InterfaceEndpoint(endpoint) => {
                    let zones = many(endpoint.subnets.len());
                    self.add(Item::EndpointZoneHour, region, Cause::Idle, zones * hours);
                }
                Resource::ElasticIp(_) => {
                    self.add(Item::PublicIpv4Hour, region, Cause::Idle, hours);
                }
                Resource::NatGateway(_) => self.add(Item::NatHour, region, Cause::Idle, hours),
                // Gateway endpoints are free.
                Resource::GatewayEndpoint(_)
                | Resource::EndpointTable(_)
                | Resource::RouteReplacement(_)
                | Resource::Vpc(_)
                | Resource::Subnet(_)
                | Resource::InternetGateway(_)
                | Resource::GatewayAttachment(_)
                | Resource::RouteTable(_)
                | Resource::RouteTableAssociation(_)
                | Resource::Route(_)
                | Resource::SecurityGroup(_)
                | Resource::SecurityGroupRule(_)
                | Resource::PeeringConnection(_)
                | Resource::TargetGroup(_)
                | Resource::Target(_)
                | Resource::Listener(_)
                | Resource::VpcDnsHostnames(_)
                | Resource::ClosedEgress(_)
                | Resource::PeeringAcceptance(_)
                | Resource::PeeringTags(_)
                | Resource::EndpointPolicy(_)
                | Resource::HealthCheck(_)
                | Resource::TargetGroupOptions(_)
                | Resource::LoadBalancerOptions(_)
                | Resource::ListenerOptions(_)
                | Resource::RuleDescription(_)
                | Resource::ExtraTags(_) => {}
            }
        }
    }

    /// What the way of requests and responses costs.
    pub(super) fn moving(&mut self, graph: &Graph, traffic: Traffic) {
        let (entry, service) = ends(graph);
        let (Some(entry), Some(service)) = (one(&entry), one(&service)) else {
            self.missing
                .insert("traffic: it has not one way from one entry to one region".to_owned());
            return;
        };
        let (entry, service) = (&entry.region, &service.region);
        let crosses = entry != service;
        let requests = [
            Some((Item::NlcuHour, entry)),
            crosses.then_some((Item::OtherRegionGb, entry)),
            Some((Item::EndpointGb, service)),
        ];
        let responses = [
            Some((Item::EndpointGb, service)),
            crosses.then_some((Item::OtherRegionGb, service)),
            Some((Item::NlcuHour, entry)),
            Some((Item::InternetGb, entry)),
        ];
        for (item, region) in requests.into_iter().flatten() {
            self.add(item, region, Cause::Requests, traffic.requests_gb);
        }
        for (item, region) in responses.into_iter().flatten() {
            self.add(item, region, Cause::Responses, traffic.responses_gb);
        }
    }

    /// Adds to the line of the same item, region and cause.
    pub(super) fn add(&mut self, item: Item, region: &Region, cause: Cause, quantity: f64) {
        if quantity <= 0.0 {
            return;
        }
        let Some((price, source)) = self.table.price(region, item) else {
            self.missing.insert(format!("{} in {region}: no price in the table", item.name()));
            return;
        };
        let same = |line: &&mut Line| {
            line.item == item && line.cause == cause && line.region == region.as_str()
        };
        if let Some(line) = self.lines.iter_mut().find(same) {
            line.quantity += quantity;
            line.amount = cents(line.quantity * line.price);
            return;
        }
        self.lines.push(Line {
            item,
            region: region.to_string(),
            cause,
            quantity,
            unit: item.unit(),
            price: price.usd,
            amount: cents(quantity * price.usd),
            basis: source.basis,
            source: price.source.clone(),
        });
    }

    /// The price in a region; nothing if it is not known.
    pub(super) fn price(&self, region: &Region, item: Item) -> Option<f64> {
        self.table.price(region, item).map(|(price, _)| price.usd)
    }

    /// Everything that a reader could take to be in the amounts, and is not.
    pub(super) fn not_covered(&self, graph: &Graph, traffic: Option<Traffic>) -> Vec<String> {
        let mut all: Vec<String> = self.missing.iter().cloned().collect();
        let own = existing_addresses(graph);
        if own > 0 {
            let noun = if own == 1 { "elastic IP" } else { "elastic IPs" };
            all.push(format!("{own} {noun} of your own: they cost the same without the lane"));
        }
        if traffic.is_some() {
            let capacity = "load balancer capacity for many short or idle connections (beyond 1 GB per NLCU and hour)";
            all.push(capacity.to_owned());
            all.push("lower prices at high volume, and free amounts".to_owned());
            let (entry, service) = ends(graph);
            if entry.iter().any(|entry| service.iter().any(|it| it.region == entry.region)) {
                all.push("transfer between zones of one region".to_owned());
            }
        } else {
            all.push("traffic: give its amount to have it priced".to_owned());
        }
        all.push("the service itself, taxes, discounts, logs and metrics".to_owned());
        all
    }
}

pub(super) fn many(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// Where connections come in, and where they end.
fn ends(graph: &Graph) -> (BTreeSet<&Place>, BTreeSet<&Place>) {
    let mut ends = (BTreeSet::new(), BTreeSet::new());
    for node in graph.nodes() {
        if matches!(node.resource, Resource::LoadBalancer(_)) {
            ends.0.insert(&node.place);
        }
        if matches!(node.resource, Resource::InterfaceEndpoint(_)) {
            ends.1.insert(&node.place);
        }
    }
    ends
}

fn one<'a>(places: &BTreeSet<&'a Place>) -> Option<&'a Place> {
    places.first().copied().filter(|_| places.len() == 1)
}

fn existing_addresses(graph: &Graph) -> usize {
    let addresses = graph.nodes().iter().filter_map(|node| {
        let Resource::LoadBalancer(balancer) = &node.resource else { return None };
        let subnets = balancer.subnets.iter().filter_map(|subnet| subnet.address.as_ref());
        Some(subnets.filter(|address| matches!(address.to(), To::Existing(_))).count())
    });
    addresses.sum()
}
