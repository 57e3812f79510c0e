//! What a look at a thing means: still on its way, ready, broken, or gone.

use super::{BLOCKERS_AGAIN_MS, GONE_LOOKS, Judge, LEAST_PAUSE_MS};
use crate::backend::Phase;
use crate::engine::agenda::Turn;
use crate::engine::state::Step;
use crate::error::{Error, ErrorKind};
use crate::journal::{ItemId, Record};
use crate::resource::Attributes;

/// How often what was given up is made anew.
const BREAKS_MAX: u32 = 2;

impl Judge<'_> {
    pub(super) fn read(&mut self, id: ItemId, phase: Phase) -> Vec<Record> {
        let item = self.item(id);
        let step = item.step;
        if !item.live() {
            return Vec::new();
        }
        match phase {
            Phase::Gone if step == Step::Going && self.now < self.proof_at(id) => {
                self.turn(id).next_at = self.proof_at(id);
                Vec::new()
            }
            Phase::Gone if step == Step::Going => {
                self.turn(id).went = Some(self.now);
                vec![Record::Gone { item: id }]
            }
            Phase::Deleting if step == Step::Going => self.still(id, "going"),
            Phase::Ready(ready) if step == Step::Going && item.wanted() => {
                self.stays(id, ready.attributes)
            }
            Phase::Pending | Phase::Waiting { .. } | Phase::Ready(_) | Phase::Failed { .. }
                if step == Step::Going =>
            {
                self.not_going(id)
            }
            Phase::Gone => self.seems_gone(id),
            Phase::Deleting if item.wanted() => self.seems_going(id),
            Phase::Deleting => vec![Record::Going { item: id }],
            Phase::Failed { why } => self.broken(id, why),
            Phase::Waiting { on } => {
                let error = Error::new(ErrorKind::NotYet, format!("waits for {on}"));
                self.halt(id, error.advice("have it accepted, then run deploy again"))
            }
            Phase::Pending => {
                self.alive(id);
                self.still(id, "pending")
            }
            Phase::Ready(ready) => {
                self.alive(id);
                self.turn(id).calm();
                let known = step == Step::Ready
                    && self.item(id).attributes.as_ref() == Some(&ready.attributes);
                let ready = Record::Ready { item: id, attributes: ready.attributes };
                let mut records = if known { Vec::new() } else { vec![ready] };
                self.vouch(id, &mut records);
                records
            }
        }
    }

    /// What is ready vouches for what it holds.
    fn vouch(&mut self, id: ItemId, records: &mut Vec<Record>) {
        for input in self.inputs_of(id) {
            let item = self.item(input);
            let held = item.node.zip(self.item(id).node);
            let held = held.is_some_and(|(input, by)| self.state.holds(by, input));
            let told =
                |record: &Record| matches!(record, Record::Ready { item, .. } if *item == input);
            let news = held && item.kind.facts().vouched_for && item.step == Step::Exists;
            if news && !self.agenda.turn(input).suspect && !records.iter().any(told) {
                records.push(Record::Ready { item: input, attributes: Attributes::Plain });
                self.turn(input).calm();
                self.vouch(input, records);
            }
        }
    }

    pub(super) fn alive(&mut self, id: ItemId) {
        let turn = self.turn(id);
        turn.suspect = false;
        turn.gone_since = None;
        turn.gone_looks = 0;
    }

    /// One "gone" proves nothing: without a delete of ours, looks over a whole window must agree.
    pub(super) fn seems_gone(&mut self, id: ItemId) -> Vec<Record> {
        if self.turn(id).gone_since.is_none() {
            // It may have gone with what it belongs to.
            for input in self.inputs_of(id) {
                self.turn(input).suspect = true;
            }
        }
        if !self.looks_agree(id) {
            return Vec::new();
        }
        let turn = self.turn(id);
        let remade = turn.remade;
        *turn = Turn { remade, ..Turn::default() };
        if !self.may_remake(id) {
            let error = Error::new(ErrorKind::NotFound, "it is gone as often as it is made");
            let mut records = self.halt(id, error.advice("look who removes it, then run again"));
            records.insert(0, Record::Lost { item: id });
            return records;
        }
        for dependant in self.dependants_of(id) {
            let turn = self.turn(dependant);
            turn.suspect = true;
            // What was given up for the sake of this one gets another try with the next.
            turn.broken = 0;
        }
        vec![Record::Lost { item: id }]
    }

    /// Nobody here deletes it: what is new and shows its parts before itself looks the same, and the next look may find nothing at all.
    /// Believed at once, that would be its end, and it would be made a second time.
    fn seems_going(&mut self, id: ItemId) -> Vec<Record> {
        if !self.looks_agree(id) {
            return Vec::new();
        }
        self.turn(id).calm();
        vec![Record::Going { item: id }]
    }

    /// Whether looks over a whole window agree that it is not there any more, or not for long.
    fn looks_agree(&mut self, id: ItemId) -> bool {
        let (now, window) = (self.now, self.window(id));
        let turn = self.turn(id);
        let since = *turn.gone_since.get_or_insert(now);
        turn.gone_looks += 1;
        turn.next_at = now + (window / 4).max(1);
        now - since >= window && turn.gone_looks >= GONE_LOOKS
    }

    pub(super) fn dependants_of(&self, id: ItemId) -> Vec<ItemId> {
        let Some(node) = self.item(id).node else { return Vec::new() };
        let items =
            self.state.dependants[node.index()].iter().map(|node| self.state.item_of(*node));
        items.filter(|item| !self.item(*item).kind.facts().setting).collect()
    }

    /// Accepted, and then given up: made anew twice, then a person. It may have been given up for something that is gone and still
    /// showed, which is looked at first, when old looks are over; or for another one of it that did not show, which a listing finds, and
    /// which takes its time to go.
    pub(super) fn broken(&mut self, id: ItemId, why: String) -> Vec<Record> {
        let turn = self.turn(id);
        turn.broken += 1;
        let broken = turn.broken;
        if broken > BREAKS_MAX {
            return self.halt(
                id,
                Error::new(ErrorKind::Failed, why)
                    .advice("see the provider's reason, then run deploy again"),
            );
        }
        let (now, window) = (self.now, self.window(id) * u64::from(broken * broken));
        self.agenda.relist = true;
        *self.turn(id) = Turn { broken, next_at: now + window, ..Turn::default() };
        for input in self.inputs_of(id) {
            let turn = self.turn(input);
            turn.suspect = true;
            turn.next_at = now + window / 4 * 3;
        }
        vec![Record::Replaced { item: id, why }]
    }

    /// Not there yet, or not gone yet: looks come at a twenty-fifth of the time that has passed.
    pub(super) fn still(&mut self, id: ItemId, what: &str) -> Vec<Record> {
        let now = self.now;
        let facts = self.item(id).kind.facts();
        let going = what == "going";
        let times = if going { facts.gone } else { facts.ready };
        let limit = times
            .map_or(u64::from(self.limits.in_use_secs), |times| u64::from(times.limit_secs))
            * 1000;
        let kind = self.item(id).kind;
        let (first_look, least) = (
            self.limits.first_look_ms(kind, times),
            self.limits.scaled_ms(kind, 1).max(LEAST_PAUSE_MS),
        );
        let turn = self.turn(id);
        turn.tries = 0;
        let since = *turn.since.get_or_insert(now);
        let lasted = now - since;
        // A deploy waits for the slowest thing, and the next step for this look; a cleanup is in less of a hurry.
        let pause = (lasted / if going { 8 } else { 25 }).clamp(least, 30_000);
        turn.next_at = (since + first_look).max(now + pause);
        if going && turn.ask_blockers_at.is_none() && lasted > BLOCKERS_AGAIN_MS * 2 {
            turn.ask_blockers_at = Some(now);
        }
        if lasted <= limit {
            return Vec::new();
        }
        let held = self.held_by(id);
        let error =
            Error::new(ErrorKind::Failed, format!("still {what} after {} s", lasted / 1000));
        self.halt(id, error.with_more(&held).advice("look at it in the console, then run again"))
    }

    /// A delete was accepted, yet it is there as before. The look may be stale; if looks agree, the delete is sent again.
    pub(super) fn not_going(&mut self, id: ItemId) -> Vec<Record> {
        let (now, window) = (self.now, self.window(id));
        if self.item(id).wanted() {
            self.turn(id).next_at = now + (window / 4).max(1);
            return Vec::new();
        }
        let pause = self.pause(id, 5_000);
        let turn = self.turn(id);
        if turn.again(now, pause, ErrorKind::NotYet) > window / 2 {
            turn.calm();
            turn.resend = true;
            turn.next_at = now;
        }
        Vec::new()
    }

    /// Wanted again after a delete whose outcome nobody knows. Looks lag: only when they agree for a whole window did it have no effect.
    pub(super) fn stays(&mut self, id: ItemId, attributes: Attributes) -> Vec<Record> {
        let (now, window) = (self.now, self.window(id));
        let turn = self.turn(id);
        let since = *turn.since.get_or_insert(now);
        turn.next_at = now + (window / 4).max(1);
        if now - since < window {
            return Vec::new();
        }
        turn.calm();
        vec![Record::Ready { item: id, attributes }]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::backend::Ready;
    use crate::engine::agenda::{Agenda, Limits};
    use crate::engine::outcome::Outcome;
    use crate::engine::state::{State, evolve};
    use crate::graph::Graph;
    use crate::id::{Place, RemoteId, Side};
    use crate::resource::{Kind, Subnet, Vpc};

    /// What looks at these seconds, each of which says the same, lead to.
    fn looks(at_secs: &[u64], phase: &Phase) -> Vec<Record> {
        let place = Place::new(Side::Entry, "ap-southeast-1");
        let mut graph = Graph::default();
        graph.add("vpc", &place, Vpc { cidr: "10.2.0.0/16".parse().expect("a block") });
        let (mut state, mut agenda) = (State::default(), Agenda::default());
        evolve(&mut state, &Record::Planned { graph: Arc::new(graph) });
        let (item, id) = (ItemId(0), RemoteId::new(Kind::Vpc, place, "vpc-1"));
        evolve(&mut state, &Record::Created { item, id, carried: Vec::new() });
        let mut records = Vec::new();
        for at in at_secs {
            let limits = Limits::default();
            let mut judge =
                Judge { state: &state, agenda: &mut agenda, limits: &limits, now: at * 1000 };
            records.extend(judge.read(item, phase.clone()));
        }
        records
    }

    /// Without a delete of ours: not one look, not a few within the window, and not two however far apart.
    #[test]
    fn gone_or_going_is_believed_only_after_agreeing_looks_over_a_window() {
        for too_few in [&[5][..], &[5, 10, 15, 20], &[5, 3600]] {
            for phase in [Phase::Gone, Phase::Deleting] {
                assert_eq!(looks(too_few, &phase), [], "{phase:?} at {too_few:?}");
            }
        }
        let enough = &[5, 20, 35];
        assert_eq!(looks(enough, &Phase::Gone), [Record::Lost { item: ItemId(0) }]);
        assert_eq!(looks(enough, &Phase::Deleting), [Record::Going { item: ItemId(0) }]);
    }

    /// One look at a network that has failed and at a subnet in it that is ready: the subnet goes with the network, and what is to be made
    /// in its stead is not there yet.
    #[test]
    fn what_a_look_says_of_a_thing_is_not_said_of_its_successor() {
        for late in [Phase::Ready(Ready::new(Attributes::Plain)), Phase::Deleting] {
            let place = Place::new(Side::Entry, "ap-southeast-1");
            let mut graph = Graph::default();
            let vpc = Vpc { cidr: "10.2.0.0/16".parse().expect("a block") };
            let vpc = graph.add("vpc", &place, vpc);
            let cidr = "10.2.0.0/20".parse().expect("a block");
            graph.add("subnet", &place, Subnet { vpc, cidr, zone: "ap-southeast-1a".into() });
            let (mut state, mut agenda) = (State::default(), Agenda::default());
            evolve(&mut state, &Record::Planned { graph: Arc::new(graph) });
            let [vpc, subnet] = [ItemId(0), ItemId(1)];
            for (item, kind) in [(vpc, Kind::Vpc), (subnet, Kind::Subnet)] {
                let id = RemoteId::new(kind, place.clone(), kind.name());
                evolve(&mut state, &Record::Created { item, id, carried: Vec::new() });
            }
            let limits = Limits::default();
            let mut judge = Judge { state: &state, agenda: &mut agenda, limits: &limits, now: 0 };
            let failed = Phase::Failed { why: "no room".to_owned() };
            let records = judge.judge(Outcome::Read(vec![(vpc, Ok(failed)), (subnet, Ok(late))]));
            for record in &records {
                evolve(&mut state, record);
            }
            assert_eq!(state.item(subnet).step, Step::Absent, "{records:?}");
        }
    }

    #[test]
    fn what_several_of_one_batch_vouch_for_is_ready_once() {
        let place = Place::new(Side::Entry, "ap-southeast-1");
        let mut graph = Graph::default();
        let vpc = graph.add("vpc", &place, Vpc { cidr: "10.2.0.0/16".parse().expect("a block") });
        for (name, cidr) in [("a", "10.2.0.0/20"), ("b", "10.2.16.0/20")] {
            let (cidr, zone) = (cidr.parse().expect("a block"), name.into());
            graph.add(name, &place, Subnet { vpc: vpc.clone(), cidr, zone });
        }
        let (mut state, mut agenda) = (State::default(), Agenda::default());
        evolve(&mut state, &Record::Planned { graph: Arc::new(graph) });
        for (item, kind) in [(0, Kind::Vpc), (1, Kind::Subnet), (2, Kind::Subnet)] {
            let id = RemoteId::new(kind, place.clone(), format!("{kind}-{item}"));
            evolve(&mut state, &Record::Created { item: ItemId(item), id, carried: Vec::new() });
        }
        let limits = Limits::default();
        let mut judge = Judge { state: &state, agenda: &mut agenda, limits: &limits, now: 1000 };
        let ready = |item| (ItemId(item), Ok(Phase::Ready(Ready::new(Attributes::Plain))));
        let records = judge.judge(Outcome::Read(vec![ready(1), ready(2)]));
        let mut told: Vec<u32> = records
            .iter()
            .map(|record| {
                let Record::Ready { item, .. } = record else { panic!("{record:?}") };
                item.0
            })
            .collect();
        told.sort_unstable();
        assert_eq!(told, [0, 1, 2]);
    }
}
