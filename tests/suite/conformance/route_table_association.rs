//! Promises about associations of route tables.

use accel_core::resource::Kind;

use super::host::{association, host, leave, shown};
use super::{Verdict, ensure_eq, in_the_way};
use crate::lab::Lab;

/// A subnet has at most one. Source: EC2 error codes, `Resource.AlreadyAssociated`.
pub(super) async fn conflicts_with_another_table_of_the_subnet(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::RouteTableAssociation).await?;
    let other = lab.add_other(Kind::RouteTableAssociation).expect("the lane has two tables");
    lab.make_needs(other).await?;
    lab.settle().await;
    let error = lab.refused(&lab.asked(other)).await?;
    in_the_way(&error)
}

/// After its removal the subnet takes another.
pub(super) async fn makes_room_for_another(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::RouteTableAssociation).await?;
    let other = lab.add_other(Kind::RouteTableAssociation).expect("the lane has two tables");
    lab.make_needs(other).await?;
    lab.remove(&first).await?;
    lab.settle().await;
    let second = lab.make_ready(other).await?;
    lab.settle().await;
    let (old, new) = (lab.asked(Kind::RouteTableAssociation), lab.asked(other));
    ensure_eq!(lab.find(&old).await?, None, "the first association is found");
    ensure_eq!(lab.find(&new).await?, Some(second), "the second association is not found");
    Ok(())
}

/// From the table's end: our table serves a subnet in a network of somebody else's.
pub(super) async fn with_a_strangers_subnet_is_listed(lab: &mut Lab<'_>) -> Verdict {
    let mut host = host(lab).await?;
    let verdict = serves_there(lab, &mut host).await;
    leave(lab, host, verdict).await
}

async fn serves_there(lab: &mut Lab<'_>, host: &mut Lab<'_>) -> Verdict {
    let node = association(lab, host);
    let id = lab.make_ready(node).await?;
    lab.settle().await;
    let subnet = host.id(Kind::Subnet);
    shown(lab, &id, &[&subnet]).await.map(drop)
}
