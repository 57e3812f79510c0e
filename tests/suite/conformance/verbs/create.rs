//! Starts making it and returns as soon as it has an id: exactly one mutating call. Whatever can carry tags carries them.

use accel_core::ErrorKind;
use accel_core::backend::Phase;
use accel_core::resource::{Kind, Subnet};
use accel_core::tags::{self, Ownership};
use tokio::time::Instant;

use super::{cannot, ensure, ensure_eq, is_one_of, listed, things};
use crate::conformance::{Stop, Verdict};
use crate::lab::Lab;
use crate::samples::net;

/// Within the window the id is there, whatever its phase.
pub(crate) async fn returns_an_id_that_read_knows(lab: &mut Lab<'_>) -> Verdict {
    for kind in Kind::ALL {
        let id = lab.make(*kind).await?;
        let deadline = lab.subject.patience.ends();
        while lab.phase(&id).await? == Phase::Gone {
            ensure!(Instant::now() < deadline, "the {kind} {id} is not known");
            lab.pause().await;
        }
    }
    Ok(())
}

/// An id says what it is and where.
pub(crate) async fn returns_an_id_of_the_kind_and_place_asked(lab: &mut Lab<'_>) -> Verdict {
    for kind in Kind::ALL {
        let id = lab.make(*kind).await?;
        let place = lab.asked(*kind).place;
        ensure_eq!((id.kind, &id.place), (*kind, &place), "the id {id} is of something else");
    }
    Ok(())
}

/// One node, one doubt.
pub(crate) async fn is_exactly_one_mutating_call(lab: &mut Lab<'_>) -> Verdict {
    for kind in Kind::ALL {
        lab.make_needs(*kind).await?;
        let asked = lab.asked(*kind);
        let controls = &lab.subject.controls;
        let deadline = lab.subject.patience.ends();
        loop {
            let before = cannot(controls.mutations(), "count mutating calls")?;
            let answer = lab.create_once(&asked).await;
            let calls = controls.mutations().unwrap_or(before) - before;
            ensure!(calls == 1, "the create of a {kind} is {calls} mutating calls");
            match answer {
                Ok(id) => break lab.bind(*kind, &id),
                Err(error) if error.kind() == ErrorKind::NotYet && Instant::now() < deadline => {
                    lab.pause().await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// The first sight of a thing shows whose it is: a thing that is tagged later is nobody's for a moment.
pub(crate) async fn carries_the_ownership_tags_from_the_first_moment(lab: &mut Lab<'_>) -> Verdict {
    for kind in things().filter(|kind| kind.facts().taggable) {
        let id = lab.make(kind).await?;
        let asked = lab.asked(kind);
        let deadline = lab.subject.patience.ends();
        let found = loop {
            if let Some(found) = listed(&lab.list(&asked.place).await?, &id) {
                break found.clone();
            }
            ensure!(Instant::now() < deadline, "the {kind} {id} is not listed");
            lab.pause().await;
        };
        let ownership = Ownership::read(&found.tags)
            .ok_or_else(|| Stop::Failed(format!("the {kind}'s tags are {:?}", found.tags)))?;
        ensure_eq!(ownership.owner, asked.owner, "the {kind} is somebody else's");
        ensure_eq!(ownership.run, Some(asked.stamp.run), "the {kind} is of another run");
        ensure_eq!(ownership.schema, tags::SCHEMA, "the {kind}'s tags mean something else");
        let places: Vec<_> = ownership.places().collect();
        ensure_eq!(places, asked.stamp.places, "the {kind} names other places");
        let accounts: Vec<_> = ownership.accounts().collect();
        ensure_eq!(accounts, asked.stamp.accounts, "the {kind} names other accounts");
    }
    Ok(())
}

/// All of them, the user's own and the name for people too.
pub(crate) async fn carries_every_tag_of_the_request(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    for kind in things().filter(|kind| kind.facts().taggable) {
        let (id, asked) = (lab.id(kind), lab.asked(kind));
        let list = lab.list(&asked.place).await?;
        let Some(found) = listed(&list, &id) else {
            return Err(Stop::Failed(format!("the {kind} {id} is not listed")));
        };
        for (key, value) in asked.request().tags() {
            ensure_eq!(found.tags.get(&key), Some(&value), "the {kind}'s tag {key}");
        }
    }
    Ok(())
}

/// `Ref::existing`: what is not ours can hold what is.
pub(crate) async fn may_refer_to_what_exists_and_is_not_ours(lab: &mut Lab<'_>) -> Verdict {
    let vpc = lab.make_ready(Kind::Vpc).await?;
    let name = format!("{}-n", lab.deployment);
    let mut guest = lab.neighbour(&name).await?;
    let subnet = Subnet {
        vpc: accel_core::Ref::existing(vpc),
        cidr: net("10.2.128.0/20"),
        zone: lab.subject.entry.zones[0].clone(),
    };
    let place = lab.subject.entry.place.clone();
    let node = guest.add("guest.subnet", &place, subnet);
    let made = guest.make_ready(node).await;
    guest.clear().await?;
    made.map(drop)
}

/// An input that the cloud does not know may only be too young: the engine asks again.
pub(crate) async fn with_an_unknown_input_is_not_yet(lab: &mut Lab<'_>) -> Verdict {
    let vpc = lab.make_ready(Kind::Vpc).await?;
    lab.remove(&vpc).await?;
    lab.settle().await;
    for kind in [Kind::Subnet, Kind::RouteTable, Kind::SecurityGroup] {
        let asked = lab.asked(kind);
        match lab.create_once(&asked).await {
            Ok(id) => ensure!(false, "a {kind} {id} in a VPC that is gone"),
            Err(error) => is_one_of(&error, &[ErrorKind::NotYet, ErrorKind::NotFound])?,
        }
    }
    Ok(())
}
