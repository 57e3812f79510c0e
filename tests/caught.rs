//! Tests that were written to catch one deliberate mistake each. What they look at heals by itself, so the end of a history does not
//! show it: they look at the way there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use accel_core::journal::{Journal, MemoryJournal};
use accel_core::resource::{Kind, Repeat};
use accel_core::tags::{self, Ownership};
use accel_core::{Acceleration, AccountId, Deployer, ErrorKind, Failure, NodeName};
use accel_mock::{
    Body, Cloud, Lag, Outcome, Quotas, Route, Settings, State, Thing, Verb, Via, World,
};
use accel_tests::harness::{Stage, jakarta, virtually};

fn settings() -> Settings {
    Settings { log: true, quotas: Quotas::roomy(), ..Settings::fast() }
}

async fn standing(journal: bool) -> Stage {
    let stage = Stage::new(settings(), &jakarta(), journal);
    deploy(&stage, &jakarta()).await;
    stage
}

async fn deploy(stage: &Stage, spec: &Acceleration) {
    let roots = stage.deployer().plan(spec).await.unwrap().replaced_roots();
    let deployer = stage.deployer().allow_replace(roots.into_iter().map(NodeName::from));
    deployer
        .deploy(spec)
        .await
        .unwrap_or_else(|failure| panic!("journal: {}: {failure}", stage.journal.is_some()));
}

fn is_live(world: &World, thing: &Thing) -> bool {
    matches!(world.state(thing), State::Pending | State::Ready)
}

/// Everything of a kind that is live.
fn ids(stage: &Stage, kind: Kind) -> Vec<String> {
    stage.cloud.inspect(|world| {
        let live = world.live().filter(|thing| thing.kind() == kind && is_live(world, thing));
        live.map(|thing| thing.id().to_owned()).collect()
    })
}

/// Something of ours disappears behind our back, and everybody may know.
fn vanish(stage: &Stage, id: &str) {
    let key = stage.cloud.inspect(|world| world.find(id).unwrap().key());
    stage.cloud.meddle(|world| world.vanish(id));
    stage.with_oracle(|oracle| oracle.expect_removed(key));
}

// ---- doubt ----

/// Nodes that were two live things at some moment of a deploy.
async fn doubles(schedule: &str, lag: Lag, journal: bool) -> BTreeSet<String> {
    let cloud = Cloud::new(Settings { lag, ..settings() });
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let doubles = Arc::clone(&seen);
    cloud.watch(move |world, _| {
        let mut owners = BTreeSet::new();
        for thing in world.live().filter(|thing| is_live(world, thing)) {
            let Some(tags) = Ownership::read(thing.tags()) else { continue };
            if !owners.insert((tags.owner.node.clone(), tags.owner.fingerprint)) {
                doubles.lock().unwrap().insert(tags.owner.node.to_string());
            }
        }
    });
    cloud.set_schedule(schedule.parse().unwrap());
    let records = MemoryJournal::default();
    let deployer = Deployer::new(&cloud);
    let deployer = if journal { deployer.journal(&records) } else { deployer };
    deployer.deploy(&jakarta()).await.unwrap_or_else(|failure| panic!("{schedule}: {failure}"));
    std::mem::take(&mut *seen.lock().unwrap())
}

/// However late the call takes effect, and however long the cloud hides what it made: no second one is made meanwhile.
#[test]
fn a_create_in_doubt_is_not_repeated_before_its_effect_must_show() {
    let kinds = ["vpc", "internet_gateway", "elastic_ip"];
    let all: BTreeSet<Kind> =
        Kind::ALL.iter().copied().filter(|kind| kind.facts().repeat == Repeat::None).collect();
    assert_eq!(all, BTreeSet::from([Kind::Vpc, Kind::InternetGateway, Kind::ElasticIp]));
    for kind in kinds {
        for verdict in ["lose", "late:4000", "late:25000"] {
            for journal in [true, false] {
                let schedule = format!("create:{kind}#1={verdict}");
                let doubles = virtually(doubles(&schedule, Lag::worst(), journal));
                assert_eq!(doubles, BTreeSet::new(), "{schedule}, journal: {journal}");
            }
        }
    }
}

// ---- tags ----

