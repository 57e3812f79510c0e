//! A network that somebody has and that is no deployment's: made by the cloud's own rules, and then left to stand for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use accel_core::tags::Tags;
use accel_core::{AccountId, Place, Region, Result, Zone};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::action::Caller;
use crate::cloud::Cloud;
use crate::kind::{
    Body, ElasticIp, EndpointTable, GatewayAttachment, GatewayEndpoint, InterfaceEndpoint,
    InternetGateway, NatGateway, Route, RouteTable, RouteTableAssociation, Subnet, Via, Vpc,
};
use crate::settings::{Delays, Lag, Offers};
use crate::thing::Key;
use crate::world::World;

/// The name under which a blueprint tells the table that a VPC brings along, and that serves every subnet that has no other.
pub const MAIN_TABLE: &str = "main";

/// A network of somebody's. Names are the blueprint's own; the cloud gives ids.
///
/// ```
/// use accel_core::{Place, Side};
/// use accel_mock::{Blueprint, Cloud, Settings};
///
/// let cloud = Cloud::new(Settings::instant());
/// let place = Place::new(Side::Service, "eu-central-1");
/// let premises = cloud.add_network(&Blueprint::usual(&place, 2))?;
/// assert_eq!(premises.vpc, "vpc-000001");
/// assert!(premises.subnets.contains_key("island.a"));
/// # Ok::<(), accel_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blueprint {
    /// Where it is, and with whose credentials it is made.
    pub place: Place,
    /// The VPC's block.
    pub block: Ipv4Net,
    /// Whether it resolves names at all.
    pub dns_support: bool,
    /// Whether what is in it has host names.
    pub dns_hostnames: bool,
    /// The VPC's tags.
    pub tags: Tags,
    /// Whether it has an internet gateway.
    pub gateway: bool,
    /// Its subnets, by name.
    pub subnets: BTreeMap<String, PlannedSubnet>,
    /// Its route tables, by name; [`MAIN_TABLE`] is the one that is there anyhow.
    pub tables: BTreeMap<String, PlannedTable>,
    /// Its NAT gateways, by name: the subnet of each. Each gets an elastic IP.
    pub nats: BTreeMap<String, String>,
    /// Its endpoints, by name.
    pub endpoints: BTreeMap<String, PlannedEndpoint>,
}

/// One subnet of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSubnet {
    /// Its zone.
    pub zone: Zone,
    /// Its block.
    pub block: Ipv4Net,
    /// The table that is associated with it; without one, the main one serves it.
    pub table: Option<String>,
    /// Whether what starts in it gets a public address.
    pub public_addresses: bool,
    /// Its tags.
    pub tags: Tags,
    /// How many network interfaces of somebody's are in it: functions, machines.
    pub interfaces: u32,
}

/// One route table of a blueprint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTable {
    /// Its routes, but for the one to the network itself.
    pub routes: BTreeMap<Ipv4Net, Leads>,
    /// Its tags.
    pub tags: Tags,
}

/// Where a route of a blueprint leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leads {
    /// To the internet gateway.
    Internet,
    /// To a NAT gateway of the blueprint.
    Nat(String),
    /// To a machine of somebody's in this subnet of the blueprint, which translates addresses.
    Instance(String),
    /// To something that accel does not know, by its id.
    Foreign(String),
}

/// One endpoint of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedEndpoint {
    /// The service's full name.
    pub service: String,
    /// Where it has an address. With none it is a gateway endpoint.
    pub subnets: BTreeSet<String>,
    /// Of a gateway endpoint, the tables that lead to it.
    pub tables: BTreeSet<String>,
    /// Whether the service's own names lead to it.
    pub private_dns: bool,
}

/// The provider's ids of what a blueprint has become, by its names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Premises {
    /// The VPC.
    pub vpc: String,
    /// The internet gateway, if there is one.
    pub gateway: Option<String>,
    /// The subnets.
    pub subnets: BTreeMap<String, String>,
    /// The route tables, the main one included.
    pub tables: BTreeMap<String, String>,
    /// The NAT gateways.
    pub nats: BTreeMap<String, String>,
    /// The endpoints.
    pub endpoints: BTreeMap<String, String>,
}

