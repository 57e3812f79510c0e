//! What was measured, and what it comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use super::course::Course;
use super::stats::{Percentiles, compare, percentiles};
use super::verdict::{Terms, Verdict, verdict};
use super::{Attempt, Fault, Options, Pair};

/// A part of a measurement that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The lookup of a name: the service's own, or the name to dial. It is no part of the total.
    Dns,
    /// The TCP connection.
    Connect,
    /// The TLS handshake, in full.
    Tls,
    /// From the request to the first byte of its answer.
    FirstByte,
    /// Connection, handshake and first byte together.
    Total,
    /// From the first byte of an upload to the first byte of its answer.
    Transfer,
}

impl Stage {
    /// Every stage, in the order in which they are told.
    pub const ALL: [Self; 6] =
        [Self::Dns, Self::Connect, Self::Tls, Self::FirstByte, Self::Total, Self::Transfer];

    /// Its name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::FirstByte => "first_byte",
            Self::Total => "total",
            Self::Transfer => "transfer",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.as_str().replace('_', " "))
    }
}

/// What a probe found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The deployment whose settings were used; empty where they name none.
    pub deployment: String,
    /// The generation of those settings; empty where they name none.
    pub generation: String,
    /// When it began.
    pub began: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// How it was measured.
    pub options: Options,
    /// One per service.
    pub services: Vec<ServiceReport>,
    /// The services that were not measured, and why.
    pub left_out: BTreeMap<String, String>,
}

/// What was found of one service.
#[derive(Debug, Clone)]
pub struct ServiceReport {
    /// Its name in the settings.
    pub service: String,
    /// The host that was asked.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether the lane's addresses were pinned: then its DNS is measured and not used.
    pub pinned: bool,
    /// Whether the lane is faster.
    pub verdict: Verdict,
    /// The direct way.
    pub direct: Tally,
    /// The lane.
    pub lane: Tally,
    /// What was measured on both sides, stage by stage.
    pub stages: Vec<Comparison>,
    /// The lane's addresses, one by one.
    pub zones: Vec<Zone>,
    /// Every pair, in the order in which they were measured.
    pub pairs: Vec<Pair>,
    /// What these figures do not say.
    pub not_measured: Vec<String>,
}

/// How one side fared, apart from its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many measurements there were.
    pub measured: usize,
    /// How many of them brought an answer.
    pub answered: usize,
    /// Why the others did not, most frequent first.
    pub failures: Vec<Failures>,
    /// What was dialled.
    pub addresses: Vec<SocketAddr>,
    /// How often each HTTP status came.
    pub statuses: BTreeMap<u16, usize>,
    /// How the service called the last request, if it names them.
    pub request_id: Option<String>,
}

/// Measurements that failed in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: usize,
    /// How the first of them failed.
    pub fault: Fault,
    /// What it dialled.
    pub address: Option<SocketAddr>,
}

/// One stage on both sides, in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Which one.
    pub stage: Stage,
    /// How many pairs have it on both sides; only those are compared.
    pub pairs: usize,
    /// The direct way.
    pub direct: Percentiles,
    /// The lane.
    pub lane: Percentiles,
    /// Lane less direct: of the quantiles, with the interval of resampled pairs.
    pub difference: Percentiles,
}

/// One address of the lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// Which one.
    pub address: SocketAddr,
    /// How often it was measured.
    pub measured: usize,
    /// How often it brought an answer.
    pub answered: usize,
    /// Its totals in milliseconds.
    pub total: Option<Percentiles>,
}

impl ServiceReport {
    pub(super) fn new(course: &Course<'_>, pairs: Vec<Pair>, options: &Options) -> Self {
        let direct = Tally::of(&pairs.iter().map(|pair| &pair.direct.attempt).collect::<Vec<_>>());
        let lane = Tally::of(&pairs.iter().map(|pair| &pair.lane.attempt).collect::<Vec<_>>());
        let both = |stage: Stage| {
            let both = |pair: &Pair| Some((pair.direct.millis(stage)?, pair.lane.millis(stage)?));
            pairs.iter().filter_map(both).collect::<Vec<_>>()
        };
        let compared = |stage: Stage| compare(&both(stage), options.resamples, options.seed);
        let stages = Stage::ALL.into_iter().filter_map(|stage| {
            let count = both(stage).len();
            let found = compared(stage)?;
            let (direct, lane, difference) = (found.direct, found.lane, found.difference);
            Some(Comparison { stage, pairs: count, direct, lane, difference })
        });
        let terms = Terms {
            pairs: both(Stage::Total).len(),
            measured: pairs.len(),
            direct_failures: direct.failed(),
            lane_failures: lane.failed(),
            margin_part: options.margin,
            margin_floor_ms: options.margin_floor.as_secs_f64() * 1000.0,
        };
        Self {
            service: course.service.name.clone(),
            host: course.host.clone(),
            port: course.port,
            pinned: !course.service.addresses.is_empty(),
            verdict: verdict(compared(Stage::Total).as_ref(), terms),
            stages: stages.collect(),
            zones: zones(&pairs, options),
            not_measured: not_measured(course, &pairs, options),
            direct,
            lane,
            pairs,
        }
    }

