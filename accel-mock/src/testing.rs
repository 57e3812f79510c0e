//! A whole lane and the simplest possible way to build and remove it: for the tests of this crate.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use accel_core::backend::{Bound, Inputs, Phase, ReadItem, Request, Scope};
use accel_core::graph::{NodeId, To};
use accel_core::resource::{
    Api, BalancerSubnet, ClosedEgress, Describe, Direction, ElasticIp, EndpointPolicy,
    EndpointSubnet, EndpointTable, ExtraTags, GatewayAttachment, GatewayEndpoint, HealthCheck,
    InterfaceEndpoint, InternetGateway, Kind, Listener, ListenerOptions, LoadBalancer,
    LoadBalancerOptions, NatGateway, PeeringAcceptance, PeeringConnection, PeeringTags, Resource,
    Route, RouteTable, RouteTableAssociation, RuleDescription, SecurityGroup, SecurityGroupRule,
    Subnet, Target, TargetGroup, TargetGroupOptions, Traffic, Via, Vpc, VpcDnsHostnames,
};
use accel_core::tags::Stamp;
use accel_core::{
    DeploymentId, ErrorKind, Fingerprint, Graph, NetworkBackend, NodeName, Owner, Place, Ref,
    RemoteId, Result, RunId, Side,
};

use crate::cloud::Cloud;
use crate::settings::Settings;

pub(crate) const POLICY: &str = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}]}"#;

pub(crate) fn entry() -> Place {
    Place::new(Side::Entry, "ap-southeast-1")
}

pub(crate) fn service() -> Place {
    Place::new(Side::Service, "ap-southeast-3")
}

/// Runs a test on a paused clock.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().expect("a runtime").block_on(test)
}

/// A lane that has every kind there is.
pub(crate) fn lane() -> Graph {
    let mut graph = Graph::default();
    let (entry, service) = (entry(), service());
    let vpc_s = graph.add("service.vpc", &service, Vpc { cidr: net("10.1.0.0/16") });
    let vpc_e = graph.add("entry.vpc", &entry, Vpc { cidr: net("10.2.0.0/16") });
    graph.add("service.dns", &service, VpcDnsHostnames { vpc: vpc_s.clone() });
    let subnet_s = subnet(&mut graph, "service.subnet", &service, &vpc_s, "10.1.0.0/20");
    let subnet_e = subnet(&mut graph, "entry.subnet", &entry, &vpc_e, "10.2.0.0/20");
    let table_s = table(&mut graph, "service", &service, &vpc_s, &subnet_s);
    let table_e = table(&mut graph, "entry", &entry, &vpc_e, &subnet_e);
    let gateway = graph.add("entry.gateway", &entry, InternetGateway {});
    let attachment = GatewayAttachment { gateway: gateway.clone(), vpc: vpc_e.clone() };
    graph.add("entry.attachment", &entry, attachment);
    let peering = peering(&mut graph, &vpc_e, &vpc_s);
    for (name, place, table, destination, via) in [
        ("entry.route.out", &entry, &table_e, "0.0.0.0/0", Via::Gateway(gateway)),
        ("entry.route.lane", &entry, &table_e, "10.1.0.0/16", Via::Peering(peering.clone())),
        ("service.route.lane", &service, &table_s, "10.2.0.0/16", Via::Peering(peering)),
    ] {
        let route = Route { table: table.clone(), destination: net(destination), via };
        graph.add(name, place, route);
    }
    let group_s = group(&mut graph, "service.group", &service, &vpc_s, &["10.2.0.0/16"], &[]);
    let group_e =
        group(&mut graph, "entry.group", &entry, &vpc_e, &["203.0.113.0/24"], &["10.1.0.0/16"]);
    let endpoint = endpoint(&mut graph, &vpc_s, &subnet_s, &group_s);
    balancer(&mut graph, &vpc_e, &subnet_e, &group_e, &endpoint, &subnet_s);
    island(&mut graph, &vpc_e, &subnet_e);
    graph
}

/// A subnet that has its way out through a NAT gateway, and its way to a service through a gateway endpoint.
fn island(graph: &mut Graph, vpc: &Ref<Vpc>, public: &Ref<Subnet>) {
    let place = entry();
    let subnet = subnet(graph, "island.subnet", &place, vpc, "10.2.16.0/20");
    let table = table(graph, "island", &place, vpc, &subnet);
    let address = graph.add("island.address", &place, ElasticIp {});
    let nat = graph.add("island.nat", &place, NatGateway { subnet: public.clone(), address });
    let route = Route { table: table.clone(), destination: net("0.0.0.0/0"), via: Via::Nat(nat) };
    graph.add("island.route", &place, route);
    let service = "com.amazonaws.ap-southeast-1.s3".to_owned();
    let endpoint = GatewayEndpoint { vpc: vpc.clone(), service: service.clone() };
    let endpoint = graph.add("island.endpoint", &place, endpoint);
    let policy = EndpointPolicy { endpoint: endpoint.any(), policy: POLICY.to_owned() };
    graph.add("island.policy", &place, policy);
    graph.add("island.endpoint.table", &place, EndpointTable { endpoint, table, service });
}

