//! Plan: what a deploy would do now, from one look.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Deployer;
use super::opening::{Opened, prepare};
use super::report::{Calls, Failure};
use crate::backend::Bound;
use crate::engine::{Beginning, State, Step, Stranger};
use crate::id::{DeploymentId, NodeName, Place, RemoteId};
use crate::resource::Kind;
use crate::topology::Topology;

/// What happens to one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is there, as asked.
    Keep,
    /// It is made.
    Make,
    /// A setting: its value is looked at, and set where it is not so yet.
    Set,
    /// What is there is not what is asked: a new one is made and the old one goes.
    Replace,
    /// It goes.
    Delete,
}

/// One node of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedNode {
    /// Its name.
    pub node: NodeName,
    /// What it is.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// What happens to it.
    pub change: Change,
    /// What is there now, if anything.
    pub id: Option<RemoteId>,
    /// For a replacement: whether it follows from another one.
    pub follows: bool,
    /// For a replacement: whether the old one must go before the new one can be made, so that there is an outage.
    pub outage: bool,
}

/// What a deploy would do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Every node, in the order of making; what goes comes last.
    pub nodes: Vec<PlannedNode>,
    /// What the topology wants people to read: openings, quotas, what was not checked.
    pub notes: Vec<String>,
    /// Things inside our resources that are not ours.
    pub strangers: Vec<Stranger>,
    /// A digest of all this: `deploy` can be told to refuse anything else.
    pub digest: String,
    /// How long the longest chain of the plan usually takes, in seconds.
    pub usual_secs: u32,
    /// What was called to find out.
    pub calls: Calls,
}

pub(super) async fn plan<T: Topology>(
    deployer: &Deployer<'_>,
    topology: &T,
) -> Result<Plan, Failure> {
    let (mut opened, built) = prepare(deployer, topology).await?;
    let beginning = opened.foresee(deployer, built.graph)?;
    let vanished = opened.driver.vanished(&beginning).await?;
    Ok(of(&opened, &beginning, &vanished, built.notes))
}

/// The plan of a run that would begin so, with what has vanished behind its back.
pub(super) fn of(
    opened: &Opened<'_>,
    beginning: &Beginning,
    vanished: &BTreeSet<NodeName>,
    notes: Vec<String>,
) -> Plan {
    let state = &beginning.state;
    let mut all = planned(state);
    for node in all.iter_mut().filter(|node| vanished.contains(&node.node)) {
        node.change = Change::Make;
        node.id = None;
    }
    let digest = digest(&opened.driver.deployment, state, &all);
    Plan {
        deployment: opened.driver.deployment.clone(),
        usual_secs: usual_secs(state, &all),
        nodes: all,
        notes,
        strangers: beginning.seen.strangers.clone(),
        digest,
        calls: opened.calls(),
    }
}

fn planned(state: &State) -> Vec<PlannedNode> {
    let doomed: Vec<_> = state.items.iter().filter(|item| !item.wanted() && item.live()).collect();
    let mut nodes = Vec::new();
    for node_id in state.graph.ids() {
        let node = state.graph.node(node_id);
        let item = state.item(state.item_of(node_id));
        let old = doomed.iter().find(|old| old.name == node.name && old.kind == node.kind());
        let facts = node.kind().facts();
        let change = match (item.step, old) {
            (Step::Exists | Step::Ready | Step::Going, _) => Change::Keep,
            (_, _) if facts.setting => Change::Set,
            // What is broken or doubled is made again as it was: that needs nobody's consent.
            (_, Some(old)) if old.fingerprint != Some(node.fingerprint) => Change::Replace,
            (_, _) => Change::Make,
        };
        let follows = old.is_some_and(|old| {
            doomed.iter().any(|other| {
                let id = other.id.as_ref().expect("what is live has an id");
                old.holds(id) && state.graph.find(&other.name).is_some()
            })
        });
        let outage = old.is_some_and(|old| {
            let slots = state.slots(node_id);
            slots.iter().any(|slot| old.slots.iter().any(|held| slot.collides(held)))
                || old.slots.is_empty() && !slots.is_empty()
                || old.holds.iter().any(|held| held.kind.facts().exclusive)
        });
        let id = old.map_or_else(|| item.id.clone(), |old| old.id.clone());
        let (name, kind, place) = (node.name.clone(), node.kind(), node.place.clone());
        nodes.push(PlannedNode { node: name, kind, place, change, id, follows, outage });
    }
    for old in doomed {
        let replaced =
            nodes.iter().any(|node| node.node == old.name && node.change == Change::Replace);
        if !replaced {
            nodes.push(PlannedNode {
                node: old.name.clone(),
                kind: old.kind,
                place: old.place.clone(),
                change: Change::Delete,
                id: old.id.clone(),
                follows: false,
                outage: false,
            });
        }
    }
    nodes
}

