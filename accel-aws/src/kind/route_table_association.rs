//! Association of a subnet with a route table.

use accel_core::backend::{Phase, Request};
use accel_core::resource::Kind;
use accel_core::{RemoteId, Result, resource};

use super::Shown;
use crate::call::At;
use crate::differences::Differences;
use crate::family::{self, filter};
use crate::view::{View, Want};

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::RouteTableAssociation,
) -> Result<String> {
    let call = at
        .ec2()
        .associate_route_table()
        .route_table_id(request.inputs.id(&asked.table).as_str())
        .subnet_id(request.inputs.id(&asked.subnet).as_str());
    let id = at.make("AssociateRouteTable", call.send()).await?.association_id;
    id.ok_or_else(|| at.incomplete("AssociateRouteTable", "id"))
}

/// A subnet has at most one.
pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::RouteTableAssociation,
) -> Result<Vec<String>> {
    let subnet = request.inputs.id(&asked.subnet);
    let tables =
        family::tables(at, vec![filter("association.subnet-id", [subnet.as_str()])]).await?;
    let of_subnet = tables.into_iter().flat_map(family::associations_of);
    let of_subnet = of_subnet.filter(|(_, it)| it.subnet_id() == Some(subnet.as_str()));
    Ok(of_subnet.map(|(id, _)| id).collect())
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.associations.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = view.associations.get(id.as_str())? else { return Ok(None) };
    let state = it.association_state();
    let why = || state.and_then(|state| state.status_message()).unwrap_or_default().to_owned();
    let shown = match state
        .and_then(|state| state.state())
        .map(aws_sdk_ec2::types::RouteTableAssociationStateCode::as_str)
    {
        Some("disassociated") => return Ok(None),
        Some("associating") => Shown::new(Phase::Pending),
        Some("disassociating") => Shown::new(Phase::Deleting),
        Some("failed") => Shown::new(Phase::Failed { why: why() }),
        Some(_) | None => Shown::ready(),
    };
    let shown = shown.refers(Kind::RouteTable, &id.place, it.route_table_id());
    Ok(Some(shown.refers(Kind::Subnet, &id.place, it.subnet_id())))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::RouteTableAssociation,
    found: &mut Differences,
) -> Result<()> {
    if let Some(it) = view.associations.get(id.as_str())? {
        let (table, subnet) = (request.inputs.id(&asked.table), request.inputs.id(&asked.subnet));
        found.field("table", table.as_str(), it.route_table_id().unwrap_or_default());
        found.field("subnet", subnet.as_str(), it.subnet_id().unwrap_or_default());
    }
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.ec2().disassociate_route_table().association_id(id);
    at.remove("DisassociateRouteTable", call.send()).await.map(drop)
}
