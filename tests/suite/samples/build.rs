//! Puts the parts of the sample lane into its graph.

use std::collections::BTreeMap;

use accel_core::resource::{
    Api, BalancerSubnet, ClosedEgress, DEFAULT_IDLE_TIMEOUT_SECS, Direction, ElasticIp,
    EndpointPolicy, EndpointSubnet, EndpointTable, ExtraTags, GatewayAttachment, GatewayEndpoint,
    HealthCheck, InterfaceEndpoint, InternetGateway, Listener, ListenerOptions, LoadBalancer,
    LoadBalancerOptions, NatGateway, PeeringAcceptance, PeeringConnection, PeeringTags, Route,
    RouteReplacement, RouteTable, RouteTableAssociation, RuleDescription, SecurityGroup,
    SecurityGroupRule, Subnet, Target, TargetGroup, TargetGroupOptions, Traffic, Via, Vpc,
    VpcDnsHostnames,
};
use accel_core::{Graph, Ref, tags};

use super::{
    EntryParts, Half, IslandParts, JointParts, ServiceParts, Site, Spares, id_of, net, pin, policy,
};

pub(super) fn half(graph: &mut Graph, site: &Site, block: &str, peer: &str) -> Half {
    let place = &site.place;
    let which = place.side;
    let vpc = graph.add(
        format!("{which}.vpc").as_str(),
        place,
        Vpc { cidr: net(&format!("{block}.0.0/16")) },
    );
    let subnet = |graph: &mut Graph, name: &str, index: usize, third: u8| {
        let cidr = net(&format!("{block}.{third}.0/20"));
        let subnet = Subnet { vpc: vpc.clone(), cidr, zone: site.zones[index].clone() };
        graph.add(format!("{which}.subnet.{name}").as_str(), place, subnet)
    };
    let subnets = [subnet(graph, "a", 0, 0), subnet(graph, "b", 1, 16)];
    let description = format!("{which} side of a conformance test");
    let group = SecurityGroup { vpc: vpc.clone(), description };
    let group = graph.add(format!("{which}.group").as_str(), place, group);
    let rule = SecurityGroupRule {
        group: group.clone(),
        direction: Direction::Ingress,
        traffic: Traffic::Tcp(443),
        peer: net(peer),
    };
    let rule = graph.add(format!("{which}.rule").as_str(), place, rule);
    let closed = ClosedEgress { group: group.clone() };
    let closed = graph.add(format!("{which}.closed").as_str(), place, closed);
    let table = RouteTable { vpc: vpc.clone() };
    let table = graph.add(format!("{which}.table").as_str(), place, table);
    let association = RouteTableAssociation { table: table.clone(), subnet: subnets[0].clone() };
    let association = graph.add(format!("{which}.association").as_str(), place, association);
    Half { site: site.clone(), vpc, subnets, group, rule, closed, table, association }
}

pub(super) fn service_parts(graph: &mut Graph, half: &Half, service_name: &str) -> ServiceParts {
    let place = &half.site.place;
    let dns = graph.add("service.dns", place, VpcDnsHostnames { vpc: half.vpc.clone() });
    let subnet = |index: usize| EndpointSubnet {
        subnet: half.subnets[index].clone(),
        address: Some(pin(index)),
    };
    let endpoint = InterfaceEndpoint {
        vpc: half.vpc.clone(),
        service: service_name.to_owned(),
        subnets: vec![subnet(0), subnet(1)],
        groups: vec![half.group.clone()],
        private_dns: false,
    };
    // A group lets everything out until it is closed: nothing uses it before.
    let endpoint = graph.add_after("service.endpoint", place, endpoint, &[&half.closed.any()]);
    let policy = EndpointPolicy { endpoint: endpoint.any(), policy: policy("111111111111") };
    let policy = graph.add("service.policy", place, policy);
    ServiceParts { dns, endpoint, policy }
}

pub(super) fn spares(graph: &mut Graph, half: &Half) -> Spares {
    let place = &half.site.place;
    let vpc = graph.add("spare.vpc", place, Vpc { cidr: net("10.3.0.0/16") });
    let gateway = graph.add("spare.gateway", place, InternetGateway {});
    let table = graph.add("spare.table", place, RouteTable { vpc: half.vpc.clone() });
    let targets = TargetGroup { vpc: half.vpc.clone(), port: 443 };
    let targets = graph.add("spare.targets", place, targets);
    Spares { vpc, gateway, table, targets }
}

pub(super) fn entry_parts(
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
    let after = [&attachment.any(), &half.closed.any()];
    let balancer = graph.add_after("entry.balancer", place, balancer, &after);
    let options = LoadBalancerOptions {
        balancer: balancer.clone(),
        deletion_protection: false,
        cross_zone: false,
    };
    let options = graph.add("entry.balancer.options", place, options);
    (addresses, balancer, options)
}

pub(super) fn joint_parts(graph: &mut Graph, entry: &Half, service: &Half) -> JointParts {
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

/// The way out of what has no public address. The NAT gateway says in a receipt which route it has taken over, and what that led to.
pub(super) fn island_parts(graph: &mut Graph, half: &Half, entry: &EntryParts) -> IslandParts {
    let place = &half.site.place;
    let address = graph.add("island.address", place, ElasticIp {});
    let subnet = half.subnets[0].clone();
    let nat = NatGateway { subnet, address: address.clone() };
    // It fails in a VPC without a gateway, though it does not refer to it; and a receipt names what is there.
    let after = [&entry.attachment.any(), &half.table.any()];
    let nat = graph.add_after("island.nat", place, nat, &after);
    let destination = net("0.0.0.0/0");
    let table = graph.add("island.table", place, RouteTable { vpc: half.vpc.clone() });
    let route = Route { table: table.clone(), destination, via: Via::Nat(nat.clone()) };
    let route = graph.add("island.route", place, route);
    let service = format!("com.amazonaws.{}.s3", place.region);
    let endpoint = GatewayEndpoint { vpc: half.vpc.clone(), service: service.clone() };
    let endpoint = graph.add("island.endpoint", place, endpoint);
    let leads = EndpointTable { endpoint: endpoint.clone(), table: half.table.clone(), service };
    let leads = graph.add("island.endpoint.table", place, leads);
    let policy = EndpointPolicy { endpoint: endpoint.any(), policy: policy("111111111111") };
    let policy = graph.add("island.policy", place, policy);
    let was = id_of(graph, &entry.gateway);
    let replaced = net("198.51.100.0/24");
    let replacement = RouteReplacement {
        table: half.table.clone(),
        destination: replaced,
        nat: nat.clone(),
        was: was.clone(),
    };
    let replacement = graph.add("island.replacement", place, replacement);
    let parent = id_of(graph, &half.table);
    let receipt = tags::receipt(&parent, Some(&replaced.to_string()), Some(&was));
    let receipt =
        ExtraTags { members: vec![nat.any()], tags: BTreeMap::from([receipt]), api: Api::Network };
    let receipt = graph.add("island.receipt", place, receipt);
    IslandParts { address, nat, table, route, endpoint, leads, policy, replacement, receipt }
}
