//! Random specs, changes of specs, kinds of clouds, and fault schedules, for property tests. Everything shrinks towards the plain case.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use accel_core::resource::Kind;
use accel_core::spec::{Acceleration, Allow, Callers, ElasticIps, HealthCheck, Service};
use accel_core::{AccountId, ErrorKind, Side};
use accel_mock::{Delays, Doubts, Lag, Quotas, Rule, Schedule, Settings, Verb, Verdict};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

/// The errors with which a provider can refuse.
pub const REFUSALS: [ErrorKind; 12] = [
    ErrorKind::Throttled,
    ErrorKind::Unavailable,
    ErrorKind::Ambiguous,
    ErrorKind::NotYet,
    ErrorKind::NotFound,
    ErrorKind::InUse,
    ErrorKind::Conflict,
    ErrorKind::Quota,
    ErrorKind::Denied,
    ErrorKind::Expired,
    ErrorKind::Invalid,
    ErrorKind::Unsupported,
];

/// Within how many calls single faults fall.
const FAULTY_CALLS: u64 = 300;

/// The longest delay of a call whose caller has given up: an answer that is later than the caller's own deadline is no answer.
const LATE_MS_MAX: u32 = 25_000;

// ---- the cloud ----

/// How long the cloud hides what exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Not at all.
    Clear,
    /// As usual.
    Usual,
    /// As long as it may.
    Worst,
}

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// No time.
    Instant,
    /// As usual.
    Usual,
    /// Several times as long, with associations that linger.
    Slow,
}

/// What kind of cloud it is: the settings that a history depends on, as words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// How long it hides what exists.
    pub sight: Sight,
    /// How long things take.
    pub pace: Pace,
    /// Milliseconds that a call takes.
    pub latency_ms: u16,
    /// Whether it throttles.
    pub throttling: bool,
    /// Which of the doubtful points are otherwise than by default, in the order of [`DOUBTS`].
    pub otherwise: [bool; DOUBTS.len()],
}

type Doubt = (&'static str, fn(&mut Doubts) -> &mut bool);

/// The points on which the provider's documents are silent.
pub const DOUBTS: [Doubt; 6] = [
    ("tags-are-parameters", |it| &mut it.tags_are_parameters),
    ("tokens-of-the-dead", |it| &mut it.tokens_of_the_dead),
    ("route-to-pending-peering", |it| &mut it.route_to_pending_peering),
    ("repeat-association", |it| &mut it.repeat_association),
    ("repeat-acceptance", |it| &mut it.repeat_acceptance),
    ("peering-to-unseen-fails", |it| &mut it.peering_to_unseen_fails),
];

impl Weather {
    /// The settings of a cloud with room for any spec.
    pub fn settings(&self) -> Settings {
        let slow = |delays: Delays| Delays {
            vpc: delays.vpc * 5,
            subnet: delays.subnet * 5,
            endpoint: delays.endpoint * 3,
            balancer: delays.balancer * 3,
            endpoint_gone: delays.endpoint_gone * 4,
            balancer_interfaces_gone: delays.balancer_interfaces_gone * 8,
            group_release: delays.group_release * 10,
            association_release: Duration::from_secs(4),
            ..delays
        };
        let mut doubts = Doubts::default();
        for ((_, point), otherwise) in DOUBTS.iter().zip(self.otherwise) {
            *point(&mut doubts) ^= otherwise;
        }
        Settings {
            latency: Duration::from_millis(self.latency_ms.into()),
            delays: match self.pace {
                Pace::Instant => Delays::NONE,
                Pace::Usual => Delays::default(),
                Pace::Slow => slow(Delays::default()),
            },
            lag: match self.sight {
                Sight::Clear => Lag::OFF,
                Sight::Usual => Lag::default(),
                Sight::Worst => Lag::worst(),
            },
            quotas: Quotas::roomy(),
            doubts,
            throttling: self.throttling,
            ..Settings::default()
        }
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.sight {
            Sight::Clear => "lag=off",
            Sight::Usual => "lag=usual",
            Sight::Worst => "lag=worst",
        })?;
        f.write_str(match self.pace {
            Pace::Instant => " pace=instant",
            Pace::Usual => " pace=usual",
            Pace::Slow => " pace=slow",
        })?;
        write!(f, " latency={}", self.latency_ms)?;
        if self.throttling {
            f.write_str(" throttling")?;
        }
        let words = DOUBTS.iter().zip(self.otherwise).filter(|(_, otherwise)| *otherwise);
        words.into_iter().try_for_each(|((word, _), _)| write!(f, " not:{word}"))
    }
}

