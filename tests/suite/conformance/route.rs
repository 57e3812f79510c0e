//! Promises about routes.

use accel_core::backend::Phase;
use accel_core::resource::{Kind, Route, Via};
use accel_core::{Ref, RemoteId};

use super::host::{destination, host, leave, nat_in, point_elsewhere, shown};
use super::{Stop, Verdict, ensure, ensure_eq, in_the_way};
use crate::lab::Lab;

/// One route per destination and table. Source: EC2 error codes, `RouteAlreadyExists`.
pub(super) async fn conflicts_with_another_target_of_its_destination(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::Route).await?;
    let other = lab.add_other(Kind::Route).expect("the lane has two ways out");
    lab.make_ready(Kind::PeeringAcceptance).await?;
    lab.make_needs(other).await?;
    lab.settle().await;
    let error = lab.refused(&lab.asked(other)).await?;
    in_the_way(&error)
}

/// One key per destination: two routes of one table are two things.
pub(super) async fn stands_beside_a_route_to_another_destination(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::Route).await?;
    let through = lab.lane.joint.route.clone();
    let second = lab.make_ready(&through).await?;
    ensure!(first != second, "two routes have one id");
    lab.remove(&second).await?;
    lab.settle().await;
    ensure_eq!(lab.find(&lab.asked(Kind::Route)).await?, Some(first), "the first went along");
    Ok(())
}

/// Deleting what it leads to leaves the route, without effect, where it is: it must still be found to be removed.
pub(super) async fn outlives_what_it_leads_to(lab: &mut Lab<'_>) -> Verdict {
    let route = lab.lane.joint.route.clone();
    let route = lab.make_ready(&route).await?;
    lab.settle().await;
    lab.remove(&lab.id(Kind::PeeringConnection)).await?;
    lab.settle().await;
    let phase = lab.phase(&route).await?;
    ensure!(phase != Phase::Gone, "the route went with the peering connection");
    let list = lab.list(&route.place).await?;
    ensure!(list.iter().any(|found| found.id == route), "the dead route is not listed");
    lab.remove(&route).await
}

/// A route of ours in the host's table, through a NAT gateway of ours.
async fn route_there(
    lab: &mut Lab<'_>,
    host: &mut Lab<'_>,
) -> Result<(RemoteId, RemoteId, RemoteId), Stop> {
    let nat = nat_in(lab, host, None).await?;
    let place = lab.subject.entry.place.clone();
    let table = host.id(Kind::RouteTable);
    let (by, via) = (Ref::existing(table.clone()), Via::Nat(nat.clone()));
    let node = lab.add("route", &place, Route { table: by, destination: destination(), via });
    let id = lab.make_ready(node).await?;
    lab.settle().await;
    ensure_eq!(lab.find(&lab.asked(node)).await?, Some(id.clone()), "the route is not found");
    Ok((id, table, lab.id(&nat)))
}

/// Its table is somebody else's: it is found from the NAT gateway, and says which it is.
pub(super) async fn in_a_strangers_table_is_listed_with_both_ends(lab: &mut Lab<'_>) -> Verdict {
    let mut host = host(lab).await?;
    let verdict = listed_there(lab, &mut host).await;
    leave(lab, host, verdict).await
}

async fn listed_there(lab: &mut Lab<'_>, host: &mut Lab<'_>) -> Verdict {
    let (route, table, nat) = route_there(lab, host).await?;
    let found = shown(lab, &route, &[&table, &nat]).await?;
    ensure_eq!(found.key, Some(destination().to_string()), "the key of {route}");
    lab.remove(&route).await
}

/// A route is told by its table and destination, and somebody may have led that elsewhere: then it is theirs.
pub(super) async fn is_left_where_somebody_has_pointed_it_elsewhere(lab: &mut Lab<'_>) -> Verdict {
    let mut host = host(lab).await?;
    let verdict = left_there(lab, &mut host).await;
    leave(lab, host, verdict).await
}

async fn left_there(lab: &mut Lab<'_>, host: &mut Lab<'_>) -> Verdict {
    let (route, ..) = route_there(lab, host).await?;
    let elsewhere = point_elsewhere(host, &route).await?;
    ensure_eq!(lab.phase(&route).await?, Phase::Gone, "the route to our NAT gateway");
    lab.backend().delete(&route).await?;
    lab.settle().await;
    let stays = host.find(&host.asked(elsewhere)).await?;
    ensure!(stays.is_some(), "the host's new route is gone or changed");
    Ok(())
}
