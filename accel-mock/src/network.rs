//! What a network holds, as the offer tells it: as far as it shows.

use accel_core::DeploymentId;
use accel_core::backend::{
    Network, NetworkEndpoint, NetworkNat, NetworkRoute, NetworkSubnet, NetworkTable, OfferQuery,
};
use accel_core::resource::Kind;
use accel_core::tags::{self, Tags};
use accel_core::{Place, RemoteId};

use crate::ask::Accounts;
use crate::kind::{Body, Vpc};
use crate::sight::{Seen, Sight};
use crate::thing::{Key, State, Thing};
use crate::world::World;

impl World {
    pub(crate) fn networks(&self, query: &OfferQuery, accounts: &Accounts) -> Vec<Network> {
        let closed = &self.settings.offers.closed_regions;
        let open = query.networks.iter().filter(|(place, _)| !closed.contains(&place.region));
        let network = |(place, id): &(Place, String)| {
            let id = RemoteId::new(Kind::Vpc, place.clone(), id.as_str());
            let key = self.resolve(&id, accounts.of(place.side))?;
            let (thing, vpc) = (self.thing(key), self.vpc(key)?);
            let shown = self.look(thing, Sight::Id).is_live();
            shown.then(|| self.network(place, thing, vpc))
        };
        open.filter_map(network).collect()
    }

    fn network(&self, place: &Place, thing: &Thing, vpc: &Vpc) -> Network {
        let gateway = self.parts(thing.key, Kind::GatewayAttachment).next();
        let gateway = gateway.and_then(|it| self.attachment(it.key)).map(|it| it.gateway);
        let (interface, by_gateway) = (Kind::InterfaceEndpoint, Kind::GatewayEndpoint);
        let endpoints = self.parts(thing.key, interface).chain(self.parts(thing.key, by_gateway));
        let subnets = || self.parts(thing.key, Kind::Subnet);
        let stands_in = |nat: &&Thing| {
            let subnet = self.nat(nat.key).and_then(|nat| self.subnet(nat.subnet));
            subnet.is_some_and(|subnet| subnet.vpc == thing.key)
        };
        let nats = self.things.iter().filter(stands_in).filter(|nat| self.leaves_a_trace(nat));
        let mut network = Network {
            place: place.clone(),
            id: thing.text.to_string(),
            blocks: vec![vpc.cidr],
            dns_support: vpc.dns_support,
            dns_hostnames: vpc.dns_hostnames,
            gateway: gateway.map(|key| self.text(key)),
            subnets: subnets().filter_map(|subnet| self.network_subnet(subnet)).collect(),
            tables: self
                .parts(thing.key, Kind::RouteTable)
                .filter_map(|table| self.network_table(table))
                .collect(),
            endpoints: endpoints.filter_map(|it| self.network_endpoint(it)).collect(),
            nats: nats.filter_map(|nat| self.network_nat(nat)).collect(),
        };
        network.subnets.sort_by(|a, b| a.id.cmp(&b.id));
        network.tables.sort_by(|a, b| a.id.cmp(&b.id));
        network.endpoints.sort_by(|a, b| a.id.cmp(&b.id));
        network.nats.sort_by(|a, b| a.id.cmp(&b.id));
        network
    }

    /// What refers to a thing and looks usable.
    fn parts(&self, parent: Key, kind: Kind) -> impl Iterator<Item = &Thing> {
        let live = |part: &&Thing| self.look(part, Sight::List).is_live();
        self.children_of_kind(parent, kind).filter(live)
    }

    /// A NAT gateway is told of in any state, and some time after it is gone. Source: `DescribeNatGateways`; Delete a NAT gateway, Amazon
    /// VPC user guide (it remains visible for about an hour).
    fn leaves_a_trace(&self, nat: &Thing) -> bool {
        let gone = nat.life.gone.map(|gone| gone + self.settings.delays.nat_trace);
        match gone {
            Some(until) => self.now < until,
            None => self.look(nat, Sight::List) != Seen::Nothing,
        }
    }

    fn text(&self, key: Key) -> String {
        self.thing(key).text.to_string()
    }

