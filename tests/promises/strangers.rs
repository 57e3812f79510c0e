//! Promise 6: what is not ours is never changed or deleted, and is named where it is in our way.

use accel_core::deployer::Change;
use accel_core::engine::Stranger;
use accel_core::resource::{Direction, Kind, Traffic};
use accel_core::tags::{self, Tags};
use accel_core::{AccountId, Place, Side};
use accel_mock::{Body, ElasticIp, Key, Thing, Via, Vpc};
use accel_tests::harness::{Stage, jakarta, virtually};
use ipnet::Ipv4Net;
use tokio::time::Instant;

use crate::support::{
    assert_nothing_left, assert_stands, deployed, each, halt, id_of, key_of, mutations_since,
    standing,
};

const NLB: &str = "entry.ap-southeast-1.balancer.sagemaker.runtime";

fn net(text: &str) -> Ipv4Net {
    text.parse().unwrap()
}

fn me() -> AccountId {
    AccountId::from("111122223333")
}

fn entry() -> Place {
    Place::new(Side::Entry, "ap-southeast-1")
}

/// Tells the oracle that this is somebody else's.
fn foreign(stage: &Stage, id: &str) {
    stage.with_oracle(|oracle| {
        stage.cloud.inspect(|world| {
            let key = world.find(id).unwrap().key();
            oracle.expect_foreign(world, key);
        });
    });
}

fn is_there(stage: &Stage, id: &str) -> bool {
    stage.cloud.inspect(|world| world.find(id).is_some())
}

fn assert_named(strangers: &[Stranger], id: &str) {
    let named = strangers.iter().any(|stranger| stranger.id.as_str() == id);
    assert!(named, "{id} is not among {strangers:?}");
}

/// Puts somebody else's thing where it is in nobody's way.
fn intrude(stage: &Stage, what: &str) -> String {
    let group = id_of(&stage.cloud, "entry.ap-southeast-1.group");
    let table = id_of(&stage.cloud, "entry.ap-southeast-1.route-table");
    let balancer = id_of(&stage.cloud, NLB);
    let targets = id_of(&stage.cloud, "entry.ap-southeast-1.target-group.sagemaker.runtime.443");
    let id = stage.cloud.meddle(|world| match what {
        "rule" => {
            let peer = net("192.0.2.0/24");
            world.add_foreign_rule(&group, Direction::Ingress, Traffic::Tcp(22), peer)
        }
        "route" => world.add_foreign_route(&table, net("192.0.2.0/24"), "vgw-1"),
        "listener" => world.add_foreign_listener(&balancer, 8443, &targets),
        other => panic!("no {other}"),
    });
    foreign(stage, &id);
    id
}

/// Rules, routes and listeners that others have put into our things: shown by deploy, plan and status, and left alone.
#[test]
fn what_is_not_ours_is_never_changed_or_deleted() {
    for what in ["rule", "route", "listener"] {
        for journal in [true, false] {
            virtually(async {
                let spec = jakarta();
                let stage = standing(&spec, journal).await;
                let first = stage.cloud.calls().len();
                let id = intrude(&stage, what);
                tokio::time::sleep(std::time::Duration::from_secs(60)).await;
                let plan = stage.deployer().plan(&spec).await.unwrap();
                assert_named(&plan.strangers, &id);
                assert!(plan.is_empty(), "{plan}");
                let status = stage.deployer().status(&spec).await.unwrap();
                assert_named(&status.strangers, &id);
                assert!(!status.as_asked());
                let again = deployed(stage.deploy(&spec).await);
                assert_named(&again.strangers, &id);
                assert!(mutations_since(&stage.cloud, first).is_empty(), "{what}");
                assert!(is_there(&stage, &id));
            });
        }
    }
}

/// They vanish with what they were put into; nothing waits for them.
#[test]
fn what_others_put_into_our_things_does_not_hold_a_cleanup() {
    for what in ["rule", "route", "listener"] {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, true).await;
            // The oracle would call it changed when it vanishes.
            intrude(&stage, what);
            deployed(stage.cleanup(&spec).await);
            assert_eq!(stage.cloud.inspect(|world| world.live().count()), 0, "{what}");
        });
    }
}

