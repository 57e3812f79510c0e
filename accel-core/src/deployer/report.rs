//! What the functions return.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::backend::{Blocker, Bound};
use crate::engine::policy::Verb;
use crate::engine::{Stranger, Timeline};
use crate::error::{Error, ErrorKind, Problem};
use crate::id::{DeploymentId, NodeName, Place, RemoteId, RunId};
use crate::resource::Health;

/// How often each verb was called. A batched read counts once.
///
/// As JSON it carries its sums, and leaves out what was not called: `{"total": 3, "mutating": 1, "by_verb": {"create": 1, "list": 2}}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Counted", into = "Counted")]
pub struct Calls {
    counts: [u32; Verb::ALL.len()],
}

/// How [`Calls`] are written down. When they are read, only the verbs count.
#[derive(Serialize, Deserialize)]
struct Counted {
    #[serde(default)]
    total: u32,
    #[serde(default)]
    mutating: u32,
    by_verb: BTreeMap<Verb, u32>,
}

impl From<Calls> for Counted {
    fn from(calls: Calls) -> Self {
        let by_verb = Verb::ALL.iter().map(|verb| (*verb, calls.of(*verb)));
        let by_verb = by_verb.filter(|(_, count)| *count > 0).collect();
        Self { total: calls.total(), mutating: calls.mutating(), by_verb }
    }
}

impl From<Counted> for Calls {
    fn from(counted: Counted) -> Self {
        let mut calls = Self::default();
        for (verb, count) in counted.by_verb {
            calls.counts[verb as usize] = count;
        }
        calls
    }
}

impl Calls {
    pub(crate) fn new(counts: [u32; Verb::ALL.len()]) -> Self {
        Self { counts }
    }

    /// Calls of one verb.
    pub fn of(&self, verb: Verb) -> u32 {
        self.counts[verb as usize]
    }

    /// All calls.
    pub fn total(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// Calls that may have changed the cloud.
    pub fn mutating(&self) -> u32 {
        Verb::ALL.iter().filter(|verb| verb.mutates()).map(|verb| self.of(*verb)).sum()
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls (", self.total())?;
        let used: Vec<String> = Verb::ALL
            .iter()
            .filter(|verb| self.of(**verb) > 0)
            .map(|verb| format!("{} {verb}", self.of(*verb)))
            .collect();
        write!(f, "{})", used.join(", "))
    }
}

/// A deployment that is as asked.
#[derive(Debug, Clone)]
pub struct Deployment<O> {
    /// Its name.
    pub id: DeploymentId,
    /// The run that brought it there.
    pub run: RunId,
    /// What every node has become.
    pub nodes: BTreeMap<NodeName, Bound>,
    /// Which of them answer, as far as the run's last look has shown and nothing was changed since; [`crate::Deployer::usable`] asks for
    /// the others.
    pub health: BTreeMap<NodeName, Health>,
    /// What its users need to know.
    pub outputs: Option<O>,
    /// When each node was started, existed and was ready.
    pub timeline: Timeline,
    /// What was called.
    pub calls: Calls,
    /// Things inside our resources that are not ours.
    pub strangers: Vec<Stranger>,
    /// Tagged things of kinds that accel does not know.
    pub unknown: Vec<String>,
    /// What the topology wants people to read.
    pub notes: Vec<String>,
}

/// What a cleanup found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cleaned {
    /// Things of the deployment were there, and none is left.
    NothingLeft {
        /// How many were removed.
        removed: usize,
    },
    /// Nothing of the deployment was there to begin with. Is it the right name, account and region?
    NothingFound,
}

/// A cleanup that is certified: two listings of every place, a window and a call's deadline apart, showed nothing of ours but what is
/// kept.
#[derive(Debug, Clone)]
pub struct CleanupReport {
    /// The deployment.
    pub id: DeploymentId,
    /// The run.
    pub run: RunId,
    /// What was found.
    pub outcome: Cleaned,
    /// What was left on purpose.
    pub kept: Vec<RemoteId>,
    /// The places that were looked at.
    pub places: Vec<Place>,
    /// What was called.
    pub calls: Calls,
    /// Things that carry our tags or lie inside our resources, but are not ours: left alone.
    pub strangers: Vec<Stranger>,
    /// Tagged things of kinds that accel does not know: left alone.
    pub unknown: Vec<String>,
    /// How long it took.
    pub took: std::time::Duration,
}

/// Why a run did not reach its goal.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Failure {
    /// The spec cannot be deployed: every problem, before the first call that changes anything.
    Spec(Vec<Problem>),
    /// The run may not go on; nothing was changed by the step that was refused.
    Refused(Error),
    /// Some nodes need a person. What was independent of them is done, and everything is recorded.
    Halted(Box<Halt>),
    /// Somebody asked to stop. Run again to go on.
    Stopped(Box<Halt>),
}

