//! A history as data: a cloud, a spec, and what happens one step after the other. It prints itself as text, and what it prints can be
//! read back and played again.

use std::fmt;
use std::str::FromStr;

use accel_core::Acceleration;
use accel_mock::Schedule;
use accel_tests::strategies::{Change, Weather, changes, schedules, specs, weathers};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::drift::{Drift, drifts};

/// A run of a deployer, and what gets in its way. Numbers of calls count from the run's own first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Run {
    /// Somebody asks it to stop at this call.
    pub(crate) stop: Option<u64>,
    pub(crate) faults: Schedule,
}

impl Run {
    /// Whether nothing gets in its way.
    pub(crate) fn is_calm(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Deploy(Run),
    Cleanup(Run),
    /// From here on the spec has other values in these fields.
    Spec(Map<String, Value>),
    /// The journal is lost.
    Forget,
    /// Nobody works for so many seconds.
    Wait(u16),
    /// Somebody else does something.
    Drift(Drift),
}

#[derive(Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) weather: Weather,
    pub(crate) journal: bool,
    pub(crate) spec: Acceleration,
    pub(crate) steps: Vec<Step>,
}

/// The spec with other values in some fields.
pub(crate) fn patched(spec: &Acceleration, patch: &Map<String, Value>) -> Acceleration {
    let mut value = serde_json::to_value(spec).expect("a spec is plain data");
    for (field, new) in patch {
        value[field] = new.clone();
    }
    serde_json::from_value(value).expect("a patch holds fields of a spec")
}

/// The fields in which two specs differ, with the values of the second.
fn patch(from: &Acceleration, to: &Acceleration) -> Map<String, Value> {
    let fields = |spec| match serde_json::to_value(spec) {
        Ok(Value::Object(fields)) => fields,
        other => panic!("a spec is an object, not {other:?}"),
    };
    let old = fields(from);
    fields(to).into_iter().filter(|(field, value)| old[field] != *value).collect()
}

// ---- as text ----

fn json(fields: &Map<String, Value>) -> String {
    serde_json::to_string(fields).expect("JSON is plain data")
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stop.map_or(Ok(()), |call| write!(f, " stop@{call}"))?;
        let faults = self.faults.to_string();
        if faults.is_empty() { Ok(()) } else { write!(f, " {faults}") }
    }
}

impl FromStr for Run {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let mut run = Self::default();
        if let Some(call) = words.first().and_then(|word| word.strip_prefix("stop@")) {
            run.stop = Some(call.parse().map_err(|_| format!("{call:?} is no number"))?);
            words.remove(0);
        }
        run.faults = words.join(" ").parse()?;
        Ok(run)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deploy(run) => write!(f, "deploy{run}"),
            Self::Cleanup(run) => write!(f, "cleanup{run}"),
            Self::Spec(patch) => write!(f, "spec {}", json(patch)),
            Self::Forget => f.write_str("forget"),
            Self::Wait(secs) => write!(f, "wait {secs}"),
            Self::Drift(drift) => write!(f, "drift {drift}"),
        }
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "deploy" => rest.parse().map(Self::Deploy),
            "cleanup" => rest.parse().map(Self::Cleanup),
            "spec" => serde_json::from_str(rest).map(Self::Spec).map_err(|error| error.to_string()),
            "forget" => Ok(Self::Forget),
            "wait" => rest.parse().map(Self::Wait).map_err(|_| format!("{rest:?} is no number")),
            "drift" => rest.parse().map(Self::Drift),
            _ => Err(format!("{line:?} is no step")),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cloud {}", self.weather)?;
        writeln!(f, "{}", if self.journal { "journal" } else { "no journal" })?;
        writeln!(f, "spec {}", json(&patch(&Acceleration::default(), &self.spec)))?;
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

/// What a failed property prints.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut next = || lines.next().ok_or("the text ends too soon");
        let weather = next()?.strip_prefix("cloud ").ok_or("first comes the cloud")?.parse()?;
        let journal = next()? == "journal";
        let Step::Spec(fields) = next()?.parse()? else { return Err("no spec".to_owned()) };
        let spec = patched(&Acceleration::default(), &fields);
        let steps = lines.map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { weather, journal, spec, steps })
    }
}