/// A foreign listener on our port: the run halts, and says what is in the way.
#[test]
fn a_foreign_thing_in_our_way_is_named() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        let ours = id_of(&stage.cloud, "entry.ap-southeast-1.listener.sagemaker.runtime.443");
        let key = key_of(&stage.cloud, "entry.ap-southeast-1.listener.sagemaker.runtime.443");
        stage.with_oracle(|oracle| oracle.expect_removed(key));
        let balancer = id_of(&stage.cloud, NLB);
        let targets =
            id_of(&stage.cloud, "entry.ap-southeast-1.target-group.sagemaker.runtime.443");
        let (group, theirs) = stage.cloud.meddle(|world| {
            world.vanish(&ours);
            let mut group = world.find(&targets).unwrap().body().clone();
            if let Body::TargetGroup(group) = &mut group {
                group.name = "theirs".to_owned();
            }
            let group = world.add(&me(), &entry(), group, Tags::new());
            let listener = world.add_foreign_listener(&balancer, 443, &group);
            (group, listener)
        });
        foreign(&stage, &group);
        foreign(&stage, &theirs);
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let failure = stage.deployer().deploy(&spec).await.unwrap_err();
        assert!(failure.to_string().contains(&theirs), "{theirs} is not named: {failure}");
        assert_eq!(stage.violations(), []);
        assert_named(&halt::<()>(Err(failure)).strangers, &theirs);
    });
}

/// A foreign network with our block is in nobody's way; a foreign subnet in our VPC where ours belongs is.
#[test]
fn a_foreign_subnet_in_our_way_is_named() {
    virtually(async {
        let spec = jakarta();
        let stage = crate::support::stage(&spec, true);
        // Made while the run is at it: the VPC is there, and somebody is faster.
        stage.cloud.set_schedule("create:subnet@entry=delay:5000".parse().unwrap());
        let intruder = async {
            tokio::time::sleep(std::time::Duration::from_secs(3)).await;
            let vpc = id_of(&stage.cloud, "entry.ap-southeast-1.vpc");
            let theirs =
                stage.cloud.meddle(|world| world.add_foreign_subnet(&vpc, net("10.2.0.0/18")));
            foreign(&stage, &theirs);
            theirs
        };
        let deployer = stage.deployer();
        let (end, theirs) = tokio::join!(deployer.deploy(&spec), intruder);
        let halt = halt(end);
        let text = halt.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(text.contains(&theirs), "{text}");
        assert_eq!(stage.violations(), []);
    });
}

/// What holds our things and is not ours is named as soon as a listing after a window shows it so, and not waited for.
#[test]
fn a_foreign_interface_in_our_subnet_halts_the_cleanup_with_its_name() {
    for journal in [true, false] {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, journal).await;
            let subnet = id_of(&stage.cloud, "service.subnet.ap-southeast-3a");
            let theirs = stage
                .cloud
                .meddle(|world| world.add_foreign_interface(&subnet, "a virtual machine", false));
            let began = Instant::now();
            let halt = halt(stage.deployer().cleanup(&spec).await);
            assert!(began.elapsed().as_secs() < 600, "{:?}", began.elapsed());
            let text = halt.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            assert!(text.contains(&theirs) && text.contains("a virtual machine"), "{text}");
            assert!(!halt.retry_helps, "it goes only when somebody removes it");
            let left = halt.left.iter().find(|left| left.id.as_str() == subnet);
            let held_by = &left.expect("the subnet is left").held_by;
            assert!(held_by.iter().any(|blocker| blocker.id == theirs), "{held_by:?}");
            // Everything that it does not hold is gone: above all, what costs money.
            let billed = stage
                .cloud
                .inspect(|world| world.live().filter(|thing| thing.kind().facts().billed).count());
            assert_eq!(billed, 0);
            stage.cloud.meddle(|world| world.remove_interface(&theirs));
            deployed(stage.cleanup(&spec).await);
            assert_nothing_left(&stage);
        });
    }
}

