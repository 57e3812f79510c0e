//! One valid sample of every kind, together with everything it needs: a small lane.
//!
//! The whole lane is one graph; a test makes the part of it that it needs. [`Lane::sample`] matches every kind, so a new kind does
//! not compile until it has a sample.

mod build;

use std::net::Ipv4Addr;

use accel_core::graph::To;
use accel_core::resource::{
    ClosedEgress, ElasticIp, EndpointPolicy, EndpointTable, ExtraTags, GatewayAttachment,
    GatewayEndpoint, HealthCheck, InterfaceEndpoint, InternetGateway, Kind, Listener,
    ListenerOptions, LoadBalancer, LoadBalancerOptions, NatGateway, PeeringAcceptance,
    PeeringConnection, PeeringTags, Resource, Route, RouteReplacement, RouteTable,
    RouteTableAssociation, RuleDescription, SecurityGroup, SecurityGroupRule, Subnet, Target,
    TargetGroup, TargetGroupOptions, Via, Vpc, VpcDnsHostnames,
};
use accel_core::{Graph, NodeId, Place, Ref, Side, Zone};
use ipnet::Ipv4Net;

use build::{entry_parts, half, island_parts, joint_parts, service_parts, spares};

/// A place with the two zones that the samples lie in.
#[derive(Debug, Clone)]
pub struct Site {
    /// The place.
    pub place: Place,
    /// Two zones that hold subnets, load balancers and, on the service side, endpoints of the subject's service.
    pub zones: [Zone; 2],
}

impl Site {
    /// A site whose zones are the region's name and a letter.
    pub fn new(side: Side, region: &str) -> Self {
        let zone = |letter| Zone::new(format!("{region}{letter}"));
        Self { place: Place::new(side, region), zones: [zone('a'), zone('b')] }
    }
}

/// The parts that both sides have.
#[derive(Debug, Clone)]
pub struct Half {
    /// Where it is.
    pub site: Site,
    /// The VPC.
    pub vpc: Ref<Vpc>,
    /// One subnet per zone.
    pub subnets: [Ref<Subnet>; 2],
    /// A group that lets TCP 443 in.
    pub group: Ref<SecurityGroup>,
    /// That rule.
    pub rule: Ref<SecurityGroupRule>,
    /// The group's closed egress.
    pub closed: Ref<ClosedEgress>,
    /// A route table.
    pub table: Ref<RouteTable>,
    /// Its association with the first subnet.
    pub association: Ref<RouteTableAssociation>,
}

/// The parts of the service side alone.
#[derive(Debug, Clone)]
pub struct ServiceParts {
    /// DNS hostnames of its VPC.
    pub dns: Ref<VpcDnsHostnames>,
    /// The endpoint, in both subnets, with pinned addresses.
    pub endpoint: Ref<InterfaceEndpoint>,
    /// Its policy.
    pub policy: Ref<EndpointPolicy>,
}

/// The parts of the entry side alone.
#[derive(Debug, Clone)]
pub struct EntryParts {
    /// The internet gateway.
    pub gateway: Ref<InternetGateway>,
    /// Its attachment.
    pub attachment: Ref<GatewayAttachment>,
    /// The default route through it.
    pub route: Ref<Route>,
    /// The description of the group's rule.
    pub description: Ref<RuleDescription>,
    /// One address per subnet.
    pub addresses: [Ref<ElasticIp>; 2],
    /// The load balancer, in both subnets.
    pub balancer: Ref<LoadBalancer>,
    /// Its attributes.
    pub balancer_options: Ref<LoadBalancerOptions>,
    /// The target group.
    pub targets: Ref<TargetGroup>,
    /// Its checks.
    pub health: Ref<HealthCheck>,
    /// Its attributes.
    pub target_options: Ref<TargetGroupOptions>,
    /// The endpoint's first address as a target.
    pub target: Ref<Target>,
    /// The listener on 443.
    pub listener: Ref<Listener>,
    /// Its attributes.
    pub listener_options: Ref<ListenerOptions>,
    /// The user's tags on the VPC and the group.
    pub extra: Ref<ExtraTags>,
}

/// What joins the two sides.
#[derive(Debug, Clone)]
pub struct JointParts {
    /// The connection, asked for by the entry side.
    pub peering: Ref<PeeringConnection>,
    /// Its acceptance by the service side.
    pub acceptance: Ref<PeeringAcceptance>,
    /// Our tags on the service side.
    pub tags: Ref<PeeringTags>,
    /// The entry side's route through it.
    pub route: Ref<Route>,
}