impl FromStr for Weather {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut weather = Self {
            sight: Sight::Clear,
            pace: Pace::Instant,
            latency_ms: 0,
            throttling: false,
            otherwise: [false; DOUBTS.len()],
        };
        for word in text.split_whitespace() {
            let unknown = || format!("{word:?} is no word for a cloud");
            match word {
                "lag=off" => weather.sight = Sight::Clear,
                "lag=usual" => weather.sight = Sight::Usual,
                "lag=worst" => weather.sight = Sight::Worst,
                "pace=instant" => weather.pace = Pace::Instant,
                "pace=usual" => weather.pace = Pace::Usual,
                "pace=slow" => weather.pace = Pace::Slow,
                "throttling" => weather.throttling = true,
                _ => match (word.strip_prefix("latency="), word.strip_prefix("not:")) {
                    (Some(ms), _) => weather.latency_ms = ms.parse().map_err(|_| unknown())?,
                    (None, Some(point)) => {
                        let index = DOUBTS.iter().position(|(name, _)| *name == point);
                        weather.otherwise[index.ok_or_else(unknown)?] = true;
                    }
                    (None, None) => return Err(unknown()),
                },
            }
        }
        Ok(weather)
    }
}

/// Any cloud.
pub fn weathers() -> impl Strategy<Value = Weather> {
    (
        select(vec![Sight::Clear, Sight::Usual, Sight::Worst]),
        select(vec![Pace::Instant, Pace::Usual, Pace::Slow]),
        select(vec![0, 40]),
        prop::bool::weighted(0.3),
        proptest::array::uniform6(prop::bool::weighted(0.3)),
    )
        .prop_map(|(sight, pace, latency_ms, throttling, otherwise)| Weather {
            sight,
            pace,
            latency_ms,
            throttling,
            otherwise,
        })
}

// ---- specs ----

/// Services of the simulated cloud's offer; the last one supports no policy.
const SERVICES: [&str; 6] =
    ["sqs", "sagemaker.runtime", "bedrock-runtime", "s3", "ecr.dkr", "email-smtp"];

const REGIONS: [(&str, &str); 3] = [
    ("ap-southeast-3", "ap-southeast-1"),
    ("eu-central-1", "sa-east-1"),
    ("us-east-1", "ap-northeast-1"),
];

/// Pairs of blocks that do not overlap, with room for three services, and for all of them to be replaced at once.
const BLOCKS: [(&str, &str); 4] = [
    ("10.1.0.0/16", "10.2.0.0/16"),
    ("10.64.0.0/20", "10.65.0.0/20"),
    ("172.16.4.0/24", "100.64.0.0/22"),
    ("192.168.0.0/24", "192.168.1.0/24"),
];

const CLIENTS: [&str; 5] =
    ["203.0.113.0/24", "198.51.100.0/25", "192.0.2.7/32", "203.0.113.9/32", "198.51.100.128/26"];

const POLICY: &str = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}]}"#;

fn labels() -> impl Strategy<Value = Option<String>> {
    select(vec![None, Some("plant in Campinas".to_owned()), Some("office".to_owned())])
}

fn elastic_ips() -> impl Strategy<Value = ElasticIps> {
    select(vec![ElasticIps::Off, ElasticIps::Made])
}

fn clients() -> impl Strategy<Value = Allow> {
    (select(CLIENTS.to_vec()), labels())
        .prop_map(|(cidr, label)| Allow { label, ..Allow::new(cidr) })
}

fn service() -> impl Strategy<Value = Service> {
    let ports = subsequence(vec![443, 8443, 9443], 1..=2);
    let own = prop::option::weighted(0.2, elastic_ips());
    (select(SERVICES.to_vec()), ports, own).prop_map(|(name, ports, elastic_ips)| Service {
        ports,
        elastic_ips,
        without_policy: name == "email-smtp",
        ..Service::new(name)
    })
}