/// Everything that it does not hold is gone: the other side's network, and the way there.
#[test]
fn what_a_foreign_thing_does_not_hold_is_gone() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        let subnet = id_of(&stage.cloud, "service.subnet.ap-southeast-3a");
        stage.cloud.meddle(|world| world.add_foreign_interface(&subnet, "a machine", false));
        let halt = halt(stage.deployer().cleanup(&spec).await);
        let left: Vec<Kind> = halt.left.iter().map(|left| left.id.kind).collect();
        assert_eq!(left, [Kind::Vpc, Kind::Subnet]);
    });
}

/// Somebody else's subnet, group or table in our VPC holds it; all else goes.
#[test]
fn a_foreign_subnet_in_our_network_halts_the_cleanup_with_its_name() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        let vpc = id_of(&stage.cloud, "service.vpc");
        let theirs =
            stage.cloud.meddle(|world| world.add_foreign_subnet(&vpc, net("10.1.224.0/24")));
        foreign(&stage, &theirs);
        let began = Instant::now();
        let halt = halt(stage.deployer().cleanup(&spec).await);
        assert!(began.elapsed().as_secs() < 600, "{:?}", began.elapsed());
        let text = halt.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(text.contains(&theirs), "{text}");
        assert_eq!(halt.left.len(), 1, "{:?}", halt.left);
        assert_eq!(stage.violations(), []);
    });
}

/// Somebody's tool has copied our tags to other things of theirs.
fn copied(stage: &Stage, what: &str) -> String {
    let vpc = id_of(&stage.cloud, "entry.ap-southeast-1.vpc");
    let subnet = id_of(&stage.cloud, "entry.ap-southeast-1.subnet.ap-southeast-1a");
    let group = id_of(&stage.cloud, "entry.ap-southeast-1.group");
    let address =
        id_of(&stage.cloud, "entry.ap-southeast-1.address.sagemaker.runtime.ap-southeast-1a");
    let network =
        Body::Vpc(Vpc { cidr: net("172.31.0.0/16"), dns_hostnames: true, dns_support: true });
    let other = stage.cloud.meddle(|world| world.add(&me(), &entry(), network, Tags::new()));
    foreign(stage, &other);
    let id = stage.cloud.meddle(|world| {
        let (from, to) = match what {
            "another kind" => (vpc, world.add_foreign_subnet(&other, net("172.31.0.0/24"))),
            "a foreign subnet" => (subnet, world.add_foreign_subnet(&other, net("172.31.0.0/24"))),
            "a foreign group" => (group, world.add_foreign_group(&other, "theirs")),
            "an address" => {
                let body = Body::ElasticIp(ElasticIp {});
                (address, world.add(&me(), &entry(), body, Tags::new()))
            }
            "a network" => (vpc, other.clone()),
            other => panic!("no {other}"),
        };
        world.copy_tags(&from, &to);
        to
    });
    foreign(stage, &id);
    id
}

/// Of another kind, or in a network that is not ours: listed, in a deploy and in a cleanup, and left alone.
#[test]
fn what_carries_copied_tags_is_listed_and_left_alone() {
    let cases = ["another kind", "a foreign subnet", "a foreign group"];
    each(cases.into_iter().flat_map(|case| [(case, true), (case, false)]), |&(what, journal)| {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, journal).await;
            let first = stage.cloud.calls().len();
            let id = copied(&stage, what);
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            let again = deployed(stage.deploy(&spec).await);
            assert_named(&again.strangers, &id);
            assert!(mutations_since(&stage.cloud, first).is_empty());
            let report = deployed(stage.cleanup(&spec).await);
            assert_named(&report.strangers, &id);
            assert!(is_there(&stage, &id));
            assert_eq!(stage.violations(), []);
        });
    });
}

/// With records, what was made only once is known: a second thing with its tags is somebody else's, also for a cleanup.
#[test]
fn a_copy_of_what_was_made_only_once_is_left_alone() {
    each(["an address", "a network"], |what| {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, true).await;
            let first = stage.cloud.calls().len();
            let id = copied(&stage, what);
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            let again = stage.deployer().adopt(false).deploy(&spec).await.unwrap();
            assert_named(&again.strangers, &id);
            assert!(mutations_since(&stage.cloud, first).is_empty());
            let report = stage.deployer().adopt(false).cleanup(&spec).await.unwrap();
            assert!(is_there(&stage, &id), "{what} of somebody else is deleted");
            assert_named(&report.strangers, &id);
        });
    });
}

