//! A cloud for one client alone, and what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use accel_core::resource::Kind;
use accel_mock::{Body, Cloud, Delays, Lag, Quotas, Settings};
use accel_wire::{Background, Options, Server};

/// A cloud, and a server of it.
pub(crate) struct Site {
    pub(crate) cloud: Cloud,
    serving: Background,
}

/// As long as in AWS, a tenth of it by the clock: endpoint 60 s, load balancer 90 s, peering connection 3 s, and what is new is seen by
/// every look after a second.
pub(crate) fn as_long_as_in_aws() -> Settings {
    let seconds = Duration::from_secs;
    let delays = Delays { balancer_interfaces_gone: seconds(60), ..Delays::default() };
    let soon = seconds(1);
    let lag = Lag { by_id: soon, by_list: soon, settings: soon, settled: soon };
    Settings { delays, lag, speed: 10, ..done_at_once() }
}

/// For tests of what is lost, not of how long it takes.
pub(crate) fn done_at_once() -> Settings {
    let quotas = Quotas { default_vpcs: 0, ..Quotas::default() };
    Settings { quotas, log: false, delays: Delays::NONE, lag: Lag::OFF, ..Settings::default() }
}

/// How many of each kind there are.
pub(crate) type Things = BTreeMap<Kind, usize>;

pub(crate) fn in_words(things: &Things) -> String {
    if things.is_empty() {
        return "nothing".to_owned();
    }
    let each: Vec<_> = things.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    each.join(", ")
}

/// A whole lane, as both the script and Terraform make it.
const LANE: [(Kind, usize); 10] = [
    (Kind::Vpc, 2),
    (Kind::Subnet, 4),
    (Kind::InternetGateway, 1),
    (Kind::SecurityGroup, 2),
    (Kind::InterfaceEndpoint, 1),
    (Kind::PeeringConnection, 1),
    (Kind::ElasticIp, 2),
    (Kind::LoadBalancer, 1),
    (Kind::TargetGroup, 1),
    (Kind::Listener, 1),
];

impl Site {
    pub(crate) fn new(settings: Settings, faults: &str) -> Self {
        let cloud = Cloud::new(settings);
        let options = Options { faults: faults.parse().unwrap(), ..Options::default() };
        let serving = Server::new(cloud.clone(), options).unwrap().in_background().unwrap();
        Self { cloud, serving }
    }

    /// What there is, without what came with a VPC.
    pub(crate) fn things(&self) -> Things {
        let mut things = Things::new();
        self.cloud.inspect(|world| {
            let came_with_vpc = |body: &Body| {
                matches!(body, Body::RouteTable(table) if table.main)
                    || matches!(body, Body::SecurityGroup(group) if group.name == "default")
            };
            for thing in world.live().filter(|thing| !came_with_vpc(thing.body())) {
                *things.entry(thing.kind()).or_default() += 1;
            }
        });
        things
    }

    /// The ids of all that there is.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.cloud.inspect(|world| world.live().map(|thing| thing.id().to_owned()).collect())
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.things().get(&kind).copied().unwrap_or(0)
    }

    /// What there is of a lane's parts more often than a lane needs it.
    pub(crate) fn besides_a_lane(&self) -> Things {
        let things = self.things();
        let more = LANE.map(|(kind, count)| {
            let there = things.get(&kind).copied().unwrap_or(0);
            (kind, there.saturating_sub(count))
        });
        more.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    pub(crate) fn assert_has_a_lane(&self) {
        for (kind, count) in LANE {
            assert!(self.count(kind) >= count, "{kind}\n{}", self.cloud.snapshot());
        }
    }

    pub(crate) fn url(&self) -> String {
        self.serving.url()
    }

    /// How many calls a fault has struck.
    pub(crate) fn struck(&self) -> usize {
        let calls = self.serving.server().calls_after(0);
        calls.iter().filter(|call| call.fault.is_some()).count()
    }

    /// Which actions were called, each as `service Action`. There was nothing that the server does not know.
    pub(crate) fn called(&self) -> BTreeSet<String> {
        let calls = self.serving.server().calls_after(0);
        let unknown: Vec<_> = calls.iter().filter(|call| call.unknown.is_some()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        calls.into_iter().map(|call| format!("{} {}", call.service, call.action)).collect()
    }
}
