//! What somebody else does behind our back, as data.

use std::fmt;
use std::str::FromStr;

use accel_core::resource::{Direction, Kind, Traffic};
use accel_core::tags::{self, Tags};
use accel_core::{DeploymentId, NetworkBackend as _, RemoteId};
use accel_mock::{Body, Checks, Key, State, Thing, World};
use accel_tests::harness::Stage;
use proptest::prelude::*;
use proptest::sample::select;

/// What is done. The number says to which of all things to which it can be done, counted round and round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Something of ours is deleted, if the cloud lets it be.
    Delete,
    /// A value of something of ours is changed.
    Reset,
    /// A route of ours leads elsewhere.
    Reroute,
    /// A foreign rule in a group of ours.
    Rule,
    /// A foreign route in a table of ours.
    Route,
    /// A foreign interface in a subnet of ours.
    Interface,
    /// A foreign listener on a load balancer of ours.
    Listener,
    /// A foreign subnet in a VPC of ours.
    Subnet,
    /// A foreign group in a VPC of ours.
    Group,
    /// Everything foreign that was put into our things is taken away.
    Evict,
}

const DEEDS: [(Deed, &str); 10] = [
    (Deed::Evict, "evict"),
    (Deed::Delete, "delete"),
    (Deed::Reset, "reset"),
    (Deed::Reroute, "reroute"),
    (Deed::Rule, "rule"),
    (Deed::Route, "route"),
    (Deed::Interface, "interface"),
    (Deed::Listener, "listener"),
    (Deed::Subnet, "subnet"),
    (Deed::Group, "group"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drift {
    pub(crate) deed: Deed,
    pub(crate) nth: u16,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = DEEDS.iter().find(|(deed, _)| *deed == self.deed).map_or("", |(_, name)| name);
        write!(f, "{name} {}", self.nth)
    }
}

impl FromStr for Drift {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is nothing that others do");
        let (name, nth) = text.split_once(' ').ok_or_else(wrong)?;
        let (deed, _) = DEEDS.iter().find(|(_, known)| *known == name).ok_or_else(wrong)?;
        Ok(Self { deed: *deed, nth: nth.parse().map_err(|_| wrong())? })
    }
}

pub(crate) fn drifts() -> impl Strategy<Value = Drift> {
    let deed = prop_oneof![
        4 => Just(Deed::Delete),
        2 => Just(Deed::Reset),
        4 => select(DEEDS.map(|(deed, _)| deed).to_vec()),
    ];
    (deed, 0..120_u16).prop_map(|(deed, nth)| Drift { deed, nth })
}

/// Something foreign inside a thing of ours.
#[derive(Debug)]
struct Intruder {
    deed: Deed,
    id: String,
    /// An interface has none.
    key: Option<Key>,
    parent: Key,
}

/// Somebody else, with what they have put into our things.
#[derive(Debug, Default)]
pub(crate) struct Others {
    intruders: Vec<Intruder>,
}

/// Whether a thing is of the deployment: by its tags or by those of its parent.
fn is_ours(world: &World, thing: &Thing, deployment: &DeploymentId) -> bool {
    let tagged = |thing: &Thing| {
        thing.tags().get(tags::DEPLOYMENT).is_some_and(|name| name == deployment.as_str())
    };
    tagged(thing) || (!thing.kind().facts().taggable && tagged(world.thing(parent(thing.body()))))
}

/// The parent of a thing that can carry no tags.
fn parent(body: &Body) -> Key {
    match body {
        Body::Route(it) => it.table,
        Body::RouteTableAssociation(it) => it.table,
        Body::GatewayAttachment(it) => it.gateway,
        Body::Target(it) => it.group,
        Body::EndpointTable(it) => it.endpoint,
        Body::Vpc(_)
        | Body::Subnet(_)
        | Body::InternetGateway(_)
        | Body::RouteTable(_)
        | Body::SecurityGroup(_)
        | Body::SecurityGroupRule(_)
        | Body::InterfaceEndpoint(_)
        | Body::PeeringConnection(_)
        | Body::ElasticIp(_)
        | Body::LoadBalancer(_)
        | Body::TargetGroup(_)
        | Body::Listener(_)
        | Body::NatGateway(_)
        | Body::GatewayEndpoint(_) => unreachable!("carries tags"),
    }
}

