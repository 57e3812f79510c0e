//! A probe's report for a terminal.

use accel_client::probe::{Comparison, Estimate, Interval, Report, ServiceReport, Tally};

use crate::render::text::{count, prose};

/// The verdict first, then what it stands on.
pub(crate) fn text(report: &Report) -> String {
    let mut parts: Vec<String> = report.services.iter().map(service).collect();
    parts.extend(
        report
            .left_out
            .iter()
            .map(|(name, why)| prose(&format!("{name}: "), &format!("not measured: {why}"))),
    );
    parts.join("\n\n")
}

fn service(found: &ServiceReport) -> String {
    let mut lines = vec![prose(&format!("{}: ", found.service), &found.verdict.to_string())];
    if let (Some(sure), Some(margin)) = (found.verdict.sure, found.verdict.margin_ms) {
        let sure = match sure {
            all if all >= 1.0 => "all".to_owned(),
            part => format!("{:.1} %", 100.0 * part),
        };
        let text =
            format!("so in {sure} of the resamples; up to {margin:.1} ms count as no difference");
        lines.push(prose("  ", &text));
    }
    lines.push(String::new());
    lines.push(format!(
        "  {:<10} {:>4}  {:>24}  {:>24}  {:>24}",
        "ms", "", "direct", "lane", "difference"
    ));
    lines.extend(found.stages.iter().flat_map(stage));
    lines.push(String::new());
    lines.push(side("direct", &found.direct, &found.host));
    lines.push(side("lane", &found.lane, &found.host));
    for zone in &found.zones {
        let p50 = zone.total.map(|total| format!(", p50 {:.1} ms", total.p50.value));
        lines.push(format!(
            "    {:<22} {} of {} answered{}",
            zone.address.to_string(),
            zone.answered,
            zone.measured,
            p50.unwrap_or_default()
        ));
    }
    lines.extend(found.not_measured.iter().map(|note| prose("  not here  ", note)));
    lines.join("\n")
}

fn stage(found: &Comparison) -> Vec<String> {
    let Comparison { direct, lane, difference, .. } = found;
    let row = |first: &str, name: &str, [direct, lane, difference]: [Estimate; 3]| {
        let (direct, lane) = (figure(direct, false), figure(lane, false));
        let difference = figure(difference, true);
        format!("  {first:<10} {name:>4}  {direct:>24}  {lane:>24}  {difference:>24}")
    };
    let first = found.stage.to_string();
    vec![
        row(&first, "p50", [direct.p50, lane.p50, difference.p50]),
        row("", "p95", [direct.p95, lane.p95, difference.p95]),
        row("", "p99", [direct.p99, lane.p99, difference.p99]),
    ]
}

/// A figure and its interval, as `80.2 (79.9 … 80.4)`.
fn figure(estimate: Estimate, is_signed: bool) -> String {
    let one = |value: f64| if is_signed { format!("{value:+.1}") } else { format!("{value:.1}") };
    let interval =
        estimate.interval.map(|Interval { low, high }| format!(" ({} … {})", one(low), one(high)));
    format!("{}{}", one(estimate.value), interval.unwrap_or_default())
}

fn side(name: &str, tally: &Tally, host: &str) -> String {
    let statuses: Vec<_> =
        tally.statuses.iter().map(|(status, count)| format!("{count} × {status}")).collect();
    let to: Vec<_> = tally.addresses.iter().map(ToString::to_string).collect();
    let statuses =
        if statuses.is_empty() { String::new() } else { format!(" ({})", statuses.join(", ")) };
    let request = tally.request_id.as_ref().map(|id| format!(", last request {id}"));
    let text = format!(
        "{} of {} answered{statuses}, {host} dialled at {}{}",
        tally.answered,
        tally.measured,
        to.join(", "),
        request.unwrap_or_default()
    );
    let mut lines = vec![prose(&format!("  {name:<9} "), &text)];
    for failures in &tally.failures {
        let address = failures.address.map(|address| format!(", first at {address}"));
        let text = format!(
            "{}: {}{}",
            count(failures.count, "failure"),
            failures.fault,
            address.unwrap_or_default()
        );
        lines.push(prose("    ! ", &text));
    }
    lines.join("\n")
}