/// The way out of what has no public address, all on the entry side.
#[derive(Debug, Clone)]
pub struct IslandParts {
    /// The NAT gateway's address.
    pub address: Ref<ElasticIp>,
    /// The NAT gateway, in the first subnet.
    pub nat: Ref<NatGateway>,
    /// A table of its own.
    pub table: Ref<RouteTable>,
    /// That table's default route, through the NAT gateway.
    pub route: Ref<Route>,
    /// A gateway endpoint of S3.
    pub endpoint: Ref<GatewayEndpoint>,
    /// The entry side's table, which leads to it.
    pub leads: Ref<EndpointTable>,
    /// Its policy.
    pub policy: Ref<EndpointPolicy>,
    /// A route of the entry side's table that somebody has made, through the NAT gateway now.
    pub replacement: Ref<RouteReplacement>,
    /// The NAT gateway's receipt for it.
    pub receipt: Ref<ExtraTags>,
}

/// Second ones, for contents that differ in what they refer to. All on the entry side.
#[derive(Debug, Clone)]
pub struct Spares {
    /// Another VPC.
    pub vpc: Ref<Vpc>,
    /// Another gateway.
    pub gateway: Ref<InternetGateway>,
    /// Another table of the entry side's VPC.
    pub table: Ref<RouteTable>,
    /// Another target group.
    pub targets: Ref<TargetGroup>,
}

/// A small lane with at least one sample of every kind.
#[derive(Debug, Clone)]
pub struct Lane {
    /// All of it.
    pub graph: Graph,
    /// The service's full name.
    pub service_name: String,
    /// Both halves: the service side.
    pub service: Half,
    /// Both halves: the entry side.
    pub entry: Half,
    /// The service side alone.
    pub at_service: ServiceParts,
    /// The entry side alone.
    pub at_entry: EntryParts,
    /// The joint.
    pub joint: JointParts,
    /// The way out.
    pub island: IslandParts,
    /// Second ones.
    pub spare: Spares,
}

/// A literal block of addresses.
///
/// # Panics
/// If the text is none.
pub fn net(text: &str) -> Ipv4Net {
    text.parse().expect("a literal block is well formed")
}

/// The node that a reference of the lane names.
///
/// # Panics
/// If it names something outside the graph.
pub fn node_of<K>(reference: &Ref<K>) -> NodeId {
    match reference.to() {
        To::Node(node) => *node,
        To::Existing(id) => panic!("{id} is no node of the lane"),
    }
}

/// What stands for the id of a node where a sample has text that names one; the lab puts the id in its place.
pub fn id_of<K>(graph: &Graph, reference: &Ref<K>) -> String {
    format!("<{}>", graph.node(node_of(reference)).name)
}

/// The address that the sample endpoint asks for in its first or second subnet.
pub fn pin(zone: usize) -> Ipv4Addr {
    [Ipv4Addr::new(10, 1, 0, 10), Ipv4Addr::new(10, 1, 16, 10)][zone]
}

/// A policy that lets one account's principals through.
pub fn policy(account: &str) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
            "Condition": { "StringEquals": { "aws:PrincipalAccount": account } },
        }],
    })
    .to_string()
}

impl Lane {
    /// The lane between two sites for a service, by its full name.
    pub fn new(service: &Site, entry: &Site, service_name: &str) -> Self {
        let mut graph = Graph::default();
        let south = half(&mut graph, service, "10.1", "10.2.0.0/16");
        let north = half(&mut graph, entry, "10.2", "203.0.113.0/24");
        let at_service = service_parts(&mut graph, &south, service_name);
        let spare = spares(&mut graph, &north);
        let at_entry = entry_parts(&mut graph, &north, &south, &at_service);
        let joint = joint_parts(&mut graph, &north, &south);
        let island = island_parts(&mut graph, &north, &at_entry);
        Self {
            graph,
            service_name: service_name.to_owned(),
            service: south,
            entry: north,
            at_service,
            at_entry,
            joint,
            island,
            spare,
        }
    }

    /// The half of a side.
    pub fn half(&self, side: Side) -> &Half {
        match side {
            Side::Service => &self.service,
            Side::Entry => &self.entry,
        }
    }