fn digest(deployment: &DeploymentId, state: &State, nodes: &[PlannedNode]) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{deployment}\n");
    for node in nodes {
        let asked = state.graph.find(&node.node).map(|id| state.graph.node(id).fingerprint);
        let asked = asked.map(|fingerprint| fingerprint.to_string()).unwrap_or_default();
        let id = node.id.as_ref().map_or("", |id| id.as_str());
        writeln!(text, "{:?} {} {asked} {id}", node.change, node.node)
            .expect("a string takes everything");
    }
    let hash = Sha256::digest(text.as_bytes());
    let first = hash[..8].try_into().expect("a digest has 32 bytes");
    format!("{:016x}", u64::from_be_bytes(first))
}

/// The longest chain of usual times, one second for a call.
fn usual_secs(state: &State, nodes: &[PlannedNode]) -> u32 {
    let mut ends: Vec<u32> = Vec::new();
    for (id, planned) in state.graph.ids().zip(nodes) {
        let made = planned.change != Change::Keep;
        let begins = state.graph.node(id).edges().iter().map(|edge| ends[edge.to.index()]).max();
        ends.push(begins.unwrap_or_default() + u32::from(made));
    }
    let ready = |(index, planned): (usize, &PlannedNode)| {
        let usual = planned.kind.facts().ready.map_or(0, |times| times.usual_secs);
        let made = matches!(planned.change, Change::Make | Change::Replace);
        ends.get(index).copied().unwrap_or_default() + if made { usual } else { 0 }
    };
    nodes.iter().enumerate().map(ready).max().unwrap_or_default()
}

/// What the nodes of the graph have become.
pub(super) fn nodes(state: &State) -> BTreeMap<NodeName, Bound> {
    let bound = |item: &crate::engine::Item| {
        let id = item.id.clone().filter(|_| item.wanted() && item.exists())?;
        Some((item.name.clone(), Bound { id, attributes: item.attributes.clone() }))
    };
    state.items.iter().filter_map(bound).collect()
}

impl Plan {
    /// How many nodes a change touches.
    pub fn count(&self, change: Change) -> usize {
        self.nodes.iter().filter(|node| node.change == change).count()
    }

    /// Whether nothing would be made, replaced or deleted.
    pub fn is_empty(&self) -> bool {
        self.nodes.iter().all(|node| matches!(node.change, Change::Keep | Change::Set))
    }

    /// The nodes whose replacement follows from no other: each needs consent. What only holds an address of another is replaced without.
    pub fn replaced_roots(&self) -> Vec<String> {
        let needs = |node: &&PlannedNode| {
            node.change == Change::Replace
                && !node.follows
                && node.kind.facts().key_address.is_none()
        };
        self.nodes.iter().filter(needs).map(|node| node.node.to_string()).collect()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan {} of {}", self.digest, self.deployment)?;
        for node in &self.nodes {
            let sign = match node.change {
                Change::Keep => continue,
                Change::Make => "+",
                Change::Set => "=",
                Change::Replace => "!",
                Change::Delete => "-",
            };
            write!(f, "  {sign} {:<52} {}", node.node, node.kind)?;
            f.write_str(match (node.change, node.follows, node.outage) {
                (Change::Replace, true, _) => " (follows)",
                (Change::Replace, false, true) => " (the old one goes first: an outage)",
                (Change::Replace, false, false) => " (the new one comes first)",
                (Change::Keep | Change::Make | Change::Set | Change::Delete, _, _) => "",
            })?;
            writeln!(f)?;
        }
        writeln!(
            f,
            "{} to make, {} to set, {} to replace, {} to delete, {} kept; usually about {} s",
            self.count(Change::Make),
            self.count(Change::Set),
            self.count(Change::Replace),
            self.count(Change::Delete),
            self.count(Change::Keep),
            self.usual_secs
        )?;
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        for stranger in &self.strangers {
            writeln!(f, "not ours: {} {} {}", stranger.id.kind, stranger.id, stranger.why)?;
        }
        Ok(())
    }
}
