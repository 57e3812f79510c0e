//! Internet gateway.

use accel_core::backend::Request;
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
    _asked: &resource::InternetGateway,
) -> Result<String> {
    let tags = specification(request, ResourceType::InternetGateway);
    let call = at.ec2().create_internet_gateway().tag_specifications(tags);
    let gateway = at.make("CreateInternetGateway", call.send()).await?.internet_gateway;
    gateway
        .and_then(|gateway| gateway.internet_gateway_id)
        .ok_or_else(|| at.incomplete("CreateInternetGateway", "id"))
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::InternetGateway,
) -> Result<Vec<String>> {
    Ok(ids_of(
        &family::gateways(at, owned(request)).await?,
        aws_sdk_ec2::types::InternetGateway::internet_gateway_id,
    ))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.gateways.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(gateway) = view.gateways.get(id.as_str())? else { return Ok(None) };
    Ok(Some(Shown::ready().tagged(from_ec2(gateway.tags()))))
}

#[expect(clippy::unnecessary_wraps, reason = "every kind's comparison has this shape")]
pub(super) fn compare(
    _view: &View,
    _id: &RemoteId,
    _request: &Request<'_>,
    _asked: &resource::InternetGateway,
    _found: &mut Differences,
) -> Result<()> {
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.ec2().delete_internet_gateway().internet_gateway_id(id);
    at.remove("DeleteInternetGateway", call.send()).await.map(drop)
}
