//! What a private egress adds to a scene: the islands, the ways out of them, and what is put into a network that exists.

use std::collections::BTreeSet;

use accel_core::graph::To;
use accel_core::resource::{GatewayEndpoint, Kind, NatGateway, Resource, Traffic, Via};
use accel_core::{Graph, Node, NodeId, Ref, RemoteId};

use super::lines::{service_name, short_id, short_name, target};
use super::scene::{Arrow, Card, Look, Scene, card, key, settings};

/// The card of what runs in the islands.
const ISLANDS: &str = "islands";

/// The card of everything that no endpoint takes.
const INTERNET: &str = "internet";

impl Scene {
    pub(super) fn gateway_endpoint(&mut self, graph: &Graph, id: NodeId, it: &GatewayEndpoint) {
        let node = graph.node(id);
        let name = service_name(&it.service, node.place.region.as_str());
        let leads = |node: &&Node| {
            let Resource::EndpointTable(it) = &node.resource else { return false };
            target(&it.endpoint) == Some(id)
        };
        let tables = graph.nodes().iter().filter(leads).count();
        let noun = if tables == 1 { "table" } else { "tables" };
        let mut lines = vec![format!("a route in {tables} {noun}")];
        lines.extend(settings(graph, id));
        let kind = "gateway endpoint";
        self.area(&node.place).path.push(card(id, Look::Endpoint, name.clone(), kind, lines));
        self.service(id, &name, node);
    }

    pub(super) fn nat(&mut self, graph: &Graph, id: NodeId, nat: &NatGateway) {
        let node = graph.node(id);
        let address = match nat.address.to() {
            To::Node(_) => "elastic IP".to_owned(),
            To::Existing(id) => format!("EIP {}", short_id(id)),
        };
        let lines = vec![short_name(node, "nat"), address];
        let shown = card(id, Look::Gateway, "NAT".to_owned(), "NAT gateway, public", lines);
        self.area(&node.place).path.push(shown);
        if !self.services.iter().any(|card| card.key == INTERNET) {
            self.services.push(Card {
                key: INTERNET.to_owned(),
                look: Look::Service,
                title: "the internet".to_owned(),
                kind: "everything else".to_owned(),
                lines: Vec::new(),
            });
        }
        let label = String::new();
        self.arrows.push(Arrow { from: key(id), to: INTERNET.to_owned(), label });
    }

    /// Who calls, with an arrow to each way out.
    pub(super) fn islands(&mut self, graph: &Graph) {
        let ways: Vec<Arrow> = graph.ids().filter_map(|id| way_out(graph, id)).collect();
        if ways.is_empty() {
            return;
        }
        self.clients = Some(Card {
            key: ISLANDS.to_owned(),
            look: Look::Islands,
            title: "functions".to_owned(),
            kind: "in the islands".to_owned(),
            lines: islands(graph),
        });
        self.arrows.splice(0..0, ways);
    }

    /// The network that exists, with what is put into it.
    pub(super) fn existing(&mut self, graph: &Graph) {
        let given = graph.nodes().iter().filter_map(|node| Some((node, put_in(graph, node)?)));
        let mut lines: Vec<String> = Vec::new();
        let mut place = None;
        for (node, said) in given {
            place = Some(&node.place);
            if !lines.contains(&said) {
                lines.push(said);
            }
        }
        let Some(place) = place.filter(|_| !makes_network(graph)) else { return };
        let title = graph.nodes().iter().find_map(vpc);
        let title = title.map_or_else(|| "the network".to_owned(), ToString::to_string);
        let (look, kind) = (Look::Network, "exists already, and is given:".to_owned());
        let card = Card { key: "network".to_owned(), look, title, kind, lines };
        self.area(place).networks.push(card);
    }
}

fn makes_network(graph: &Graph) -> bool {
    graph.nodes().iter().any(|node| node.kind() == Kind::Vpc)
}

/// From the islands to a way out of them.
fn way_out(graph: &Graph, id: NodeId) -> Option<Arrow> {
    let labels = [
        (Kind::InterfaceEndpoint, ports(graph)),
        (Kind::GatewayEndpoint, "route".to_owned()),
        (Kind::NatGateway, "0.0.0.0/0".to_owned()),
    ];
    let kind = graph.node(id).kind();
    let (_, label) = labels.into_iter().find(|(of, _)| *of == kind)?;
    Some(Arrow { from: ISLANDS.to_owned(), to: key(id), label })
}

