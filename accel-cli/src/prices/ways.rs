//! What the ways out of a private network cost, with the user's own numbers: through an endpoint or through NAT, service by service.
//!
//! Sources: AWS `PrivateLink` pricing (per zone-hour, and per GB whichever way it goes); Amazon VPC pricing (a NAT gateway per hour, and
//! per GB whichever way it goes; gateway endpoints are free); Amazon EC2 pricing, data transfer (to services of the same region: free).

use accel_core::resource::Resource;
use accel_core::spec::{EgressService, ElasticIps, Internet, PrivateEgress, Way};
use accel_core::{Graph, Region};
use serde::Serialize;

use super::lines::{Bill, many};
use super::table::Item;
use super::{Cause, HOURS, cents};

/// The ways out, compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Ways {
    /// What passes endpoints and NAT gateways as the spec has it, in a month.
    pub(crate) moving: f64,
    /// How much that is.
    pub(crate) moving_gb: u64,
    /// Whether there are NAT gateways whatever way the services go.
    pub(crate) nat_stands: bool,
    /// One per service, in the order of the spec.
    pub(crate) services: Vec<WayCosts>,
    /// How much goes to the internet, and comes from there.
    pub(crate) internet_gb: u32,
    /// Services whose calls leave through NAT.
    pub(crate) through_nat: Vec<String>,
    /// What the comparison takes for granted.
    pub(crate) assumptions: Vec<String>,
}

/// What one service costs in a month, either way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct WayCosts {
    /// As the spec has it.
    pub(crate) service: String,
    pub(crate) gb: u32,
    /// The way that the spec chooses.
    pub(crate) chosen: Way,
    /// What an endpoint of it is.
    pub(crate) endpoint_kind: EndpointKind,
    /// In how many zones an interface endpoint has an address; 0 for a gateway endpoint.
    pub(crate) zones: usize,
    /// Through an endpoint; nothing if a price is missing.
    pub(crate) endpoint: Option<f64>,
    /// Through NAT, its price per GB alone; nothing if a price is missing.
    pub(crate) nat: Option<f64>,
    /// The cheaper way; nothing if both cost the same, or a price is missing.
    pub(crate) cheaper: Option<Way>,
    /// From how many GB on an endpoint is the cheaper way; nothing if it always is, never, or a price is missing.
    pub(crate) break_even_gb: Option<f64>,
}

/// What an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndpointKind {
    /// A route; free.
    Gateway,
    /// An address in each zone.
    Interface,
}

