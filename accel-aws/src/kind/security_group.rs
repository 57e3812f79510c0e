//! Security group.

use accel_core::backend::Request;
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::ResourceType;

use super::{Shown, ids_of, owned};
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::tags::{from_ec2, specification};
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::SecurityGroup,
) -> Result<String> {
    let call = at
        .ec2()
        .create_security_group()
        .vpc_id(request.inputs.id(&asked.vpc).as_str())
        .group_name(request.name())
        .description(&asked.description)
        .tag_specifications(specification(request, ResourceType::SecurityGroup));
    let id = at.make("CreateSecurityGroup", call.send()).await?.group_id;
    id.ok_or_else(|| at.incomplete("CreateSecurityGroup", "id"))
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::SecurityGroup,
) -> Result<Vec<String>> {
    Ok(ids_of(
        &family::groups(at, owned(request)).await?,
        aws_sdk_ec2::types::SecurityGroup::group_id,
    ))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.groups.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(group) = view.groups.get(id.as_str())? else { return Ok(None) };
    let shown = Shown::ready().tagged(from_ec2(group.tags()));
    Ok(Some(shown.refers(Kind::Vpc, &id.place, group.vpc_id())))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::SecurityGroup,
    found: &mut Differences,
) -> Result<()> {
    if let Some(group) = view.groups.get(id.as_str())? {
        let vpc = request.inputs.id(&asked.vpc);
        found.field("vpc", vpc.as_str(), group.vpc_id().unwrap_or_default());
        let description = group.description().unwrap_or_default();
        found.field("description", asked.description.as_str(), description);
    }
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.ec2().delete_security_group().group_id(id);
    at.remove("DeleteSecurityGroup", call.send()).await.map(drop)
}
