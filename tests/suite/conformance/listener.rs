//! Promises about listeners.

use accel_core::resource::{BalancerSubnet, Kind, Listener, LoadBalancer};

use super::{Verdict, ensure_eq, in_the_way};
use crate::lab::Lab;

/// It needs its load balancer to exist, not to be ready: that is where a deploy wins its minutes.
pub(super) async fn is_made_while_its_balancer_is_pending(lab: &mut Lab<'_>) -> Verdict {
    // The lab waits for readiness only where an edge asks for it.
    let listener = lab.make(Kind::Listener).await?;
    let found = lab.find_within_window(&lab.asked(Kind::Listener)).await?;
    ensure_eq!(found, Some(listener), "the listener is not found");
    Ok(())
}

/// One listener per port. Source: `CreateListener`, `DuplicateListener`.
pub(super) async fn conflicts_with_another_group_of_its_port(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::LoadBalancer).await?;
    lab.make_ready(Kind::Listener).await?;
    let other = lab.add_other(Kind::Listener).expect("the lane has two target groups");
    lab.make_needs(other).await?;
    lab.settle().await;
    let error = lab.refused(&lab.asked(other)).await?;
    in_the_way(&error)
}

/// It holds neither end; removed alone, both stay.
pub(super) async fn is_removed_alone(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::LoadBalancer).await?;
    let listener = lab.make_ready(Kind::Listener).await?;
    lab.remove(&listener).await?;
    lab.settle().await;
    for kind in [Kind::LoadBalancer, Kind::TargetGroup] {
        let found = lab.find(&lab.asked(kind)).await?;
        ensure_eq!(found, Some(lab.id(kind)), "the {kind} went along");
    }
    Ok(())
}

/// A target group serves one load balancer. Source: `CreateListener`, `TargetGroupAssociationLimit`.
pub(super) async fn conflicts_with_another_balancer_of_its_group(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::LoadBalancer).await?;
    lab.make_ready(Kind::Listener).await?;
    let place = lab.subject.entry.place.clone();
    let subnet = BalancerSubnet { subnet: lab.lane.entry.subnets[0].clone(), address: None };
    let groups = vec![lab.lane.entry.group.clone()];
    let inner = LoadBalancer { subnets: vec![subnet], groups, internet_facing: false };
    let balancer = lab.lane.graph.add("inner.balancer", &place, inner);
    let group = lab.lane.at_entry.targets.clone();
    let node = lab.add("inner.listener", &place, Listener { balancer, port: 443, group });
    lab.make_needs(node).await?;
    lab.settle().await;
    let error = lab.refused(&lab.asked(node)).await?;
    in_the_way(&error)
}
