//! Listener.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, ProtocolEnum};

use super::{Shown, ids_of};
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::tags::for_elb;
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::Listener,
) -> Result<String> {
    let group = request.inputs.id(&asked.group);
    let forward =
        Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group.as_str()).build();
    let call = at
        .elb()
        .create_listener()
        .load_balancer_arn(request.inputs.id(&asked.balancer).as_str())
        .protocol(ProtocolEnum::Tcp)
        .port(asked.port.into())
        .default_actions(forward)
        .set_tags(Some(for_elb(&request.tags())));
    let made = at.make("CreateListener", call.send()).await?.listeners;
    let made = made.unwrap_or_default().into_iter().next();
    made.and_then(|it| it.listener_arn).ok_or_else(|| at.incomplete("CreateListener", "ARN"))
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::Listener,
) -> Result<Vec<String>> {
    let balancer = request.inputs.id(&asked.balancer);
    let all = family::listeners_of(at, balancer.as_str()).await?;
    Ok(ids_of(&all, aws_sdk_elasticloadbalancingv2::types::Listener::listener_arn))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.listeners.insert(id.to_owned());
}

/// The group to which all connections go.
fn forwards_to(it: &aws_sdk_elasticloadbalancingv2::types::Listener) -> Option<&str> {
    let action = it.default_actions().first()?;
    let of_several = || action.forward_config()?.target_groups().first()?.target_group_arn();
    action.target_group_arn().or_else(of_several)
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = view.listeners.get(id.as_str())? else { return Ok(None) };
    let tags = view.elb_tags.get(id.as_str())?.cloned().unwrap_or_default();
    let shown = Shown::ready()
        .tagged(tags)
        .refers(Kind::LoadBalancer, &id.place, it.load_balancer_arn())
        .refers(Kind::TargetGroup, &id.place, forwards_to(it));
    Ok(Some(shown))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::Listener,
    found: &mut Differences,
) -> Result<()> {
    if let Some(it) = view.listeners.get(id.as_str())? {
        let (balancer, group) =
            (request.inputs.id(&asked.balancer), request.inputs.id(&asked.group));
        found.field("balancer", balancer.as_str(), it.load_balancer_arn().unwrap_or_default());
        found.field("port", &i32::from(asked.port), &it.port().unwrap_or_default());
        found.field("group", group.as_str(), forwards_to(it).unwrap_or_default());
        let protocol = it.protocol().map(ProtocolEnum::as_str).unwrap_or_default();
        found.field("protocol", "TCP", protocol);
    }
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.elb().delete_listener().listener_arn(id);
    at.remove("DeleteListener", call.send()).await.map(drop)
}
