//! Everything in the place that carries the deployment's tags, with its phase and the ids it refers to, and the untagged children of
//! such things, found from either end.

use accel_core::backend::{Found, Phase, Scope};
use accel_core::graph::{Role, To};
use accel_core::resource::{Describe as _, Kind, Route, RouteTableAssociation, Subnet, Via};
use accel_core::tags::{self, Ownership};
use accel_core::{Ref, RemoteId};

use super::{cannot, ensure, ensure_eq, listed, things};
use crate::conformance::{Stop, Verdict};
use crate::lab::Lab;
use crate::samples::net;

async fn found(lab: &Lab<'_>, id: &RemoteId) -> Result<Found, Stop> {
    let list = lab.list(&id.place).await?;
    let missing = || Stop::Failed(format!("the {} {id} is not listed", id.kind));
    listed(&list, id).cloned().ok_or_else(missing)
}

/// Every kind that is a thing, tagged or not, once.
pub(crate) async fn shows_everything_of_ours_once(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    let all = lab.list_all().await?;
    for kind in things() {
        let id = lab.id(kind);
        let times = all.iter().filter(|found| found.id == id).count();
        ensure_eq!(times, 1, "how often the {kind} {id} is listed");
    }
    Ok(())
}

/// In its own place alone.
pub(crate) async fn shows_each_thing_where_it_is(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    for site in [&lab.subject.service, &lab.subject.entry] {
        for found in lab.list(&site.place).await? {
            ensure_eq!(found.id.place, site.place, "{} is listed elsewhere", found.id);
        }
    }
    Ok(())
}

/// The listing alone is enough to know what is ready and what is not.
pub(crate) async fn shows_the_phase_that_read_says(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    for kind in things() {
        let id = lab.id(kind);
        let (shown, said) = (found(lab, &id).await?.phase, lab.phase(&id).await?);
        ensure_eq!(shown, said, "the {kind} {id} has two phases");
    }
    Ok(())
}

/// Every reference that the cloud keeps is there, by id and kind.
pub(crate) async fn shows_what_each_thing_refers_to(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    for kind in things() {
        let (id, asked) = (lab.id(kind), lab.asked(kind));
        let refs = found(lab, &id).await?.refs;
        let mut held = Vec::new();
        asked.resource.clone().refs(&mut |link| {
            if let (Role::Holds, To::Node(node)) = (link.role, &*link.to) {
                held.push(lab.id(*node));
            }
        });
        for held in held {
            let same =
                |shown: &&RemoteId| shown.kind == held.kind && shown.as_str() == held.as_str();
            ensure!(refs.iter().find(same).is_some(), "the {kind} shows {refs:?}, not {held}");
        }
    }
    Ok(())
}

/// A child without tags is known by its key: a listing's key is the request's.
pub(crate) async fn shows_the_key_that_the_request_says(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    for kind in things() {
        let (id, asked) = (lab.id(kind), lab.asked(kind));
        let key = asked.resource.key(&asked.request().inputs);
        if key.is_some() {
            ensure_eq!(found(lab, &id).await?.key, key, "the key of the {kind} {id}");
        }
    }
    Ok(())
}

/// What cannot carry tags shows none; what can shows all of them.
pub(crate) async fn shows_no_tags_of_what_cannot_carry_any(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    for kind in things() {
        let found = found(lab, &lab.id(kind)).await?;
        let whose = Ownership::read(&found.tags).is_some();
        ensure_eq!(whose, kind.facts().taggable, "tags of the {kind}: {:?}", found.tags);
        ensure!(whose || found.tags.is_empty(), "the {kind} borrows tags {:?}", found.tags);
    }
    Ok(())
}

/// From the parent's end: somebody put a route into our table.
pub(crate) async fn shows_a_strangers_child_of_our_thing(lab: &mut Lab<'_>) -> Verdict {
    let table = lab.make_ready(Kind::RouteTable).await?;
    let gateway = lab.make_ready(Kind::InternetGateway).await?;
    lab.make_ready(Kind::GatewayAttachment).await?;
    let mut guest = lab.neighbour(&format!("{}-n", lab.deployment)).await?;
    let route = Route {
        table: Ref::existing(table.clone()),
        destination: net("192.0.2.0/24"),
        via: Via::Gateway(Ref::existing(gateway)),
    };
    let place = lab.subject.entry.place.clone();
    let node = guest.add("guest.route", &place, route);
    let made = guest.make_ready(node).await;
    lab.settle().await;
    let list = lab.list(&place).await;
    guest.clear().await?;
    let (route, list) = (made?, list?);
    let shown = listed(&list, &route);
    ensure!(shown.is_some(), "the route {route} in our table is not listed");
    ensure!(shown.is_some_and(|it| it.refs.contains(&table)), "it does not show our table");
    Ok(())
}

