//! What is due now. Pure: the same state, agenda and moment give the same commands in the same order.

use std::collections::BTreeSet;

use super::agenda::{Agenda, Limits, Moment, Sight};
use super::state::{Item, State, Step};
use crate::graph::{Need, NodeId};
use crate::id::Place;
use crate::journal::ItemId;
use crate::resource::{Kind, Repeat, Throttle};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Create(ItemId),
    Find(ItemId),
    Read(Place, Vec<ItemId>),
    Delete(ItemId),
    Blockers(ItemId),
    /// The doubt about a create is over: it had no effect.
    Refuse(ItemId),
}

/// The commands that are due, and when to ask again if nothing happens before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) commands: Vec<Command>,
    pub(crate) wake: Option<Moment>,
}

/// Kinds that are ready this soon are looked at only when a look is due anyway, or when nothing else is left to do.
const SOON_SECS: u32 = 5;

pub(crate) fn decide(state: &State, agenda: &Agenda, limits: &Limits, now: Moment) -> Decision {
    let mut view = View {
        state,
        agenda,
        limits,
        now,
        wake: None,
        doomed: state.ids().filter(|id| doomed_live(state.item(*id))).collect(),
        scouted: BTreeSet::new(),
        slowed: BTreeSet::new(),
    };
    let mut deletes = Vec::new();
    let mut commands = Vec::new();
    if !agenda.stopping {
        view.deletes(&mut deletes);
        view.creates(&mut commands);
    }
    deletes.append(&mut commands);
    let mut commands = deletes;
    commands.truncate(limits.concurrency.saturating_sub(agenda.in_flight));
    view.reads(&mut commands);
    Decision { commands, wake: view.wake }
}

fn doomed_live(item: &Item) -> bool {
    !item.wanted() && item.live()
}

struct View<'a> {
    state: &'a State,
    agenda: &'a Agenda,
    limits: &'a Limits,
    now: Moment,
    wake: Option<Moment>,
    /// New things to which one call is on its way.
    scouted: BTreeSet<ItemId>,
    /// Live items that are to go.
    doomed: Vec<ItemId>,
    /// Slowed families that have had their call of this round.
    slowed: BTreeSet<(Place, Throttle)>,
}

impl<'a> View<'a> {
    /// Whether the item's turn has come; if it comes later, remembers when.
    fn due(&mut self, item: ItemId) -> bool {
        let turn = self.agenda.turn(item);
        if turn.busy || turn.halted.is_some() {
            return false;
        }
        self.at(turn.next_at)
    }

    fn at(&mut self, moment: Moment) -> bool {
        if moment > self.now {
            self.wake = Some(self.wake.map_or(moment, |wake| wake.min(moment)));
        }
        moment <= self.now
    }

    /// Whether the item's API family may be called now; a slowed one takes one call at a time.
    fn spared(&mut self, item: &Item) -> bool {
        let family = item.family();
        let Some(slow) = self.agenda.families.get(&family).filter(|family| family.gap_ms > 0)
        else {
            return true;
        };
        self.at(slow.not_before) && self.slowed.insert(family)
    }

    fn creates(&mut self, commands: &mut Vec<Command>) {
        self.note_scouts();
        for &id in &self.state.by_node {
            let item = self.state.item(id);
            let node = item.node.expect("the item of a node is wanted");
            let command = match item.step {
                Step::Absent if self.may_create(node) && self.due(id) => self.make(id, node),
                Step::Intended if self.due(id) => self.settle_doubt(id),
                Step::Absent
                | Step::Intended
                | Step::Exists
                | Step::Ready
                | Step::Deleting
                | Step::Going
                | Step::Gone => continue,
            };
            if self.shown(node) && self.spared(item) {
                self.scout(node);
                commands.push(command);
            }
        }
    }

