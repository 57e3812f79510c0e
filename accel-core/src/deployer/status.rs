//! Status: what is there, how it differs from what was asked, and what is not ours. Changes nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Deployer;
use super::opening::survey;
use super::report::{Calls, Failure};
use crate::backend::{Difference, Phase};
use crate::engine::Stranger;
use crate::id::{DeploymentId, NodeName, Place, RemoteId};
use crate::resource::{Health, Kind};
use crate::topology::Topology;

/// One node as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Its name.
    pub node: NodeName,
    /// What it is.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// Its id, if it is there.
    pub id: Option<RemoteId>,
    /// Where it is in its life; gone if it is not there.
    pub phase: Phase,
}

/// A deployment as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Every node that is asked for.
    pub nodes: Vec<NodeStatus>,
    /// What is there of the deployment and not asked for.
    pub surplus: Vec<RemoteId>,
    /// Things in our places or inside our resources that are not ours.
    pub strangers: Vec<Stranger>,
    /// Tagged things of kinds that accel does not know.
    pub unknown: Vec<String>,
    /// What was called to find out.
    pub calls: Calls,
}

pub(super) async fn status<T: Topology>(
    deployer: &Deployer<'_>,
    topology: &T,
) -> Result<Status, Failure> {
    let (mut opened, built) = survey(deployer, topology).await?;
    let beginning = opened.foresee(deployer, built.graph)?;
    opened.driver.state = beginning.state;
    let phases = opened.driver.read_all().await?;
    let state = &opened.driver.state;
    let nodes = state.by_node.iter().zip(phases).map(|(id, (remote, phase))| {
        let item = state.item(*id);
        NodeStatus {
            node: item.name.clone(),
            kind: item.kind,
            place: item.place.clone(),
            id: remote,
            phase,
        }
    });
    let surplus = state.items.iter().filter(|item| !item.wanted() && item.live());
    Ok(Status {
        deployment: opened.driver.deployment.clone(),
        nodes: nodes.collect(),
        surplus: surplus.filter_map(|item| item.id.clone()).collect(),
        strangers: beginning.seen.strangers,
        unknown: opened.unknown.clone(),
        calls: opened.calls(),
    })
}

impl Status {
    /// Whether everything that is asked for is ready and as asked, and nothing else is there.
    pub fn as_asked(&self) -> bool {
        let fine = |node: &NodeStatus| matches!(&node.phase, Phase::Ready(ready) if ready.differs.is_empty());
        self.nodes.iter().all(fine) && self.surplus.is_empty() && self.strangers.is_empty()
    }

    /// What is there and does not answer. No deploy changes that: it is as asked all the same.
    pub fn unhealthy(&self) -> impl Iterator<Item = (&NodeName, &Health)> {
        let health = self.nodes.iter().filter_map(|node| Some((&node.node, node.phase.health()?)));
        health.filter(|(_, health)| matches!(health, Health::Unhealthy { .. }))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = self.nodes.iter().filter(|node| matches!(node.phase, Phase::Ready(_))).count();
        writeln!(f, "{}: {ready} of {} nodes ready", self.deployment, self.nodes.len())?;
        for node in &self.nodes {
            match &node.phase {
                Phase::Ready(ready) => {
                    for Difference { field, asked, is } in &ready.differs {
                        writeln!(f, "  {}: {field} is {is}, asked {asked}", node.node)?;
                    }
                }
                Phase::Pending => writeln!(f, "  {}: pending", node.node)?,
                Phase::Waiting { on } => writeln!(f, "  {}: waits for {on}", node.node)?,
                Phase::Failed { why } => writeln!(f, "  {}: failed: {why}", node.node)?,
                Phase::Deleting => writeln!(f, "  {}: being deleted", node.node)?,
                Phase::Gone => writeln!(f, "  {}: not there", node.node)?,
            }
        }
        for (node, health) in self.unhealthy() {
            writeln!(f, "  {node}: {health}")?;
        }
        for id in &self.surplus {
            writeln!(f, "  not asked for: {} {id}", id.kind)?;
        }
        for stranger in &self.strangers {
            writeln!(f, "  not ours: {} {} {}", stranger.id.kind, stranger.id, stranger.why)?;
        }
        Ok(())
    }
}