impl Blueprint {
    /// What many have: per zone a public subnet and an island in which a function runs, an internet gateway, a table for all public
    /// subnets, and one per island that leads nowhere. Subnets are named `public.a` and `island.a` by their zones' letters, tables `public`
    /// and `island.a`; a tag `tier` says the same.
    ///
    /// # Panics
    /// If the region has fewer zones, or more than eight are asked for.
    pub fn usual(place: &Place, zones: u8) -> Self {
        let known = Offers::default().zones_of(&place.region);
        assert!(zones <= 8, "a /16 has room for eight such zones");
        let mut blueprint = Self {
            place: place.clone(),
            block: block(0, 16),
            dns_support: true,
            dns_hostnames: true,
            tags: named("office"),
            gateway: true,
            subnets: BTreeMap::new(),
            tables: BTreeMap::new(),
            nats: BTreeMap::new(),
            endpoints: BTreeMap::new(),
        };
        let out = BTreeMap::from([(Ipv4Net::default(), Leads::Internet)]);
        let public = PlannedTable { routes: out, tags: named("public") };
        blueprint.tables.insert("public".to_owned(), public);
        for index in 0..zones {
            let zone = &known[usize::from(index)];
            let letter = letter(zone, &place.region);
            let (door, island) = (format!("public.{letter}"), format!("island.{letter}"));
            let mut subnet = |name: &str, third: u8, table: &str, interfaces: u32| {
                let tier = name.split('.').next().unwrap_or(name).to_owned();
                let mut tags = named(name);
                tags.insert("tier".to_owned(), tier);
                let subnet = PlannedSubnet {
                    zone: zone.clone(),
                    block: block(third, 20),
                    table: Some(table.to_owned()),
                    public_addresses: name.starts_with("public"),
                    tags,
                    interfaces,
                };
                blueprint.subnets.insert(name.to_owned(), subnet);
            };
            subnet(&door, index * 16, "public", 0);
            subnet(&island, 128 + index * 16, &island, 1);
            let table = PlannedTable { routes: BTreeMap::new(), tags: named(&island) };
            blueprint.tables.insert(island, table);
        }
        blueprint
    }
}

fn block(third: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, third, 0), prefix)
}

fn named(name: &str) -> Tags {
    Tags::from([("Name".to_owned(), name.to_owned())])
}

fn letter(zone: &Zone, region: &Region) -> char {
    zone.letter_in(region).expect("a usual zone ends in a letter")
}

impl Cloud {
    /// Makes somebody's network, and lets it stand until it is ready and everybody sees it. It is no call, and is in no log.
    ///
    /// # Errors
    /// What the cloud's rules say of the blueprint; some of it may have been made then.
    ///
    /// # Panics
    /// If the blueprint names a part that it does not have.
    pub fn add_network(&self, blueprint: &Blueprint) -> Result<Premises> {
        let account = self.accounts.of(blueprint.place.side);
        let premises = self.meddle(|world| Mason::new(world, account, blueprint).build())?;
        let wait = self.inspect(|world| {
            let Delays { nat, endpoint, vpc, subnet, .. } = world.settings().delays;
            nat.max(endpoint).max(vpc).max(subnet) + world.settings().lag.settled
        });
        self.advance(wait);
        Ok(premises)
    }
}

/// Makes one blueprint.
struct Mason<'w> {
    world: &'w mut World,
    caller: Caller,
    blueprint: &'w Blueprint,
    subnets: BTreeMap<&'w str, Key>,
    tables: BTreeMap<&'w str, Key>,
    nats: BTreeMap<&'w str, Key>,
    premises: Premises,
}

impl<'w> Mason<'w> {
    fn new(world: &'w mut World, account: &AccountId, blueprint: &'w Blueprint) -> Self {
        let region = blueprint.place.region.clone();
        Self {
            world,
            caller: Caller { account: account.clone(), region },
            blueprint,
            subnets: BTreeMap::new(),
            tables: BTreeMap::new(),
            nats: BTreeMap::new(),
            premises: Premises::default(),
        }
    }

    fn make(&mut self, body: Body, tags: Tags) -> Result<Key> {
        // What one call has made, the next one sees: nobody is in a hurry here.
        let lag = std::mem::replace(&mut self.world.settings.lag, Lag::OFF);
        let made = self.world.make(&self.caller, body, tags, None);
        self.world.settings.lag = lag;
        made
    }