/// From the child's end: our subnet stands in a stranger's table.
pub(crate) async fn shows_our_things_child_in_a_strangers_parent(lab: &mut Lab<'_>) -> Verdict {
    let vpc = lab.make_ready(Kind::Vpc).await?;
    let mut guest = lab.neighbour(&format!("{}-n", lab.deployment)).await?;
    let place = lab.subject.entry.place.clone();
    let subnet = Subnet {
        vpc: Ref::existing(vpc),
        cidr: net("10.2.128.0/20"),
        zone: lab.subject.entry.zones[0].clone(),
    };
    let table = lab.make_ready(Kind::RouteTable).await?;
    let subnet = guest.lane.graph.add("guest.subnet", &place, subnet);
    let association = RouteTableAssociation { table: Ref::existing(table), subnet };
    let node = guest.add("guest.association", &place, association);
    let made = guest.make_ready(node).await;
    lab.settle().await;
    let lists = (guest.list(&place).await, lab.list(&place).await);
    guest.clear().await?;
    let association = made?;
    ensure!(listed(&lists.0?, &association).is_some(), "the subnet's owner does not see it");
    ensure!(listed(&lists.1?, &association).is_some(), "the table's owner does not see it");
    Ok(())
}

/// Gone is gone: also what the cloud still shows for a while after its end.
pub(crate) async fn leaves_out_what_is_gone(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.clear().await?;
    lab.settle().await;
    let left = lab.list_all().await?;
    ensure!(left.is_empty(), "after the end there is {left:?}");
    Ok(())
}

/// What is on its way out is still shown: cleanup waits for it. A load balancer may be missing: clouds drop its entry, tags and all,
/// before its interfaces.
pub(crate) async fn shows_what_is_deleting_until_it_is_gone(lab: &mut Lab<'_>) -> Verdict {
    for kind in [Kind::InterfaceEndpoint, Kind::PeeringConnection, Kind::NatGateway] {
        let id = lab.make_ready(kind).await?;
        lab.settle().await;
        lab.backend().delete(&id).await?;
        lab.settle().await;
        // The list is asked between two reads: what was there before and after was there.
        while lab.phase(&id).await? == Phase::Deleting {
            let list = lab.list(&id.place).await?;
            let still = lab.phase(&id).await? == Phase::Deleting;
            let shown = listed(&list, &id).map(|found| &found.phase);
            ensure!(!still || shown == Some(&Phase::Deleting), "the {kind} {id} is {shown:?}");
            lab.pause().await;
        }
        lab.clear().await?;
    }
    Ok(())
}

/// Names are compared exactly, in both directions.
pub(crate) async fn never_shows_a_deployment_whose_name_begins_alike(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::Vpc).await?;
    lab.make_ready(Kind::SecurityGroup).await?;
    lab.make_ready(Kind::TargetGroup).await?;
    lab.settle().await;
    let full = lab.deployment.to_string();
    for name in [format!("{full}-n"), full[..full.len() - 1].to_owned(), full[..4].to_owned()] {
        let guest = lab.neighbour(&name).await?;
        let list = guest.list_all().await?;
        ensure!(list.is_empty(), "{name} lists {list:?} of {full}");
    }
    Ok(())
}

/// Two deployments in one place do not see each other's things.
pub(crate) async fn never_shows_another_deployments_things(lab: &mut Lab<'_>) -> Verdict {
    let mut guest = lab.neighbour(&format!("{}-n", lab.deployment)).await?;
    for lab in [&mut *lab, &mut guest] {
        lab.make_ready(Kind::Subnet).await?;
        lab.make_ready(Kind::SecurityGroup).await?;
        lab.make_ready(Kind::TargetGroup).await?;
        lab.make_ready(Kind::ElasticIp).await?;
    }
    lab.settle().await;
    let lists = (lab.list_all().await, guest.list_all().await);
    guest.clear().await?;
    for (owner, list) in [(&lab.deployment, lists.0?), (&guest.deployment, lists.1?)] {
        let strange = |found: &&Found| {
            found.tags.get(tags::DEPLOYMENT).is_some_and(|name| name != owner.as_str())
        };
        ensure_eq!(list.iter().find(strange), None, "{owner} lists a stranger's thing");
    }
    Ok(())
}

