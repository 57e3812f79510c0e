//! The graph of a plan: every node and every `after` edge. Nothing is decided here.
//!
//! The order of insertion follows the longest way first: the way to the internet, the NAT gateways, the interface endpoints.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::names;
use super::plan::{Endpoint, Gateway, Plan, Public, Table, write_nat, write_sites};
use crate::graph::{Graph, Ref};
use crate::id::{RemoteId, Zone};
use crate::resource::{
    Api, ClosedEgress, Direction, ElasticIp, EndpointPolicy, EndpointSubnet, EndpointTable,
    ExtraTags, GatewayAttachment, GatewayEndpoint, InterfaceEndpoint, InternetGateway, Kind,
    NatGateway, OfKind, Resource, Route, RouteReplacement, RouteTable, RouteTableAssociation,
    SecurityGroup, SecurityGroupRule, Subnet, Traffic, Via, Vpc, VpcDnsHostnames,
};
use crate::spec::CheckedTarget;
use crate::tags;
use crate::topology::sticky;

/// What a private egress may have: no load balancer, nothing that peers.
pub(super) const KINDS: [Kind; 19] = [
    Kind::Vpc,
    Kind::VpcDnsHostnames,
    Kind::Subnet,
    Kind::InternetGateway,
    Kind::GatewayAttachment,
    Kind::RouteTable,
    Kind::RouteTableAssociation,
    Kind::Route,
    Kind::RouteReplacement,
    Kind::SecurityGroup,
    Kind::SecurityGroupRule,
    Kind::ClosedEgress,
    Kind::InterfaceEndpoint,
    Kind::GatewayEndpoint,
    Kind::EndpointTable,
    Kind::EndpointPolicy,
    Kind::ElasticIp,
    Kind::NatGateway,
    Kind::ExtraTags,
];

/// Every address.
const ANYWHERE: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0);

/// The graph of a plan.
pub(super) fn graph(plan: &Plan<'_>) -> Graph {
    let mut build = Build {
        plan,
        graph: Graph::default(),
        members: Vec::new(),
        islands: BTreeMap::new(),
        nats: BTreeMap::new(),
        tables: BTreeMap::new(),
    };
    let ground = build.ground();
    let door = build.door(&ground);
    build.nats(&door);
    build.islands(&ground);
    build.endpoints(&ground);
    build.tables(&ground);
    build.default_routes();
    build.gateways(&ground);
    build.extra_tags();
    build.graph
}

struct Build<'a> {
    plan: &'a Plan<'a>,
    graph: Graph,
    /// What can carry tags.
    members: Vec<Ref<Resource>>,
    /// By site.
    islands: BTreeMap<&'a str, Ref<Subnet>>,
    /// By zone, each with its receipts.
    nats: BTreeMap<&'a Zone, (Ref<NatGateway>, Option<Ref<ExtraTags>>)>,
    /// By site.
    tables: BTreeMap<&'a str, Ref<RouteTable>>,
}

/// The network that everything stands in, and what names in it need to lead to endpoints.
struct Ground {
    vpc: Ref<Vpc>,
    hostnames: Option<Ref<VpcDnsHostnames>>,
}

/// In a new network: its public subnets, and what must be there before a NAT gateway.
#[derive(Default)]
struct Door<'a> {
    subnets: BTreeMap<&'a Zone, Ref<Subnet>>,
    open: Vec<Ref<Resource>>,
}

impl<'a> Build<'a> {
    fn add<K: Into<Resource> + OfKind>(&mut self, name: impl AsRef<str>, resource: K) -> Ref<K> {
        self.add_after(name, resource, &[])
    }

    fn add_after<K: Into<Resource> + OfKind>(
        &mut self,
        name: impl AsRef<str>,
        resource: K,
        after: &[&Ref<Resource>],
    ) -> Ref<K> {
        let node = self.graph.add_after(name.as_ref(), &self.plan.checked.place, resource, after);
        if K::KIND.map(Kind::facts).is_some_and(|facts| facts.taggable) {
            self.members.push(node.any());
        }
        node
    }

    fn existing<K>(&self, kind: Kind, id: &str) -> Ref<K> {
        Ref::existing(RemoteId::new(kind, self.plan.checked.place.clone(), id))
    }

    /// What of ours stands in what is not: said in tags of something of ours, before it is put there.
    fn receipts<K>(
        &mut self,
        node: &str,
        holder: &Ref<K>,
        receipts: impl Iterator<Item = (String, String)>,
    ) -> Option<Ref<ExtraTags>> {
        let tags: BTreeMap<String, String> = receipts.collect();
        if tags.is_empty() {
            return None;
        }
        let members = vec![holder.any()];
        Some(self.add(names::receipts(node), ExtraTags { members, tags, api: Api::Network }))
    }

