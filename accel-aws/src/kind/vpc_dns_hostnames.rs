//! Setting: DNS hostnames of a VPC.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::AttributeBooleanValue;

use super::{Shown, of_parent, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

pub(super) fn text(request: &Request<'_>, asked: &resource::VpcDnsHostnames) -> String {
    format!("{}/dns_hostnames", request.inputs.id(&asked.vpc))
}

/// One attribute per call. Source: `ModifyVpcAttribute`.
pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::VpcDnsHostnames,
) -> Result<()> {
    let call = at
        .ec2()
        .modify_vpc_attribute()
        .vpc_id(request.inputs.id(&asked.vpc).as_str())
        .enable_dns_hostnames(AttributeBooleanValue::builder().value(true).build());
    at.make("ModifyVpcAttribute", call.send()).await.map(drop)
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.vpcs.insert(parts(id).0.to_owned());
}

pub(super) fn wants_for(request: &Request<'_>, asked: &resource::VpcDnsHostnames, want: &mut Want) {
    want.hostnames.insert(request.inputs.id(&asked.vpc).as_str().to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    of_parent(view, Kind::Vpc, id)
}

pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::VpcDnsHostnames,
    found: &mut Differences,
) -> Result<()> {
    let vpc = request.inputs.id(&asked.vpc);
    let on = view.hostnames.get(vpc.as_str())?.copied().unwrap_or_default();
    found.field("dns_hostnames", &true, &on);
    Ok(())
}