fn is_live(world: &World, thing: &Thing) -> bool {
    matches!(world.state(thing), State::Pending | State::Ready)
}

impl Others {
    /// Whether something foreign may stand in the way of a deploy or a cleanup.
    pub(crate) fn may_block(&self) -> bool {
        let harmless = |it: &Intruder| matches!(it.deed, Deed::Rule | Deed::Route);
        !self.intruders.iter().all(harmless)
    }

    pub(crate) fn is_anybody_there(&self) -> bool {
        !self.intruders.is_empty()
    }

    /// Something that is of the deployment and to which a deed can be done.
    fn pick(&self, stage: &Stage, deployment: &DeploymentId, drift: Drift) -> Option<Thing> {
        stage.cloud.inspect(|world| {
            let ours = world.live().filter(|thing| {
                let foreign = self.intruders.iter().any(|it| it.key == Some(thing.key()));
                !foreign && is_live(world, thing) && is_ours(world, thing, deployment)
            });
            let fitting: Vec<&Thing> =
                ours.filter(|thing| fits(drift.deed, thing.kind())).collect();
            let index = usize::from(drift.nth) % fitting.len().max(1);
            fitting.get(index).map(|thing| (*thing).clone())
        })
    }

    /// Does it, and tells the oracle.
    pub(crate) async fn act(&mut self, stage: &Stage, deployment: &DeploymentId, drift: Drift) {
        if drift.deed == Deed::Evict {
            self.evict(stage);
            return;
        }
        let Some(thing) = self.pick(stage, deployment, drift) else { return };
        match drift.deed {
            Deed::Delete => delete(stage, &thing).await,
            Deed::Reset => reset(stage, &thing),
            Deed::Reroute => reroute(stage, &thing),
            Deed::Rule
            | Deed::Route
            | Deed::Interface
            | Deed::Listener
            | Deed::Subnet
            | Deed::Group => self.intrude(stage, &thing, drift),
            Deed::Evict => unreachable!("is done already"),
        }
        // Whatever has become wrong just now is others' doing.
        drop(stage.take_violations());
    }

    fn intrude(&mut self, stage: &Stage, parent: &Thing, drift: Drift) {
        let (id, nth) = (parent.id(), drift.nth);
        let again =
            self.intruders.iter().any(|it| it.deed == drift.deed && it.parent == parent.key());
        if again {
            return;
        }
        let id = stage.cloud.meddle(|world| match (drift.deed, parent.body()) {
            (Deed::Rule, _) => {
                let anywhere = "0.0.0.0/0".parse().expect("a block");
                world.add_foreign_rule(id, Direction::Ingress, Traffic::Tcp(22), anywhere)
            }
            (Deed::Route, _) => {
                let elsewhere = "192.0.2.0/24".parse().expect("a block");
                world.add_foreign_route(id, elsewhere, "vgw-1")
            }
            (Deed::Interface, _) => world.add_foreign_interface(id, "somebody's", false),
            (Deed::Listener, Body::LoadBalancer(_)) => {
                let group = world.live().find(|it| {
                    it.kind() == Kind::TargetGroup
                        && it.place() == parent.place()
                        && is_live(world, it)
                });
                let group = group.map(|it| it.id().to_owned());
                group.map_or_else(String::new, |group| world.add_foreign_listener(id, 22, &group))
            }
            (Deed::Subnet, Body::Vpc(vpc)) => {
                let blocks = vpc.cidr.subnets(vpc.cidr.prefix_len() + 3).expect("room for eight");
                world.add_foreign_subnet(id, blocks.last().expect("eight blocks"))
            }
            (Deed::Group, _) => world.add_foreign_group(id, &format!("strangers-{nth}")),
            (deed, _) => unreachable!("{deed:?} puts nothing there"),
        });
        if id.is_empty() {
            return;
        }
        let key = stage.cloud.inspect(|world| world.find(&id).map(Thing::key));
        if let Some(key) = key {
            stage.with_oracle(|oracle| {
                stage.cloud.inspect(|world| oracle.expect_foreign(world, key));
            });
        }
        self.intruders.push(Intruder { deed: drift.deed, id, key, parent: parent.key() });
    }

