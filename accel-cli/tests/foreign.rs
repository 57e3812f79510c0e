//! What others have done to the cloud: shown, left alone, and removed only on the user's word.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use std::time::Duration;

use accel_core::resource::{Direction, Traffic};
use accel_core::tags::NODE;
use accel_mock::{Cloud, Settings, World};
use support::Bench;

/// Changes the cloud behind everybody's back, long enough ago that every look shows it.
fn meddle<R>(bench: &Bench, change: impl FnOnce(&mut World) -> R) -> R {
    let still = Settings { speed: 0, ..Settings::default() };
    let cloud = Cloud::open(bench.path("cloud.json"), still).unwrap();
    let answer = cloud.meddle(change);
    cloud.advance(Duration::from_secs(120));
    answer
}

fn id_of(world: &World, node: &str) -> String {
    let is_it = |thing: &&accel_mock::Thing| thing.tags().get(NODE).is_some_and(|it| it == node);
    world.live().find(is_it).unwrap_or_else(|| panic!("no {node}")).id().to_owned()
}

/// Opens the lane's group to others, and routes something away.
fn intrude(bench: &Bench) -> [String; 2] {
    meddle(bench, |world| {
        let group = id_of(world, "entry.ap-southeast-1.group");
        let table = id_of(world, "entry.ap-southeast-1.route-table");
        let peer = "192.0.2.0/24".parse().unwrap();
        [
            world.add_foreign_rule(&group, Direction::Ingress, Traffic::Tcp(22), peer),
            world.add_foreign_route(&table, peer, "vgw-1"),
        ]
    })
}

#[test]
fn what_others_have_opened_is_shown_and_goes_only_on_the_users_word() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes");
    let foreign = intrude(&bench);
    let status = bench.sim("status lane.toml --check").ended(3).stdout;
    for id in &foreign {
        assert!(status.contains(id), "{id}: {status}");
    }
    bench.done("deploy lane.toml --yes");
    bench.sim("status lane.toml --check").ended(3);
    let plan = bench.done("plan lane.toml --revoke-foreign").stdout;
    for id in &foreign {
        let line = plan.lines().find(|line| line.contains(id.as_str())).unwrap_or_default();
        assert!(line.contains("deleted"), "{id}: {plan}");
    }
    bench.done("deploy lane.toml --yes --revoke-foreign");
    bench.done("status lane.toml --check");
}

#[test]
fn what_has_vanished_is_a_difference_and_comes_back() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes");
    meddle(&bench, |world| {
        let listener = id_of(world, "entry.ap-southeast-1.listener.sagemaker.runtime.443");
        world.vanish(&listener);
    });
    let status = bench.sim("status lane.toml --check").ended(3).stdout;
    assert!(status.contains("listener.sagemaker.runtime.443: not there"), "{status}");
    bench.sim("plan lane.toml --check").ended(3);
    bench.done("deploy lane.toml --yes");
    bench.done("status lane.toml --check");
}

#[test]
fn text_from_outside_cannot_move_the_cursor() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes");
    meddle(&bench, |world| {
        let account = "111122223333".into();
        let place = accel_core::Place::new(accel_core::Side::Entry, "ap-southeast-1");
        let tags = [("accel:deployment".to_owned(), "lane".to_owned())].into();
        world.add_unknown(&account, &place, "a\u{1b}[2Jthing\u{202e}", tags);
    });
    let status = bench.done("status lane.toml").stdout;
    assert!(status.contains("thing"), "{status}");
    assert!(!status.contains('\u{1b}') && !status.contains('\u{202e}'), "{status:?}");
}