    /// A valid sample of a kind; everything it needs comes before it in the graph.
    pub fn sample(&self, kind: Kind) -> NodeId {
        match kind {
            Kind::Vpc => node_of(&self.entry.vpc),
            Kind::Subnet => node_of(&self.entry.subnets[0]),
            Kind::InternetGateway => node_of(&self.at_entry.gateway),
            Kind::GatewayAttachment => node_of(&self.at_entry.attachment),
            Kind::RouteTable => node_of(&self.entry.table),
            Kind::RouteTableAssociation => node_of(&self.entry.association),
            Kind::Route => node_of(&self.at_entry.route),
            Kind::SecurityGroup => node_of(&self.entry.group),
            Kind::SecurityGroupRule => node_of(&self.entry.rule),
            Kind::InterfaceEndpoint => node_of(&self.at_service.endpoint),
            Kind::PeeringConnection => node_of(&self.joint.peering),
            Kind::ElasticIp => node_of(&self.at_entry.addresses[0]),
            Kind::LoadBalancer => node_of(&self.at_entry.balancer),
            Kind::TargetGroup => node_of(&self.at_entry.targets),
            Kind::Target => node_of(&self.at_entry.target),
            Kind::Listener => node_of(&self.at_entry.listener),
            Kind::NatGateway => node_of(&self.island.nat),
            Kind::GatewayEndpoint => node_of(&self.island.endpoint),
            Kind::EndpointTable => node_of(&self.island.leads),
            Kind::RouteReplacement => node_of(&self.island.replacement),
            Kind::VpcDnsHostnames => node_of(&self.at_service.dns),
            Kind::ClosedEgress => node_of(&self.entry.closed),
            Kind::PeeringAcceptance => node_of(&self.joint.acceptance),
            Kind::PeeringTags => node_of(&self.joint.tags),
            Kind::EndpointPolicy => node_of(&self.at_service.policy),
            Kind::HealthCheck => node_of(&self.at_entry.health),
            Kind::TargetGroupOptions => node_of(&self.at_entry.target_options),
            Kind::LoadBalancerOptions => node_of(&self.at_entry.balancer_options),
            Kind::ListenerOptions => node_of(&self.at_entry.listener_options),
            Kind::RuleDescription => node_of(&self.at_entry.description),
            Kind::ExtraTags => node_of(&self.at_entry.extra),
        }
    }

    /// The sample of a kind with other content, where a kind has content that can differ. What it refers to is in the graph.
    pub fn other(&self, kind: Kind) -> Option<Resource> {
        let mut other = self.graph.node(self.sample(kind)).resource.clone();
        match &mut other {
            // They have no content, or only one that can be asked for.
            Resource::InternetGateway(_)
            | Resource::ElasticIp(_)
            | Resource::VpcDnsHostnames(_)
            | Resource::ClosedEgress(_)
            | Resource::PeeringAcceptance(_)
            | Resource::PeeringTags(_) => return None,
            Resource::Vpc(vpc) => vpc.cidr = net("10.9.0.0/16"),
            Resource::Subnet(subnet) => subnet.cidr = net("10.2.240.0/20"),
            Resource::GatewayAttachment(it) => it.gateway = self.spare.gateway.clone(),
            Resource::RouteTable(table) => table.vpc = self.spare.vpc.clone(),
            Resource::RouteTableAssociation(it) => it.table = self.spare.table.clone(),
            Resource::Route(route) => route.via = Via::Peering(self.joint.peering.clone()),
            Resource::SecurityGroup(group) => group.description = "another purpose".into(),
            Resource::SecurityGroupRule(rule) => rule.peer = net("198.51.100.0/24"),
            Resource::InterfaceEndpoint(it) => {
                it.subnets[0].address = Some(Ipv4Addr::new(10, 1, 0, 99));
            }
            Resource::PeeringConnection(it) => it.requester = self.spare.vpc.clone(),
            Resource::LoadBalancer(balancer) => balancer.subnets.truncate(1),
            Resource::TargetGroup(group) => group.port = 8443,
            Resource::Target(target) => target.port = 8443,
            Resource::Listener(listener) => listener.group = self.spare.targets.clone(),
            Resource::NatGateway(it) => it.subnet = self.entry.subnets[1].clone(),
            Resource::GatewayEndpoint(it) => it.service = it.service.replace(".s3", ".dynamodb"),
            Resource::EndpointTable(it) => it.table = self.spare.table.clone(),
            Resource::RouteReplacement(it) => it.destination = net("192.0.2.0/24"),
            Resource::EndpointPolicy(it) => it.policy = policy("999999999999"),
            Resource::HealthCheck(it) => it.healthy = 3,
            Resource::TargetGroupOptions(it) => it.deregistration_delay_secs = 60,
            Resource::LoadBalancerOptions(it) => it.cross_zone = true,
            Resource::ListenerOptions(it) => it.idle_timeout_secs = 600,
            Resource::RuleDescription(it) => it.description = "another office".into(),
            Resource::ExtraTags(it) => {
                it.tags.insert("team".to_owned(), "another".to_owned());
            }
        }
        Some(other)
    }
}