impl Bill<'_> {
    /// What passes in a month as the spec says, and what it would cost the other way. `everything` is the graph as it would be with an
    /// endpoint for each service.
    pub(super) fn ways(&mut self, spec: &PrivateEgress, graph: &Graph, everything: &Graph) -> Ways {
        let mut through_nat = Vec::new();
        let mut nat_gb = 0;
        if spec.internet != Internet::None {
            nat_gb += u64::from(spec.internet_gb_per_month);
        }
        let mut services = Vec::new();
        for service in &spec.services {
            let region = &spec.region;
            let endpoint = endpoint_of(graph, service, region);
            let endpoint = endpoint.or_else(|| endpoint_of(everything, service, region));
            // Without any, the service has a problem, and there is no plan.
            let Some((kind, zones)) = endpoint else { continue };
            let gb = f64::from(service.gb_per_month);
            match (service.via, kind) {
                (Way::Endpoint, EndpointKind::Interface) => {
                    self.add(Item::EndpointGb, region, Cause::Moving, gb);
                }
                (Way::Endpoint, EndpointKind::Gateway) => {}
                (Way::Nat, _) => {
                    through_nat.push(service.name.clone());
                    nat_gb += u64::from(service.gb_per_month);
                }
            }
            services.push(self.costs(service, region, kind, zones));
        }
        #[expect(clippy::cast_precision_loss, reason = "fewer GB than a double counts exactly")]
        self.add(Item::NatGb, &spec.region, Cause::Moving, nat_gb as f64);
        let at_endpoints = spec.services.iter().filter(|service| service.via == Way::Endpoint);
        let at_endpoints: u64 = at_endpoints.map(|it| u64::from(it.gb_per_month)).sum();
        let moving = self.lines.iter().filter(|line| line.cause == Cause::Moving);
        Ways {
            moving: cents(moving.map(|line| line.amount).sum()),
            moving_gb: nat_gb + at_endpoints,
            nat_stands: spec.internet != Internet::None,
            services,
            internet_gb: spec.internet_gb_per_month,
            through_nat,
            assumptions: self.assumptions(spec),
        }
    }

    fn costs(
        &self,
        service: &EgressService,
        region: &Region,
        kind: EndpointKind,
        zones: usize,
    ) -> WayCosts {
        let gb = f64::from(service.gb_per_month);
        let price = |item| self.price(region, item);
        let nat_gb = price(Item::NatGb);
        let idle =
            price(Item::EndpointZoneHour).map(|price| price * many(zones) * f64::from(HOURS));
        let endpoint_gb = price(Item::EndpointGb);
        let (endpoint, break_even_gb) = match kind {
            EndpointKind::Gateway => (Some(0.0), None),
            EndpointKind::Interface => {
                let all = idle.zip(endpoint_gb).map(|(idle, price)| cents(idle + gb * price));
                let saved = nat_gb.zip(endpoint_gb).map(|(nat, own)| nat - own);
                let saved = saved.filter(|saved| *saved > 0.0);
                (all, idle.zip(saved).map(|(idle, saved)| cents(idle / saved)))
            }
        };
        let nat = nat_gb.map(|price| cents(gb * price));
        let cheaper = endpoint.zip(nat).and_then(|(endpoint, nat)| {
            let way = if endpoint < nat { Way::Endpoint } else { Way::Nat };
            ((endpoint - nat).abs() >= 0.01).then_some(way)
        });
        WayCosts {
            service: service.name.clone(),
            gb: service.gb_per_month,
            chosen: service.via,
            endpoint_kind: kind,
            zones,
            endpoint,
            nat,
            cheaper,
            break_even_gb,
        }
    }

    fn assumptions(&self, spec: &PrivateEgress) -> Vec<String> {
        let region = &spec.region;
        let hours = f64::from(HOURS);
        let gateway = self.price(region, Item::NatHour).map(|price| price * hours);
        let address = self.price(region, Item::PublicIpv4Hour).map(|price| price * hours);
        let nat = match (spec.internet, gateway.zip(address)) {
            (Internet::One | Internet::PerZone, _) => {
                "NAT costs a service its price per GB alone: the gateways are there for the internet anyway"
                    .to_owned()
            }
            (Internet::None, Some((gateway, address))) => format!(
                "NAT costs a service its price per GB alone; a gateway would have to be there first, about USD {:.2} a \
                 month with its address, once for all",
                cents(gateway + address)
            ),
            (Internet::None, None) => {
                "NAT costs a service its price per GB alone; a gateway would have to be there first, once for all"
                    .to_owned()
            }
        };
        let transfer =
            "all calls stay in this region: nothing but NAT and endpoints is paid for them";
        vec![nat, transfer.to_owned()]
    }

    /// Everything that a reader could take to be in the amounts, and is not.
    pub(super) fn not_covered_of_ways(&self, spec: &PrivateEgress) -> Vec<String> {
        let mut all: Vec<String> = self.missing.iter().cloned().collect();
        if let ElasticIps::Existing(own) = &spec.elastic_ips {
            let noun = if own.len() == 1 { "elastic IP" } else { "elastic IPs" };
            all.push(format!("{} {noun} of your own: they cost the same without it", own.len()));
        }
        if spec.internet != Internet::None {
            let price = self.price(&spec.region, Item::InternetGb);
            let price =
                price.map(|price| format!(", about USD {price} per GB")).unwrap_or_default();
            all.push(format!("transfer to the internet{price} of what leaves"));
        }
        let numbers = spec.services.iter().map(|service| service.gb_per_month);
        if numbers.chain([spec.internet_gb_per_month]).all(|gb| gb == 0) {
            let say = "traffic: say gb_per_month of each service, and internet_gb_per_month";
            all.push(say.to_owned());
        }
        all.push("transfer between zones".to_owned());
        all.push("lower prices at high volume, and free amounts".to_owned());
        all.push("the services themselves, taxes, discounts, logs and metrics".to_owned());
        all
    }
}

/// What the endpoint of a service is in a graph that has one, and in how many zones it has an address.
fn endpoint_of(
    graph: &Graph,
    service: &EgressService,
    region: &Region,
) -> Option<(EndpointKind, usize)> {
    let is_it = |full: &str| short(full, region) == short(&service.name, region);
    graph.nodes().iter().find_map(|node| {
        if let Resource::InterfaceEndpoint(it) = &node.resource {
            is_it(&it.service).then_some((EndpointKind::Interface, it.subnets.len()))
        } else if let Resource::GatewayEndpoint(it) = &node.resource {
            is_it(&it.service).then_some((EndpointKind::Gateway, 0))
        } else {
            None
        }
    })
}

/// `com.amazonaws.REGION.sqs` is `sqs`.
fn short<'n>(name: &'n str, region: &Region) -> &'n str {
    name.split_once(&format!(".{region}.")).map_or(name, |(_, short)| short)
}
