//! Plays a case on the simulated cloud, and holds the world against a simple model: what the last completed run was meant to leave.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use accel_core::deployer::{Change, Cleaned};
use accel_core::resource::Kind;
use accel_core::tags::{self, Ownership, Tags};
use accel_core::topology::{Kept, Known};
use accel_core::{
    Acceleration, AccountId, Deployer, DeploymentId, Failure, Graph, Limits, NetworkBackend as _,
    NodeName, Plan, RunId, Topology as _,
};
use accel_mock::{Body, Call, Outcome, Schedule, State, Thing, Verb, Vpc, as_text};
use accel_tests::harness::{End, Stage, Staged as _, virtually};
use accel_tests::oracle::Violation;

use crate::case::{Case, Run, Step, patched};
use crate::drift::{Deed, Drift, Others};

/// How many runs without faults may be needed, whatever happened before.
const RUNS_MAX: usize = 2;

/// How many calls one run without faults may make: a few for the run, and some per node.
const CALLS_MAX: (u64, u64) = (150, 8);

/// How long one run may take, whatever happens to it.
const RUN_TIME_MAX: Duration = Duration::from_secs(6 * 3600);

/// After so long without any run, every look shows what is.
const REST: Duration = Duration::from_secs(60);

/// When somebody comes back who was told that time may help.
const LATER: Duration = Duration::from_secs(600);

/// What the last completed run was meant to leave, if nothing has happened since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    Lane,
}

/// What a history was like.
#[derive(Debug, PartialEq)]
pub(crate) struct Played {
    /// Every call, under the step that made it.
    pub(crate) log: String,
    /// What is wrong.
    pub(crate) end: Result<(), String>,
}

struct History {
    stage: Stage,
    deployment: DeploymentId,
    spec: Acceleration,
    others: Others,
    /// None while nobody can know.
    left: Option<Left>,
    /// When the last run ended, in the world's time.
    ended: Duration,
    /// Until then a run may not see what an earlier one did, and has no records of it either.
    dawn: Duration,
    /// Whether the present run began before that.
    is_blind: bool,
    /// Whether others have deleted an endpoint: without records nobody can tell its targets from somebody else's.
    lost_addresses: bool,
    log: String,
    logged: usize,
}

/// Plays a case to its end, and then lets everything become calm: a deploy and a cleanup must succeed.
pub(crate) fn play(case: &Case) -> Played {
    virtually(async {
        let mut history = History::new(case);
        let end = history.play(&case.steps).await;
        history.note("");
        Played { log: history.log, end }
    })
}

impl History {
    fn new(case: &Case) -> Self {
        let mut allowed = case.spec.openings();
        let mut latest = case.spec.clone();
        for step in &case.steps {
            if let Step::Spec(patch) = step {
                latest = patched(&latest, patch);
                allowed.extend(latest.openings());
            }
        }
        let stage =
            Stage::with_openings(case.weather.settings(), &case.spec, allowed, case.journal);
        let deployment = DeploymentId::parse(&case.spec.name).expect("a good name");
        let (spec, others) = (case.spec.clone(), Others::default());
        let left = Some(Left::Nothing);
        let (ended, log) = (Duration::ZERO, String::new());
        let history = Self {
            stage,
            deployment,
            spec,
            others,
            left,
            ended,
            dawn: Duration::ZERO,
            is_blind: false,
            lost_addresses: false,
            log,
            logged: 0,
        };
        history.add_neighbours();
        history
    }

    async fn play(&mut self, steps: &[Step]) -> Result<(), String> {
        for step in steps {
            self.note(&step.to_string());
            self.step(step).await.map_err(|why| format!("{step}: {why}"))?;
        }
        self.note("in the end");
        self.finale().await.map_err(|why| format!("in the end: {why}"))
    }

    /// Writes the calls so far to the log, and what comes next.
    fn note(&mut self, next: &str) {
        let calls = self.stage.cloud.calls();
        self.log.push_str(&as_text(&calls[self.logged..]));
        self.log.push_str(&["== ", next, "\n"].concat());
        self.logged = calls.len();
    }

