//! A graph as people see it: the way of a connection, card by card, and the networks that it goes through.
//!
//! The text in here is raw: each picture escapes it for its own sink.

use std::collections::BTreeSet;

use accel_core::graph::{Role, To};
use accel_core::resource::{Direction, InterfaceEndpoint, Kind, LoadBalancer, Resource, Traffic};
use accel_core::{Graph, Node, NodeId, Place, Ref, Side};

use super::lines::{
    label_of, line, openings, service_name, short_id, short_name, target, targets, zone,
};

/// Blocks of clients that are named; the others are counted.
const CLIENTS_MAX: usize = 6;

/// What is shown as a part of the network that it lies in, however indirectly.
const NETWORK: [Kind; 5] =
    [Kind::Subnet, Kind::SecurityGroup, Kind::SecurityGroupRule, Kind::RouteTable, Kind::Route];

/// What a card stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Who connects.
    Clients,
    /// What they dial.
    Balancer,
    /// The way between two networks.
    Peering,
    /// The service's addresses in a network.
    Endpoint,
    /// The service itself.
    Service,
    /// What calls, inside a network.
    Islands,
    /// A way to the internet.
    Gateway,
    /// A network, with its openings and routes.
    Network,
    /// Anything that has no place in the others.
    Other,
}

/// One box of a picture.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub(super) key: String,
    pub(super) look: Look,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) lines: Vec<String>,
}

/// A place with its cards, in the order in which a connection meets them.
#[derive(Debug, Clone)]
pub(super) struct Area {
    pub(super) place: Place,
    pub(super) path: Vec<Card>,
    pub(super) networks: Vec<Card>,
}

/// From one card to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrow {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) label: String,
}

/// Everything that a picture shows.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) clients: Option<Card>,
    /// Entries first.
    pub(super) areas: Vec<Area>,
    pub(super) peering: Vec<Card>,
    pub(super) services: Vec<Card>,
    /// From a balancer straight to its endpoint; whoever draws the peering connection draws it over these.
    pub(super) arrows: Vec<Arrow>,
    /// One line about the whole.
    pub(super) caption: String,
}

