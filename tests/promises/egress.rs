//! Private egress, in a network of its own and in somebody else's: what it makes, what it changes, and that it goes without a trace.

use std::collections::BTreeSet;
use std::time::Duration;

use accel_core::NodeName;
use accel_core::deployer::{Change, Deployment};
use accel_core::engine::Stranger;
use accel_core::resource::{Direction, Kind, Traffic};
use accel_core::spec::{AnyOutputs, AnySpec, Subnets};
use accel_core::tags::{self, Tags};
use accel_mock::{
    Body, EndpointTable, GatewayEndpoint, Route, RouteTable, Schedule, Settings, Thing, Verdict,
    Via, World,
};
use accel_tests::harness::{Stage, virtually};
use accel_tests::scenes::Scene;

use crate::support::{assert_nothing_left, assert_stands, deployed, halt};

/// Whose networks these are.
const OWNER: &str = "111122223333";

const SCENES: [Scene; 2] = [Scene::NewNetwork, Scene::ExistingNetwork];

#[test]
fn it_stands_again_costs_nothing_and_goes_without_a_trace() {
    for scene in SCENES {
        for journal in [true, false] {
            virtually(async {
                let (stage, spec) = scene.stage(Settings::fast(), journal);
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
            let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), journal);
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
            let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), journal);
            let made = deployed(stage.deploy(&spec).await);
            let nat = id_of(&made, "nat.eu-central-1a");
            let theirs = stage.cloud.meddle(|world| {
                let nat = world.find(&nat).unwrap().key();
                let table = world.find(&route_table(world)).unwrap().key();
                let destination = "198.51.100.0/24".parse().unwrap();
                let place = world.thing(table).place().clone();
                let route = Route { table, destination, via: Via::Nat(nat) };
                world.add(&OWNER.into(), &place, Body::Route(route), Tags::new())
            });
            tokio::time::sleep(Duration::from_secs(60)).await;
            let report = deployed(stage.cleanup(&spec).await);
            let named = |it: &&Stranger| it.id.as_str().starts_with(&theirs);
            assert!(report.strangers.iter().any(|it| named(&it)), "{:?}", report.strangers);
            assert!(stage.cloud.inspect(|world| world.find(&theirs).is_some()));
        });
    }
}

/// A table takes an endpoint for each service: somebody's of another service, on a table of ours, is in nobody's way.
#[test]
fn an_endpoint_of_another_service_on_a_table_of_ours_stays() {
    for journal in [true, false] {
        virtually(async {
            let (stage, spec) = Scene::NewNetwork.stage(Settings::fast(), journal);
            let spec = without(&spec, "dynamodb");
            let made = deployed(stage.deploy(&spec).await);
            let table = id_beginning(&made, "table.");
            let theirs = lead_to_theirs(&stage, &table, "dynamodb");
            tokio::time::sleep(Duration::from_secs(60)).await;
            let again = deployed(stage.deploy(&spec).await);
            assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
            assert!(is_there(&stage, &theirs));
            // Neither is it in the way of what is made anew.
            let ours = id_beginning(&made, "gateway-table.");
            stage.cloud.meddle(|world| world.vanish(&ours));
            tokio::time::sleep(Duration::from_secs(60)).await;
            deployed(stage.deploy(&spec).await);
            assert!(is_there(&stage, &theirs) && is_there(&stage, &ours));
        });
    }
}

/// The same service: the cloud refuses ours, and whose endpoint is in the way is said. It stays.
#[test]
fn an_endpoint_of_our_service_on_a_table_of_ours_is_named() {
    virtually(async {
        let (stage, spec) = Scene::NewNetwork.stage(Settings::fast(), true);
        let fewer = without(&spec, "dynamodb");
        let made = deployed(stage.deploy(&fewer).await);
        let theirs = lead_to_theirs(&stage, &id_beginning(&made, "table."), "dynamodb");
        tokio::time::sleep(Duration::from_secs(60)).await;
        let halt = halt(stage.deployer().deploy(&spec).await);
        let text = halt.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(text.contains("RouteAlreadyExists") && text.contains(&theirs), "{text}");
        assert!(is_there(&stage, &theirs));
    });
}

