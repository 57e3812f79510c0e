//! What the exhaustive suites run over: each topology, in the clouds in which it can be built.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use accel_core::spec::{
    ExistingNetwork, ImplicitTable, Internet, PrivateEgress, SubnetTag, Subnets,
};
use accel_core::{AnySpec, Place, Region, Side};
use accel_mock::{
    Blueprint, Cloud, Leads, MAIN_TABLE, PlannedEndpoint, PlannedSubnet, PlannedTable, Service,
    Settings,
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

/// Where the networks are.
const REGION: &str = "eu-central-1";

impl Scene {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Lane, Self::NewNetwork, Self::ExistingNetwork];

    /// A stage, and the spec for it. Must be made inside a runtime whose clock is paused.
    pub fn stage(self, settings: Settings, journal: bool) -> (Stage, AnySpec) {
        let cloud = Cloud::new(settings);
        let spec: AnySpec = match self {
            Self::Lane => jakarta().into(),
            Self::NewNetwork => new_network().into(),
            Self::ExistingNetwork => existing_network(&cloud).into(),
        };
        let openings = spec.openings();
        (Stage::on(cloud, &spec, openings, journal), spec)
    }
}

/// Endpoints for S3, `DynamoDB` and SQS, and one NAT gateway.
pub fn new_network() -> PrivateEgress {
    PrivateEgress { internet: Internet::One, ..PrivateEgress::new("functions", REGION) }
}

/// Makes a network that is nobody's deployment, and gives the spec that is built in it. Two islands share a table whose default route leads
/// to an instance and that leads to an endpoint of somebody's, one has a table that leads nowhere, and one falls back on the main table,
/// which leads to a machine.
fn existing_network(cloud: &Cloud) -> PrivateEgress {
    let place = Place::new(Side::Service, REGION);
    let mut blueprint = Blueprint { block: net(NETWORK_BLOCK), ..Blueprint::usual(&place, 2) };
    let out = BTreeMap::from([(net("0.0.0.0/0"), Leads::Instance("public.a".to_owned()))]);
    blueprint.tables.get_mut("island.a").expect("a usual table").routes = out;
    let island = blueprint.subnets.get_mut("island.b").expect("a usual subnet");
    island.table = None;
    let third = PlannedSubnet {
        block: net("10.0.64.0/20"),
        table: Some("island.b".to_owned()),
        ..blueprint.subnets["island.a"].clone()
    };
    blueprint.subnets.insert("island.a.2".to_owned(), third);
    let sharing =
        PlannedSubnet { block: net("10.0.96.0/20"), ..blueprint.subnets["island.a"].clone() };
    blueprint.subnets.insert("island.a.3".to_owned(), sharing);
    let routes = BTreeMap::from([(net("192.0.2.0/24"), Leads::Instance("public.a".to_owned()))]);
    blueprint
        .tables
        .insert(MAIN_TABLE.to_owned(), PlannedTable { routes, ..PlannedTable::default() });
    let theirs = PlannedEndpoint {
        service: offer_another(cloud),
        subnets: BTreeSet::new(),
        tables: ["island.a".to_owned()].into(),
        private_dns: false,
    };
    blueprint.endpoints.insert("theirs".to_owned(), theirs);
    let premises = cloud.add_network(&blueprint).expect("the cloud takes it");
    let tagged = |value: &str| {
        Subnets::Tagged(SubnetTag { tag: "tier".to_owned(), value: value.to_owned() })
    };
    PrivateEgress {
        network: Some(ExistingNetwork {
            vpc: premises.vpc,
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

/// A service with gateway endpoints that no spec asks for.
fn offer_another(cloud: &Cloud) -> String {
    let (region, name) = (Region::from(REGION), format!("com.amazonaws.{REGION}.s3express"));
    cloud.adjust(|settings| {
        let s3 = settings.offers.service(&region, &format!("com.amazonaws.{REGION}.s3"));
        let service = Service { hosts: Vec::new(), ..s3.expect("a usual service") };
        settings.offers.services.insert((region.clone(), name.clone()), service);
    });
    name
}
