//! Route table.

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
    asked: &resource::RouteTable,
) -> Result<String> {
    let call = at
        .ec2()
        .create_route_table()
        .client_token(request.token())
        .vpc_id(request.inputs.id(&asked.vpc).as_str())
        .tag_specifications(specification(request, ResourceType::RouteTable));
    let table = at.make("CreateRouteTable", call.send()).await?.route_table;
    table
        .and_then(|table| table.route_table_id)
        .ok_or_else(|| at.incomplete("CreateRouteTable", "id"))
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::RouteTable,
) -> Result<Vec<String>> {
    Ok(ids_of(
        &family::tables(at, owned(request)).await?,
        aws_sdk_ec2::types::RouteTable::route_table_id,
    ))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.tables.insert(id.to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(table) = view.tables.get(id.as_str())? else { return Ok(None) };
    let shown = Shown::ready().tagged(from_ec2(table.tags()));
    Ok(Some(shown.refers(Kind::Vpc, &id.place, table.vpc_id())))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::RouteTable,
    found: &mut Differences,
) -> Result<()> {
    if let Some(table) = view.tables.get(id.as_str())? {
        let vpc = request.inputs.id(&asked.vpc);
        found.field("vpc", vpc.as_str(), table.vpc_id().unwrap_or_default());
    }
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let call = at.ec2().delete_route_table().route_table_id(id);
    at.remove("DeleteRouteTable", call.send()).await.map(drop)
}
