//! What was called: one record per call, as text and as JSON.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::Kind;
use accel_core::{ErrorKind, NodeName, Place};
use serde::{Deserialize, Serialize};

use crate::fault::{Verb, Verdict};

/// One call of a verb. A batch of reads is one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its number, from 1.
    pub number: u64,
    /// When it took effect, since the world's birth.
    pub at: Duration,
    /// The verb.
    pub verb: Verb,
    /// What it was about; of a batch, the first.
    pub kind: Option<Kind>,
    /// Where; of a batch, the first's.
    pub place: Option<Place>,
    /// The node, where the engine said it.
    pub node: Option<NodeName>,
    /// What it was about, or what it made.
    pub id: Option<Arc<str>>,
    /// How many things it was about.
    pub items: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// What the schedule did to it.
    pub verdict: Verdict,
    /// Whether it could change the world.
    pub mutating: bool,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded.
    Done,
    /// It looked for something, and found it.
    Found,
    /// It looked for something, and did not find it.
    NotFound,
    /// It was refused.
    Refused {
        /// The kind of error.
        kind: ErrorKind,
        /// The provider's code.
        code: Option<String>,
    },
    /// It never came to an end.
    Unanswered,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.pad("ok"),
            Self::Found => f.pad("found"),
            Self::NotFound => f.pad("none"),
            Self::Refused { kind, code: Some(code) } => write!(f, "{kind} [{code}]"),
            Self::Refused { kind, code: None } => write!(f, "{kind}"),
            Self::Unanswered => f.pad("no answer"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.mutating { '*' } else { ' ' };
        write!(f, "{:>4} {:>9.3}{mark} {:<8}", self.number, self.at.as_secs_f64(), self.verb)?;
        if let Some(kind) = self.kind {
            write!(f, " {kind}")?;
        }
        if self.items > 1 {
            write!(f, " and {} more", self.items - 1)?;
        }
        if let Some(id) = &self.id {
            write!(f, " {id}")?;
        }
        if let Some(node) = &self.node {
            write!(f, " for {node}")?;
        }
        if let Some(place) = &self.place {
            write!(f, " in {place}")?;
        }
        write!(f, ": {}", self.outcome)?;
        if self.verdict != Verdict::Pass {
            write!(f, " ({})", self.verdict)?;
        }
        Ok(())
    }
}

/// Calls as text, one line each.
pub fn as_text(calls: &[Call]) -> String {
    let mut text = String::new();
    for call in calls {
        writeln!(text, "{call}").expect("a string takes everything");
    }
    text
}

/// Calls as JSON, one line each.
#[expect(clippy::missing_panics_doc, reason = "a call is plain data")]
pub fn as_json_lines(calls: &[Call]) -> String {
    let mut text = String::new();
    for call in calls {
        let line = serde_json::to_string(call).expect("a call is plain data");
        text.push_str(&line);
        text.push('\n');
    }
    text
}
