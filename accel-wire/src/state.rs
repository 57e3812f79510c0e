//! The world as JSON, for the page: what there is, how long it stays so, what lingers, and what clients have not heard of yet.
//!
//! Deliberately absent: what a thing means. Everything said of one is the world's own word.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::Ipv4Addr;
use std::time::Duration;

use accel_core::resource::Direction;
use accel_core::tags;
use accel_mock::{Body, Health, Holder, Interface, Key, News, Sight, State, Thing, World};
use serde::Serialize;
use serde_json::json;

use crate::control::millis;
use crate::server::Shared;

/// So many things are shown; a page of more is no diagram.
const THINGS_MAX: usize = 2_000;

/// Where a client is whom no group's rule names. Source: RFC 5737, TEST-NET-3.
const SOMEWHERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);

/// One thing, or one network interface.
#[derive(Debug, Hash, Serialize)]
struct Shown {
    /// What names it here: an id can come twice, after its thing was removed and made again.
    key: String,
    id: String,
    kind: &'static str,
    account: String,
    region: String,
    /// The tag `Name`, or else the name that it was made with.
    name: Option<String>,
    deployment: Option<String>,
    node: Option<String>,
    /// In the provider's words where it has any; `lingering` is what no describe shows any more.
    state: &'static str,
    since_ms: u64,
    /// When this state ends by itself.
    until_ms: Option<u64>,
    /// What it is drawn in.
    parent: Option<String>,
    refers_to: Vec<String>,
    /// Of a target and of an interface, its private address.
    address: Option<Ipv4Addr>,
    /// Whether a client can use it, for what clients use; and what is in the way.
    usable: Option<Result<(), String>>,
    /// What the diagram says below the name.
    brief: Vec<String>,
    what: String,
    facts: Vec<(&'static str, String)>,
}

/// The JSON of everything. Who has seen this revision gets no things.
pub(crate) fn of(shared: &Shared, seen: Option<&str>) -> serde_json::Value {
    let (now, things, traces, left_out) = shared.cloud.inspect(|world| {
        let all = world.live().count() + world.interfaces().count();
        let things = world.live().map(|thing| show(world, thing));
        let interfaces = world.interfaces().map(|interface| show_interface(world, interface));
        let mut shown: Vec<Shown> = things.chain(interfaces).take(THINGS_MAX).collect();
        note_held(world, &mut shown);
        let traces = world.traces().take(THINGS_MAX).map(|thing| show(world, thing));
        let traces: Vec<Shown> = traces.collect();
        (world.now(), shown, traces, all.saturating_sub(THINGS_MAX))
    });
    let birth_ms = millis(shared.birth().at());
    let mut hasher = DefaultHasher::new();
    (birth_ms, &things, &traces).hash(&mut hasher);
    let revision = format!("{:016x}", hasher.finish());
    let mut state = json!({
        "birth_ms": birth_ms,
        "now_ms": millis(now),
        "revision": revision,
        "faults": shared.faults(),
        "counts": shared.log().counts(),
    });
    if seen != Some(revision.as_str()) {
        state["things"] = json!(things);
        state["traces"] = json!(traces);
        state["left_out"] = json!(left_out);
    }
    state
}

fn show(world: &World, thing: &Thing) -> Shown {
    let refers_to = world.refers_to(thing);
    let (state, since, until) = life(world, thing);
    let tag = |name: &str| thing.tags().get(name).cloned();
    Shown {
        key: name_of(thing.key()),
        id: thing.id().to_owned(),
        kind: thing.kind().name(),
        account: thing.account().to_string(),
        region: thing.place().region.to_string(),
        name: tag("Name").or_else(|| own_name(world, thing.key())),
        deployment: tag(tags::DEPLOYMENT),
        node: tag(tags::NODE),
        state,
        since_ms: millis(since),
        until_ms: until.map(millis),
        parent: parent(world, thing, &refers_to).map(name_of),
        refers_to: refers_to.into_iter().map(name_of).collect(),
        address: world.target(thing.key()).map(|target| target.address),
        usable: usable(world, thing),
        brief: brief(world, thing),
        what: world.described(thing),
        facts: facts(world, thing),
    }
}

fn show_interface(world: &World, interface: &Interface) -> Shown {
    let subnet = world.thing(interface.subnet());
    let (owner, since) = match interface.holder() {
        Holder::Thing(key) => {
            let owner = world.thing(*key);
            (owner.id().to_owned(), owner.removed().unwrap_or_else(|| owner.created()))
        }
        Holder::Foreign(what) => (what.clone(), Duration::ZERO),
    };
    let public = interface.public_address().map(|public| public.to_string());
    let holder = if let Holder::Thing(key) = interface.holder() { Some(*key) } else { None };
    let refers_to = holder.into_iter().chain(interface.elastic_ip());
    Shown {
        key: interface.id().to_owned(),
        id: interface.id().to_owned(),
        kind: "network interface",
        account: subnet.account().to_string(),
        region: subnet.place().region.to_string(),
        name: None,
        deployment: None,
        node: None,
        state: if interface.ends().is_some() { "lingering" } else { "in-use" },
        since_ms: millis(since),
        until_ms: interface.ends().map(millis),
        parent: Some(name_of(interface.subnet())),
        refers_to: refers_to.chain(interface.groups().iter().copied()).map(name_of).collect(),
        address: Some(interface.address()),
        usable: None,
        what: format!("{} of {owner}", interface.address()),
        brief: public.into_iter().collect(),
        facts: Vec::new(),
    }
}

fn own_name(world: &World, key: Key) -> Option<String> {
    let balancer = world.balancer(key).map(|balancer| &balancer.name);
    let target_group = || world.target_group(key).map(|group| &group.name);
    balancer.or_else(target_group).or_else(|| world.group(key).map(|group| &group.name)).cloned()
}

fn name_of(key: Key) -> String {
    json!(key).to_string()
}

/// The state, since when, and until when if it ends by itself.
fn life(world: &World, thing: &Thing) -> (&'static str, Duration, Option<Duration>) {
    let removed = thing.removed().unwrap_or_default();
    let (state, since, until) = match world.state(thing) {
        State::Pending => ("pending", thing.created(), Some(thing.ready())),
        State::Ready => ("available", thing.ready(), None),
        State::Failed => ("failed", thing.ready(), None),
        // Its entry is gone for every client, its interfaces are not.
        State::Deleting if matches!(thing.body(), Body::LoadBalancer(_)) => {
            ("lingering", removed, thing.ends())
        }
        State::Deleting => ("deleting", removed, thing.ends()),
        State::Gone => ("deleted", removed, None),
    };
    let Body::PeeringConnection(peering) = thing.body() else { return (state, since, until) };
    let since = if thing.removed().is_some() { since } else { peering.accepted.unwrap_or(since) };
    (world.peering_status(thing).0, since, until)
}

/// What a thing is drawn in: what it refers to first, unless it only leads there.
fn parent(world: &World, thing: &Thing, refers_to: &[Key]) -> Option<Key> {
    match thing.body() {
        Body::PeeringConnection(_) => None,
        Body::EndpointTable(it) => Some(it.table),
        Body::LoadBalancer(balancer) => {
            let (subnet, _) = balancer.subnets.first()?;
            world.subnet(*subnet).map(|subnet| subnet.vpc)
        }
        Body::Vpc(_)
        | Body::Subnet(_)
        | Body::InternetGateway(_)
        | Body::GatewayAttachment(_)
        | Body::RouteTable(_)
        | Body::RouteTableAssociation(_)
        | Body::Route(_)
        | Body::SecurityGroup(_)
        | Body::SecurityGroupRule(_)
        | Body::InterfaceEndpoint(_)
        | Body::ElasticIp(_)
        | Body::TargetGroup(_)
        | Body::Target(_)
        | Body::Listener(_)
        | Body::NatGateway(_)
        | Body::GatewayEndpoint(_) => refers_to.first().copied(),
    }
}

/// Of a load balancer, whether a client whom its groups let in gets through; of a target, whether it answers.
fn usable(world: &World, thing: &Thing) -> Option<Result<(), String>> {
    match thing.body() {
        Body::LoadBalancer(balancer) => {
            let client = a_client(world, &balancer.groups);
            Some(world.usable(thing.id(), client))
        }
        Body::Target(_) => Some(match world.health(thing.id()) {
            Health::Healthy => Ok(()),
            Health::Unused => Err("no listener uses its target group".to_owned()),
            Health::Initial => Err("its first checks are not over".to_owned()),
            Health::Unhealthy(why) => Err(why),
        }),
        Body::Vpc(_)
        | Body::Subnet(_)
        | Body::InternetGateway(_)
        | Body::GatewayAttachment(_)
        | Body::RouteTable(_)
        | Body::RouteTableAssociation(_)
        | Body::Route(_)
        | Body::SecurityGroup(_)
        | Body::SecurityGroupRule(_)
        | Body::InterfaceEndpoint(_)
        | Body::PeeringConnection(_)
        | Body::ElasticIp(_)
        | Body::TargetGroup(_)
        | Body::Listener(_)
        | Body::NatGateway(_)
        | Body::GatewayEndpoint(_)
        | Body::EndpointTable(_) => None,
    }
}

/// An address that the first rule of these groups lets in.
fn a_client(world: &World, groups: &[Key]) -> Ipv4Addr {
    let rules = world.live().filter_map(|thing| world.rule(thing.key()));
    let mut inward =
        rules.filter(|rule| groups.contains(&rule.group) && rule.direction == Direction::Ingress);
    let peer = inward.next().map(|rule| rule.peer);
    let peer = peer.filter(|peer| !peer.contains(&SOMEWHERE));
    peer.and_then(|peer| peer.hosts().next()).unwrap_or(SOMEWHERE)
}

fn facts(world: &World, thing: &Thing) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    for (label, sight) in [("by id", Sight::Id), ("in lists", Sight::List)] {
        match (world.news(thing, sight), thing.removed()) {
            (News::Hidden, None) => facts.push((label, "not shown yet".to_owned())),
            (News::Hidden, Some(_)) => facts.push((label, "shown as before".to_owned())),
            (News::Flickering, None) => facts.push((label, "shown by some calls".to_owned())),
            (News::Flickering, Some(_)) => {
                facts.push((label, "shown as before by some calls".to_owned()));
            }
            (News::Known, _) => {}
        }
    }
    if thing.body().comes_with_vpc() {
        facts.push(("came with", "its VPC".to_owned()));
    }
    facts.extend(thing.failure().map(|why| ("failure", why.to_owned())));
    facts
}

