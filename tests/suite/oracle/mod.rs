//! What must be true of the simulated world, whatever a deployer has done to it and wherever it was killed.
//!
//! An oracle is told once what is allowed, and then shown the world: after every step with [`Oracle::after_a_step`], and when nobody
//! works on it any more with [`Oracle::at_rest`]. It knows the world and the graph, never the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use accel_core::backend::{Bound, Inputs};
use accel_core::graph::{Role, To};
use accel_core::resource::{Describe as _, Direction, Kind, Traffic};
use accel_core::tags::{self, Ownership};
use accel_core::{DeploymentId, Graph, Node, NodeId, RemoteId};
use accel_mock::{Body, Holder, Interface, Key, State, Thing, Via, World};
use ipnet::Ipv4Net;

/// One opening that the spec allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Which way.
    pub direction: Direction,
    /// What may pass.
    pub traffic: Traffic,
    /// The other end, at most.
    pub peer: Ipv4Net,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The promise that is broken.
    pub promise: &'static str,
    /// By what.
    pub by: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise, self.by)
    }
}

/// Knows what is allowed in a world for one deployment.
#[derive(Debug, Clone)]
pub struct Oracle {
    deployment: DeploymentId,
    allowed: Vec<Opening>,
    /// What was there and is not ours, as it was.
    foreign: BTreeMap<Key, String>,
    /// What was there, is not ours, and may lead through something of ours for as long as the deployment stands; as it was.
    lent: BTreeMap<Key, String>,
    /// What somebody else has removed.
    forgiven: BTreeSet<Key>,
    /// What the cloud said is deleted, though it is there.
    believed: BTreeSet<Key>,
    blind: Duration,
}

impl Oracle {
    /// An oracle for a deployment. Everything in the world that is not of this deployment now is foreign.
    pub fn new(world: &World, deployment: &DeploymentId, allowed: Vec<Opening>) -> Self {
        let mut oracle = Self {
            deployment: deployment.clone(),
            allowed,
            foreign: BTreeMap::new(),
            lent: BTreeMap::new(),
            forgiven: BTreeSet::new(),
            believed: BTreeSet::new(),
            blind: Duration::ZERO,
        };
        let strange: Vec<Key> =
            world.live().filter(|thing| !oracle.is_ours(world, thing)).map(Thing::key).collect();
        for key in strange {
            oracle.expect_foreign(world, key);
        }
        oracle
    }

    /// Tells the oracle that somebody else has made, or changed, a thing: from now on it must stay as it is.
    pub fn expect_foreign(&mut self, world: &World, key: Key) {
        self.foreign.insert(key, portrait(world, world.thing(key)));
    }

    /// Tells the oracle that default routes that are not ours may lead through something of ours, but for those to an internet gateway.
    pub fn lend_default_routes(&mut self, world: &World) {
        for thing in world.live() {
            let Body::Route(route) = thing.body() else { continue };
            let leads_out = route.destination.prefix_len() == 0;
            if leads_out && !matches!(route.via, Via::Gateway(_)) {
                let was = self.foreign.remove(&thing.key());
                self.lent.extend(was.map(|was| (thing.key(), was)));
            }
        }
    }

    /// Tells the oracle that somebody else has removed a thing.
    pub fn expect_removed(&mut self, key: Key) {
        self.foreign.remove(&key);
        self.forgiven.insert(key);
    }

    /// Tells the oracle that the cloud has answered a delete of this as done, though it was not: "gone" may mean "not visible yet".
    pub fn expect_believed_gone(&mut self, key: Key) {
        self.believed.insert(key);
    }

    /// A deployer without records may not know what the cloud does not list yet: what is younger than this need not hold its
    /// parents.
    pub fn expect_blindness(&mut self, young: Duration) {
        self.blind = young;
    }

    /// Everything that must hold at every moment.
    pub fn after_a_step(&self, world: &World) -> Vec<Violation> {
        let mut found = Found::default();
        self.nothing_foreign_is_changed(world, &mut found);
        self.what_is_lent_is_as_it_was_or_leads_to_ours(world, &mut found);
        self.everything_taggable_says_whose_it_is(world, &mut found);
        self.nothing_is_deleted_under_what_refers_to_it(world, &mut found);
        self.nothing_is_open_beyond_the_spec(world, &mut found);
        found.violations
    }

