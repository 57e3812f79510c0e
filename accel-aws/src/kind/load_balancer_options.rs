//! Setting: attributes of a load balancer.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};
use aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute;

use super::{Shown, of_parent, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

pub(super) fn text(request: &Request<'_>, asked: &resource::LoadBalancerOptions) -> String {
    format!("{}/options", request.inputs.id(&asked.balancer))
}

/// Source: `LoadBalancerAttribute`, keys.
fn wanted(asked: &resource::LoadBalancerOptions) -> [(&'static str, String); 2] {
    [
        ("deletion_protection.enabled", asked.deletion_protection.to_string()),
        ("load_balancing.cross_zone.enabled", asked.cross_zone.to_string()),
    ]
}

pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::LoadBalancerOptions,
) -> Result<()> {
    let attribute = |(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build();
    let call = at
        .elb()
        .modify_load_balancer_attributes()
        .load_balancer_arn(request.inputs.id(&asked.balancer).as_str())
        .set_attributes(Some(wanted(asked).map(attribute).into()));
    at.make("ModifyLoadBalancerAttributes", call.send()).await.map(drop)
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.balancers.insert(parts(id).0.to_owned());
}

pub(super) fn wants_for(
    request: &Request<'_>,
    asked: &resource::LoadBalancerOptions,
    want: &mut Want,
) {
    want.balancer_options.insert(request.inputs.id(&asked.balancer).as_str().to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    of_parent(view, Kind::LoadBalancer, id)
}

pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::LoadBalancerOptions,
    found: &mut Differences,
) -> Result<()> {
    let balancer = request.inputs.id(&asked.balancer);
    if let Some(is) = view.balancer_options.get(balancer.as_str())? {
        super::compare_options(&wanted(asked), is, found);
    }
    Ok(())
}