    /// The comparison of one stage, if it was measured.
    pub fn stage(&self, stage: Stage) -> Option<&Comparison> {
        self.stages.iter().find(|comparison| comparison.stage == stage)
    }
}

impl Tally {
    fn of(attempts: &[&Attempt]) -> Self {
        let answers: Vec<_> =
            attempts.iter().filter_map(|attempt| attempt.answer.as_ref()).collect();
        let mut statuses = BTreeMap::new();
        for answer in &answers {
            *statuses.entry(answer.status).or_default() += 1;
        }
        let addresses: BTreeSet<_> =
            attempts.iter().filter_map(|attempt| attempt.address).collect();
        let request_id = answers.iter().filter_map(|answer| answer.request_id()).next_back();
        Self {
            measured: attempts.len(),
            answered: answers.len(),
            failures: failures(attempts),
            addresses: addresses.into_iter().collect(),
            statuses,
            request_id: request_id.map(str::to_owned),
        }
    }

    /// How many measurements brought no answer.
    pub fn failed(&self) -> usize {
        self.measured - self.answered
    }
}

/// What failed, alike with alike.
fn failures(attempts: &[&Attempt]) -> Vec<Failures> {
    let mut all: Vec<Failures> = Vec::new();
    for attempt in attempts {
        let Some(fault) = &attempt.fault else { continue };
        let is_alike = |known: &&mut Failures| {
            known.fault.layer == fault.layer && known.fault.message == fault.message
        };
        if let Some(known) = all.iter_mut().find(is_alike) {
            known.count += 1;
        } else {
            let (fault, address) = (fault.clone(), attempt.address);
            all.push(Failures { count: 1, fault, address });
        }
    }
    all.sort_by_key(|failures| std::cmp::Reverse(failures.count));
    all
}

fn zones(pairs: &[Pair], options: &Options) -> Vec<Zone> {
    let addresses: BTreeSet<_> =
        pairs.iter().filter_map(|pair| pair.lane.attempt.address).collect();
    let zone = |address: SocketAddr| {
        let here = pairs.iter().filter(|pair| pair.lane.attempt.address == Some(address));
        let totals: Vec<_> =
            here.clone().filter_map(|pair| pair.lane.millis(Stage::Total)).collect();
        Zone {
            address,
            measured: here.count(),
            answered: totals.len(),
            total: percentiles(&totals, options.resamples, options.seed),
        }
    };
    addresses.into_iter().map(zone).collect()
}

fn not_measured(course: &Course<'_>, pairs: &[Pair], options: &Options) -> Vec<String> {
    let mut notes = vec![
        "What the service itself takes to work: requests carry no credentials, and its front door answers them.".to_owned(),
        "Kept-alive connections: every measurement is a new connection with a full handshake. On one that is kept, the first byte alone is what the lane can gain.".to_owned(),
    ];
    if course.service.addresses.is_empty() {
        notes.push("DNS is told apart, and is no part of the total.".to_owned());
    } else {
        notes.push("DNS is told apart, and is no part of the total; the lane's addresses are pinned, so its DNS is no part of its way either.".to_owned());
    }
    if course.service.dial.is_none() {
        notes.push("The lane's DNS: its settings name no name to dial.".to_owned());
    }
    if options.direct.contains_key(&course.host) {
        notes.push("The direct way's DNS: its address was given.".to_owned());
    }
    match options.transfer {
        None => notes.push("Throughput: no transfer was asked for.".to_owned()),
        Some(bytes) => {
            let uploads = pairs.iter().flat_map(|pair| [&pair.direct, &pair.lane]);
            let uploads = uploads.filter_map(|side| side.transfer.as_ref()?.upload);
            let early = uploads.filter(|upload| upload.sent < upload.bytes).count();
            notes.push(format!("Throughput beyond an upload of {bytes} bytes without credentials: a service may answer before it has read all of it, and what lies in this machine's buffers counts as sent. {early} uploads were answered, or broke off, before all was handed over, and are not compared."));
        }
    }
    notes
}