/// What a team's automation does: an endpoint of theirs in the table's network, and the table leads to it.
fn lead_to_theirs(stage: &Stage, table: &str, service: &str) -> String {
    stage.cloud.meddle(|world| {
        let (table, place) = {
            let thing = world.find(table).unwrap();
            (thing.key(), thing.place().clone())
        };
        let Body::RouteTable(RouteTable { vpc, .. }) = *world.thing(table).body() else {
            panic!("a table")
        };
        let service = format!("com.amazonaws.{}.{service}", place.region);
        let endpoint = Body::GatewayEndpoint(GatewayEndpoint { vpc, service, policy: None });
        let endpoint = world.add(&OWNER.into(), &place, endpoint, Tags::new());
        let endpoint = world.find(&endpoint).unwrap().key();
        let leads = Body::EndpointTable(EndpointTable { endpoint, table });
        world.add(&OWNER.into(), &place, leads, Tags::new())
    })
}

fn without(spec: &AnySpec, service: &str) -> AnySpec {
    let AnySpec::PrivateEgress(egress) = spec else { panic!("an egress") };
    let mut fewer = (**egress).clone();
    fewer.services.retain(|it| it.name != service);
    fewer.into()
}

/// The network's owner leads a table that is none of ours to our endpoint. It goes with the endpoint, and is not said to be left.
#[test]
fn what_goes_with_ours_is_not_said_to_be_left() {
    for journal in [true, false] {
        virtually(async {
            let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), journal);
            let made = deployed(stage.deploy(&spec).await);
            let endpoint = id_of(&made, "gateway.s3");
            let theirs = stage.cloud.meddle(|world| {
                let endpoint = world.find(&endpoint).unwrap().key();
                let table = world.find(&route_table(world)).unwrap().key();
                let place = world.thing(table).place().clone();
                let leads = Body::EndpointTable(EndpointTable { endpoint, table });
                world.add(&OWNER.into(), &place, leads, Tags::new())
            });
            tokio::time::sleep(Duration::from_secs(60)).await;
            let report = deployed(stage.cleanup(&spec).await);
            assert!(!is_there(&stage, &theirs));
            assert_eq!(report.strangers, [], "{journal}");
        });
    }
}

/// A killed deploy, and a cleanup without records whose first listing shows less than there is: what it took for somebody's, and then
/// knew as its own and removed, is not said to be left.
#[test]
fn what_was_removed_is_not_said_to_be_left() {
    virtually(async {
        let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), false);
        let calls = {
            deployed(stage.deploy(&spec).await);
            let calls = stage.cloud.call_count();
            deployed(stage.cleanup(&spec).await);
            calls
        };
        for call in 1..=calls {
            let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), false);
            stage.cloud.set_schedule(Schedule::one(call, Verdict::CrashAfter));
            drop(stage.deploy(&spec).await);
            stage.calm();
            let report = deployed(stage.cleanup(&spec).await);
            assert_eq!(report.strangers, [], "killed after call {call}");
        }
    });
}

/// A table of the network's owner.
fn route_table(world: &World) -> String {
    let theirs = |thing: &&Thing| {
        matches!(thing.body(), Body::RouteTable(table) if table.main) && thing.tags().is_empty()
    };
    world.live().find(theirs).unwrap().id().to_owned()
}

