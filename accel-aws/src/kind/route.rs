//! Route. Its id is put together: `rtb-1/10.1.0.0/16`. Through a NAT gateway it names that too, `rtb-1/0.0.0.0/0@nat-2`: its table may be
//! somebody else's, and only what leads to ours is ours.

use accel_core::backend::Request;
use accel_core::resource::{Kind, Via};
use accel_core::{RemoteId, Result, resource};
use aws_sdk_ec2::types::{self as ec2, RouteOrigin};

use super::Shown;
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::view::{View, Want};

/// Where it is asked to lead.
fn target(request: &Request<'_>, asked: &resource::Route) -> RemoteId {
    match &asked.via {
        Via::Gateway(gateway) => request.inputs.id(gateway),
        Via::Peering(peering) => request.inputs.id(peering),
        Via::Nat(nat) => request.inputs.id(nat),
    }
}

fn text_of(request: &Request<'_>, asked: &resource::Route) -> String {
    let (table, target) = (request.inputs.id(&asked.table), target(request, asked));
    let nat = matches!(asked.via, Via::Nat(_)).then_some(target.as_str());
    text(table.as_str(), asked.destination, nat)
}

pub(crate) fn text(table: &str, destination: impl std::fmt::Display, nat: Option<&str>) -> String {
    nat.map_or_else(
        || format!("{table}/{destination}"),
        |nat| format!("{table}/{destination}@{nat}"),
    )
}

/// The table, the destination, and the NAT gateway that it leads to, if it does.
pub(super) fn parts(id: &str) -> (&str, &str, Option<&str>) {
    let (table, rest) = id.split_once('/').unwrap_or((id, ""));
    match rest.split_once('@') {
        Some((destination, nat)) => (table, destination, Some(nat)),
        None => (table, rest, None),
    }
}

/// The destination of a route that somebody made; what a table has of itself, and what an endpoint has put there, is none.
pub(crate) fn destination_of(route: &ec2::Route) -> Option<&str> {
    let made = route.origin() == Some(&RouteOrigin::CreateRoute) && endpoint_of(route).is_none();
    destination(route).filter(|_| made)
}

/// The destination of any route.
pub(crate) fn destination(route: &ec2::Route) -> Option<&str> {
    let block = route.destination_cidr_block().or(route.destination_ipv6_cidr_block());
    block.or(route.destination_prefix_list_id())
}

/// The gateway endpoint whose route it is: one to a list of blocks. An endpoint of another type is the target of routes to blocks.
/// Source: Gateway endpoints, AWS PrivateLink guide, routing.
pub(crate) fn endpoint_of(route: &ec2::Route) -> Option<&str> {
    route.destination_prefix_list_id()?;
    route.gateway_id().filter(|gateway| gateway.starts_with("vpce-"))
}

/// The route to a destination, as it is now.
pub(super) async fn look(at: At<'_>, table: &str, to: &str) -> Result<Option<ec2::Route>> {
    let tables = family::tables_by_id(at, &[table.to_owned()].into()).await?;
    let mut routes = tables.into_iter().flat_map(|(_, it)| it.routes.unwrap_or_default());
    Ok(routes.find(|route| destination_of(route) == Some(to)))
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
    let target = target(request, asked);
    let call = match &asked.via {
        Via::Gateway(_) => call.gateway_id(target.as_str()),
        Via::Peering(_) => call.vpc_peering_connection_id(target.as_str()),
        Via::Nat(_) => call.nat_gateway_id(target.as_str()),
    };
    at.make("CreateRoute", call.send()).await?;
    Ok(text_of(request, asked))
}

#[expect(clippy::unused_async, reason = "every kind's search has this shape")]
pub(super) async fn candidates(
    _at: At<'_>,
    request: &Request<'_>,
    asked: &resource::Route,
) -> Result<Vec<String>> {
    Ok(vec![text_of(request, asked)])
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.tables.insert(parts(id).0.to_owned());
}

/// The route of that id. One that names a NAT gateway is gone when it leads elsewhere.
fn route<'v>(view: &'v View, id: &str) -> Result<Option<&'v ec2::Route>> {
    let (table, destination, nat) = parts(id);
    let Some(table) = view.tables.get(table)? else { return Ok(None) };
    let mut routes = table.routes().iter();
    let route = routes.find(|route| destination_of(route) == Some(destination));
    Ok(route.filter(|route| nat.is_none_or(|nat| leads_to(route) == nat)))
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(route) = route(view, id.as_str())? else { return Ok(None) };
    let (table, destination, _) = parts(id.as_str());
    let gateway = route.gateway_id().filter(|gateway| gateway.starts_with("igw-"));
    let shown = Shown::ready()
        .keyed(destination.to_owned())
        .refers(Kind::RouteTable, &id.place, [table])
        .refers(Kind::InternetGateway, &id.place, gateway)
        .refers(Kind::PeeringConnection, &id.place, route.vpc_peering_connection_id())
        .refers(Kind::NatGateway, &id.place, route.nat_gateway_id());
    Ok(Some(shown))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::Route,
    found: &mut Differences,
) -> Result<()> {
    found.field("route", text_of(request, asked).as_str(), id.as_str());
    if let Some(route) = route(view, id.as_str())? {
        found.field("via", target(request, asked).as_str(), leads_to(route));
    }
    Ok(())
}

/// Where a route leads, whatever kind of thing that is. Of an instance its interface is named, which is more exact.
pub(crate) fn leads_to(route: &ec2::Route) -> &str {
    let targets = [
        route.gateway_id(),
        route.vpc_peering_connection_id(),
        route.nat_gateway_id(),
        route.transit_gateway_id(),
        route.network_interface_id(),
        route.instance_id(),
        route.egress_only_internet_gateway_id(),
        route.local_gateway_id(),
        route.carrier_gateway_id(),
        route.core_network_arn(),
        route.odb_network_arn(),
    ];
    targets.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or("something else")
}

/// In a table that may be somebody else's, only what still leads to our NAT gateway is removed.
pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let (table, destination, nat) = parts(id);
    if let Some(nat) = nat {
        let now = look(at, table, destination).await?;
        if now.is_none_or(|route| leads_to(&route) != nat) {
            return Ok(());
        }
    }
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
