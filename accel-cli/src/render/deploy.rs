//! What a deploy has made.

use accel_core::Calls;
use accel_core::deployer::Deployment;
use accel_core::spec::AnyOutputs;

use super::outputs;
use super::plan::not_ours;
use super::text::{WIDTH, prose};
use crate::data_path::DataPath;
use crate::pictures::timeline;
use crate::usable::Usable;

/// What its users need, what is worth reading, and where the time went.
pub(crate) fn deploy(
    made: &Deployment<AnyOutputs>,
    usable: &Usable,
    path: Option<&DataPath>,
) -> String {
    let mut lines: Vec<String> = made.outputs.iter().map(outputs::text).collect();
    lines.extend(made.notes.iter().map(|note| prose("note: ", note)));
    lines.extend(made.strangers.iter().map(|stranger| not_ours("not ours: ", stranger)));
    lines.extend(made.unknown.iter().map(|what| prose("of an unknown kind: ", what)));
    lines.push(timeline::text(&made.timeline, WIDTH).trim_end().to_owned());
    lines.push(format!("{}: as asked, after {}", made.id, calls(&made.calls)));
    lines.push(prose("", &usable.text(made.timeline.total)));
    lines.extend(usable.verified().text());
    lines.extend(path.map(DataPath::text));
    lines.join("\n")
}

/// What a run has called.
pub(crate) fn calls(calls: &Calls) -> String {
    format!("{calls}, {} of them to change something", calls.mutating())
}
