//! A deployment that stands: its outputs, from what the cloud shows.

use std::collections::BTreeMap;

use accel_core::backend::{Bound, Phase};
use accel_core::deployer::NodeStatus;
use accel_core::spec::AnyOutputs;
use accel_core::topology::Made;
use accel_core::{AnySpec, NodeName, Topology as _};

use crate::args::{Cloud, OtherRuns};
use crate::cloud::Choice;
use crate::input::Spec;
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// The outputs of what is there now.
pub(crate) fn outputs(
    spec: &Spec,
    cloud: &Cloud,
    others: OtherRuns,
    terminal: &Terminal,
) -> Outcome<AnyOutputs> {
    let choice = Choice::of(cloud)?;
    let outputs = choice.run(async {
        let open = Session::open(terminal, &choice, cloud, others, &spec.name, Access::Look);
        let session = open.await?;
        let status = session.deployer().status(&spec.topology).await.map_err(|failure| {
            Trouble::failure(failure, &spec.file, &choice.command("outputs", &spec.word()))
        })?;
        let nodes: BTreeMap<NodeName, Bound> = status.nodes.iter().filter_map(bound).collect();
        // Of a network that exists there is always something to tell, and it is not ours.
        Ok(outputs_of(&session, spec, &nodes).filter(|_| !nodes.is_empty()))
    })?;
    outputs.ok_or_else(|| {
        let what = match &spec.topology {
            AnySpec::Acceleration(_) => "nothing can be dialled yet",
            AnySpec::PrivateEgress(_) => "nothing of it is there yet",
        };
        Trouble::new(Exit::WorkLeft, format!("{}: {what}", spec.name))
            .next(format!("run `{}` first", choice.command("deploy", &spec.word())))
    })
}

/// From what the run has heard: nothing is asked again.
pub(crate) fn outputs_of(
    session: &Session<'_>,
    spec: &Spec,
    nodes: &BTreeMap<NodeName, Bound>,
) -> Option<AnyOutputs> {
    spec.topology.outputs(&Made::new(&session.cloud.offer_heard()?, nodes))
}

fn bound(node: &NodeStatus) -> Option<(NodeName, Bound)> {
    let attributes = match &node.phase {
        Phase::Ready(ready) => Some(ready.attributes.clone()),
        Phase::Pending | Phase::Waiting { .. } | Phase::Failed { .. } | Phase::Deleting => None,
        Phase::Gone => return None,
    };
    Some((node.node.clone(), Bound { id: node.id.clone()?, attributes }))
}
