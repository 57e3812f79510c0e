//! The wait after a deploy: until what is ready can be used. The engine asks for the targets, and holds the network against what the
//! topology is for; a lane's names are asked for here, and only on AWS itself: nobody else answers for them.

use std::collections::BTreeMap;
use std::time::Duration;

use accel_core::deployer::Deployment;
use accel_core::resource::Health;
use accel_core::spec::AnyOutputs;
use accel_core::topology::Finding;
use accel_core::{Deployer, Failure, NodeName, Usability};
use serde::{Serialize, Serializer};
use tokio::time::{Instant, sleep, timeout};

use crate::input::Spec;
use crate::pictures::timeline::seconds;
use crate::run::Session;
use crate::trouble::{Exit, Trouble};
use crate::verified::Verified;

/// How often a name is looked up. A name server that was asked too early may remember for a minute that there was nothing.
const LOOKUP_PAUSE: Duration = Duration::from_secs(2);

/// How long one lookup may take.
const LOOKUP_LIMIT: Duration = Duration::from_secs(10);

/// Whether what was made can be used, for people and for the document of a deploy.
#[derive(Debug, Serialize)]
pub(crate) struct Usable {
    state: State,
    /// When that was known, since the run began.
    #[serde(rename = "after_ms", serialize_with = "millis")]
    after: Option<Duration>,
    targets: BTreeMap<NodeName, Health>,
    names: BTreeMap<String, Name>,
    likely_causes: Vec<String>,
    /// A field of the document's own.
    #[serde(skip)]
    verified: Verified,
}

#[expect(clippy::ref_option, reason = "serde hands a field over so")]
fn millis<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_millis()).serialize(to)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Every target is healthy, every name that was looked up resolves, and everything that was verified holds.
    Usable,
    /// The time was over before.
    NotUsable,
    /// Nobody wanted to wait; nothing was asked.
    NotWaited,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    Resolves,
    Missing,
    /// This cloud is not AWS.
    NotLookedUp,
}

/// Waits until every target is healthy, every name resolves, and everything that the topology verifies holds.
pub(crate) async fn wait(
    session: &Session<'_>,
    deployer: &Deployer<'_>,
    spec: &Spec,
    made: &Deployment<AnyOutputs>,
    within: Option<Duration>,
) -> Result<Usable, Failure> {
    let Some(within) = within else { return Ok(Usable::not_waited()) };
    let began = Instant::now();
    let targets = deployer.usable(made, within).await?;
    let dials = made.outputs.iter().flat_map(dialled);
    let mut names: BTreeMap<String, Name> = dials.map(|name| (name, Name::NotLookedUp)).collect();
    if targets.is_usable() && session.cloud.is_aws() {
        let left = within.saturating_sub(began.elapsed());
        let say = |name: &str| session.terminal.say(&format!("waiting until {name} resolves"));
        let ended = resolve(&mut names, left, || session.is_interrupted(), say, is_known).await;
        if ended == Ended::Interrupted {
            return Err(made.stopped(made.calls));
        }
    }
    let left = within.saturating_sub(began.elapsed());
    let findings = deployer.verify(&spec.topology, &made.nodes, left).await?;
    // Nobody has waited until they hold.
    if findings.iter().any(|finding| finding.fault.is_some()) && session.is_interrupted() {
        return Err(made.stopped(made.calls));
    }
    Ok(Usable::of(&targets, names, findings, made.timeline.total + began.elapsed()))
}

/// The names that clients dial.
fn dialled(outputs: &AnyOutputs) -> Vec<String> {
    match outputs {
        AnyOutputs::Lane(lane) => lane.entries.iter().map(|entry| entry.dial.clone()).collect(),
        AnyOutputs::Egress(_) => Vec::new(),
    }
}