/// A double of the connection, to which the routes lead: it stays, and what goes does not take it along.
#[test]
fn the_other_sides_tags_go_with_their_own_connection() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, false).await;
        let old = id_of(&stage.cloud, "entry.ap-southeast-1.peering");
        let double = stage.cloud.meddle(|world| {
            let (body, tags) = {
                let thing = world.find(&old).unwrap();
                (thing.body().clone(), thing.tags().clone())
            };
            let double = world.add(&me(), &entry(), body, tags);
            let key = world.find(&double).unwrap().key();
            let is_ours = |thing: &&Thing| matches!(thing.body(), Body::Route(route) if matches!(route.via, Via::Peering(_)));
            let routes: Vec<String> =
                world.live().filter(is_ours).map(|route| route.id().to_owned()).collect();
            for route in routes {
                world.change(&route, |body| {
                    if let Body::Route(route) = body {
                        route.via = Via::Peering(key);
                    }
                });
            }
            double
        });
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        deployed(stage.deploy(&spec).await);
        assert!(is_there(&stage, &double), "the connection that routes lead to is cut");
        assert!(!is_there(&stage, &old), "the double that nothing leads to goes");
        assert_stands(&stage, &spec).await;
    });
}

/// Tagged things of kinds that accel does not know are listed.
#[test]
fn tagged_things_of_unknown_kinds_are_listed() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        let tags: Tags = [(tags::DEPLOYMENT.to_owned(), spec.name.clone())].into();
        stage.cloud.meddle(|world| world.add_unknown(&me(), &entry(), "nat-000099", tags));
        assert_eq!(deployed(stage.deploy(&spec).await).unknown, ["nat-000099"]);
        assert_eq!(stage.deployer().status(&spec).await.unwrap().unknown, ["nat-000099"]);
        assert_eq!(deployed(stage.cleanup(&spec).await).unknown, ["nat-000099"]);
    });
}

/// The records know a lane, and the cloud is empty: the plan says so, and the deploy does what it says.
#[test]
fn a_plan_shows_what_has_vanished() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        let ids: Vec<(Key, String)> = stage.cloud.inspect(|world| {
            world.live().map(|thing| (thing.key(), thing.id().to_owned())).collect()
        });
        for (key, _) in &ids {
            stage.with_oracle(|oracle| oracle.expect_removed(*key));
        }
        stage.cloud.meddle(|world| {
            for (_, id) in &ids {
                // What has vanished with its parent is not there any more.
                if world.live().any(|thing| thing.id() == id) {
                    world.vanish(id);
                }
            }
        });
        tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        let plan = stage.deployer().plan(&spec).await.unwrap();
        let kept = plan.nodes.iter().filter(|node| node.change == Change::Keep);
        let kept: Vec<_> = kept.filter(|node| !node.kind.facts().setting).collect();
        assert!(kept.is_empty(), "{kept:?}");
        let deployer = stage.deployer().expect(plan.digest);
        deployer.deploy(&spec).await.unwrap_or_else(|why| panic!("{why}"));
        assert_stands(&stage, &spec).await;
    });
}

/// Something of ours vanishes behind our back: it is made again, and nothing else is touched.
#[test]
fn what_vanishes_is_made_again() {
    let nodes = [
        "entry.ap-southeast-1.entry-rule.ingress.tcp/443.203.0.113.0/24",
        "entry.ap-southeast-1.listener.sagemaker.runtime.443",
        "entry.ap-southeast-1.peering",
        NLB,
        "service.endpoint.sagemaker.runtime",
    ];
    each(nodes.into_iter().flat_map(|node| [(node, true), (node, false)]), |&(node, journal)| {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, journal).await;
            let (id, key) = (id_of(&stage.cloud, node), key_of(&stage.cloud, node));
            stage.with_oracle(|oracle| oracle.expect_removed(key));
            stage.cloud.meddle(|world| world.vanish(&id));
            tokio::time::sleep(std::time::Duration::from_secs(300)).await;
            deployed(stage.deploy(&spec).await);
            assert_ne!(id_of(&stage.cloud, node), id);
            assert_stands(&stage, &spec).await;
        });
    });
}