    /// The things that this run made and that nothing has shown yet, among what a node refers to.
    fn unseen(&self, node: NodeId) -> impl Iterator<Item = ItemId> + use<'a> {
        let (state, agenda) = (self.state, self.agenda);
        let edges = state.graph.node(node).edges().iter();
        edges.map(|edge| state.item_of(edge.to)).filter(|input| {
            let turn = agenda.turn(*input);
            turn.fresh && !turn.seen && !state.item(*input).kind.facts().setting
        })
    }

    fn note_scouts(&mut self) {
        if self.agenda.sight == Sight::Prompt {
            return;
        }
        for &id in &self.state.by_node {
            if self.agenda.turn(id).busy && self.state.item(id).step == Step::Intended {
                let node = self.state.item(id).node.expect("the item of a node is wanted");
                self.scout(node);
            }
        }
    }

    fn scout(&mut self, node: NodeId) {
        if self.agenda.sight != Sight::Prompt {
            let unseen = self.unseen(node);
            self.scouted.extend(unseen);
        }
    }

    /// Whether everything that the node refers to shows, as far as known. Unless the cloud shows new things at once, one call finds out
    /// for all: the others wait for its answer instead of being refused one by one.
    fn shown(&mut self, node: NodeId) -> bool {
        let hidden = self.unseen(node).map(|input| self.agenda.turn(input).hidden_until).max();
        let awaited = self.unseen(node).any(|input| self.scouted.contains(&input));
        hidden.is_none_or(|until| self.at(until)) && !awaited
    }

    /// The listing at the start was the look; only a setting, which no listing shows, and what met a conflict are looked for first.
    fn make(&self, id: ItemId, node: NodeId) -> Command {
        let item = self.state.item(id);
        let turn = self.agenda.turn(id);
        let new_parents = || {
            let mut edges = self.state.graph.node(node).edges().iter();
            edges.all(|edge| self.agenda.turn(self.state.item_of(edge.to)).fresh)
        };
        let unseen = item.kind.facts().setting && !turn.fresh && !new_parents();
        if (unseen || turn.trouble.is_some()) && !turn.looked {
            Command::Find(id)
        } else {
            Command::Create(id)
        }
    }

    /// After a lost answer: one look, and then the same request again where that is harmless; else looks until the window has passed.
    fn settle_doubt(&self, id: ItemId) -> Command {
        let turn = self.agenda.turn(id);
        let kind = self.state.item(id).kind;
        let began = turn.doubt.unwrap_or(self.now);
        match kind.facts().repeat {
            Repeat::Token | Repeat::Name | Repeat::Key if turn.looked => Command::Create(id),
            Repeat::None if turn.looked && self.now >= began + self.doubt_ms(kind) => {
                Command::Refuse(id)
            }
            Repeat::Token | Repeat::Name | Repeat::Key | Repeat::None => Command::Find(id),
        }
    }

    /// The call may still be on its way when its answer is given up: its own deadline comes on top of the window.
    fn doubt_ms(&self, kind: Kind) -> u64 {
        self.limits.window_ms(kind) + self.limits.call_ms()
    }

    /// Whether everything that the node needs is far enough, and its slot is free.
    fn may_create(&self, node: NodeId) -> bool {
        self.inputs_ready(node) && self.in_the_way(node).is_empty()
    }

    fn inputs_ready(&self, node: NodeId) -> bool {
        self.state.graph.node(node).edges().iter().all(|edge| {
            let id = self.state.item_of(edge.to);
            let step = self.state.item(id).step;
            let there = match edge.need {
                Need::Exists => matches!(step, Step::Exists | Step::Ready),
                Need::Ready => step == Step::Ready,
            };
            there && self.agenda.turn(id).gone_since.is_none()
        })
    }

    /// The live items of ours that hold what this node needs for itself: a slot, or what serves one at a time (an address, whosever it
    /// is).
    fn in_the_way(&self, node: NodeId) -> Vec<ItemId> {
        if self.doomed.is_empty() {
            return Vec::new();
        }
        let wanted = self.state.graph.node(node);
        let slots = self.state.slots(node);
        let held = self.state.holdings(node, &self.state.inputs(node));
        let blocks = |id: &ItemId| {
            let item = self.state.item(*id);
            if item.kind != wanted.kind() || item.place != wanted.place {
                return false;
            }
            let shares = |only: fn(Kind) -> bool| {
                held.iter().any(|input| only(input.kind) && item.holds(input))
            };
            let unknown = item.slots.is_empty() && !slots.is_empty();
            let nameless = unknown && item.fingerprint.is_none();
            let stands_for =
                |item: &Item| self.state.stands_for(node, &item.holds, item.key.as_deref());
            slots.iter().any(|slot| item.slots.iter().any(|held| slot.collides(held)))
                || shares(|kind| kind.facts().exclusive)
                || (unknown && item.name == wanted.name && shares(|_| true))
                || (nameless && stands_for(item).is_some())
        };
        self.doomed.iter().copied().filter(blocks).collect()
    }

    fn deletes(&mut self, commands: &mut Vec<Command>) {
        let mut due: Vec<ItemId> = Vec::new();
        for id in self.doomed.clone() {
            let item = self.state.item(id);
            let turn = self.agenda.turn(id);
            if turn.busy || turn.halted.is_some() {
                continue;
            }
            let ask = turn.ask_blockers_at.is_some_and(|at| at <= self.now);
            if ask {
                commands.push(Command::Blockers(id));
            } else if (item.step != Step::Going || turn.resend)
                && self.may_delete(id)
                && self.due(id)
                && self.spared(item)
            {
                due.push(id);
            }
        }
        // What costs money goes first; what narrows access does not queue behind anything.
        due.sort_by_key(|id| {
            let facts = self.state.item(*id).kind.facts();
            (!facts.opening, !facts.billed, *id)
        });
        commands.extend(due.into_iter().map(Command::Delete));
    }

    fn may_delete(&self, id: ItemId) -> bool {
        let item = self.state.item(id);
        let facts = item.kind.facts();
        let remote = item.id.as_ref().expect("what is live has an id");
        let vanishes = |parent: &ItemId| {
            // A parent that stays, for a person to decide about, takes nothing along.
            let stays = self.agenda.turn(*parent).halted.is_some();
            let parent = self.state.item(*parent);
            !stays
                && Some(parent.kind) == facts.vanishes_with
                && parent
                    .id
                    .as_ref()
                    .is_some_and(|parent| item.holds(parent) || parent.as_str() == remote.as_str())
        };
        if self.doomed.iter().any(vanishes) {
            return false;
        }
        let outlasted = |other: &ItemId| facts.outlasts.contains(&self.state.item(*other).kind);
        if self.doomed.iter().any(outlasted) {
            return false;
        }
        // By their texts: with the other side of a thing, the thing itself goes.
        let holds_it = |other: &Item| other.holds.iter().any(|id| id.as_str() == remote.as_str());
        let held = |other: &Item| {
            // What is wanted and there uses no more than a value of it. What is in doubt and would vanish with its parent counts as
            // there; what would not is found by the next listing.
            let doubtful = other.step == Step::Intended;
            let counts = other.wanted() || other.kind.facts().vanishes_with.is_some();
            ((other.live() && !other.wanted()) || (doubtful && counts))
                && holds_it(other)
                && (other.wanted() || other.kind.facts().vanishes_with != Some(item.kind))
                && !other.kind.facts().setting
        };
        if self.state.items.iter().any(held) {
            return false;
        }
        facts.opening || !self.successor_first(id)
    }

    /// Additions come before the removals that they replace: whether this one waits for a successor.
    fn successor_first(&self, id: ItemId) -> bool {
        let successors = self.successors(id);
        if let Some(node) = successors.iter().find(|node| self.in_the_way(**node).contains(&id)) {
            // It goes when the slot is all that its successor waits for.
            return !self.inputs_ready(*node) && !self.inputs_need_gone(*node, id);
        }
        successors.iter().any(|node| !self.needs_gone(*node, id, &mut BTreeSet::new()))
    }

    /// The nodes still to be made that replace it: the one of its name, or, for what was found without a name of ours, those of its
    /// kind under its parent.
    fn successors(&self, id: ItemId) -> Vec<NodeId> {
        let item = self.state.item(id);
        let under_its_parent =
            |node: NodeId| self.state.slots(node).iter().any(|slot| item.holds(slot.scope()));
        let replaces = |node: &NodeId| {
            let successor = self.state.item(self.state.item_of(*node));
            successor.kind == item.kind
                && successor.step != Step::Ready
                && (successor.name == item.name
                    || (item.fingerprint.is_none() && under_its_parent(*node)))
        };
        self.state.graph.ids().filter(replaces).collect()
    }

    fn inputs_need_gone(&self, node: NodeId, old: ItemId) -> bool {
        let mut seen = BTreeSet::new();
        let edges = self.state.graph.node(node).edges().iter();
        edges.clone().any(|edge| self.needs_gone(edge.to, old, &mut seen))
    }

    /// Whether the node can only be made once `old` is gone.
    fn needs_gone(&self, node: NodeId, old: ItemId, seen: &mut BTreeSet<NodeId>) -> bool {
        if !seen.insert(node) || self.state.item(self.state.item_of(node)).exists() {
            return false;
        }
        let mut holders = self.in_the_way(node).into_iter();
        let blocked = holders.any(|holder| self.goes_with(holder, old, &mut BTreeSet::new()));
        blocked
            || self.state.graph.node(node).edges().iter().any(|e| self.needs_gone(e.to, old, seen))
    }

    /// Whether `holder` can only go after `old`.
    fn goes_with(&self, holder: ItemId, old: ItemId, seen: &mut BTreeSet<ItemId>) -> bool {
        let Some(id) = &self.state.item(holder).id else { return false };
        let outlasts = self.state.item(holder).kind.facts().outlasts;
        let first = |other: &&ItemId| {
            let other = self.state.item(**other);
            other.holds(id) || outlasts.contains(&other.kind)
        };
        holder == old
            || (seen.insert(holder)
                && self.doomed.iter().filter(first).any(|other| self.goes_with(*other, old, seen)))
    }

    fn reads(&mut self, commands: &mut Vec<Command>) {
        let looks = self.state.ids().filter_map(|id| Some((id, self.reason_to_look(id)?)));
        let looks: Vec<(ItemId, Reason)> = looks.collect();
        // Only when nothing else is left to make is a look worth a call of its own for what is ready soon.
        let making = |id: &ItemId| {
            let turn = self.agenda.turn(*id);
            matches!(self.state.item(*id).step, Step::Absent | Step::Intended)
                && turn.halted.is_none()
        };
        let slow = looks.iter().any(|(_, reason)| *reason == Reason::Slow);
        let quiet = !slow && !self.state.by_node.iter().any(making);
        let mut due: Vec<(Place, Vec<ItemId>)> = Vec::new();
        let mut waiting: Vec<ItemId> = Vec::new();
        for (id, reason) in looks {
            let turn = self.agenda.turn(id);
            if turn.busy || turn.halted.is_some() || self.will_be_vouched_for(id) {
                continue;
            }
            waiting.push(id);
            let alone = reason == Reason::Slow || quiet || self.needed_ready(id);
            let place = &self.state.item(id).place;
            if alone && self.at(turn.next_at) && !due.iter().any(|(p, _)| p == place) {
                due.push((place.clone(), Vec::new()));
            }
        }
        for (place, items) in &mut due {
            items.extend(waiting.iter().filter(|id| self.state.item(**id).place == *place));
        }
        due.retain(|(_, items)| items.iter().any(|id| self.spared(self.state.item(*id))));
        commands.extend(due.into_iter().map(|(place, items)| Command::Read(place, items)));
    }

    fn reason_to_look(&self, id: ItemId) -> Option<Reason> {
        let item = self.state.item(id);
        let turn = self.agenda.turn(id);
        let slow = |times: Option<crate::resource::Times>| match times {
            Some(times) if times.usual_secs > SOON_SECS => Some(Reason::Slow),
            Some(_) => Some(Reason::Soon),
            None => None,
        };
        match item.step {
            Step::Going if !turn.resend => Some(Reason::Slow),
            Step::Exists | Step::Ready
                if item.wanted() && (turn.suspect || turn.gone_since.is_some()) =>
            {
                Some(Reason::Slow)
            }
            Step::Exists if item.wanted() => slow(item.kind.facts().ready),
            Step::Absent
            | Step::Intended
            | Step::Exists
            | Step::Ready
            | Step::Deleting
            | Step::Going
            | Step::Gone => None,
        }
    }

    /// Whether something that holds it, and can only become ready once this is, is being looked at.
    fn will_be_vouched_for(&self, id: ItemId) -> bool {
        let item = self.state.item(id);
        let Some(node) = item.node else { return false };
        let facts = item.kind.facts();
        let waits = facts.vouched_for && item.step == Step::Exists && !self.agenda.turn(id).suspect;
        waits
            && !self.needed_ready(id)
            && self.state.dependants[node.index()].iter().any(|dependant| {
                let other = self.state.item_of(*dependant);
                let holder = self.state.item(other);
                let holds = self.state.holds(*dependant, node);
                let pends = holder.step == Step::Exists && holder.kind.facts().ready.is_some();
                let halted = self.agenda.turn(other).halted.is_some();
                let looked_at = !holder.kind.facts().vouched_for || self.will_be_vouched_for(other);
                holds && pends && !halted && looked_at
            })
    }

    /// Whether something waits for this to be ready.
    fn needed_ready(&self, id: ItemId) -> bool {
        let Some(node) = self.state.item(id).node else { return false };
        self.state.dependants[node.index()].iter().any(|dependant| {
            let absent = self.state.item(self.state.item_of(*dependant)).step == Step::Absent;
            let mut edges = self.state.graph.node(*dependant).edges().iter();
            absent && edges.any(|edge| edge.to == node && edge.need == Need::Ready)
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// Worth a call of its own.
    Slow,
    /// Looked at when a look is due anyway.
    Soon,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::state::evolve;
    use crate::graph::Graph;
    use crate::id::{Place, RemoteId, Side};
    use crate::journal::Record;
    use crate::resource::{Subnet, Vpc};

    /// A network with a subnet, both there and ready.
    fn standing() -> State {
        let place = Place::new(Side::Entry, "ap-southeast-1");
        let mut graph = Graph::default();
        let cidr = "10.2.0.0/16".parse().expect("a block");
        let vpc = graph.add("vpc", &place, Vpc { cidr });
        let cidr = "10.2.0.0/20".parse().expect("a block");
        graph.add("subnet", &place, Subnet { vpc, cidr, zone: "ap-southeast-1a".into() });
        let mut state = State::default();
        evolve(&mut state, &Record::Planned { graph: Arc::new(graph) });
        for (item, kind) in [(ItemId(0), Kind::Vpc), (ItemId(1), Kind::Subnet)] {
            let id = RemoteId::new(kind, place.clone(), format!("thing-{}", item.0));
            evolve(&mut state, &Record::Created { item, id, carried: Vec::new() });
            let attributes = crate::resource::Attributes::Plain;
            evolve(&mut state, &Record::Ready { item, attributes });
        }
        state
    }

    fn due(state: &State) -> Vec<Command> {
        decide(state, &Agenda::default(), &Limits::default(), 0).commands
    }

    #[test]
    fn what_is_ready_needs_nothing() {
        assert_eq!(due(&standing()), []);
    }

    #[test]
    fn what_is_held_is_deleted_after_what_holds_it() {
        let mut state = standing();
        evolve(&mut state, &Record::Planned { graph: Arc::default() });
        assert_eq!(due(&state), [Command::Delete(ItemId(1))]);
        evolve(&mut state, &Record::Deleting { item: ItemId(1) });
        assert!(
            !due(&state).contains(&Command::Delete(ItemId(0))),
            "nobody knows yet that it is gone"
        );
        evolve(&mut state, &Record::Gone { item: ItemId(1) });
        assert_eq!(due(&state), [Command::Delete(ItemId(0))]);
    }

    #[test]
    fn what_is_referred_to_is_made_first() {
        let mut state = standing();
        evolve(&mut state, &Record::Lost { item: ItemId(1) });
        evolve(&mut state, &Record::Lost { item: ItemId(0) });
        assert_eq!(due(&state), [Command::Create(ItemId(0))]);
    }
}