    /// Somebody else's VPCs with the same blocks.
    fn add_neighbours(&self) {
        let blocks = [&self.spec.service_cidr, &self.spec.entry_cidr];
        for (place, block) in self.spec.places().into_iter().zip(blocks) {
            let cidr = block.parse().expect("a block");
            let body = Body::Vpc(Vpc { cidr, dns_hostnames: false, dns_support: true });
            let account = AccountId::from("111122223333");
            let id =
                self.stage.cloud.meddle(|world| world.add(&account, &place, body, Tags::new()));
            self.stage.with_oracle(|oracle| {
                self.stage.cloud.inspect(|world| {
                    let key = world.find(&id).map(Thing::key).expect("it was just added");
                    oracle.expect_foreign(world, key);
                });
            });
        }
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Deploy(run) if run.is_calm() => self.calm_deploy().await,
            Step::Deploy(run) => self.deploy(run).await.map(drop),
            Step::Cleanup(run) if run.is_calm() => self.calm_cleanup().await,
            Step::Cleanup(run) => self.cleanup(run).await.map(drop),
            Step::Spec(patch) => {
                self.spec = patched(&self.spec, patch);
                self.left = self.left.filter(|left| *left == Left::Nothing);
                Ok(())
            }
            Step::Forget => {
                if self.stage.journal.is_some() {
                    self.stage.journal = Some(Arc::default());
                    self.dawn = self.ended + REST;
                }
                Ok(())
            }
            Step::Wait(secs) => {
                tokio::time::sleep(Duration::from_secs((*secs).into())).await;
                Ok(())
            }
            Step::Drift(drift) => {
                let before = self.endpoints();
                self.others.act(&self.stage, &self.deployment, *drift).await;
                self.lost_addresses |= self.endpoints() < before;
                self.left = self.left.filter(|left| *left == Left::Nothing);
                // What has just happened shows in no look yet; nobody can be blamed for not knowing it.
                tokio::time::sleep(REST).await;
                Ok(())
            }
        }
    }

    /// Everybody else goes, faults stop, and everything is as it should be.
    async fn finale(&mut self) -> Result<(), String> {
        self.others.act(&self.stage, &self.deployment, Drift { deed: Deed::Evict, nth: 0 }).await;
        self.calm_deploy().await?;
        tokio::time::sleep(REST).await;
        self.calm_deploy().await?;
        let status = self.stage.deployer().status(&self.spec).await;
        let status = status.map_err(|failure| format!("no status: {failure}"))?;
        if !status.as_asked() && !self.lost_addresses {
            return Err(format!("the status is not as asked:\n{status}"));
        }
        self.calm_cleanup().await
    }

    // ---- runs without faults ----

    async fn calm_deploy(&mut self) -> Result<(), String> {
        let mut failures = Vec::new();
        for _ in 0..RUNS_MAX {
            let rested = self.now() >= self.ended + REST || self.ended.is_zero();
            let fails = self.stage.cloud.inspect(|it| it.settings().doubts.peering_to_unseen_fails);
            let exact = self.left.is_some() && rested && !fails && !self.others.is_anybody_there();
            let nothing_to_do = rested && self.left == Some(Left::Lane);
            let plan = if exact { Some(self.plan().await?) } else { None };
            let before = self.stage.cloud.calls().len();
            if let Some(failure) = self.deploy(&Run::default()).await? {
                self.give_up(&failure, &mut failures).await;
                continue;
            }
            let calls = self.stage.cloud.calls().split_off(before);
            limit(&calls, &self.graph().await)?;
            if nothing_to_do && calls.iter().any(|call| call.mutating) {
                return Err(format!("nothing was to be done:\n{}", as_text(&calls)));
            }
            return plan.map_or(Ok(()), |plan| self.as_planned(&plan, &calls));
        }
        self.excuse(&failures)
    }

    async fn calm_cleanup(&mut self) -> Result<(), String> {
        let mut failures = Vec::new();
        for _ in 0..RUNS_MAX {
            let before = self.stage.cloud.calls().len();
            let Some(failure) = self.cleanup(&Run::default()).await? else {
                let calls = self.stage.cloud.calls().split_off(before);
                return limit(&calls, &self.graph().await);
            };
            self.give_up(&failure, &mut failures).await;
        }
        self.excuse(&failures)
    }

    /// Comes back later, if that may help.
    async fn give_up(&self, failure: &Failure, failures: &mut Vec<String>) {
        failures.push(failure.to_string());
        if failure.retry_helps() {
            tokio::time::sleep(LATER).await;
        }
    }

    /// A run without faults fails only when somebody else's things are in its way.
    fn excuse(&self, failures: &[String]) -> Result<(), String> {
        if self.others.may_block() {
            return Ok(());
        }
        Err(format!("{RUNS_MAX} runs without faults did not do it:\n{}", failures.join("\n")))
    }

    async fn plan(&self) -> Result<Plan, String> {
        let plan = self.stage.deployer().plan(&self.spec).await;
        plan.map_err(|failure| format!("no plan: {failure}"))
    }

    /// What was done is what was planned.
    fn as_planned(&self, plan: &Plan, calls: &[Call]) -> Result<(), String> {
        let done = |verb| {
            let done = move |call: &&Call| call.verb == verb && call.outcome == Outcome::Done;
            calls.iter().filter(done)
        };
        let is_thing = |kind: Option<Kind>| kind.is_some_and(|kind| !kind.facts().setting);
        let made: BTreeSet<NodeName> = done(Verb::Create)
            .filter(|call| is_thing(call.kind))
            .filter_map(|call| call.node.clone())
            .collect();
        let changes = |changes: &[Change]| {
            let fits = plan.nodes.iter().filter(|node| changes.contains(&node.change));
            fits.cloned().collect::<Vec<_>>()
        };
        let to_make: BTreeSet<NodeName> =
            changes(&[Change::Make, Change::Replace]).into_iter().map(|node| node.node).collect();
        if made != to_make {
            let differs: Vec<_> = made.symmetric_difference(&to_make).collect();
            return Err(format!("made and planned to make differ in {differs:?}\n{plan}"));
        }
        let to_set: BTreeSet<NodeName> =
            changes(&[Change::Set]).into_iter().map(|node| node.node).collect();
        let set = done(Verb::Create).filter(|call| !is_thing(call.kind));
        if let Some(call) =
            set.into_iter().find(|c| c.node.as_ref().is_some_and(|n| !to_set.contains(n)))
        {
            return Err(format!("set, but not planned: {call}\n{plan}"));
        }
        let to_delete: BTreeSet<String> = changes(&[Change::Delete, Change::Replace])
            .into_iter()
            .filter_map(|node| Some(node.id?.as_str().to_owned()))
            .collect();
        let deleted = |call: &&Call| call.id.as_ref().is_some_and(|id| !to_delete.contains(&**id));
        if let Some(call) = done(Verb::Delete).find(deleted) {
            return Err(format!("deleted, but not planned: {call}\n{plan}"));
        }
        let stays = |id: &&String| {
            self.stage.cloud.inspect(|world| {
                world.find(id).is_some_and(|thing| world.state(thing) != State::Deleting)
            })
        };
        match to_delete.iter().find(stays) {
            Some(id) => Err(format!("{id} was planned to go, and is there\n{plan}")),
            None => Ok(()),
        }
    }

    // ---- any run ----

    fn now(&self) -> Duration {
        self.stage.cloud.inspect(accel_mock::World::now)
    }

    /// Notes how the next run begins; says how many calls there have been.
    fn begin(&mut self) -> usize {
        self.is_blind = self.now() < self.dawn;
        self.stage.cloud.calls().len()
    }

    /// Sets what gets in the way of the next run.
    fn deployer(&self, run: &Run) -> Deployer<'_> {
        let first = self.stage.cloud.call_count();
        let Schedule { calls, rules } = run.faults.clone();
        let calls = calls.into_iter().map(|(call, verdict)| (first + call, verdict)).collect();
        self.stage.cloud.set_schedule(Schedule { calls, rules });
        // A number instead of chance: the same case makes the same trace.
        let name = RunId::from(format!("run-{first}"));
        let deployer = self.stage.deployer().limits(Limits::default()).run(name);
        match run.stop {
            Some(call) => deployer.stop(&self.stage.stop_at(first + call)),
            None => deployer,
        }
    }

    /// Deploys; says why it did not reach its goal, if it did not.
    async fn deploy(&mut self, run: &Run) -> Result<Option<Failure>, String> {
        let consent: Vec<NodeName> =
            self.graph().await.nodes().iter().map(|node| node.name.clone()).collect();
        let before = self.begin();
        let deployer = self.deployer(run).allow_replace(consent);
        let running = self.stage.until_killed(deployer.deploy(&self.spec));
        let Ok(end) = tokio::time::timeout(RUN_TIME_MAX, running).await else {
            return Err("it does not end".to_owned());
        };
        let failure = match end {
            End::Returned(Ok(_)) => None,
            End::Returned(Err(failure)) => Some(failure),
            End::Killed => Some(Failure::Spec(Vec::new())),
        };
        let left = failure.is_none().then_some(Left::Lane).filter(|_| !self.is_fooled(before));
        self.review(left).await?;
        Ok(failure)
    }

    /// Whether a deploy that had nothing to do may have believed a look that is too old: without a journal nobody knows that a run
    /// which was killed just before has deleted what still shows.
    fn is_fooled(&self, before: usize) -> bool {
        let idle = !self.stage.cloud.calls()[before..].iter().any(|call| call.mutating);
        idle && self.is_blind && self.left.is_none()
    }

    async fn cleanup(&mut self, run: &Run) -> Result<Option<Failure>, String> {
        let was_there = self.is_anything_there();
        self.begin();
        let deployer = self.deployer(run);
        let running = self.stage.until_killed(deployer.cleanup(&self.spec));
        let Ok(end) = tokio::time::timeout(RUN_TIME_MAX, running).await else {
            return Err("it does not end".to_owned());
        };
        let failure = match end {
            End::Returned(Ok(report)) => {
                if was_there && report.outcome == Cleaned::NothingFound {
                    return Err("it says that it found nothing".to_owned());
                }
                None
            }
            End::Returned(Err(failure)) => Some(failure),
            End::Killed => Some(Failure::Spec(Vec::new())),
        };
        self.review(failure.is_none().then_some(Left::Nothing)).await?;
        Ok(failure)
    }

    fn is_anything_there(&self) -> bool {
        self.stage.cloud.inspect(|world| {
            let name = Some(self.deployment.as_str());
            world.live().any(|it| it.tags().get(tags::DEPLOYMENT).map(String::as_str) == name)
        })
    }

    /// What must hold after every run, and what must hold after one that was completed.
    async fn review(&mut self, left: Option<Left>) -> Result<(), String> {
        self.stage.calm();
        let (gone_along, mut wrong) = self.others.review(&self.stage);
        let found = self.stage.take_violations().into_iter().map(|it| it.to_string());
        let excused = |text: &String| {
            let went_along = gone_along.iter().any(|id| text.contains(id));
            (text.starts_with("nothing foreign is changed") && went_along)
                || (text.starts_with("nothing is deleted under") && self.is_blind)
        };
        wrong.extend(found.filter(|text| !excused(text)));
        if let Some(left) = left {
            let graph = match left {
                Left::Nothing => Graph::default(),
                Left::Lane => self.graph().await,
            };
            let found = self.stage.at_rest(&graph);
            let fading = if left == Left::Lane { self.fading() } else { Vec::new() };
            let known = |it: &&Violation| !(self.lost_addresses && it.by.starts_with("target tg-"));
            let found = found.iter().filter(known).map(ToString::to_string);
            wrong.extend(found.filter(|text| !fading.iter().any(|id| text.contains(id))));
        }
        self.left = left;
        self.ended = self.now();
        if self.stage.journal.is_none() {
            self.dawn = self.ended + REST;
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// How many endpoints there are.
    fn endpoints(&self) -> usize {
        self.stage.cloud.inspect(|world| {
            let endpoints = world.live().filter(|thing| thing.kind() == Kind::InterfaceEndpoint);
            endpoints.filter(|thing| world.state(thing) != State::Deleting).count()
        })
    }

    /// The load balancers that are deleted: no look shows them any more, though their interfaces are there for minutes. A deploy need
    /// not wait for what it may not even know; a cleanup waits, for the subnets are in use.
    fn fading(&self) -> Vec<String> {
        self.stage.cloud.inspect(|world| {
            let balancers = world.live().filter(|thing| thing.kind() == Kind::LoadBalancer);
            let gone = balancers.filter(|thing| world.state(thing) == State::Deleting);
            gone.map(|thing| thing.id().to_owned()).collect()
        })
    }

    /// What the spec asks for, given what is there: zones and addresses stick.
    async fn graph(&self) -> Graph {
        let offer = self.stage.cloud.offer(&self.spec.query(&[])).await;
        let offer = offer.expect("the simulated cloud always has an offer");
        let kept: Vec<Kept> = self.stage.cloud.inspect(|world| {
            let ours = world
                .live()
                .filter(|thing| matches!(world.state(thing), State::Pending | State::Ready));
            ours.filter_map(|thing| self.kept(thing)).collect()
        });
        let known = Known { offer: &offer, kept: &kept, today: None };
        match self.spec.build(&known) {
            Ok(built) => built.graph,
            Err(problems) => panic!("the spec cannot be deployed: {problems:?}"),
        }
    }

    fn kept(&self, thing: &Thing) -> Option<Kept> {
        let tags = Ownership::read(thing.tags())?;
        (tags.owner.deployment == self.deployment).then(|| Kept {
            node: tags.owner.node,
            place: thing.place().clone(),
            kind: thing.kind(),
            fingerprint: tags.owner.fingerprint,
            note: tags.keep.map(str::to_owned),
        })
    }
}

/// A run spends no more calls than it may.
fn limit(calls: &[Call], graph: &Graph) -> Result<(), String> {
    let most = CALLS_MAX.0 + CALLS_MAX.1 * graph.len() as u64;
    if calls.len() as u64 <= most {
        return Ok(());
    }
    Err(format!("{} calls, more than {most}:\n{}", calls.len(), as_text(calls)))
}