    fn text(&self, key: Key) -> String {
        self.world.thing(key).id().to_owned()
    }

    fn build(mut self) -> Result<Premises> {
        let Blueprint { block, dns_support, dns_hostnames, ref tags, .. } = *self.blueprint;
        let vpc = Vpc { cidr: block, dns_hostnames, dns_support };
        let vpc = self.make(Body::Vpc(vpc), tags.clone())?;
        self.premises.vpc = self.text(vpc);
        let gateway = self.gateway(vpc)?;
        self.grounds(vpc)?;
        self.nats()?;
        self.routes(gateway)?;
        self.endpoints(vpc)?;
        Ok(self.premises)
    }

    fn gateway(&mut self, vpc: Key) -> Result<Option<Key>> {
        if !self.blueprint.gateway {
            return Ok(None);
        }
        let gateway = self.make(Body::InternetGateway(InternetGateway {}), Tags::new())?;
        let attachment = GatewayAttachment { gateway, vpc };
        self.make(Body::GatewayAttachment(attachment), Tags::new())?;
        self.premises.gateway = Some(self.text(gateway));
        Ok(Some(gateway))
    }

    /// Tables, subnets and what is in them.
    fn grounds(&mut self, vpc: Key) -> Result<()> {
        let blueprint = self.blueprint;
        let main = self.world.main_table(vpc).expect("a VPC brings its main table along");
        self.tables.insert(MAIN_TABLE, main);
        for (name, table) in &blueprint.tables {
            let key = if name == MAIN_TABLE {
                let id = self.text(main);
                self.world.tag(&id, table.tags.clone());
                main
            } else {
                self.make(Body::RouteTable(RouteTable { vpc, main: false }), table.tags.clone())?
            };
            self.tables.insert(name, key);
        }
        self.premises.tables =
            self.tables.iter().map(|(name, key)| ((*name).to_owned(), self.text(*key))).collect();
        for (name, subnet) in &blueprint.subnets {
            let body = Subnet {
                vpc,
                cidr: subnet.block,
                zone: subnet.zone.clone(),
                public_addresses: subnet.public_addresses,
            };
            let key = self.make(Body::Subnet(body), subnet.tags.clone())?;
            self.subnets.insert(name, key);
            let id = self.text(key);
            if let Some(table) = &subnet.table {
                let table = self.tables[table.as_str()];
                let association = RouteTableAssociation { table, subnet: key };
                self.make(Body::RouteTableAssociation(association), Tags::new())?;
            }
            for _ in 0..subnet.interfaces {
                self.world.add_foreign_interface(&id, "a function", false);
            }
            self.premises.subnets.insert(name.clone(), id);
        }
        Ok(())
    }

    fn nats(&mut self) -> Result<()> {
        for (name, subnet) in &self.blueprint.nats {
            let address = self.make(Body::ElasticIp(ElasticIp {}), Tags::new())?;
            let nat = NatGateway { subnet: self.subnets[subnet.as_str()], address };
            let key = self.make(Body::NatGateway(nat), Tags::new())?;
            self.premises.nats.insert(name.clone(), self.text(key));
            self.nats.insert(name, key);
        }
        Ok(())
    }

    fn routes(&mut self, gateway: Option<Key>) -> Result<()> {
        for (name, planned) in &self.blueprint.tables {
            let table = self.tables[name.as_str()];
            for (destination, leads) in &planned.routes {
                let via = match leads {
                    Leads::Internet => Via::Gateway(gateway.expect("the network has a gateway")),
                    Leads::Nat(nat) => Via::Nat(self.nats[nat.as_str()]),
                    Leads::Instance(subnet) => {
                        let what = "an instance that translates";
                        let subnet = &self.premises.subnets[subnet];
                        Via::Foreign(self.world.add_foreign_interface(subnet, what, true))
                    }
                    Leads::Foreign(id) => Via::Foreign(id.clone()),
                };
                let route = Route { table, destination: *destination, via };
                self.make(Body::Route(route), Tags::new())?;
            }
        }
        Ok(())
    }

