//! Routes.

use accel_core::resource::Kind;
use accel_mock::{Body, Route, Sight, State, Thing, Via};
use ipnet::Ipv4Net;

use super::{endpoint_table, route_table};
use crate::action::{Act, Action, Turn, View};
use crate::asked::Asked;
use crate::family::Row;
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateRoute", create),
    Action::changes(Ec2, "ReplaceRoute", replace),
    Action::changes(Ec2, "DeleteRoute", delete),
];

/// What a route can lead to, by the parameters that name it.
const TARGETS: [&str; 4] =
    ["GatewayId", "NatGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId"];

/// A route, as it was asked.
#[derive(Debug)]
struct Wanted {
    table: String,
    destination: Ipv4Net,
    /// A parameter and its value.
    target: (&'static str, String),
}

impl Wanted {
    fn read(asked: &Asked<'_>) -> Result<Self> {
        let targets = TARGETS.iter().filter_map(|name| Some((*name, asked.text(name)?)));
        let mut targets = targets.collect::<Vec<_>>().into_iter();
        let target = targets.next().ok_or_else(|| Refusal::missing("GatewayId"))?;
        if targets.next().is_some() {
            let message = "Only one target may be specified.";
            return Err(Refusal::new("InvalidParameterCombination", message));
        }
        let table = asked.need("RouteTableId")?;
        if let Some(list) = asked.text("DestinationPrefixListId") {
            return Err(no_route_to_a_list(&list, &target.1));
        }
        Ok(Self { table, destination: asked.parse("DestinationCidrBlock")?, target })
    }

    fn route(&self, turn: &Turn<'_>) -> Result<Route> {
        let (world, caller) = (&*turn.world, turn.caller);
        let table = world.require(caller, Kind::RouteTable, &self.table, None)?.key();
        let (parameter, id) = (self.target.0, self.target.1.as_str());
        let thing = |kind, code| world.require(caller, kind, id, code).map(Thing::key);
        let via = match parameter {
            // As a route's target, a gateway has a code of its own. Source: Error codes for the Amazon EC2 API.
            "GatewayId" => {
                Via::Gateway(thing(Kind::InternetGateway, Some("InvalidGatewayID.NotFound"))?)
            }
            "NatGatewayId" => {
                Via::Nat(thing(Kind::NatGateway, Some("InvalidNatGatewayID.NotFound"))?)
            }
            "VpcPeeringConnectionId" => Via::Peering(thing(Kind::PeeringConnection, None)?),
            _ if world.interfaces().any(|it| it.id() == id) => Via::Foreign(id.to_owned()),
            _ => {
                let message = format!("The networkInterface ID '{id}' does not exist");
                return Err(Refusal::new("InvalidNetworkInterfaceID.NotFound", message));
            }
        };
        Ok(Route { table, destination: self.destination.trunc(), via })
    }
}

/// Routes to the lists of services are their endpoints'; other lists are not simulated. The answer is not documented, and taken from
/// other people's.
fn no_route_to_a_list(list: &str, target: &str) -> Refusal {
    if target.starts_with("vpce-") {
        let message = "cannot create or replace a prefix list route targeting a VPC Endpoint.";
        return Refusal::new("InvalidParameterValue", message);
    }
    Refusal::not_simulated(format!("DestinationPrefixListId={list}"))
}

fn create(asked: &Asked<'_>) -> Result<Act> {
    let wanted = Wanted::read(asked)?;
    Ok(Box::new(move |turn| {
        let route = wanted.route(turn)?;
        turn.make(Body::Route(route), [].into(), None)?;
        turn.done();
        Ok(())
    }))
}

fn replace(asked: &Asked<'_>) -> Result<Act> {
    let wanted = Wanted::read(asked)?;
    Ok(Box::new(move |turn| {
        let route = wanted.route(turn)?;
        turn.world.replace_route(&route)?;
        turn.done();
        Ok(())
    }))
}

fn delete(asked: &Asked<'_>) -> Result<Act> {
    let table = asked.need("RouteTableId")?;
    if let Some(list) = asked.text("DestinationPrefixListId") {
        return Ok(Box::new(move |turn| {
            let table = turn.world.require(turn.caller, Kind::RouteTable, &table, None)?;
            Err(not_deleted(&Row::new(turn.view(), table, State::Ready), &list))
        }));
    }
    let destination: Ipv4Net = asked.parse("DestinationCidrBlock")?;
    Ok(Box::new(move |turn| {
        let (world, caller) = (&mut *turn.world, turn.caller);
        world.require(caller, Kind::RouteTable, &table, None)?;
        world.unmake(caller, Kind::Route, &format!("{table}/{}", destination.trunc()))?;
        turn.done();
        Ok(())
    }))
}

/// Why a route to a list is not deleted: it is its endpoint's, or there is none. The first code is not documented, and taken from other
/// people's answers.
fn not_deleted(table: &Row<'_>, list: &str) -> Refusal {
    if lists(table).any(|(to, _)| to == list) {
        let message =
            format!("cannot remove VPC endpoint route {list} in route table {}", table.id);
        return Refusal::new("InvalidParameterValue", message);
    }
    let message = format!("no route with destination-prefix-list-id {list} in {}", table.id);
    Refusal::new("InvalidRoute.NotFound", message)
}

/// The routes of a table that somebody made.
pub(super) fn all<'w>(row: &Row<'w>) -> impl Iterator<Item = (&'w Route, &'w Thing)> {
    let parts = row.view.world.shown_parts(row.thing.key(), Kind::Route, Sight::List);
    parts.filter_map(
        |(part, _)| {
            if let Body::Route(route) = part.body() { Some((route, part)) } else { None }
        },
    )
}