// ---- as strategies ----

/// A step before it is known which spec it changes.
#[derive(Clone, Debug)]
enum Plan {
    Step(Step),
    Change(Change),
}

/// A spec and some changes of it as steps.
fn case(weather: Weather, journal: bool, spec: Acceleration, plans: Vec<Plan>) -> Case {
    let mut latest = spec.clone();
    let mut steps = Vec::new();
    for plan in plans {
        steps.push(match plan {
            Plan::Step(step) => step,
            Plan::Change(change) => {
                let before = latest.clone();
                change.apply(&mut latest);
                Step::Spec(patch(&before, &latest))
            }
        });
    }
    steps.retain(|step| *step != Step::Spec(Map::new()));
    Case { weather, journal, spec, steps }
}

fn deploy() -> Plan {
    Plan::Step(Step::Deploy(Run::default()))
}

/// Any spec, deployed twice, changed, deployed again, and removed.
pub(crate) fn quiet_cases() -> impl Strategy<Value = Case> {
    (weathers(), any::<bool>(), specs(), vec(changes(), 0..=3)).prop_map(
        |(weather, journal, spec, changes)| {
            let changes: Vec<Plan> = changes.into_iter().map(Plan::Change).collect();
            let mut plans = vec![deploy(), deploy()];
            if !changes.is_empty() {
                plans.extend(changes);
                plans.extend([deploy(), deploy()]);
            }
            plans.push(Plan::Step(Step::Cleanup(Run::default())));
            case(weather, journal, spec, plans)
        },
    )
}

/// A deploy or a cleanup under faults.
pub(crate) fn faulty_cases() -> impl Strategy<Value = Case> {
    let run = schedules(12).prop_map(|faults| Run { stop: None, faults });
    (weathers(), any::<bool>(), specs(), run, prop::bool::weighted(0.3)).prop_map(
        |(weather, journal, spec, run, cleanup)| {
            let plans = if cleanup {
                vec![deploy(), Plan::Step(Step::Cleanup(run))]
            } else {
                vec![Plan::Step(Step::Deploy(run))]
            };
            case(weather, journal, spec, plans)
        },
    )
}

fn runs() -> impl Strategy<Value = Run> {
    let killed = (1..160_u64, any::<bool>()).prop_map(|(call, before)| {
        let verdict = if before { "crash-before" } else { "crash-after" };
        Run { stop: None, faults: format!("{call}={verdict}").parse().expect("a schedule") }
    });
    prop_oneof![
        3 => Just(Run::default()),
        3 => killed,
        1 => (1..160_u64).prop_map(|call| Run { stop: Some(call), ..Run::default() }),
        2 => schedules(4).prop_map(|faults| Run { stop: None, faults }),
    ]
}

fn plans() -> impl Strategy<Value = Plan> {
    prop_oneof![
        6 => runs().prop_map(|run| Plan::Step(Step::Deploy(run))),
        2 => runs().prop_map(|run| Plan::Step(Step::Cleanup(run))),
        4 => changes().prop_map(Plan::Change),
        4 => drifts().prop_map(|drift| Plan::Step(Step::Drift(drift))),
        1 => Just(Plan::Step(Step::Forget)),
        1 => (0..120_u16).prop_map(|secs| Plan::Step(Step::Wait(secs))),
    ]
}

/// Anything in any order.
pub(crate) fn mixed_cases() -> impl Strategy<Value = Case> {
    // Each step can be left out while a failure is made smaller.
    let plans = vec(prop::option::weighted(0.99, plans()), 8..=15);
    (weathers(), any::<bool>(), specs(), plans).prop_map(|(weather, journal, spec, plans)| {
        case(weather, journal, spec, plans.into_iter().flatten().collect())
    })
}

proptest! {
    #![proptest_config(crate::cases(100))]

    #[test]
    fn a_case_is_read_as_it_is_printed(case in mixed_cases()) {
        prop_assert_eq!(case.to_string().parse::<Case>(), Ok(case));
    }
}
