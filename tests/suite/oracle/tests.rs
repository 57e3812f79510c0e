use std::sync::{Arc, Mutex};

use accel_core::AccountId;
use accel_core::tags::Tags;
use accel_mock::{Cloud, Lag};

use super::*;
use crate::lab::Lab;
use crate::samples::net;
use crate::simulator::{in_virtual_time, subject_behind};

const NETWORK: &str = "172.31.0.0/16";

fn allowed() -> Vec<Opening> {
    let into = |peer| Opening {
        direction: Direction::Ingress,
        traffic: Traffic::Tcp(443),
        peer: net(peer),
    };
    vec![into("203.0.113.0/24"), into("10.2.0.0/16")]
}

/// The whole lane on a cloud that somebody else uses too, watched from the first call.
struct Scene<'s> {
    cloud: Cloud,
    lab: Lab<'s>,
    oracle: Oracle,
    seen: Arc<Mutex<Vec<Violation>>>,
}

impl Scene<'_> {
    fn at_rest(&self, graph: &Graph) -> Vec<Violation> {
        self.cloud.inspect(|world| self.oracle.at_rest(world, graph))
    }

    fn missing(&self) -> Vec<Violation> {
        self.cloud.inspect(|world| self.oracle.missing(world, &self.lab.lane.graph))
    }

    fn id(&self, kind: Kind) -> String {
        self.lab.id(kind).as_str().to_owned()
    }
}

fn play(test: impl AsyncFnOnce(&mut Scene<'_>)) {
    let mut cloud = None;
    let subject = subject_behind(Lag::OFF, |it| Arc::new(cloud.insert(it).clone()));
    let cloud = cloud.expect("the subject has a backend");
    in_virtual_time(async {
        let account = AccountId::from("999999999999");
        let vpc = accel_mock::Vpc { cidr: net(NETWORK), dns_hostnames: true, dns_support: true };
        let place = subject.entry.place.clone();
        cloud.meddle(|world| world.add(&account, &place, Body::Vpc(vpc), Tags::new()));
        let mut lab = Lab::open(&subject, "oracle").await.unwrap();
        let oracle = cloud.inspect(|world| Oracle::new(world, &lab.deployment, allowed()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (watcher, found) = (oracle.clone(), Arc::clone(&seen));
        cloud.watch(move |world, _| found.lock().unwrap().extend(watcher.after_a_step(world)));
        for id in lab.lane.graph.ids() {
            lab.make_ready(id).await.unwrap();
        }
        test(&mut Scene { cloud, lab, oracle, seen }).await;
    });
}

/// The lab makes and removes one thing after the other, in the order of the edges.
#[test]
fn a_careful_deployer_breaks_nothing() {
    play(async |scene| {
        let graph = scene.lab.lane.graph.clone();
        assert_eq!(scene.at_rest(&graph), []);
        assert_eq!(scene.missing(), []);
        scene.lab.clear().await.unwrap();
        assert_eq!(scene.at_rest(&Graph::default()), []);
        assert_eq!(*scene.seen.lock().unwrap(), []);
    });
}

/// Does something wrong to the lane, and expects the promise that it breaks.
fn check(wrong: impl FnOnce(&mut World, &Scene<'_>), promise: &str) {
    play(async |scene| {
        scene.cloud.meddle(|world| wrong(world, scene));
        let broken = scene.at_rest(&scene.lab.lane.graph);
        assert!(broken.iter().any(|it| it.promise == promise), "{promise}: {broken:?}");
    });
}

fn vpc(cidr: &str) -> Body {
    Body::Vpc(accel_mock::Vpc { cidr: net(cidr), dns_hostnames: false, dns_support: true })
}

#[test]
fn a_thing_without_tags_is_seen() {
    let leak = |world: &mut World, scene: &Scene<'_>| {
        let thing = world.find(&scene.id(Kind::Vpc)).unwrap();
        let (account, place) = (thing.account().clone(), thing.place().clone());
        world.add(&account, &place, vpc("10.77.0.0/16"), Tags::new());
    };
    check(leak, "everything taggable says whose it is");
}

#[test]
fn a_second_thing_of_one_node_is_seen() {
    let repeat = |world: &mut World, scene: &Scene<'_>| {
        let thing = world.find(&scene.id(Kind::Vpc)).unwrap();
        let (account, place) = (thing.account().clone(), thing.place().clone());
        let tags = thing.tags().clone();
        world.add(&account, &place, vpc("10.2.0.0/16"), tags);
    };
    check(repeat, "a node has at most one live thing");
}

#[test]
fn a_thing_of_no_node_is_seen() {
    let rename = |world: &mut World, scene: &Scene<'_>| {
        let tags = Tags::from([(tags::NODE.to_owned(), "a.node.of.yore".to_owned())]);
        world.tag(&scene.id(Kind::Vpc), tags);
    };
    check(rename, "nothing of ours is live without a node");
}

#[test]
fn an_untagged_thing_of_no_node_is_seen() {
    let stray = |world: &mut World, scene: &Scene<'_>| {
        world.add_foreign_route(&scene.id(Kind::RouteTable), net("192.0.2.0/24"), "vgw-1");
    };
    check(stray, "nothing of ours is live without a node");
}

#[test]
fn a_foreign_change_is_seen() {
    let seize = |world: &mut World, _: &Scene<'_>| {
        let is_foreign = |it: &&Thing| {
            *it.body() == {
                Body::Vpc(accel_mock::Vpc {
                    cidr: net(NETWORK),
                    dns_hostnames: true,
                    dns_support: true,
                })
            }
        };
        let id = world.live().find(is_foreign).unwrap().id().to_owned();
        world.vanish(&id);
    };
    check(seize, "nothing foreign is changed");
}

#[test]
fn a_delete_under_what_refers_to_it_is_seen() {
    let tear = |world: &mut World, scene: &Scene<'_>| {
        world.vanish(&scene.id(Kind::PeeringConnection));
    };
    check(tear, "nothing is deleted under what refers to it");
}

#[test]
fn a_rule_that_is_too_wide_is_seen() {
    let widen = |world: &mut World, scene: &Scene<'_>| {
        world.change(&scene.id(Kind::SecurityGroupRule), |body| {
            if let Body::SecurityGroupRule(rule) = body {
                rule.peer = net("203.0.112.0/23");
            }
        });
    };
    check(widen, "nothing is open beyond the spec");
}

#[test]
fn a_group_in_use_that_lets_everything_out_is_seen() {
    let open = |world: &mut World, scene: &Scene<'_>| {
        world.change(&scene.id(Kind::SecurityGroup), |body| {
            if let Body::SecurityGroup(group) = body {
                group.born_open = true;
            }
        });
    };
    check(open, "nothing is open beyond the spec");
}

#[test]
fn what_others_do_is_forgiven_once_it_is_told() {
    play(async |scene| {
        let id = scene.id(Kind::PeeringConnection);
        let key = scene.cloud.inspect(|world| world.find(&id).unwrap().key());
        scene.cloud.meddle(|world| world.vanish(&id));
        scene.oracle.expect_removed(key);
        assert_eq!(scene.cloud.inspect(|world| scene.oracle.after_a_step(world)), []);
        assert!(scene.missing().iter().any(|it| it.by == "joint.peering"));
    });
}

#[test]
fn what_is_left_after_a_cleanup_is_seen() {
    play(async |scene| {
        let left = scene.at_rest(&Graph::default());
        let live = scene.cloud.inspect(|world| world.live().count());
        assert!(left.len() >= live - 1, "{live} things are left, but only {left:?} are seen");
    });
}
