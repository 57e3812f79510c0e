//! Gateway endpoint. It is made without tables: each that leads to it is a thing of its own.

use accel_core::backend::Request;
use accel_core::resource::{Attributes, Kind};
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::VpcEndpointType;

use super::{Shown, endpoint};
use crate::call::At;
use crate::differences::Differences;
use crate::tags::from_ec2;
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::GatewayEndpoint,
) -> Result<String> {
    let call = at
        .ec2()
        .create_vpc_endpoint()
        .vpc_endpoint_type(VpcEndpointType::Gateway)
        .vpc_id(request.inputs.id(&asked.vpc).as_str())
        .service_name(&asked.service);
    endpoint::create(at, request, call).await
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::GatewayEndpoint,
) -> Result<Vec<String>> {
    endpoint::candidates(at, request).await
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.endpoints.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = view.endpoints.get(id.as_str())? else { return Ok(None) };
    let phase = endpoint::phase(&it.endpoint, || Attributes::Plain);
    Ok(phase.map(|phase| {
        let shown = Shown::new(phase).tagged(from_ec2(it.endpoint.tags()));
        shown.refers(Kind::Vpc, &id.place, it.endpoint.vpc_id())
    }))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::GatewayEndpoint,
    found: &mut Differences,
) -> Result<()> {
    if let Some(it) = view.endpoints.get(id.as_str())? {
        endpoint::compare(&it.endpoint, &request.inputs.id(&asked.vpc), &asked.service, found);
    }
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    endpoint::delete(at, id).await
}