/// Automatic taggers copy tags, and people clone things with all of them: a copy of the network's owner is no reason to remove it or what
/// is in it. With records ours is known; without, by what is built on it.
#[test]
fn what_the_owner_has_copied_our_tags_to_is_left_alone() {
    for node in ["group", "table."] {
        for journal in [true, false] {
            virtually(async {
                let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), journal);
                let made = deployed(stage.deploy(&spec).await);
                let ours = id_beginning(&made, node);
                let (theirs, inside) = clone_of(&stage, &ours);
                tokio::time::sleep(Duration::from_secs(60)).await;
                // Their runs are not said to be over: with that word, what carries our tags is taken for ours.
                let report = stage.deployer().adopt(false).cleanup(&spec).await.unwrap();
                let named = |it: &Stranger| it.id.as_str() == theirs;
                assert!(report.strangers.iter().any(named), "{node} {journal}: {report:?}");
                for id in [&theirs, &inside] {
                    assert!(is_there(&stage, id), "{node} {journal}: {id} is gone");
                }
                assert!(!is_there(&stage, &ours), "{node} {journal}: {report:?}");
            });
        }
    }
}

/// Where nothing tells ours from a copy, because what was built on it has gone, neither is removed: both are named.
#[test]
fn of_two_that_nothing_tells_apart_both_stay_and_are_named() {
    virtually(async {
        let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), false);
        let made = deployed(stage.deploy(&spec).await);
        let (rule, ours) = (id_beginning(&made, "rule."), id_of(&made, "group"));
        let (theirs, _) = clone_of(&stage, &ours);
        stage.cloud.meddle(|world| {
            let uses = |thing: &&Thing| matches!(thing.body(), Body::InterfaceEndpoint(_));
            let endpoint = world.live().find(uses).unwrap().id().to_owned();
            world.vanish(&endpoint);
        });
        tokio::time::sleep(Duration::from_secs(60)).await;
        let report = stage.deployer().adopt(false).cleanup(&spec).await.unwrap();
        for id in [&ours, &theirs] {
            let named = report.strangers.iter().any(|it| it.id.as_str() == id);
            assert!(named && is_there(&stage, id), "{id}: {report:?}");
        }
        assert!(is_there(&stage, &rule), "what stays, stays whole");
        // With the user's word that it is ours.
        deployed(stage.cleanup(&spec).await);
        assert!(!is_there(&stage, &ours) && !is_there(&stage, &theirs));
    });
}

fn is_there(stage: &Stage, id: &str) -> bool {
    stage.cloud.inspect(|world| world.find(id).is_some())
}

/// The first node whose name begins so.
fn id_beginning(made: &Deployment<AnyOutputs>, name: &str) -> String {
    let (node, _) = made.nodes.iter().find(|(node, _)| node.as_str().starts_with(name)).unwrap();
    id_of(made, node.as_str())
}

/// What the network's owner has made of a thing of ours: a second one with all its tags, and something in that.
fn clone_of(stage: &Stage, ours: &str) -> (String, String) {
    stage.cloud.meddle(|world| {
        let (body, place) = {
            let thing = world.find(ours).unwrap();
            (thing.body().clone(), thing.place().clone())
        };
        let theirs = if let Body::SecurityGroup(group) = &body {
            let vpc = world.thing(group.vpc).id().to_owned();
            world.add_foreign_group(&vpc, "theirs")
        } else {
            world.add(&OWNER.into(), &place, body, Tags::new())
        };
        world.copy_tags(ours, &theirs);
        let inside = if world.find(&theirs).unwrap().kind() == Kind::SecurityGroup {
            let peer = "192.0.2.0/24".parse().unwrap();
            world.add_foreign_rule(&theirs, Direction::Ingress, Traffic::Tcp(22), peer)
        } else {
            world.add_foreign_route(&theirs, "192.0.2.0/24".parse().unwrap(), "vgw-1")
        };
        (theirs, inside)
    })
}

