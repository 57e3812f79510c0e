//! What the cloud's offer says against a graph, before the first call that changes anything.

use crate::backend::{Guard, Offer, Quota};
use crate::error::Problem;
use crate::graph::{Graph, Node};
use crate::id::{AccountId, Place, Side};
use crate::resource::Kind;
use crate::topology::{Kept, Known, Topology};

/// How a spec calls what a cloud's offer may stand against.
pub(super) struct Words<'a> {
    /// The field that names a side's region.
    pub(super) region: fn(Side) -> &'static str,
    /// The field that pins a side's account.
    pub(super) account: &'a dyn Fn(Side) -> &'static str,
    /// For each kind that people run out of: the field that asks for it, and the cheapest way out.
    pub(super) ways_out: &'a [(Kind, &'static str, &'static str)],
    /// What to do about a guard rail that stops it; nothing where one does not. Exclusions from it are not looked at, so none of them
    /// is a way out.
    pub(super) guarded: &'a dyn Fn(Guard) -> Option<&'static str>,
    /// Several of what the spec stands for.
    pub(super) several: &'static str,
}

/// The right account in the right partition, in regions that are open and unguarded.
pub(super) fn callers_and_regions<T: Topology>(
    spec: &T,
    words: &Words<'_>,
    offer: &Offer,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for place in spec.places() {
        let field = (words.region)(place.side);
        let mut stop = |message: String| problems.push(Problem::new(field, message));
        if offer.closed_regions.contains(&place.region) {
            stop(format!(
                "{} is not enabled for the account: enable it, or choose another",
                place.region
            ));
        }
        for (_, guard) in offer.guards.iter().filter(|(guarded, _)| *guarded == place) {
            if let Some(way) = (words.guarded)(*guard) {
                stop(format!("{} is guarded: {guard}; {way}", place.region));
            }
        }
        let Some(caller) = offer.caller(place.side) else { continue };
        let partition = place.region.partition();
        if caller.partition != partition {
            stop(format!(
                "{} is in partition {partition}, but the credentials of the {} side are for {}",
                place.region, place.side, caller.partition
            ));
        }
        if let Some(pin) = spec.account(place.side).filter(|pin| **pin != caller.account) {
            problems.push(Problem::new(
                (words.account)(place.side),
                format!(
                    "is {pin}, but {} of account {} is calling",
                    caller.identity, caller.account
                ),
            ));
        }
    }
    problems
}

/// What the quotas say.
#[derive(Debug, Default)]
pub(super) struct Room {
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
}

/// Kinds whose quota is one for the whole region; that of others is per VPC or per group.
const PER_REGION: [Kind; 7] = [
    Kind::Vpc,
    Kind::InternetGateway,
    Kind::ElasticIp,
    Kind::SecurityGroup,
    Kind::LoadBalancer,
    Kind::TargetGroup,
    Kind::GatewayEndpoint,
];

/// Compares every quota with what the graph adds to its use, and counts how many such lanes would fit.
pub(super) fn quotas<T: Topology>(
    spec: &T,
    words: &Words<'_>,
    graph: &Graph,
    known: &Known<'_>,
) -> Room {
    let mut room = Room::default();
    let mut fewest: Option<(u32, String)> = None;
    for (index, quota) in known.offer.quotas.iter().enumerate() {
        let pool = Pool { spec, offer: known.offer, quota };
        let mut before = known.offer.quotas[..index].iter();
        let told_before = before.any(|other| other.kind == quota.kind && pool.holds(&other.place));
        let demand = pool.demand(graph, known.kept);
        if told_before || demand.all == 0 {
            continue;
        }
        let what = format!("{}s in {}", quota.kind, quota.place.region);
        let (limit, used) = (quota.limit, quota.used);
        let free = limit.saturating_sub(used);
        if demand.new > free {
            let (field, way) = words.way_out(quota);
            let message =
                format!("{what}: {} more needed, {free} of {limit} free; {way}", demand.new);
            room.problems.push(Problem::new(field, message));
        } else if demand.replaced > free - demand.new {
            room.notes.push(format!("{what}: the quota has no room for old and new side by side"));
        }
        let lanes = free / demand.all;
        if PER_REGION.contains(&quota.kind) && fewest.as_ref().is_none_or(|(n, _)| lanes < *n) {
            fewest = Some((lanes, what));
        }
    }
    // A run that makes a part asks for the limits of no more: they do not tell how many whole lanes fit.
    if let Some((lanes, what)) = fewest.filter(|_| known.kept.is_empty()) {
        room.notes.push(format!(
            "the quotas have room for {lanes} such {}, this one included; first to run out: {what}",
            words.several
        ));
    }
    room
}

/// How a graph uses what a quota limits.
struct Demand {
    /// In the graph.
    all: u32,
    /// In the graph, and nothing of that name exists.
    new: u32,
    /// In the graph, and only something else of that name exists.
    replaced: u32,
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// The places that one quota is about: those of one account in one region.
struct Pool<'a, T> {
    spec: &'a T,
    offer: &'a Offer,
    quota: &'a Quota,
}

impl<T: Topology> Pool<'_, T> {
    fn holds(&self, place: &Place) -> bool {
        let own = &self.quota.place;
        place == own
            || (place.region == own.region
                && self.account(place.side).is_some()
                && self.account(place.side) == self.account(own.side))
    }

    fn demand(&self, graph: &Graph, kept: &[Kept]) -> Demand {
        let kept: Vec<&Kept> = kept
            .iter()
            .filter(|kept| kept.kind == self.quota.kind && self.holds(&kept.place))
            .collect();
        let all: Vec<&Node> = graph
            .nodes()
            .iter()
            .filter(|node| node.kind() == self.quota.kind && self.holds(&node.place))
            .collect();
        let named = |node: &Node| kept.iter().any(|kept| kept.node == node.name);
        let same = |node: &Node| {
            kept.iter().any(|k| k.node == node.name && k.fingerprint == node.fingerprint)
        };
        Demand {
            all: count(all.iter()),
            new: count(all.iter().filter(|node| !named(node))),
            replaced: count(all.iter().filter(|node| named(node) && !same(node))),
        }
    }

    fn account(&self, side: Side) -> Option<&AccountId> {
        let caller = self.offer.caller(side).map(|caller| &caller.account);
        caller.or_else(|| self.spec.account(side))
    }
}

impl Words<'_> {
    /// The field that asks for what a quota limits, and the cheapest way out.
    fn way_out(&self, quota: &Quota) -> (&'static str, &'static str) {
        let known = self.ways_out.iter().find(|(kind, ..)| *kind == quota.kind);
        let (field, way) = known.map_or(("", "raise the quota"), |(_, field, way)| (*field, *way));
        (if field.is_empty() { (self.region)(quota.place.side) } else { field }, way)
    }
}
