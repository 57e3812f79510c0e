//! Promises about target groups.

use accel_core::resource::Kind;

use super::{Verdict, holds, in_the_way};
use crate::lab::Lab;

/// Source: `CreateTargetGroup`, `DuplicateTargetGroupName`.
pub(super) async fn conflicts_with_another_content_of_its_name(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::TargetGroup).await?;
    lab.settle().await;
    let other = lab.lane.other(Kind::TargetGroup).expect("ports can differ");
    let asked = lab.asked(Kind::TargetGroup).with(other);
    in_the_way(&lab.refused(&asked).await?)
}

/// Source: `DeleteTargetGroup`, `ResourceInUse`.
pub(super) async fn is_held_by_a_listener(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::LoadBalancer).await?;
    let listener = lab.make_ready(Kind::Listener).await?;
    holds(lab, Kind::TargetGroup, &listener).await?;
    lab.remove(&listener).await?;
    lab.settle().await;
    let id = lab.id(Kind::TargetGroup);
    lab.backend().delete(&id).await?;
    lab.until_gone(&id).await
}

/// Targets need not be taken out first. Source: `DeleteTargetGroup`.
pub(super) async fn is_not_held_by_its_targets(lab: &mut Lab<'_>) -> Verdict {
    let target = lab.make_ready(Kind::Target).await?;
    lab.settle().await;
    let id = lab.id(Kind::TargetGroup);
    lab.backend().delete(&id).await?;
    lab.until_gone(&target).await
}

/// It does not need its load balancer, nor hold its VPC.
pub(super) async fn does_not_hold_its_vpc(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::TargetGroup).await?;
    lab.settle().await;
    let vpc = lab.id(Kind::Vpc);
    lab.backend().delete(&vpc).await?;
    lab.until_gone(&vpc).await
}
