//! The user's own tags: on everything that can carry them, from its create on, and after every change of them.

use std::collections::BTreeMap;

use accel_core::tags::Tags;
use accel_mock::{Body, Settings};
use accel_tests::harness::{Stage, jakarta, virtually};

use crate::support::{changed, deployed, stage};

fn tagged(team: &str) -> accel_core::Acceleration {
    changed(|spec| drop(spec.tags.insert("team".into(), team.into())))
}

/// The tags of everything that can carry some; a peering connection keeps them on each of its sides.
fn carried(stage: &Stage) -> BTreeMap<String, Tags> {
    let mut all = BTreeMap::new();
    stage.cloud.inspect(|world| {
        for thing in world.live().filter(|thing| thing.kind().facts().taggable) {
            all.insert(thing.id().to_owned(), thing.tags().clone());
            if let Body::PeeringConnection(peering) = thing.body() {
                all.insert(
                    format!("{}, accepter's side", thing.id()),
                    peering.accepter_tags.clone(),
                );
            }
        }
    });
    all
}

fn assert_all_say(stage: &Stage, team: &str) {
    let all = carried(stage);
    assert!(all.keys().any(|id| id.ends_with("accepter's side")), "there is a connection");
    let say = |tags: &Tags| tags.get("team").map(String::as_str) == Some(team);
    let silent: Vec<_> = all.iter().filter(|(_, tags)| !say(tags)).map(|(id, _)| id).collect();
    assert!(silent.is_empty(), "without the tag: {silent:?}");
}

#[test]
fn the_users_tags_are_on_everything_and_on_both_sides_of_the_connection() {
    for journal in [true, false] {
        virtually(async {
            let stage = stage(&jakarta(), journal);
            for team in ["vision", "speech"] {
                deployed(stage.deploy(&tagged(team)).await);
                assert_all_say(&stage, team);
                let again = deployed(stage.deploy(&tagged(team)).await);
                assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
            }
        });
    }
}

/// Somebody takes the tag off the accepter's side alone.
#[test]
fn a_tag_that_one_side_lost_is_written_again() {
    virtually(async {
        let stage = Stage::new(Settings::fast(), &jakarta(), true);
        deployed(stage.deploy(&tagged("vision")).await);
        stage.cloud.meddle(|world| {
            let is_peering =
                |thing: &&accel_mock::Thing| matches!(thing.body(), Body::PeeringConnection(_));
            let peering = world.live().find(is_peering).unwrap().id().to_owned();
            world.change(&peering, |body| {
                if let Body::PeeringConnection(it) = body {
                    it.accepter_tags.remove("team");
                }
            });
        });
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let again = deployed(stage.deploy(&tagged("vision")).await);
        assert_eq!(again.calls.mutating(), 1, "{}", again.calls);
        assert_all_say(&stage, "vision");
    });
}
