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
    lines.push(match report.outcome {
        Cleaned::NothingLeft { removed } => {
            format!(
                "{id}: {} removed in {took}; nothing left in {regions}",
                count(removed, "thing")
            )
        }
        Cleaned::NothingFound => {
            format!("{id}: nothing found in {regions}; is the name right, and the account?")
        }
    });
    lines.join("\n")
}
