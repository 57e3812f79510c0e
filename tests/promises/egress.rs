//! Private egress, in a network of its own and in somebody else's: what it makes, what it changes, and that it goes without a trace.

use std::time::Duration;

use accel_core::NodeName;
use accel_core::deployer::{Change, Deployment};
use accel_core::engine::Stranger;
use accel_core::resource::Kind;
use accel_core::spec::{AnyOutputs, AnySpec};
use accel_core::tags::Tags;
use accel_mock::{Body, Route, Settings, Thing, Via, World};
use accel_tests::harness::{Stage, virtually};
use accel_tests::scenes::Scene;

use crate::support::{assert_nothing_left, assert_stands, deployed};

const SCENES: [Scene; 2] = [Scene::NewNetwork, Scene::ExistingNetwork];

#[test]
fn it_stands_again_costs_nothing_and_goes_without_a_trace() {
    for scene in SCENES {
        for journal in [true, false] {
            virtually(async {
                let (stage, spec) = scene.stage(Settings::fast(), journal).await;
                let before = stage.cloud.inspect(World::inventory);
                deployed(stage.deploy(&spec).await);
                assert_stands(&stage, &spec).await;
                let again = deployed(stage.deploy(&spec).await);
                assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
                // A plan looks once, and what was just changed may not show yet.
                tokio::time::sleep(Duration::from_secs(60)).await;
                let plan = stage.deployer().plan(&spec).await.unwrap();
                let kept = |change| matches!(change, Change::Keep | Change::Set);
                assert!(plan.nodes.iter().all(|node| kept(node.change)), "{plan}");
                deployed(stage.cleanup(&spec).await);
                assert_nothing_left(&stage);
                assert_eq!(stage.cloud.inspect(World::inventory), before);
            });
        }
    }
}

/// The id of somebody's route: the one that leads there.
fn route_to(stage: &Stage, target: &str) -> String {
    stage.cloud.inspect(|world| {
        let leads = |thing: &&Thing| {
            matches!(thing.body(), Body::Route(route) if world.target_text(&route.via) == target)
        };
        world.live().find(leads).map(|thing| thing.id().to_owned()).expect("a route leads there")
    })
}

fn id_of(made: &Deployment<AnyOutputs>, node: &str) -> String {
    made.nodes[&NodeName::from(node)].id.as_str().to_owned()
}

/// Leads somebody's route through something of theirs.
fn lead_elsewhere(stage: &Stage, route: &str) {
    stage.cloud.meddle(|world| {
        world.change(route, |body| {
            let Body::Route(route) = body else { panic!("a route") };
            route.via = Via::Foreign("eni-of-theirs".to_owned());
        });
    });
}

/// The old target is put back only where the route still leads to ours; what its owner has changed since is theirs.
#[test]
fn what_somebody_has_led_elsewhere_stays_so() {
    for journal in [true, false] {
        virtually(async {
            let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), journal).await;
            let made = deployed(stage.deploy(&spec).await);
            let nat = id_of(&made, "nat.eu-central-1a");
            let route = route_to(&stage, &nat);
            lead_elsewhere(&stage, &route);
            tokio::time::sleep(Duration::from_secs(60)).await;
            deployed(stage.cleanup(&spec).await);
            assert_eq!(route_to(&stage, "eni-of-theirs"), route);
            assert!(!stage.cloud.snapshot().contains("functions"), "nothing of ours is left");
        });
    }
}

/// A route that the network's owner has put through our gateway has no receipt: it is named, and never removed.
#[test]
fn a_route_of_somebodys_through_our_gateway_is_named_and_left_alone() {
    for journal in [true, false] {
        virtually(async {
            let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), journal).await;
            let made = deployed(stage.deploy(&spec).await);
            let nat = id_of(&made, "nat.eu-central-1a");
            let theirs = stage.cloud.meddle(|world| {
                let nat = world.find(&nat).unwrap().key();
                let table = world.find(&route_table(world)).unwrap().key();
                let destination = "198.51.100.0/24".parse().unwrap();
                let place = world.thing(table).place().clone();
                let route = Route { table, destination, via: Via::Nat(nat) };
                world.add(&"111122223333".into(), &place, Body::Route(route), Tags::new())
            });
            tokio::time::sleep(Duration::from_secs(60)).await;
            let report = deployed(stage.cleanup(&spec).await);
            let named = |it: &&Stranger| it.id.as_str().starts_with(&theirs);
            assert!(report.strangers.iter().any(|it| named(&it)), "{:?}", report.strangers);
            assert!(stage.cloud.inspect(|world| world.find(&theirs).is_some()));
        });
    }
}

