//! What a cleanup has found and removed.

use std::collections::BTreeSet;

use accel_core::deployer::{Cleaned, CleanupReport};

use super::plan::not_ours;
use super::text::{about, count, prose};

/// The last line says whether anything is left, and where that was looked at.
pub(crate) fn cleanup(report: &CleanupReport) -> String {
    let strangers = report.strangers.iter();
    let mut lines: Vec<String> =
        strangers.map(|stranger| not_ours("  not ours, left alone: ", stranger)).collect();
    let unknown = report.unknown.iter();
    lines.extend(unknown.map(|what| prose("  of an unknown kind, left alone: ", what)));
    let regions: BTreeSet<&str> = report.places.iter().map(|place| place.region.as_str()).collect();
    let regions = Vec::from_iter(regions).join(" and ");
    let (id, took) = (&report.id, about(report.took.as_secs()));
    let kept = report.kept.iter();
    lines.extend(kept.map(|id| format!("  kept, and paid for: {} {id} in {}", id.kind, id.place)));
    lines.push(match report.outcome {
        Cleaned::NothingLeft { removed } => {
            let removed = count(removed, "thing");
            let left = if report.kept.is_empty() { "nothing" } else { "nothing else" };
            format!("{id}: {removed} removed in {took}; {left} left in {regions}")
        }
        Cleaned::NothingFound => {
            format!("{id}: nothing found in {regions}; is the name right, and the account?")
        }
    });
    lines.join("\n")
}