    fn is_ready(&self, thing: &Thing) -> bool {
        match self.look(thing, Sight::List) {
            Seen::Nothing => false,
            Seen::Is(state) | Seen::Was(state) => state == State::Ready,
        }
    }

    fn network_subnet(&self, thing: &Thing) -> Option<NetworkSubnet> {
        let subnet = self.subnet(thing.key)?;
        Some(NetworkSubnet {
            id: thing.text.to_string(),
            zone: subnet.zone.clone(),
            block: subnet.cidr,
            free: u32::try_from(self.free_addresses(thing.key)).unwrap_or(u32::MAX),
            public_addresses: subnet.public_addresses,
            tags: thing.tags.clone(),
        })
    }

    fn network_table(&self, thing: &Thing) -> Option<NetworkTable> {
        let table = self.table(thing.key)?;
        let associated = self.parts(thing.key, Kind::RouteTableAssociation);
        let subnets = associated.filter_map(|it| self.association(it.key)).map(|it| it.subnet);
        let routes = self.parts(thing.key, Kind::Route).filter_map(|it| self.network_route(it));
        let lists = self.parts(thing.key, Kind::EndpointTable).filter_map(|it| {
            let Body::EndpointTable(table) = &it.body else { return None };
            let (destination, target) = self.list_route(table)?;
            let target = target.to_owned();
            Some(NetworkRoute { destination, target, active: true, propagated: false })
        });
        let mut subnets: Vec<String> = subnets.map(|key| self.text(key)).collect();
        let mut routes: Vec<NetworkRoute> = routes.chain(lists).collect();
        subnets.sort();
        routes.sort_by(|a, b| a.destination.cmp(&b.destination));
        Some(NetworkTable {
            id: thing.text.to_string(),
            main: table.main,
            subnets,
            routes,
            deployment: deployment(&thing.tags),
        })
    }

    fn network_route(&self, thing: &Thing) -> Option<NetworkRoute> {
        let route = self.route(thing.key)?;
        let via = self.via_seen(thing, Sight::List)?.clone();
        let seen = crate::kind::Route { via, ..route.clone() };
        Some(NetworkRoute {
            destination: route.destination.to_string(),
            target: self.target_text(&seen.via),
            active: !seen.is_black_hole(self),
            // Nothing in the simulated cloud puts routes into tables.
            propagated: false,
        })
    }

    fn network_endpoint(&self, thing: &Thing) -> Option<NetworkEndpoint> {
        let tables = self.parts(thing.key, Kind::EndpointTable).filter_map(|it| {
            let Body::EndpointTable(it) = &it.body else { return None };
            Some(self.text(it.table))
        });
        let mut tables: Vec<String> = tables.collect();
        tables.sort();
        let (service, private_dns, mut subnets) = match self.endpoint(thing.key) {
            Some(it) => {
                let subnets = it.subnets.iter().map(|(subnet, _)| self.text(*subnet));
                (it.service.clone(), it.private_dns, subnets.collect())
            }
            None => (self.gateway_endpoint(thing.key)?.service.clone(), false, Vec::new()),
        };
        subnets.sort();
        Some(NetworkEndpoint {
            id: thing.text.to_string(),
            kind: thing.kind(),
            service,
            private_dns,
            subnets,
            tables,
            ready: self.is_ready(thing),
            deployment: deployment(&thing.tags),
        })
    }

    fn network_nat(&self, thing: &Thing) -> Option<NetworkNat> {
        let nat = self.nat(thing.key)?;
        let receipts = tags::receipts(&thing.tags);
        Some(NetworkNat {
            id: thing.text.to_string(),
            subnet: self.text(nat.subnet),
            ready: self.is_ready(thing),
            deployment: deployment(&thing.tags),
            receipts: receipts.map(|(place, was)| (place.to_owned(), was.to_owned())).collect(),
        })
    }
}

/// The deployment whose tags a thing carries.
fn deployment(tags: &Tags) -> Option<DeploymentId> {
    DeploymentId::parse(tags.get(tags::DEPLOYMENT)?).ok()
}
