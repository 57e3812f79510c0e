//! Virtual private cloud.

use std::sync::Arc;

use accel_core::resource::Kind;
use accel_core::{Result, resource};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Answer, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// The address block.
    pub cidr: Ipv4Net,
    /// Whether its interfaces get DNS names.
    pub dns_hostnames: bool,
    /// Whether the cloud's own name server answers in it.
    #[serde(default = "yes")]
    pub dns_support: bool,
}

/// A new VPC has it. Source: `ModifyVpcAttribute`; DNS attributes for your VPC, Amazon VPC user guide.
fn yes() -> bool {
    true
}

#[expect(clippy::unnecessary_wraps, reason = "every kind's translation has this shape")]
pub(super) fn asked(vpc: &resource::Vpc, _from: &Translator<'_>) -> Result<Vpc> {
    Ok(Vpc { cidr: vpc.cidr.trunc(), dns_hostnames: false, dns_support: true })
}

impl Rules for Vpc {
    fn refs(&self, _visit: &mut dyn FnMut(Key)) {}

    /// Blocks of /16 to /28; five per region, the default VPC among them; the same block again makes another VPC.
    /// Source: `CreateVpc`; Amazon VPC quotas.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        if !(16..=28).contains(&self.cidr.prefix_len()) {
            return Err(refusal::invalid("InvalidVpc.Range", "a VPC takes a /16 to a /28"));
        }
        let quotas = &world.settings.quotas;
        let used = world.population(&ask.account, &ask.place.region, Kind::Vpc);
        if used + quotas.default_vpcs >= quotas.vpcs {
            return Err(refusal::quota("VpcLimitExceeded", "the region has no room for a VPC"));
        }
        Ok(Answer::New)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("vpc", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.field("cidr", &self.cidr, &is.cidr);
    }

    fn show(&self, _world: &World) -> String {
        let dns = if self.dns_hostnames { ", DNS hostnames" } else { "" };
        let deaf = if self.dns_support { "" } else { ", no DNS support" };
        format!("{}{dns}{deaf}", self.cidr)
    }

    /// Everything in it but its defaults must be gone. Source: `DeleteVpc`.
    fn blocked(&self, world: &World, thing: &Thing) -> Result<()> {
        // A target group only names its VPC.
        let holds =
            |child: &&Thing| child.kind() != Kind::TargetGroup && !child.body.comes_with_vpc();
        let holder = world.children(thing.key).find(holds);
        holder.map_or(Ok(()), |child| {
            Err(refusal::in_use(
                "DependencyViolation",
                format!("{} has dependencies: {}", thing.text, child.text),
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::resource;

    use crate::testing::{Deployer, entry, net, refused, run, service};

    #[test]
    fn a_region_has_room_for_four_beside_the_default_one() {
        run(async {
            let deployer = Deployer::instant("").await;
            let vpc = || resource::Vpc { cidr: net("10.0.0.0/16") };
            for name in ["a", "b", "c", "d"] {
                deployer.also(name, &entry(), vpc()).await.unwrap();
            }
            let fifth = refused(deployer.also("e", &entry(), vpc()).await);
            assert_eq!(fifth, (ErrorKind::Quota, "VpcLimitExceeded".to_owned()));
            deployer.also("e", &service(), vpc()).await.unwrap();
        });
    }

    #[test]
    fn the_same_request_makes_another() {
        run(async {
            let deployer = Deployer::instant("").await;
            let first = deployer.create("service.vpc").await.unwrap();
            assert_ne!(deployer.create("service.vpc").await.unwrap(), first);
            assert_eq!(deployer.find("service.vpc").await.unwrap(), Some(first));
        });
    }

    #[test]
    fn a_block_is_neither_too_large_nor_too_small() {
        run(async {
            let deployer = Deployer::instant("").await;
            for cidr in ["10.0.0.0/15", "10.0.0.0/29"] {
                let vpc = resource::Vpc { cidr: net(cidr) };
                let answer = refused(deployer.also("a", &entry(), vpc).await);
                assert_eq!(answer, (ErrorKind::Invalid, "InvalidVpc.Range".to_owned()));
            }
        });
    }

    #[test]
    fn it_cannot_go_while_something_is_in_it() {
        run(async {
            let deployer = Deployer::instant("service.subnet").await;
            let id = deployer.remote("service.vpc");
            let answer = refused(deployer.cloud.delete(&id).await);
            assert_eq!(answer, (ErrorKind::InUse, "DependencyViolation".to_owned()));
            deployer.cloud.delete(&deployer.remote("service.subnet")).await.unwrap();
            deployer.cloud.delete(&id).await.unwrap();
            deployer.cloud.delete(&id).await.unwrap();
        });
    }
}