/// Not only what makes a thing ours: also what stops the wrong account, names the maker, and makes choices stick.
#[test]
fn every_create_writes_every_tag() {
    virtually(async {
        let stage = standing(true).await;
        let graph = stage.graph(&jakarta()).await;
        stage.cloud.inspect(|world| {
            let taggable = world.live().filter(|thing| thing.kind().facts().taggable);
            let mut kinds = BTreeSet::new();
            for thing in taggable {
                let tags = Ownership::read(thing.tags()).unwrap();
                let node = graph.node(graph.find(&tags.owner.node).unwrap());
                let what = format!("{} {:?}", thing.id(), thing.tags());
                assert_eq!(tags.owner.deployment.as_str(), jakarta().name, "{what}");
                assert_eq!(tags.owner.fingerprint, node.fingerprint, "{what}");
                assert_eq!(tags.kind, thing.kind().to_string(), "{what}");
                assert_eq!(tags.schema, tags::SCHEMA, "{what}");
                assert_eq!(tags.keep, node.keep.as_deref(), "{what}");
                assert!(tags.run.is_some() && tags.by.is_some(), "{what}");
                assert_eq!((tags.places().count(), tags.accounts().count()), (2, 2), "{what}");
                kinds.insert(thing.kind());
            }
            let all: BTreeSet<Kind> = graph.nodes().iter().map(accel_core::Node::kind).collect();
            assert_eq!(kinds, all.into_iter().filter(|kind| kind.facts().taggable).collect());
            assert!(graph.nodes().iter().any(|node| node.keep.is_some()), "something is kept");
        });
    });
}

// ---- keys ----

/// Without records: a target at another address and a route to another block stand under the right parents, and are not what is asked.
#[test]
fn a_thing_under_another_key_is_not_taken_for_the_one_that_is_asked() {
    for journal in [true, false] {
        virtually(async {
            let stage = standing(journal).await;
            let target = ids(&stage, Kind::Target).remove(0);
            let key = stage.cloud.inspect(|world| world.find(&target).unwrap().key());
            stage.cloud.meddle(|world| world.change_target(&target, "10.1.17.77".parse().unwrap()));
            stage.with_oracle(|oracle| oracle.expect_removed(key));
            let route = ids(&stage, Kind::Route)
                .into_iter()
                .find(|id| id.ends_with("10.1.0.0/16"))
                .unwrap();
            let key = stage.cloud.inspect(|world| world.find(&route).unwrap().key());
            stage.cloud.meddle(|world| {
                let thing = world.find(&route).unwrap();
                let (account, place) = (thing.account().clone(), thing.place().clone());
                let Body::Route(route_body) = thing.body().clone() else { panic!("a route") };
                world.vanish(&route);
                let elsewhere =
                    Route { destination: "10.77.0.0/16".parse().unwrap(), ..route_body };
                assert!(matches!(elsewhere.via, Via::Peering(_)));
                world.add(&account, &place, Body::Route(elsewhere), tags::Tags::new());
            });
            stage.with_oracle(|oracle| oracle.expect_removed(key));
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            deploy(&stage, &jakarta()).await;
            assert!(ids(&stage, Kind::Target).contains(&target), "journal: {journal}");
            assert!(ids(&stage, Kind::Route).contains(&route), "journal: {journal}");
        });
    }
}

/// The peering is made anew, and the routes through it lead to what is no more: each goes before its successor takes its destination.
#[test]
fn a_successor_waits_for_the_slot_of_what_it_replaces() {
    virtually(async {
        let stage = standing(true).await;
        vanish(&stage, &ids(&stage, Kind::PeeringConnection)[0]);
        // A removal that takes its time is overtaken by whoever does not wait for it.
        stage.cloud.set_schedule("delete=delay:5000".parse().unwrap());
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        deploy(&stage, &jakarta()).await;
        let graph = stage.graph(&jakarta()).await;
        assert_eq!(stage.at_rest(&graph), []);
        let conflict = |call: &&accel_mock::Call| {
            matches!(call.outcome, Outcome::Refused { kind: ErrorKind::Conflict, .. })
        };
        let calls = stage.cloud.calls();
        let refused: Vec<String> = calls.iter().filter(conflict).map(ToString::to_string).collect();
        assert_eq!(refused, [""; 0]);
    });
}

// ---- tokens ----

