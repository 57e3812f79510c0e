//! Plans, outputs and ends as plain text.

use std::collections::BTreeSet;

use accel_core::deployer::{Change, Cleaned, CleanupReport, Plan, PlannedNode};
use accel_core::engine::Stranger;
use accel_core::resource::Kind;
use accel_core::topology::{LaneEntry, LaneOutputs};
use accel_core::{Calls, Place};

pub use crate::timeline::timeline;

/// How long a printed line may be.
pub(crate) const WIDTH: usize = 100;

/// What a deploy would do: per place what is made, each replacement and removal by name, and what the topology wants people to read.
pub fn plan(plan: &Plan) -> String {
    let mut lines = vec![headline(plan)];
    for (sign, change) in [('+', Change::Make), ('=', Change::Set)] {
        for place in places(plan) {
            let kinds = kinds(plan, change, place);
            if !kinds.is_empty() {
                let kinds = kinds.join(",\n");
                lines.push(wrap(&format!("  {sign} {place}: "), kinds.split('\n')));
            }
        }
    }
    lines.extend(plan.nodes.iter().filter_map(named));
    lines.extend(plan.notes.iter().map(|note| prose("  note: ", note)));
    lines.extend(plan.strangers.iter().map(|stranger| not_ours("  not ours: ", stranger)));
    lines.join("\n")
}

fn headline(plan: &Plan) -> String {
    let counts = [
        (Change::Make, "to make"),
        (Change::Set, "to set"),
        (Change::Replace, "to replace"),
        (Change::Delete, "to delete"),
        (Change::Keep, "kept"),
    ];
    let counts = counts.into_iter().map(|(change, what)| (plan.count(change), what));
    let some = counts.filter(|(count, _)| *count > 0);
    let some: Vec<String> = some.map(|(count, what)| format!("{count} {what}")).collect();
    let usual = match plan.usual_secs {
        _ if plan.is_empty() => String::new(),
        secs => format!("; usually takes about {secs} s"),
    };
    format!("plan {} of {}: {}{usual}", plan.digest, plan.deployment, some.join(", "))
}

/// The places of a plan, in the order in which they are first needed.
fn places(plan: &Plan) -> Vec<&Place> {
    let mut places: Vec<&Place> = Vec::new();
    for node in &plan.nodes {
        if !places.contains(&&node.place) {
            places.push(&node.place);
        }
    }
    places
}

/// The kinds that a change touches in a place, with their numbers, in the order of making.
fn kinds(plan: &Plan, change: Change, place: &Place) -> Vec<String> {
    let nodes = plan.nodes.iter().filter(|node| node.change == change && node.place == *place);
    let mut kinds: Vec<(Kind, usize)> = Vec::new();
    for node in nodes {
        match kinds.iter_mut().find(|(kind, _)| *kind == node.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((node.kind, 1)),
        }
    }
    let kind = |(kind, count): &(Kind, usize)| match count {
        1 => kind.to_string(),
        _ => format!("{count} x {kind}"),
    };
    kinds.iter().map(kind).collect()
}

/// What is replaced or deleted is worth a line of its own.
fn named(node: &PlannedNode) -> Option<String> {
    let (sign, what) = match node.change {
        Change::Make | Change::Set | Change::Keep => return None,
        Change::Delete => ('-', "deleted"),
        Change::Replace if node.follows => ('!', "made anew, because of another"),
        Change::Replace if node.outage => ('!', "made anew; the old one goes first: an outage"),
        Change::Replace => ('!', "made anew; the new one comes first"),
    };
    Some(format!("  {sign} {}: {}, {what}", node.node, node.kind))
}

fn not_ours(label: &str, stranger: &Stranger) -> String {
    prose(label, &format!("{} {}: {}", stranger.id.kind, stranger.id, stranger.why))
}

/// What the clients of a lane need.
pub fn outputs(outputs: &LaneOutputs) -> String {
    let mut lines = Vec::new();
    for entry in &outputs.entries {
        let LaneEntry { service, service_region, entry_region, .. } = entry;
        let ports: Vec<String> = entry.ports.iter().map(u16::to_string).collect();
        let addresses = entry.addresses.iter().map(|a| format!("{} ({})", a.address, a.zone));
        let rows = [
            ("dial", entry.dial.clone()),
            ("addresses", addresses.collect::<Vec<_>>().join(", ")),
            ("ports", ports.join(", ")),
            ("for", entry.hosts.join(", ")),
            ("endpoint", entry.endpoint.clone()),
        ];
        lines.push(format!("{service} in {service_region}, for clients near {entry_region}"));
        lines.extend(rows.map(|(what, value)| prose(&format!("  {what:<10} "), &value)));
    }
    lines.push(
        "clients keep the service's own name in URL, TLS and signature; only what they dial is new"
            .to_owned(),
    );
    lines.join("\n")
}

/// What a run has called.
pub fn calls(calls: &Calls) -> String {
    format!("{calls}, {} of them to change something", calls.mutating())
}

/// What a cleanup has found. The last line says whether anything is left.
pub fn cleaned(report: &CleanupReport) -> String {
    let strangers = report.strangers.iter();
    let mut lines: Vec<String> =
        strangers.map(|stranger| not_ours("  not ours, left alone: ", stranger)).collect();
    let unknown = report.unknown.iter();
    lines.extend(unknown.map(|what| prose("  of an unknown kind, left alone: ", what)));
    let regions: BTreeSet<&str> = report.places.iter().map(|place| place.region.as_str()).collect();
    let regions = Vec::from_iter(regions).join(" and ");
    let (id, secs) = (&report.id, report.took.as_secs_f64());
    lines.push(match report.outcome {
        Cleaned::NothingLeft { removed } => {
            format!("{id}: {removed} removed in {secs:.0} s, nothing left in {regions}")
        }
        Cleaned::NothingFound => format!("{id}: nothing found in {regions}; is the name right?"),
    });
    lines.join("\n")
}

/// A text behind a label, broken between words.
pub(crate) fn prose(label: &str, text: &str) -> String {
    wrap(label, text.split(' '))
}

/// Pieces behind a label; what does not fit on a line goes on below, as far in.
fn wrap<'a>(label: &str, pieces: impl IntoIterator<Item = &'a str>) -> String {
    let indent = label.chars().count();
    let mut lines = vec![label.to_owned()];
    let mut used = indent;
    for piece in pieces {
        let length = piece.chars().count();
        if used > indent && used + 1 + length > WIDTH {
            lines.push(" ".repeat(indent));
            used = indent;
        }
        let line = lines.last_mut().expect("there is always a line");
        if used > indent {
            line.push(' ');
            used += 1;
        }
        line.push_str(piece);
        used += length;
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_goes_on_below_its_beginning() {
        let text = prose("  note: ", &"word ".repeat(30));
        assert!(
            text.lines().count() == 2 && text.lines().all(|line| line.len() <= WIDTH),
            "{text}"
        );
        assert!(text.lines().nth(1).unwrap().starts_with("        word"), "{text}");
    }
}
