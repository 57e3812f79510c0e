//! What the answer to a delete means, and what holds what does not go.

use super::{BLOCKERS_AGAIN_MS, Judge, REFUSALS_BEFORE_BLOCKERS};
use crate::backend::Blocker;
use crate::engine::agenda::Moment;
use crate::engine::policy::{Next, Verb, next};
use crate::engine::state::{Item, Step};
use crate::error::{Error, ErrorKind};
use crate::id::RemoteId;
use crate::journal::{ItemId, Record, Seen};
use crate::tags;

impl Judge<'_> {
    pub(super) fn deleted(&mut self, id: ItemId) -> Vec<Record> {
        let item = self.item(id);
        self.agenda.speed_up(&item.family());
        let kind = self.item(id).kind;
        let gone = kind.facts().gone;
        let first_look = self.limits.first_look_ms(kind, gone);
        let now = self.now;
        self.turn(id).deleted_at = now;
        let settled = self.proof_at(id);
        self.agenda.removed_at = now;
        let turn = self.turn(id);
        turn.calm();
        turn.resend = false;
        turn.blockers.clear();
        turn.ask_blockers_at = None;
        turn.since = Some(now);
        turn.next_at = settled.max(now + first_look);
        if gone.is_some() || settled > now {
            vec![Record::Going { item: id }]
        } else {
            vec![Record::Gone { item: id }]
        }
    }

    /// From when on a look can tell that it has gone. A delete may have come before the cloud showed it, and done nothing. What stands in
    /// a thing of ours is in the way of that, then; what stands in somebody else's (a route of their table) is in nobody's way and would
    /// stay. Nothing that another run has made or deleted is younger than this run.
    pub(super) fn proof_at(&self, id: ItemId) -> Moment {
        let item = self.item(id);
        let is_others = |held: &RemoteId| {
            // A receipt may be for all that refers to its holder and to that parent.
            let keyed = tags::receipt_place(held.as_str(), item.key.as_deref());
            let has_receipt = |place: &str| self.agenda.receipts.contains(place);
            self.state.existing.contains(held) || has_receipt(&keyed) || has_receipt(held.as_str())
        };
        let among_others = !item.kind.facts().taggable && item.holds.iter().any(is_others);
        let since = self.agenda.turn(id).deleted_at;
        if among_others { since + self.window(id) } else { since }
    }

    /// "Not found" without a delete of ours is one look that says gone, and one proves nothing: a read decides.
    pub(super) fn vanished(&mut self, id: ItemId) -> Vec<Record> {
        let now = self.now;
        self.turn(id).deleted_at = now;
        let settled = self.proof_at(id);
        let turn = self.turn(id);
        turn.calm();
        turn.since = Some(now);
        turn.next_at = settled;
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
        self.agenda.relist |= relist;
        let strangers = self.held_by_strangers(id);
        let window = self.window(id);
        if lasted <= if strangers { window } else { limit } {
            return Vec::new();
        }
        if strangers && self.agenda.listed_at < now - lasted + window {
            // What carries no tags is known as ours by a listing alone, and the last one may have come before it showed.
            self.turn(id).ask_blockers_at = Some(now);
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

    /// Whether all that holds it is neither ours, as far as listings have shown, nor goes by itself.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::agenda::{Agenda, Limits};
    use crate::engine::state::{State, evolve};
    use crate::id::{NodeName, Place, Side};
    use crate::resource::Kind;

    /// What refusals at these seconds lead to, when something without tags holds a gateway that is to go, and a listing that shows it as
    /// nobody's was asked for at this second.
    fn refusals(listed_at_secs: u64, at_secs: &[u64]) -> Vec<Record> {
        let place = Place::new(Side::Entry, "ap-southeast-1");
        let seen = Seen {
            id: RemoteId::new(Kind::InternetGateway, place, "igw-1"),
            node: NodeName::from("gateway"),
            fingerprint: None,
            run: None,
            holds: Vec::new(),
            key: None,
        };
        let (mut state, mut agenda, id) = (State::default(), Agenda::default(), ItemId(0));
        evolve(&mut state, &Record::Found { item: None, seen });
        agenda.listed_at = listed_at_secs * 1000;
        let what = "gateway attachment".to_owned();
        let holder =
            Blocker { id: "igw-1/vpc-1".to_owned(), what, deployment: None, usual_secs: None };
        agenda.turn_mut(id).blockers = vec![holder];
        let mut records = Vec::new();
        for at in at_secs {
            let limits = Limits::default();
            let mut judge =
                Judge { state: &state, agenda: &mut agenda, limits: &limits, now: at * 1000 };
            records.extend(judge.delete_failed(id, Error::new(ErrorKind::InUse, "it is attached")));
        }
        records
    }

    /// Neither within the window, nor by a listing that came before all that there was at the first refusal could show.
    #[test]
    fn what_holds_a_thing_is_a_strangers_only_if_a_listing_after_a_window_says_so() {
        for (listed_at, refused_at) in
            [(0, &[5, 20, 50][..]), (34, &[5, 20, 50]), (50, &[5, 20, 34])]
        {
            assert_eq!(refusals(listed_at, refused_at), [], "{listed_at}: {refused_at:?}");
        }
        let records = refusals(40, &[5, 20, 50]);
        assert!(matches!(records[..], [Record::Halted { .. }]), "{records:?}");
    }
}
