//! A network as it is, whoever made it: what a topology must know to build inside one, and what a check afterwards looks at.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::id::{DeploymentId, Place, Zone};
use crate::resource::Kind;
use crate::spec::Subnets;
use crate::tags::{self, Tags};

/// A VPC with what decides where packets and names in it go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Where it is.
    pub place: Place,
    /// The provider's id.
    pub id: String,
    /// Its address blocks.
    pub blocks: Vec<Ipv4Net>,
    /// Whether it resolves names at all.
    pub dns_support: bool,
    /// Whether what is in it has host names; private names of endpoints need both.
    pub dns_hostnames: bool,
    /// Its internet gateway, if one is attached.
    pub gateway: Option<String>,
    /// Its subnets, by id.
    pub subnets: Vec<NetworkSubnet>,
    /// Its route tables, by id.
    pub tables: Vec<NetworkTable>,
    /// Its endpoints that are not on their way out, by id.
    pub endpoints: Vec<NetworkEndpoint>,
    /// Its NAT gateways, by id, in whatever state they show: a route to one that is going still says what was before.
    pub nats: Vec<NetworkNat>,
}

/// One subnet of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSubnet {
    /// The provider's id.
    pub id: String,
    /// Its zone.
    pub zone: Zone,
    /// Its address block.
    pub block: Ipv4Net,
    /// How many addresses are free.
    pub free: u32,
    /// Whether what starts in it gets a public address.
    pub public_addresses: bool,
    /// Its tags.
    pub tags: Tags,
}

/// One route table of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkTable {
    /// The provider's id.
    pub id: String,
    /// Whether it serves every subnet that has no other.
    pub main: bool,
    /// The subnets that are associated with it, by id.
    pub subnets: Vec<String>,
    /// Its routes, but for those to the network itself.
    pub routes: Vec<NetworkRoute>,
    /// The deployment whose tags it carries.
    pub deployment: Option<DeploymentId>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRoute {
    /// The destination: a block, or the provider's id of a list of blocks.
    pub destination: String,
    /// The provider's id of what it leads to.
    pub target: String,
    /// Whether packets get there.
    pub active: bool,
    /// Whether what it leads to has put it there: it cannot be replaced, and it cannot be put back.
    #[serde(default)]
    pub propagated: bool,
}

/// One endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkEndpoint {
    /// The provider's id.
    pub id: String,
    /// [`Kind::InterfaceEndpoint`] or [`Kind::GatewayEndpoint`].
    pub kind: Kind,
    /// The service's full name.
    pub service: String,
    /// Whether the service's own names resolve to it here.
    pub private_dns: bool,
    /// The subnets in which it has an address, by id.
    pub subnets: Vec<String>,
    /// The tables that lead to it, by id.
    pub tables: Vec<String>,
    /// Whether it is ready.
    pub ready: bool,
    /// The deployment whose tags it carries.
    pub deployment: Option<DeploymentId>,
}

/// One NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkNat {
    /// The provider's id.
    pub id: String,
    /// The subnet in which it stands.
    pub subnet: String,
    /// Whether it is ready.
    pub ready: bool,
    /// The deployment whose tags it carries.
    pub deployment: Option<DeploymentId>,
    /// Its receipts: where something of the deployment stands in what is not, and what was there before
    /// ([`tags::receipt`](crate::tags::receipt)).
    pub receipts: BTreeMap<String, String>,
}

/// What a route led to before it was a deployment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before<'n> {
    /// There was none: its receipt says so.
    Nothing,
    /// To that.
    Was(&'n str),
    /// It has no receipt, or one that does not show yet.
    Unknown,
}

impl Network {
    /// The subnet of that id.
    pub fn subnet(&self, id: &str) -> Option<&NetworkSubnet> {
        self.subnets.iter().find(|subnet| subnet.id == id)
    }

    /// The table that is associated with a subnet, if one is.
    pub fn own_table(&self, subnet: &str) -> Option<&NetworkTable> {
        self.tables.iter().find(|table| table.subnets.iter().any(|id| id == subnet))
    }

    /// The table that serves every subnet that has no other.
    pub fn main_table(&self) -> Option<&NetworkTable> {
        self.tables.iter().find(|table| table.main)
    }

    /// The table that serves a subnet: its own, or else the main one.
    pub fn table_of(&self, subnet: &str) -> Option<&NetworkTable> {
        self.own_table(subnet).or_else(|| self.main_table())
    }

    /// The subnets that a spec names, as far as they exist, by id.
    pub fn named(&self, subnets: &Subnets) -> Vec<&NetworkSubnet> {
        let is_named = |it: &&NetworkSubnet| match subnets {
            Subnets::Ids(ids) => ids.contains(&it.id),
            Subnets::Tagged(tag) => it.tags.get(&tag.tag) == Some(&tag.value),
        };
        let mut named: Vec<&NetworkSubnet> = self.subnets.iter().filter(is_named).collect();
        named.sort_by(|a, b| a.id.cmp(&b.id));
        named
    }

    /// The subnets that a table serves, those that only fall back on it included.
    pub fn served_by<'n>(
        &'n self,
        table: &'n NetworkTable,
    ) -> impl Iterator<Item = &'n NetworkSubnet> + 'n {
        let serves = |it: Option<&NetworkTable>| it.is_some_and(|it| it.id == table.id);
        self.subnets.iter().filter(move |subnet| serves(self.table_of(&subnet.id)))
    }

    /// What a route to a NAT gateway of a deployment led to before.
    pub fn before(&self, table: &str, route: &NetworkRoute) -> Before<'_> {
        let nat = self.nats.iter().find(|nat| nat.id == route.target);
        let place = tags::receipt_place(table, Some(&route.destination));
        match nat.and_then(|nat| nat.receipts.get(&place)).map(String::as_str) {
            None => Before::Unknown,
            Some(tags::NOTHING_BEFORE) => Before::Nothing,
            Some(was) => Before::Was(was),
        }
    }
}

impl NetworkTable {
    /// The route to a destination.
    pub fn route(&self, destination: &str) -> Option<&NetworkRoute> {
        self.routes.iter().find(|route| route.destination == destination)
    }
}

/// What every internet gateway's id begins with.
const INTERNET_GATEWAY: &str = "igw-";

impl NetworkRoute {
    /// Whether it leads to an internet gateway: what it serves can then be reached from the internet.
    pub fn is_public(&self) -> bool {
        self.target.starts_with(INTERNET_GATEWAY)
    }
}