    fn ground(&mut self) -> Ground {
        let cidr = match self.plan.checked.network {
            CheckedTarget::New { cidr } => cidr,
            CheckedTarget::Existing(network) => {
                return Ground { vpc: self.existing(Kind::Vpc, &network.vpc), hostnames: None };
            }
        };
        let vpc = self.add(names::VPC, Vpc { cidr });
        let zones = self.plan.islands.iter().map(|island| island.zone.clone()).collect();
        self.graph.keep(&vpc, sticky::write_zones(&zones));
        let hostnames = self.add("dns-hostnames", VpcDnsHostnames { vpc: vpc.clone() });
        Ground { vpc, hostnames: Some(hostnames) }
    }

    fn door(&mut self, ground: &Ground) -> Door<'a> {
        let mut door = Door::default();
        let plan = self.plan;
        let public = plan.nats.iter().filter_map(|nat| match &nat.stands_in {
            Public::New(block) => Some((&nat.zone, *block)),
            Public::Existing(_) => None,
        });
        let public: Vec<(&Zone, Ipv4Net)> = public.collect();
        if public.is_empty() {
            return door;
        }
        let vpc = &ground.vpc;
        let gateway = self.add("internet-gateway", InternetGateway {});
        let attachment = GatewayAttachment { gateway: gateway.clone(), vpc: vpc.clone() };
        let attachment = self.add("gateway-attachment", attachment);
        let table = self.add("public-table", RouteTable { vpc: vpc.clone() });
        let via = Via::Gateway(gateway);
        let route = Route { table: table.clone(), destination: ANYWHERE, via };
        let route = self.add_after("route.internet", route, &[&attachment.any()]);
        door.open = vec![attachment.any(), route.any()];
        for (zone, cidr) in public {
            let subnet = Subnet { vpc: vpc.clone(), cidr, zone: zone.clone() };
            let subnet = self.add(format!("public.{zone}"), subnet);
            let association =
                RouteTableAssociation { table: table.clone(), subnet: subnet.clone() };
            let association = self.add(format!("public-association.{zone}"), association);
            door.open.push(association.any());
            door.subnets.insert(zone, subnet);
        }
        door
    }

    /// A NAT gateway is accepted before there is a way to the internet, and then fails: it waits for that.
    fn nats(&mut self, door: &Door<'a>) {
        let plan = self.plan;
        let after: Vec<&Ref<Resource>> = door.open.iter().collect();
        for nat in &plan.nats {
            let address = match &nat.address {
                Some(id) => self.existing(Kind::ElasticIp, id),
                None => self.add(names::address(&nat.zone), ElasticIp {}),
            };
            let subnet = match &nat.stands_in {
                Public::New(_) => door.subnets[&nat.zone].clone(),
                Public::Existing(id) => self.existing(Kind::Subnet, id),
            };
            let name = names::nat(&nat.zone);
            let gateway = self.add_after(&name, NatGateway { subnet, address }, &after);
            let note = write_nat(nat);
            if !note.is_empty() {
                self.graph.keep(&gateway, note);
            }
            let served = plan.served_by(nat).filter(|table| !table.ours);
            let destination = ANYWHERE.to_string();
            let receipt = |table: &Table| {
                tags::receipt(&table.site, Some(&destination), table.was.as_deref())
            };
            let receipts = self.receipts(&name, &gateway, served.map(receipt));
            self.nats.insert(&nat.zone, (gateway, receipts));
        }
    }

    fn islands(&mut self, ground: &Ground) {
        let plan = self.plan;
        for island in &plan.islands {
            let subnet = if plan.existing.is_some() {
                self.existing(Kind::Subnet, &island.site)
            } else {
                let (vpc, zone) = (ground.vpc.clone(), island.zone.clone());
                self.add(names::island(&island.site), Subnet { vpc, cidr: island.block, zone })
            };
            self.islands.insert(&island.site, subnet);
        }
    }

    /// One group lets the whole network in, and nothing out.
    fn endpoints(&mut self, ground: &Ground) {
        let plan = self.plan;
        if plan.endpoints.is_empty() {
            return;
        }
        let description = "accel: endpoints of a private egress".to_owned();
        let group = self.add("group", SecurityGroup { vpc: ground.vpc.clone(), description });
        let closed = self.add("closed-egress", ClosedEgress { group: group.clone() });
        for endpoint in &plan.endpoints {
            self.endpoint(endpoint, ground, &group, &closed);
        }
        let ports = plan.endpoints.iter().flat_map(|endpoint| &endpoint.service.ports);
        let ports: BTreeSet<u16> = ports.copied().collect();
        for port in ports {
            for peer in plan.reaches() {
                let (direction, traffic) = (Direction::Ingress, Traffic::Tcp(port));
                let rule = SecurityGroupRule { group: group.clone(), direction, traffic, peer };
                self.add(format!("rule.{direction}.{traffic}.{peer}"), rule);
            }
        }
    }

    fn endpoint(
        &mut self,
        endpoint: &Endpoint<'a>,
        ground: &Ground,
        group: &Ref<SecurityGroup>,
        closed: &Ref<ClosedEgress>,
    ) {
        let private_dns = endpoint.service.spec.private_dns;
        let subnets = endpoint.sites.iter().map(|site| {
            let subnet = self.islands[site.as_str()].clone();
            EndpointSubnet { subnet, address: None }
        });
        let resource = InterfaceEndpoint {
            vpc: ground.vpc.clone(),
            service: endpoint.full_name.clone(),
            subnets: subnets.collect(),
            groups: vec![group.clone()],
            private_dns,
        };
        let mut after = vec![closed.any()];
        after.extend(ground.hostnames.iter().filter(|_| private_dns).map(Ref::any));
        let after: Vec<&Ref<Resource>> = after.iter().collect();
        let node = self.add_after(names::endpoint(endpoint.label), resource, &after);
        self.graph.keep(&node, write_sites(endpoint));
        self.policy(endpoint.label, &node, endpoint.policy.as_ref());
    }

    fn policy<K>(&mut self, label: &str, endpoint: &Ref<K>, policy: Option<&String>) {
        if let Some(policy) = policy.cloned() {
            self.add(names::policy(label), EndpointPolicy { endpoint: endpoint.any(), policy });
        }
    }

    /// A table of our own for each island that has none, and the others as they are.
    fn tables(&mut self, ground: &Ground) {
        let plan = self.plan;
        for table in &plan.tables {
            if !table.ours {
                let theirs = self.existing(Kind::RouteTable, &table.site);
                self.tables.insert(&table.site, theirs);
                continue;
            }
            let name = names::table(&table.site);
            let node = self.add(&name, RouteTable { vpc: ground.vpc.clone() });
            let foreign = plan.existing.iter().flat_map(|_| &table.islands);
            let receipts =
                self.receipts(&name, &node, foreign.map(|site| tags::receipt(site, None, None)));
            let after: Vec<Ref<Resource>> = receipts.iter().map(Ref::any).collect();
            for site in &table.islands {
                let subnet = self.islands[site.as_str()].clone();
                let association = RouteTableAssociation { table: node.clone(), subnet };
                let after: Vec<&Ref<Resource>> = after.iter().collect();
                self.add_after(names::association(site), association, &after);
            }
            self.tables.insert(&table.site, node);
        }
    }

    fn default_routes(&mut self) {
        let plan = self.plan;
        for table in &plan.tables {
            let Some(nat) = plan.nat_of(table) else { continue };
            let (nat, receipts) = self.nats[&nat.zone].clone();
            let after: Vec<Ref<Resource>> =
                receipts.iter().filter(|_| !table.ours).map(Ref::any).collect();
            let after: Vec<&Ref<Resource>> = after.iter().collect();
            let node = self.tables[table.site.as_str()].clone();
            let name = names::default_route(&table.site);
            let destination = ANYWHERE;
            if let Some(was) = table.was.clone() {
                self.add_after(
                    name,
                    RouteReplacement { table: node, destination, nat, was },
                    &after,
                );
            } else {
                self.add_after(
                    name,
                    Route { table: node, destination, via: Via::Nat(nat) },
                    &after,
                );
            }
        }
    }

    fn gateways(&mut self, ground: &Ground) {
        let plan = self.plan;
        for gateway in &plan.gateways {
            self.gateway(gateway, ground);
        }
    }

    fn gateway(&mut self, gateway: &'a Gateway<'a>, ground: &Ground) {
        let plan = self.plan;
        let service = gateway.full_name.clone();
        let name = names::gateway(gateway.label);
        let resource = GatewayEndpoint { vpc: ground.vpc.clone(), service: service.clone() };
        let node = self.add(&name, resource);
        self.policy(gateway.label, &node, gateway.policy.as_ref());
        let foreign = gateway.tables(plan).filter(|table| !table.ours);
        let receipts =
            self.receipts(&name, &node, foreign.map(|it| tags::receipt(&it.site, None, None)));
        let receipts: Vec<Ref<Resource>> = receipts.iter().map(Ref::any).collect();
        for table in gateway.tables(plan) {
            let after: Vec<&Ref<Resource>> = receipts.iter().filter(|_| !table.ours).collect();
            let name = names::endpoint_table(gateway.label, &table.site);
            let (endpoint, service) = (node.clone(), service.clone());
            let table = self.tables[table.site.as_str()].clone();
            self.add_after(name, EndpointTable { endpoint, table, service }, &after);
        }
    }

    /// One setting over everything that carries tags.
    fn extra_tags(&mut self) {
        let spec = self.plan.checked.spec;
        let mut extra = spec.tags.clone();
        extra.insert(tags::PROTECTED.to_owned(), spec.protected.to_string());
        let members = std::mem::take(&mut self.members);
        self.add("tags", ExtraTags { members, tags: extra, api: Api::Network });
    }
}
