//! What the exhaustive suites run over: each topology, in the clouds in which it can be built.

use std::fmt;
use std::time::Duration;

use accel_core::spec::{
    ExistingNetwork, ImplicitTable, Internet, PrivateEgress, SubnetTag, Subnets,
};
use accel_core::tags::Tags;
use accel_core::{AccountId, AnySpec, Place, Side};
use accel_mock::{
    Body, Cloud, GatewayAttachment, InternetGateway, Key, Route, RouteTable, RouteTableAssociation,
    Settings, Subnet, Via, Vpc, World,
};

use crate::harness::{NETWORK_BLOCK, Stage, Staged as _, jakarta};
use crate::samples::net;

/// A spec, and the cloud in which it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// The seed's lane.
    Lane,
    /// A private egress in a network of its own, with a way to the internet.
    NewNetwork,
    /// A private egress in somebody else's network: in one island's table a route is replaced, in another's one is added, and a third gets
    /// a table of its own.
    ExistingNetwork,
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lane => "lane",
            Self::NewNetwork => "new-network",
            Self::ExistingNetwork => "existing-network",
        })
    }
}

/// Longer than any cloud hides what exists.
const OLD: Duration = Duration::from_secs(600);

/// Where the networks are.
const REGION: &str = "eu-central-1";

impl Scene {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Lane, Self::NewNetwork, Self::ExistingNetwork];

    /// A stage, and the spec for it. Must be made inside a runtime whose clock is paused.
    pub async fn stage(self, settings: Settings, journal: bool) -> (Stage, AnySpec) {
        let cloud = Cloud::new(settings);
        let spec: AnySpec = match self {
            Self::Lane => jakarta().into(),
            Self::NewNetwork => new_network().into(),
            Self::ExistingNetwork => cloud.meddle(existing_network).into(),
        };
        if self == Self::ExistingNetwork {
            // It has been there for so long that every look shows it.
            tokio::time::sleep(OLD).await;
        }
        let openings = spec.openings();
        (Stage::on(cloud, &spec, openings, journal), spec)
    }
}

/// Endpoints for S3, `DynamoDB` and SQS, and one NAT gateway.
pub fn new_network() -> PrivateEgress {
    PrivateEgress { internet: Internet::One, ..PrivateEgress::new("functions", REGION) }
}

/// Makes a network that is nobody's deployment, and gives the spec that is built in it. One island has a table whose default route leads
/// to an instance, one a table that leads nowhere, and one falls back on the main table.
pub fn existing_network(world: &mut World) -> PrivateEgress {
    let mut owner = Owner::new(world);
    let vpc = owner.add(Body::Vpc(Vpc {
        cidr: net(NETWORK_BLOCK),
        dns_support: true,
        dns_hostnames: true,
    }));
    let gateway = owner.add(Body::InternetGateway(InternetGateway {}));
    owner.add(Body::GatewayAttachment(GatewayAttachment { gateway, vpc }));
    owner.add(Body::RouteTable(RouteTable { vpc, main: true }));
    let public = owner.table(vpc, Via::Gateway(gateway));
    let zones = ["a", "b"];
    let (mut islands, mut doors) = (Vec::new(), Vec::new());
    for (index, letter) in zones.iter().enumerate() {
        let island = owner.subnet(vpc, &format!("10.0.{index}.0/24"), letter, "island");
        let door = owner.subnet(vpc, &format!("10.0.{}.0/24", index + 8), letter, "public");
        owner.associate(public, door);
        islands.push(island);
        doors.push(door);
    }
    let door = owner.world.thing(doors[0]).id().to_owned();
    let instance = owner.world.add_foreign_interface(&door, "an instance that translates", true);
    let private = owner.table(vpc, Via::Foreign(instance));
    owner.associate(private, islands[0]);
    let third = owner.subnet(vpc, "10.0.2.0/24", "a", "island");
    let lonely = owner.add(Body::RouteTable(RouteTable { vpc, main: false }));
    owner.associate(lonely, third);
    let tagged = |value: &str| {
        Subnets::Tagged(SubnetTag { tag: "tier".to_owned(), value: value.to_owned() })
    };
    PrivateEgress {
        network: Some(ExistingNetwork {
            vpc: owner.world.thing(vpc).id().to_owned(),
            islands: tagged("island"),
            public: tagged("public"),
            implicit_table: ImplicitTable::Own,
            replace_default_route: true,
        }),
        policy: Some("own-account".to_owned()),
        internet: Internet::PerZone,
        ..PrivateEgress::new("functions", REGION)
    }
}

/// Whoever has made the network.
struct Owner<'w> {
    world: &'w mut World,
    account: AccountId,
    place: Place,
}

impl<'w> Owner<'w> {
    fn new(world: &'w mut World) -> Self {
        let (account, place) = ("111122223333".into(), Place::new(Side::Service, REGION));
        Self { world, account, place }
    }

    fn add(&mut self, body: Body) -> Key {
        self.add_tagged(body, Tags::new())
    }

    fn add_tagged(&mut self, body: Body, tags: Tags) -> Key {
        let id = self.world.add(&self.account, &self.place, body, tags);
        self.world.find(&id).expect("it was just made").key()
    }

    /// With a default route.
    fn table(&mut self, vpc: Key, via: Via) -> Key {
        let table = self.add(Body::RouteTable(RouteTable { vpc, main: false }));
        self.add(Body::Route(Route { table, destination: net("0.0.0.0/0"), via }));
        table
    }

    fn subnet(&mut self, vpc: Key, cidr: &str, letter: &str, tier: &str) -> Key {
        let zone = format!("{REGION}{letter}").as_str().into();
        let tags = Tags::from([("tier".to_owned(), tier.to_owned())]);
        let public_addresses = tier == "public";
        let subnet = Subnet { vpc, cidr: net(cidr), zone, public_addresses };
        self.add_tagged(Body::Subnet(subnet), tags)
    }

    fn associate(&mut self, table: Key, subnet: Key) {
        self.add(Body::RouteTableAssociation(RouteTableAssociation { table, subnet }));
    }
}
