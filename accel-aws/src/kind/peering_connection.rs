//! VPC peering connection. Asked for in the requester's place; the accepter's side is another node.

use accel_core::backend::{Found, Phase, Request};
use accel_core::resource::Kind;
use accel_core::{Place, RemoteId, Result, resource};
use aws_sdk_ec2::types::{ResourceType, VpcPeeringConnection};

use super::{Shown, id, ids_of};
use crate::call::At;
use crate::differences::Differences;
use crate::family::{self, filter};
use crate::tags::{from_ec2, specification};
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::PeeringConnection,
) -> Result<String> {
    let call = at
        .ec2()
        .create_vpc_peering_connection()
        .vpc_id(request.inputs.id(&asked.requester).as_str())
        .peer_vpc_id(request.inputs.id(&asked.accepter).as_str())
        .peer_region(asked.accepter_place.region.as_str())
        .set_peer_owner_id(peer_owner(request, asked))
        .tag_specifications(specification(request, ResourceType::VpcPeeringConnection));
    let made = at.make("CreateVpcPeeringConnection", call.send()).await?;
    made.vpc_peering_connection
        .and_then(|it| it.vpc_peering_connection_id)
        .ok_or_else(|| at.incomplete("CreateVpcPeeringConnection", "id"))
}

/// The account of the accepter's side; left out, it is the caller's own.
fn peer_owner(request: &Request<'_>, asked: &resource::PeeringConnection) -> Option<String> {
    let side = asked.accepter_place.side;
    let account = request.stamp.accounts.iter().find(|(s, _)| *s == side);
    account.map(|(_, account)| account.as_str().to_owned())
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::PeeringConnection,
) -> Result<Vec<String>> {
    let (requester, accepter) =
        (request.inputs.id(&asked.requester), request.inputs.id(&asked.accepter));
    let pair = vec![
        filter("requester-vpc-info.vpc-id", [requester.as_str()]),
        filter("accepter-vpc-info.vpc-id", [accepter.as_str()]),
    ];
    let all = family::peerings(at, pair).await?;
    Ok(ids_of(&all, VpcPeeringConnection::vpc_peering_connection_id))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.peerings.insert(id.to_owned());
}

/// The state of a connection, as the wire has it. Source: VPC peering connection lifecycle.
pub(super) fn state(it: &VpcPeeringConnection) -> &str {
    it.status()
        .and_then(|status| status.code())
        .map(aws_sdk_ec2::types::VpcPeeringConnectionStateReasonCode::as_str)
        .unwrap_or_default()
}

/// What has failed or expired is only a trace: it can be neither accepted nor deleted, and goes by itself.
fn phase(it: &VpcPeeringConnection) -> Option<Phase> {
    match state(it) {
        "initiating-request" => Some(Phase::Pending),
        "deleting" => Some(Phase::Deleting),
        "pending-acceptance" | "provisioning" | "active" => Some(Shown::ready().phase),
        _ => None,
    }
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = view.peerings.get(id.as_str())? else { return Ok(None) };
    Ok(phase(it).map(|phase| {
        let ends = [it.requester_vpc_info(), it.accepter_vpc_info()];
        let ends = ends.into_iter().flatten().filter_map(|end| end.vpc_id());
        let shown = Shown::new(phase).tagged(from_ec2(it.tags()));
        shown.refers(Kind::Vpc, &id.place, ends)
    }))
}

/// The connection as the accepter's place lists it, as the holder of our tags there.
pub(crate) fn other_side(it: &VpcPeeringConnection, place: &Place) -> Option<Found> {
    let text = it.vpc_peering_connection_id()?;
    let shown = Shown::new(phase(it)?).tagged(from_ec2(it.tags())).refers(
        Kind::PeeringConnection,
        place,
        [text],
    );
    let ends = [it.requester_vpc_info(), it.accepter_vpc_info()];
    let ends = ends.into_iter().flatten().filter_map(|end| end.vpc_id());
    let shown = shown.refers(Kind::Vpc, place, ends);
    Some(shown.found(id(Kind::PeeringTags, place, text)))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::PeeringConnection,
    found: &mut Differences,
) -> Result<()> {
    let Some(it) = view.peerings.get(id.as_str())? else { return Ok(()) };
    let vpc = |end: Option<&aws_sdk_ec2::types::VpcPeeringConnectionVpcInfo>| {
        end.and_then(|end| end.vpc_id()).unwrap_or_default().to_owned()
    };
    let (requester, accepter) =
        (request.inputs.id(&asked.requester), request.inputs.id(&asked.accepter));
    found.field("requester", requester.as_str(), &*vpc(it.requester_vpc_info()));
    found.field("accepter", accepter.as_str(), &*vpc(it.accepter_vpc_info()));
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.ec2().delete_vpc_peering_connection().vpc_peering_connection_id(id);
    at.remove("DeleteVpcPeeringConnection", call.send()).await.map(drop)
}
