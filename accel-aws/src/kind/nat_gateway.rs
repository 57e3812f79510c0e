//! NAT gateway.

use accel_core::backend::{Phase, Ready, Request};
use accel_core::resource::{Attributes, Kind, NatAttributes};
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::{ConnectivityType, NatGateway, NatGatewayAddress, ResourceType};

use super::{Shown, ids_of, owned};
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::tags::{from_ec2, specification};
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::NatGateway,
) -> Result<String> {
    let call = at
        .ec2()
        .create_nat_gateway()
        .client_token(request.token())
        .connectivity_type(ConnectivityType::Public)
        .subnet_id(request.inputs.id(&asked.subnet).as_str())
        .allocation_id(request.inputs.id(&asked.address).as_str())
        .tag_specifications(specification(request, ResourceType::Natgateway));
    let made = at.make("CreateNatGateway", call.send()).await?.nat_gateway;
    made.and_then(|made| made.nat_gateway_id).ok_or_else(|| at.incomplete("CreateNatGateway", "id"))
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::NatGateway,
) -> Result<Vec<String>> {
    Ok(ids_of(&family::nats(at, owned(request)).await?, NatGateway::nat_gateway_id))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.nats.insert(id.to_owned());
}

fn state(it: &NatGateway) -> &str {
    it.state().map(aws_sdk_ec2::types::NatGatewayState::as_str).unwrap_or_default()
}

pub(crate) fn is_ready(it: &NatGateway) -> bool {
    state(it) == "available"
}

/// The address that it was made with; others can be added later.
fn address(it: &NatGateway) -> Option<&NatGatewayAddress> {
    let all = it.nat_gateway_addresses();
    all.iter().find(|it| it.is_primary() == Some(true)).or(all.first())
}

/// A deleted one stays listed, with its tags, for about an hour. Source: Delete a NAT gateway, Amazon VPC user guide.
fn phase(it: &NatGateway) -> Option<Phase> {
    match state(it) {
        "available" => {
            let public = address(it).and_then(|it| it.public_ip()?.parse().ok());
            let ready = |address| Ready::new(Attributes::NatGateway(NatAttributes { address }));
            Some(public.map_or(Phase::Pending, |address| Phase::Ready(ready(address))))
        }
        "failed" => {
            let why = it.failure_message().unwrap_or("AWS gives no reason");
            let code = it.failure_code().map(|code| format!(" [{code}]")).unwrap_or_default();
            Some(Phase::Failed { why: format!("{why}{code}") })
        }
        "deleting" => Some(Phase::Deleting),
        "deleted" => None,
        _ => Some(Phase::Pending),
    }
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = view.nats.get(id.as_str())? else { return Ok(None) };
    Ok(phase(it).map(|phase| {
        let shown = Shown::new(phase).tagged(from_ec2(it.tags()));
        let addresses = it.nat_gateway_addresses().iter().filter_map(|it| it.allocation_id());
        shown.refers(Kind::Subnet, &id.place, it.subnet_id()).refers(
            Kind::ElasticIp,
            &id.place,
            addresses,
        )
    }))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::NatGateway,
    found: &mut Differences,
) -> Result<()> {
    if let Some(it) = view.nats.get(id.as_str())? {
        let (subnet, wanted) =
            (request.inputs.id(&asked.subnet), request.inputs.id(&asked.address));
        found.field("subnet", subnet.as_str(), it.subnet_id().unwrap_or_default());
        // While it is pending its addresses may not be told yet.
        if let Some(is) = address(it).and_then(|it| it.allocation_id()) {
            found.field("address", wanted.as_str(), is);
        }
    }
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.ec2().delete_nat_gateway().nat_gateway_id(id);
    at.remove("DeleteNatGateway", call.send()).await.map(drop)
}