/// A subnet of theirs in a VPC of ours is theirs.
pub(crate) async fn never_shows_a_strangers_tagged_thing_in_ours(lab: &mut Lab<'_>) -> Verdict {
    let vpc = lab.make_ready(Kind::Vpc).await?;
    let mut guest = lab.neighbour(&format!("{}-n", lab.deployment)).await?;
    let place = lab.subject.entry.place.clone();
    let zone = lab.subject.entry.zones[0].clone();
    let subnet = Subnet { vpc: Ref::existing(vpc), cidr: net("10.2.128.0/20"), zone };
    let node = guest.add("guest.subnet", &place, subnet);
    let made = guest.make_ready(node).await;
    lab.settle().await;
    let list = lab.list(&place).await;
    guest.clear().await?;
    let subnet = made?;
    ensure_eq!(listed(&list?, &subnet), None, "another deployment's subnet is listed");
    Ok(())
}

/// Both sides hold it: cleanup of either place must see it.
pub(crate) async fn shows_a_peering_connection_in_both_places(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::PeeringAcceptance).await?;
    lab.make_ready(Kind::PeeringTags).await?;
    lab.settle().await;
    let peering = lab.id(Kind::PeeringConnection);
    for site in [&lab.subject.entry, &lab.subject.service] {
        let list = lab.list(&site.place).await?;
        let shown = list.iter().find(|found| found.id.as_str() == peering.as_str());
        let whose = shown.and_then(|found| Ownership::read(&found.tags));
        ensure!(shown.is_some(), "{peering} is not listed in {}", site.place);
        ensure!(whose.is_some(), "{peering} shows no owner in {}", site.place);
    }
    Ok(())
}

/// Tags are kept per side: before the other side has any, the VPC there leads to it.
pub(crate) async fn shows_a_peering_connection_before_its_other_side_has_tags(
    lab: &mut Lab<'_>,
) -> Verdict {
    let peering = lab.make_ready(Kind::PeeringConnection).await?;
    lab.settle().await;
    let list = lab.list(&lab.subject.service.place).await?;
    let shown = list.iter().find(|found| found.id.as_str() == peering.as_str());
    ensure!(shown.is_some(), "{peering} is not listed on the other side");
    Ok(())
}

/// Our tags on what accel does not know are reported, so that a person looks.
pub(crate) async fn reports_tagged_things_of_unknown_kind(lab: &mut Lab<'_>) -> Verdict {
    let tags = lab.asked(Kind::Vpc).request().tags();
    let controls = &lab.subject.controls;
    let place = lab.subject.entry.place.clone();
    let strange = controls.strange_kind(&place, &tags).await;
    let strange = cannot(strange, "make a thing of unknown kind")?;
    lab.settle().await;
    let listing = lab.backend().list(Scope::all(&lab.deployment, &place)).await;
    controls.take_away(&strange).await;
    let listing = listing?;
    let named = listing.unknown.iter().any(|text| text.contains(&strange.id));
    ensure!(named, "{:?} does not name {}", listing.unknown, strange.id);
    ensure!(listing.found.is_empty(), "it is taken for {:?}", listing.found);
    Ok(())
}

/// What is not asked for may be missing; what is asked for may not.
pub(crate) async fn shows_all_of_the_kinds_asked_for(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    for site in [&lab.subject.service, &lab.subject.entry] {
        for found in lab.list(&site.place).await? {
            let kinds = [found.id.kind];
            let scope = Scope { kinds: &kinds, ..Scope::all(&lab.deployment, &site.place) };
            let some = lab.look(|| lab.backend().list(scope)).await?.found;
            ensure!(
                some.contains(&found),
                "alone, the {} {} is not listed",
                found.id.kind,
                found.id
            );
        }
    }
    Ok(())
}

/// Nothing is an empty list, not an error.
pub(crate) async fn of_nothing_is_empty(lab: &mut Lab<'_>) -> Verdict {
    let all = lab.list_all().await?;
    ensure!(all.is_empty(), "a new deployment has {all:?}");
    Ok(())
}