/// A table of the network's owner.
fn route_table(world: &World) -> String {
    let theirs = |thing: &&Thing| {
        matches!(thing.body(), Body::RouteTable(table) if table.main) && thing.tags().is_empty()
    };
    world.live().find(theirs).unwrap().id().to_owned()
}

/// Automatic taggers copy tags: a group of the network's owner that carries ours is no reason to remove it.
#[test]
fn what_the_owner_has_copied_our_tags_to_is_left_alone() {
    virtually(async {
        let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), true).await;
        let made = deployed(stage.deploy(&spec).await);
        let group = id_of(&made, "group");
        let theirs = stage.cloud.meddle(|world| {
            let vpc = world.live().find(|thing| matches!(thing.body(), Body::Vpc(_))).unwrap();
            let vpc = vpc.id().to_owned();
            let theirs = world.add_foreign_group(&vpc, "theirs");
            world.copy_tags(&group, &theirs);
            theirs
        });
        tokio::time::sleep(Duration::from_secs(60)).await;
        // Their runs are not said to be over: with that word, what carries our tags is taken for ours.
        let report = stage.deployer().adopt(false).cleanup(&spec).await.unwrap();
        assert!(report.strangers.iter().any(|it| it.id.as_str() == theirs), "{report:?}");
        assert!(stage.cloud.inspect(|world| world.find(&theirs).is_some()));
    });
}

/// What is verified holds after a deploy, and does not once somebody has led a route elsewhere.
#[test]
fn what_is_verified_is_what_the_network_shows() {
    for scene in SCENES {
        virtually(async {
            let (stage, spec) = scene.stage(Settings::fast(), true).await;
            let made = deployed(stage.deploy(&spec).await);
            let within = Duration::from_secs(60);
            let verify = async || {
                let findings = stage.deployer().verify(&spec, &made.nodes, within).await.unwrap();
                assert_eq!(findings.len(), 5, "{findings:?}");
                findings.into_iter().filter_map(|it| it.fault).collect::<Vec<_>>()
            };
            assert_eq!(verify().await, [""; 0], "{scene}");
            let route = route_to(&stage, &id_of(&made, "nat.eu-central-1a"));
            lead_elsewhere(&stage, &route);
            let faults = verify().await;
            assert!(faults.iter().any(|it| it.contains("leads to eni-of-theirs")), "{faults:?}");
        });
    }
}

/// One more island, one service more or less: only that is touched, and the receipts say it.
#[test]
fn what_changes_later_touches_nothing_else() {
    virtually(async {
        let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), true).await;
        let AnySpec::PrivateEgress(egress) = &spec else { panic!("an egress") };
        let mut fewer = (**egress).clone();
        fewer.services.retain(|service| service.name != "dynamodb");
        let fewer = AnySpec::from(fewer);
        deployed(stage.deploy(&fewer).await);
        for (to, touched) in [(&spec, "dynamodb"), (&fewer, "dynamodb")] {
            tokio::time::sleep(Duration::from_secs(60)).await;
            let plan = stage.deployer().plan(to).await.unwrap();
            let changes = plan.nodes.iter().filter(|node| {
                !matches!(node.change, Change::Keep) && node.kind != Kind::ExtraTags
            });
            let changes: Vec<&str> = changes.map(|node| node.node.as_str()).collect();
            assert!(!changes.is_empty() && changes.iter().all(|it| it.contains(touched)), "{plan}");
            deployed(stage.deploy(to).await);
        }
        deployed(stage.cleanup(&fewer).await);
        assert_nothing_left(&stage);
    });
}
