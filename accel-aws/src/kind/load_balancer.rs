//! Network load balancer.

use accel_core::backend::{Phase, Ready, Request};
use accel_core::resource::{Attributes, BalancerAttributes, Kind};
use accel_core::{RemoteId, Result, Zone, resource};
use aws_sdk_elasticloadbalancingv2::types::{
    LoadBalancer, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, SubnetMapping,
};

use super::Shown;
use crate::call::At;
use crate::differences::Differences;
use crate::family::{Balancer, metric_name};
use crate::tags::for_elb;
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::LoadBalancer,
) -> Result<String> {
    let text = |id: RemoteId| id.as_str().to_owned();
    let mapping = |it: &resource::BalancerSubnet| {
        let address = it.address.as_ref().map(|address| text(request.inputs.id(address)));
        SubnetMapping::builder()
            .subnet_id(text(request.inputs.id(&it.subnet)))
            .set_allocation_id(address)
            .build()
    };
    let scheme = if asked.internet_facing {
        LoadBalancerSchemeEnum::InternetFacing
    } else {
        LoadBalancerSchemeEnum::Internal
    };
    let groups = asked.groups.iter().map(|group| text(request.inputs.id(group)));
    let call = at
        .elb()
        .create_load_balancer()
        .name(request.name())
        .r#type(LoadBalancerTypeEnum::Network)
        .scheme(scheme)
        .set_subnet_mappings(Some(asked.subnets.iter().map(mapping).collect()))
        .set_security_groups(Some(groups.collect()))
        .set_tags(Some(for_elb(&request.tags())));
    let made = at.make("CreateLoadBalancer", call.send()).await?.load_balancers;
    let made = made.unwrap_or_default().into_iter().next();
    made.and_then(|it| it.load_balancer_arn)
        .ok_or_else(|| at.incomplete("CreateLoadBalancer", "ARN"))
}

/// The attempt is part of the name, and without records nobody knows it: everything that is named like a thing of the deployment.
pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::LoadBalancer,
) -> Result<Vec<String>> {
    let prefix = accel_core::tags::name_prefix(&request.owner.deployment);
    let (balancers, _) = at.named_alike(&prefix).await?;
    Ok(balancers.into_iter().filter_map(|it| it.load_balancer_arn).collect())
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.balancers.insert(id.to_owned());
}

fn there<'v>(view: &'v View, arn: &str) -> Result<Option<&'v LoadBalancer>> {
    Ok(match view.balancers.get(arn)? {
        Some(Balancer::There(it)) => Some(it),
        Some(Balancer::Lingering) | None => None,
    })
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let it = match view.balancers.get(id.as_str())? {
        None => return Ok(None),
        Some(Balancer::Lingering) => return Ok(Some(Shown::new(Phase::Deleting))),
        Some(Balancer::There(it)) => it,
    };
    let state = it
        .state()
        .and_then(|state| state.code())
        .map(aws_sdk_elasticloadbalancingv2::types::LoadBalancerStateEnum::as_str);
    let why = || {
        let reason = it.state().and_then(|state| state.reason());
        reason.unwrap_or("AWS gives no reason").to_owned()
    };
    let phase = match state.unwrap_or_default() {
        "active" => Phase::Ready(Ready::new(attributes(it))),
        "active_impaired" => {
            let warning = Some(format!("the load balancer is impaired: {}", why()));
            Phase::Ready(Ready { warning, ..Ready::new(attributes(it)) })
        }
        "failed" => Phase::Failed { why: why() },
        _ => Phase::Pending,
    };
    let zones = it.availability_zones();
    let addresses = zones
        .iter()
        .flat_map(aws_sdk_elasticloadbalancingv2::types::AvailabilityZone::load_balancer_addresses);
    let shown = Shown::new(phase)
        .tagged(view.elb_tags.get(id.as_str())?.cloned().unwrap_or_default())
        .refers(Kind::Subnet, &id.place, zones.iter().filter_map(|zone| zone.subnet_id()))
        .refers(Kind::ElasticIp, &id.place, addresses.filter_map(|it| it.allocation_id()))
        .refers(Kind::SecurityGroup, &id.place, it.security_groups().iter().map(String::as_str));
    Ok(Some(shown))
}

fn attributes(it: &LoadBalancer) -> Attributes {
    let addresses = it.availability_zones().iter().flat_map(|zone| {
        let name = zone.zone_name().unwrap_or_default();
        let told = zone.load_balancer_addresses().iter();
        told.filter_map(move |it| Some((Zone::from(name), it.ip_address()?.parse().ok()?)))
    });
    let metric = it.load_balancer_arn().and_then(metric_name);
    Attributes::LoadBalancer(BalancerAttributes {
        dns_name: it.dns_name().unwrap_or_default().to_owned(),
        metric_name: metric.unwrap_or_default().to_owned(),
        addresses: addresses.collect(),
    })
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::LoadBalancer,
    found: &mut Differences,
) -> Result<()> {
    let Some(it) = there(view, id.as_str())? else { return Ok(()) };
    let text = |id: RemoteId| id.as_str().to_owned();
    let own = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let zones = it.availability_zones();
    let subnets = asked.subnets.iter().map(|it| text(request.inputs.id(&it.subnet))).collect();
    found.set("subnets", subnets, own(zones.iter().filter_map(|it| it.subnet_id()).collect()));
    let addresses = asked.subnets.iter().filter_map(|it| it.address.as_ref());
    let addresses = addresses.map(|it| text(request.inputs.id(it))).collect();
    let told = zones
        .iter()
        .flat_map(aws_sdk_elasticloadbalancingv2::types::AvailabilityZone::load_balancer_addresses);
    found.set("addresses", addresses, own(told.filter_map(|it| it.allocation_id()).collect()));
    let groups = asked.groups.iter().map(|it| text(request.inputs.id(it))).collect();
    found.set("groups", groups, it.security_groups().to_vec());
    let facing = it.scheme() == Some(&LoadBalancerSchemeEnum::InternetFacing);
    found.field("internet_facing", &asked.internet_facing, &facing);
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.elb().delete_load_balancer().load_balancer_arn(id);
    at.remove("DeleteLoadBalancer", call.send()).await.map(drop)
}