/// What is verified holds after a deploy, and does not once somebody has led a route elsewhere.
#[test]
fn what_is_verified_is_what_the_network_shows() {
    for scene in SCENES {
        virtually(async {
            let (stage, spec) = scene.stage(Settings::fast(), true);
            let made = deployed(stage.deploy(&spec).await);
            let within = Duration::from_secs(60);
            let verify = async || {
                let findings = stage.deployer().verify(&spec, &made.nodes, within).await.unwrap();
                assert_eq!(findings.len(), 6, "{findings:?}");
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
        let (stage, spec) = Scene::ExistingNetwork.stage(Settings::fast(), true);
        let before = stage.cloud.inspect(World::inventory);
        let AnySpec::PrivateEgress(egress) = &spec else { panic!("an egress") };
        let mut fewer = (**egress).clone();
        fewer.services.retain(|service| service.name != "dynamodb");
        let one = fewer.clone();
        let network = fewer.network.as_mut().unwrap();
        let (islands, left_out) = islands_of(&stage);
        network.islands = Subnets::Ids(islands);
        let (least, less) = (AnySpec::from(fewer), AnySpec::from(one));
        deployed(stage.deploy(&least).await);
        assert_eq!(receipts(&stage), standing_in_theirs(&stage));
        let (service, island) = (vec!["dynamodb".to_owned()], left_out);
        for (to, touched) in
            [(&less, &island), (&spec, &service), (&less, &service), (&least, &island)]
        {
            tokio::time::sleep(Duration::from_secs(60)).await;
            let plan = stage.deployer().plan(to).await.unwrap();
            let touches = |node: &str| touched.iter().any(|it| node.contains(it));
            let changes = plan.nodes.iter().filter(|node| {
                !matches!(node.change, Change::Keep) && node.kind != Kind::ExtraTags
            });
            let changes: Vec<&str> = changes.map(|node| node.node.as_str()).collect();
            assert!(!changes.is_empty() && changes.iter().all(|it| touches(it)), "{plan}");
            deployed(stage.deploy(to).await);
            let (receipts, standing) = (receipts(&stage), standing_in_theirs(&stage));
            assert!(receipts.is_superset(&standing), "{standing:?} without {receipts:?}");
        }
        deployed(stage.cleanup(&least).await);
        assert_nothing_left(&stage);
        assert_eq!(stage.cloud.inspect(World::inventory), before);
    });
}

/// The islands but for one that has a table of its owner's, and the id of that table.
fn islands_of(stage: &Stage) -> (Vec<String>, Vec<String>) {
    stage.cloud.inspect(|world| {
        let named = |name: &str| {
            let is = |thing: &&Thing| thing.tags().get(tags::NAME).is_some_and(|it| it == name);
            let id = |kind: Kind| {
                let mut things = world.live().filter(|thing| thing.kind() == kind).filter(is);
                things.next().map(|thing| thing.id().to_owned())
            };
            (id(Kind::Subnet), id(Kind::RouteTable))
        };
        let islands = ["island.a", "island.b"].map(|name| named(name).0.unwrap());
        (islands.to_vec(), vec![named("island.b").1.unwrap()])
    })
}

/// Where something of ours stands in what is not.
fn standing_in_theirs(stage: &Stage) -> BTreeSet<String> {
    stage.cloud.inspect(|world| {
        let ours = |thing: &Thing| thing.tags().contains_key(tags::DEPLOYMENT);
        let mut places = BTreeSet::new();
        for thing in world.live().filter(|thing| !thing.kind().facts().taggable) {
            let refs = world.refers_to(thing);
            let (ours, theirs): (Vec<&Thing>, Vec<&Thing>) =
                refs.into_iter().map(|key| world.thing(key)).partition(|it| ours(it));
            let key = if let Body::Route(route) = thing.body() {
                Some(route.destination.to_string())
            } else {
                None
            };
            let place = |it: &&Thing| tags::receipt_place(it.id(), key.as_deref());
            places.extend(theirs.iter().filter(|_| !ours.is_empty()).map(place));
        }
        places
    })
}

fn receipts(stage: &Stage) -> BTreeSet<String> {
    stage.cloud.inspect(|world| {
        let receipts = world.live().flat_map(|thing| tags::receipts(thing.tags()));
        receipts.map(|(place, _)| place.to_owned()).collect()
    })
}
