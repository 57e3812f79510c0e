//! Promises about the DNS hostnames of VPCs.

use accel_core::resource::Kind;

use super::{Verdict, ensure, ensure_eq};
use crate::lab::Lab;

/// Source: `CreateVpc`: a VPC that is not the default one has DNS hostnames off.
pub(super) async fn are_off_in_a_new_vpc(lab: &mut Lab<'_>) -> Verdict {
    lab.make_needs(Kind::VpcDnsHostnames).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::VpcDnsHostnames);
    ensure_eq!(lab.find(&asked).await?, None, "they are on already");
    lab.create(&asked).await?;
    lab.settle().await;
    ensure!(lab.find(&asked).await?.is_some(), "they are still off");
    Ok(())
}

/// One VPC's are not another's.
pub(super) async fn are_of_one_vpc(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::VpcDnsHostnames).await?;
    let place = lab.subject.service.place.clone();
    let vpc = accel_core::resource::Vpc { cidr: crate::samples::net("10.8.0.0/16") };
    let vpc = lab.lane.graph.add("other.vpc", &place, vpc);
    let other = lab.add("other.dns", &place, accel_core::resource::VpcDnsHostnames { vpc });
    lab.make_needs(other).await?;
    lab.settle().await;
    ensure_eq!(lab.find(&lab.asked(other)).await?, None, "another VPC's are on");
    Ok(())
}
