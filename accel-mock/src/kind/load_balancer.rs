//! Network load balancer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::{Attributes, BalancerAttributes, Kind};
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::elastic_ip::public_address;
use super::{Answer, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::hold::Viewer;
use crate::interface::{Holder, Interface};
use crate::refusal;
use crate::sight::{Seen, Sight};
use crate::thing::{Key, State, Thing};
use crate::world::World;

/// A network load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// Its name, unique in account and region.
    pub name: String,
    /// One subnet per zone, with the elastic IP there.
    pub subnets: Vec<(Key, Option<Key>)>,
    /// The groups that guard it.
    pub groups: Vec<Key>,
    /// Whether the internet can reach it.
    pub internet_facing: bool,
    /// Whether the cloud refuses to delete it.
    pub deletion_protection: bool,
    /// Whether each zone also serves the targets of the others.
    pub cross_zone: bool,
}

pub(super) fn asked(
    balancer: &resource::LoadBalancer,
    from: &Translator<'_>,
) -> Result<LoadBalancer> {
    let mut subnets = Vec::with_capacity(balancer.subnets.len());
    for subnet in &balancer.subnets {
        let address = subnet.address.as_ref().map(|address| from.key(address)).transpose()?;
        subnets.push((from.key(&subnet.subnet)?, address));
    }
    Ok(LoadBalancer {
        name: from.request.name(),
        subnets,
        groups: from.keys(&balancer.groups)?,
        internet_facing: balancer.internet_facing,
        deletion_protection: false,
        cross_zone: false,
    })
}

impl Rules for LoadBalancer {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        for (subnet, address) in &self.subnets {
            visit(*subnet);
            if let Some(address) = address {
                visit(*address);
            }
        }
        for group in &self.groups {
            visit(*group);
        }
    }

    /// The same name with the same settings answers with the balancer that there is. 50 per region.
    /// Source: `CreateLoadBalancer`; Quotas for your Network Load Balancers.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        if let Some(other) = world.named(ask, Kind::LoadBalancer, &self.name) {
            if world.is_repeat(ask, other) {
                return Ok(Answer::Same(other.key));
            }
            return Err(refusal::conflict(
                "DuplicateLoadBalancerName",
                format!("a load balancer named {} exists with other settings", self.name),
            ));
        }
        let used = world.population(&ask.account, &ask.place.region, Kind::LoadBalancer);
        if used >= world.settings.quotas.balancers {
            return Err(refusal::quota("TooManyLoadBalancers", "the region has no room"));
        }
        let vpc = self.check_subnets(world)?;
        self.check_groups(world, vpc)?;
        self.check_gateway(world, vpc)?;
        Ok(Answer::New)
    }

    fn state(&self, world: &World, _thing: &Thing, state: State) -> State {
        world.standing_in(self.subnets.iter().map(|(subnet, _)| *subnet), state)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("nlb", key)
    }

    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        let subnets =
            |balancer: &Self| balancer.subnets.iter().map(|(key, _)| *key).collect::<Vec<_>>();
        let addresses = |balancer: &Self| {
            balancer.subnets.iter().filter_map(|(_, key)| *key).collect::<Vec<_>>()
        };
        found.things("subnets", &subnets(self), &subnets(is));
        found.things("addresses", &addresses(self), &addresses(is));
        found.things("groups", &self.groups, &is.groups);
        found.field("internet_facing", &self.internet_facing, &is.internet_facing);
    }

    fn show(&self, world: &World) -> String {
        let texts: Vec<&str> =
            self.subnets.iter().map(|(subnet, _)| world.thing(*subnet).text.as_ref()).collect();
        let facing = if self.internet_facing { "internet-facing" } else { "internal" };
        let protected = if self.deletion_protection { ", protected" } else { "" };
        format!("{} {facing} in {}{protected}", self.name, texts.join(" and "))
    }

    fn arrive(&self, world: &mut World, key: Key) {
        for (index, (subnet, address)) in (0_u32..).zip(&self.subnets) {
            let Some(private) = world.next_free(*subnet) else { continue };
            let Some(vpc) = world.subnet(*subnet).map(|subnet| subnet.vpc) else { continue };
            world.plug(Interface {
                text: format!("eni-{:06}{index}", key.0 + 1),
                owner: Holder::Thing(key),
                subnet: *subnet,
                vpc,
                address: private,
                public: self.public(key, index, *address),
                elastic_ip: *address,
                groups: self.groups.clone(),
                gone: None,
            });
        }
    }

    /// With deletion protection it refuses. Source: `DeleteLoadBalancer`, `OperationNotPermitted`.
    fn blocked(&self, _world: &World, thing: &Thing) -> Result<()> {
        if self.deletion_protection {
            return Err(refusal::invalid(
                "OperationNotPermitted",
                format!("{} cannot be deleted because deletion protection is enabled", thing.text),
            ));
        }
        Ok(())
    }

    /// Its entry and its listeners are gone at once, its interfaces stay. Source: `DeleteLoadBalancer`.
    fn leave(&self, world: &mut World, key: Key, gone: Duration) {
        world.unplug(key, self.subnets.iter().map(|(subnet, _)| *subnet), gone);
    }

    fn attributes(&self, world: &World, thing: &Thing, _viewer: Viewer<'_>) -> Attributes {
        let addresses = (0_u32..).zip(&self.subnets).filter_map(|(index, (subnet, address))| {
            let zone = world.subnet(*subnet)?.zone.clone();
            // A balancer's own public addresses are not told; elastic ones are. Source: `LoadBalancerAddress`.
            address.and_then(|_| self.public(thing.key, index, *address)).map(|a| (zone, a))
        });
        let number = thing.key.0 + 1;
        let region = &thing.place.region;
        Attributes::LoadBalancer(BalancerAttributes {
            dns_name: format!("{}-{number:06}.elb.{region}.amazonaws.com", self.name),
            metric_name: format!("net/{}/{number:06}", self.name),
            addresses: addresses.collect(),
        })
    }
}