pub(crate) fn net(text: &str) -> ipnet::Ipv4Net {
    text.parse().expect("a block")
}

fn subnet(graph: &mut Graph, name: &str, place: &Place, vpc: &Ref<Vpc>, cidr: &str) -> Ref<Subnet> {
    let zone = format!("{}a", place.region).as_str().into();
    graph.add(name, place, Subnet { vpc: vpc.clone(), cidr: net(cidr), zone })
}

fn table(
    graph: &mut Graph,
    name: &str,
    place: &Place,
    vpc: &Ref<Vpc>,
    subnet: &Ref<Subnet>,
) -> Ref<RouteTable> {
    let name = |part: &str| NodeName::from(format!("{name}.{part}").as_str());
    let table = graph.add(name("table"), place, RouteTable { vpc: vpc.clone() });
    let association = RouteTableAssociation { table: table.clone(), subnet: subnet.clone() };
    graph.add(name("association"), place, association);
    table
}

fn peering(graph: &mut Graph, from: &Ref<Vpc>, to: &Ref<Vpc>) -> Ref<PeeringConnection> {
    let request = PeeringConnection {
        requester: from.clone(),
        accepter: to.clone(),
        accepter_place: service(),
    };
    let peering = graph.add("peering", &entry(), request);
    graph.add("peering.tags", &service(), PeeringTags { peering: peering.clone() });
    graph.add("peering.acceptance", &service(), PeeringAcceptance { peering: peering.clone() });
    peering
}

fn group(
    graph: &mut Graph,
    name: &str,
    place: &Place,
    vpc: &Ref<Vpc>,
    ingress: &[&str],
    egress: &[&str],
) -> Ref<SecurityGroup> {
    let part = |part: &str| NodeName::from(format!("{name}.{part}").as_str());
    let group = graph.add(
        name,
        place,
        SecurityGroup { vpc: vpc.clone(), description: "a lane".to_owned() },
    );
    graph.add(part("closed"), place, ClosedEgress { group: group.clone() });
    let ingress = ingress.iter().map(|peer| (Direction::Ingress, peer));
    let egress = egress.iter().map(|peer| (Direction::Egress, peer));
    for (direction, peer) in ingress.chain(egress) {
        let rule = SecurityGroupRule {
            group: group.clone(),
            direction,
            traffic: Traffic::Tcp(443),
            peer: net(peer),
        };
        let rule = graph.add(part(&direction.to_string()), place, rule);
        let description = RuleDescription { rule, description: "clients".to_owned() };
        graph.add(part(&format!("{direction}.text")), place, description);
    }
    group
}

fn endpoint(
    graph: &mut Graph,
    vpc: &Ref<Vpc>,
    subnet: &Ref<Subnet>,
    group: &Ref<SecurityGroup>,
) -> Ref<InterfaceEndpoint> {
    let place = service();
    let endpoint = InterfaceEndpoint {
        vpc: vpc.clone(),
        service: "com.amazonaws.ap-southeast-3.sagemaker.runtime".to_owned(),
        subnets: vec![EndpointSubnet {
            subnet: subnet.clone(),
            address: Some([10, 1, 0, 10].into()),
        }],
        groups: vec![group.clone()],
        private_dns: false,
    };
    let endpoint = graph.add("service.endpoint", &place, endpoint);
    let policy = EndpointPolicy { endpoint: endpoint.any(), policy: POLICY.to_owned() };
    graph.add("service.policy", &place, policy);
    let tags = BTreeMap::from([("team".to_owned(), "speed".to_owned())]);
    let members = vec![endpoint.any(), vpc.any()];
    graph.add("service.tags", &place, ExtraTags { members, tags, api: Api::Network });
    endpoint
}

