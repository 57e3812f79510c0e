//! Promises about load balancers.

use accel_core::backend::Phase;
use accel_core::resource::{Attributes, Kind, LoadBalancer, Resource, Subnet};
use accel_core::{ErrorKind, NodeId};

use super::{Stop, Verdict, ensure, ensure_eq, in_the_way, is_one_of};
use crate::lab::Lab;
use crate::samples::{net, node_of};

fn sample(lab: &Lab<'_>) -> LoadBalancer {
    let resource = &lab.lane.graph.node(lab.lane.sample(Kind::LoadBalancer)).resource;
    let Resource::LoadBalancer(balancer) = resource else {
        unreachable!("a sample is of its kind")
    };
    balancer.clone()
}

async fn error_of(lab: &mut Lab<'_>, node: NodeId) -> Result<accel_core::Error, Stop> {
    lab.make_needs(node).await?;
    lab.settle().await;
    let asked = lab.asked(node);
    lab.refused(&asked).await
}

/// Clients dial the addresses that were asked for, each in its zone.
pub(super) async fn has_the_addresses_asked_for(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::LoadBalancer).await?;
    let ready = lab.until_ready(&id).await?;
    let Attributes::LoadBalancer(balancer) = ready.attributes else {
        return Err(Stop::Failed("a load balancer has other attributes".to_owned()));
    };
    let mut asked = Vec::new();
    let site = &lab.subject.entry;
    for (zone, node) in site.zones.iter().zip(&lab.lane.at_entry.addresses) {
        let id = lab.id(node_of(node));
        if let Attributes::ElasticIp(it) = lab.until_ready(&id).await?.attributes {
            asked.push((zone.clone(), it.address));
        }
    }
    let mut has = balancer.addresses;
    has.sort_unstable();
    asked.sort_unstable();
    ensure_eq!(has, asked, "the addresses of the balancer");
    Ok(())
}

/// Source: `CreateLoadBalancer`, `InvalidSubnet`: the VPC has no internet gateway.
pub(super) async fn refuses_to_face_the_internet_without_a_gateway(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let balancer = sample(lab);
    // Without the `after` edge the lab makes no gateway.
    let node = lab.add("without a gateway", &place, balancer);
    let error = error_of(lab, node).await?;
    is_one_of(&error, &[ErrorKind::Invalid, ErrorKind::NotYet])
}

/// Source: `CreateLoadBalancer`, `InvalidConfigurationRequest`.
pub(super) async fn refuses_two_subnets_in_one_zone(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::GatewayAttachment).await?;
    let site = lab.subject.entry.clone();
    let mut balancer = sample(lab);
    let vpc = lab.lane.entry.vpc.clone();
    let subnet = Subnet { vpc, cidr: net("10.2.32.0/20"), zone: site.zones[0].clone() };
    balancer.subnets[1].subnet = lab.lane.graph.add("twin", &site.place, subnet);
    let node = lab.add("twins", &site.place, balancer);
    let error = error_of(lab, node).await?;
    super::invalid(&error)
}

/// An address serves one balancer. Source: `CreateLoadBalancer`, `ResourceInUse`.
pub(super) async fn conflicts_with_another_holder_of_its_addresses(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::LoadBalancer).await?;
    let place = lab.subject.entry.place.clone();
    let balancer = sample(lab);
    let node = lab.add("second", &place, balancer);
    let error = error_of(lab, node).await?;
    in_the_way(&error)
}

/// Source: `CreateLoadBalancer`, `DuplicateLoadBalancerName`.
pub(super) async fn conflicts_with_another_content_of_its_name(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::LoadBalancer).await?;
    lab.settle().await;
    let mut other = sample(lab);
    other.subnets.truncate(1);
    let asked = lab.asked(Kind::LoadBalancer).with(other);
    in_the_way(&lab.refused(&asked).await?)
}

/// Its listeners go with it; the target groups stay.
pub(super) async fn takes_its_listeners_along(lab: &mut Lab<'_>) -> Verdict {
    let listener = lab.make_ready(Kind::Listener).await?;
    lab.make_ready(Kind::LoadBalancer).await?;
    lab.settle().await;
    let balancer = lab.id(Kind::LoadBalancer);
    lab.remove(&balancer).await?;
    lab.until_gone(&listener).await?;
    lab.settle().await;
    let targets = lab.id(Kind::TargetGroup);
    let found = lab.find(&lab.asked(Kind::TargetGroup)).await?;
    ensure_eq!(found, Some(targets), "the target group went along");
    Ok(())
}

/// Its interfaces outlive it: it is deleting until they hold nothing any more. Then subnets, groups and addresses are free.
pub(super) async fn is_deleting_until_its_interfaces_are_gone(lab: &mut Lab<'_>) -> Verdict {
    let balancer = lab.make_ready(Kind::LoadBalancer).await?;
    lab.settle().await;
    lab.backend().delete(&balancer).await?;
    lab.until_gone(&balancer).await?;
    lab.settle().await;
    for kind in [Kind::Subnet, Kind::SecurityGroup, Kind::ElasticIp, Kind::GatewayAttachment] {
        let id = lab.id(kind);
        lab.backend().delete(&id).await?;
    }
    Ok(())
}

/// A balancer inside the VPC needs no gateway and no public address.
pub(super) async fn may_stay_inside_its_vpc(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let mut balancer = sample(lab);
    balancer.internet_facing = false;
    for subnet in &mut balancer.subnets {
        subnet.address = None;
    }
    let node = lab.add("inside", &place, balancer);
    let id = lab.make_ready(node).await?;
    let phase = lab.phase_of(&id, &lab.asked(node)).await?;
    let as_asked = matches!(&phase, Phase::Ready(ready) if ready.differs.is_empty());
    ensure!(as_asked, "the inner balancer is {phase:?}");
    Ok(())
}