/// The routes of a table to gateway endpoints: the lists that are their destinations, and the endpoints.
pub(super) fn lists<'w>(row: &Row<'w>) -> impl Iterator<Item = (String, &'w str)> + use<'w> {
    let world = row.view.world;
    endpoint_table::all(row).filter_map(|(it, ..)| world.list_route(it))
}

/// The element that names what a route leads to, and its id. Of what nobody here makes, the id says what it is.
/// Source: `Route`.
fn target(view: View<'_>, via: &Via) -> (&'static str, String) {
    let id = match via {
        Via::Gateway(key) | Via::Peering(key) | Via::Nat(key) => view.id(*key),
        Via::Foreign(id) => id,
    };
    let name = match id.split_once('-').map_or("", |(prefix, _)| prefix) {
        "igw" | "vgw" | "vpce" => "gatewayId",
        "pcx" => "vpcPeeringConnectionId",
        "nat" => "natGatewayId",
        "i" => "instanceId",
        "tgw" => "transitGatewayId",
        "lgw" => "localGatewayId",
        "cagw" => "carrierGatewayId",
        "eigw" => "egressOnlyInternetGatewayId",
        _ => "networkInterfaceId",
    };
    (name, id.to_owned())
}

/// What the routes of a table lead to, as far as it has that name.
pub(super) fn targets(row: &Row<'_>, name: &str) -> Vec<String> {
    let made = all(row).map(|(route, _)| target(row.view, &route.via));
    let to_lists = lists(row).map(|(_, endpoint)| ("gatewayId", endpoint.to_owned()));
    made.chain(to_lists).filter(|(of, _)| *of == name).map(|(_, id)| id).collect()
}

/// The states of the routes of a table.
pub(super) fn states(row: &Row<'_>) -> Vec<String> {
    let made = all(row).map(|(route, _)| state(row.view, route));
    // The local one, and those to gateway endpoints.
    std::iter::once(ACTIVE).chain(made).map(str::to_owned).collect()
}

const ACTIVE: &str = "active";

fn state(view: View<'_>, route: &Route) -> &'static str {
    if route.is_black_hole(view.world) { "blackhole" } else { ACTIVE }
}

/// The routes of a table: the local one of its VPC's block, those that somebody made, and those to gateway endpoints, which have the
/// origin of what somebody made. Source: `Route`; Gateway endpoints, AWS `PrivateLink` guide, routing.
pub(super) fn show_all(row: &Row<'_>, xml: &mut Xml) {
    let vpc = row.view.thing(route_table::of(row).vpc);
    xml.group("routeSet", |xml| {
        if let Body::Vpc(vpc) = vpc.body() {
            let to = ("destinationCidrBlock", vpc.cidr.to_string());
            show(to, ("gatewayId", "local"), ACTIVE, "CreateRouteTable", xml);
        }
        for (route, _) in all(row) {
            let (name, id) = target(row.view, &route.via);
            let to = ("destinationCidrBlock", route.destination.to_string());
            show(to, (name, &id), state(row.view, route), "CreateRoute", xml);
        }
        for (list, endpoint) in lists(row) {
            let to = ("destinationPrefixListId", list);
            show(to, ("gatewayId", endpoint), ACTIVE, "CreateRoute", xml);
        }
    });
}

fn show(to: (&str, String), via: (&str, &str), state: &str, origin: &str, xml: &mut Xml) {
    xml.group("item", |xml| {
        xml.field(to.0, to.1);
        xml.field(via.0, via.1);
        xml.field("state", state);
        xml.field("origin", origin);
    });
}