fn balancer(
    graph: &mut Graph,
    vpc: &Ref<Vpc>,
    subnet: &Ref<Subnet>,
    group: &Ref<SecurityGroup>,
    endpoint: &Ref<InterfaceEndpoint>,
    endpoint_subnet: &Ref<Subnet>,
) {
    let place = entry();
    let address = graph.add("entry.address", &place, ElasticIp {});
    let subnets = vec![BalancerSubnet { subnet: subnet.clone(), address: Some(address) }];
    let balancer = LoadBalancer { subnets, groups: vec![group.clone()], internet_facing: true };
    let balancer = graph.add("entry.balancer", &place, balancer);
    graph.add(
        "entry.balancer.options",
        &place,
        LoadBalancerOptions {
            balancer: balancer.clone(),
            deletion_protection: false,
            cross_zone: false,
        },
    );
    let targets = graph.add("entry.targets", &place, TargetGroup { vpc: vpc.clone(), port: 443 });
    let check = HealthCheck { group: targets.clone(), interval_secs: 10, healthy: 2, unhealthy: 2 };
    graph.add("entry.targets.check", &place, check);
    let options = TargetGroupOptions {
        group: targets.clone(),
        preserve_client_ip: false,
        deregistration_delay_secs: 30,
    };
    graph.add("entry.targets.options", &place, options);
    let target = Target {
        group: targets.clone(),
        endpoint: endpoint.clone(),
        subnet: endpoint_subnet.clone(),
        pin: [10, 1, 0, 10].into(),
        port: 443,
    };
    graph.add("entry.target", &place, target);
    let listener =
        graph.add("entry.listener", &place, Listener { balancer, port: 443, group: targets });
    let options = ListenerOptions { listener, idle_timeout_secs: 350 };
    graph.add("entry.listener.options", &place, options);
}

/// One deployer without any cleverness: node after node, retry after retry.
#[derive(Debug)]
pub(crate) struct Deployer {
    pub(crate) cloud: Cloud,
    pub(crate) graph: Graph,
    pub(crate) deployment: DeploymentId,
    pub(crate) bound: Vec<(NodeId, Bound)>,
    pub(crate) stamp: Stamp,
    pub(crate) attempt: u32,
    owners: Vec<Owner>,
    carried: Vec<Vec<Resource>>,
}

impl Deployer {
    pub(crate) fn new(cloud: &Cloud, name: &str, graph: Graph) -> Self {
        let deployment = DeploymentId::parse(name).expect("a name");
        let owner = |node: &accel_core::Node| Owner {
            deployment: deployment.clone(),
            node: node.name.clone(),
            fingerprint: node.fingerprint,
        };
        let owners = graph.nodes().iter().map(owner).collect();
        let carried = graph.ids().map(|id| carried_by(&graph, id)).collect();
        let stamp = Stamp {
            run: RunId::from("run-1"),
            by: "somebody".to_owned(),
            places: vec![service(), entry()],
            accounts: Vec::new(),
        };
        let cloud = cloud.clone();
        let (bound, attempt) = (Vec::new(), 0);
        Self { cloud, graph, deployment, bound, stamp, attempt, owners, carried }
    }

    pub(crate) fn id(&self, name: &str) -> NodeId {
        self.graph.find(&NodeName::from(name)).expect("a node of that name")
    }

    pub(crate) fn request(&self, id: NodeId) -> Request<'_> {
        let node = self.graph.node(id);
        Request {
            owner: &self.owners[id.index()],
            place: &node.place,
            resource: &node.resource,
            inputs: Inputs::new(&self.bound),
            carried: &self.carried[id.index()],
            stamp: &self.stamp,
            keep: None,
            attempt: self.attempt,
        }
    }

    /// The request with no more inputs than its own references: tokens and names hash them.
    pub(crate) fn inputs_of(&self, id: NodeId) -> Vec<(NodeId, Bound)> {
        let mut inputs = Vec::new();
        self.graph.node(id).resource.clone().refs(&mut |link| {
            if let To::Node(to) = *link.to {
                inputs.extend(self.bound.iter().find(|(id, _)| *id == to).cloned());
            }
        });
        inputs
    }

    pub(crate) async fn create(&self, name: &str) -> Result<RemoteId> {
        let id = self.id(name);
        let inputs = self.inputs_of(id);
        let request = Request { inputs: Inputs::new(&inputs), ..self.request(id) };
        self.cloud.create(request).await
    }

    pub(crate) async fn find(&self, name: &str) -> Result<Option<RemoteId>> {
        let id = self.id(name);
        let inputs = self.inputs_of(id);
        let request = Request { inputs: Inputs::new(&inputs), ..self.request(id) };
        self.cloud.find(request).await
    }

    /// What a read with the request says.
    pub(crate) async fn read(&self, name: &str) -> Phase {
        let node = self.id(name);
        let inputs = self.inputs_of(node);
        let request = Request { inputs: Inputs::new(&inputs), ..self.request(node) };
        let id = self.remote(name);
        let items = [ReadItem { id: &id, request: Some(request) }];
        self.cloud.read(&items).await.remove(0).expect("a read that is not refused")
    }

    pub(crate) fn remote(&self, name: &str) -> RemoteId {
        let node = self.id(name);
        let bound = self.bound.iter().find(|(id, _)| *id == node);
        bound.expect("a node that exists").1.id.clone()
    }

    /// Makes nodes in order, up to and including one.
    pub(crate) async fn deploy_to(&mut self, last: &str) {
        let last = self.id(last);
        for id in self.graph.ids().take(last.index() + 1).skip(self.bound.len()) {
            let name = self.graph.node(id).name.clone();
            let id_there = loop {
                match self.create(name.as_str()).await {
                    Ok(id) => break id,
                    Err(error) if is_time(error.kind()) => pause().await,
                    Err(error) => panic!("{name}: {error}"),
                }
            };
            let item = ReadItem { id: &id_there, request: None };
            let attributes = loop {
                match self.cloud.read(&[item]).await.remove(0) {
                    Ok(Phase::Ready(ready)) => break ready.attributes,
                    Ok(_) => pause().await,
                    Err(error) => panic!("{name}: {error}"),
                }
            };
            self.bound.push((id, Bound { id: id_there, attributes: Some(attributes) }));
        }
    }

    pub(crate) async fn deploy(&mut self) {
        let last = self.graph.nodes().last().expect("a graph with nodes").name.clone();
        self.deploy_to(last.as_str()).await;
    }

    /// Removes whatever the lists show, again and again, until they show nothing for a while.
    pub(crate) async fn clean_up(&mut self) {
        let mut empty = 0;
        for _ in 0..1000 {
            let mut found = Vec::new();
            for place in [service(), entry()] {
                let listing =
                    self.cloud.list(Scope::all(&self.deployment, &place)).await.expect("a list");
                found.extend(listing.found);
            }
            empty = if found.is_empty() { empty + 1 } else { 0 };
            if empty == 60 {
                self.bound.clear();
                return;
            }
            for thing in found {
                match self.cloud.delete(&thing.id).await {
                    Ok(()) => {}
                    Err(error) if is_time(error.kind()) => {}
                    Err(error) => panic!("{}: {error}", thing.id),
                }
            }
            pause().await;
        }
        panic!("the cleanup does not end:\n{}", crate::as_text(&self.cloud.calls()));
    }
}

