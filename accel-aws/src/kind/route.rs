//! Route. Its id is put together: `rtb-1/10.1.0.0/16`.

use accel_core::backend::Request;
use accel_core::resource::{Kind, Via};
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::{self as ec2, RouteOrigin};

use super::Shown;
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

fn text(request: &Request<'_>, asked: &resource::Route) -> String {
    format!("{}/{}", request.inputs.id(&asked.table), asked.destination)
}

/// The table and the destination.
fn parts(id: &str) -> (&str, &str) {
    id.split_once('/').unwrap_or((id, ""))
}

/// The destination of a route that somebody made; what a table has of itself is none.
pub(crate) fn destination_of(route: &ec2::Route) -> Option<&str> {
    let made = route.origin() == Some(&RouteOrigin::CreateRoute);
    let destination = route.destination_cidr_block().or(route.destination_ipv6_cidr_block());
    destination.or(route.destination_prefix_list_id()).filter(|_| made)
}

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::Route,
) -> Result<String> {
    let call = at
        .ec2()
        .create_route()
        .route_table_id(request.inputs.id(&asked.table).as_str())
        .destination_cidr_block(asked.destination.to_string());
    let call = match &asked.via {
        Via::Gateway(gateway) => call.gateway_id(request.inputs.id(gateway).as_str()),
        Via::Peering(peering) => {
            call.vpc_peering_connection_id(request.inputs.id(peering).as_str())
        }
    };
    at.make("CreateRoute", call.send()).await?;
    Ok(text(request, asked))
}

#[expect(clippy::unused_async, reason = "every kind's search has this shape")]
pub(super) async fn candidates(
    _at: At<'_>,
    request: &Request<'_>,
    asked: &resource::Route,
) -> Result<Vec<String>> {
    Ok(vec![text(request, asked)])
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.tables.insert(parts(id).0.to_owned());
}

fn route<'v>(view: &'v View, id: &str) -> Result<Option<&'v ec2::Route>> {
    let (table, destination) = parts(id);
    let Some(table) = view.tables.get(table)? else { return Ok(None) };
    Ok(table.routes().iter().find(|route| destination_of(route) == Some(destination)))
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(route) = route(view, id.as_str())? else { return Ok(None) };
    let (table, destination) = parts(id.as_str());
    let gateway = route.gateway_id().filter(|gateway| gateway.starts_with("igw-"));
    let shown = Shown::ready()
        .keyed(destination.to_owned())
        .refers(Kind::RouteTable, &id.place, [table])
        .refers(Kind::InternetGateway, &id.place, gateway)
        .refers(Kind::PeeringConnection, &id.place, route.vpc_peering_connection_id());
    Ok(Some(shown))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::Route,
    found: &mut Differences,
) -> Result<()> {
    found.field("route", text(request, asked).as_str(), id.as_str());
    if let Some(route) = route(view, id.as_str())? {
        let via = match &asked.via {
            Via::Gateway(gateway) => request.inputs.id(gateway),
            Via::Peering(peering) => request.inputs.id(peering),
        };
        found.field("via", via.as_str(), leads_to(route));
    }
    Ok(())
}

/// Where a route leads, whatever kind of thing that is.
fn leads_to(route: &ec2::Route) -> &str {
    let targets = [
        route.gateway_id(),
        route.vpc_peering_connection_id(),
        route.nat_gateway_id(),
        route.transit_gateway_id(),
        route.network_interface_id(),
        route.instance_id(),
    ];
    targets.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or("something else")
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let (table, destination) = parts(id);
    let call = at.ec2().delete_route().route_table_id(table);
    // Others may have put a route of another address family, or to a prefix list, into our table.
    let call = if destination.starts_with("pl-") {
        call.destination_prefix_list_id(destination)
    } else if destination.contains(':') {
        call.destination_ipv6_cidr_block(destination)
    } else {
        call.destination_cidr_block(destination)
    };
    at.remove("DeleteRoute", call.send()).await.map(drop)
}
