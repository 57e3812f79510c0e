//! Interface endpoint.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::{Attributes, EndpointAttributes, EndpointInterface, Kind, Resource};
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Body, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::hold::Viewer;
use crate::interface::{Holder, Interface};
use crate::refusal;
use crate::thing::{Key, State, Thing};
use crate::world::World;

/// An interface endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceEndpoint {
    /// The VPC.
    pub vpc: Key,
    /// The service's full name.
    pub service: String,
    /// One subnet per zone, with the endpoint's address there; in a request, none means that the cloud picks.
    pub subnets: Vec<(Key, Option<Ipv4Addr>)>,
    /// The groups that guard it.
    pub groups: Vec<Key>,
    /// Whether the service's public names resolve to it inside the VPC.
    pub private_dns: bool,
    /// Its policy; without one, everybody may do everything.
    pub policy: Option<String>,
}

pub(super) fn asked(
    endpoint: &resource::InterfaceEndpoint,
    from: &Translator<'_>,
) -> Result<InterfaceEndpoint> {
    let mut subnets = Vec::with_capacity(endpoint.subnets.len());
    for subnet in &endpoint.subnets {
        subnets.push((from.key(&subnet.subnet)?, subnet.address));
    }
    let policy = from.carried(|carried| {
        if let Resource::EndpointPolicy(policy) = carried {
            Some(policy.policy.clone())
        } else {
            None
        }
    });
    Ok(InterfaceEndpoint {
        vpc: from.key(&endpoint.vpc)?,
        service: endpoint.service.clone(),
        subnets,
        groups: from.keys(&endpoint.groups)?,
        private_dns: endpoint.private_dns,
        policy,
    })
}

/// Whether a service takes this policy. Source: `CreateVpcEndpoint`; Control access to VPC
/// endpoints using endpoint policies (at most 20,480 characters).
pub(super) fn check_policy(supported: bool, policy: &str) -> Result<()> {
    if !supported {
        return Err(refusal::invalid("InvalidParameter", "the service supports no policy"));
    }
    let is_document = serde_json::from_str::<serde_json::Value>(policy)
        .is_ok_and(|document| document.is_object());
    if policy.len() > 20_480 || !is_document {
        return Err(refusal::invalid("InvalidPolicyDocument", "the policy is not a document"));
    }
    Ok(())
}

