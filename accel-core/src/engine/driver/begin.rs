//! How a run begins: what is there now, held against what is wanted. Judged once, before anything is written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Driver;
use crate::backend::Found;
use crate::engine::agenda::Moment;
use crate::engine::reconcile::{Context, Reconciled, reconcile};
use crate::engine::state::{State, evolve};
use crate::error::Result;
use crate::graph::Graph;
use crate::id::RemoteId;
use crate::journal::{Record, Started};

/// What a run would begin with. A plan shows it and changes nothing; a deploy and a cleanup write it.
pub(crate) struct Beginning {
    /// Everything known, as the records will leave it.
    pub(crate) state: State,
    /// What the opening look means, with all records of the beginning.
    pub(crate) seen: Reconciled,
    first_seen: BTreeMap<RemoteId, Moment>,
}

impl Driver<'_> {
    /// Judges the opening look. What it refuses leaves no record.
    pub(crate) fn foresee(
        &self,
        started: &Started,
        graph: Graph,
        found: &[Found],
        adopt: bool,
    ) -> Result<Beginning> {
        let graph = Arc::new(graph);
        let first = [Record::Started(started.clone()), Record::Planned { graph }];
        let mut state = self.state.clone();
        for record in &first {
            evolve(&mut state, record);
        }
        let mut first_seen = self.first_seen.clone();
        let mut context = Context {
            deployment: &self.deployment,
            run: &self.stamp.run,
            adopt,
            revoke_foreign: self.revoke_foreign,
            opening: true,
            journalled: self.ledger.in_use(),
            now: self.now(),
            limits: &self.limits,
            first_seen: &mut first_seen,
        };
        let (mut seen, state) = reconcile(Cow::Owned(state), &self.agenda, found, &mut context)?;
        seen.records.splice(..0, first);
        Ok(Beginning { state: state.into_owned(), seen, first_seen })
    }

    /// Writes the first records of the run, all at once.
    pub(crate) async fn begin(&mut self, beginning: Beginning) -> Result<Reconciled> {
        let Beginning { state, seen, first_seen } = beginning;
        self.record_with(&seen.records, state).await?;
        self.first_seen = first_seen;
        self.recorded = seen.recorded;
        self.take_note(&seen);
        Ok(seen)
    }
}