/// What the diagram says below a name.
fn brief(world: &World, thing: &Thing) -> Vec<String> {
    match thing.body() {
        Body::Vpc(vpc) => vec![vpc.cidr.to_string()],
        Body::Subnet(subnet) => {
            let free = world.free_addresses(thing.key());
            vec![subnet.zone.to_string(), subnet.cidr.to_string(), format!("{free} free")]
        }
        Body::Route(route) => vec![format!("{} {}", route.destination, world.described(thing))],
        Body::SecurityGroup(group) if group.born_open => vec!["lets everything out".to_owned()],
        Body::SecurityGroupRule(rule) => {
            vec![format!("{} {} {}", rule.direction, rule.traffic, rule.peer)]
        }
        Body::InterfaceEndpoint(endpoint) => vec![endpoint.service.clone()],
        Body::GatewayEndpoint(endpoint) => vec![endpoint.service.clone()],
        Body::EndpointTable(_) => vec![world.described(thing)],
        Body::NatGateway(nat) => vec![world.address_of(nat.address).to_string()],
        Body::ElasticIp(_) => vec![world.address_of(thing.key()).to_string()],
        Body::Target(target) => vec![format!("{}:{}", target.address, target.port)],
        Body::Listener(listener) => vec![format!("port {}", listener.port)],
        Body::InternetGateway(_)
        | Body::GatewayAttachment(_)
        | Body::RouteTable(_)
        | Body::RouteTableAssociation(_)
        | Body::SecurityGroup(_)
        | Body::PeeringConnection(_)
        | Body::LoadBalancer(_)
        | Body::TargetGroup(_) => Vec::new(),
    }
}

/// Says of each thing what keeps it in use although its user is gone.
fn note_held(world: &World, shown: &mut [Shown]) {
    let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let at = |until: Duration| format!("until {:.0} s", until.as_secs_f64());
    for (key, by, until) in world.held() {
        held.entry(name_of(key))
            .or_default()
            .push(format!("by a {by} that is gone, {}", at(until)));
    }
    for (vpc, name, until) in world.held_names() {
        let what = format!("the private DNS name of {name}, {}", at(until));
        held.entry(name_of(vpc)).or_default().push(what);
    }
    for one in shown {
        let notes = held.remove(&one.key).into_iter().flatten();
        one.facts.extend(notes.map(|note| ("still in use", note)));
    }
}
