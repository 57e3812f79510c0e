//! What the answer to a delete means, and what holds what does not go.

use super::{BLOCKERS_AGAIN_MS, Judge, REFUSALS_BEFORE_BLOCKERS};
use crate::backend::Blocker;
use crate::engine::policy::{Next, Verb, next};
use crate::engine::state::{Item, Step};
use crate::error::{Error, ErrorKind};
use crate::journal::{ItemId, Record, Seen};

impl Judge<'_> {
    pub(super) fn deleted(&mut self, id: ItemId) -> Vec<Record> {
        let item = self.item(id);
        self.agenda.speed_up(&item.family());
        let kind = self.item(id).kind;
        let gone = kind.facts().gone;
        let first_look = self.limits.first_look_ms(kind, gone);
        let now = self.now;
        let turn = self.turn(id);
        turn.calm();
        turn.resend = false;
        turn.blockers.clear();
        turn.ask_blockers_at = None;
        turn.since = Some(now);
        turn.next_at = now + first_look;
        match gone {
            Some(_) => vec![Record::Going { item: id }],
            None => vec![Record::Gone { item: id }],
        }
    }

    /// "Not found" without a delete of ours is one look that says gone, and one proves nothing: a read decides.
    pub(super) fn vanished(&mut self, id: ItemId) -> Vec<Record> {
        let now = self.now;
        let turn = self.turn(id);
        turn.calm();
        turn.since = Some(now);
        turn.next_at = now;
        vec![Record::Going { item: id }]
    }

    pub(super) fn delete_failed(&mut self, id: ItemId, error: Error) -> Vec<Record> {
        match next(Verb::Delete, error.kind()) {
            Next::Done => return self.vanished(id),
            Next::Wait => {}
            Next::Retry
            | Next::SlowDown
            | Next::Doubt
            | Next::NotYet
            | Next::Look
            | Next::Gone
            | Next::Halt
            | Next::Stop => return self.repeat(id, Verb::Delete, error),
        }
        let (now, pause) = (self.now, self.pause(id, 15_000));
        let limit = u64::from(self.limits.in_use_secs) * 1000;
        let turn = self.agenda.turn_mut(id);
        let lasted = turn.again(now, pause, ErrorKind::InUse);
        if turn.tries >= REFUSALS_BEFORE_BLOCKERS && turn.ask_blockers_at.is_none() {
            turn.ask_blockers_at = Some(now);
        }
        // A child that no listing showed yet may hold it.
        let relist = turn.tries == 2;
        let strangers = self.held_by_strangers(id);
        self.agenda.relist |= relist;
        if lasted <= if strangers { self.window(id) } else { limit } {
            return Vec::new();
        }
        let held = self.held_by(id);
        self.halt(id, error.with_more(&held))
    }

    pub(super) fn blockers(
        &mut self,
        id: ItemId,
        answer: Result<Vec<Blocker>, Error>,
    ) -> Vec<Record> {
        let now = self.now;
        let turn = self.turn(id);
        turn.ask_blockers_at = Some(now + BLOCKERS_AGAIN_MS);
        self.agenda.relist = true;
        let Ok(blockers) = answer else { return Vec::new() };
        let revived = blockers.iter().filter_map(|blocker| self.revived(blocker)).collect();
        self.turn(id).blockers = blockers;
        revived
    }

    /// What is in the way is there, whatever was believed: a delete that came before the cloud showed it had no effect.
    pub(super) fn revived(&self, blocker: &Blocker) -> Option<Record> {
        let is = |item: &&Item| item.id.as_ref().is_some_and(|id| id.as_str() == blocker.id);
        let mut known = self.state.items.iter().filter(is);
        if known.clone().any(Item::live) {
            return None;
        }
        let item = known.next_back().filter(|item| item.step == Step::Gone)?;
        let seen = Seen {
            id: item.id.clone()?,
            node: item.name.clone(),
            fingerprint: item.fingerprint,
            run: item.run.clone(),
            holds: item.holds.clone(),
            key: item.key.clone(),
        };
        Some(Record::Found { item: None, seen })
    }

    /// Whether all that holds it is neither ours nor goes by itself.
    pub(super) fn held_by_strangers(&self, id: ItemId) -> bool {
        let blockers = &self.agenda.turn(id).blockers;
        let ours = |blocker: &Blocker| {
            let mut ids = self.state.items.iter().filter_map(|item| item.id.as_ref());
            blocker.deployment.is_some() || ids.any(|id| id.as_str() == blocker.id)
        };
        !blockers.is_empty() && blockers.iter().all(|b| b.usual_secs.is_none() && !ours(b))
    }

    pub(super) fn held_by(&self, id: ItemId) -> String {
        let names: Vec<String> =
            self.agenda.turn(id).blockers.iter().map(ToString::to_string).collect();
        if names.is_empty() { String::new() } else { format!("held by {}", names.join(", ")) }
    }
}