impl LoadBalancer {
    fn public(&self, key: Key, index: u32, address: Option<Key>) -> Option<std::net::Ipv4Addr> {
        let own =
            address.map_or_else(|| public_address(key, index + 1), |eip| public_address(eip, 0));
        self.internet_facing.then_some(own)
    }

    /// One subnet per zone, all of one VPC, with eight free addresses each; elastic IPs that nobody uses.
    /// Source: `CreateLoadBalancer`; Network Load Balancers, subnets for your load balancer.
    fn check_subnets(&self, world: &World) -> Result<Key> {
        let (mut zones, mut vpcs) = (BTreeSet::new(), BTreeSet::new());
        for (key, address) in &self.subnets {
            let thing = world.need_as(*key, "SubnetNotFound")?;
            let Some(subnet) = world.subnet(*key) else {
                return Err(refusal::invalid("InvalidSubnet", "not a subnet"));
            };
            vpcs.insert(subnet.vpc);
            if !zones.insert(&subnet.zone) {
                return Err(refusal::invalid(
                    "InvalidConfigurationRequest",
                    format!("there are two subnets in {}", subnet.zone),
                ));
            }
            if self.internet_facing && world.free_addresses(*key) < 8 {
                return Err(refusal::invalid(
                    "InvalidSubnet",
                    format!("{} has fewer than 8 free addresses", thing.text),
                ));
            }
            if let Some(address) = address {
                world.need_as(*address, "AllocationIdNotFound")?;
                if let Some(interface) = world.holder_of_address(*address) {
                    return Err(refusal::in_use(
                        "ResourceInUse",
                        format!("the elastic IP is in use by {}", interface.text),
                    ));
                }
            }
        }
        match (vpcs.pop_first(), vpcs.is_empty()) {
            (Some(vpc), true) => Ok(vpc),
            (Some(_), false) => {
                Err(refusal::invalid("InvalidConfigurationRequest", "subnets of two VPCs"))
            }
            (None, _) => Err(refusal::invalid("ValidationError", "a balancer needs a subnet")),
        }
    }

    fn check_groups(&self, world: &World, vpc: Key) -> Result<()> {
        for key in &self.groups {
            world.need_as(*key, "InvalidSecurityGroup")?;
            if world.group(*key).is_none_or(|group| group.vpc != vpc) {
                return Err(refusal::invalid(
                    "InvalidConfigurationRequest",
                    "one or more security groups are not in the VPC",
                ));
            }
        }
        Ok(())
    }

