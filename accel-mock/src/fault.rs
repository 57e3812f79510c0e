//! Faults as data: what happens to which call. A schedule prints itself, and what it prints can be read back.

use std::fmt;
use std::str::FromStr;

use accel_core::resource::Kind;
use accel_core::{ErrorKind, Place, Region, Side};
use serde::{Deserialize, Serialize};

use crate::kind::slug;

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing unusual.
    Pass,
    /// It takes so many milliseconds longer.
    Delay(u32),
    /// It is refused, and has no effect.
    Refuse(ErrorKind),
    /// Of a batch of reads, one is refused: the one at this position, counted round and round.
    RefuseItem(u32, ErrorKind),
    /// It takes effect, and its answer is lost.
    Lose,
    /// It is lost on its way, and has no effect; the caller cannot know.
    Drop,
    /// It has no answer, and takes effect so many milliseconds later, if that is still possible.
    Late(u32),
    /// The caller dies before it takes effect.
    CrashBefore,
    /// The caller dies after it has taken effect.
    CrashAfter,
    /// A create is accepted, and what it makes fails later.
    Fail,
}

/// The verbs of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// `offer`.
    Offer,
    /// `create`.
    Create,
    /// `find`.
    Find,
    /// `read`.
    Read,
    /// `delete`.
    Delete,
    /// `list`.
    List,
    /// `glance`.
    Glance,
    /// `blockers`.
    Blockers,
}

impl Verb {
    const ALL: [Self; 8] = [
        Self::Offer,
        Self::Create,
        Self::Find,
        Self::Read,
        Self::Delete,
        Self::List,
        Self::Glance,
        Self::Blockers,
    ];

    /// Whether such a call may change the world.
    pub fn is_mutating(self) -> bool {
        matches!(self, Self::Create | Self::Delete)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Create => "create",
            Self::Find => "find",
            Self::Read => "read",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Glance => "glance",
            Self::Blockers => "blockers",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A call, as far as a rule can tell calls apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallFacts<'a> {
    pub(crate) verb: Verb,
    /// Of a batch of reads, every kind in it.
    pub(crate) kinds: &'a [Kind],
    pub(crate) place: Option<&'a Place>,
}

/// A verdict for all calls, or the n-th call, of a sort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Only this verb.
    pub verb: Option<Verb>,
    /// Only this kind; of a batch of reads, any of them.
    pub kind: Option<Kind>,
    /// Only this side.
    pub side: Option<Side>,
    /// Only this region.
    pub region: Option<Region>,
    /// Only the n-th that fits, from 1.
    pub nth: Option<u32>,
    /// What happens.
    pub verdict: Verdict,
}

impl Rule {
    fn fits(&self, call: CallFacts<'_>) -> bool {
        self.verb.is_none_or(|verb| verb == call.verb)
            && self.kind.is_none_or(|kind| call.kinds.contains(&kind))
            && self.side.is_none_or(|side| call.place.is_some_and(|p| p.side == side))
            && self.region.as_ref().is_none_or(|r| call.place.is_some_and(|p| p.region == *r))
    }
}

/// What happens to which calls. The first that fits decides: single calls first, then rules in their order.
///
/// ```
/// use accel_mock::{Schedule, Verdict};
/// let text = "3=lose 12=refuse:throttled create:vpc@entry#2=crash-after read=delay:500";
/// let schedule: Schedule = text.parse()?;
/// assert_eq!(schedule.calls[0], (3, Verdict::Lose));
/// assert_eq!(schedule.to_string(), text);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Verdicts by the number of the call, from 1.
    pub calls: Vec<(u64, Verdict)>,
    /// Verdicts by sort of call.
    pub rules: Vec<Rule>,
}

impl Schedule {
    /// A schedule with one verdict for one call.
    pub fn one(call: u64, verdict: Verdict) -> Self {
        Self { calls: vec![(call, verdict)], rules: Vec::new() }
    }
}

/// A schedule at work: it counts what fits its rules.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    pub(crate) schedule: Schedule,
    counts: Vec<u32>,
}

impl Judge {
    pub(crate) fn new(schedule: Schedule) -> Self {
        let counts = vec![0; schedule.rules.len()];
        Self { schedule, counts }
    }

    pub(crate) fn verdict(&mut self, number: u64, call: CallFacts<'_>) -> Verdict {
        let mut verdict =
            self.schedule.calls.iter().find(|(n, _)| *n == number).map(|(_, verdict)| *verdict);
        for (rule, count) in self.schedule.rules.iter().zip(&mut self.counts) {
            if !rule.fits(call) {
                continue;
            }
            *count += 1;
            if rule.nth.is_none_or(|nth| nth == *count) {
                verdict = verdict.or(Some(rule.verdict));
            }
        }
        verdict.unwrap_or(Verdict::Pass)
    }
}

fn error_kind_name(kind: ErrorKind) -> String {
    kind.to_string().replace(' ', "-")
}