    /// Everything that must hold when no deployer works any more: what is ours is what the graph asks for, at most once each. For the
    /// empty graph, nothing at all is ours.
    pub fn at_rest(&self, world: &World, graph: &Graph) -> Vec<Violation> {
        let mut found = Found { violations: self.after_a_step(world) };
        let homes = self.homes(world, graph);
        for (key, node) in &homes {
            if node.is_none() {
                let by = portrait(world, world.thing(*key));
                found.add("nothing of ours is live without a node", by);
            }
        }
        let mut seen: BTreeMap<NodeId, Key> = BTreeMap::new();
        for (key, node) in homes.iter().filter_map(|(key, node)| node.map(|node| (*key, node))) {
            if let Some(first) = seen.insert(node, key) {
                let (name, first) = (&graph.node(node).name, world.thing(first).id());
                let by = format!("{name} is {first} and {}", world.thing(key).id());
                found.add("a node has at most one live thing", by);
            }
        }
        for (key, was) in self.lent.iter().filter(|_| graph.is_empty()) {
            let now = portrait(world, world.thing(*key));
            if now != *was {
                found.add("what is lent comes back as it was", format!("{was} has become {now}"));
            }
        }
        for interface in world.interfaces().filter(|it| self.is_held_by_ours(world, it)) {
            if graph.is_empty() {
                found.add("nothing of ours is live without a node", interface.id().to_owned());
            }
        }
        found.violations
    }

    /// What is missing: nodes of the graph that have become nothing, or nothing that is ready.
    pub fn missing(&self, world: &World, graph: &Graph) -> Vec<Violation> {
        let homes = self.homes(world, graph);
        let is_there = |id: &NodeId| {
            let mut things = homes.iter().filter(|(_, node)| **node == Some(*id));
            things.any(|(key, _)| world.state(world.thing(*key)) == State::Ready)
        };
        let mut found = Found::default();
        for id in graph.ids().filter(|id| !graph.node(*id).kind().facts().setting) {
            if !is_there(&id) {
                found.add("every node is there and ready", graph.node(id).name.to_string());
            }
        }
        found.violations
    }

    fn carries_our_name(&self, thing: &Thing) -> bool {
        thing.tags().get(tags::DEPLOYMENT).is_some_and(|name| name == self.deployment.as_str())
    }

    /// Whether a thing is ours: by its tags, or, where it cannot carry any, by a parent.
    fn is_ours(&self, world: &World, thing: &Thing) -> bool {
        if self.foreign.contains_key(&thing.key()) {
            return false;
        }
        if thing.kind().facts().taggable {
            return self.carries_our_name(thing);
        }
        references(thing.body()).iter().any(|parent| self.carries_our_name(world.thing(*parent)))
    }

