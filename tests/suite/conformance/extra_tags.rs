//! Promises about the user's own tags.

use std::collections::BTreeMap;

use accel_core::resource::{Api, ExtraTags, Kind};
use accel_core::tags::Ownership;

use super::{Verdict, ensure, ensure_eq};
use crate::lab::{Lab, listed};

/// Every member carries them, whether its create did or not, and stays ours.
pub(super) async fn are_on_every_member_beside_the_owner(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    lab.make_ready(Kind::ExtraTags).await?;
    let other = lab.add_other(Kind::ExtraTags).expect("tags can differ");
    lab.make_ready(other).await?;
    lab.settle().await;
    let list = lab.list(&place).await?;
    for kind in [Kind::Vpc, Kind::SecurityGroup] {
        let found = listed(&list, &lab.id(kind));
        let tags = found.map(|found| &found.tags);
        let team = tags.and_then(|tags| tags.get("team")).map(String::as_str);
        ensure_eq!(team, Some("another"), "the team of the {kind}");
        ensure!(tags.is_some_and(|it| Ownership::read(it).is_some()), "the {kind} is nobody's");
    }
    Ok(())
}

/// One member without them is enough: they are not so.
pub(super) async fn are_not_found_while_one_member_lacks_them(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    lab.make_ready(Kind::ExtraTags).await?;
    let gateway = lab.lane.at_entry.gateway.clone();
    lab.make_ready(&gateway).await?;
    let members = vec![lab.lane.entry.vpc.any(), gateway.any()];
    let tags = BTreeMap::from([("team".to_owned(), "lanes".to_owned())]);
    let wider = lab.add("wider", &place, ExtraTags { members, tags, api: Api::Network });
    lab.settle().await;
    let asked = lab.asked(wider);
    ensure_eq!(lab.find(&asked).await?, None, "the gateway has no such tag");
    lab.create(&asked).await?;
    lab.settle().await;
    ensure!(lab.find(&asked).await?.is_some(), "now it has");
    Ok(())
}

/// The other API has its own call: the same on what it serves.
pub(super) async fn reach_load_balancing_too(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let targets = lab.make_ready(Kind::TargetGroup).await?;
    let members = vec![lab.lane.at_entry.targets.any()];
    let tags = BTreeMap::from([("team".to_owned(), "lanes".to_owned())]);
    let node = lab.add("tags", &place, ExtraTags { members, tags, api: Api::LoadBalancing });
    lab.make_ready(node).await?;
    lab.settle().await;
    let list = lab.list(&place).await?;
    let team = listed(&list, &targets).and_then(|found| found.tags.get("team"));
    ensure_eq!(team.map(String::as_str), Some("lanes"), "the team of the target group");
    Ok(())
}

/// A connection keeps tags on each of its sides, and each is a member of its own.
pub(super) async fn reach_one_side_of_a_connection_alone(lab: &mut Lab<'_>) -> Verdict {
    let (near, far) = (lab.subject.entry.place.clone(), lab.subject.service.place.clone());
    let other_side = lab.make_ready(Kind::PeeringTags).await?;
    let members = vec![lab.lane.joint.tags.any()];
    let tags = BTreeMap::from([("team".to_owned(), "lanes".to_owned())]);
    let node = lab.add("tags", &far, ExtraTags { members, tags, api: Api::Network });
    lab.settle().await;
    let asked = lab.asked(node);
    ensure_eq!(lab.find(&asked).await?, None, "the other side has no such tag");
    lab.create(&asked).await?;
    lab.settle().await;
    ensure!(lab.find(&asked).await?.is_some(), "now it has");
    for (place, side, wanted) in
        [(&far, other_side, Some("lanes")), (&near, lab.id(Kind::PeeringConnection), None)]
    {
        let list = lab.list(place).await?;
        let tags = listed(&list, &side).map(|found| &found.tags);
        let team = tags.and_then(|tags| tags.get("team")).map(String::as_str);
        ensure_eq!(team, wanted, "the team of the connection in {place}");
        ensure!(tags.is_some_and(|it| Ownership::read(it).is_some()), "{side} is nobody's");
    }
    Ok(())
}
