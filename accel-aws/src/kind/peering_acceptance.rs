//! Setting: the acceptance of a peering connection.

use accel_core::backend::{Phase, Request};
use accel_core::{RemoteId, Result, resource};

use super::peering_connection::state;
use super::{Shown, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

pub(super) fn text(request: &Request<'_>, asked: &resource::PeeringAcceptance) -> String {
    format!("{}/acceptance", request.inputs.id(&asked.peering))
}

pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::PeeringAcceptance,
) -> Result<()> {
    let peering = request.inputs.id(&asked.peering);
    let call = at.ec2().accept_vpc_peering_connection().vpc_peering_connection_id(peering.as_str());
    at.make("AcceptVpcPeeringConnection", call.send()).await.map(drop)
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.peerings.insert(parts(id).0.to_owned());
}

pub(super) fn wants_for(
    request: &Request<'_>,
    asked: &resource::PeeringAcceptance,
    want: &mut Want,
) {
    want.peerings.insert(request.inputs.id(&asked.peering).as_str().to_owned());
}

/// Before it is accepted, and when it is over, there is no acceptance.
pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = view.peerings.get(parts(id.as_str()).0)? else { return Ok(None) };
    Ok(match state(it) {
        "provisioning" => Some(Shown::new(Phase::Pending)),
        "active" => Some(Shown::ready()),
        "deleting" => Some(Shown::new(Phase::Deleting)),
        _ => None,
    })
}

/// Where there is one, it is as asked.
#[expect(clippy::unnecessary_wraps, reason = "every setting's comparison has this shape")]
pub(super) fn compare(
    _view: &View,
    _request: &Request<'_>,
    _asked: &resource::PeeringAcceptance,
    _found: &mut Differences,
) -> Result<()> {
    Ok(())
}
