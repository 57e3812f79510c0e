//! The world as the provider's own API has it.

use std::time::Duration;

use accel_core::resource::{Direction, Kind, Traffic};
use accel_core::tags::Tags;
use accel_core::{Error, ErrorKind, Result};

use crate::testing::net;
use crate::{
    Body, Caller, Key, Lag, PeeringConnection, SecurityGroupRule, Settings, Sight, Subnet, Vpc,
    World,
};

fn caller(region: &str) -> Caller {
    Caller { account: "111122223333".into(), region: region.into() }
}

fn here() -> Caller {
    caller("eu-west-1")
}

fn instant() -> World {
    World::new(Settings::instant())
}

fn vpc(world: &mut World, caller: &Caller, cidr: &str) -> Key {
    let body = Body::Vpc(Vpc { cidr: net(cidr), dns_hostnames: false, dns_support: true });
    world.make(caller, body, Tags::new(), None).unwrap()
}

fn shown(world: &World, kind: Kind) -> Vec<String> {
    let here = here();
    world.shown(&here, kind, Sight::List).map(|(thing, _)| thing.id().to_owned()).collect()
}

#[track_caller]
fn code<T: std::fmt::Debug>(answer: Result<T>) -> String {
    let error: Error = answer.unwrap_err();
    error.provider_code().unwrap_or_default().to_owned()
}

#[test]
fn a_vpc_brings_its_main_table_and_its_default_group_and_takes_them_away() {
    let mut world = instant();
    let key = vpc(&mut world, &here(), "10.0.0.0/16");
    let id = world.thing(key).id().to_owned();
    let (tables, groups) = (shown(&world, Kind::RouteTable), shown(&world, Kind::SecurityGroup));
    assert_eq!((tables.len(), groups.len()), (1, 1));
    assert_eq!(world.main_table(key).map(|key| world.thing(key).id()), Some(tables[0].as_str()));
    let held = code(world.unmake(&here(), Kind::RouteTable, &tables[0]));
    assert_eq!(held, "DependencyViolation");
    assert_eq!(code(world.unmake(&here(), Kind::SecurityGroup, &groups[0])), "CannotDelete");
    world.unmake(&here(), Kind::Vpc, &id).unwrap();
    assert_eq!(world.live().count(), 0);
    assert_eq!(code(world.unmake(&here(), Kind::Vpc, &id)), "InvalidVpcID.NotFound");
}

#[test]
fn several_things_are_made_all_or_none() {
    let mut world = instant();
    vpc(&mut world, &here(), "10.0.0.0/16");
    let id = shown(&world, Kind::SecurityGroup).remove(0);
    let group = world.find(&id).unwrap().key();
    let rule = |port| {
        let (direction, traffic) = (Direction::Ingress, Traffic::Tcp(port));
        let (peer, description) = (net("10.0.0.0/8"), String::new());
        let body = SecurityGroupRule { group, direction, traffic, peer, description };
        (Body::SecurityGroupRule(body), Tags::new())
    };
    let before = (world.snapshot(), world.live().count());
    let twice = world.make_all(&here(), vec![rule(22), rule(443), rule(22)]);
    assert_eq!(code(twice), "InvalidPermission.Duplicate");
    assert_eq!((world.snapshot(), world.live().count()), before);
    let made = world.make_all(&here(), vec![rule(22), rule(443)]).unwrap();
    assert_eq!(world.shown_parts(group, Kind::SecurityGroupRule, Sight::Id).count(), made.len());
}

/// The backend's delete succeeds where nothing is seen; the provider's own says so.
#[test]
fn what_is_not_seen_yet_does_not_exist_and_stays() {
    let lag = Lag { by_id: Duration::from_secs(5), ..Lag::worst() };
    let mut world = World::new(Settings { lag, ..Settings::instant() });
    let key = vpc(&mut world, &here(), "10.0.0.0/16");
    let id = world.thing(key).id().to_owned();
    assert_eq!(code(world.unmake(&here(), Kind::Vpc, &id)), "InvalidVpcID.NotFound");
    world.enter(Duration::from_secs(30));
    world.unmake(&here(), Kind::Vpc, &id).unwrap();
}

#[test]
fn another_region_or_account_is_shown_nothing() {
    let mut world = instant();
    let key = vpc(&mut world, &here(), "10.0.0.0/16");
    let id = world.thing(key).id().to_owned();
    let strange = Caller { account: "444455556666".into(), ..here() };
    for other in [caller("us-east-1"), strange] {
        assert_eq!(world.shown(&other, Kind::Vpc, Sight::Id).count(), 0, "{other:?}");
        let answer = world.require(&other, Kind::Vpc, &id, None).map(|thing| thing.id().to_owned());
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotYet, "{other:?}");
    }
}

#[test]
fn a_peering_connection_is_shown_on_both_sides_and_for_hours_after_it_is_over() {
    let mut world = instant();
    let there = caller("ap-southeast-3");
    let requester = vpc(&mut world, &here(), "10.0.0.0/16");
    let accepter = vpc(&mut world, &there, "10.1.0.0/16");
    let body = PeeringConnection {
        requester,
        accepter,
        accepted: None,
        accepter_tags: Tags::new(),
        doomed: false,
    };
    let key = world.make(&here(), Body::PeeringConnection(body), Tags::new(), None).unwrap();
    let id = world.thing(key).id().to_owned();
    let count = |world: &World| {
        [here(), caller("ap-southeast-3")]
            .map(|side| world.shown(&side, Kind::PeeringConnection, Sight::List).count())
    };
    assert_eq!(count(&world), [1, 1]);
    assert_eq!(world.peering_status(world.thing(key)).0, "pending-acceptance");
    world.unmake(&there, Kind::PeeringConnection, &id).unwrap();
    assert_eq!(world.peering_status(world.thing(key)).0, "deleted");
    assert_eq!(count(&world), [1, 1]);
    let again = world.unmake(&here(), Kind::PeeringConnection, &id).unwrap_err();
    assert!(again.to_string().contains("from deleted to deleting"), "{again}");
    assert_eq!(code(Err::<(), _>(again)), "InvalidStateTransition");
    world.enter(Duration::from_secs(2 * 3600 + 1));
    assert_eq!(count(&world), [0, 0]);
}

#[test]
fn tags_have_their_bounds_from_the_start() {
    let mut world = instant();
    let key = vpc(&mut world, &here(), "10.0.0.0/16");
    let subnet = |third: u8| {
        let cidr = net(&format!("10.0.{third}.0/24"));
        Body::Subnet(Subnet { vpc: key, cidr, zone: "eu-west-1a".into(), public_addresses: false })
    };
    let own: Tags = [("aws:x".to_owned(), String::new())].into();
    assert_eq!(code(world.make(&here(), subnet(0), own, None)), "InvalidTagKey.Malformed");
    let many: std::collections::BTreeMap<_, _> =
        (0..51).map(|number| (format!("tag-{number}"), String::new())).collect();
    assert_eq!(code(world.make(&here(), subnet(0), many.into(), None)), "TagLimitExceeded");
    assert!(shown(&world, Kind::Subnet).is_empty());
}