    fn endpoints(&mut self, vpc: Key) -> Result<()> {
        for (name, planned) in &self.blueprint.endpoints {
            let PlannedEndpoint { service, subnets, tables, private_dns } = planned;
            let (service, private_dns) = (service.clone(), *private_dns);
            let key = if subnets.is_empty() {
                let endpoint = GatewayEndpoint { vpc, service, policy: None };
                let endpoint = self.make(Body::GatewayEndpoint(endpoint), Tags::new())?;
                for table in tables {
                    let table = self.tables[table.as_str()];
                    let body = Body::EndpointTable(EndpointTable { endpoint, table });
                    self.make(body, Tags::new())?;
                }
                endpoint
            } else {
                let subnets = subnets.iter().map(|it| (self.subnets[it.as_str()], None)).collect();
                let groups = self.world.default_group(vpc).into_iter().collect();
                let policy = None;
                let endpoint =
                    InterfaceEndpoint { vpc, service, subnets, groups, private_dns, policy };
                self.make(Body::InterfaceEndpoint(endpoint), Tags::new())?
            };
            self.premises.endpoints.insert(name.clone(), self.text(key));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use accel_core::NetworkBackend as _;
    use accel_core::backend::OfferQuery;

    use super::*;
    use crate::testing::{entry, run};
    use crate::{Settings, State};

    fn full() -> Blueprint {
        let mut blueprint = Blueprint::usual(&entry(), 2);
        blueprint.nats.insert("a".to_owned(), "public.a".to_owned());
        let out = BTreeMap::from([(Ipv4Net::default(), Leads::Nat("a".to_owned()))]);
        blueprint.tables.get_mut("island.a").unwrap().routes = out;
        let main = PlannedTable {
            routes: [(block(64, 20), Leads::Foreign("eni-1".to_owned()))].into(),
            tags: named("main"),
        };
        blueprint.tables.insert(MAIN_TABLE.to_owned(), main);
        let service = |short| format!("com.amazonaws.ap-southeast-1.{short}");
        let s3 = PlannedEndpoint {
            service: service("s3"),
            subnets: BTreeSet::new(),
            tables: ["island.a".to_owned()].into(),
            private_dns: false,
        };
        let sqs = PlannedEndpoint {
            service: service("sqs"),
            subnets: ["island.a".to_owned()].into(),
            tables: BTreeSet::new(),
            private_dns: true,
        };
        blueprint.endpoints = [("s3".to_owned(), s3), ("sqs".to_owned(), sqs)].into();
        blueprint
    }

    #[test]
    fn a_network_stands_as_it_was_planned() {
        run(async {
            let cloud = Cloud::new(Settings::default());
            let premises = cloud.add_network(&full()).unwrap();
            let ready =
                |world: &World| world.live().all(|thing| world.state(thing) == State::Ready);
            assert!(cloud.inspect(ready), "{}", cloud.snapshot());
            let networks = vec![(entry(), premises.vpc.clone())];
            let query = OfferQuery { places: vec![entry()], networks, ..OfferQuery::default() };
            let offer = cloud.offer(&query).await.unwrap();
            let network = offer.network(&premises.vpc).unwrap();
            assert_eq!(network.gateway, premises.gateway);
            assert_eq!(network.main_table().unwrap().id, premises.tables[MAIN_TABLE]);
            let table = network.own_table(&premises.subnets["island.a"]).unwrap();
            assert_eq!(table.route("0.0.0.0/0").unwrap().target, premises.nats["a"]);
            let to_s3 = table.routes.iter().find(|it| it.target == premises.endpoints["s3"]);
            assert!(to_s3.unwrap().destination.starts_with("pl-"));
            let sqs = network.endpoints.iter().find(|it| it.id == premises.endpoints["sqs"]);
            assert!(sqs.unwrap().private_dns);
            let island = network.subnet(&premises.subnets["island.a"]).unwrap();
            assert_eq!((island.free, island.tags["tier"].as_str()), (4091 - 2, "island"));
        });
    }

    /// Nobody's rules are bent for it.
    #[test]
    fn a_network_that_the_cloud_refuses_is_refused() {
        let mut blueprint = full();
        blueprint.subnets.get_mut("island.a").unwrap().block = block(0, 24);
        let error = Cloud::new(Settings::instant()).add_network(&blueprint).unwrap_err();
        assert_eq!(error.provider_code(), Some("InvalidSubnet.Conflict"));
    }
}
