//! NAT gateway.

use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::{Attributes, Kind, NatAttributes};
use accel_core::{RemoteId, Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Differences, Rules, numbered, public_address};
use crate::agenda::Event;
use crate::ask::{Ask, Translator};
use crate::hold::Viewer;
use crate::interface::{Holder, Interface};
use crate::refusal;
use crate::thing::{Key, State, Thing};
use crate::world::World;

/// A public NAT gateway of one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// The subnet in which it stands.
    pub subnet: Key,
    /// The elastic IP from which its connections come.
    pub address: Key,
}

pub(super) fn asked(nat: &resource::NatGateway, from: &Translator<'_>) -> Result<NatGateway> {
    Ok(NatGateway { subnet: from.key(&nat.subnet)?, address: from.key(&nat.address)? })
}

impl Rules for NatGateway {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.subnet);
        visit(self.address);
    }

    /// Five per zone; pending, available and deleting ones count. Whatever stands behind it, it is accepted; of what the cloud does not
    /// show, that is in doubt. Source: `CreateNatGateway`; Amazon VPC quotas; Error codes for the Amazon EC2 API,
    /// `NatGatewayLimitExceeded`.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        if !world.settings.doubts.nat_to_unseen_fails {
            world.need(self.subnet)?;
            world.need(self.address)?;
        }
        let zone_of = |subnet: Key| world.subnet(subnet).map(|subnet| &subnet.zone);
        let counts = |thing: &&Thing| {
            world.nat(thing.key).is_some_and(|nat| zone_of(nat.subnet) == zone_of(self.subnet))
                && thing.account == ask.account
                && world.state(thing) != State::Failed
        };
        if world.live().filter(counts).count() >= world.settings.quotas.nats_per_zone as usize {
            return Err(refusal::quota(
                "NatGatewayLimitExceeded",
                "the zone has no room for a NAT gateway",
            ));
        }
        Ok(Answer::New)
    }

    fn state(&self, world: &World, _thing: &Thing, state: State) -> State {
        world.standing_in(std::iter::once(self.subnet), state)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("nat", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("subnet", self.subnet, is.subnet);
        found.thing("address", self.address, is.address);
    }

    fn show(&self, world: &World) -> String {
        let text = |key: Key| world.thing(key).text.as_ref();
        format!("in {} from {}", text(self.subnet), text(self.address))
    }

    /// It is accepted, and what stands in its way shows later, as a code of its own. One that fails has no interface, and goes by itself
    /// after about an hour. Source: `NatGateway`, `FailureCode`; Troubleshoot NAT gateways, Amazon VPC user guide.
    fn arrive(&self, world: &mut World, key: Key) {
        let life = &world.thing(key).life;
        let (doomed, decided) = (life.fails.is_some(), life.ready);
        let plug = if doomed { Err(None) } else { self.plug(world, key).map_err(Some) };
        match plug {
            Ok(interface) => world.plug(interface),
            Err(why) => {
                let thing = &mut world.things[key.index()];
                thing.life.fails = why.or(thing.life.fails.take());
                let id =
                    RemoteId::new(Kind::NatGateway, thing.place.clone(), Arc::clone(&thing.text));
                let remove = Event::Remove(id, thing.account.clone());
                world.plan(decided + world.settings.delays.nat_trace, remove);
            }
        }
    }

    /// Its interface and its address are held as long as it is deleting. Source: `DeleteNatGateway`.
    fn leave(&self, world: &mut World, key: Key, gone: Duration) {
        world.unplug(key, std::iter::once(self.subnet), gone);
        let late = world.settings.doubts.address_released_late;
        if !late.is_zero() {
            world.hold(self.address, Kind::NatGateway, gone + late);
        }
    }

    fn attributes(&self, _world: &World, _thing: &Thing, _viewer: Viewer<'_>) -> Attributes {
        Attributes::NatGateway(NatAttributes { address: public_address(self.address, 0) })
    }
}

