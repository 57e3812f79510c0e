//! How the spec of a lane calls what may stand against it.

use crate::id::{Place, Side};
use crate::resource::Kind;
use crate::spec::Acceleration;
use crate::topology::preflight::Words;

fn region(side: Side) -> &'static str {
    match side {
        Side::Service => "service_region",
        Side::Entry => "entry_region",
    }
}

/// The field that pins a side's account.
pub(super) fn account(spec: &Acceleration, side: Side) -> &'static str {
    match side {
        Side::Service if spec.service_account.is_some() => "service_account",
        Side::Entry if spec.entry_account.is_some() => "entry_account",
        Side::Service | Side::Entry => "account",
    }
}

pub(super) fn words(account: &dyn Fn(Side) -> &'static str) -> Words<'_> {
    // Clients come in from the internet, which each of them stops.
    let guarded = &|_| Some("switch it off for the region");
    Words { region, account, ways_out: &WAYS_OUT, guarded, several: "lanes" }
}

/// What the entry makes.
const ENTRY_LIMITS: [Kind; 6] = [
    Kind::Vpc,
    Kind::InternetGateway,
    Kind::ElasticIp,
    Kind::SecurityGroup,
    Kind::LoadBalancer,
    Kind::TargetGroup,
];

/// What a lane makes in a place and a region's quotas limit.
pub(super) fn limited(place: &Place) -> Vec<(Place, Kind)> {
    let kinds = match place.side {
        Side::Service => &[Kind::Vpc, Kind::SecurityGroup][..],
        Side::Entry => &ENTRY_LIMITS,
    };
    kinds.iter().map(|kind| (place.clone(), *kind)).collect()
}

/// For each kind that people run out of: the field that asks for it, and the cheapest way out.
const WAYS_OUT: [(Kind, &str, &str); 6] = [
    (
        Kind::ElasticIp,
        "elastic_ips",
        "set elastic_ips = \"off\" (the addresses then change when a load balancer is replaced), take fewer zones, or raise the quota",
    ),
    (Kind::LoadBalancer, "services", "name fewer services, or raise the quota"),
    (Kind::TargetGroup, "services", "name fewer services or ports, or raise the quota"),
    (Kind::InterfaceEndpoint, "services", "name fewer services, or raise the quota"),
    (Kind::SecurityGroupRule, "allow", "join blocks of allow, or raise the quota"),
    (Kind::Vpc, "", "delete one that nobody uses, or raise the quota: a VPC costs nothing"),
];
