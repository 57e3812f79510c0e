//! Promises about routes.

use accel_core::backend::Phase;
use accel_core::resource::Kind;

use super::{Verdict, ensure, ensure_eq, in_the_way};
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
