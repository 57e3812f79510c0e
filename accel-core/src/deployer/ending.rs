//! How every run ends: what it reached, or what kept it from that.

use std::collections::BTreeMap;

use super::opening::Opened;
use super::plan;
use super::report::{Calls, Failure, Halt, Left, time_fixes};
use crate::backend::{Blocker, Bound};
use crate::engine::Paused;
use crate::error::{Error, ErrorKind};
use crate::id::NodeName;
use crate::journal::{ItemId, Record};

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
        let retry_helps = driver.state.ids().any(|id| self.time_frees(id))
            || trouble.as_ref().is_some_and(|error| time_fixes(error.kind()));
        let halted = driver.state.ids().filter_map(|id| driver.agenda.turn(id).halted.clone());
        let errors = halted.chain(trouble).collect();
        let left = driver.state.ids().filter_map(|id| self.left(id));
        Halt {
            retry_helps,
            errors,
            nodes: self.nodes(),
            left: left.collect(),
            timeline: driver.timeline.clone(),
            calls: self.calls(),
            strangers: self.strangers.clone(),
        }
    }

    /// Whether a node has halted for what time alone may fix. What neither is ours nor goes by itself holds until somebody removes it.
    fn time_frees(&self, id: ItemId) -> bool {
        let turn = self.driver.agenda.turn(id);
        let ours = Some(self.driver.deployment.as_str());
        let stays =
            |holder: &Blocker| holder.usual_secs.is_none() && holder.deployment.as_deref() != ours;
        turn.halted.as_ref().is_some_and(|error| {
            let held = error.kind() == ErrorKind::InUse && turn.blockers.iter().any(stays);
            time_fixes(error.kind()) && !held
        })
    }

    /// The thing, if it was to go and is there.
    fn left(&self, id: ItemId) -> Option<Left> {
        let item = self.driver.state.item(id);
        let is_left = !item.wanted() && item.live();
        let remote = item.id.clone().filter(|_| is_left)?;
        let held_by = self.driver.agenda.turn(id).blockers.clone();
        Some(Left { node: item.name.clone(), id: remote, held_by })
    }

    pub(crate) fn calls(&self) -> Calls {
        Calls::new(self.driver.agenda.calls)
    }

    pub(crate) fn nodes(&self) -> BTreeMap<NodeName, Bound> {
        plan::nodes(&self.driver.state)
    }
}
