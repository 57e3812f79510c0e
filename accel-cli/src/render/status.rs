//! What is there, and how it differs from what was asked.

use accel_core::backend::{Difference, Phase};
use accel_core::deployer::{NodeStatus, Status};
use accel_core::resource::Health;

use super::plan::not_ours;
use super::text::{count, prose};

/// One line if all is well; else one for everything that is not.
pub(crate) fn status(status: &Status) -> String {
    let ready = status.nodes.iter().filter(|node| matches!(node.phase, Phase::Ready(_))).count();
    let differing = status.nodes.iter().filter(|node| !differences(node).is_empty()).count();
    let wanted = status.nodes.len();
    let mut lines = vec![match (status.as_asked(), ready) {
        (true, _) => {
            let unhealthy = status.unhealthy().count();
            let but = match unhealthy {
                0 => String::new(),
                _ => format!("; {} not healthy", count(unhealthy, "target")),
            };
            format!("{}: as asked, {} ready{but}", status.deployment, count(wanted, "node"))
        }
        (false, 0) if status.surplus.is_empty() => format!("{}: not there", status.deployment),
        (false, _) => format!(
            "{}: not as asked; {ready} of {wanted} nodes ready, {differing} of them different",
            status.deployment
        ),
    }];
    if ready > 0 || !status.surplus.is_empty() {
        lines.extend(status.nodes.iter().flat_map(node));
    }
    let surplus = status.surplus.iter();
    lines.extend(surplus.map(|id| format!("  - not asked for: {} {id} in {}", id.kind, id.place)));
    lines.extend(status.strangers.iter().map(|stranger| not_ours("  ? not ours: ", stranger)));
    lines.extend(status.unknown.iter().map(|what| prose("  ? of an unknown kind: ", what)));
    lines.join("\n")
}

fn differences(node: &NodeStatus) -> &[Difference] {
    match &node.phase {
        Phase::Ready(ready) => &ready.differs,
        Phase::Pending
        | Phase::Waiting { .. }
        | Phase::Failed { .. }
        | Phase::Deleting
        | Phase::Gone => &[],
    }
}

fn node(node: &NodeStatus) -> Vec<String> {
    let name = &node.node;
    let one = |sign: char, what: String| vec![prose(&format!("  {sign} {name}: "), &what)];
    let answers = |health: &Health| match health {
        Health::Healthy => Vec::new(),
        Health::Initial | Health::Unknown => one('.', health.to_string()),
        Health::Unhealthy { .. } => {
            let cause = health.likely_cause().unwrap_or_default();
            one('!', format!("{health} ({cause})"))
        }
    };
    match &node.phase {
        Phase::Ready(ready) => {
            let differs = ready.differs.iter().map(|Difference { field, asked, is }| {
                prose(&format!("  ! {name}: "), &format!("{field} is {is}, asked {asked}"))
            });
            let warning = ready.warning.iter();
            let warning = warning.map(|what| prose(&format!("  ! {name}: "), what));
            differs.chain(warning).chain(ready.health.iter().flat_map(answers)).collect()
        }
        Phase::Pending => one('.', "being made".to_owned()),
        Phase::Waiting { on } => one('!', format!("waits for {on}")),
        Phase::Failed { why } => one('!', format!("failed: {why}")),
        Phase::Deleting => one('~', "being deleted".to_owned()),
        Phase::Gone => one('+', "not there".to_owned()),
    }
}