fn parse_error_kind(text: &str) -> Result<ErrorKind, String> {
    serde_json::from_value(serde_json::Value::String(text.replace('-', "_")))
        .map_err(|_| format!("{text:?} is no kind of error"))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.pad("pass"),
            Self::Delay(ms) => write!(f, "delay:{ms}"),
            Self::Refuse(kind) => write!(f, "refuse:{}", error_kind_name(*kind)),
            Self::RefuseItem(item, kind) => {
                write!(f, "refuse-item:{item}:{}", error_kind_name(*kind))
            }
            Self::Lose => f.pad("lose"),
            Self::Drop => f.pad("drop"),
            Self::Late(ms) => write!(f, "late:{ms}"),
            Self::CrashBefore => f.pad("crash-before"),
            Self::CrashAfter => f.pad("crash-after"),
            Self::Fail => f.pad("fail"),
        }
    }
}

impl FromStr for Verdict {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no number"));
        let words: Vec<&str> = text.split(':').collect();
        match *words.as_slice() {
            ["pass"] => Ok(Self::Pass),
            ["delay", ms] => number(ms).map(Self::Delay),
            ["refuse", kind] => parse_error_kind(kind).map(Self::Refuse),
            ["refuse-item", item, kind] => {
                Ok(Self::RefuseItem(number(item)?, parse_error_kind(kind)?))
            }
            ["lose"] => Ok(Self::Lose),
            ["drop"] => Ok(Self::Drop),
            ["late", ms] => number(ms).map(Self::Late),
            ["crash-before"] => Ok(Self::CrashBefore),
            ["crash-after"] => Ok(Self::CrashAfter),
            ["fail"] => Ok(Self::Fail),
            _ => Err(format!("{text:?} is no verdict")),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb.map_or("*", Verb::name))?;
        if let Some(kind) = self.kind {
            write!(f, ":{}", slug(kind))?;
        }
        if let Some(side) = self.side {
            write!(f, "@{side}")?;
        }
        if let Some(region) = &self.region {
            write!(f, "@{region}")?;
        }
        if let Some(nth) = self.nth {
            write!(f, "#{nth}")?;
        }
        write!(f, "={}", self.verdict)
    }
}

impl Rule {
    fn parse(sort: &str, verdict: Verdict) -> Result<Self, String> {
        let (sort, nth) = match sort.split_once('#') {
            Some((sort, nth)) => {
                (sort, Some(nth.parse().map_err(|_| format!("{nth:?} is no number"))?))
            }
            None => (sort, None),
        };
        let mut places = sort.split('@');
        let what = places.next().unwrap_or_default();
        let (mut side, mut region) = (None, None);
        for place in places {
            match place {
                "service" => side = Some(Side::Service),
                "entry" => side = Some(Side::Entry),
                name => region = Some(Region::from(name)),
            }
        }
        let (verb, kind) = what.split_once(':').map_or((what, None), |(v, k)| (v, Some(k)));
        let verb = match verb {
            "*" => None,
            name => Some(
                Verb::ALL
                    .into_iter()
                    .find(|verb| verb.name() == name)
                    .ok_or_else(|| format!("{name:?} is no verb"))?,
            ),
        };
        let find = |name: &str| {
            let kind = Kind::ALL.iter().copied().find(|kind| slug(*kind) == name);
            kind.ok_or_else(|| format!("{name:?} is no kind"))
        };
        Ok(Self { verb, kind: kind.map(find).transpose()?, side, region, nth, verdict })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = self.calls.iter().map(|(call, verdict)| format!("{call}={verdict}"));
        let rules = self.rules.iter().map(ToString::to_string);
        f.write_str(&calls.chain(rules).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut schedule = Self::default();
        for word in text.split_whitespace() {
            let (sort, verdict) =
                word.split_once('=').ok_or_else(|| format!("{word:?} has no verdict"))?;
            let verdict = verdict.parse()?;
            match sort.parse() {
                Ok(call) => schedule.calls.push((call, verdict)),
                Err(_) => schedule.rules.push(Rule::parse(sort, verdict)?),
            }
        }
        Ok(schedule)
    }
}

#[cfg(test)]
mod tests {
    use accel_core::NetworkBackend as _;
    use accel_core::backend::{Phase, ReadItem, Scope};

    use super::*;
    use crate::Settings;
    use crate::testing::{Deployer, run, secs, service};

    async fn with(schedule: &str) -> Deployer {
        let deployer = Deployer::instant("").await;
        deployer.cloud.set_schedule(schedule.parse().expect("a schedule"));
        deployer
    }

    fn vpcs(deployer: &Deployer) -> usize {
        deployer.cloud.inspect(|world| world.live().count())
    }