fn is_time(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotYet | ErrorKind::Throttled | ErrorKind::InUse)
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

fn carried_by(graph: &Graph, parent: NodeId) -> Vec<Resource> {
    let carries = |resource: &Resource| {
        if let Resource::ExtraTags(tags) = resource {
            tags.members.iter().any(|member| *member.to() == To::Node(parent))
        } else {
            resource.carried() && resource.parent() == Some(parent)
        }
    };
    let nodes = graph.nodes().iter().map(|node| node.resource.clone());
    nodes.filter(|resource| resource.kind().facts().setting && carries(resource)).collect()
}

/// Every kind is in the sample, so every kind is tested by what uses it.
#[test]
fn the_lane_has_every_kind() {
    let graph = lane();
    // What is replaced is somebody else's: a lane of ours has none.
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::RouteReplacement) {
        assert!(graph.nodes().iter().any(|node| node.kind() == *kind), "{kind} is missing");
    }
}

/// What a refused call says: the kind of error and the provider's code.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T>) -> (ErrorKind, String) {
    let error = result.expect_err("a refusal");
    (error.kind(), error.provider_code().unwrap_or_default().to_owned())
}

impl Deployer {
    /// A cloud that hides nothing and is done at once, with the lane built up to and including one node.
    pub(crate) async fn instant(last: &str) -> Self {
        Self::with(Settings::instant(), last).await
    }

    pub(crate) async fn with(settings: Settings, last: &str) -> Self {
        let mut deployer = Self::new(&Cloud::new(settings), "lane", lane());
        if !last.is_empty() {
            deployer.deploy_to(last).await;
        }
        deployer
    }

    /// A reference to what a node has become.
    pub(crate) fn to<K>(&self, name: &str) -> Ref<K> {
        Ref::existing(self.remote(name))
    }

    /// Asks for something that is not in the lane.
    pub(crate) async fn also(
        &self,
        name: &str,
        place: &Place,
        resource: impl Into<Resource>,
    ) -> Result<RemoteId> {
        self.also_with(name, place, resource, &[]).await
    }

    pub(crate) async fn also_with(
        &self,
        name: &str,
        place: &Place,
        resource: impl Into<Resource>,
        carried: &[Resource],
    ) -> Result<RemoteId> {
        let owner = Owner {
            deployment: self.deployment.clone(),
            node: NodeName::from(name),
            fingerprint: Fingerprint::parse("0123456789abcdef").expect("sixteen digits"),
        };
        let request = Request {
            owner: &owner,
            place,
            resource: &resource.into(),
            inputs: Inputs::new(&self.bound),
            carried,
            stamp: &self.stamp,
            keep: None,
            attempt: self.attempt,
        };
        self.cloud.create(request).await
    }
}

pub(crate) async fn secs(secs: u64) {
    tokio::time::sleep(Duration::from_secs(secs)).await;
}
