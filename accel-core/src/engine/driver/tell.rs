//! What the observer and the timeline hear of the records.

use std::time::Duration;

use super::Driver;
use crate::engine::agenda::Moment;
use crate::engine::outcome::Outcome;
use crate::engine::policy::Verb;
use crate::error::Error;
use crate::event::{Event, NodeStep, Timed};
use crate::id::RemoteId;
use crate::journal::{ItemId, Record};

impl Driver<'_> {
    pub(crate) fn tell(&mut self, event: Event) {
        let at = self.began.elapsed();
        let Some(events) = &self.events else { return };
        Timed { at, event }.send(events, &mut self.missed);
    }

    pub(super) fn tell_record(&mut self, record: &Record) {
        let (item, step) = match record {
            Record::Intended { item, .. } => (item, NodeStep::Creating),
            Record::Doubtful { item } => (item, NodeStep::InDoubt),
            Record::Created { item, id, carried } => {
                for setting in carried {
                    self.timeline.ready(self.state.item(*setting), self.began.elapsed());
                }
                (item, self.exists(*item, id, false))
            }
            Record::Found { item: Some(item), seen } => (item, self.exists(*item, &seen.id, true)),
            Record::Ready { item, .. } => (item, NodeStep::Ready),
            Record::Replaced { item, why } => (item, NodeStep::Replacing { why: why.clone() }),
            Record::Lost { item } => (item, NodeStep::Lost),
            Record::Deleting { item } => (item, NodeStep::Deleting),
            Record::Going { item } => {
                let usual = self.state.item(*item).kind.facts().gone.map(|times| times.usual_secs);
                (item, NodeStep::Going { usual_secs: usual })
            }
            Record::Gone { item } => (item, NodeStep::Gone),
            Record::Halted { item, error } => (item, NodeStep::Halted { error: error.clone() }),
            Record::Started(_)
            | Record::Planned { .. }
            | Record::Found { item: None, .. }
            | Record::Refused { .. }
            | Record::Beat
            | Record::Ended { .. } => return,
        };
        self.spans.note(*item, &step);
        let about = self.state.item(*item);
        self.timeline.note(about, &step, self.began.elapsed());
        if self.events.is_some() {
            let (node, place, kind) = (about.name.clone(), about.place.clone(), about.kind);
            self.tell(Event::Node { node, place, kind, step });
        }
    }

    pub(super) fn exists(&self, item: ItemId, id: &RemoteId, found: bool) -> NodeStep {
        let usual_secs = self.state.item(item).kind.facts().ready.map(|times| times.usual_secs);
        NodeStep::Exists { id: id.clone(), found, usual_secs }
    }

    pub(super) fn trouble(&self, outcome: &Outcome) -> Vec<(ItemId, Verb, Error)> {
        if self.events.is_none() {
            return Vec::new();
        }
        match outcome {
            Outcome::Created(id, Err(error), _) => vec![(*id, Verb::Create, error.clone())],
            Outcome::Looked(id, Err(error)) => vec![(*id, Verb::Find, error.clone())],
            Outcome::Deleted(id, Err(error)) => vec![(*id, Verb::Delete, error.clone())],
            Outcome::Read(answers) => answers
                .iter()
                .filter_map(|(id, answer)| Some((*id, Verb::Read, answer.as_ref().err()?.clone())))
                .collect(),
            Outcome::Created(..)
            | Outcome::Looked(..)
            | Outcome::Deleted(..)
            | Outcome::Blockers(..) => Vec::new(),
        }
    }

    pub(crate) fn tell_looking(&mut self, until: Moment) {
        let wait = Duration::from_millis(until.saturating_sub(self.now()));
        self.tell(Event::Looking { wait });
    }
}