/// The scene of a graph.
pub(super) fn scene(graph: &Graph) -> Scene {
    let mut scene = Scene {
        clients: None,
        areas: areas(graph),
        peering: Vec::new(),
        services: Vec::new(),
        arrows: Vec::new(),
        caption: caption(graph),
    };
    for id in graph.ids() {
        let node = graph.node(id);
        match &node.resource {
            Resource::LoadBalancer(balancer) => scene.balancer(graph, id, balancer),
            Resource::InterfaceEndpoint(endpoint) => scene.endpoint(graph, id, endpoint),
            Resource::PeeringConnection(_) => scene.peering.push(Card {
                key: key(id),
                look: Look::Peering,
                title: "VPC peering".to_owned(),
                kind: "over the AWS backbone".to_owned(),
                lines: Vec::new(),
            }),
            Resource::Vpc(vpc) => {
                let title = format!("VPC {}", vpc.cidr);
                let lines = network_lines(graph, id);
                let card =
                    card(id, Look::Network, title, "its subnets, routes and openings", lines);
                scene.area(&node.place).networks.push(card);
            }
            Resource::GatewayEndpoint(endpoint) => scene.gateway_endpoint(graph, id, endpoint),
            Resource::NatGateway(nat) => scene.nat(graph, id, nat),
            Resource::ElasticIp(_) if !in_use(graph, id) => scene.other(id, node),
            Resource::InternetGateway(_) if !attached(graph, id) => scene.other(id, node),
            // All these are lines of some card, or say nothing to people.
            Resource::Subnet(_)
            | Resource::InternetGateway(_)
            | Resource::GatewayAttachment(_)
            | Resource::RouteTable(_)
            | Resource::RouteTableAssociation(_)
            | Resource::Route(_)
            | Resource::SecurityGroup(_)
            | Resource::SecurityGroupRule(_)
            | Resource::ElasticIp(_)
            | Resource::EndpointTable(_)
            | Resource::RouteReplacement(_)
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
    callers(graph, &mut scene);
    scene.existing(graph);
    scene
}

/// Who connects, with an arrow to what they meet first: clients of a lane, or what runs in the islands.
fn callers(graph: &Graph, scene: &mut Scene) {
    scene.clients = clients(graph, scene);
    let Some(clients) = &scene.clients else { return scene.islands(graph) };
    let to = scene.areas.iter().flat_map(|area| &area.path);
    let to = to.filter(|card| card.look == Look::Balancer);
    let arrow = |card: &Card| Arrow {
        from: clients.key.clone(),
        to: card.key.clone(),
        label: ports(graph, &card.key),
    };
    let arrows: Vec<Arrow> = to.map(arrow).collect();
    scene.arrows.splice(0..0, arrows);
}

impl Scene {
    pub(super) fn area(&mut self, place: &Place) -> &mut Area {
        let found = self.areas.iter().position(|area| area.place == *place);
        &mut self.areas[found.expect("every place of the graph has an area")]
    }

    fn other(&mut self, id: NodeId, node: &Node) {
        let title = short_name(node, "");
        let card = card(id, Look::Other, title, node.kind().name(), Vec::new());
        self.area(&node.place).path.push(card);
    }

    fn balancer(&mut self, graph: &Graph, id: NodeId, balancer: &LoadBalancer) {
        let node = graph.node(id);
        let internal = if balancer.internet_facing { "" } else { "internal " };
        let kind = format!("{internal}network load balancer");
        let title = short_name(node, "balancer");
        let mut lines: Vec<String> = Vec::new();
        for subnet in &balancer.subnets {
            let address = match subnet.address.as_ref().map(Ref::to) {
                Some(To::Node(_)) => "elastic IP".to_owned(),
                Some(To::Existing(id)) => format!("EIP {}", short_id(id)),
                None if balancer.internet_facing => "public address".to_owned(),
                None => "private address".to_owned(),
            };
            lines.push(format!("{} · {address}", zone(graph, &subnet.subnet)));
        }
        for (port, group) in listeners(graph, id) {
            let targets = targets(graph, group);
            let count = targets.len();
            let other = targets.iter().find(|(_, other)| *other != port);
            let at = other.map(|(_, port)| format!(" at {port}")).unwrap_or_default();
            let noun = if count == 1 { "address" } else { "addresses" };
            lines.push(format!("port {port} → {count} {noun}{at}"));
        }
        lines.extend(settings(graph, id));
        self.area(&node.place).path.push(card(id, Look::Balancer, title, &kind, lines));
        for endpoint in endpoints_of(graph, id) {
            self.arrows.push(Arrow { from: key(id), to: key(endpoint), label: String::new() });
        }
    }

    fn endpoint(&mut self, graph: &Graph, id: NodeId, endpoint: &InterfaceEndpoint) {
        let node = graph.node(id);
        let name = service_name(&endpoint.service, node.place.region.as_str());
        let in_zone = |subnet: &accel_core::resource::EndpointSubnet| {
            let address = subnet.address.map(|address| format!(" · {address}"));
            format!("{}{}", zone(graph, &subnet.subnet), address.unwrap_or_default())
        };
        let mut lines: Vec<String> = endpoint.subnets.iter().map(in_zone).collect();
        lines.extend(settings(graph, id));
        let kind = "interface endpoint (PrivateLink)";
        let shown = card(id, Look::Endpoint, name.clone(), kind, lines);
        self.area(&node.place).path.push(shown);
        self.service(id, &name, node);
    }

    /// The service behind an endpoint.
    pub(super) fn service(&mut self, id: NodeId, name: &str, node: &Node) {
        let service = Card {
            key: format!("s{}", id.index()),
            look: Look::Service,
            title: name.to_owned(),
            kind: "the service itself".to_owned(),
            lines: vec![node.place.region.to_string()],
        };
        let label = String::new();
        self.arrows.push(Arrow { from: key(id), to: service.key.clone(), label });
        self.services.push(service);
    }
}

/// A card's key: safe in every picture's syntax.
pub(super) fn key(id: NodeId) -> String {
    format!("n{}", id.index())
}

pub(super) fn card(id: NodeId, look: Look, title: String, kind: &str, lines: Vec<String>) -> Card {
    Card { key: key(id), look, title, kind: kind.to_owned(), lines }
}

fn areas(graph: &Graph) -> Vec<Area> {
    let places: BTreeSet<&Place> = graph.nodes().iter().map(|node| &node.place).collect();
    let mut places: Vec<&Place> = places.into_iter().collect();
    places.sort_by_key(|place| (place.side == Side::Service, &place.region));
    let area = |place: &Place| Area { place: place.clone(), path: vec![], networks: vec![] };
    places.into_iter().map(area).collect()
}

fn caption(graph: &Graph) -> String {
    let settings = graph.nodes().iter().filter(|node| node.kind().facts().setting).count();
    let regions: BTreeSet<&str> =
        graph.nodes().iter().map(|node| node.place.region.as_str()).collect();
    let count =
        |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let resources = count(graph.len() - settings, "resource");
    let settings = count(settings, "setting");
    format!("{resources} and {settings} in {}", count(regions.len(), "region"))
}

/// The ports of a load balancer, each with its target group.
fn listeners(graph: &Graph, balancer: NodeId) -> Vec<(u16, NodeId)> {
    let of_balancer = |node: &Node| {
        let Resource::Listener(it) = &node.resource else { return None };
        (target(&it.balancer) == Some(balancer)).then_some((it.port, target(&it.group)?))
    };
    let mut ports: Vec<_> = graph.nodes().iter().filter_map(of_balancer).collect();
    ports.sort_unstable();
    ports
}

fn ports(graph: &Graph, balancer: &str) -> String {
    let id = graph.ids().find(|id| key(*id) == balancer);
    let ports = id.map(|id| listeners(graph, id)).unwrap_or_default();
    ports.iter().map(|(port, _)| port.to_string()).collect::<Vec<_>>().join(", ")
}

fn endpoints_of(graph: &Graph, balancer: NodeId) -> BTreeSet<NodeId> {
    let groups: BTreeSet<NodeId> =
        listeners(graph, balancer).into_iter().map(|(_, group)| group).collect();
    let endpoint = |node: &Node| {
        let Resource::Target(it) = &node.resource else { return None };
        target(&it.group).filter(|group| groups.contains(group))?;
        target(&it.endpoint)
    };
    graph.nodes().iter().filter_map(endpoint).collect()
}

/// What a card's own settings, and those of its ports, say; each thing once.
pub(super) fn settings(graph: &Graph, id: NodeId) -> Vec<String> {
    let listeners = graph.ids().filter(|other| {
        let Resource::Listener(it) = &graph.node(*other).resource else { return false };
        target(&it.balancer) == Some(id)
    });
    let groups = self::listeners(graph, id).into_iter().map(|(_, group)| group);
    let parents: BTreeSet<NodeId> = listeners.chain(groups).chain([id]).collect();
    let of_parent =
        |node: &&Node| node.resource.parent().is_some_and(|parent| parents.contains(&parent));
    let said: BTreeSet<String> = graph.nodes().iter().filter(of_parent).filter_map(line).collect();
    said.into_iter().collect()
}

/// Everything that lies in a VPC and is no card of its own, one line each.
fn network_lines(graph: &Graph, vpc: NodeId) -> Vec<String> {
    let mut inside: BTreeSet<NodeId> = BTreeSet::from([vpc]);
    for id in graph.ids() {
        let node = graph.node(id);
        if NETWORK.contains(&node.kind())
            && node.edges().iter().any(|edge| edge.role == Role::Holds && inside.contains(&edge.to))
        {
            inside.insert(id);
        }
    }
    let nodes: Vec<&Node> = inside.into_iter().map(|id| graph.node(id)).collect();
    let mut lines: Vec<String> = Vec::new();
    for said in nodes.iter().copied().filter_map(line) {
        // Each zone's table says the same.
        if !lines.contains(&said) {
            lines.push(said);
        }
    }
    lines.extend(openings(nodes.into_iter()));
    lines
}

/// Whether a load balancer or a NAT gateway of the graph has the address.
fn in_use(graph: &Graph, address: NodeId) -> bool {
    graph.nodes().iter().any(|node| {
        if let Resource::NatGateway(it) = &node.resource {
            return target(&it.address) == Some(address);
        }
        let Resource::LoadBalancer(it) = &node.resource else { return false };
        let mut addresses = it.subnets.iter().filter_map(|subnet| subnet.address.as_ref());
        addresses.any(|other| target(other) == Some(address))
    })
}

/// Whether a VPC of the graph has the gateway.
fn attached(graph: &Graph, gateway: NodeId) -> bool {
    graph.nodes().iter().any(|node| {
        let Resource::GatewayAttachment(it) = &node.resource else { return false };
        target(&it.gateway) == Some(gateway)
    })
}

/// Who may connect: the sources of what opens the groups of internet-facing load balancers.
fn clients(graph: &Graph, scene: &Scene) -> Option<Card> {
    let balancers = graph.nodes().iter().filter_map(|node| {
        let Resource::LoadBalancer(it) = &node.resource else { return None };
        it.internet_facing.then_some(it)
    });
    let groups: BTreeSet<NodeId> =
        balancers.flat_map(|it| it.groups.iter().filter_map(target)).collect();
    let mut blocks: Vec<(String, Option<&str>)> = Vec::new();
    for node in graph.nodes() {
        let Resource::SecurityGroupRule(rule) = &node.resource else { continue };
        let guards = target(&rule.group).is_some_and(|group| groups.contains(&group));
        let opens = matches!(rule.traffic, Traffic::Tcp(_) | Traffic::All);
        if guards && opens && rule.direction == Direction::Ingress {
            let block = (rule.peer.to_string(), label_of(graph, node));
            if !blocks.contains(&block) {
                blocks.push(block);
            }
        }
    }
    let mut dialled = scene.areas.iter().flat_map(|area| &area.path);
    if !dialled.any(|card| card.look == Look::Balancer) {
        return None;
    }
    let more = blocks.len().saturating_sub(CLIENTS_MAX);
    let mut lines: Vec<String> = Vec::new();
    for (block, label) in blocks.into_iter().take(CLIENTS_MAX) {
        lines.push(block);
        lines.extend(label.map(|label| format!("({label})")));
    }
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    if lines.is_empty() {
        lines.push("nobody yet".to_owned());
    }
    Some(Card {
        key: "clients".to_owned(),
        look: Look::Clients,
        title: "clients".to_owned(),
        kind: "outside AWS".to_owned(),
        lines,
    })
}