    #[test]
    fn a_schedule_reads_what_it_prints() {
        let texts = [
            "",
            "1=pass 2=delay:250 3=refuse:not-yet 4=refuse-item:2:throttled 5=lose 6=drop",
            "7=late:500 8=crash-before 9=crash-after 10=fail",
            "*=delay:1 create=lose create:vpc@service@ap-southeast-3#2=drop read:target@entry=fail",
        ];
        for text in texts {
            let schedule: Schedule = text.parse().unwrap();
            assert_eq!(schedule.to_string(), text);
            let json = serde_json::to_string(&schedule).unwrap();
            assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule);
        }
        for wrong in ["x", "1=perhaps", "make=lose", "create:cat=lose", "create#x=lose"] {
            assert!(wrong.parse::<Schedule>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_refused_or_dropped_has_no_effect_and_what_is_lost_has() {
        run(async {
            for (text, kind, effect) in [
                ("create=refuse:throttled", ErrorKind::Throttled, 0),
                ("create=drop", ErrorKind::Ambiguous, 0),
                ("create=lose", ErrorKind::Ambiguous, 1),
            ] {
                let deployer = with(text).await;
                let error = deployer.create("service.vpc").await.unwrap_err();
                assert_eq!((error.kind(), vpcs(&deployer)), (kind, effect), "{text}");
            }
        });
    }

    #[test]
    fn a_late_call_takes_effect_when_nobody_waits_for_it_any_more() {
        run(async {
            let deployer = with("1=late:3000").await;
            let error = deployer.create("service.vpc").await.unwrap_err();
            assert_eq!((error.kind(), vpcs(&deployer)), (ErrorKind::Ambiguous, 0));
            secs(3).await;
            let id = deployer.find("service.vpc").await.unwrap().expect("it is there now");
            deployer.cloud.set_schedule("delete=late:1000".parse().unwrap());
            assert!(deployer.cloud.delete(&id).await.is_err());
            assert_eq!(vpcs(&deployer), 1);
            secs(1).await;
            assert_eq!(vpcs(&deployer), 0);
        });
    }

    #[test]
    fn a_rule_can_mean_the_nth_of_a_kind_in_a_place() {
        run(async {
            let deployer = with("create:vpc@service#2=refuse:quota").await;
            for name in ["service.vpc", "entry.vpc"] {
                deployer.create(name).await.unwrap();
            }
            let error = deployer.create("service.vpc").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Quota);
            deployer.create("service.vpc").await.unwrap();
        });
    }

    #[test]
    fn one_read_of_a_batch_can_be_refused_or_all() {
        run(async {
            let deployer = Deployer::instant("entry.vpc").await;
            let ids = [deployer.remote("service.vpc"), deployer.remote("entry.vpc")];
            let items = [&ids[0], &ids[1]].map(|id| ReadItem { id, request: None });
            let cases =
                [("read=refuse-item:1:denied", [true, false]), ("read=refuse:denied", [false; 2])];
            for (text, expected) in cases {
                deployer.cloud.set_schedule(text.parse().unwrap());
                let answers = deployer.cloud.read(&items).await;
                let fine: Vec<bool> = answers.iter().map(Result::is_ok).collect();
                assert_eq!(fine, expected, "{text}");
            }
        });
    }

    #[test]
    fn what_is_accepted_can_fail() {
        run(async {
            let mut deployer = with("create:subnet=fail").await;
            deployer.deploy_to("service.vpc").await;
            let id = deployer.create("service.subnet").await.unwrap();
            let items = [ReadItem { id: &id, request: None }];
            let phase = deployer.cloud.read(&items).await.remove(0).unwrap();
            assert!(matches!(phase, Phase::Failed { .. }));
            assert_eq!(deployer.find("service.subnet").await, Ok(None));
            let listing =
                deployer.cloud.list(Scope::all(&deployer.deployment, &service())).await.unwrap();
            assert_eq!(listing.found[0].phase, phase);
            deployer.cloud.delete(&id).await.unwrap();
            let listing =
                deployer.cloud.list(Scope::all(&deployer.deployment, &service())).await.unwrap();
            assert!(listing.found.iter().all(|found| found.id != id));
        });
    }

    #[test]
    fn the_dead_call_nobody_and_the_next_run_may() {
        for (text, effect) in [("2=crash-before", 1), ("2=crash-after", 2)] {
            let deployer = run(async {
                let deployer = with(text).await;
                let all = async {
                    for name in ["service.vpc", "entry.vpc", "service.vpc"] {
                        deployer.create(name).await.unwrap();
                    }
                };
                tokio::select! {
                    () = all => panic!("it survives"),
                    () = deployer.cloud.crashed() => {}
                }
                deployer
            });
            assert_eq!(vpcs(&deployer), effect, "{text}");
            deployer.cloud.revive();
            run(async { deployer.create("service.vpc").await }).unwrap();
        }
    }

    /// A caller that gives up in the middle leaves a call that had its effect, or one that had none.
    #[test]
    fn a_dropped_call_is_cut_off_before_or_after_its_effect() {
        run(async {
            let settings =
                Settings { latency: std::time::Duration::from_millis(40), ..Settings::instant() };
            for (millis, effect) in [(19, 0), (21, 1)] {
                let deployer = Deployer::with(settings.clone(), "").await;
                let patience = std::time::Duration::from_millis(millis);
                let answer = tokio::time::timeout(patience, deployer.create("service.vpc")).await;
                assert!(answer.is_err());
                assert_eq!(vpcs(&deployer), effect, "after {millis} ms");
            }
        });
    }
}
