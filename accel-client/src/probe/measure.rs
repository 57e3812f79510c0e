//! Pairs of measurements, one after the other: never both ways at once, and each way as often first as second.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::course::{Course, Found};
use super::report::{Report, ServiceReport};
use super::{Ask, Attempt, Fault, Options, Stage, Trust, attempt};
use crate::Settings;
use crate::clock;

/// One way, walked once.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// How long the name's addresses took: those of the service's own name on the direct way, of the name to dial on the lane's. It is
    /// no part of the total.
    pub dns: Option<Duration>,
    /// TCP, TLS, first byte.
    pub attempt: Attempt,
    /// The upload, over a connection of its own, if one was asked for and the way was open.
    pub transfer: Option<Attempt>,
}

impl Measurement {
    /// How long a stage took, in milliseconds; nothing if it was not walked to its end.
    ///
    /// An upload counts if all of it was handed over before the answer began.
    pub fn millis(&self, stage: Stage) -> Option<f64> {
        let time = match stage {
            Stage::Dns => self.dns,
            Stage::Connect => self.attempt.connect,
            Stage::Tls => self.attempt.tls,
            Stage::FirstByte => self.attempt.answer.as_ref().and(self.attempt.first_byte),
            Stage::Total => self.attempt.answer.as_ref().and(self.attempt.total()),
            Stage::Transfer => {
                let transfer = self.transfer.as_ref()?;
                let upload = transfer.upload.filter(|upload| upload.sent == upload.bytes)?;
                transfer.first_byte.filter(|_| upload.bytes > 0 && transfer.is_answered())
            }
        };
        time.map(|time| time.as_secs_f64() * 1000.0)
    }
}

/// Both ways, one right after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// When it began, since the first pair of the service began.
    pub at: Duration,
    /// Whether the direct way came first.
    pub direct_first: bool,
    /// The direct way.
    pub direct: Measurement,
    /// The lane.
    pub lane: Measurement,
}

/// How far the measuring is.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The host that is asked.
    pub host: &'a str,
    /// How many pairs of this service are measured.
    pub done: u32,
    /// How many will be.
    pub of: u32,
    /// What was measured last; nothing for what is not counted.
    pub pair: Option<&'a Pair>,
}

/// Measures every service of the lane, direct against lane.
pub async fn probe(settings: &Settings, trust: &Trust, options: &Options) -> Report {
    probe_and_tell(settings, trust, options, |_| {}).await
}

/// As [`probe`], and tells after every pair how far it is.
pub async fn probe_and_tell(
    settings: &Settings,
    trust: &Trust,
    options: &Options,
    mut tell: impl FnMut(Step<'_>) + Send,
) -> Report {
    let (began, clock) = (clock::now(), Instant::now());
    let (courses, left_out) = super::course::courses(&settings.services, options);
    let mut services = Vec::new();
    for course in courses {
        let walker = Walker { course: &course, trust, options };
        let pairs = walker.pairs(&mut tell).await;
        services.push(ServiceReport::new(&course, pairs, options));
    }
    Report {
        deployment: settings.deployment.clone(),
        generation: settings.generation.clone(),
        began,
        took: clock.elapsed(),
        options: options.clone(),
        services,
        left_out,
    }
}

struct Walker<'a> {
    course: &'a Course<'a>,
    trust: &'a Trust,
    options: &'a Options,
}

impl Walker<'_> {
    async fn pairs(&self, tell: &mut (impl FnMut(Step<'_>) + Send)) -> Vec<Pair> {
        for turn in 0..self.options.warm_ups {
            self.pair(turn, Instant::now()).await;
            tell(self.step(0, None));
        }
        let began = Instant::now();
        let mut pairs = Vec::new();
        for turn in 0..self.options.pairs {
            let pair = self.pair(turn, began).await;
            tell(self.step(turn + 1, Some(&pair)));
            pairs.push(pair);
        }
        pairs
    }

    fn step<'a>(&'a self, done: u32, pair: Option<&'a Pair>) -> Step<'a> {
        let (service, host) = (&self.course.service.name, &self.course.host);
        Step { service, host, done, of: self.options.pairs, pair }
    }

    async fn pair(&self, turn: u32, began: Instant) -> Pair {
        let at = began.elapsed();
        let direct_first = turn.is_multiple_of(2);
        let lane = self.course.lane(self.options).await;
        let (direct, lane) = if direct_first {
            let direct = self.direct(&lane).await;
            (direct, self.lane(lane, turn).await)
        } else {
            let known = lane.clone();
            let lane = self.lane(lane, turn).await;
            (self.direct(&known).await, lane)
        };
        Pair { at, direct_first, direct, lane }
    }

    /// A client takes the first answer.
    async fn direct(&self, lane: &Result<Found, Fault>) -> Measurement {
        let lane = lane.as_ref().map(|found| found.addresses.as_slice()).unwrap_or_default();
        let found = self.course.direct(lane, self.options).await;
        let first = |found: &Found| found.addresses.first().copied();
        self.walk(found, first).await
    }

    /// Zones take turns; each is as often first in its pair as second.
    async fn lane(&self, found: Result<Found, Fault>, turn: u32) -> Measurement {
        let zone = |found: &Found| {
            let count = found.addresses.len();
            found.addresses.get((turn / 2) as usize % count.max(1)).copied()
        };
        self.walk(found, zone).await
    }

    async fn walk(
        &self,
        found: Result<Found, Fault>,
        choose: impl Fn(&Found) -> Option<IpAddr>,
    ) -> Measurement {
        let (host, options) = (&self.course.host, self.options);
        let chosen = found.and_then(|found| {
            let none = || Fault::new(super::Layer::Dns, "no address");
            let address = choose(&found).ok_or_else(none)?;
            Ok((self.course.socket(address), found.took))
        });
        let (address, dns) = match chosen {
            Ok(chosen) => chosen,
            Err(fault) => {
                let attempt = Attempt::without_address(host, fault);
                sleep(options.pause).await;
                return Measurement { dns: None, attempt, transfer: None };
            }
        };
        let walked = attempt(self.trust, host, address, Ask::Get, options.deadline).await;
        let transfer = match options.transfer {
            Some(bytes) if walked.is_answered() => {
                let ask = Ask::Upload { bytes };
                Some(attempt(self.trust, host, address, ask, options.deadline).await)
            }
            Some(_) | None => None,
        };
        sleep(options.pause).await;
        Measurement { dns, attempt: walked, transfer }
    }
}
