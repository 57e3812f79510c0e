//! One valid sample of every kind, together with everything it needs: a small lane.
//!
//! The whole lane is one graph; a test makes the part of it that it needs. [`Lane::sample`] matches every kind, so a new kind does
//! not compile until it has a sample.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use accel_core::graph::To;
use accel_core::resource::{
    Api, BalancerSubnet, ClosedEgress, DEFAULT_IDLE_TIMEOUT_SECS, Direction, ElasticIp,
    EndpointPolicy, EndpointSubnet, ExtraTags, GatewayAttachment, HealthCheck, InterfaceEndpoint,
    InternetGateway, Kind, Listener, ListenerOptions, LoadBalancer, LoadBalancerOptions,
    PeeringAcceptance, PeeringConnection, PeeringTags, Resource, Route, RouteTable,
    RouteTableAssociation, RuleDescription, SecurityGroup, SecurityGroupRule, Subnet, Target,
    TargetGroup, TargetGroupOptions, Traffic, Via, Vpc, VpcDnsHostnames,
};
use accel_core::{Graph, NodeId, Place, Ref, Side, Zone};
use ipnet::Ipv4Net;

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
    /// The group's closed egress.
    pub closed: Ref<ClosedEgress>,
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
        Self {
            graph,
            service_name: service_name.to_owned(),
            service: south,
            entry: north,
            at_service,
            at_entry,
            joint,
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
            Kind::VpcDnsHostnames => node_of(&self.at_service.dns),
            Kind::ClosedEgress => node_of(&self.at_entry.closed),
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
                it.subnets[0].address = Ipv4Addr::new(10, 1, 0, 99);
            }
            Resource::PeeringConnection(it) => it.requester = self.spare.vpc.clone(),
            Resource::LoadBalancer(balancer) => balancer.subnets.truncate(1),
            Resource::TargetGroup(group) => group.port = 8443,
            Resource::Target(target) => target.port = 8443,
            Resource::Listener(listener) => listener.group = self.spare.targets.clone(),
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

fn half(graph: &mut Graph, site: &Site, block: &str, peer: &str) -> Half {
    let place = &site.place;
    let side = place.side;
    let vpc = graph.add(
        format!("{side}.vpc").as_str(),
        place,
        Vpc { cidr: net(&format!("{block}.0.0/16")) },
    );
    let subnet = |graph: &mut Graph, name: &str, index: usize, third: u8| {
        let cidr = net(&format!("{block}.{third}.0/20"));
        let subnet = Subnet { vpc: vpc.clone(), cidr, zone: site.zones[index].clone() };
        graph.add(format!("{side}.subnet.{name}").as_str(), place, subnet)
    };
    let subnets = [subnet(graph, "a", 0, 0), subnet(graph, "b", 1, 16)];
    let description = format!("{side} side of a conformance test");
    let group = SecurityGroup { vpc: vpc.clone(), description };
    let group = graph.add(format!("{side}.group").as_str(), place, group);
    let rule = SecurityGroupRule {
        group: group.clone(),
        direction: Direction::Ingress,
        traffic: Traffic::Tcp(443),
        peer: net(peer),
    };
    let rule = graph.add(format!("{side}.rule").as_str(), place, rule);
    let table = RouteTable { vpc: vpc.clone() };
    let table = graph.add(format!("{side}.table").as_str(), place, table);
    let association = RouteTableAssociation { table: table.clone(), subnet: subnets[0].clone() };
    let association = graph.add(format!("{side}.association").as_str(), place, association);
    Half { site: site.clone(), vpc, subnets, group, rule, table, association }
}

fn service_parts(graph: &mut Graph, half: &Half, service_name: &str) -> ServiceParts {
    let place = &half.site.place;
    let dns = graph.add("service.dns", place, VpcDnsHostnames { vpc: half.vpc.clone() });
    let subnet =
        |index: usize| EndpointSubnet { subnet: half.subnets[index].clone(), address: pin(index) };
    let endpoint = InterfaceEndpoint {
        vpc: half.vpc.clone(),
        service: service_name.to_owned(),
        subnets: vec![subnet(0), subnet(1)],
        groups: vec![half.group.clone()],
        private_dns: false,
    };
    let endpoint = graph.add("service.endpoint", place, endpoint);
    let policy = EndpointPolicy { endpoint: endpoint.clone(), policy: policy("111111111111") };
    let policy = graph.add("service.policy", place, policy);
    ServiceParts { dns, endpoint, policy }
}

fn spares(graph: &mut Graph, half: &Half) -> Spares {
    let place = &half.site.place;
    let vpc = graph.add("spare.vpc", place, Vpc { cidr: net("10.3.0.0/16") });
    let gateway = graph.add("spare.gateway", place, InternetGateway {});
    let table = graph.add("spare.table", place, RouteTable { vpc: half.vpc.clone() });
    let targets = TargetGroup { vpc: half.vpc.clone(), port: 443 };
    let targets = graph.add("spare.targets", place, targets);
    Spares { vpc, gateway, table, targets }
}