impl Rules for InterfaceEndpoint {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.vpc);
        for (subnet, _) in &self.subnets {
            visit(*subnet);
        }
        for group in &self.groups {
            visit(*group);
        }
    }

    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        world.need(self.vpc)?;
        let region = &ask.place.region;
        let Some(service) = world.settings.offers.service(region, &self.service) else {
            return Err(refusal::invalid(
                "InvalidServiceName",
                format!("the service {} does not exist", self.service),
            ));
        };
        self.check_subnets(world, &service.zones)?;
        self.check_groups(world)?;
        if let Some(policy) = &self.policy {
            check_policy(service.policy_supported, policy)?;
        }
        if self.private_dns {
            self.check_private_dns(world)?;
        }
        let used = world.children_of_kind(self.vpc, Kind::InterfaceEndpoint).count();
        if used >= world.settings.quotas.endpoints as usize {
            return Err(refusal::quota(
                "VpcEndpointLimitExceeded",
                "the VPC has no room for an endpoint",
            ));
        }
        Ok(Answer::New)
    }

    fn state(&self, world: &World, _thing: &Thing, state: State) -> State {
        world.standing_in(self.subnets.iter().map(|(subnet, _)| *subnet), state)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("vpce", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("vpc", self.vpc, is.vpc);
        found.field("service", &self.service, &is.service);
        let subnets =
            |endpoint: &Self| endpoint.subnets.iter().map(|(key, _)| *key).collect::<Vec<_>>();
        found.things("subnets", &subnets(self), &subnets(is));
        for (subnet, address) in &self.subnets {
            let there = is.subnets.iter().find(|(key, _)| key == subnet);
            if let (Some(address), Some((_, Some(there)))) = (address, there) {
                found.field("address", address, there);
            }
        }
        found.things("groups", &self.groups, &is.groups);
        found.field("private_dns", &self.private_dns, &is.private_dns);
    }

    fn show(&self, world: &World) -> String {
        let addresses = self.subnets.iter().filter_map(|(_, address)| *address);
        let addresses: Vec<String> = addresses.map(|address| address.to_string()).collect();
        let policy = if self.policy.is_some() { "" } else { ", open policy" };
        format!(
            "{} at {} in {}{policy}",
            self.service,
            addresses.join(" and "),
            world.thing(self.vpc).text
        )
    }

    /// It has its addresses from the start: those asked for, or the lowest that are free. Source: `CreateVpcEndpoint`,
    /// `SubnetConfigurations`.
    fn arrive(&self, world: &mut World, key: Key) {
        for (index, (subnet, asked)) in (0_u32..).zip(&self.subnets) {
            let Some(address) = asked.or_else(|| world.next_free(*subnet)) else { continue };
            if let Some(endpoint) = world.endpoint_mut(key) {
                endpoint.subnets[index as usize].1 = Some(address);
            }
            world.plug(Interface {
                text: format!("eni-{:06}{index}", key.0 + 1),
                owner: Holder::Thing(key),
                subnet: *subnet,
                vpc: self.vpc,
                address,
                public: None,
                elastic_ip: None,
                groups: self.groups.clone(),
                gone: None,
            });
        }
    }

    /// Its interfaces stay as long as it is deleting; its private name is taken for some time after that.
    fn leave(&self, world: &mut World, key: Key, gone: Duration) {
        world.unplug(key, self.subnets.iter().map(|(subnet, _)| *subnet), gone);
        if self.private_dns {
            let until = gone + world.settings.delays.private_dns_release;
            world.hold_name(self.vpc, &self.service, until);
        }
    }

    fn attributes(&self, world: &World, thing: &Thing, viewer: Viewer<'_>) -> Attributes {
        let interfaces = self.subnets.iter().filter_map(|(subnet, address)| {
            let subnet = world.id_in(*subnet, viewer);
            address.map(|address| EndpointInterface { subnet, address })
        });
        let region = &thing.place.region;
        let short = self.service.rsplit_once(region.as_str()).map_or("", |(_, short)| short);
        let name = format!("{}{short}.{region}.vpce.amazonaws.com", thing.text);
        Attributes::InterfaceEndpoint(EndpointAttributes {
            interfaces: interfaces.collect(),
            dns_names: vec![name],
        })
    }
}

impl InterfaceEndpoint {
    /// Subnets of the VPC, one per zone, in zones that the service offers, with free addresses.
    /// Source: `CreateVpcEndpoint`; Error codes for the Amazon EC2 API, `DuplicateSubnetsInSameZone`,
    /// `InsufficientFreeAddressesInSubnet`.
    fn check_subnets(&self, world: &World, zones: &BTreeSet<accel_core::Zone>) -> Result<()> {
        let mut seen = BTreeSet::new();
        for (key, address) in &self.subnets {
            let thing = world.need(*key)?;
            let Some(subnet) = world.subnet(*key).filter(|subnet| subnet.vpc == self.vpc) else {
                return Err(refusal::invalid(
                    "InvalidParameter",
                    format!("{} is not in the VPC", thing.text),
                ));
            };
            if !zones.contains(&subnet.zone) {
                return Err(refusal::invalid(
                    "InvalidParameter",
                    format!(
                        "the VPC endpoint service {} does not support the availability zone of the subnet: {}",
                        self.service, thing.text
                    ),
                ));
            }
            if !seen.insert(&subnet.zone) {
                return Err(refusal::invalid(
                    "DuplicateSubnetsInSameZone",
                    format!("there are two subnets in {}", subnet.zone),
                ));
            }
            let Some(address) = address else {
                if world.next_free(*key).is_none() {
                    return Err(refusal::invalid(
                        "InsufficientFreeAddressesInSubnet",
                        format!("{} has no free address", thing.text),
                    ));
                }
                continue;
            };
            if !subnet.cidr.contains(address) {
                return Err(refusal::invalid(
                    "InvalidParameter",
                    format!("{address} is not in {}", subnet.cidr),
                ));
            }
            if !world.is_free(*key, *address) {
                return Err(refusal::conflict(
                    "InvalidIPAddress.InUse",
                    format!("{address} is taken or kept by the cloud"),
                ));
            }
        }
        Ok(())
    }