fn health_checks() -> impl Strategy<Value = HealthCheck> {
    (select(vec![10, 5, 30]), 2..=3_u8).prop_map(|(interval_secs, healthy)| HealthCheck {
        interval_secs,
        healthy,
        unhealthy: 2,
    })
}

fn callers() -> impl Strategy<Value = Callers> {
    let accounts = subsequence(vec![AccountId::from("444455556666")], 0..=1);
    (accounts, any::<bool>()).prop_map(|(accounts, org)| Callers {
        accounts,
        org: org.then(|| "o-a1b2c3d4e5".to_owned()),
    })
}

fn user_tags() -> impl Strategy<Value = Vec<(String, String)>> {
    let tags = [("team", "vision"), ("cost-centre", "4711"), ("team", "speech")];
    subsequence(tags.to_vec(), 0..=3)
        .prop_map(|tags| tags.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
}

/// Specs that can be deployed in any of our clouds.
pub fn specs() -> impl Strategy<Value = Acceleration> {
    let name = select(vec!["lane", "a", "x-0123456789-0123456789-0123456"]);
    let places = (name, select(REGIONS.to_vec()), select(BLOCKS.to_vec()));
    let lists = (vec(service(), 1..=3), vec(clients(), 1..=3), user_tags());
    let who = (callers(), prop::bool::weighted(0.2));
    let options = (1..=3_u8, elastic_ips(), any::<bool>(), any::<bool>(), idle_timeouts());
    (places, lists, who, options, health_checks()).prop_map(
        |((name, (service, entry), blocks), (services, allow, tags), who, options, check)| {
            let mut spec = Acceleration::new(name, service, entry);
            (spec.service_cidr, spec.entry_cidr) = (blocks.0.to_owned(), blocks.1.to_owned());
            (
                spec.zones,
                spec.elastic_ips,
                spec.path_mtu,
                spec.cross_zone,
                spec.idle_timeout_secs,
            ) = options;
            (spec.services, spec.allow) = (services, allow);
            spec.tags = tags.into_iter().collect();
            spec.health_check = check;
            match who {
                (_, true) => spec.policy = Some(POLICY.to_owned()),
                (callers, false) => spec.callers = callers,
            }
            tidy(&mut spec);
            spec
        },
    )
}

fn idle_timeouts() -> impl Strategy<Value = u16> {
    select(vec![350, 60, 600])
}

/// Takes out what a random choice has listed twice.
fn tidy(spec: &mut Acceleration) {
    spec.services.sort_by(|a, b| a.name.cmp(&b.name));
    spec.services.dedup_by(|a, b| a.name == b.name);
    spec.allow.sort_by(|a, b| a.cidr.cmp(&b.cidr));
    spec.allow.dedup_by(|a, b| a.cidr == b.cidr);
}

// ---- changes of specs ----

/// One change that a user makes to a spec that is deployed.
#[derive(Debug, Clone)]
pub enum Change {
    /// Another service, in the place of one of that name; at most three.
    AddService(Service),
    /// One service less, if it is not the last.
    RemoveService(Index),
    /// The lists the other way round: nothing.
    Permute,
    /// One more block of clients, or another label for it.
    Allow(Allow),
    /// One block of clients less, if it is not the last.
    Disallow(Index),
    /// All tags.
    Tags(Vec<(String, String)>),
    /// The idle timeout.
    IdleTimeout(u16),
    /// How many zones.
    Zones(u8),
    /// Where public addresses come from.
    ElasticIps(ElasticIps),
    /// Whether "fragmentation needed" may come in.
    PathMtu(bool),
    /// How targets are checked.
    HealthCheck(HealthCheck),
    /// Whose credentials may be used.
    Callers(Callers),
    /// The blocks of both VPCs: everything is replaced.
    Blocks((&'static str, &'static str)),
}

impl Change {
    /// The spec as it is after this change.
    pub fn apply(&self, spec: &mut Acceleration) {
        match self {
            Self::AddService(service) => {
                spec.services.retain(|known| known.name != service.name);
                spec.services.truncate(2);
                spec.services.push(service.clone());
            }
            Self::RemoveService(index) if spec.services.len() > 1 => {
                spec.services.remove(index.index(spec.services.len()));
            }
            Self::Permute => {
                spec.services.reverse();
                spec.allow.reverse();
            }
            Self::Allow(allow) => {
                spec.allow.retain(|known| known.cidr != allow.cidr);
                spec.allow.push(allow.clone());
            }
            Self::Disallow(index) if spec.allow.len() > 1 => {
                spec.allow.remove(index.index(spec.allow.len()));
            }
            Self::RemoveService(_) | Self::Disallow(_) => {}
            Self::Tags(tags) => spec.tags = tags.iter().cloned().collect(),
            Self::IdleTimeout(secs) => spec.idle_timeout_secs = *secs,
            Self::Zones(zones) => spec.zones = *zones,
            Self::ElasticIps(choice) => spec.elastic_ips.clone_from(choice),
            Self::PathMtu(open) => spec.path_mtu = *open,
            Self::HealthCheck(check) => spec.health_check.clone_from(check),
            Self::Callers(callers) => (spec.policy, spec.callers) = (None, callers.clone()),
            Self::Blocks((service, entry)) => {
                (spec.service_cidr, spec.entry_cidr) = ((*service).to_owned(), (*entry).to_owned());
            }
        }
    }
}

/// Any change.
pub fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => Just(Change::Permute),
        2 => clients().prop_map(Change::Allow),
        2 => any::<Index>().prop_map(Change::Disallow),
        1 => user_tags().prop_map(Change::Tags),
        1 => idle_timeouts().prop_map(Change::IdleTimeout),
        1 => any::<bool>().prop_map(Change::PathMtu),
        1 => health_checks().prop_map(Change::HealthCheck),
        1 => callers().prop_map(Change::Callers),
        3 => service().prop_map(Change::AddService),
        3 => any::<Index>().prop_map(Change::RemoveService),
        2 => elastic_ips().prop_map(Change::ElasticIps),
        2 => (1..=3_u8).prop_map(Change::Zones),
        1 => select(BLOCKS.to_vec()).prop_map(Change::Blocks),
    ]
}