    fn ours<'w>(&self, world: &'w World) -> impl Iterator<Item = &'w Thing> {
        world.live().filter(|thing| self.is_ours(world, thing))
    }

    fn is_held_by_ours(&self, world: &World, interface: &Interface) -> bool {
        match interface.holder() {
            Holder::Thing(key) => self.is_ours(world, world.thing(*key)),
            Holder::Foreign(_) => false,
        }
    }

    /// Promise 6: what is not ours is never changed or deleted.
    fn nothing_foreign_is_changed(&self, world: &World, found: &mut Found) {
        for (key, before) in &self.foreign {
            let now = portrait(world, world.thing(*key));
            if now != *before {
                found.add("nothing foreign is changed", format!("{before} has become {now}"));
            }
        }
    }

    fn what_is_lent_is_as_it_was_or_leads_to_ours(&self, world: &World, found: &mut Found) {
        for (key, was) in &self.lent {
            let thing = world.thing(*key);
            let now = portrait(world, thing);
            if now != *was && !self.is_ours(world, thing) {
                found.add("nothing foreign is changed", format!("{was} has become {now}"));
            }
        }
    }

    /// Promise 4: every taggable thing carries its owner from its first moment. What carries nobody's tags was leaked by us.
    fn everything_taggable_says_whose_it_is(&self, world: &World, found: &mut Found) {
        for thing in world.live() {
            let is_foreign = self.foreign.contains_key(&thing.key());
            let is_others =
                thing.tags().contains_key(tags::DEPLOYMENT) && !self.carries_our_name(thing);
            if is_foreign || is_others || !thing.kind().facts().taggable {
                continue;
            }
            let complete = Ownership::read(thing.tags()).is_some_and(|it| {
                it.owner.deployment == self.deployment
                    && it.run.is_some()
                    && it.places().next().is_some()
            });
            if !complete {
                let by = format!("{} has {:?}", portrait(world, thing), thing.tags());
                found.add("everything taggable says whose it is", by);
            }
        }
    }

    /// Promise 3: a thing is deleted only when nothing of ours that refers to it is left, but for children that vanish with it.
    fn nothing_is_deleted_under_what_refers_to_it(&self, world: &World, found: &mut Found) {
        for child in self.ours(world).filter(|child| is_live(world, child)) {
            for parent in references(child.body()).into_iter().map(|key| world.thing(key)) {
                let came = world.retargeted(child).unwrap_or_else(|| child.created());
                let young = parent.removed().is_some_and(|at| at < came + self.blind);
                // A request that the cloud will give up holds nothing.
                let given_up =
                    matches!(child.body(), Body::PeeringConnection(peering) if peering.doomed);
                if self.believed_gone(child) || young || given_up {
                    continue;
                }
                let leaves = matches!(world.state(parent), State::Deleting | State::Gone);
                let vanishes = child.kind().facts().vanishes_with == Some(parent.kind());
                let by_us = !self.forgiven.contains(&parent.key())
                    && !self.foreign.contains_key(&parent.key());
                if leaves && !vanishes && by_us {
                    let by = format!("{} under {}", parent.id(), portrait(world, child));
                    found.add("nothing is deleted under what refers to it", by);
                }
            }
        }
    }

    /// Whether the deployer was told that this, or what it vanishes with, is deleted.
    fn believed_gone(&self, child: &Thing) -> bool {
        self.believed.contains(&child.key())
            || references(child.body()).iter().any(|parent| self.believed.contains(parent))
    }

    /// Promise 11: in no state is anything open to more than the spec says; the way out counts once a group is in use.
    fn nothing_is_open_beyond_the_spec(&self, world: &World, found: &mut Found) {
        const PROMISE: &str = "nothing is open beyond the spec";
        let ours = || world.interfaces().filter(|it| self.is_held_by_ours(world, it));
        let used: BTreeSet<Key> = ours().flat_map(|it| it.groups().iter().copied()).collect();
        for thing in self.ours(world).filter(|thing| is_live(world, thing)) {
            if let Body::SecurityGroup(group) = thing.body()
                && group.born_open
                && used.contains(&thing.key())
            {
                found.add(PROMISE, format!("{} lets everything out", portrait(world, thing)));
            }
            if let Body::SecurityGroupRule(rule) = thing.body() {
                let opening =
                    Opening { direction: rule.direction, traffic: rule.traffic, peer: rule.peer };
                if !self.allows(&opening) {
                    found.add(PROMISE, portrait(world, thing));
                }
            }
        }
        // Nothing opens a connection to a NAT gateway's, and no group can guard it.
        let is_nat =
            |it: &Interface| matches!(it.holder(), Holder::Thing(key) if world.nat(*key).is_some());
        for interface in ours().filter(|it| it.groups().is_empty() && !is_nat(it)) {
            found.add(PROMISE, format!("{} is guarded by no group", interface.id()));
        }
    }

    fn allows(&self, opening: &Opening) -> bool {
        self.allowed.iter().any(|allowed| {
            allowed.direction == opening.direction
                && allowed.traffic == opening.traffic
                && allowed.peer.contains(&opening.peer)
        })
    }

    /// Every live thing of ours, and the node that it is.
    fn homes(&self, world: &World, graph: &Graph) -> BTreeMap<Key, Option<NodeId>> {
        let mut homes = BTreeMap::new();
        let mut bound: BTreeMap<NodeId, Vec<Key>> = BTreeMap::new();
        for thing in self.ours(world).filter(|thing| thing.kind().facts().taggable) {
            let node = node_by_tags(thing, graph);
            homes.insert(thing.key(), node);
            if let Some(node) = node {
                bound.entry(node).or_default().push(thing.key());
            }
        }
        for thing in self.ours(world).filter(|thing| !thing.kind().facts().taggable) {
            let node = graph.ids().find(|id| is_child(world, thing, graph.node(*id), &bound));
            homes.insert(thing.key(), node);
        }
        homes
    }
}

#[derive(Debug, Default)]
struct Found {
    violations: Vec<Violation>,
}

impl Found {
    fn add(&mut self, promise: &'static str, by: String) {
        self.violations.push(Violation { promise, by });
    }
}

fn is_live(world: &World, thing: &Thing) -> bool {
    matches!(world.state(thing), State::Pending | State::Ready)
}

