//! From what a user wants to what should exist: a pure function, checked against what the cloud offers.
//!
//! A topology reads no clock, no environment and no cloud. Everything that it may depend on comes in through [`Known`], so that the same
//! spec, offer and history give the same graph on every machine.

mod acceleration;
mod policy;
mod preflight;
mod private_egress;
mod sticky;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::backend::{Bound, Network, Offer, OfferQuery};
use crate::error::Problem;
use crate::graph::Graph;
use crate::id::{AccountId, DeploymentId, Fingerprint, NodeName, Place, RemoteId, Side};
use crate::resource::{Attributes, Kind};
use crate::spec::Day;

pub use acceleration::{LANE_OUTPUTS_SCHEMA, LaneEntry, LaneOutputs, ZoneAddress};

pub use policy::default_endpoint_policy;
pub use private_egress::{
    EGRESS_OUTPUTS_SCHEMA, EgressAddress, EgressIsland, EgressOutputs, EgressPath, EgressRoute,
};

/// What can be deployed: a spec that knows the graph it stands for.
///
/// # Contract
/// * No method panics, whatever the spec holds.
/// * [`build`](Self::build) is a function of the spec and of [`Known`], and of nothing else.
/// * **What exists stays.** A choice that the cloud's offer influences (a zone, an address) is noted with [`Graph::keep`] and comes back
///   through [`Known::kept`]: an offer that grows must not change a node that exists.
/// * Names and content of nodes derive from the spec's own names, never from positions in a list.
/// * In no order that the edges allow is anything open, at any moment, to more than the spec says.
pub trait Topology: fmt::Debug + Send + Sync {
    /// What users of the deployment need to know, once it is there.
    type Outputs: Serialize + Clone + fmt::Debug + Send;

    /// The deployment's name, or why the one in the spec is none.
    fn deployment(&self) -> Result<DeploymentId, Problem>;

    /// Everywhere that the deployment may have something.
    fn places(&self) -> Vec<Place>;

    /// The kinds that the deployment may have in a place: a deploy looks for no others there, which saves calls. Status and cleanup look
    /// for every kind. Default: all.
    fn kinds(&self, place: &Place) -> Vec<Kind> {
        let _ = place;
        Kind::ALL.to_vec()
    }

    /// Everything that is wrong with the spec and can be told without a cloud.
    fn check(&self) -> Vec<Problem>;

    /// The account that a side is pinned to, if any.
    fn account(&self, side: Side) -> Option<&AccountId>;

    /// Whether cleanup and replacement must refuse.
    fn protected(&self) -> bool;

    /// What must be known of the cloud before a graph can be built, beside what the deployment has already.
    fn query(&self, kept: &[Kept]) -> OfferQuery;

    /// The graph, or everything that stands against it: first the spec's own problems, then those that the offer brings.
    fn build(&self, known: &Known<'_>) -> Result<Built, Vec<Problem>>;

    /// What is there for users so far, if anything.
    fn outputs(&self, made: &Made<'_>) -> Option<Self::Outputs>;

    /// The network, by the provider's id, that a look after a deploy should be held against, if there is one. Default: none.
    fn network(&self, made: &Made<'_>) -> Option<(Place, String)> {
        let _ = made;
        None
    }

    /// Whether packets and names go where they should, as far as the cloud itself can tell. Default: nothing is looked at.
    fn verify(&self, made: &Made<'_>, network: &Network) -> Vec<Finding> {
        let _ = (made, network);
        Vec::new()
    }
}

/// Everything beside the spec that a graph may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What the cloud offers.
    pub offer: &'a Offer,
    /// What the deployment has already.
    pub kept: &'a [Kept],
    /// Today (UTC), if the caller has a clock: entries that have ended are left out.
    pub today: Option<Day>,
}

/// One thing that the deployment has already, from its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The node that it was made for.
    pub node: NodeName,
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
    /// What was asked for it.
    pub fingerprint: Fingerprint,
    /// The note that the topology gave it.
    pub note: Option<String>,
}

/// A graph, and what people should read before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// What should exist.
    pub graph: Graph,
    /// What it opens, what it refuses, what was not checked: one line each, for people.
    pub notes: Vec<String>,
}

/// One thing that was looked at after a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What should hold, in words.
    pub what: String,
    /// What does not, if it does not hold.
    pub fault: Option<String>,
}

/// What nodes have become, by name.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// What the cloud offered.
    pub offer: &'a Offer,
    nodes: &'a BTreeMap<NodeName, Bound>,
}

impl<'a> Made<'a> {
    /// The nodes that exist, as far as they are known.
    pub fn new(offer: &'a Offer, nodes: &'a BTreeMap<NodeName, Bound>) -> Self {
        Self { offer, nodes }
    }

    /// The id that a node has become, if it exists.
    pub fn id(&self, node: &str) -> Option<&'a RemoteId> {
        self.nodes.get(&NodeName::from(node)).map(|bound| &bound.id)
    }

    /// What is known of what a node has become, if it is ready.
    pub fn attributes(&self, node: &str) -> Option<&'a Attributes> {
        self.nodes.get(&NodeName::from(node))?.attributes.as_ref()
    }

    /// The nodes whose names begin so, in order, each with the rest of its name.
    pub fn starting_with<'p>(
        &self,
        prefix: &'p str,
    ) -> impl Iterator<Item = (&'a str, &'a Bound)> + use<'a, 'p> {
        self.nodes
            .range(NodeName::from(prefix)..)
            .map_while(move |(name, bound)| Some((name.as_str().strip_prefix(prefix)?, bound)))
    }
}

/// Without repetitions, in the order in which they were found: what several services or both sides say is said once.
fn each_once(problems: Vec<Problem>) -> Vec<Problem> {
    let mut said = BTreeSet::new();
    problems.into_iter().filter(|problem| said.insert(problem.clone())).collect()
}
