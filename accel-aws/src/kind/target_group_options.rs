//! Setting: attributes of a target group.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};
use aws_sdk_elasticloadbalancingv2::types::TargetGroupAttribute;

use super::{Shown, of_parent, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

pub(super) fn text(request: &Request<'_>, asked: &resource::TargetGroupOptions) -> String {
    format!("{}/options", request.inputs.id(&asked.group))
}

/// Source: `TargetGroupAttribute`, keys.
fn wanted(asked: &resource::TargetGroupOptions) -> [(&'static str, String); 2] {
    [
        ("preserve_client_ip.enabled", asked.preserve_client_ip.to_string()),
        ("deregistration_delay.timeout_seconds", asked.deregistration_delay_secs.to_string()),
    ]
}

pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::TargetGroupOptions,
) -> Result<()> {
    let attribute = |(key, value)| TargetGroupAttribute::builder().key(key).value(value).build();
    let call = at
        .elb()
        .modify_target_group_attributes()
        .target_group_arn(request.inputs.id(&asked.group).as_str())
        .set_attributes(Some(wanted(asked).map(attribute).into()));
    at.make("ModifyTargetGroupAttributes", call.send()).await.map(drop)
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.target_groups.insert(parts(id).0.to_owned());
}

pub(super) fn wants_for(
    request: &Request<'_>,
    asked: &resource::TargetGroupOptions,
    want: &mut Want,
) {
    want.group_options.insert(request.inputs.id(&asked.group).as_str().to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    of_parent(view, Kind::TargetGroup, id)
}

pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::TargetGroupOptions,
    found: &mut Differences,
) -> Result<()> {
    let group = request.inputs.id(&asked.group);
    if let Some(is) = view.group_options.get(group.as_str())? {
        super::compare_options(&wanted(asked), is, found);
    }
    Ok(())
}
