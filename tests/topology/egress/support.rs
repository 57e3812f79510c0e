//! An offer for a private egress, and a network that somebody has already.

use std::collections::BTreeMap;

use accel_core::backend::{
    Caller, Network, NetworkEndpoint, NetworkNat, NetworkRoute, NetworkSubnet, NetworkTable, Offer,
    Quota, ServiceOffer,
};
use accel_core::resource::Kind;
use accel_core::spec::{ExistingNetwork, Internet, PrivateEgress, Subnets};
use accel_core::tags::Tags;
use accel_core::topology::{Built, Kept, Known};
use accel_core::{AccountId, Graph, Place, Problem, Side, Topology, Zone};

use crate::support::full_name;

pub(crate) const REGION: &str = "eu-central-1";

pub(crate) fn place() -> Place {
    Place::new(Side::Service, REGION)
}

pub(crate) fn zone(letter: &str) -> Zone {
    Zone::new(format!("{REGION}{letter}"))
}

/// An offer in which everything that the spec asks for is there, in zones a to c.
pub(crate) fn offer(spec: &PrivateEgress, networks: &[Network]) -> Offer {
    let zones = ["a", "b", "c"].map(zone).to_vec();
    let service = |(place, asked): (Place, String)| ServiceOffer {
        full_name: full_name(&asked, &place),
        hosts: vec![format!("{asked}.{REGION}.amazonaws.com")],
        zones: zones.clone(),
        policy_supported: true,
        gateway: ["s3", "dynamodb"].iter().any(|name| asked.ends_with(name)),
        asked,
        place,
    };
    let caller = Caller {
        account: AccountId::from("111122223333"),
        partition: "aws".to_owned(),
        identity: "arn:aws:iam::111122223333:user/dev".to_owned(),
    };
    let quota = |kind, limit, used| Quota { place: place(), kind, limit, used };
    Offer {
        callers: vec![(Side::Service, caller)],
        services: spec.query(&[]).services.into_iter().map(service).collect(),
        zones: vec![(place(), zones.clone())],
        networks: networks.to_vec(),
        quotas: vec![quota(Kind::Vpc, 5, 1), quota(Kind::ElasticIp, 5, 0)],
        ..Offer::default()
    }
}

pub(crate) fn build_with(
    spec: &PrivateEgress,
    offer: &Offer,
    kept: &[Kept],
) -> Result<Built, Vec<Problem>> {
    spec.build(&Known { offer, kept, today: None })
}

/// In a new network.
pub(crate) fn new() -> PrivateEgress {
    PrivateEgress { internet: Internet::One, ..PrivateEgress::new("functions", REGION) }
}

/// In [`network`].
pub(crate) fn existing() -> PrivateEgress {
    let ids = |ids: [&str; 2]| Subnets::Ids(ids.map(str::to_owned).to_vec());
    PrivateEgress {
        network: Some(ExistingNetwork {
            vpc: "vpc-000001".to_owned(),
            islands: ids(["subnet-00000a", "subnet-00000b"]),
            public: ids(["subnet-00000c", "subnet-00000d"]),
            ..ExistingNetwork::default()
        }),
        policy: Some("own-account".to_owned()),
        internet: Internet::PerZone,
        ..PrivateEgress::new("functions", REGION)
    }
}

pub(crate) fn route(destination: &str, target: &str) -> NetworkRoute {
    NetworkRoute {
        destination: destination.to_owned(),
        target: target.to_owned(),
        active: true,
        propagated: false,
    }
}

pub(crate) fn table(id: &str, subnets: &[&str], routes: Vec<NetworkRoute>) -> NetworkTable {
    NetworkTable {
        id: id.to_owned(),
        main: false,
        subnets: subnets.iter().map(|id| (*id).to_owned()).collect(),
        routes,
        deployment: None,
    }
}

fn subnet(id: &str, letter: &str, block: &str, tier: &str) -> NetworkSubnet {
    NetworkSubnet {
        id: id.to_owned(),
        zone: zone(letter),
        block: block.parse().unwrap(),
        free: 200,
        public_addresses: tier == "public",
        tags: Tags::from([("tier".to_owned(), tier.to_owned())]),
    }
}

/// Islands in two zones with a table each, public subnets in the same zones that fall back on the main table.
pub(crate) fn network() -> Network {
    let mut main = table("rtb-000001", &[], vec![route("0.0.0.0/0", "igw-000001")]);
    main.main = true;
    Network {
        place: place(),
        id: "vpc-000001".to_owned(),
        blocks: vec!["10.0.0.0/16".parse().unwrap()],
        dns_support: true,
        dns_hostnames: true,
        gateway: Some("igw-000001".to_owned()),
        subnets: vec![
            subnet("subnet-00000a", "a", "10.0.0.0/24", "island"),
            subnet("subnet-00000b", "b", "10.0.1.0/24", "island"),
            subnet("subnet-00000c", "a", "10.0.2.0/24", "public"),
            subnet("subnet-00000d", "b", "10.0.3.0/24", "public"),
        ],
        tables: vec![
            main,
            table("rtb-00000a", &["subnet-00000a"], Vec::new()),
            table("rtb-00000b", &["subnet-00000b"], Vec::new()),
        ],
        endpoints: Vec::new(),
        nats: Vec::new(),
    }
}

pub(crate) fn endpoint(id: &str, kind: Kind, service: &str) -> NetworkEndpoint {
    NetworkEndpoint {
        id: id.to_owned(),
        kind,
        service: format!("com.amazonaws.{REGION}.{service}"),
        private_dns: kind == Kind::InterfaceEndpoint,
        subnets: Vec::new(),
        tables: Vec::new(),
        ready: true,
        deployment: None,
    }
}

/// A NAT gateway of the deployment, which took the place of something in a table.
pub(crate) fn our_nat(id: &str, subnet: &str, receipts: &[(&str, &str)]) -> NetworkNat {
    let receipts = receipts.iter().map(|(at, was)| ((*at).to_owned(), (*was).to_owned()));
    NetworkNat {
        id: id.to_owned(),
        subnet: subnet.to_owned(),
        ready: true,
        deployment: Some(accel_core::DeploymentId::parse("functions").unwrap()),
        receipts: receipts.collect::<BTreeMap<_, _>>(),
    }
}

pub(crate) fn graph(spec: &PrivateEgress, networks: &[Network], kept: &[Kept]) -> Graph {
    build_with(spec, &offer(spec, networks), kept).unwrap().graph
}
