//! VPC.

use accel_core::backend::{Phase, Request};
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::{ResourceType, VpcState};

use super::{Shown, ids_of, owned};
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::tags::{from_ec2, specification};
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::Vpc,
) -> Result<String> {
    let call = at
        .ec2()
        .create_vpc()
        .cidr_block(asked.cidr.to_string())
        .tag_specifications(specification(request, ResourceType::Vpc));
    let vpc = at.make("CreateVpc", call.send()).await?.vpc;
    vpc.and_then(|vpc| vpc.vpc_id).ok_or_else(|| at.incomplete("CreateVpc", "id"))
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::Vpc,
) -> Result<Vec<String>> {
    Ok(ids_of(&family::vpcs(at, owned(request)).await?, aws_sdk_ec2::types::Vpc::vpc_id))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.vpcs.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(vpc) = view.vpcs.get(id.as_str())? else { return Ok(None) };
    let shown = match vpc.state() {
        Some(VpcState::Pending) => Shown::new(Phase::Pending),
        _ => Shown::ready(),
    };
    Ok(Some(shown.tagged(from_ec2(vpc.tags()))))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    _request: &Request<'_>,
    asked: &resource::Vpc,
    found: &mut Differences,
) -> Result<()> {
    if let Some(vpc) = view.vpcs.get(id.as_str())? {
        found.field("cidr", asked.cidr.to_string().as_str(), vpc.cidr_block().unwrap_or_default());
    }
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.ec2().delete_vpc().vpc_id(id);
    at.remove("DeleteVpc", call.send()).await.map(drop)
}
