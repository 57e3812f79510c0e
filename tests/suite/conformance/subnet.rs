//! Promises about subnets.

use accel_core::Zone;
use accel_core::resource::{Kind, Subnet};

use super::{Verdict, ensure, holds, in_the_way, refuses_each};
use crate::lab::Lab;
use crate::samples::net;

/// A block outside the VPC's, or of another size than /16 to /28, is wrong. Source: EC2 error codes, `InvalidSubnet.Range`.
pub(super) async fn refuses_a_block_outside_its_vpc(lab: &mut Lab<'_>) -> Verdict {
    let (vpc, zone) = (lab.lane.entry.vpc.clone(), lab.subject.entry.zones[0].clone());
    let subnet = |block| Subnet { vpc: vpc.clone(), cidr: net(block), zone: zone.clone() }.into();
    refuses_each(lab, Kind::Subnet, [subnet("10.1.0.0/20"), subnet("10.2.0.0/29")]).await
}

/// Source: EC2 error codes, `InvalidParameterValue`.
pub(super) async fn refuses_an_unknown_zone(lab: &mut Lab<'_>) -> Verdict {
    let vpc = lab.lane.entry.vpc.clone();
    let subnet = Subnet { vpc, cidr: net("10.2.0.0/20"), zone: Zone::from("nowhere-1a") };
    refuses_each(lab, Kind::Subnet, [subnet.into()]).await
}

/// Source: EC2 error codes, `InvalidSubnet.Conflict`.
pub(super) async fn conflicts_with_another_nodes_block(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::Subnet).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::Subnet).named("twin");
    in_the_way(&lab.refused(&asked).await?)?;
    let (vpc, zone) = (lab.lane.entry.vpc.clone(), lab.subject.entry.zones[0].clone());
    let inside = Subnet { vpc, cidr: net("10.2.4.0/24"), zone };
    in_the_way(&lab.refused(&asked.with(inside)).await?)
}

/// An endpoint's interface holds its subnet until it is gone.
pub(super) async fn is_held_by_the_interfaces_in_it(lab: &mut Lab<'_>) -> Verdict {
    let endpoint = lab.make_ready(Kind::InterfaceEndpoint).await?;
    let subnet = lab.lane.service.subnets[0].clone();
    holds(lab, &subnet, &endpoint).await?;
    lab.remove(&endpoint).await?;
    let id = lab.id(&subnet);
    lab.settle().await;
    lab.backend().delete(&id).await?;
    lab.until_gone(&id).await
}

/// So does a load balancer's.
pub(super) async fn is_held_by_a_load_balancer(lab: &mut Lab<'_>) -> Verdict {
    let balancer = lab.make_ready(Kind::LoadBalancer).await?;
    holds(lab, Kind::Subnet, &balancer).await
}

/// An association goes with its subnet: it does not hold it.
pub(super) async fn takes_its_association_along(lab: &mut Lab<'_>) -> Verdict {
    let association = lab.make_ready(Kind::RouteTableAssociation).await?;
    lab.settle().await;
    let subnet = lab.id(Kind::Subnet);
    lab.backend().delete(&subnet).await?;
    lab.until_gone(&association).await?;
    lab.settle().await;
    let listed = lab.list(&association.place).await?;
    ensure!(!listed.iter().any(|found| found.id == association), "{association} is still listed");
    Ok(())
}
