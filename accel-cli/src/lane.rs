//! A lane that stands: its outputs, and the settings of its clients, from wherever the command line says.

use std::collections::BTreeMap;
use std::path::Path;

use accel_client::{Settings, SettingsError};
use accel_core::backend::{Bound, Phase};
use accel_core::deployer::NodeStatus;
use accel_core::topology::{LaneOutputs, Made};
use accel_core::{NodeName, Topology as _};

use crate::args::{Cloud, Lane, OtherRuns};
use crate::cloud::Choice;
use crate::input;
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

/// The settings, from the cloud or from a file.
pub(crate) fn settings(lane: &Lane, terminal: &Terminal) -> Outcome<Settings> {
    if let Some(file) = &lane.settings {
        return from_file(file);
    }
    let spec = lane.spec.as_deref().expect("the command line asks for a spec or settings");
    let spec = input::spec(spec)?;
    let outputs = outputs(&spec, &lane.cloud, lane.others, terminal)?;
    Settings::try_from(&outputs).map_err(|error| unusable(&spec.file, &error))
}

/// The settings of a file.
pub(crate) fn from_file(file: &Path) -> Outcome<Settings> {
    Settings::read(file).map_err(|error| unusable(&file.display().to_string(), &error))
}

/// Settings that cannot be used.
pub(crate) fn unusable(subject: &str, error: &SettingsError) -> Trouble {
    let trouble = Trouble::input(format!("{subject}: no settings of a lane"));
    let trouble = error.to_string().lines().fold(trouble, Trouble::because);
    let cause = std::error::Error::source(error);
    let trouble = cause.into_iter().fold(trouble, |all, cause| all.because(cause.to_string()));
    trouble.next("write them with `accel outputs SPEC --json > lane.json`")
}

/// The outputs of what is there now.
pub(crate) fn outputs(
    spec: &input::Spec,
    cloud: &Cloud,
    others: OtherRuns,
    terminal: &Terminal,
) -> Outcome<LaneOutputs> {
    let choice = Choice::of(cloud)?;
    let outputs = choice.run(async {
        let open = Session::open(terminal, &choice, cloud, others, &spec.name, Access::Look);
        let session = open.await?;
        let status = session.deployer().status(&spec.lane).await.map_err(|failure| {
            Trouble::failure(failure, &spec.file, &choice.command("outputs", &spec.word()))
        })?;
        Ok(outputs_of(&session, spec, &status.nodes.iter().filter_map(bound).collect()))
    })?;
    outputs.ok_or_else(|| {
        Trouble::new(Exit::WorkLeft, format!("{}: nothing can be dialled yet", spec.name))
            .next(format!("run `{}` first", choice.command("deploy", &spec.word())))
    })
}

/// From what the run has heard: nothing is asked again.
pub(crate) fn outputs_of(
    session: &Session<'_>,
    spec: &input::Spec,
    nodes: &BTreeMap<NodeName, Bound>,
) -> Option<LaneOutputs> {
    spec.lane.outputs(&Made::new(&session.cloud.offer_heard()?, nodes))
}

fn bound(node: &NodeStatus) -> Option<(NodeName, Bound)> {
    let attributes = match &node.phase {
        Phase::Ready(ready) => Some(ready.attributes.clone()),
        Phase::Pending | Phase::Waiting { .. } | Phase::Failed { .. } | Phase::Deleting => None,
        Phase::Gone => return None,
    };
    Some((node.node.clone(), Bound { id: node.id.clone()?, attributes }))
}
