//! Target.

use std::net::Ipv4Addr;
use std::sync::Arc;

use accel_core::resource::{Health, Kind};
use accel_core::{Result, resource};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Answer, Body, Differences, Rules};
use crate::ask::{Ask, Translator};
use crate::path;
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// One address and port of a target group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The target group.
    pub group: Key,
    /// The address.
    pub address: Ipv4Addr,
    /// The port.
    pub port: u16,
    /// Whether it takes connections of every zone of the balancer, as an address outside the balancer's VPC must.
    pub every_zone: bool,
}

/// As the backend asks it: `AvailabilityZone=all` exactly for addresses outside the group's VPC. Source: `TargetDescription`.
pub(super) fn asked(target: &resource::Target, from: &Translator<'_>) -> Result<Target> {
    let group = from.key(&target.group)?;
    let address = target.address(&from.request.inputs);
    Ok(Target {
        group,
        address,
        port: target.port,
        every_zone: !is_in_vpc(from.world, group, address),
    })
}

fn is_in_vpc(world: &World, group: Key, address: Ipv4Addr) -> bool {
    let vpc = world.target_group(group).and_then(|group| world.vpc(group.vpc));
    vpc.is_some_and(|vpc| vpc.cidr.contains(&address))
}

/// The blocks that IP targets may lie in, besides the VPC's own. Source: `CreateTargetGroup`, `TargetType`.
fn is_private(address: Ipv4Addr) -> bool {
    let shared = Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10);
    address.is_private() || shared.contains(&address)
}

impl Rules for Target {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.group);
    }

    /// Private addresses only; outside the VPC only for every zone, inside only for its own; the same pair again is the same target;
    /// 1,000 per group. Source: `RegisterTargets`; Register targets with your Network Load Balancer.
    fn check(&self, world: &World, _ask: &Ask) -> Result<Answer> {
        world.need(self.group)?;
        let inside = is_in_vpc(world, self.group, self.address);
        if inside == self.every_zone {
            let why = if inside {
                "the address is within the VPC, and cannot have its availability zone overridden"
            } else {
                "specify a valid availability zone or select 'all' for an address outside the VPC"
            };
            return Err(refusal::invalid("ValidationError", why));
        }
        if !inside && !is_private(self.address) || self.port == 0 {
            return Err(refusal::invalid(
                "InvalidTarget",
                format!("{}:{} cannot be a target", self.address, self.port),
            ));
        }
        let mut count = 0;
        for other in world.children_of_kind(self.group, Kind::Target) {
            count += 1;
            if other.body == Body::Target(self.clone()) {
                return Ok(Answer::Same(other.key));
            }
        }
        if count >= world.settings.quotas.targets {
            return Err(refusal::quota("TooManyTargets", "the group has no room for a target"));
        }
        Ok(Answer::New)
    }

    fn text(&self, world: &World, _key: Key) -> Arc<str> {
        format!("{}/{}:{}", world.thing(self.group).text, self.address, self.port).into()
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("group", self.group, is.group);
        found.field("address", &self.address, &is.address);
        found.field("port", &self.port, &is.port);
        found.field("every_zone", &self.every_zone, &is.every_zone);
    }

    fn show(&self, _world: &World) -> String {
        if self.every_zone { "of every zone".to_owned() } else { String::new() }
    }

    /// A lost packet and a missing answer look alike from the load balancer: it says no more. Source: `TargetHealth`, `Reason`.
    fn health(&self, world: &World, thing: &Thing) -> Option<Health> {
        let unhealthy = |reason: &str, says: &str| Health::Unhealthy {
            reason: reason.to_owned(),
            says: says.to_owned(),
        };
        Some(match world.health_of(thing, self) {
            path::Health::Healthy => Health::Healthy,
            path::Health::Initial => Health::Initial,
            path::Health::Unused => unhealthy(
                "Target.NotInUse",
                "Target group is not configured to receive traffic from the load balancer",
            ),
            path::Health::Unhealthy(_) => unhealthy("Target.Timeout", "Request timed out"),
        })
    }

    fn natural_key(&self) -> Option<String> {
        Some(format!("{}:{}", self.address, self.port))
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::resource;

    use crate::testing::{Deployer, entry, refused, run};

    fn target(deployer: &Deployer, pin: [u8; 4]) -> resource::Target {
        // An endpoint that is not ready has only the pin.
        let endpoint = deployer.to("service.endpoint");
        let (group, subnet) = (deployer.to("entry.targets"), deployer.to("service.subnet"));
        resource::Target { group, endpoint, subnet, pin: pin.into(), port: 443 }
    }

    #[test]
    fn registering_again_is_the_same_target() {
        run(async {
            let deployer = Deployer::instant("entry.target").await;
            let again = deployer.also("again", &entry(), target(&deployer, [10, 1, 0, 10])).await;
            assert_eq!(again, Ok(deployer.remote("entry.target")));
        });
    }

    #[test]
    fn a_public_address_is_refused() {
        run(async {
            let deployer = Deployer::instant("entry.target").await;
            let public = target(&deployer, [52, 1, 1, 1]);
            let answer = refused(deployer.also("public", &entry(), public).await);
            assert_eq!(answer, (ErrorKind::Invalid, "InvalidTarget".to_owned()));
        });
    }
}
