//! The private egress topology: islands → gateway endpoints, interface endpoints, NAT gateways → services and the internet.
//!
//! Reading order: [`plan`] takes every decision ([`existing`] those about a network that is not ours, of
//! which [`conflicts`] says what stands against them), [`nodes`] only writes them down as
//! a graph, [`verify`] holds what came of it against what was asked.

mod conflicts;
mod existing;
mod foreign;
mod names;
mod nodes;
mod notes;
mod outputs;
mod plan;
mod verify;
mod zones;

use crate::backend::{Guard, Network, OfferQuery};
use crate::error::Problem;
use crate::id::{AccountId, DeploymentId, Place, Side};
use crate::resource::Kind;
use crate::spec::{self, CheckedTarget, ElasticIps, Internet, PrivateEgress};
use crate::topology::preflight::Words;
use crate::topology::{Built, Finding, Kept, Known, Made, Topology, each_once, preflight};

pub use outputs::{
    EGRESS_OUTPUTS_SCHEMA, EgressAddress, EgressIsland, EgressOutputs, EgressPath, EgressRoute,
};

/// The destination of a default route, as clouds write it.
const INTERNET: &str = "0.0.0.0/0";

/// Everything is on one side: that of the services.
const SIDE: Side = Side::Service;

impl PrivateEgress {
    fn place(&self) -> Place {
        Place::new(SIDE, self.region.clone())
    }

    /// Calls to the internet leave through NAT gateways, and nothing comes in.
    fn guarded(&self, guard: Guard) -> Option<&'static str> {
        let stops = guard == Guard::BlockBidirectional && self.internet != Internet::None;
        stops.then_some(
            "block ingress alone, under which NAT gateways work, or switch it off for the region, or say internet = \"none\"",
        )
    }

    /// What it may make and a region's quotas limit.
    fn limited(&self) -> Vec<Kind> {
        let mut kinds = vec![Kind::SecurityGroup, Kind::GatewayEndpoint];
        if self.network.is_none() {
            kinds.push(Kind::Vpc);
        }
        if self.internet != Internet::None {
            kinds.push(Kind::InternetGateway);
            kinds.extend((self.elastic_ips == ElasticIps::Made).then_some(Kind::ElasticIp));
        }
        kinds
    }
}

/// For each kind that people run out of: the field that asks for it, and the cheapest way out.
const WAYS_OUT: [(Kind, &str, &str); 4] = [
    (
        Kind::ElasticIp,
        "elastic_ips",
        "say internet = \"one\", name addresses of your own, or raise the quota",
    ),
    (Kind::GatewayEndpoint, "services", "name fewer services, or raise the quota"),
    (
        Kind::Vpc,
        "network",
        "build in a network that exists, or raise the quota: a VPC costs nothing",
    ),
    (Kind::InternetGateway, "internet", "build in a network that has one, or raise the quota"),
];

impl Topology for PrivateEgress {
    type Outputs = EgressOutputs;

    fn deployment(&self) -> Result<DeploymentId, Problem> {
        DeploymentId::parse(&self.name).map_err(|error| Problem::new("name", error.to_string()))
    }

    fn places(&self) -> Vec<Place> {
        vec![self.place()]
    }

    fn kinds(&self, _place: &Place) -> Vec<Kind> {
        nodes::KINDS.to_vec()
    }

    fn check(&self) -> Vec<Problem> {
        spec::check_egress(self).err().unwrap_or_default()
    }

    fn account(&self, _side: Side) -> Option<&AccountId> {
        self.account.as_ref()
    }

    fn protected(&self) -> bool {
        self.protected
    }

    fn query(&self, kept: &[Kept]) -> OfferQuery {
        let place = self.place();
        let in_place = |name: &String| (place.clone(), name.clone());
        let existing = self.network.as_ref().map(|network| in_place(&network.vpc));
        let has_zones = zones::noted_zones(kept, &place)
            .is_some_and(|zones| zones.len() == usize::from(self.zones));
        let asks_zones = existing.is_none() && !has_zones;
        OfferQuery {
            places: vec![place.clone()],
            zones: asks_zones.then(|| place.clone()).into_iter().collect(),
            services: self.services.iter().map(|service| in_place(&service.name)).collect(),
            networks: existing.into_iter().collect(),
            room: self.limited().into_iter().map(|kind| (place.clone(), kind)).collect(),
        }
    }

    fn build(&self, known: &Known<'_>) -> Result<Built, Vec<Problem>> {
        let checked = spec::check_egress(self)?;
        let words = Words {
            region: |_| "region",
            account: &|_| "account",
            ways_out: &WAYS_OUT,
            guarded: &|guard| self.guarded(guard),
            several: "networks",
        };
        let mut problems = preflight::callers_and_regions(self, &words, known.offer);
        let Some(plan) = plan::plan(&checked, known, &mut problems) else {
            return Err(each_once(problems));
        };
        let graph = nodes::graph(&plan);
        let room = preflight::quotas(self, &words, &graph, known);
        problems.extend(room.problems);
        if !problems.is_empty() {
            return Err(each_once(problems));
        }
        let mut notes = notes::notes(&plan, known);
        if matches!(checked.network, CheckedTarget::New { .. }) {
            notes.extend(room.notes);
        }
        Ok(Built { graph, notes })
    }

    fn outputs(&self, made: &Made<'_>) -> Option<EgressOutputs> {
        outputs::outputs(self, made)
    }

    fn network(&self, made: &Made<'_>) -> Option<(Place, String)> {
        let own = || made.id(names::VPC).map(ToString::to_string);
        let existing = self.network.as_ref().map(|network| network.vpc.clone());
        Some((self.place(), existing.or_else(own)?))
    }

    fn verify(&self, made: &Made<'_>, network: &Network) -> Vec<Finding> {
        verify::findings(self, made, network)
    }
}
