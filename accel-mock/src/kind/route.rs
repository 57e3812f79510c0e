//! Route.

use std::fmt;
use std::sync::Arc;

use accel_core::resource::{Kind, Via as Asked};
use accel_core::{Result, resource};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::route_replacement::no_route;
use super::{Answer, Body, Differences, PeeringState, Rules};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::sight::{Seen, Sight};
use crate::thing::{Key, State};
use crate::world::World;

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The table.
    pub table: Key,
    /// The destination, without host bits.
    pub destination: Ipv4Net,
    /// Where packets go.
    pub via: Via,
}

/// Where the packets of a route go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Through an internet gateway.
    Gateway(Key),
    /// Through a peering connection.
    Peering(Key),
    /// Through a NAT gateway.
    Nat(Key),
    /// Through something that accel does not know.
    Foreign(String),
}

impl Via {
    /// The thing that the packets go through.
    pub fn key(&self) -> Option<Key> {
        match self {
            Self::Gateway(key) | Self::Peering(key) | Self::Nat(key) => Some(*key),
            Self::Foreign(_) => None,
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gateway(key) => write!(f, "gateway #{}", key.0 + 1),
            Self::Peering(key) => write!(f, "peering #{}", key.0 + 1),
            Self::Nat(key) => write!(f, "NAT #{}", key.0 + 1),
            Self::Foreign(text) => f.pad(text),
        }
    }
}

pub(super) fn asked(route: &resource::Route, from: &Translator<'_>) -> Result<Route> {
    let via = match &route.via {
        Asked::Gateway(gateway) => Via::Gateway(from.key(gateway)?),
        Asked::Peering(peering) => Via::Peering(from.key(peering)?),
        Asked::Nat(nat) => Via::Nat(from.key(nat)?),
    };
    Ok(Route { table: from.key(&route.table)?, destination: route.destination.trunc(), via })
}

impl Rules for Route {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.table);
        if let Some(key) = self.via.key() {
            visit(key);
        }
    }

    /// A destination has one route; the VPC's own block has its local one; a gateway must be attached to the table's VPC; 500 per
    /// table, those to gateway endpoints included. Source: `CreateRoute`; Error codes for the Amazon EC2 API; Amazon VPC quotas.
    fn check(&self, world: &World, _ask: &Ask) -> Result<Answer> {
        world.need(self.table)?;
        let Some(table) = world.table(self.table) else {
            return Err(refusal::invalid("InvalidParameterValue", "not a route table"));
        };
        self.check_target(world, table.vpc)?;
        let local = world.vpc(table.vpc).is_some_and(|vpc| vpc.cidr == self.destination);
        if world.route_to(self.table, self.destination).is_some() {
            return Err(refusal::conflict(
                "RouteAlreadyExists",
                format!("the route identified by {} already exists", self.destination),
            ));
        }
        if local {
            return Err(refusal::conflict(
                "RouteAlreadyExists",
                "the local route is already there",
            ));
        }
        if world.routes_in(self.table) >= world.settings.quotas.routes {
            return Err(refusal::quota("RouteLimitExceeded", "the table has no room for a route"));
        }
        Ok(Answer::New)
    }

    fn text(&self, world: &World, _key: Key) -> Arc<str> {
        format!("{}/{}", world.thing(self.table).text, self.destination).into()
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("table", self.table, is.table);
        found.field("destination", &self.destination, &is.destination);
        found.field("via", &self.via, &is.via);
    }

    fn show(&self, world: &World) -> String {
        let via = world.target_text(&self.via);
        let hole = if self.is_black_hole(world) { ", black hole" } else { "" };
        format!("via {via}{hole}")
    }

    fn natural_key(&self) -> Option<String> {
        Some(self.destination.to_string())
    }
}