/// What is known when a run ends before its goal.
#[derive(Debug, Clone)]
pub struct Halt {
    /// Why, one per node that needs a person.
    pub errors: Vec<Error>,
    /// Whether running again may help by itself.
    pub retry_helps: bool,
    /// What the nodes have become so far.
    pub nodes: BTreeMap<NodeName, Bound>,
    /// What is still there and was to go.
    pub left: Vec<Left>,
    /// The times so far.
    pub timeline: Timeline,
    /// What was called.
    pub calls: Calls,
    /// Things inside our resources that are not ours.
    pub strangers: Vec<Stranger>,
}

/// Something that is still there and was to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The node that it was made for.
    pub node: NodeName,
    /// What it is.
    pub id: RemoteId,
    /// What holds it, as far as the cloud was asked: that is done when a delete is refused again and again.
    pub held_by: Vec<Blocker>,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id.kind, self.id)
    }
}

impl<O> Deployment<O> {
    /// What a wait for something of it ends with when somebody asks to stop: all of it is there.
    pub fn stopped(&self, calls: Calls) -> Failure {
        Failure::Stopped(Box::new(Halt {
            errors: Vec::new(),
            retry_helps: false,
            nodes: self.nodes.clone(),
            left: Vec::new(),
            timeline: self.timeline.clone(),
            calls,
            strangers: self.strangers.clone(),
        }))
    }
}

impl Failure {
    pub(crate) fn refused(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Refused(Error::new(ErrorKind::Refused, message).advice(advice))
    }

    /// What is known, if the run has begun to work.
    pub fn halt(&self) -> Option<&Halt> {
        match self {
            Self::Spec(_) | Self::Refused(_) => None,
            Self::Halted(halt) | Self::Stopped(halt) => Some(halt),
        }
    }

    /// Whether running the same again may help by itself.
    pub fn retry_helps(&self) -> bool {
        match self {
            Self::Spec(_) => false,
            Self::Refused(error) => time_fixes(error.kind()),
            Self::Halted(halt) | Self::Stopped(halt) => halt.retry_helps,
        }
    }
}

/// Whether time alone may fix it.
pub(crate) fn time_fixes(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Throttled
        | ErrorKind::Unavailable
        | ErrorKind::Ambiguous
        | ErrorKind::NotYet
        | ErrorKind::InUse
        | ErrorKind::Failed
        | ErrorKind::Journal => true,
        ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Quota
        | ErrorKind::Denied
        | ErrorKind::Expired
        | ErrorKind::Invalid
        | ErrorKind::Unsupported
        | ErrorKind::Fenced
        | ErrorKind::Refused => false,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = |f: &mut fmt::Formatter<'_>, items: &[String]| {
            items.iter().try_for_each(|item| write!(f, "\n  {item}"))
        };
        match self {
            Self::Spec(problems) => {
                write!(f, "the spec cannot be deployed:")?;
                lines(f, &problems.iter().map(ToString::to_string).collect::<Vec<_>>())
            }
            Self::Refused(error) => fmt::Display::fmt(error, f),
            Self::Halted(halt) => {
                write!(
                    f,
                    "stopped before the goal; what was independent is done, run again to go on:"
                )?;
                lines(f, &halt.errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
                lines(f, &halt.left.iter().map(|left| format!("left: {left}")).collect::<Vec<_>>())
            }
            Self::Stopped(_) => write!(f, "stopped on request; run again to go on"),
        }
    }
}

impl std::error::Error for Failure {}
