//! Subnet.

use accel_core::backend::{Phase, Request};
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::{ResourceType, SubnetState};

use super::{Shown, ids_of, owned};
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::tags::{from_ec2, specification};
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::Subnet,
) -> Result<String> {
    let call = at
        .ec2()
        .create_subnet()
        .vpc_id(request.inputs.id(&asked.vpc).as_str())
        .cidr_block(asked.cidr.to_string())
        .availability_zone(asked.zone.as_str())
        .tag_specifications(specification(request, ResourceType::Subnet));
    let subnet = at.make("CreateSubnet", call.send()).await?.subnet;
    subnet.and_then(|subnet| subnet.subnet_id).ok_or_else(|| at.incomplete("CreateSubnet", "id"))
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::Subnet,
) -> Result<Vec<String>> {
    Ok(ids_of(&family::subnets(at, owned(request)).await?, aws_sdk_ec2::types::Subnet::subnet_id))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.subnets.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(subnet) = view.subnets.get(id.as_str())? else { return Ok(None) };
    let state = subnet.state().map(SubnetState::as_str).unwrap_or_default();
    let shown = match state {
        "pending" => Shown::new(Phase::Pending),
        failed if failed.starts_with("failed") => {
            Shown::new(Phase::Failed { why: format!("the subnet is {failed}") })
        }
        _ => Shown::ready(),
    };
    let shown = shown.tagged(from_ec2(subnet.tags()));
    Ok(Some(shown.refers(Kind::Vpc, &id.place, subnet.vpc_id())))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::Subnet,
    found: &mut Differences,
) -> Result<()> {
    if let Some(subnet) = view.subnets.get(id.as_str())? {
        let vpc = request.inputs.id(&asked.vpc);
        found.field("vpc", vpc.as_str(), subnet.vpc_id().unwrap_or_default());
        let cidr = asked.cidr.to_string();
        found.field("cidr", cidr.as_str(), subnet.cidr_block().unwrap_or_default());
        let zone = subnet.availability_zone().unwrap_or_default();
        found.field("zone", asked.zone.as_str(), zone);
    }
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.ec2().delete_subnet().subnet_id(id);
    at.remove("DeleteSubnet", call.send()).await.map(drop)
}