impl World {
    /// Gives the route of a destination another target. Source: `ReplaceRoute`; the code for what is not there is not documented, and
    /// taken from other people's answers.
    ///
    /// # Errors
    /// That there is no such route, or what a new one with this target is refused for.
    pub fn replace_route(&mut self, route: &Route) -> Result<()> {
        self.need(route.table)?;
        let Some(table) = self.table(route.table) else {
            return Err(refusal::invalid("InvalidParameterValue", "not a route table"));
        };
        route.check_target(self, table.vpc)?;
        let found = self.route_to(route.table, route.destination);
        let thing = found.ok_or_else(|| no_route(route.destination))?;
        let (key, id) = (thing.key, Arc::clone(&thing.text));
        if let Some(was) = self.route(key).map(|is| is.via.clone()).filter(|is| *is != route.via) {
            self.retargeted.insert(key, (was, self.now));
        }
        self.change(&id, |body| *body = Body::Route(route.clone()));
        Ok(())
    }
}

impl Route {
    fn check_target(&self, world: &World, vpc: Key) -> Result<()> {
        match &self.via {
            Via::Gateway(gateway) => {
                // As a route's target, a gateway has a code of its own.
                world.need_as(*gateway, "InvalidGatewayID.NotFound")?;
                let attachment = world
                    .children_of_kind(*gateway, Kind::GatewayAttachment)
                    .find(|a| matches!(&a.body, Body::GatewayAttachment(a) if a.vpc == vpc));
                let other = "the table and the gateway belong to different networks";
                match attachment.map(|a| world.look(a, Sight::Id)) {
                    None => Err(refusal::invalid("InvalidParameterValue", other)),
                    Some(Seen::Nothing) => Err(refusal::not_yet("InvalidParameterValue", other)),
                    Some(Seen::Is(_) | Seen::Was(_)) => Ok(()),
                }
            }
            Via::Peering(key) => {
                let thing = world.need(*key)?;
                let Body::PeeringConnection(peering) = &thing.body else {
                    return Err(refusal::invalid("InvalidParameterValue", "not a peering"));
                };
                if peering.requester != vpc && peering.accepter != vpc {
                    return Err(refusal::invalid(
                        "InvalidParameterValue",
                        "the table and the peering connection belong to different networks",
                    ));
                }
                let pending = peering.state_of(world, thing) < PeeringState::Provisioning;
                if pending && !world.settings.doubts.route_to_pending_peering {
                    return Err(refusal::not_yet(
                        "InvalidVpcPeeringConnectionID.NotFound",
                        "the peering connection is not accepted yet",
                    ));
                }
                Ok(())
            }
            Via::Nat(nat) => check_nat(*nat, world, vpc),
            Via::Foreign(_) => Ok(()),
        }
    }

    /// Whether its packets go nowhere: the target is gone, detached, or not active. Source: `Route`, `State`.
    pub fn is_black_hole(&self, world: &World) -> bool {
        let Some(key) = self.via.key() else { return false };
        let target = world.thing(key);
        let live = world.state(target) == State::Ready;
        let active = match &self.via {
            Via::Peering(_) => world
                .peering(key)
                .is_some_and(|peering| peering.state_of(world, target) == PeeringState::Active),
            Via::Gateway(_) => {
                world.children_of_kind(key, Kind::GatewayAttachment).next().is_some()
            }
            Via::Nat(_) | Via::Foreign(_) => true,
        };
        !live || !active
    }
}

