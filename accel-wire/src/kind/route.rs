//! Routes.

use accel_core::resource::Kind;
use accel_mock::{Body, Route, Sight, Thing, Via};
use ipnet::Ipv4Net;

use super::route_table;
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

/// A route, as it was asked.
#[derive(Debug)]
struct Wanted {
    table: String,
    destination: Ipv4Net,
    gateway: Option<String>,
    peering: Option<String>,
}

impl Wanted {
    fn read(asked: &Asked<'_>) -> Result<Self> {
        Ok(Self {
            table: asked.need("RouteTableId")?,
            destination: asked.parse("DestinationCidrBlock")?,
            gateway: asked.text("GatewayId"),
            peering: asked.text("VpcPeeringConnectionId"),
        })
    }

    fn route(&self, turn: &Turn<'_>) -> Result<Route> {
        let (world, caller) = (&*turn.world, turn.caller);
        let table = world.require(caller, Kind::RouteTable, &self.table, None)?.key();
        let via = match (&self.gateway, &self.peering) {
            (Some(id), None) => {
                // As a route's target, a gateway has a code of its own. Source: Error codes for the Amazon EC2 API.
                let code = Some("InvalidGatewayID.NotFound");
                Via::Gateway(world.require(caller, Kind::InternetGateway, id, code)?.key())
            }
            (None, Some(id)) => {
                Via::Peering(world.require(caller, Kind::PeeringConnection, id, None)?.key())
            }
            (None, None) => return Err(Refusal::missing("GatewayId")),
            (Some(_), Some(_)) => {
                let message = "Only one target may be specified.";
                return Err(Refusal::new("InvalidParameterCombination", message));
            }
        };
        Ok(Route { table, destination: self.destination.trunc(), via })
    }
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
    let destination: Ipv4Net = asked.parse("DestinationCidrBlock")?;
    Ok(Box::new(move |turn| {
        let (world, caller) = (&mut *turn.world, turn.caller);
        world.require(caller, Kind::RouteTable, &table, None)?;
        world.unmake(caller, Kind::Route, &format!("{table}/{}", destination.trunc()))?;
        turn.done();
        Ok(())
    }))
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

/// The parameter that names what a route leads to, and its id.
fn target(view: View<'_>, via: &Via) -> (&'static str, String) {
    match via {
        Via::Gateway(key) => ("gatewayId", view.id(*key).to_owned()),
        Via::Peering(key) => ("vpcPeeringConnectionId", view.id(*key).to_owned()),
        Via::Foreign(id) if id.starts_with("nat-") => ("natGatewayId", id.clone()),
        Via::Foreign(id) => ("networkInterfaceId", id.clone()),
    }
}

/// What the routes of a table lead to, as far as it has that name.
pub(super) fn targets(row: &Row<'_>, name: &str) -> Vec<String> {
    let targets = all(row).map(|(route, _)| target(row.view, &route.via));
    targets.filter(|(of, _)| *of == name).map(|(_, id)| id).collect()
}

/// The routes of a table: the local one of its VPC's block, and those that somebody made.
pub(super) fn show_all(row: &Row<'_>, xml: &mut Xml) {
    let vpc = row.view.thing(route_table::of(row).vpc);
    xml.group("routeSet", |xml| {
        if let Body::Vpc(vpc) = vpc.body() {
            xml.group("item", |xml| {
                xml.field("destinationCidrBlock", vpc.cidr);
                xml.field("gatewayId", "local");
                xml.field("state", "active");
                xml.field("origin", "CreateRouteTable");
            });
        }
        for (route, _) in all(row) {
            let (name, id) = target(row.view, &route.via);
            let hole = route.is_black_hole(row.view.world);
            xml.group("item", |xml| {
                xml.field("destinationCidrBlock", route.destination);
                xml.field(name, id);
                xml.field("state", if hole { "blackhole" } else { "active" });
                xml.field("origin", "CreateRoute");
            });
        }
    });
}
