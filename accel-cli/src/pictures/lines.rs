//! What a resource says about itself in a line of a picture.

use std::net::Ipv4Addr;

use accel_core::graph::To;
use accel_core::resource::{Direction, Resource, Subnet, Traffic, Via};
use accel_core::{Graph, Node, NodeId, Ref, RemoteId};
use ipnet::Ipv4Net;

/// The service's name as people say it: `com.amazonaws.REGION.sqs` is `sqs`.
pub(super) fn service_name(full: &str, region: &str) -> String {
    let short = full.split_once(&format!(".{region}.")).map(|(_, rest)| rest);
    short.filter(|rest| !rest.is_empty()).unwrap_or(full).to_owned()
}

/// A node's name without what its place and its kind say already: `entry.REGION.balancer.sqs` is `sqs`.
pub(super) fn short_name(node: &Node, kind_word: &str) -> String {
    let mut rest = node.name.as_str();
    for prefix in ["entry", "service", node.place.region.as_str(), kind_word] {
        let after = rest.strip_prefix(prefix).and_then(|after| after.strip_prefix('.'));
        rest = after.unwrap_or(rest);
    }
    rest.to_owned()
}

/// The line of a node that is shown as a part of another one; none for what is better left out of a picture.
pub(super) fn line(node: &Node) -> Option<String> {
    match &node.resource {
        Resource::Subnet(subnet) => Some(format!("subnet {} · {}", subnet.zone, subnet.cidr)),
        Resource::InternetGateway(_) => Some("internet gateway".to_owned()),
        Resource::Route(route) => {
            let via = match &route.via {
                Via::Gateway(_) => "internet",
                Via::Peering(_) => "peering",
                Via::Nat(_) => "NAT",
            };
            Some(format!("route {} → {via}", route.destination))
        }
        Resource::HealthCheck(check) => {
            Some(format!("health check every {} s", check.interval_secs))
        }
        Resource::ListenerOptions(options) => {
            Some(format!("idle timeout {} s", options.idle_timeout_secs))
        }
        Resource::LoadBalancerOptions(options) => {
            options.deletion_protection.then(|| "deletion protection".to_owned())
        }
        Resource::RuleDescription(label) => Some(format!("({})", label.description)),
        Resource::EndpointPolicy(_) => Some("endpoint policy".to_owned()),
        Resource::TargetGroupOptions(options) => {
            options.preserve_client_ip.then(|| "client IP preserved".to_owned())
        }
        Resource::Vpc(_)
        | Resource::SecurityGroup(_)
        | Resource::SecurityGroupRule(_)
        | Resource::GatewayAttachment(_)
        | Resource::RouteTable(_)
        | Resource::RouteTableAssociation(_)
        | Resource::InterfaceEndpoint(_)
        | Resource::PeeringConnection(_)
        | Resource::GatewayEndpoint(_)
        | Resource::EndpointTable(_)
        | Resource::NatGateway(_)
        | Resource::RouteReplacement(_)
        | Resource::ElasticIp(_)
        | Resource::LoadBalancer(_)
        | Resource::TargetGroup(_)
        | Resource::Target(_)
        | Resource::Listener(_)
        | Resource::VpcDnsHostnames(_)
        | Resource::ClosedEgress(_)
        | Resource::PeeringAcceptance(_)
        | Resource::PeeringTags(_)
        | Resource::ExtraTags(_) => None,
    }
}

/// What passes through the groups of some nodes, one line per direction and other end, what comes in first.
pub(super) fn openings<'g>(nodes: impl Iterator<Item = &'g Node>) -> Vec<String> {
    let mut openings: Vec<((Direction, Ipv4Net), Vec<Traffic>)> = Vec::new();
    for node in nodes {
        let Resource::SecurityGroupRule(rule) = &node.resource else { continue };
        let way = (rule.direction, rule.peer);
        match openings.iter_mut().find(|(other, _)| *other == way) {
            Some((_, traffic)) => traffic.push(rule.traffic),
            None => openings.push((way, vec![rule.traffic])),
        }
    }
    openings.sort_by_key(|((direction, _), _)| *direction);
    openings.iter().map(|((direction, peer), all)| opening(*direction, *peer, all)).collect()
}

fn opening(direction: Direction, peer: Ipv4Net, all: &[Traffic]) -> String {
    let (way, end) = match direction {
        Direction::Ingress => ("in", "←"),
        Direction::Egress => ("out", "→"),
    };
    let peer = if peer.prefix_len() == 0 { "anywhere".to_owned() } else { peer.to_string() };
    let mut ports: Vec<String> = Vec::new();
    let mut what: Vec<String> = Vec::new();
    for traffic in all {
        match traffic {
            Traffic::Tcp(port) => ports.push(port.to_string()),
            Traffic::FragmentationNeeded => what.push("path-MTU icmp".to_owned()),
            Traffic::All => what.push("everything".to_owned()),
        }
    }
    if !ports.is_empty() {
        what.insert(0, format!("tcp {}", ports.join(", ")));
    }
    format!("{way} {} {end} {peer}", what.join(", "))
}

/// The end of an id of the provider, which tells it apart: `…60711`.
pub(super) fn short_id(id: &RemoteId) -> String {
    const KEPT: usize = 5;
    let count = id.as_str().chars().count();
    if count <= 2 * KEPT {
        return id.to_string();
    }
    ['…'].into_iter().chain(id.as_str().chars().skip(count - KEPT)).collect()
}

/// The description that the user gave to a rule.
pub(super) fn label_of<'g>(graph: &'g Graph, rule: &Node) -> Option<&'g str> {
    let rule = graph.find(&rule.name)?;
    graph.nodes().iter().find_map(|node| {
        let Resource::RuleDescription(label) = &node.resource else { return None };
        (target(&label.rule) == Some(rule)).then_some(label.description.as_str())
    })
}

/// The node of the graph that a reference names.
pub(super) fn target<K>(reference: &Ref<K>) -> Option<NodeId> {
    match reference.to() {
        To::Node(id) => Some(*id),
        To::Existing(_) => None,
    }
}

/// The zone of a subnet, or the id of one that exists already.
pub(super) fn zone(graph: &Graph, subnet: &Ref<Subnet>) -> String {
    match subnet.to() {
        To::Node(id) => {
            let node = graph.node(*id);
            let Resource::Subnet(subnet) = &node.resource else { return node.name.to_string() };
            subnet.zone.to_string()
        }
        To::Existing(id) => id.to_string(),
    }
}

/// The addresses that a port of a load balancer leads to, and the port there.
pub(super) fn targets(graph: &Graph, group: NodeId) -> Vec<(Ipv4Addr, u16)> {
    let of_group = |node: &Node| {
        let Resource::Target(it) = &node.resource else { return None };
        (target(&it.group) == Some(group)).then_some((it.pin, it.port))
    };
    graph.nodes().iter().filter_map(of_group).collect()
}