/// A NAT gateway of the table's VPC; whether it may be pending is not documented. As a route's target, it has a code of its own.
/// Source: `CreateRoute`, `NatGatewayId`; Error codes for the Amazon EC2 API.
fn check_nat(nat: Key, world: &World, vpc: Key) -> Result<()> {
    let code = "InvalidNatGatewayID.NotFound";
    let thing = world.need_as(nat, code)?;
    let subnet = world.nat(nat).and_then(|nat| world.subnet(nat.subnet));
    if subnet.is_none_or(|subnet| subnet.vpc != vpc) {
        return Err(refusal::invalid(
            "InvalidParameterValue",
            "the table and the NAT gateway belong to different networks",
        ));
    }
    let pending = world.state(thing) == State::Pending;
    if pending && !world.settings.doubts.route_to_pending_nat {
        return Err(refusal::not_yet(code, format!("{} is not available yet", thing.text)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::backend::Phase;

    use super::*;
    use crate::Settings;
    use crate::testing::{Deployer, refused, run};

    #[test]
    fn a_replaced_route_holds_its_new_target_and_no_more_its_old_one() {
        run(async {
            let deployer = Deployer::instant("entry.route.out").await;
            let parent = |world: &World, key| world.thing(key).children.clone();
            deployer.cloud.meddle(|world| {
                let thing = world.live().find(|thing| thing.kind() == Kind::Route).unwrap();
                let (key, Body::Route(route)) = (thing.key, thing.body.clone()) else {
                    unreachable!("it is a route")
                };
                let Via::Gateway(gateway) = route.via else { unreachable!("through a gateway") };
                assert!(parent(world, gateway).contains(&key));
                let foreign = Route { via: Via::Foreign("eni-1".to_owned()), ..route.clone() };
                world.replace_route(&foreign).unwrap();
                assert_eq!(world.thing(key).body, Body::Route(foreign.clone()));
                assert!(!parent(world, gateway).contains(&key));
                assert!(parent(world, route.table).contains(&key));
                let other = Route { destination: "10.9.0.0/16".parse().unwrap(), ..foreign };
                let error = world.replace_route(&other).unwrap_err();
                assert_eq!(error.provider_code(), Some("InvalidParameterValue"));
                world.replace_route(&route).unwrap();
                assert!(parent(world, gateway).contains(&key));
            });
        });
    }

    #[test]
    fn a_destination_has_one_route() {
        run(async {
            let deployer = Deployer::instant("entry.route.out").await;
            let again = refused(deployer.create("entry.route.out").await);
            assert_eq!(again, (ErrorKind::Conflict, "RouteAlreadyExists".to_owned()));
        });
    }

    #[test]
    fn a_gateway_must_be_attached() {
        run(async {
            let deployer = Deployer::instant("peering").await;
            deployer.cloud.delete(&deployer.remote("entry.attachment")).await.unwrap();
            let answer = refused(deployer.create("entry.route.out").await);
            assert_eq!(answer, (ErrorKind::Invalid, "InvalidParameterValue".to_owned()));
        });
    }

    #[test]
    fn a_request_that_waits_is_a_black_hole_or_none() {
        run(async {
            let mut settings = Settings::instant();
            let deployer = Deployer::with(settings.clone(), "peering").await;
            let id = deployer.create("entry.route.lane").await.unwrap();
            let shown = deployer.cloud.snapshot();
            assert!(shown.contains("black hole"), "{id}: {shown}");
            settings.doubts.route_to_pending_peering = false;
            let deployer = Deployer::with(settings, "peering").await;
            let answer = refused(deployer.create("entry.route.lane").await);
            assert_eq!(answer.0, ErrorKind::NotYet);
        });
    }

    /// The key is no identity: the same destination through something else is not what was asked.
    #[test]
    fn another_way_to_the_same_destination_is_not_found_and_differs() {
        run(async {
            let deployer = Deployer::instant("entry.route.out").await;
            let id = deployer.remote("entry.route.out");
            deployer.cloud.meddle(|world| {
                world.change(id.as_str(), |body| {
                    let Body::Route(route) = body else { panic!("a route") };
                    route.via = Via::Foreign("nat-1".to_owned());
                });
            });
            assert_eq!(deployer.find("entry.route.out").await, Ok(None));
            let Phase::Ready(ready) = deployer.read("entry.route.out").await else { panic!() };
            assert_eq!(ready.differs[0].field, "via");
        });
    }
}
