//! A probe's report as a document: `accel.probe.v1`. Times are whole microseconds.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use accel_client::probe::{
    Comparison, Estimate, Failures, Measurement, Pair, Percentiles, Report, ServiceReport, Stage,
    Tally, Zone,
};
use serde::Serialize;

use crate::args::Requirement;

#[derive(Debug, Serialize)]
pub(crate) struct Probed<'a> {
    schema: &'static str,
    deployment: &'a str,
    generation: &'a str,
    began: String,
    took_us: i64,
    pairs: u32,
    warm_ups: u32,
    resamples: u32,
    seed: u64,
    services: Vec<Service<'a>>,
    /// What was not measured at all, and why.
    left_out: &'a BTreeMap<String, String>,
    required: Option<&'static str>,
    met: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Service<'a> {
    #[serde(rename = "service")]
    name: &'a str,
    host: &'a str,
    port: u16,
    pinned: bool,
    verdict: Judged<'a>,
    direct: Side<'a>,
    lane: Side<'a>,
    stages: Vec<Compared>,
    zones: Vec<InZone>,
    not_measured: &'a [String],
    samples: Vec<Sample>,
}

#[derive(Debug, Serialize)]
struct Judged<'a> {
    judgement: &'static str,
    sentence: String,
    direct_us: Option<i64>,
    difference: Option<Figure>,
    /// Lane by direct, in thousandths.
    ratio_permille: Option<i64>,
    margin_us: Option<i64>,
    /// Of the resamples, in thousandths.
    sure_permille: Option<i64>,
    because: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Side<'a> {
    measured: usize,
    answered: usize,
    addresses: &'a [SocketAddr],
    statuses: BTreeMap<String, usize>,
    request_id: Option<&'a str>,
    failures: Vec<Failed<'a>>,
}

#[derive(Debug, Serialize)]
struct Failed<'a> {
    count: usize,
    layer: &'static str,
    message: &'a str,
    address: Option<SocketAddr>,
}

#[derive(Debug, Serialize)]
struct Compared {
    stage: &'static str,
    pairs: usize,
    direct: Quantiles,
    lane: Quantiles,
    difference: Quantiles,
}

#[derive(Debug, Serialize)]
struct Quantiles {
    p50: Figure,
    p95: Figure,
    p99: Figure,
}

#[derive(Debug, Serialize)]
struct Figure {
    #[serde(rename = "value_us")]
    value: i64,
    #[serde(rename = "low_us")]
    low: Option<i64>,
    #[serde(rename = "high_us")]
    high: Option<i64>,
}

#[derive(Debug, Serialize)]
struct InZone {
    address: SocketAddr,
    measured: usize,
    answered: usize,
    total: Option<Quantiles>,
}

#[derive(Debug, Serialize)]
struct Sample {
    at_us: i64,
    direct_first: bool,
    direct: Walked,
    lane: Walked,
}

#[derive(Debug, Serialize)]
struct Walked {
    address: Option<SocketAddr>,
    dns_us: Option<i64>,
    connect_us: Option<i64>,
    tls_us: Option<i64>,
    first_byte_us: Option<i64>,
    transfer_us: Option<i64>,
    status: Option<u16>,
    /// The layer in which it failed.
    failed: Option<&'static str>,
}

pub(crate) fn document(report: &Report, requirement: Option<(Requirement, bool)>) -> Probed<'_> {
    let began = jiff::Timestamp::try_from(report.began);
    Probed {
        schema: "accel.probe.v1",
        deployment: &report.deployment,
        generation: &report.generation,
        began: began.map(|at| format!("{at:.0}")).unwrap_or_default(),
        took_us: micros(report.took),
        pairs: report.options.pairs,
        warm_ups: report.options.warm_ups,
        resamples: report.options.resamples,
        seed: report.options.seed,
        services: report.services.iter().map(service).collect(),
        left_out: &report.left_out,
        required: requirement.map(|(required, _)| match required {
            Requirement::Faster => "faster",
            Requirement::NotSlower => "not-slower",
        }),
        met: requirement.map(|(_, is_met)| is_met),
    }
}

fn service(found: &ServiceReport) -> Service<'_> {
    let verdict = &found.verdict;
    Service {
        name: &found.service,
        host: &found.host,
        port: found.port,
        pinned: found.pinned,
        verdict: Judged {
            judgement: verdict.judgement.as_str(),
            sentence: verdict.to_string(),
            direct_us: verdict.direct_ms.map(thousandths),
            difference: verdict.difference_ms.map(figure),
            ratio_permille: verdict.ratio.map(|ratio| thousandths(ratio.value)),
            margin_us: verdict.margin_ms.map(thousandths),
            sure_permille: verdict.sure.map(thousandths),
            because: verdict.because.as_deref(),
        },
        direct: side(&found.direct),
        lane: side(&found.lane),
        stages: found.stages.iter().map(compared).collect(),
        zones: found.zones.iter().map(in_zone).collect(),
        not_measured: &found.not_measured,
        samples: found.pairs.iter().map(sample).collect(),
    }
}

fn side(tally: &Tally) -> Side<'_> {
    let failed = |it: &'_ Failures| it.fault.layer.as_str();
    Side {
        measured: tally.measured,
        answered: tally.answered,
        addresses: &tally.addresses,
        statuses: tally.statuses.iter().map(|(status, it)| (status.to_string(), *it)).collect(),
        request_id: tally.request_id.as_deref(),
        failures: tally
            .failures
            .iter()
            .map(|it| Failed {
                count: it.count,
                layer: failed(it),
                message: &it.fault.message,
                address: it.address,
            })
            .collect(),
    }
}

fn compared(found: &Comparison) -> Compared {
    Compared {
        stage: found.stage.as_str(),
        pairs: found.pairs,
        direct: quantiles(found.direct),
        lane: quantiles(found.lane),
        difference: quantiles(found.difference),
    }
}

fn quantiles(Percentiles { p50, p95, p99 }: Percentiles) -> Quantiles {
    Quantiles { p50: figure(p50), p95: figure(p95), p99: figure(p99) }
}

fn figure(Estimate { value, interval }: Estimate) -> Figure {
    Figure {
        value: thousandths(value),
        low: interval.map(|interval| thousandths(interval.low)),
        high: interval.map(|interval| thousandths(interval.high)),
    }
}

fn in_zone(zone: &Zone) -> InZone {
    let Zone { address, measured, answered, total } = *zone;
    InZone { address, measured, answered, total: total.map(quantiles) }
}

fn sample(pair: &Pair) -> Sample {
    Sample {
        at_us: micros(pair.at),
        direct_first: pair.direct_first,
        direct: walked(&pair.direct),
        lane: walked(&pair.lane),
    }
}

fn walked(measurement: &Measurement) -> Walked {
    let of = |stage| measurement.millis(stage).map(thousandths);
    let attempt = &measurement.attempt;
    Walked {
        address: attempt.address,
        dns_us: of(Stage::Dns),
        connect_us: of(Stage::Connect),
        tls_us: of(Stage::Tls),
        first_byte_us: of(Stage::FirstByte),
        transfer_us: of(Stage::Transfer),
        status: attempt.answer.as_ref().map(|answer| answer.status),
        failed: attempt.fault.as_ref().map(|fault| fault.layer.as_str()),
    }
}

fn micros(time: Duration) -> i64 {
    thousandths(time.as_secs_f64() * 1000.0)
}

/// Milliseconds in microseconds, parts in thousandths.
#[expect(clippy::cast_possible_truncation, reason = "nothing takes 300 000 years")]
fn thousandths(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}
