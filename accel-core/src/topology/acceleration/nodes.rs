//! The graph of a plan: every node and every `after` edge. Nothing is decided here.
//!
//! The order of insertion follows the longest way first: VPC, subnets, load balancer. A load balancer waits for nothing but what its
//! create call needs, and for two things that keep the lane closed and reachable: its group's egress, and the attachment of the gateway.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::names;
use super::plan::{Lane, Plan};
use crate::graph::{Graph, Ref};
use crate::id::{Place, RemoteId, Zone};
use crate::resource::{
    Api, BalancerSubnet, ClosedEgress, Direction, ElasticIp, EndpointPolicy, EndpointSubnet,
    ExtraTags, GatewayAttachment, HealthCheck, InterfaceEndpoint, InternetGateway, Kind, Listener,
    ListenerOptions, LoadBalancer, LoadBalancerOptions, OfKind, PeeringAcceptance,
    PeeringConnection, PeeringTags, Resource, Route, RouteTable, RouteTableAssociation,
    RuleDescription, SecurityGroup, SecurityGroupRule, Subnet, Target, TargetGroup,
    TargetGroupOptions, Traffic, Via, Vpc, VpcDnsHostnames,
};
use crate::spec::ElasticIps;
use crate::tags;
use crate::topology::sticky;

/// Long enough for a request in flight, short enough for a quick replacement.
const DEREGISTRATION_DELAY_SECS: u16 = 30;

/// What the service side may have: no load balancer, no gateway, no public address.
pub(super) const SERVICE_KINDS: [Kind; 15] = [
    Kind::Vpc,
    Kind::VpcDnsHostnames,
    Kind::Subnet,
    Kind::RouteTable,
    Kind::RouteTableAssociation,
    Kind::Route,
    Kind::SecurityGroup,
    Kind::SecurityGroupRule,
    Kind::RuleDescription,
    Kind::ClosedEgress,
    Kind::InterfaceEndpoint,
    Kind::EndpointPolicy,
    Kind::PeeringAcceptance,
    Kind::PeeringTags,
    Kind::ExtraTags,
];

/// Every address.
const ANYWHERE: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0);

/// The graph of a plan.
pub(super) fn graph(plan: &Plan<'_>) -> Graph {
    let mut build = Build { plan, graph: Graph::default(), members: BTreeMap::new() };
    let (service, entry) = build.networks();
    let door = build.door(&entry);
    let balancers: Vec<_> =
        plan.lanes.iter().map(|lane| build.balancer(lane, &entry, &door)).collect();
    let endpoints: Vec<_> = plan.lanes.iter().map(|lane| build.endpoint(lane, &service)).collect();
    let peering = build.peering(&service, &entry);
    build.routes(&service, &entry, &door, &peering);
    for ((lane, balancer), endpoint) in plan.lanes.iter().zip(&balancers).zip(&endpoints) {
        build.forwarding(lane, &entry, balancer, endpoint, &service);
    }
    build.rules(&service, &entry);
    build.extra_tags();
    build.graph
}

struct Build<'a> {
    plan: &'a Plan<'a>,
    graph: Graph,
    /// What can carry tags, per place and API; a peering connection does so on each of its sides.
    members: BTreeMap<(Place, Api), Vec<Ref<Resource>>>,
}

/// One side's VPC, with what everything in it needs.
struct Network {
    place: Place,
    vpc: Ref<Vpc>,
    subnets: BTreeMap<Zone, Ref<Subnet>>,
    group: Ref<SecurityGroup>,
    closed: Ref<ClosedEgress>,
}

/// The way from the entry's VPC to the internet.
struct Door {
    gateway: Ref<InternetGateway>,
    attachment: Ref<GatewayAttachment>,
}

/// The way between the two VPCs.
struct Bridge {
    peering: Ref<PeeringConnection>,
    acceptance: Ref<PeeringAcceptance>,
}

