//! How every run ends: what it reached, or what kept it from that.

use std::collections::BTreeMap;

use super::opening::Opened;
use super::plan;
use super::report::{Calls, Failure, Halt, time_fixes};
use crate::backend::Bound;
use crate::engine::Paused;
use crate::error::{Error, ErrorKind};
use crate::id::NodeName;
use crate::journal::Record;

impl Opened<'_> {
    /// Ends the run: gives the lease back, and says what kept it from its goal, if anything did.
    pub(crate) async fn end(&mut self, done: Result<Paused, Error>) -> Result<(), Failure> {
        let (stopped, trouble) = match done {
            // Who has lost the journal writes nothing more.
            Err(error) if matches!(error.kind(), ErrorKind::Journal | ErrorKind::Fenced) => {
                return Err(Failure::Refused(error));
            }
            Err(error) => (false, Some(error)),
            Ok(paused) => (paused == Paused::Stopped, None),
        };
        let reached = !stopped && trouble.is_none() && self.driver.reached();
        self.driver.record(&[Record::Ended { reached }]).await?;
        if reached {
            return Ok(());
        }
        let halt = Box::new(self.halt(trouble));
        Err(if stopped { Failure::Stopped(halt) } else { Failure::Halted(halt) })
    }

    /// Everything known when a run ends before its goal.
    fn halt(&self, trouble: Option<Error>) -> Halt {
        let driver = &self.driver;
        let halted = driver.state.ids().filter_map(|id| driver.agenda.turn(id).halted.clone());
        let errors: Vec<_> = halted.chain(trouble).collect();
        let left = driver.state.items.iter().filter(|item| !item.wanted() && item.live());
        Halt {
            retry_helps: errors.iter().any(|error| time_fixes(error.kind())),
            errors,
            nodes: self.nodes(),
            left: left
                .map(|item| {
                    format!("{} {}", item.kind, item.id.as_ref().map_or("", |id| id.as_str()))
                })
                .collect(),
            timeline: driver.timeline.clone(),
            calls: self.calls(),
            strangers: self.strangers.clone(),
        }
    }

    pub(crate) fn calls(&self) -> Calls {
        Calls::new(self.driver.agenda.calls)
    }

    pub(crate) fn nodes(&self) -> BTreeMap<NodeName, Bound> {
        plan::nodes(&self.driver.state)
    }
}
