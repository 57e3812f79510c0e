//! Target group.

use accel_core::backend::Request;
use accel_core::resource::{Kind, Resource};
use accel_core::{RemoteId, Result, resource};
use aws_sdk_elasticloadbalancingv2::types::{ProtocolEnum, TargetTypeEnum};

use super::Shown;
use crate::call::At;
use crate::differences::Differences;
use crate::tags::for_elb;
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::TargetGroup,
) -> Result<String> {
    let call = at
        .elb()
        .create_target_group()
        .name(request.name())
        .protocol(ProtocolEnum::Tcp)
        .port(asked.port.into())
        .vpc_id(request.inputs.id(&asked.vpc).as_str())
        .target_type(TargetTypeEnum::Ip)
        .health_check_protocol(ProtocolEnum::Tcp)
        .set_tags(Some(for_elb(&request.tags())));
    let checks = request
        .carried
        .iter()
        .find_map(|carried| if let Resource::HealthCheck(it) = carried { Some(it) } else { None });
    let call = match checks {
        None => call,
        Some(checks) => call
            .health_check_interval_seconds(checks.interval_secs.into())
            .healthy_threshold_count(checks.healthy.into())
            .unhealthy_threshold_count(checks.unhealthy.into()),
    };
    let made = at.make("CreateTargetGroup", call.send()).await?.target_groups;
    let made = made.unwrap_or_default().into_iter().next();
    made.and_then(|it| it.target_group_arn).ok_or_else(|| at.incomplete("CreateTargetGroup", "ARN"))
}

/// As with load balancers: by the part of the name that does not change.
pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::TargetGroup,
) -> Result<Vec<String>> {
    let prefix = accel_core::tags::name_prefix(&request.owner.deployment);
    let (_, groups) = at.named_alike(&prefix).await?;
    Ok(groups.into_iter().filter_map(|it| it.target_group_arn).collect())
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.target_groups.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = view.target_groups.get(id.as_str())? else { return Ok(None) };
    let tags = view.elb_tags.get(id.as_str())?.cloned().unwrap_or_default();
    Ok(Some(Shown::ready().tagged(tags).refers(Kind::Vpc, &id.place, it.vpc_id())))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::TargetGroup,
    found: &mut Differences,
) -> Result<()> {
    if let Some(it) = view.target_groups.get(id.as_str())? {
        let vpc = request.inputs.id(&asked.vpc);
        found.field("vpc", vpc.as_str(), it.vpc_id().unwrap_or_default());
        found.field("port", &i32::from(asked.port), &it.port().unwrap_or_default());
        let protocol = it.protocol().map(ProtocolEnum::as_str).unwrap_or_default();
        found.field("protocol", "TCP", protocol);
        let target = it.target_type().map(TargetTypeEnum::as_str).unwrap_or_default();
        found.field("target_type", "ip", target);
    }
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.elb().delete_target_group().target_group_arn(id);
    at.remove("DeleteTargetGroup", call.send()).await.map(drop)
}