    fn evict(&mut self, stage: &Stage) {
        for intruder in self.intruders.drain(..) {
            stage.cloud.meddle(|world| {
                if intruder.key.is_none() {
                    world.remove_interface(&intruder.id);
                } else if world.find(&intruder.id).is_some() {
                    world.vanish(&intruder.id);
                }
            });
            if let Some(key) = intruder.key {
                stage.with_oracle(|oracle| oracle.expect_removed(key));
            }
        }
    }

    /// Foreign things that have gone with a thing of ours are forgotten; says the ids of those, and what is wrong with the others.
    pub(crate) fn review(&mut self, stage: &Stage) -> (Vec<String>, Vec<String>) {
        let (mut gone_along, mut wrong) = (Vec::new(), Vec::new());
        self.intruders.retain(|it| {
            let (there, parent) = stage.cloud.inspect(|world| {
                let there = match it.key {
                    Some(key) => is_live(world, world.thing(key)),
                    None => world.interfaces().any(|interface| interface.id() == it.id),
                };
                (there, is_live(world, world.thing(it.parent)))
            });
            if there && !parent && it.deed != Deed::Listener {
                wrong.push(format!("{} is there without its parent", it.id));
            }
            if !there && parent {
                wrong.push(format!("{} was deleted", it.id));
            }
            if !there {
                gone_along.push(it.id.clone());
                if let Some(key) = it.key {
                    stage.with_oracle(|oracle| oracle.expect_removed(key));
                }
            }
            there
        });
        (gone_along, wrong)
    }
}

fn fits(deed: Deed, kind: Kind) -> bool {
    match deed {
        Deed::Delete => true,
        Deed::Reset => matches!(
            kind,
            Kind::Vpc
                | Kind::SecurityGroupRule
                | Kind::InterfaceEndpoint
                | Kind::TargetGroup
                | Kind::LoadBalancer
                | Kind::Listener
                | Kind::PeeringConnection
        ),
        Deed::Reroute => kind == Kind::Route,
        Deed::Rule => kind == Kind::SecurityGroup,
        Deed::Route => kind == Kind::RouteTable,
        Deed::Interface => kind == Kind::Subnet,
        Deed::Listener => kind == Kind::LoadBalancer,
        Deed::Subnet | Deed::Group => kind == Kind::Vpc,
        Deed::Evict => false,
    }
}

/// Asks the cloud, as anybody would: what is in use stays.
async fn delete(stage: &Stage, thing: &Thing) {
    let id = RemoteId::new(thing.kind(), thing.place().clone(), thing.id());
    drop(stage.cloud.delete(&id).await);
    let key = thing.key();
    if stage.cloud.inspect(|world| !is_live(world, world.thing(key))) {
        stage.with_oracle(|oracle| oracle.expect_removed(key));
    }
}

fn reset(stage: &Stage, thing: &Thing) {
    stage.cloud.meddle(|world| {
        world.change(thing.id(), |body| match body {
            Body::Vpc(it) => it.dns_hostnames = false,
            Body::SecurityGroupRule(it) => "not what we wrote".clone_into(&mut it.description),
            Body::InterfaceEndpoint(it) => it.policy = None,
            Body::TargetGroup(it) => it.checks = Checks::default(),
            Body::LoadBalancer(it) => it.cross_zone = !it.cross_zone,
            Body::Listener(it) => it.idle_timeout_secs = 77,
            Body::PeeringConnection(it) => it.accepter_tags = Tags::new(),
            Body::Subnet(_)
            | Body::InternetGateway(_)
            | Body::GatewayAttachment(_)
            | Body::RouteTable(_)
            | Body::RouteTableAssociation(_)
            | Body::Route(_)
            | Body::SecurityGroup(_)
            | Body::ElasticIp(_)
            | Body::Target(_)
            | Body::NatGateway(_)
            | Body::GatewayEndpoint(_)
            | Body::EndpointTable(_) => unreachable!("has no value that we set"),
        });
    });
}

fn reroute(stage: &Stage, thing: &Thing) {
    let Body::Route(route) = thing.body() else { unreachable!("only routes are rerouted") };
    stage.cloud.meddle(|world| {
        let table = world.thing(route.table).id().to_owned();
        world.vanish(thing.id());
        world.add_foreign_route(&table, route.destination, "vgw-2");
    });
    stage.with_oracle(|oracle| oracle.expect_removed(thing.key()));
}
