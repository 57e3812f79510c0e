//! Usable: every target answers its health checks, so clients can be served. Ready says that everything is made; this comes after it.
//!
//! All targets count, not one per zone: a target of a private address serves every zone of its load balancer, and a lane of which half
//! answers is not what was asked for. A name's resolution is not looked at: the library asks no name server.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};

use super::Deployer;
use super::report::{Calls, Deployment, Failure};
use crate::backend::{Bound, Phase, ReadItem};
use crate::engine::policy::{Next, Verb, backoff_ms, next};
use crate::error::Error;
use crate::event::{Event, NodeStep, Timed};
use crate::id::NodeName;
use crate::resource::Health;

/// The longest pause between two looks. A target becomes healthy at a check, and those are 10 s apart by default.
const PAUSE_MS_MAX: u64 = 5_000;

/// Whether clients can use a deployment, as the last look has shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usability {
    /// Every target of the deployment.
    pub targets: BTreeMap<NodeName, Health>,
    /// How long it was waited for.
    pub waited: Duration,
    /// What was called to find out.
    pub calls: Calls,
}

impl Usability {
    /// Whether every target answers.
    pub fn is_usable(&self) -> bool {
        self.missing().next().is_none()
    }

    /// The targets that do not answer, and what is known of each.
    pub fn missing(&self) -> impl Iterator<Item = (&NodeName, &Health)> {
        self.targets.iter().filter(|(_, health)| **health != Health::Healthy)
    }

    /// What most often is behind what is missing, each cause once.
    pub fn likely_causes(&self) -> Vec<&'static str> {
        let mut causes: Vec<_> =
            self.missing().filter_map(|(_, health)| health.likely_cause()).collect();
        causes.sort_unstable();
        causes.dedup();
        causes
    }
}

impl fmt::Display for Usability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.missing().count();
        let healthy = self.targets.len() - missing;
        write!(f, "{healthy} of {} targets healthy", self.targets.len())?;
        self.missing().try_for_each(|(node, health)| write!(f, "\n  {node}: {health}"))
    }
}

pub(super) async fn usable<O: Sync>(
    deployer: &Deployer<'_>,
    made: &Deployment<O>,
    within: Duration,
) -> Result<Usability, Failure> {
    let checked = made.nodes.iter().filter(|(_, node)| node.id.kind.facts().healthy.is_some());
    let mut wait = Wait {
        deployer,
        targets: checked.collect(),
        known: BTreeMap::new(),
        began: Instant::now(),
        offset: made.timeline.total,
        looks: 0,
        missed: 0,
    };
    for (node, health) in &made.health {
        wait.take(node, health.clone());
    }
    // What is not known at all is looked at without a pause.
    if wait.known.len() < wait.targets.len() {
        wait.look().await?;
    }
    while !wait.is_over() && wait.began.elapsed() < within {
        let pause = Duration::from_millis(backoff_ms(wait.looks, PAUSE_MS_MAX, 0));
        let left = within.saturating_sub(wait.began.elapsed());
        // Either the pause ends or somebody asks to stop: the next line tells which.
        drop(timeout(pause.min(left), deployer.stop.wait()).await);
        if deployer.stop.asked() {
            return Err(made.stopped(wait.calls()));
        }
        wait.look().await?;
    }
    Ok(wait.report())
}

/// What is waited for, and what is known of it.
struct Wait<'a> {
    deployer: &'a Deployer<'a>,
    targets: BTreeMap<&'a NodeName, &'a Bound>,
    known: BTreeMap<&'a NodeName, Health>,
    began: Instant,
    /// When the deploy ended, on the clock of its events.
    offset: Duration,
    looks: u32,
    missed: u64,
}

impl<'a> Wait<'a> {
    fn is_over(&self) -> bool {
        self.known.len() == self.targets.len()
            && self.known.values().all(|health| *health == Health::Healthy)
    }

    /// One read of all targets. What gets no answer this time stays as it was.
    async fn look(&mut self) -> Result<(), Failure> {
        self.looks += 1;
        let items: Vec<ReadItem<'_>> =
            self.targets.values().map(|node| ReadItem { id: &node.id, request: None }).collect();
        let deadline = Duration::from_millis(self.deployer.limits.call_ms());
        let Ok(answers) = timeout(deadline, self.deployer.backend.read(&items)).await else {
            return Ok(());
        };
        let names: Vec<&'a NodeName> = self.targets.keys().copied().collect();
        for (node, answer) in names.into_iter().zip(answers) {
            if let Some(health) = health_of(answer)? {
                self.take(node, health);
            }
        }
        Ok(())
    }

    /// Notes a target's health, and tells of it where it is news. That all is well from the start is none.
    fn take(&mut self, node: &NodeName, health: Health) {
        let Some((name, bound)) = self.targets.get_key_value(node) else { return };
        let (name, id) = (*name, &bound.id);
        let before = self.known.insert(name, health.clone());
        if before.unwrap_or(Health::Healthy) == health {
            return;
        }
        let usual_secs = id.kind.facts().healthy.map(|times| times.usual_secs);
        let step = NodeStep::Checked { health, usual_secs };
        let (place, kind) = (id.place.clone(), id.kind);
        self.tell(Event::Node { node: name.clone(), place, kind, step });
    }

    fn tell(&mut self, event: Event) {
        let Some(events) = &self.deployer.events else { return };
        let at = self.offset + self.began.elapsed();
        Timed { at, event }.send(events, &mut self.missed);
    }

    fn calls(&self) -> Calls {
        let mut counts = [0; Verb::ALL.len()];
        counts[Verb::Read as usize] = self.looks;
        Calls::new(counts)
    }

    fn report(self) -> Usability {
        let health = |node: &&NodeName| self.known.get(*node).cloned().unwrap_or(Health::Unknown);
        Usability {
            targets: self.targets.keys().map(|node| ((*node).clone(), health(node))).collect(),
            waited: self.began.elapsed(),
            calls: self.calls(),
        }
    }
}

/// What an answer says of a target's health, if it is one.
fn health_of(answer: Result<Phase, Error>) -> Result<Option<Health>, Error> {
    match answer {
        Ok(Phase::Ready(ready)) => Ok(Some(ready.health.unwrap_or(Health::Unknown))),
        Ok(Phase::Pending | Phase::Waiting { .. }) => Ok(Some(Health::Initial)),
        Ok(Phase::Failed { why }) => {
            Ok(Some(Health::Unhealthy { reason: why, says: String::new() }))
        }
        Ok(Phase::Deleting | Phase::Gone) => Ok(Some(Health::not_registered())),
        Err(error) => match next(Verb::Read, error.kind()) {
            Next::Gone => Ok(Some(Health::not_registered())),
            Next::Retry | Next::SlowDown => Ok(None),
            Next::Doubt
            | Next::NotYet
            | Next::Look
            | Next::Wait
            | Next::Done
            | Next::Halt
            | Next::Stop => Err(error),
        },
    }
}