    /// Groups of the same VPC, five at most per interface. Source: `CreateVpcEndpoint`; Amazon VPC quotas.
    fn check_groups(&self, world: &World) -> Result<()> {
        for key in &self.groups {
            world.need(*key)?;
            if world.group(*key).is_none_or(|group| group.vpc != self.vpc) {
                return Err(refusal::invalid("InvalidGroup.NotFound", "a group of another VPC"));
            }
        }
        if self.groups.len() > world.settings.quotas.groups_per_interface as usize {
            return Err(refusal::quota(
                "SecurityGroupsPerInterfaceLimitExceeded",
                "an interface takes fewer groups",
            ));
        }
        Ok(())
    }

    /// Private DNS needs DNS support and hostnames, and a name that no other endpoint of the VPC has. Source: `CreateVpcEndpoint`,
    /// `PrivateDnsEnabled`.
    fn check_private_dns(&self, world: &World) -> Result<()> {
        if world.vpc(self.vpc).is_none_or(|vpc| !vpc.dns_hostnames || !vpc.dns_support) {
            return Err(refusal::invalid(
                "InvalidParameter",
                "enabling private DNS requires both DNS support and DNS hostnames of the VPC",
            ));
        }
        let taken = world.children_of_kind(self.vpc, Kind::InterfaceEndpoint).any(|other| {
            matches!(&other.body, Body::InterfaceEndpoint(other) if other.private_dns && other.service == self.service)
        });
        if taken || world.is_name_held(self.vpc, &self.service) {
            return Err(refusal::conflict(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::Ref;
    use accel_core::backend::Phase;
    use accel_core::resource::{self, EndpointSubnet, Resource};

    use super::Body;
    use crate::Settings;
    use crate::testing::{Deployer, net, refused, run, secs, service};

    const SERVICE: &str = "com.amazonaws.ap-southeast-3.sagemaker.runtime";

    fn ask(deployer: &Deployer, address: [u8; 4]) -> resource::InterfaceEndpoint {
        let subnet = deployer.to("service.subnet");
        resource::InterfaceEndpoint {
            vpc: deployer.to("service.vpc"),
            service: SERVICE.to_owned(),
            subnets: vec![EndpointSubnet { subnet, address: Some(address.into()) }],
            groups: vec![deployer.to("service.group")],
            private_dns: false,
        }
    }

    async fn answer(
        deployer: &Deployer,
        asked: resource::InterfaceEndpoint,
    ) -> (ErrorKind, String) {
        refused(deployer.also("other", &service(), asked).await)
    }

    #[test]
    fn a_token_answers_for_its_first_use_even_when_that_is_gone() {
        run(async {
            let mut deployer = Deployer::instant("service.endpoint").await;
            let id = deployer.remote("service.endpoint");
            assert_eq!(deployer.create("service.endpoint").await, Ok(id.clone()));
            deployer.cloud.delete(&id).await.unwrap();
            assert_eq!(deployer.read("service.endpoint").await, Phase::Gone);
            assert_eq!(deployer.create("service.endpoint").await, Ok(id.clone()));
            deployer.attempt = 1;
            assert_ne!(deployer.create("service.endpoint").await, Ok(id));
        });
    }

    #[test]
    fn a_token_may_also_forget_the_dead() {
        run(async {
            let mut settings = Settings::instant();
            settings.doubts.tokens_of_the_dead = false;
            let deployer = Deployer::with(settings, "service.endpoint").await;
            let id = deployer.remote("service.endpoint");
            deployer.cloud.delete(&id).await.unwrap();
            assert_ne!(deployer.create("service.endpoint").await, Ok(id));
        });
    }

    #[test]
    fn a_token_with_another_first_value_is_refused() {
        run(async {
            let deployer = Deployer::instant("service.group").await;
            let policy = |policy: &str| {
                let endpoint = Ref::existing(deployer.remote("service.vpc"));
                let endpoint: Ref<Resource> = endpoint;
                let policy = policy.to_owned();
                [Resource::from(resource::EndpointPolicy { endpoint, policy })]
            };
            let asked = || ask(&deployer, [10, 1, 0, 20]);
            let first = policy(r#"{"Statement":[]}"#);
            deployer.also_with("e", &service(), asked(), &first).await.unwrap();
            let other = policy(r#"{"Version":"2012-10-17"}"#);
            let other = refused(deployer.also_with("e", &service(), asked(), &other).await);
            assert_eq!(other, (ErrorKind::Conflict, "IdempotentParameterMismatch".to_owned()));
        });
    }

    #[test]
    fn addresses_are_free_and_not_the_clouds_own() {
        run(async {
            let deployer = Deployer::instant("service.endpoint").await;
            let taken = (ErrorKind::Conflict, "InvalidIPAddress.InUse".to_owned());
            for address in [[10, 1, 0, 3], [10, 1, 15, 255], [10, 1, 0, 10]] {
                assert_eq!(answer(&deployer, ask(&deployer, address)).await, taken);
            }
            let outside = answer(&deployer, ask(&deployer, [10, 1, 16, 10])).await;
            assert_eq!(outside, (ErrorKind::Invalid, "InvalidParameter".to_owned()));
        });
    }

    #[test]
    fn a_zone_must_offer_the_service_and_has_one_subnet() {
        run(async {
            let deployer = Deployer::instant("service.group").await;
            let second = resource::Subnet {
                vpc: deployer.to("service.vpc"),
                cidr: net("10.1.16.0/20"),
                zone: "ap-southeast-3a".into(),
            };
            let second = deployer.also("second", &service(), second).await.unwrap();
            let mut asked = ask(&deployer, [10, 1, 0, 10]);
            let (subnet, address) = (Ref::existing(second), Some([10, 1, 16, 10].into()));
            asked.subnets.push(EndpointSubnet { subnet, address });
            let twice = answer(&deployer, asked).await;
            assert_eq!(twice, (ErrorKind::Invalid, "DuplicateSubnetsInSameZone".to_owned()));
            deployer.cloud.adjust(|settings| {
                let region = service().region;
                settings.offers.drop_service_zone(&region, SERVICE, "ap-southeast-3a".into());
            });
            let lacking = answer(&deployer, ask(&deployer, [10, 1, 0, 10])).await;
            assert_eq!(lacking, (ErrorKind::Invalid, "InvalidParameter".to_owned()));
        });
    }

    #[test]
    fn a_private_name_needs_hostnames_and_stays_taken_for_a_while() {
        run(async {
            let settings = Settings { lag: crate::Lag::OFF, ..Settings::fast() };
            let deployer = Deployer::with(settings, "service.group").await;
            let vpc = deployer.remote("service.vpc");
            let hostnames = |on: bool| {
                deployer.cloud.meddle(|world| {
                    world.change(vpc.as_str(), |body| {
                        let Body::Vpc(vpc) = body else { panic!("a VPC") };
                        vpc.dns_hostnames = on;
                    });
                });
            };
            let asked = |last| resource::InterfaceEndpoint {
                private_dns: true,
                ..ask(&deployer, [10, 1, 0, last])
            };
            hostnames(false);
            assert_eq!(answer(&deployer, asked(10)).await.0, ErrorKind::Invalid);
            hostnames(true);
            let first = deployer.also("first", &service(), asked(10)).await.unwrap();
            assert_eq!(answer(&deployer, asked(11)).await.0, ErrorKind::Conflict);
            deployer.cloud.delete(&first).await.unwrap();
            secs(61).await;
            assert_eq!(answer(&deployer, asked(11)).await.0, ErrorKind::Conflict);
            secs(120).await;
            deployer.also("other", &service(), asked(11)).await.unwrap();
        });
    }
}