/// A thing with everything that a change could change; its state only as far as somebody's doing changes it.
fn portrait(world: &World, thing: &Thing) -> String {
    let leaving = match world.state(thing) {
        State::Pending | State::Ready | State::Failed => "",
        State::Deleting | State::Gone => ", removed",
    };
    format!("{} {}{leaving}: {:?} {:?}", thing.kind(), thing.id(), thing.body(), thing.tags())
}

/// The node whose name, content, kind and place a tagged thing carries.
fn node_by_tags(thing: &Thing, graph: &Graph) -> Option<NodeId> {
    let owner = Ownership::read(thing.tags())?.owner;
    let id = graph.find(&owner.node)?;
    let node = graph.node(id);
    let same = node.fingerprint == owner.fingerprint
        && node.kind() == thing.kind()
        && node.place == *thing.place();
    same.then_some(id)
}

/// Whether an untagged thing is what a node asks for: its references are what the node's have become, and its key is the node's.
fn is_child(world: &World, thing: &Thing, node: &Node, bound: &BTreeMap<NodeId, Vec<Key>>) -> bool {
    // What a replacement asks for is a route.
    let is_route = thing.kind() == Kind::Route && node.kind() == Kind::RouteReplacement;
    if (node.kind() != thing.kind() && !is_route) || node.place != *thing.place() {
        return false;
    }
    let has = references(thing.body());
    let mut inputs = Vec::new();
    let mut holds = true;
    node.resource.clone().refs(&mut |link| {
        let to = match link.to {
            To::Node(to) => to,
            To::Existing(id) => {
                let there = world.find(id.as_str()).map(Thing::key);
                holds &= link.role != Role::Holds || there.is_some_and(|key| has.contains(&key));
                return;
            }
        };
        let parents = bound.get(to).map(Vec::as_slice).unwrap_or_default();
        if link.role == Role::Holds {
            holds &= parents.iter().any(|parent| has.contains(parent));
        }
        if let Some(parent) = parents.first().map(|key| world.thing(*key)) {
            let id = RemoteId::new(parent.kind(), parent.place().clone(), parent.id());
            inputs.push((*to, Bound { id, attributes: None }));
        } else {
            holds = false;
        }
    });
    holds && node.resource.key(&Inputs::new(&inputs)) == key_of(world, thing.body())
}

/// The natural key of an untagged thing, in the words of the vocabulary.
fn key_of(world: &World, body: &Body) -> Option<String> {
    if let Body::Route(route) = body {
        return Some(route.destination.to_string());
    }
    if let Body::Target(target) = body {
        return Some(format!("{}:{}", target.address, target.port));
    }
    if let Body::EndpointTable(it) = body
        && let Body::GatewayEndpoint(endpoint) = world.thing(it.endpoint).body()
    {
        return Some(endpoint.service.clone());
    }
    None
}

/// What the cloud itself keeps as references.
fn references(body: &Body) -> Vec<Key> {
    match body {
        Body::Vpc(_) | Body::InternetGateway(_) | Body::ElasticIp(_) => Vec::new(),
        Body::Subnet(it) => vec![it.vpc],
        Body::GatewayAttachment(it) => vec![it.gateway, it.vpc],
        Body::RouteTable(it) => vec![it.vpc],
        Body::RouteTableAssociation(it) => vec![it.table, it.subnet],
        Body::Route(it) => match &it.via {
            Via::Gateway(via) | Via::Peering(via) | Via::Nat(via) => vec![it.table, *via],
            Via::Foreign(_) => vec![it.table],
        },
        Body::SecurityGroup(it) => vec![it.vpc],
        Body::SecurityGroupRule(it) => vec![it.group],
        Body::InterfaceEndpoint(it) => {
            let subnets = it.subnets.iter().map(|(subnet, _)| *subnet);
            std::iter::once(it.vpc).chain(subnets).chain(it.groups.iter().copied()).collect()
        }
        Body::PeeringConnection(it) => vec![it.requester, it.accepter],
        Body::LoadBalancer(it) => {
            let subnets = it.subnets.iter().map(|(subnet, _)| *subnet);
            let addresses = it.subnets.iter().filter_map(|(_, address)| *address);
            subnets.chain(addresses).chain(it.groups.iter().copied()).collect()
        }
        Body::TargetGroup(it) => vec![it.vpc],
        Body::Target(it) => vec![it.group],
        Body::Listener(it) => vec![it.balancer, it.group],
        Body::NatGateway(it) => vec![it.subnet, it.address],
        Body::GatewayEndpoint(it) => vec![it.vpc],
        Body::EndpointTable(it) => vec![it.endpoint, it.table],
    }
}

#[cfg(test)]
mod tests;
