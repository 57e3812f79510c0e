//! Promises about attachments of internet gateways.

use accel_core::resource::{GatewayAttachment, Kind};

use super::{Verdict, ensure_eq, holds, in_the_way};
use crate::lab::Lab;

/// A VPC takes one gateway.
pub(super) async fn conflicts_with_another_gateway_of_the_vpc(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::GatewayAttachment).await?;
    let other = lab.add_other(Kind::GatewayAttachment).expect("the lane has two gateways");
    lab.make_needs(other).await?;
    lab.settle().await;
    let error = lab.refused(&lab.asked(other)).await?;
    in_the_way(&error)
}

/// A gateway serves one VPC. Source: EC2 error codes, `Resource.AlreadyAssociated`.
pub(super) async fn conflicts_with_another_vpc_of_the_gateway(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::GatewayAttachment).await?;
    let gateway = lab.lane.at_entry.gateway.clone();
    let vpc = lab.lane.spare.vpc.clone();
    let place = lab.subject.entry.place.clone();
    let other = lab.add("other", &place, GatewayAttachment { gateway, vpc });
    lab.make_needs(other).await?;
    lab.settle().await;
    let error = lab.refused(&lab.asked(other)).await?;
    in_the_way(&error)
}

/// Source: `DetachInternetGateway`: the network has some mapped public addresses.
pub(super) async fn is_held_by_public_addresses_in_the_vpc(lab: &mut Lab<'_>) -> Verdict {
    let balancer = lab.make_ready(Kind::LoadBalancer).await?;
    holds(lab, Kind::GatewayAttachment, &balancer).await
}

/// Both ends stay when it goes.
pub(super) async fn leaves_gateway_and_vpc(lab: &mut Lab<'_>) -> Verdict {
    let attachment = lab.make_ready(Kind::GatewayAttachment).await?;
    lab.remove(&attachment).await?;
    lab.settle().await;
    for kind in [Kind::InternetGateway, Kind::Vpc] {
        let found = lab.find(&lab.asked(kind)).await?;
        ensure_eq!(found, Some(lab.id(kind)), "the {kind} went along");
    }
    Ok(())
}