/// Whether this machine's name servers know a name.
async fn is_known(name: String) -> bool {
    let found = timeout(LOOKUP_LIMIT, tokio::net::lookup_host((name.as_str(), 443))).await;
    found.is_ok_and(|answer| answer.is_ok_and(|mut addresses| addresses.next().is_some()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Done,
    Interrupted,
}

/// Looks names up until all resolve, the time is over or somebody interrupts. Who waits for one is told once.
async fn resolve(
    names: &mut BTreeMap<String, Name>,
    within: Duration,
    interrupted: impl Fn() -> bool,
    say: impl Fn(&str),
    is_known: impl AsyncFn(String) -> bool,
) -> Ended {
    let began = Instant::now();
    loop {
        for (name, state) in names.iter_mut().filter(|(_, state)| **state != Name::Resolves) {
            let before = *state;
            *state = if is_known(name.clone()).await { Name::Resolves } else { Name::Missing };
            if *state == Name::Missing && before != Name::Missing {
                say(name);
            }
        }
        if names.values().all(|state| *state == Name::Resolves) || began.elapsed() >= within {
            return Ended::Done;
        }
        sleep(LOOKUP_PAUSE.min(within.saturating_sub(began.elapsed()))).await;
        if interrupted() {
            return Ended::Interrupted;
        }
    }
}

impl Usable {
    fn not_waited() -> Self {
        Self {
            state: State::NotWaited,
            after: None,
            targets: BTreeMap::new(),
            names: BTreeMap::new(),
            likely_causes: Vec::new(),
            verified: Verified::default(),
        }
    }

    fn of(
        targets: &Usability,
        names: BTreeMap<String, Name>,
        findings: Vec<Finding>,
        after: Duration,
    ) -> Self {
        let resolves = names.values().all(|name| *name != Name::Missing);
        let verified = Verified::from(findings);
        let usable = targets.is_usable() && resolves && verified.holds();
        let mut causes: Vec<String> =
            targets.likely_causes().into_iter().map(str::to_owned).collect();
        if !resolves {
            let name = "a new name takes a minute or two, and a name server may remember for as long \
                        that there was none";
            causes.push(name.to_owned());
        }
        causes.extend(verified.likely_cause().map(str::to_owned));
        Self {
            state: if usable { State::Usable } else { State::NotUsable },
            after: Some(after),
            targets: targets.targets.clone(),
            names,
            likely_causes: causes,
            verified,
        }
    }

    /// What came of verifying; nothing, where nobody waited or there is nothing to verify.
    pub(crate) fn verified(&self) -> &Verified {
        &self.verified
    }

    /// The milestone in one sentence; `ready` is when the deploy itself was done.
    pub(crate) fn text(&self, ready: Duration) -> String {
        let ready = seconds(ready);
        let after = self.after.map(seconds).unwrap_or_default();
        match self.state {
            State::NotWaited => format!("ready after {ready}; not waited until it is usable"),
            State::Usable if self.is_looked_up() => {
                format!("ready after {ready}, usable after {after}")
            }
            State::Usable => format!(
                "ready after {ready}, usable after {after}; name not looked up: this cloud is not AWS"
            ),
            State::NotUsable => format!("ready after {ready}, not usable after {after}"),
        }
    }

    fn is_looked_up(&self) -> bool {
        self.names.values().all(|name| *name != Name::NotLookedUp)
    }

    /// What is missing, why, and what to do; nothing if nothing is.
    pub(crate) fn trouble(&self, subject: &str, again: impl Fn(&str) -> String) -> Option<Trouble> {
        if self.state != State::NotUsable {
            return None;
        }
        let waited = self.after.map(seconds).unwrap_or_default();
        let what = if self.verified.holds() {
            format!(
                "{subject} is as asked and kept, but clients cannot use all of it after {waited}"
            )
        } else {
            format!("{subject} is as asked and kept, but not all of it works after {waited}")
        };
        let mut trouble = Trouble::new(Exit::WorkLeft, what);
        let unhealthy = self.targets.iter().filter(|(_, health)| **health != Health::Healthy);
        trouble.why = unhealthy.map(|(node, health)| format!("{node}: {health}")).collect();
        let missing = self.names.iter().filter(|(_, state)| **state == Name::Missing);
        trouble.why.extend(missing.map(|(name, _)| format!("{name} does not resolve")));
        trouble.why.extend(self.verified.faults());
        trouble.why.extend(self.likely_causes.iter().map(|cause| format!("likely cause: {cause}")));
        let (status, deploy) = (again("status"), again("deploy"));
        let next =
            format!("see what differs with `{status}`; `{deploy}` mends what does and waits again");
        Some(trouble.next(next))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn names() -> BTreeMap<String, Name> {
        ["a.example", "b.example"].map(|name| (name.to_owned(), Name::NotLookedUp)).into()
    }

    /// Runs the lookups of a name that is known from the n-th question on; says how it ended, and what was asked and told.
    #[expect(clippy::future_not_send, reason = "the tests have one thread")]
    async fn asked(
        known_from: u32,
        within: Duration,
        interrupted_from: u32,
    ) -> (Ended, BTreeMap<String, Name>, u32, u32) {
        let (mut names, asked, told) = (names(), Cell::new(0), Cell::new(0));
        let is_known = async |name: String| {
            asked.set(asked.get() + 1);
            name == "a.example" || asked.get() >= known_from
        };
        let interrupted = || asked.get() >= interrupted_from;
        let say = |_: &str| told.set(told.get() + 1);
        let ended = resolve(&mut names, within, interrupted, say, is_known).await;
        (ended, names, asked.get(), told.get())
    }

    #[tokio::test(start_paused = true)]
    async fn names_are_looked_up_until_they_resolve_and_no_longer() {
        let minute = Duration::from_secs(60);
        let (ended, names, count, told) = asked(5, minute, u32::MAX).await;
        assert_eq!((ended, count, told), (Ended::Done, 5, 1));
        assert!(names.values().all(|name| *name == Name::Resolves));
        assert_eq!(asked(1, minute, u32::MAX).await.2, 2, "once each");
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_never_resolves_ends_with_the_time() {
        let began = Instant::now();
        let (ended, names, ..) = asked(u32::MAX, Duration::from_secs(9), u32::MAX).await;
        assert_eq!((ended, began.elapsed()), (Ended::Done, Duration::from_secs(9)));
        assert_eq!(names["b.example"], Name::Missing);
        assert_eq!(names["a.example"], Name::Resolves);
        assert_eq!(asked(u32::MAX, Duration::from_secs(60), 4).await.0, Ended::Interrupted);
    }

    fn usability(health: Health) -> Usability {
        let targets = [("target.a".into(), Health::Healthy), ("target.b".into(), health)];
        Usability {
            targets: targets.into(),
            waited: Duration::ZERO,
            calls: accel_core::Calls::default(),
        }
    }

    #[test]
    fn what_is_missing_is_named_with_its_likely_cause_and_what_to_do() {
        let sick = Health::Unhealthy { reason: "Target.Timeout".into(), says: String::new() };
        let after = Duration::from_secs(390);
        let usable = Usable::of(&usability(sick), names(), Vec::new(), after);
        let text = usable.text(Duration::from_secs(90));
        assert_eq!(text, "ready after 90 s, not usable after 6 min 30 s");
        let trouble = usable
            .trouble("lane.toml", |name| format!("accel {name} lane.toml --profile x"))
            .unwrap();
        assert_eq!(trouble.exit, Exit::WorkLeft);
        assert_eq!(trouble.why[0], "target.b: unhealthy, Target.Timeout");
        assert!(trouble.why[1].starts_with("likely cause: nothing comes back"), "{trouble:?}");
        let next = trouble.next.unwrap();
        assert!(next.contains("`accel deploy lane.toml --profile x`"), "{next}");
    }

    #[test]
    fn a_name_that_does_not_resolve_is_not_usable() {
        let mut names = names();
        names.insert("a.example".to_owned(), Name::Missing);
        let usable =
            Usable::of(&usability(Health::Healthy), names, Vec::new(), Duration::from_secs(300));
        let trouble =
            usable.trouble("lane.toml", |name| format!("accel {name} lane.toml")).unwrap();
        assert_eq!(trouble.why[0], "a.example does not resolve");
    }

    #[test]
    fn what_is_usable_is_no_trouble() {
        let of = |names| {
            Usable::of(&usability(Health::Healthy), names, Vec::new(), Duration::from_secs(111))
        };
        let usable = of(names());
        assert!(usable.trouble("lane.toml", |name| format!("accel {name} lane.toml")).is_none());
        let ready = Duration::from_secs(90);
        assert!(usable.text(ready).ends_with("name not looked up: this cloud is not AWS"));
        let known = names().into_keys().map(|name| (name, Name::Resolves)).collect();
        assert_eq!(of(known).text(ready), "ready after 90 s, usable after 111 s");
        assert!(
            Usable::not_waited()
                .trouble("lane.toml", |name| format!("accel {name} lane.toml"))
                .is_none()
        );
    }
}
