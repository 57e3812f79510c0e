//! A probe's report as a page that stands alone: no script, no font, nothing fetched; light or dark, as its reader has it.

use accel_client::probe::{
    Estimate, Interval, Judgement, Report, ServiceReport, Stage, Tally, Zone,
};

use super::plots;
use crate::escape::xml;

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub(crate) fn page(report: &Report) -> String {
    let name = if report.deployment.is_empty() { "a lane" } else { &report.deployment };
    let title = xml(&format!("{name}: direct against lane"));
    let mut body =
        vec![format!("<header>\n<h1>{title}</h1>\n<p>{}</p>\n</header>\n<main>\n", about(report))];
    body.extend(report.services.iter().map(service));
    let unmeasured = |(name, why): (&String, &String)| {
        let (name, why) = (xml(name), xml(why));
        format!(
            "<section><h2>{name}</h2><p class=\"verdict unclear\">Not measured: {why}</p></section>\n"
        )
    };
    body.extend(report.left_out.iter().map(unmeasured));
    body.push(how(report));
    let body = body.concat();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// When, by whom, from which settings.
fn about(report: &Report) -> String {
    let began = jiff::Timestamp::try_from(report.began).map(|at| format!("{at:.0}"));
    let generation = match report.generation.as_str() {
        "" => "settings without a generation".to_owned(),
        generation => format!("settings of generation {generation}"),
    };
    xml(&format!(
        "Measured {} from this machine's network in {:.0} s, by accel {}, with {generation}.",
        began.unwrap_or_default(),
        report.took.as_secs_f64(),
        env!("CARGO_PKG_VERSION"),
    ))
}

fn service(found: &ServiceReport) -> String {
    let port = if found.port == 443 { String::new() } else { format!(":{}", found.port) };
    let mut html = vec![format!(
        "<section>\n<h2>{} <small>https://{}{port}/</small></h2>\n",
        xml(&found.service),
        xml(&found.host)
    )];
    html.push(verdict(found));
    html.push(table(found));
    for (title, note, plot) in [
        (
            "How long it takes",
            "The part of the measurements that was done after so long: the farther left, the faster.",
            plots::distribution(found),
        ),
        (
            "Where the time goes",
            "The medians of the stages, one behind the other.",
            plots::stages(found),
        ),
        (
            "Pair by pair",
            "Lane less direct, in the order in which they were measured: below nothing, the lane was faster. The band is the difference of the medians with its interval; ✕ is a pair in which a way failed.",
            plots::differences(found),
        ),
    ] {
        let Some(plot) = plot else { continue };
        html.push(format!("<figure>\n<figcaption><h3>{title}</h3><p>{note}</p></figcaption>\n{LEGEND}{plot}</figure>\n"));
    }
    html.push(sides(found));
    html.push("</section>\n".to_owned());
    html.concat()
}

const LEGEND: &str = "<p class=\"legend\"><span class=\"key direct\"></span>direct <span class=\"key lane\"></span>lane</p>\n";

fn verdict(found: &ServiceReport) -> String {
    let verdict = &found.verdict;
    let class = verdict.judgement.as_str();
    let sentence = xml(&verdict.to_string());
    let (first, rest) = sentence.split_once(": ").unwrap_or((&sentence, ""));
    let mut first = first.to_owned();
    first[..1].make_ascii_uppercase();
    let mark = match verdict.judgement {
        Judgement::Faster => "▼",
        Judgement::Slower => "▲",
        Judgement::Same => "=",
        Judgement::Unclear => "?",
    };
    let sure = verdict.sure.zip(verdict.margin_ms).map(|(sure, margin)| {
        format!(
            " So in {:.1} % of the resamples; up to {margin:.1} ms count as no difference.",
            100.0 * sure
        )
    });
    format!(
        "<div class=\"verdict {class}\"><strong><span>{mark}</span> {first}</strong><p>{rest}.{}</p></div>\n",
        sure.unwrap_or_default()
    )
}

fn table(found: &ServiceReport) -> String {
    let head =
        "<th scope=\"col\">p50</th><th scope=\"col\">p95</th><th scope=\"col\">p99</th>".repeat(3);
    let mut html = vec![format!(
        "<div class=\"wide\"><table>\n<thead><tr><th rowspan=\"2\" scope=\"col\">ms</th>\
         <th colspan=\"3\" class=\"direct\">direct</th><th colspan=\"3\" class=\"lane\">lane</th>\
         <th colspan=\"3\">difference</th></tr><tr>{head}</tr></thead>\n<tbody>\n"
    )];
    for comparison in &found.stages {
        let class = if comparison.stage == Stage::Total { " class=\"total\"" } else { "" };
        html.push(format!("<tr{class}><th scope=\"row\">{}</th>", comparison.stage));
        for (percentiles, is_signed) in
            [(comparison.direct, false), (comparison.lane, false), (comparison.difference, true)]
        {
            for estimate in [percentiles.p50, percentiles.p95, percentiles.p99] {
                html.push(cell(estimate, is_signed));
            }
        }
        html.push("</tr>\n".to_owned());
    }
    html.push("</tbody>\n</table></div>\n".to_owned());
    html.concat()
}

fn cell(Estimate { value, interval }: Estimate, is_signed: bool) -> String {
    let one = |value: f64| {
        let text = if is_signed { format!("{value:+.1}") } else { format!("{value:.1}") };
        text.replace('-', "−")
    };
    let interval = interval.map_or_else(
        || "<i>too few</i>".to_owned(),
        |Interval { low, high }| format!("<i>{} … {}</i>", one(low), one(high)),
    );
    format!("<td>{}{interval}</td>", one(value))
}

/// How each way fared apart from its times, and what all this does not say.
fn sides(found: &ServiceReport) -> String {
    let zone = |zone: &Zone| {
        let p50 = zone.total.map(|total| format!(", p50 {:.1} ms", total.p50.value));
        let Zone { address, answered, measured, .. } = zone;
        format!("{address}: {answered} of {measured} answered{}", p50.unwrap_or_default())
    };
    let zones: Vec<_> = found.zones.iter().map(zone).collect();
    let addresses: Vec<_> = found.direct.addresses.iter().map(ToString::to_string).collect();
    let dialled = format!("dialled {}", addresses.join(", "));
    format!(
        "<div class=\"sides\">\n{}{}<div><h3>Not measured</h3>{}</div>\n</div>\n",
        side("direct", &found.direct, vec![dialled]),
        side("lane", &found.lane, zones),
        list(&found.not_measured)
    )
}

fn side(name: &str, tally: &Tally, dialled: Vec<String>) -> String {
    let mut items = vec![format!("{} of {} answered", tally.answered, tally.measured)];
    items.extend(tally.statuses.iter().map(|(status, count)| format!("{count} × HTTP {status}")));
    items.extend(dialled);
    items.extend(tally.request_id.iter().map(|id| format!("last request {id}")));
    items.extend(tally.failures.iter().map(|it| format!("✕ {} × {}", it.count, it.fault)));
    let items = list(&items);
    format!("<div><h3><span class=\"key {name}\"></span>{name}</h3>{items}</div>\n")
}

fn list(items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| format!("<li>{}</li>", xml(item))).collect();
    format!("<ul>{}</ul>", items.concat())
}

/// How it was measured, and the rule of the verdict.
fn how(report: &Report) -> String {
    let options = &report.options;
    let text = format!(
        "{} pairs of each service, {} more before them that do not count; one measurement at a time, the direct way and the lane in turns, \
         each as often first as second. Each is a new connection: TCP, a full TLS handshake with the certificate verified, a GET without \
         credentials, up to {} s. Percentiles are of the pairs in which both ways answered. Intervals are of 95 %, from {} resamples of the \
         pairs (seed {}). The lane is called faster or slower if the interval of the difference of the medians of the total lies on one \
         side of nothing and the difference is larger than {:.0} % of the direct median; the same if the interval lies within that; else it \
         is unclear, as it is with fewer than 10 pairs, or if the lane fails in more than 5 % of its measurements and more often than the direct way.",
        options.pairs,
        options.warm_ups,
        options.deadline.as_secs_f64(),
        options.resamples,
        options.seed,
        100.0 * options.margin,
    );
    format!(
        "<section class=\"how\"><h2>How this was measured</h2><p>{}</p></section>\n",
        xml(&text)
    )
}