/// A cloud remembers the tokens of the dead: what is gone is made anew under another one, at once.
#[test]
fn what_is_lost_is_made_anew_under_another_token() {
    let kinds = Kind::ALL.iter().copied().filter(|kind| kind.facts().repeat == Repeat::Token);
    let kinds: Vec<Kind> = kinds.collect();
    let (lane, other) = kinds.split_at(2);
    assert_eq!(lane, [Kind::RouteTable, Kind::InterfaceEndpoint]);
    assert_eq!(other, [Kind::NatGateway, Kind::GatewayEndpoint], "a lane has none of these");
    for kind in lane.iter().copied() {
        virtually(async {
            let stage = standing(true).await;
            let before = ids(&stage, kind);
            for id in &before {
                vanish(&stage, id);
            }
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            let first = stage.cloud.calls().len();
            deploy(&stage, &jakarta()).await;
            let after = ids(&stage, kind);
            assert_eq!(after.len(), before.len());
            let calls = stage.cloud.calls().split_off(first);
            let answers =
                calls.iter().filter(|call| call.verb == Verb::Create && call.kind == Some(kind));
            let dead: Vec<String> = answers
                .filter(|call| {
                    call.id.as_deref().is_some_and(|id| before.iter().any(|it| it == id))
                })
                .map(ToString::to_string)
                .collect();
            assert_eq!(dead, [""; 0], "a token was used again");
        });
    }
}

/// What was accepted and then given up is replaced, and not by itself.
#[test]
fn what_fails_is_made_anew_under_another_token() {
    for kind in ["route_table", "interface_endpoint"] {
        virtually(async {
            let stage = Stage::new(settings(), &jakarta(), true);
            stage.cloud.set_schedule(format!("create:{kind}#1=fail").parse().unwrap());
            deploy(&stage, &jakarta()).await;
            let mut made = BTreeSet::new();
            for call in stage.cloud.calls() {
                let is_made = call.verb == Verb::Create && call.outcome == Outcome::Done;
                if is_made && call.kind.is_some_and(|kind| kind.facts().repeat == Repeat::Token) {
                    assert!(made.insert(call.id.clone()), "{call}: a token was used again");
                }
            }
        });
    }
}

// ---- accounts ----

fn assert_refused<T: std::fmt::Debug>(end: Result<T, Failure>, words: &str) {
    match end {
        Err(Failure::Refused(error)) => {
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
            assert!(error.message().contains(words), "{error}");
        }
        other => panic!("{words}: not refused, but {other:?}"),
    }
}

/// By a pin, by the records, and by the tags of what exists: each alone stops everything, and not one call that may change something
/// was sent.
#[test]
fn the_wrong_account_stops_deploy_and_cleanup_before_their_first_change() {
    const OURS: &str = "111122223333";
    const ANOTHER: &str = "444455556666";
    for what in ["is pinned to", "is recorded in", "was made in"] {
        virtually(async {
            let cloud = Cloud::new(settings());
            let records = MemoryJournal::default();
            let journal: Option<&dyn Journal> = (what == "is recorded in").then_some(&records);
            let deployer = |cloud| {
                let deployer = Deployer::new(cloud).by("tests").adopt(true).take_over(true);
                match journal {
                    Some(journal) => deployer.journal(journal),
                    None => deployer,
                }
            };
            let mut spec = jakarta();
            if what == "is pinned to" {
                spec.account = Some(AccountId::from(OURS));
            }
            deployer(&cloud).deploy(&spec).await.unwrap();
            // With one side in the right account, that side shows whose the other one is.
            let wrong = match what {
                "was made in" => {
                    vec![cloud.as_accounts(ANOTHER, OURS), cloud.as_accounts(OURS, ANOTHER)]
                }
                _ => vec![cloud.as_accounts(ANOTHER, ANOTHER)],
            };
            let before = cloud.calls().len();
            for cloud in &wrong {
                assert_refused(deployer(cloud).deploy(&spec).await, what);
                assert_refused(deployer(cloud).cleanup(&spec).await, what);
            }
            let sent: Vec<String> = cloud.calls()[before..]
                .iter()
                .filter(|call| call.mutating)
                .map(ToString::to_string)
                .collect();
            assert_eq!(sent, [""; 0], "{what}");
        });
    }
}
