//! `accel outputs`: what the clients of a lane need.

use std::collections::BTreeMap;
use std::time::Duration;

use accel_core::backend::{Bound, Phase};
use accel_core::deployer::NodeStatus;
use accel_core::topology::{LaneOutputs, Made};
use accel_core::{Clock as _, NodeName, SystemClock, Topology as _};

use crate::args::{Cloud, OtherRuns, Outputs, OutputsFormat};
use crate::cloud::Choice;
use crate::run::{Access, Session};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};
use crate::{input, render};

pub(super) fn run(args: &Outputs, terminal: &Terminal) -> Outcome<Exit> {
    let spec = input::spec(&args.spec)?;
    let mut outputs = current(&spec, &args.cloud, args.others, terminal)?;
    outputs.expires = args.valid_for.map(expiry).transpose()?;
    match args.format {
        _ if terminal.json => terminal.document(&outputs),
        OutputsFormat::Text => terminal.result(&render::outputs::text(&outputs)),
        OutputsFormat::Shell => terminal.raw(&render::outputs::shell(&outputs)),
    }
    Ok(Exit::Done)
}

/// The time so long from now.
fn expiry(valid_for: Duration) -> Outcome<String> {
    let now = Duration::from_millis(SystemClock.now_ms());
    let at = i64::try_from((now + valid_for).as_secs()).map(jiff::Timestamp::from_second);
    match at {
        Ok(Ok(at)) => Ok(at.to_string()),
        Ok(Err(_)) | Err(_) => Err(Trouble::input("this machine's clock is far off")),
    }
}

/// The outputs of what is there now.
pub(crate) fn current(
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
        Ok(of(&session, spec, &status.nodes.iter().filter_map(bound).collect()))
    })?;
    outputs.ok_or_else(|| {
        Trouble::new(Exit::WorkLeft, format!("{}: nothing can be dialled yet", spec.name))
            .next(format!("run `{}` first", choice.command("deploy", &spec.word())))
    })
}

/// From what the run has heard: nothing is asked again.
pub(super) fn of(
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
