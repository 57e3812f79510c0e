//! Promises about interface endpoints.

use std::net::Ipv4Addr;

use accel_core::resource::{Attributes, InterfaceEndpoint, Kind, Resource, Subnet};

use super::{Stop, Verdict, ensure, ensure_eq, in_the_way, refuses_each};
use crate::lab::Lab;
use crate::samples::{net, node_of, pin};

fn sample(lab: &Lab<'_>) -> InterfaceEndpoint {
    let resource = &lab.lane.graph.node(lab.lane.sample(Kind::InterfaceEndpoint)).resource;
    let Resource::InterfaceEndpoint(endpoint) = resource else {
        unreachable!("a sample is of its kind")
    };
    endpoint.clone()
}

/// Targets are registered before it is ready: the addresses asked for are the addresses it has, each in its subnet.
pub(super) async fn has_the_pinned_addresses(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::InterfaceEndpoint).await?;
    let ready = lab.until_ready(&id).await?;
    let Attributes::InterfaceEndpoint(endpoint) = ready.attributes else {
        return Err(Stop::Failed("an endpoint has other attributes".to_owned()));
    };
    for (zone, subnet) in lab.lane.service.subnets.iter().enumerate() {
        let subnet = lab.id(node_of(subnet));
        ensure_eq!(endpoint.address_in(&subnet), Some(pin(zone)), "the address in {subnet}");
    }
    Ok(())
}

/// Without pins the cloud picks an address in each subnet, and that is no difference from what was asked.
pub(super) async fn has_addresses_of_the_clouds_choice(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.service.place.clone();
    let mut endpoint = sample(lab);
    for subnet in &mut endpoint.subnets {
        subnet.address = None;
    }
    let node = lab.add("unpinned", &place, endpoint);
    let id = lab.make_ready(node).await?;
    let Attributes::InterfaceEndpoint(it) = lab.until_ready(&id).await?.attributes else {
        return Err(Stop::Failed("an endpoint has other attributes".to_owned()));
    };
    for (subnet, block) in lab.lane.service.subnets.iter().zip(["10.1.0.0/20", "10.1.16.0/20"]) {
        let subnet = lab.id(node_of(subnet));
        let address = it.address_in(&subnet);
        let inside = address.is_some_and(|address| net(block).contains(&address));
        ensure!(inside, "the address in {subnet} is {address:?}");
    }
    lab.settle().await;
    ensure_eq!(lab.find(&lab.asked(node)).await?, Some(id), "it is not found as it was asked");
    Ok(())
}

/// Source: EC2 error codes, `InvalidServiceName`.
pub(super) async fn refuses_an_unknown_service(lab: &mut Lab<'_>) -> Verdict {
    let mut endpoint = sample(lab);
    endpoint.service = "com.amazonaws.nowhere.nothing".into();
    refuses_each(lab, Kind::InterfaceEndpoint, [endpoint.into()]).await
}

/// Source: EC2 error codes, `DuplicateSubnetsInSameZone`.
pub(super) async fn refuses_two_subnets_in_one_zone(lab: &mut Lab<'_>) -> Verdict {
    let site = lab.subject.service.clone();
    let mut endpoint = sample(lab);
    let subnet = Subnet {
        vpc: endpoint.vpc.clone(),
        cidr: net("10.1.32.0/20"),
        zone: site.zones[0].clone(),
    };
    let subnet = lab.lane.graph.add("twin", &site.place, subnet);
    endpoint.subnets[1].subnet = subnet;
    endpoint.subnets[1].address = Some(Ipv4Addr::new(10, 1, 32, 10));
    let node = lab.add("twins", &site.place, endpoint);
    lab.make_needs(node).await?;
    lab.settle().await;
    let error = lab.refused(&lab.asked(node)).await?;
    super::invalid(&error)
}

/// Source: `CreateVpcEndpoint`: the service does not support the zone of the subnet.
pub(super) async fn refuses_a_zone_that_lacks_the_service(lab: &mut Lab<'_>) -> Verdict {
    let Some(zone) = lab.subject.barred_zone.clone() else {
        return Err(Stop::Skipped("the subject names no zone without the service".to_owned()));
    };
    let place = lab.subject.service.place.clone();
    let mut endpoint = sample(lab);
    let subnet = Subnet { vpc: endpoint.vpc.clone(), cidr: net("10.1.32.0/20"), zone };
    endpoint.subnets[1].subnet = lab.lane.graph.add("barred", &place, subnet);
    endpoint.subnets[1].address = Some(Ipv4Addr::new(10, 1, 32, 10));
    let node = lab.add("in.a.barred.zone", &place, endpoint);
    lab.make_needs(node).await?;
    lab.settle().await;
    let error = lab.refused(&lab.asked(node)).await?;
    super::invalid(&error)
}

/// An address outside its subnet can not be had.
pub(super) async fn refuses_an_address_outside_its_subnet(lab: &mut Lab<'_>) -> Verdict {
    let mut endpoint = sample(lab);
    endpoint.subnets[0].address = Some(Ipv4Addr::new(10, 1, 200, 10));
    refuses_each(lab, Kind::InterfaceEndpoint, [endpoint.into()]).await
}

/// An address that another endpoint has is taken.
pub(super) async fn conflicts_with_another_holder_of_its_address(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::InterfaceEndpoint).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::InterfaceEndpoint).named("twin");
    in_the_way(&lab.refused(&asked).await?)
}

/// Source: `CreateVpcEndpoint`, `PrivateDnsEnabled`: the VPC needs DNS support and DNS hostnames.
pub(super) async fn refuses_private_names_in_a_vpc_without_dns_hostnames(
    lab: &mut Lab<'_>,
) -> Verdict {
    let mut endpoint = sample(lab);
    endpoint.private_dns = true;
    refuses_each(lab, Kind::InterfaceEndpoint, [endpoint.into()]).await
}

/// One endpoint per VPC has a service's private names.
pub(super) async fn conflicts_with_another_holder_of_its_private_names(
    lab: &mut Lab<'_>,
) -> Verdict {
    lab.make_ready(Kind::VpcDnsHostnames).await?;
    let place = lab.subject.service.place.clone();
    let mut endpoint = sample(lab);
    endpoint.private_dns = true;
    let first = lab.add("first", &place, endpoint.clone());
    lab.make_ready(first).await?;
    lab.settle().await;
    endpoint.subnets[0].address = Some(Ipv4Addr::new(10, 1, 0, 77));
    endpoint.subnets[1].address = Some(Ipv4Addr::new(10, 1, 16, 77));
    let asked = lab.asked(first).named("second").with(endpoint);
    in_the_way(&lab.refused(&asked).await?)
}

/// A subnet's addresses are free again when it is gone, and it takes its policy along.
pub(super) async fn frees_its_addresses(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::InterfaceEndpoint).await?;
    lab.remove(&first).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::InterfaceEndpoint).attempt(1);
    let second = lab.create(&asked).await?;
    ensure!(first != second, "the second endpoint is the dead first");
    lab.until_ready(&second).await.map(drop)
}
