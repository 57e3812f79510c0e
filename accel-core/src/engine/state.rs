//! What is known: the fold of all records. [`evolve`] is the only code that changes it.
//!
//! Live runs and recovery fold the same records through the same function, so there is no recovery code.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::backend::{Bound, Inputs};
use crate::graph::{Graph, NodeId, Role};
use crate::id::{Fingerprint, NodeName, Place, RemoteId, RunId};
use crate::journal::{ItemId, Record, Seen, Started};
use crate::resource::{Attributes, Describe, Kind, Slot, Throttle};

/// How far an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Not there, as far as anybody knows.
    Absent,
    /// A create was about to be sent, and nothing is known of its outcome.
    Intended,
    /// It has an id.
    Exists,
    /// It is ready.
    Ready,
    /// A delete was about to be sent.
    Deleting,
    /// It is on its way out.
    Going,
    /// It is gone; nothing more will happen to this item.
    Gone,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "still to be made",
            Self::Intended => "in doubt",
            Self::Exists => "there",
            Self::Ready => "ready",
            Self::Deleting => "being deleted",
            Self::Going => "going",
            Self::Gone => "gone",
        })
    }
}

/// One remote thing, or one that is wanted. Two things of one owner (a duplicate, a predecessor) are two items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) name: NodeName,
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    /// The node that wants it; none if it is to go.
    pub(crate) node: Option<NodeId>,
    pub(crate) step: Step,
    pub(crate) id: Option<RemoteId>,
    pub(crate) attributes: Option<Attributes>,
    /// The ids that it refers to.
    pub(crate) holds: Vec<RemoteId>,
    pub(crate) key: Option<String>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) attempt: u32,
    /// Whether a create of it was ever in doubt: only then can there be a second one of ours.
    pub(crate) doubted: bool,
    pub(crate) run: Option<RunId>,
    /// For a setting of several parents: those whose create carried it.
    pub(crate) carried_by: Vec<ItemId>,
}

impl Item {
    pub(crate) fn wanted(&self) -> bool {
        self.node.is_some()
    }

    /// The API family that serves it: what "too many" slows down.
    pub(crate) fn family(&self) -> (Place, Throttle) {
        (self.place.clone(), self.kind.facts().throttle)
    }

    /// Whether the cloud may hold it under a known id.
    pub(crate) fn live(&self) -> bool {
        matches!(self.step, Step::Exists | Step::Ready | Step::Deleting | Step::Going)
    }

    /// Whether others may refer to it.
    pub(crate) fn exists(&self) -> bool {
        matches!(self.step, Step::Exists | Step::Ready)
    }

    /// Whether nothing of it is there, and nothing in doubt.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self.step, Step::Absent | Step::Gone)
    }

    pub(crate) fn holds(&self, id: &RemoteId) -> bool {
        self.holds.iter().any(|held| held.same(id))
    }

    /// Forgets the remote thing; the node that wants it starts anew.
    fn reset(&mut self, spent: bool) {
        self.step = Step::Absent;
        self.id = None;
        self.attributes = None;
        self.holds.clear();
        self.slots.clear();
        self.key = None;
        self.run = None;
        self.carried_by.clear();
        self.attempt += u32::from(spent);
    }
}

/// Everything that the records say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) items: Vec<Item>,
    pub(crate) graph: Arc<Graph>,
    /// The item of each node of the graph.
    pub(crate) by_node: Vec<ItemId>,
    /// The settings that each node's create carries.
    pub(crate) carries: Vec<Vec<NodeId>>,
    /// The nodes that refer to each node.
    pub(crate) dependants: Vec<Vec<NodeId>>,
    /// What some graph of this log has named as existing already, and not ours.
    pub(crate) existing: BTreeSet<RemoteId>,
    /// All runs that this log knows, oldest first.
    pub(crate) runs: Vec<Started>,
    /// Whether the last of them ended by itself.
    pub(crate) ended: bool,
}

