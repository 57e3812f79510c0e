//! Setting: how a target group checks its targets.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};

use super::{Shown, of_parent, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

pub(super) fn text(request: &Request<'_>, asked: &resource::HealthCheck) -> String {
    format!("{}/health_check", request.inputs.id(&asked.group))
}

pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::HealthCheck,
) -> Result<()> {
    let call = at
        .elb()
        .modify_target_group()
        .target_group_arn(request.inputs.id(&asked.group).as_str())
        .health_check_interval_seconds(asked.interval_secs.into())
        .healthy_threshold_count(asked.healthy.into())
        .unhealthy_threshold_count(asked.unhealthy.into());
    at.make("ModifyTargetGroup", call.send()).await.map(drop)
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.target_groups.insert(parts(id).0.to_owned());
}

pub(super) fn wants_for(request: &Request<'_>, asked: &resource::HealthCheck, want: &mut Want) {
    want.target_groups.insert(request.inputs.id(&asked.group).as_str().to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    of_parent(view, Kind::TargetGroup, id)
}

pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::HealthCheck,
    found: &mut Differences,
) -> Result<()> {
    let group = request.inputs.id(&asked.group);
    if let Some(it) = view.target_groups.get(group.as_str())? {
        let number = |value: Option<i32>| value.unwrap_or_default();
        let interval = number(it.health_check_interval_seconds());
        found.field("interval_secs", &i32::from(asked.interval_secs), &interval);
        let healthy = number(it.healthy_threshold_count());
        found.field("healthy", &i32::from(asked.healthy), &healthy);
        let unhealthy = number(it.unhealthy_threshold_count());
        found.field("unhealthy", &i32::from(asked.unhealthy), &unhealthy);
    }
    Ok(())
}