    /// An internet-facing one needs a gateway attached to its VPC. Source: `CreateLoadBalancer`, `InvalidSubnet`.
    fn check_gateway(&self, world: &World, vpc: Key) -> Result<()> {
        if !self.internet_facing {
            return Ok(());
        }
        let why = || format!("{} has no internet gateway", world.thing(vpc).text);
        let attachment = world.children_of_kind(vpc, Kind::GatewayAttachment).next();
        match attachment.map(|attachment| world.look(attachment, Sight::Id)) {
            None => Err(refusal::invalid("InvalidSubnet", why())),
            Some(Seen::Nothing) => Err(refusal::not_yet("InvalidSubnet", why())),
            Some(Seen::Is(_) | Seen::Was(_)) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::backend::{Phase, Scope};
    use accel_core::resource::{self, BalancerSubnet};

    use crate::Settings;
    use crate::testing::{Deployer, entry, net, refused, run};

    const DUPLICATE: &str = "DuplicateLoadBalancerName";

    fn balancer(deployer: &Deployer, address: bool) -> resource::LoadBalancer {
        let address = address.then(|| deployer.to("entry.address"));
        let subnets = vec![BalancerSubnet { subnet: deployer.to("entry.subnet"), address }];
        let groups = vec![deployer.to("entry.group")];
        resource::LoadBalancer { subnets, groups, internet_facing: true }
    }

    #[test]
    fn a_name_answers_with_what_has_it_if_the_settings_are_the_same() {
        run(async {
            let deployer = Deployer::instant("entry.address").await;
            let first = deployer.also("lb", &entry(), balancer(&deployer, true)).await.unwrap();
            let same = deployer.also("lb", &entry(), balancer(&deployer, true)).await;
            assert_eq!(same, Ok(first.clone()));
            let other = refused(deployer.also("lb", &entry(), balancer(&deployer, false)).await);
            assert_eq!(other, (ErrorKind::Conflict, DUPLICATE.to_owned()));
            deployer.cloud.delete(&first).await.unwrap();
            deployer.also("lb", &entry(), balancer(&deployer, false)).await.unwrap();
        });
    }

    /// The tags of another run are other tags: if they count, the name is taken.
    #[test]
    fn whether_tags_are_settings_is_in_doubt() {
        run(async {
            for tags_are_parameters in [false, true] {
                let mut settings = Settings::instant();
                settings.doubts.tags_are_parameters = tags_are_parameters;
                let mut deployer = Deployer::with(settings, "entry.balancer").await;
                deployer.stamp.run = "run-2".into();
                let again = deployer.create("entry.balancer").await;
                if tags_are_parameters {
                    assert_eq!(refused(again), (ErrorKind::Conflict, DUPLICATE.to_owned()));
                } else {
                    assert_eq!(again, Ok(deployer.remote("entry.balancer")));
                }
            }
        });
    }

    #[test]
    fn an_address_serves_one_balancer() {
        run(async {
            let deployer = Deployer::instant("entry.balancer").await;
            let other = refused(deployer.also("other", &entry(), balancer(&deployer, true)).await);
            assert_eq!(other, (ErrorKind::InUse, "ResourceInUse".to_owned()));
        });
    }

    #[test]
    fn one_that_faces_the_internet_needs_a_gateway_and_eight_addresses() {
        run(async {
            let deployer = Deployer::instant("entry.address").await;
            let small = resource::Subnet {
                vpc: deployer.to("entry.vpc"),
                cidr: net("10.2.128.0/28"),
                zone: "ap-southeast-1b".into(),
            };
            let small = deployer.also("small", &entry(), small).await.unwrap();
            let mut asked = balancer(&deployer, false);
            asked.subnets[0].subnet = accel_core::Ref::existing(small.clone());
            for _ in 0..4 {
                deployer.cloud.meddle(|w| w.add_foreign_interface(small.as_str(), "x", false));
            }
            let answer = refused(deployer.also("lb", &entry(), asked).await);
            assert_eq!(answer, (ErrorKind::Invalid, "InvalidSubnet".to_owned()));
            deployer.cloud.delete(&deployer.remote("entry.attachment")).await.unwrap();
            let answer = refused(deployer.also("lb", &entry(), balancer(&deployer, false)).await);
            assert_eq!(answer, (ErrorKind::Invalid, "InvalidSubnet".to_owned()));
        });
    }

    #[test]
    fn a_protected_one_is_not_deleted() {
        run(async {
            let deployer = Deployer::instant("entry.balancer").await;
            let protect = |deletion_protection| resource::LoadBalancerOptions {
                balancer: deployer.to("entry.balancer"),
                deletion_protection,
                cross_zone: false,
            };
            deployer.also("on", &entry(), protect(true)).await.unwrap();
            let id = deployer.remote("entry.balancer");
            let answer = refused(deployer.cloud.delete(&id).await);
            assert_eq!(answer, (ErrorKind::Invalid, "OperationNotPermitted".to_owned()));
            deployer.also("off", &entry(), protect(false)).await.unwrap();
            deployer.cloud.delete(&id).await.unwrap();
        });
    }

    /// Its entry is gone at once, for everybody who does not know its id.
    #[test]
    fn what_lingers_of_it_is_in_no_list() {
        run(async {
            let settings = Settings { lag: crate::Lag::OFF, ..Settings::fast() };
            let deployer = Deployer::with(settings, "entry.balancer").await;
            let id = deployer.remote("entry.balancer");
            deployer.cloud.delete(&id).await.unwrap();
            let listing =
                deployer.cloud.list(Scope::all(&deployer.deployment, &entry())).await.unwrap();
            assert!(listing.found.iter().all(|found| found.id != id));
            assert_eq!(deployer.read("entry.balancer").await, Phase::Deleting);
        });
    }
}
