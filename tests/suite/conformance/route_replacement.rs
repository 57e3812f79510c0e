//! Promises about routes that are replaced.

use accel_core::resource::{Kind, RouteReplacement};
use accel_core::{ErrorKind, NodeId, Ref, RemoteId};

use super::host::{destination, host, leave, nat_in, point_elsewhere, route_of, shown};
use super::{Stop, Verdict, ensure, ensure_eq, is_one_of};
use crate::lab::Lab;
use crate::samples::{net, node_of};

/// A route of the host's, and what of ours has taken it over.
struct Taken {
    /// The host's node.
    route: NodeId,
    /// Under the host's name.
    theirs: RemoteId,
    /// Under ours.
    ours: RemoteId,
    nat: RemoteId,
}

async fn take_over(lab: &mut Lab<'_>, host: &mut Lab<'_>) -> Result<Taken, Stop> {
    let (route, theirs) = route_of(host).await?;
    let was = host.id(Kind::InternetGateway);
    let nat = nat_in(lab, host, Some(&was)).await?;
    let place = lab.subject.entry.place.clone();
    let replacement = RouteReplacement {
        table: Ref::existing(host.id(Kind::RouteTable)),
        destination: destination(),
        nat: nat.clone(),
        was: was.as_str().to_owned(),
    };
    let node = lab.add("replacement", &place, replacement);
    let asked = lab.asked(node);
    let ours = lab.create(&asked).await?;
    lab.settle().await;
    lab.until_ready(&ours).await?;
    ensure_eq!(lab.find(&asked).await?, Some(ours.clone()), "the replacement is not found");
    let theirs_now = host.find(&host.asked(route)).await?;
    ensure_eq!(theirs_now, None, "the route leads to two targets");
    Ok(Taken { route, theirs, ours, nat: lab.id(node_of(&nat)) })
}

/// Nothing of the host's is changed in the end.
pub(super) async fn puts_back_what_was_there(lab: &mut Lab<'_>) -> Verdict {
    let mut host = host(lab).await?;
    let verdict = put_back(lab, &mut host).await;
    leave(lab, host, verdict).await
}

async fn put_back(lab: &mut Lab<'_>, host: &mut Lab<'_>) -> Verdict {
    let taken = take_over(lab, host).await?;
    lab.remove(&taken.ours).await?;
    lab.settle().await;
    let back = host.find(&host.asked(taken.route)).await?;
    ensure_eq!(back, Some(taken.theirs), "the host's route");
    Ok(())
}

/// What does not lead to ours any more is not ours any more: its delete succeeds and changes nothing.
pub(super) async fn leaves_what_somebody_has_pointed_elsewhere(lab: &mut Lab<'_>) -> Verdict {
    let mut host = host(lab).await?;
    let verdict = left_alone(lab, &mut host).await;
    leave(lab, host, verdict).await
}

async fn left_alone(lab: &mut Lab<'_>, host: &mut Lab<'_>) -> Verdict {
    let taken = take_over(lab, host).await?;
    let elsewhere = point_elsewhere(host, &taken.theirs).await?;
    lab.backend().delete(&taken.ours).await?;
    lab.settle().await;
    let stays = host.find(&host.asked(elsewhere)).await?;
    ensure!(stays.is_some(), "the host's new route is gone or changed");
    Ok(())
}

/// Whose a route is, and what it was, is said by the receipts of the NAT gateway that it leads to. It is listed from there, for its table
/// is somebody else's.
pub(super) async fn is_listed_by_the_receipt_of_its_nat_gateway(lab: &mut Lab<'_>) -> Verdict {
    let mut host = host(lab).await?;
    let verdict = listed_by_receipt(lab, &mut host).await;
    leave(lab, host, verdict).await
}

async fn listed_by_receipt(lab: &mut Lab<'_>, host: &mut Lab<'_>) -> Verdict {
    let taken = take_over(lab, host).await?;
    let table = host.id(Kind::RouteTable);
    let found = shown(lab, &taken.ours, &[&table, &taken.nat]).await?;
    ensure_eq!(found.key, Some(destination().to_string()), "the key of {}", taken.ours);
    Ok(())
}

/// There is nothing to replace. Source: `ReplaceRoute`.
pub(super) async fn of_no_route_is_refused(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::RouteReplacement).await?;
    let asked = lab.asked(Kind::RouteReplacement);
    let accel_core::resource::Resource::RouteReplacement(mut it) = asked.resource.clone() else {
        unreachable!("a sample is of its kind")
    };
    it.destination = net("192.0.2.0/24");
    super::invalid(&lab.refused(&asked.named("of.nothing").with(it)).await?)
}

/// What was there may be gone by then: a person must say where the route shall lead.
pub(super) async fn of_what_is_not_there_any_more_is_not_put_back(lab: &mut Lab<'_>) -> Verdict {
    let route = lab.lane.joint.route.clone();
    let route = lab.make_ready(&route).await?;
    let peering = lab.id(Kind::PeeringConnection);
    lab.make_ready(Kind::NatGateway).await?;
    lab.settle().await;
    let place = lab.subject.entry.place.clone();
    let replacement = RouteReplacement {
        table: lab.lane.entry.table.clone(),
        destination: net("10.1.0.0/16"),
        nat: lab.lane.island.nat.clone(),
        was: peering.as_str().to_owned(),
    };
    let node = lab.add("replacement", &place, replacement);
    let ours = lab.create(&lab.asked(node)).await?;
    lab.until_ready(&ours).await?;
    lab.remove(&peering).await?;
    lab.settle().await;
    let refusal = lab.backend().delete(&ours).await;
    // The name that it was made with does not say where it leads.
    lab.backend().delete(&route).await?;
    match refusal {
        Ok(()) => Err(Stop::Failed("it is led back to what is gone".to_owned())),
        Err(error) => is_one_of(&error, &[ErrorKind::Invalid]),
    }
}