fn entry_parts(
    graph: &mut Graph,
    half: &Half,
    far: &Half,
    at_service: &ServiceParts,
) -> EntryParts {
    let place = &half.site.place;
    let gateway = graph.add("entry.gateway", place, InternetGateway {});
    let attachment = GatewayAttachment { gateway: gateway.clone(), vpc: half.vpc.clone() };
    let attachment = graph.add("entry.attachment", place, attachment);
    let route = Route {
        table: half.table.clone(),
        destination: net("0.0.0.0/0"),
        via: Via::Gateway(gateway.clone()),
    };
    let route = graph.add_after("entry.route", place, route, &[&attachment.any()]);
    let closed = graph.add("entry.closed", place, ClosedEgress { group: half.group.clone() });
    let description =
        RuleDescription { rule: half.rule.clone(), description: "the office".to_owned() };
    let description = graph.add("entry.description", place, description);
    let (addresses, balancer, balancer_options) = balancer_parts(graph, half, &attachment);
    let targets = TargetGroup { vpc: half.vpc.clone(), port: 443 };
    let targets = graph.add("entry.targets", place, targets);
    let health =
        HealthCheck { group: targets.clone(), interval_secs: 10, healthy: 2, unhealthy: 2 };
    let health = graph.add("entry.health", place, health);
    let options = TargetGroupOptions {
        group: targets.clone(),
        preserve_client_ip: false,
        deregistration_delay_secs: 30,
    };
    let target_options = graph.add("entry.target.options", place, options);
    let target = Target {
        group: targets.clone(),
        endpoint: at_service.endpoint.clone(),
        subnet: far.subnets[0].clone(),
        pin: pin(0),
        port: 443,
    };
    let target = graph.add("entry.target", place, target);
    let listener = Listener { balancer: balancer.clone(), port: 443, group: targets.clone() };
    let listener = graph.add("entry.listener", place, listener);
    let options = ListenerOptions {
        listener: listener.clone(),
        idle_timeout_secs: DEFAULT_IDLE_TIMEOUT_SECS,
    };
    let listener_options = graph.add("entry.listener.options", place, options);
    let extra = ExtraTags {
        members: vec![half.vpc.any(), half.group.any()],
        tags: BTreeMap::from([("team".to_owned(), "lanes".to_owned())]),
        api: Api::Network,
    };
    let extra = graph.add("entry.tags", place, extra);
    EntryParts {
        gateway,
        attachment,
        route,
        closed,
        description,
        addresses,
        balancer,
        balancer_options,
        targets,
        health,
        target_options,
        target,
        listener,
        listener_options,
        extra,
    }
}

fn balancer_parts(
    graph: &mut Graph,
    half: &Half,
    attachment: &Ref<GatewayAttachment>,
) -> ([Ref<ElasticIp>; 2], Ref<LoadBalancer>, Ref<LoadBalancerOptions>) {
    let place = &half.site.place;
    let addresses = [
        graph.add("entry.address.a", place, ElasticIp {}),
        graph.add("entry.address.b", place, ElasticIp {}),
    ];
    let subnet = |index: usize| BalancerSubnet {
        subnet: half.subnets[index].clone(),
        address: Some(addresses[index].clone()),
    };
    let balancer = LoadBalancer {
        subnets: vec![subnet(0), subnet(1)],
        groups: vec![half.group.clone()],
        internet_facing: true,
    };
    // A balancer that faces the internet is refused in a VPC without a gateway, though it does not refer to it.
    let balancer = graph.add_after("entry.balancer", place, balancer, &[&attachment.any()]);
    let options = LoadBalancerOptions {
        balancer: balancer.clone(),
        deletion_protection: false,
        cross_zone: false,
    };
    let options = graph.add("entry.balancer.options", place, options);
    (addresses, balancer, options)
}

fn joint_parts(graph: &mut Graph, entry: &Half, service: &Half) -> JointParts {
    let (near, far) = (&entry.site.place, &service.site.place);
    let peering = PeeringConnection {
        requester: entry.vpc.clone(),
        accepter: service.vpc.clone(),
        accepter_place: far.clone(),
    };
    let peering = graph.add("joint.peering", near, peering);
    let acceptance = PeeringAcceptance { peering: peering.clone() };
    let acceptance = graph.add("joint.acceptance", far, acceptance);
    let tags = graph.add("joint.tags", far, PeeringTags { peering: peering.clone() });
    let route = Route {
        table: entry.table.clone(),
        destination: net("10.1.0.0/16"),
        via: Via::Peering(peering.clone()),
    };
    let route = graph.add_after("joint.route", near, route, &[&acceptance.any()]);
    JointParts { peering, acceptance, tags, route }
}