// ---- faults ----

/// What can happen to one call, without the death of its caller.
fn mishaps() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        3 => select(REFUSALS.to_vec()).prop_map(Verdict::Refuse),
        1 => (0..40_u32, select(REFUSALS.to_vec())).prop_map(|(at, kind)| Verdict::RefuseItem(at, kind)),
        2 => Just(Verdict::Lose),
        2 => Just(Verdict::Drop),
        2 => (0..=LATE_MS_MAX).prop_map(Verdict::Late),
        1 => (0..60_000_u32).prop_map(Verdict::Delay),
    ]
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        8 => mishaps(),
        1 => Just(Verdict::CrashBefore),
        1 => Just(Verdict::CrashAfter),
    ]
}

/// What takes a while to become ready can also fail to.
fn failures() -> impl Strategy<Value = Rule> {
    let fails = |kind: &&Kind| kind.facts().ready.is_some() && !kind.facts().setting;
    let kinds: Vec<Kind> = Kind::ALL.iter().filter(fails).copied().collect();
    (select(kinds), 1..=3_u32).prop_map(|(kind, nth)| Rule {
        verb: Some(Verb::Create),
        kind: Some(kind),
        side: None,
        region: None,
        nth: Some(nth),
        verdict: Verdict::Fail,
    })
}

fn rules() -> impl Strategy<Value = Rule> {
    let verb = select(vec![Verb::Create, Verb::Delete, Verb::Read, Verb::Find, Verb::List]);
    let kind = prop::option::weighted(0.6, select(Kind::ALL.to_vec()));
    let side = prop::option::weighted(0.2, select(vec![Side::Service, Side::Entry]));
    (verb, kind, side, 1..=4_u32, verdicts()).prop_map(|(verb, kind, side, nth, verdict)| Rule {
        verb: Some(verb),
        kind,
        side,
        region: None,
        nth: Some(nth),
        verdict,
    })
}

/// Up to so many faults, most of them at single calls.
pub fn schedules(most: usize) -> impl Strategy<Value = Schedule> {
    let calls = vec((1..=FAULTY_CALLS, verdicts()), 0..=most.saturating_sub(2));
    let rules = prop_oneof![3 => rules(), 1 => failures()];
    (calls, vec(rules, 0..=2)).prop_map(|(mut calls, rules)| {
        calls.sort_by_key(|(call, _)| *call);
        calls.dedup_by_key(|(call, _)| *call);
        Schedule { calls, rules }
    })
}