impl Build<'_> {
    fn add<K: Into<Resource> + OfKind>(
        &mut self,
        name: impl AsRef<str>,
        place: &Place,
        resource: K,
    ) -> Ref<K> {
        self.add_after(name, place, resource, &[])
    }

    fn add_after<K: Into<Resource> + OfKind>(
        &mut self,
        name: impl AsRef<str>,
        place: &Place,
        resource: K,
        after: &[&Ref<Resource>],
    ) -> Ref<K> {
        let node = self.graph.add_after(name.as_ref(), place, resource, after);
        if let Some(facts) = K::KIND.map(Kind::facts).filter(|facts| facts.taggable) {
            self.is_tagged(place, facts.api, &node);
        }
        node
    }

    /// The user's tags go onto this, too.
    fn is_tagged<K>(&mut self, place: &Place, api: Api, node: &Ref<K>) {
        self.members.entry((place.clone(), api)).or_default().push(node.any());
    }

    /// The name of a node of this plan's entry.
    fn entry(&self, what: impl std::fmt::Display) -> String {
        names::entry(&self.plan.checked.entry.region, what)
    }

    fn networks(&mut self) -> (Network, Network) {
        let checked = self.plan.checked;
        let lanes = &self.plan.lanes;
        let entry_zones = lanes.iter().flat_map(|lane| lane.entry_zones.iter()).collect();
        let service_zones = lanes.iter().flat_map(|lane| lane.zones.iter()).collect();
        let region = checked.entry.region.clone();
        let entry = self.network(&checked.entry, checked.entry_cidr, &entry_zones, |what| {
            names::entry(&region, what)
        });
        let service =
            self.network(&checked.service, checked.service_cidr, &service_zones, |what| {
                names::service(what)
            });
        (service, entry)
    }

    /// A VPC, its subnets, and a group that lets nothing out.
    fn network(
        &mut self,
        place: &Place,
        cidr: Ipv4Net,
        zones: &BTreeSet<&Zone>,
        name: impl Fn(&str) -> String,
    ) -> Network {
        let vpc = self.add(name("vpc"), place, Vpc { cidr });
        let mut subnets = BTreeMap::new();
        for zone in zones.iter().copied() {
            let Some(block) = sticky::block(cidr, zone, &place.region) else { continue };
            let subnet = Subnet { vpc: vpc.clone(), cidr: block, zone: zone.clone() };
            subnets.insert(zone.clone(), self.add(name(&format!("subnet.{zone}")), place, subnet));
        }
        let description = format!("accel: {} side of a lane", place.side);
        let group = SecurityGroup { vpc: vpc.clone(), description };
        let group = self.add(name("group"), place, group);
        let closed = self.add(name("closed-egress"), place, ClosedEgress { group: group.clone() });
        self.add(name("dns-hostnames"), place, VpcDnsHostnames { vpc: vpc.clone() });
        Network { place: place.clone(), vpc, subnets, group, closed }
    }

    fn door(&mut self, entry: &Network) -> Door {
        let gateway = self.add(self.entry("gateway"), &entry.place, InternetGateway {});
        let attachment = GatewayAttachment { gateway: gateway.clone(), vpc: entry.vpc.clone() };
        let attachment = self.add(self.entry("gateway-attachment"), &entry.place, attachment);
        Door { gateway, attachment }
    }

    fn balancer(&mut self, lane: &Lane<'_>, entry: &Network, door: &Door) -> Ref<LoadBalancer> {
        let spec = self.plan.checked.spec;
        let subnets = self.balancer_subnets(lane, entry);
        let groups = vec![entry.group.clone()];
        let balancer = self.add_after(
            names::balancer(&entry.place.region, lane.label),
            &entry.place,
            LoadBalancer { subnets, groups, internet_facing: true },
            &[&entry.closed.any(), &door.attachment.any()],
        );
        self.graph.keep(&balancer, sticky::write_zones(&lane.entry_zones));
        let options = LoadBalancerOptions {
            balancer: balancer.clone(),
            deletion_protection: spec.protected,
            cross_zone: spec.cross_zone,
        };
        let name = self.entry(format_args!("balancer-options.{}", lane.label));
        self.add(name, &entry.place, options);
        balancer
    }

    /// Each zone of a load balancer with its public address: made, picked by the cloud, or the user's own.
    fn balancer_subnets(&mut self, lane: &Lane<'_>, entry: &Network) -> Vec<BalancerSubnet> {
        let zones = lane.entry_zones.iter().enumerate();
        let place = &entry.place;
        let with_address = |(index, zone): (usize, &Zone)| {
            let address = match lane.service.elastic_ips {
                ElasticIps::Made => {
                    let name = names::address(&place.region, lane.label, zone);
                    Some(self.add(name, place, ElasticIp {}))
                }
                ElasticIps::Off => None,
                ElasticIps::Existing(ids) => ids.get(index).map(|id| {
                    Ref::existing(RemoteId::new(Kind::ElasticIp, place.clone(), id.as_str()))
                }),
            };
            let subnet = entry.subnets.get(zone)?.clone();
            Some(BalancerSubnet { subnet, address })
        };
        zones.filter_map(with_address).collect()
    }

    fn endpoint(&mut self, lane: &Lane<'_>, service: &Network) -> Ref<InterfaceEndpoint> {
        let subnet = |(zone, address): (&Zone, &std::net::Ipv4Addr)| {
            let subnet = service.subnets.get(zone)?.clone();
            Some(EndpointSubnet { subnet, address: Some(*address) })
        };
        let endpoint = InterfaceEndpoint {
            vpc: service.vpc.clone(),
            service: lane.full_name.clone(),
            subnets: lane.pins.iter().filter_map(subnet).collect(),
            groups: vec![service.group.clone()],
            private_dns: false,
        };
        let name = names::endpoint(lane.label);
        let endpoint = self.add_after(name, &service.place, endpoint, &[&service.closed.any()]);
        self.graph.keep(&endpoint, sticky::write_pins(&lane.pins));
        if let Some(policy) = &lane.policy {
            let name = names::service(format_args!("policy.{}", lane.label));
            let policy = EndpointPolicy { endpoint: endpoint.any(), policy: policy.clone() };
            self.add(name, &service.place, policy);
        }
        endpoint
    }

    /// Requested on the entry's side, always: the same pair of VPCs the other way round would be another connection.
    fn peering(&mut self, service: &Network, entry: &Network) -> Bridge {
        let peering = PeeringConnection {
            requester: entry.vpc.clone(),
            accepter: service.vpc.clone(),
            accepter_place: service.place.clone(),
        };
        let peering = self.add(self.entry("peering"), &entry.place, peering);
        let acceptance = PeeringAcceptance { peering: peering.clone() };
        let acceptance = self.add(self.entry("peering-acceptance"), &service.place, acceptance);
        let tags = PeeringTags { peering: peering.clone() };
        let other_side = self.add(self.entry("peering-tags"), &service.place, tags);
        self.is_tagged(&service.place, Api::Network, &other_side);
        Bridge { peering, acceptance }
    }

    /// Routes to the other side wait until traffic can pass.
    fn routes(&mut self, service: &Network, entry: &Network, door: &Door, bridge: &Bridge) {
        let checked = self.plan.checked;
        let out = self.table(entry, self.entry("route-table"), |zone| {
            names::entry(&checked.entry.region, format_args!("association.{zone}"))
        });
        let back = self.table(service, names::service("route-table"), |zone| {
            names::service(format_args!("association.{zone}"))
        });
        let via = Via::Gateway(door.gateway.clone());
        let internet = Route { table: out.clone(), destination: ANYWHERE, via };
        let name = self.entry("route.internet");
        self.add_after(name, &entry.place, internet, &[&door.attachment.any()]);

        let via = || Via::Peering(bridge.peering.clone());
        let accepted = bridge.acceptance.any();
        let there = Route { table: out, destination: checked.service_cidr, via: via() };
        self.add_after(self.entry("route.there"), &entry.place, there, &[&accepted]);
        let return_route = Route { table: back, destination: checked.entry_cidr, via: via() };
        self.add_after(self.entry("route.back"), &service.place, return_route, &[&accepted]);
    }

    fn table(
        &mut self,
        network: &Network,
        name: String,
        association: impl Fn(&Zone) -> String,
    ) -> Ref<RouteTable> {
        let table = self.add(name, &network.place, RouteTable { vpc: network.vpc.clone() });
        for (zone, subnet) in &network.subnets {
            let resource = RouteTableAssociation { table: table.clone(), subnet: subnet.clone() };
            self.add(association(zone), &network.place, resource);
        }
        table
    }

    /// From each port of the load balancer to the addresses of the endpoint.
    fn forwarding(
        &mut self,
        lane: &Lane<'_>,
        entry: &Network,
        balancer: &Ref<LoadBalancer>,
        endpoint: &Ref<InterfaceEndpoint>,
        service: &Network,
    ) {
        for &port in &lane.service.ports {
            let group = self.target_group(lane, entry, port);
            for (zone, pin) in &lane.pins {
                let Some(subnet) = service.subnets.get(zone).cloned() else { continue };
                let (group, endpoint) = (group.clone(), endpoint.clone());
                let target = Target { group, endpoint, subnet, pin: *pin, port };
                let name = self.entry(format_args!("target.{}.{port}.{zone}", lane.label));
                self.add(name, &entry.place, target);
            }
            let listener = Listener { balancer: balancer.clone(), port, group };
            let name = self.entry(format_args!("listener.{}.{port}", lane.label));
            let listener = self.add(name, &entry.place, listener);
            let idle_timeout_secs = self.plan.checked.spec.idle_timeout_secs;
            let options = ListenerOptions { listener, idle_timeout_secs };
            let name = self.entry(format_args!("listener-options.{}.{port}", lane.label));
            self.add(name, &entry.place, options);
        }
    }

    fn target_group(&mut self, lane: &Lane<'_>, entry: &Network, port: u16) -> Ref<TargetGroup> {
        let name = |what: &str| self.entry(format_args!("{what}.{}.{port}", lane.label));
        let names = [name("target-group"), name("health-check"), name("target-group-options")];
        let [group_name, check_name, options_name] = names;
        let group = TargetGroup { vpc: entry.vpc.clone(), port };
        let group = self.add(group_name, &entry.place, group);
        let health = &self.plan.checked.spec.health_check;
        let check = HealthCheck {
            group: group.clone(),
            interval_secs: health.interval_secs,
            healthy: health.healthy,
            unhealthy: health.unhealthy,
        };
        self.add(check_name, &entry.place, check);
        let options = TargetGroupOptions {
            group: group.clone(),
            preserve_client_ip: false,
            deregistration_delay_secs: DEREGISTRATION_DELAY_SECS,
        };
        self.add(options_name, &entry.place, options);
        group
    }

    /// Every opening, named by what it opens, so that no opening's name depends on another.
    fn rules(&mut self, service: &Network, entry: &Network) {
        let plan = self.plan;
        let lanes = plan.lanes.iter();
        let ports: BTreeSet<u16> =
            lanes.flat_map(|lane| lane.service.ports.iter().copied()).collect();
        for &port in &ports {
            let tcp = Traffic::Tcp(port);
            for opening in &plan.open {
                let rule = self.rule(entry, Direction::Ingress, tcp, opening.cidr);
                if let Some(label) = opening.label {
                    let content = content(Direction::Ingress, tcp, opening.cidr);
                    let name = self.entry(format_args!("description.{content}"));
                    let description = label.to_owned();
                    self.add(name, &entry.place, RuleDescription { rule, description });
                }
            }
            self.rule(entry, Direction::Egress, tcp, plan.checked.service_cidr);
            self.rule(service, Direction::Ingress, tcp, plan.checked.entry_cidr);
        }
        if plan.checked.spec.path_mtu {
            self.rule(entry, Direction::Ingress, Traffic::FragmentationNeeded, ANYWHERE);
        }
    }

    /// All rules carry the entry's id, those of the service side too: another entry brings its own.
    fn rule(
        &mut self,
        network: &Network,
        direction: Direction,
        traffic: Traffic,
        peer: Ipv4Net,
    ) -> Ref<SecurityGroupRule> {
        let side = network.place.side;
        let content = content(direction, traffic, peer);
        let name = self.entry(format_args!("{side}-rule.{content}"));
        let rule = SecurityGroupRule { group: network.group.clone(), direction, traffic, peer };
        self.add(name, &network.place, rule)
    }

    /// One setting per place and API, over everything that carries tags there.
    fn extra_tags(&mut self) {
        let spec = self.plan.checked.spec;
        let mut extra = spec.tags.clone();
        extra.insert(tags::PROTECTED.to_owned(), spec.protected.to_string());
        for ((place, api), members) in std::mem::take(&mut self.members) {
            let api_name = match api {
                Api::Network => "network",
                Api::LoadBalancing => "load-balancing",
            };
            let name = if place == self.plan.checked.service {
                names::service(format_args!("tags.{api_name}"))
            } else {
                self.entry(format_args!("tags.{api_name}"))
            };
            let tags = extra.clone();
            self.graph.add(name.as_str(), &place, ExtraTags { members, tags, api });
        }
    }
}

/// `ingress.tcp/443.203.0.113.0/24`
fn content(direction: Direction, traffic: Traffic, peer: Ipv4Net) -> String {
    format!("{direction}.{traffic}.{peer}")
}