/// What the endpoints' group lets in.
fn ports(graph: &Graph) -> String {
    let port = |node: &Node| {
        let Resource::SecurityGroupRule(rule) = &node.resource else { return None };
        let Traffic::Tcp(port) = rule.traffic else { return None };
        Some(port)
    };
    let ports: BTreeSet<u16> = graph.nodes().iter().filter_map(port).collect();
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

/// The subnets that are not public: by zone where they are made, by the end of their id where they exist.
fn islands(graph: &Graph) -> Vec<String> {
    let public = public_tables(graph);
    let mut zones: BTreeSet<String> = BTreeSet::new();
    let mut subnets: BTreeSet<&RemoteId> = BTreeSet::new();
    let mut tables: BTreeSet<&RemoteId> = BTreeSet::new();
    for node in graph.nodes() {
        if let Resource::RouteTableAssociation(it) = &node.resource
            && !target(&it.table).is_some_and(|table| public.contains(&table))
        {
            match it.subnet.to() {
                To::Node(id) => zones.extend(zone_of(graph, *id)),
                To::Existing(id) => drop(subnets.insert(id)),
            }
        } else if let Resource::InterfaceEndpoint(it) = &node.resource {
            subnets.extend(it.subnets.iter().filter_map(|subnet| foreign(&subnet.subnet)));
        } else {
            tables.extend(added(node).map(|(table, _)| table));
        }
    }
    let known = if subnets.is_empty() { tables } else { subnets };
    let known = known.into_iter().map(|id| format!("subnet {}", short_id(id)));
    zones.into_iter().chain(known).collect()
}

fn zone_of(graph: &Graph, subnet: NodeId) -> Option<String> {
    let Resource::Subnet(subnet) = &graph.node(subnet).resource else { return None };
    Some(subnet.zone.to_string())
}

/// Tables that lead to an internet gateway.
fn public_tables(graph: &Graph) -> BTreeSet<NodeId> {
    let public = |node: &Node| {
        let Resource::Route(route) = &node.resource else { return None };
        matches!(route.via, Via::Gateway(_)).then(|| target(&route.table))?
    };
    graph.nodes().iter().filter_map(public).collect()
}

fn foreign<K>(reference: &Ref<K>) -> Option<&RemoteId> {
    match reference.to() {
        To::Node(_) => None,
        To::Existing(id) => Some(id),
    }
}

/// The VPC that exists in which a node stands.
fn vpc(node: &Node) -> Option<&RemoteId> {
    if let Resource::SecurityGroup(it) = &node.resource {
        foreign(&it.vpc)
    } else if let Resource::GatewayEndpoint(it) = &node.resource {
        foreign(&it.vpc)
    } else if let Resource::RouteTable(it) = &node.resource {
        foreign(&it.vpc)
    } else {
        None
    }
}

/// The table that exists to which a node adds something, and what that is.
fn added(node: &Node) -> Option<(&RemoteId, String)> {
    if let Resource::Route(it) = &node.resource {
        Some((foreign(&it.table)?, format!("{} → NAT", it.destination)))
    } else if let Resource::RouteReplacement(it) = &node.resource {
        Some((foreign(&it.table)?, format!("{} → NAT, replaced", it.destination)))
    } else if let Resource::EndpointTable(it) = &node.resource {
        let service = service_name(&it.service, node.place.region.as_str());
        Some((foreign(&it.table)?, format!("route to {service}")))
    } else {
        None
    }
}

/// What is put into a network that exists, and is no card of its own.
fn put_in(graph: &Graph, node: &Node) -> Option<String> {
    if let Some((table, what)) = added(node) {
        return Some(format!("{}: {what}", short_id(table)));
    }
    if let Resource::RouteTableAssociation(it) = &node.resource {
        return Some(format!("{}: a table of its own", short_id(foreign(&it.subnet)?)));
    }
    let opens = matches!(node.resource, Resource::SecurityGroupRule(_));
    opens.then(|| format!("in tcp {} ← all of it", ports(graph)))
}