impl NatGateway {
    /// The interface that it gets, or why it gets none. Source: `NatGateway`, `FailureCode`.
    fn plug(&self, world: &World, key: Key) -> std::result::Result<Interface, String> {
        let text = |key: Key| world.thing(key).text.as_ref();
        let (subnet, address) = (text(self.subnet), text(self.address));
        if world.need(self.subnet).is_err() {
            return Err(format!("InvalidSubnetID.NotFound: there is no {subnet}"));
        }
        if world.need(self.address).is_err() {
            return Err(format!("InvalidAllocationID.NotFound: there is no {address}"));
        }
        let vpc = world.subnet(self.subnet).map(|subnet| subnet.vpc);
        let Some(vpc) = vpc.filter(|vpc| world.gateway_of(*vpc).is_some()) else {
            let why = format!("the VPC of {subnet} has no internet gateway");
            return Err(format!("Gateway.NotAttached: {why}"));
        };
        if let Some(holder) = world.holder_of_address(self.address) {
            let why = format!("{address} is in use by {}", holder.text);
            return Err(format!("Resource.AlreadyAssociated: {why}"));
        }
        let Some(private) = world.next_free(self.subnet) else {
            return Err(format!("InsufficientFreeAddressesInSubnet: {subnet} is full"));
        };
        Ok(Interface {
            text: format!("eni-{:06}0", key.0 + 1),
            owner: Holder::Thing(key),
            subnet: self.subnet,
            vpc,
            address: private,
            public: Some(public_address(self.address, 0)),
            elastic_ip: Some(self.address),
            groups: Vec::new(),
            gone: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use accel_core::backend::{Phase, ReadItem, Scope};
    use accel_core::resource::{self, Kind};
    use accel_core::{ErrorKind, NetworkBackend as _, Ref, RemoteId};

    use crate::testing::{Deployer, entry, net, refused, run, secs};
    use crate::{Lag, Settings};

    fn settings() -> Settings {
        Settings { lag: Lag::OFF, ..Settings::fast() }
    }

    async fn phase(deployer: &Deployer, id: &RemoteId) -> Phase {
        deployer.cloud.read(&[ReadItem { id, request: None }]).await.remove(0).unwrap()
    }

    async fn fails(deployer: &Deployer, nat: resource::NatGateway, code: &str) -> RemoteId {
        let id = deployer.also("another", &entry(), nat).await.unwrap();
        assert_eq!(phase(deployer, &id).await, Phase::Pending);
        secs(91).await;
        let Phase::Failed { why } = phase(deployer, &id).await else { panic!("it did not fail") };
        assert!(why.starts_with(code), "{why}");
        let listing = deployer.cloud.list(Scope::all(&deployer.deployment, &entry())).await;
        assert!(listing.unwrap().found.iter().any(|found| found.id == id));
        id
    }

    fn nat(deployer: &Deployer, address: &str) -> resource::NatGateway {
        let subnet = deployer.to("entry.subnet");
        resource::NatGateway { subnet, address: deployer.to(address) }
    }

    #[test]
    fn what_stands_in_its_way_shows_later_with_a_code() {
        run(async {
            let deployer = Deployer::with(settings(), "island.nat").await;
            let taken = nat(&deployer, "island.address");
            fails(&deployer, taken, "Resource.AlreadyAssociated").await;
            let of_a_balancer = nat(&deployer, "entry.address");
            let other =
                resource::NatGateway { subnet: deployer.to("island.subnet"), ..of_a_balancer };
            let id = deployer.also("x", &entry(), other).await.unwrap();
            secs(91).await;
            assert!(matches!(phase(&deployer, &id).await, Phase::Failed { .. }));
        });
    }

    #[test]
    fn it_needs_a_gateway_and_a_free_address_in_its_subnet() {
        run(async {
            let deployer = Deployer::with(settings(), "island.address").await;
            let small = resource::Subnet {
                vpc: deployer.to("entry.vpc"),
                cidr: net("10.2.128.0/28"),
                zone: "ap-southeast-1b".into(),
            };
            let small = deployer.also("small", &entry(), small).await.unwrap();
            for _ in 0..11 {
                deployer.cloud.meddle(|w| w.add_foreign_interface(small.as_str(), "x", false));
            }
            let subnet = Ref::existing(small);
            let full = resource::NatGateway { subnet, ..nat(&deployer, "island.address") };
            fails(&deployer, full, "InsufficientFreeAddressesInSubnet").await;
            let deployer = Deployer::with(settings(), "entry.subnet").await;
            let address = deployer.also("a", &entry(), resource::ElasticIp {}).await.unwrap();
            let subnet = deployer.to("entry.subnet");
            let lonely = resource::NatGateway { subnet, address: Ref::existing(address) };
            fails(&deployer, lonely, "Gateway.NotAttached").await;
        });
    }

    /// One that failed holds nothing, and goes by itself.
    #[test]
    fn one_that_failed_goes_after_an_hour() {
        run(async {
            let deployer = Deployer::with(settings(), "island.nat").await;
            let taken = nat(&deployer, "island.address");
            let id = fails(&deployer, taken, "Resource.AlreadyAssociated").await;
            secs(3700).await;
            assert_eq!(phase(&deployer, &id).await, Phase::Gone);
        });
    }

    #[test]
    fn what_the_cloud_does_not_show_yet_is_refused_or_fails_later() {
        run(async {
            let lag = Lag { by_id: std::time::Duration::from_secs(5), ..Lag::default() };
            let mut settings = Settings { lag, ..Settings::fast() };
            for later in [false, true] {
                settings.doubts.nat_to_unseen_fails = later;
                let deployer = Deployer::with(settings.clone(), "entry.attachment").await;
                secs(60).await;
                let address = deployer.also("a", &entry(), resource::ElasticIp {}).await.unwrap();
                let (subnet, address) = (deployer.to("entry.subnet"), Ref::existing(address));
                let nat = resource::NatGateway { subnet, address };
                let answer = deployer.also("n", &entry(), nat).await;
                if later {
                    let id = answer.unwrap();
                    secs(120).await;
                    let Phase::Failed { why } = phase(&deployer, &id).await else { panic!() };
                    assert!(why.starts_with("InvalidAllocationID.NotFound"), "{why}");
                } else {
                    let code = "InvalidAllocationID.NotFound".to_owned();
                    assert_eq!(refused(answer), (ErrorKind::NotYet, code));
                }
            }
        });
    }

    #[test]
    fn it_holds_subnet_address_and_gateway_until_it_is_gone_and_is_shown_for_an_hour() {
        run(async {
            let deployer = Deployer::with(settings(), "island.nat").await;
            deployer.cloud.delete(&deployer.remote("entry.balancer")).await.unwrap();
            secs(60).await;
            let id = deployer.remote("island.nat");
            deployer.cloud.delete(&id).await.unwrap();
            assert_eq!(phase(&deployer, &id).await, Phase::Deleting);
            for (held, code) in [
                ("entry.subnet", "DependencyViolation"),
                ("entry.attachment", "DependencyViolation"),
                ("island.address", "InvalidIPAddress.InUse"),
            ] {
                let held = deployer.remote(held);
                let answer = refused(deployer.cloud.delete(&held).await);
                assert_eq!(answer, (ErrorKind::InUse, code.to_owned()));
                let blockers = deployer.cloud.blockers(&held).await.unwrap();
                assert!(blockers.iter().any(|it| it.what.contains(id.as_str())), "{blockers:?}");
            }
            secs(61).await;
            assert_eq!(phase(&deployer, &id).await, Phase::Gone);
            deployer.cloud.delete(&deployer.remote("island.address")).await.unwrap();
            let glance = async || {
                let place = entry();
                let scope = Scope::all(&deployer.deployment, &place);
                deployer.cloud.glance(scope).await.unwrap().contains(id.as_str())
            };
            assert!(glance().await);
            secs(3600).await;
            assert!(!glance().await);
        });
    }

    #[test]
    fn a_zone_has_room_for_five_that_did_not_fail() {
        run(async {
            let mut settings = settings();
            settings.quotas.addresses = 20;
            let deployer = Deployer::with(settings, "entry.attachment").await;
            let mut answers = Vec::new();
            for name in ["a", "b", "c", "d", "e", "f"] {
                let address = resource::ElasticIp {};
                let address = deployer.also(&format!("of {name}"), &entry(), address).await;
                let (subnet, address) =
                    (deployer.to("entry.subnet"), Ref::existing(address.unwrap()));
                let nat = resource::NatGateway { subnet, address };
                answers.push(deployer.also(name, &entry(), nat).await);
            }
            let sixth = refused(answers.pop().unwrap());
            assert_eq!(sixth, (ErrorKind::Quota, "NatGatewayLimitExceeded".to_owned()));
            let first = answers.remove(0).unwrap();
            assert_eq!(first.kind, Kind::NatGateway);
            deployer.cloud.delete(&first).await.unwrap();
            secs(61).await;
            let address = deployer.also("g", &entry(), resource::ElasticIp {}).await.unwrap();
            let (subnet, address) = (deployer.to("entry.subnet"), Ref::existing(address));
            deployer.also("g", &entry(), resource::NatGateway { subnet, address }).await.unwrap();
        });
    }
}
