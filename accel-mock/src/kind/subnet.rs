//! Subnet.

use std::sync::Arc;

use accel_core::resource::Kind;
use accel_core::{Result, Zone, resource};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Answer, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, State, Thing};
use crate::world::World;

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// The VPC.
    pub vpc: Key,
    /// The address block.
    pub cidr: Ipv4Net,
    /// The zone.
    pub zone: Zone,
    /// Whether what starts in it gets a public address.
    #[serde(default)]
    pub public_addresses: bool,
}

pub(super) fn asked(subnet: &resource::Subnet, from: &Translator<'_>) -> Result<Subnet> {
    Ok(Subnet {
        vpc: from.key(&subnet.vpc)?,
        cidr: subnet.cidr.trunc(),
        zone: subnet.zone.clone(),
        public_addresses: false,
    })
}

impl Rules for Subnet {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.vpc);
    }

    /// Inside the VPC's block, /16 to /28, in a zone of the region, overlapping no other; 200 per VPC.
    /// Source: `CreateSubnet`; Error codes for the Amazon EC2 API; Amazon VPC quotas; of the zone, hashicorp/terraform#3434.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        world.need(self.vpc)?;
        let inside = world.vpc(self.vpc).is_some_and(|vpc| vpc.cidr.contains(&self.cidr));
        if !inside || !(16..=28).contains(&self.cidr.prefix_len()) {
            return Err(refusal::invalid("InvalidSubnet.Range", "the block is not in the VPC's"));
        }
        if !world.settings.offers.zones_of(&ask.place.region).contains(&self.zone) {
            return Err(refusal::invalid(
                "InvalidParameterValue",
                format!("Value ({}) for parameter availabilityZone is invalid", self.zone),
            ));
        }
        let mut count = 0;
        for other in world.children_of_kind(self.vpc, Kind::Subnet) {
            count += 1;
            let Some(cidr) = world.subnet(other.key).map(|subnet| subnet.cidr) else { continue };
            if cidr.contains(&self.cidr) || self.cidr.contains(&cidr) {
                return Err(refusal::conflict(
                    "InvalidSubnet.Conflict",
                    format!("the block overlaps {} of {}", cidr, other.text),
                ));
            }
        }
        if count >= world.settings.quotas.subnets {
            return Err(refusal::quota("SubnetLimitExceeded", "the VPC has no room for a subnet"));
        }
        Ok(Answer::New)
    }

    fn state(&self, world: &World, _thing: &Thing, state: State) -> State {
        world.standing_in(std::iter::once(self.vpc), state)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("subnet", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("vpc", self.vpc, is.vpc);
        found.field("cidr", &self.cidr, &is.cidr);
        found.field("zone", &self.zone, &is.zone);
    }

    fn show(&self, world: &World) -> String {
        let public = if self.public_addresses { ", public addresses" } else { "" };
        format!("{} in {} of {}{public}", self.cidr, self.zone, world.thing(self.vpc).text)
    }

    /// No network interface may be in it. Source: `DeleteSubnet`.
    fn blocked(&self, world: &World, thing: &Thing) -> Result<()> {
        world.interfaces_in(thing.key).next().map_or(Ok(()), |interface| {
            Err(refusal::in_use(
                "DependencyViolation",
                format!("{} has dependencies: {}", thing.text, interface.text),
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::resource;

    use crate::testing::{Deployer, net, refused, run, service};

    async fn subnet(cidr: &str, zone: &str) -> (ErrorKind, String) {
        let deployer = Deployer::instant("service.subnet").await;
        let vpc = deployer.to("service.vpc");
        let subnet = resource::Subnet { vpc, cidr: net(cidr), zone: zone.into() };
        refused(deployer.also("another", &service(), subnet).await)
    }

    #[test]
    fn blocks_lie_in_the_vpc_and_do_not_overlap() {
        run(async {
            let answer = subnet("10.1.8.0/24", "ap-southeast-3b").await;
            assert_eq!(answer, (ErrorKind::Conflict, "InvalidSubnet.Conflict".to_owned()));
            let answer = subnet("10.9.0.0/24", "ap-southeast-3b").await;
            assert_eq!(answer, (ErrorKind::Invalid, "InvalidSubnet.Range".to_owned()));
            let answer = subnet("10.1.64.0/20", "ap-southeast-3z").await;
            assert_eq!(answer, (ErrorKind::Invalid, "InvalidParameterValue".to_owned()));
        });
    }

    #[test]
    fn an_interface_in_it_holds_it_and_is_named() {
        run(async {
            let deployer = Deployer::instant("service.subnet").await;
            let id = deployer.remote("service.subnet");
            let eni = deployer
                .cloud
                .meddle(|world| world.add_foreign_interface(id.as_str(), "a function", false));
            let answer = refused(deployer.cloud.delete(&id).await);
            assert_eq!(answer, (ErrorKind::InUse, "DependencyViolation".to_owned()));
            let blockers = deployer.cloud.blockers(&id).await.unwrap();
            assert_eq!(blockers[0].to_string(), format!("{eni} (network interface of a function)"));
            deployer.cloud.meddle(|world| world.remove_interface(&eni));
            deployer.cloud.delete(&id).await.unwrap();
        });
    }
}