impl State {
    pub(crate) fn item(&self, id: ItemId) -> &Item {
        &self.items[id.index()]
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ItemId> + use<> {
        (0..u32::try_from(self.items.len()).expect("fewer than 2^32 items")).map(ItemId)
    }

    /// Whether the cloud itself keeps the reference between two nodes.
    pub(crate) fn holds(&self, dependant: NodeId, node: NodeId) -> bool {
        let mut edges = self.graph.node(dependant).edges().iter();
        edges.any(|edge| edge.to == node && edge.role == Role::Holds)
    }

    pub(crate) fn item_of(&self, node: NodeId) -> ItemId {
        self.by_node[node.index()]
    }

    /// What a node's references have become, in the order of the references. One that does not exist yet stands as an id that equals
    /// no real one.
    pub(crate) fn inputs(&self, node: NodeId) -> Vec<(NodeId, Bound)> {
        let edges = self.graph.node(node).edges();
        let mut bound: Vec<(NodeId, Bound)> = Vec::with_capacity(edges.len());
        for edge in edges {
            if edge.role == Role::After || bound.iter().any(|(id, _)| *id == edge.to) {
                continue;
            }
            let item = self.item(self.item_of(edge.to));
            let id = item.id.clone().unwrap_or_else(|| {
                RemoteId::new(item.kind, item.place.clone(), format!("?{}", item.name))
            });
            bound.push((edge.to, Bound { id, attributes: item.attributes.clone() }));
        }
        bound
    }

    /// Everything that a node refers to, once its references have become this: nodes, and what exists and is not ours.
    pub(crate) fn holdings(&self, node: NodeId, bound: &[(NodeId, Bound)]) -> Vec<RemoteId> {
        let mut held: Vec<RemoteId> = bound.iter().map(|(_, bound)| bound.id.clone()).collect();
        held.extend(self.graph.node(node).resource.existing());
        held
    }

    /// The slots that a wanted item occupies or will occupy.
    pub(crate) fn slots(&self, node: NodeId) -> Vec<Slot> {
        let bound = self.inputs(node);
        self.graph.node(node).resource.slots(&Inputs::new(&bound))
    }

    /// Where something found, whose own slots nobody knows, stands in the node's place: a parent that scopes one of the node's slots, and
    /// under which it has an equal key.
    pub(crate) fn stands_for(
        &self,
        node: NodeId,
        holds: &[RemoteId],
        key: Option<&str>,
    ) -> Option<RemoteId> {
        let bound = self.inputs(node);
        let inputs = Inputs::new(&bound);
        let resource = &self.graph.node(node).resource;
        if resource.key(&inputs).as_deref() != key {
            return None;
        }
        let scopes = |slot: &Slot| holds.iter().find(|held| held.same(slot.scope())).cloned();
        resource.slots(&inputs).iter().find_map(scopes)
    }

    pub(crate) fn knows_run(&self, run: &RunId) -> bool {
        self.runs.iter().any(|started| started.stamp.run == *run)
    }
}

/// Changes the state by one record. Total: a record that does not fit (which only a damaged log could hold) changes nothing.
pub(crate) fn evolve(state: &mut State, record: &Record) {
    match record {
        Record::Started(started) => {
            state.runs.push(started.clone());
            state.ended = false;
        }
        Record::Planned { graph } => plan(state, graph),
        Record::Found { item: Some(item), seen } => bind(state, *item, seen),
        Record::Found { item: None, seen } => state.items.push(stranger(seen)),
        Record::Ended { .. } => state.ended = true,
        Record::Halted { .. } | Record::Beat => {}
        Record::Intended { item, attempt, holds, key, slots } => {
            change(state, *item, |item| {
                item.doubted |= item.step == Step::Intended;
                item.step = Step::Intended;
                item.attempt = *attempt;
                item.holds.clone_from(holds);
                item.key.clone_from(key);
                item.slots.clone_from(slots);
            });
        }
        Record::Doubtful { item } => change(state, *item, |item| {
            item.doubted = true;
            item.step = item.step.max(Step::Intended);
        }),
        Record::Created { item, id, carried } => created(state, *item, id, carried),
        Record::Refused { item, spent } => change(state, *item, |item| match item.node {
            Some(_) => item.reset(*spent),
            None => item.step = Step::Gone,
        }),
        // What one look said of several things may have been about what has been replaced for the sake of another of them.
        Record::Ready { item, attributes } => change_live(state, *item, |item| {
            item.step = Step::Ready;
            item.attributes = Some(attributes.clone());
        }),
        Record::Replaced { item, .. } => replaced(state, *item),
        Record::Lost { item } => change(state, *item, |item| {
            item.reset(true);
            // Believed gone, and not seen to go: if that was wrong, there will be two.
            item.doubted = true;
        }),
        Record::Deleting { item } => change(state, *item, |item| item.step = Step::Deleting),
        Record::Going { item } => change_live(state, *item, |item| item.step = Step::Going),
        Record::Gone { item } => gone(state, *item),
    }
}

fn change(state: &mut State, item: ItemId, act: impl FnOnce(&mut Item)) {
    if let Some(item) = state.items.get_mut(item.index()) {
        act(item);
    }
}

fn change_live(state: &mut State, item: ItemId, act: impl FnOnce(&mut Item)) {
    change(state, item, |item| {
        if item.live() {
            act(item);
        }
    });
}

/// Something found that is to go.
fn stranger(seen: &Seen) -> Item {
    Item {
        name: seen.node.clone(),
        fingerprint: seen.fingerprint,
        kind: seen.id.kind,
        place: seen.id.place.clone(),
        node: None,
        step: Step::Exists,
        id: Some(seen.id.clone()),
        attributes: None,
        holds: seen.holds.clone(),
        key: seen.key.clone(),
        slots: Vec::new(),
        attempt: 0,
        doubted: false,
        run: seen.run.clone(),
        carried_by: Vec::new(),
    }
}

/// A new graph: what it asks for is wanted, and everything else is to go.
fn plan(state: &mut State, graph: &Arc<Graph>) {
    for item in &mut state.items {
        item.node = None;
    }
    for node in graph.nodes() {
        state.existing.extend(node.resource.existing());
    }
    state.graph = Arc::clone(graph);
    state.by_node.clear();
    state.items.reserve(graph.len());
    for id in graph.ids() {
        let node = graph.node(id);
        let known = state.items.iter().position(|item| {
            item.node.is_none()
                && item.step != Step::Gone
                && item.fingerprint == Some(node.fingerprint)
                && item.name == node.name
                && item.kind == node.kind()
                && item.place == node.place
        });
        let index = known.unwrap_or_else(|| {
            state.items.push(Item {
                name: node.name.clone(),
                fingerprint: Some(node.fingerprint),
                kind: node.kind(),
                place: node.place.clone(),
                node: None,
                step: Step::Absent,
                id: None,
                attributes: None,
                holds: Vec::new(),
                key: None,
                slots: Vec::new(),
                attempt: 0,
                doubted: false,
                run: None,
                carried_by: Vec::new(),
            });
            state.items.len() - 1
        });
        state.items[index].node = Some(id);
        if state.items[index].step == Step::Deleting {
            // Wanted again, and nobody knows whether its delete took effect: looks will tell.
            state.items[index].step = Step::Going;
        }
        state.by_node.push(ItemId(u32::try_from(index).expect("fewer than 2^32 items")));
    }
    for item in state.items.iter_mut().filter(|item| item.node.is_none()) {
        // A setting is forgotten, but for the one that is the other side of something.
        let facts = item.kind.facts();
        if item.step == Step::Absent || (facts.setting && facts.vanishes_with.is_none()) {
            item.step = Step::Gone;
        }
        if matches!(item.step, Step::Exists | Step::Deleting) && item.fingerprint.is_none() {
            // It was only found, and was to go for the sake of an earlier graph, or by the user's word for an earlier run: this one
            // judges it anew, if it is still there.
            (item.step, item.id) = (Step::Gone, None);
        }
    }
    (state.carries, state.dependants) = relations(graph);
    for node in graph.ids() {
        demote_stale(state, node);
    }
}

type Relations = (Vec<Vec<NodeId>>, Vec<Vec<NodeId>>);

fn relations(graph: &Graph) -> Relations {
    let mut carries = vec![Vec::new(); graph.len()];
    let mut dependants = vec![Vec::new(); graph.len()];
    for id in graph.ids() {
        let node = graph.node(id);
        let first_value = node.kind().facts().setting && node.resource.carried();
        for edge in node.edges() {
            if edge.role != Role::After && !dependants[edge.to.index()].contains(&id) {
                dependants[edge.to.index()].push(id);
                if first_value {
                    carries[edge.to.index()].push(id);
                }
            }
        }
    }
    (carries, dependants)
}

fn settled(kind: Kind) -> (Step, Option<Attributes>) {
    match kind.facts().ready {
        None => (Step::Ready, Some(Attributes::Plain)),
        Some(_) => (Step::Exists, None),
    }
}

fn bind(state: &mut State, id: ItemId, seen: &Seen) {
    change(state, id, |item| {
        (item.step, item.attributes) = settled(item.kind);
        item.id = Some(seen.id.clone());
        item.run.clone_from(&seen.run);
        item.key.clone_from(&seen.key);
        item.holds.clone_from(&seen.holds);
    });
    took_shape(state, id);
}

fn created(state: &mut State, id: ItemId, remote: &RemoteId, carried: &[ItemId]) {
    let run = state.runs.last().map(|started| started.stamp.run.clone());
    change(state, id, |item| {
        (item.step, item.attributes) = settled(item.kind);
        item.id = Some(remote.clone());
        item.run = run;
    });
    took_shape(state, id);
    for setting in carried {
        let Some(node) = state.items.get(setting.index()).and_then(|item| item.node) else {
            continue;
        };
        let parents =
            state.graph.node(node).edges().iter().filter(|e| e.role != Role::After).count();
        change(state, *setting, |item| {
            if !item.carried_by.contains(&id) {
                item.carried_by.push(id);
            }
            if item.carried_by.len() >= parents && item.step < Step::Exists {
                let text = format!("{remote}/{}", item.kind);
                item.step = Step::Ready;
                item.attributes = Some(Attributes::Plain);
                item.id = Some(RemoteId::new(item.kind, item.place.clone(), text));
                item.holds = vec![remote.clone()];
            }
        });
    }
}

/// A wanted item has an id: notes what it refers to, and what referred to another id of the same node is not as asked any more.
fn took_shape(state: &mut State, id: ItemId) {
    let Some(node) = state.items.get(id.index()).and_then(|item| item.node) else { return };
    let bound = state.inputs(node);
    let inputs = Inputs::new(&bound);
    let resource = &state.graph.node(node).resource;
    let (slots, key) = (resource.slots(&inputs), resource.key(&inputs));
    let held = state.holdings(node, &bound);
    change(state, id, |item| {
        for input in held {
            if !item.holds(&input) {
                item.holds.push(input);
            }
        }
        item.slots = slots;
        item.key = key;
    });
    demote_stale(state, node);
}

/// What refers to this node, but was made when the node was something else.
fn demote_stale(state: &mut State, node: NodeId) {
    let Some(id) = state.item(state.item_of(node)).id.clone() else { return };
    for dependant in state.dependants[node.index()].clone() {
        let item_id = state.item_of(dependant);
        let item = state.item(item_id);
        if state.holds(dependant, node) && item.exists() && !item.holds(&id) {
            replaced(state, item_id);
        }
    }
}

/// The remote thing becomes an item of its own that is to go; the node starts anew, with another token.
fn replaced(state: &mut State, id: ItemId) {
    let Some(item) = state.items.get_mut(id.index()) else { return };
    let mut old = item.clone();
    item.reset(true);
    let facts = old.kind.facts();
    let node = old.node.take();
    let remote = old.id.clone();
    if remote.is_some() && !(facts.setting && facts.vanishes_with.is_none()) {
        state.items.push(old);
    }
    let (Some(node), Some(remote)) = (node, remote) else { return };
    // What hangs on the old one goes with it.
    for dependant in state.dependants[node.index()].clone() {
        let id = state.item_of(dependant);
        if state.item(id).exists() && state.holds(dependant, node) && state.item(id).holds(&remote)
        {
            replaced(state, id);
        }
    }
}

fn gone(state: &mut State, id: ItemId) {
    let Some(item) = state.items.get_mut(id.index()) else { return };
    let (kind, remote) = (item.kind, item.id.clone());
    if item.wanted() {
        item.reset(true);
    } else {
        item.step = Step::Gone;
    }
    let Some(remote) = remote else { return };
    for child in &mut state.items {
        if child.node.is_none()
            && child.kind.facts().vanishes_with == Some(kind)
            && child.step != Step::Gone
            && child.holds(&remote)
        {
            child.step = Step::Gone;
        }
    }
}
