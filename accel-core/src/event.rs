//! What an observer sees while a run goes on.
//!
//! Events are sent through a bounded channel and never waited for: an observer that stalls, panics or goes away stops nothing. What it
//! misses is counted in [`Event::Missed`].

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Sender;

use crate::backend::Blocker;
use crate::engine::policy::Verb;
use crate::error::Error;
use crate::id::{NodeName, Place, RemoteId};
use crate::resource::{Health, Kind};

/// One event, with the time since the run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// Since the run began.
    pub at: Duration,
    /// What happened.
    pub event: Event,
}

impl Timed {
    /// Sends it without waiting for whoever watches, and first how many could not be sent before it.
    pub(crate) fn send(self, to: &Sender<Self>, missed: &mut u64) {
        let count = Self { at: self.at, event: Event::Missed { count: *missed } };
        if *missed > 0 && to.try_send(count).is_ok() {
            *missed = 0;
        }
        if to.try_send(self).is_err() {
            *missed += 1;
        }
    }
}

/// Something that a person who watches would want to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The plan is made and the work begins.
    Began {
        /// Nodes that are wanted.
        wanted: usize,
        /// Of them, nodes that exist already.
        existing: usize,
        /// Things that are to go.
        going: usize,
    },
    /// A node took a step.
    Node {
        /// Its name.
        node: NodeName,
        /// Where.
        place: Place,
        /// What it is.
        kind: Kind,
        /// The step.
        step: NodeStep,
    },
    /// A call did not succeed and will be tried again.
    Retry {
        /// The node it is about.
        node: NodeName,
        /// The verb.
        verb: Verb,
        /// What went wrong.
        error: Error,
        /// When it is tried again.
        after: Duration,
    },
    /// Something still holds a resource that is to go.
    Blocked {
        /// The node that is to go.
        node: NodeName,
        /// What holds it.
        by: Vec<Blocker>,
    },
    /// The places are listed once more: for strays, or for the certificate that nothing is left.
    Looking {
        /// Until when the run waits before it looks.
        wait: Duration,
    },
    /// Events that the observer was too slow for.
    Missed {
        /// How many.
        count: u64,
    },
}

/// A step of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NodeStep {
    /// Its create is being sent.
    Creating,
    /// A create got no answer: looking for what it did.
    InDoubt,
    /// It exists; made by this run or found.
    Exists {
        /// Its id.
        id: RemoteId,
        /// Whether it was there before.
        found: bool,
        /// How long it usually takes until it is ready, in seconds.
        usual_secs: Option<u32>,
    },
    /// It is ready.
    Ready,
    /// A look whether clients can use the whole has shown another health than the last one.
    Checked {
        /// What it is now.
        health: Health,
        /// How long it usually takes until it is healthy, in seconds.
        usual_secs: Option<u32>,
    },
    /// What exists is not as asked and is made anew.
    Replacing {
        /// Why.
        why: String,
    },
    /// It vanished behind our back and is made anew.
    Lost,
    /// Its delete is being sent.
    Deleting,
    /// It is on its way out.
    Going {
        /// How long that usually takes, in seconds.
        usual_secs: Option<u32>,
    },
    /// It is gone.
    Gone,
    /// It needs a person.
    Halted {
        /// Why, and what to do.
        error: Error,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began { wanted, existing, going } => {
                write!(f, "{wanted} nodes wanted, {existing} exist, {going} to go")
            }
            Self::Node { node, step, .. } => write!(f, "{node}: {step}"),
            Self::Retry { node, verb, error, after } => {
                write!(f, "{node}: {verb} again in {:.1} s: {}", after.as_secs_f64(), error.kind())
            }
            Self::Blocked { node, by } => {
                let names: Vec<String> = by.iter().map(ToString::to_string).collect();
                write!(f, "{node}: still held by {}", names.join(", "))
            }
            Self::Looking { wait } if wait.is_zero() => f.write_str("looking once more"),
            Self::Looking { wait } => write!(f, "looking once more in {} s", wait.as_secs()),
            Self::Missed { count } => write!(f, "{count} events missed"),
        }
    }
}

impl fmt::Display for NodeStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Creating => f.write_str("creating"),
            Self::InDoubt => f.write_str("no answer, looking for it"),
            Self::Exists { id, found, usual_secs } => {
                write!(f, "{} {id}", if *found { "found" } else { "made" })?;
                usual_secs.map_or(Ok(()), |secs| write!(f, ", usually ready in {secs} s"))
            }
            Self::Ready => f.write_str("ready"),
            Self::Checked { health: Health::Healthy, .. } => f.write_str("healthy"),
            Self::Checked { health, usual_secs } => {
                write!(f, "{health}")?;
                usual_secs.map_or(Ok(()), |secs| write!(f, ", usually healthy in {secs} s"))
            }
            Self::Replacing { why } => write!(f, "made anew: {why}"),
            Self::Lost => f.write_str("vanished, made anew"),
            Self::Deleting => f.write_str("deleting"),
            Self::Going { usual_secs } => {
                f.write_str("going")?;
                usual_secs.map_or(Ok(()), |secs| write!(f, ", usually gone in {secs} s"))
            }
            Self::Gone => f.write_str("gone"),
            Self::Halted { error } => write!(f, "halted: {error}"),
        }
    }
}
