//! Elastic IP.

use std::net::Ipv4Addr;
use std::sync::Arc;

use accel_core::resource::{Attributes, ElasticIpAttributes, Kind};
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::hold::Viewer;
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// A public address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticIp {}

#[expect(clippy::unnecessary_wraps, reason = "every kind's translation has this shape")]
pub(super) fn asked(_address: &resource::ElasticIp, _from: &Translator<'_>) -> Result<ElasticIp> {
    Ok(ElasticIp {})
}

/// The public address that a thing with that number gets, in the block that is set aside for measurements (RFC 2544).
pub(crate) fn public_address(key: Key, index: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + (key.0 * 4 + index) % (1 << 17))
}

impl Rules for ElasticIp {
    fn refs(&self, _visit: &mut dyn FnMut(Key)) {}

    /// Five per region; every call makes another. Source: `AllocateAddress`; Amazon VPC quotas.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        let used = world.population(&ask.account, &ask.place.region, Kind::ElasticIp);
        if used >= world.settings.quotas.addresses {
            return Err(refusal::quota(
                "AddressLimitExceeded",
                "the maximum number of addresses has been reached",
            ));
        }
        Ok(Answer::New)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("eipalloc", key)
    }

    fn compare(&self, _is: &Self, _found: &mut Differences<'_>) {}

    fn show(&self, _world: &World) -> String {
        String::new()
    }

    /// It must not be associated; a load balancer's stays so until the balancer's interfaces are gone. Source: `ReleaseAddress`.
    fn blocked(&self, world: &World, thing: &Thing) -> Result<()> {
        if !world.is_released(thing.key, Kind::NatGateway) {
            let why = format!("{} does not belong to the caller", thing.text);
            return Err(refusal::in_use("AuthFailure", why));
        }
        world.holder_of_address(thing.key).map_or(Ok(()), |interface| {
            Err(refusal::in_use(
                "InvalidIPAddress.InUse",
                format!("{} is in use by {}", thing.text, interface.text),
            ))
        })
    }

    fn attributes(&self, _world: &World, thing: &Thing, _viewer: Viewer<'_>) -> Attributes {
        Attributes::ElasticIp(ElasticIpAttributes { address: public_address(thing.key, 0) })
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::resource;

    use crate::testing::{Deployer, entry, refused, run, secs};
    use crate::{Doubts, Lag, Settings};

    #[test]
    fn what_a_nat_gateway_has_just_left_is_nobodys_for_a_moment() {
        run(async {
            let mut settings = Settings { lag: Lag::OFF, ..Settings::fast() };
            settings.doubts = Doubts::otherwise();
            let deployer = Deployer::with(settings, "island.route").await;
            let id = deployer.remote("island.address");
            deployer.cloud.delete(&deployer.remote("island.nat")).await.unwrap();
            secs(61).await;
            let answer = refused(deployer.cloud.delete(&id).await);
            assert_eq!(answer, (ErrorKind::InUse, "AuthFailure".to_owned()));
            secs(5).await;
            deployer.cloud.delete(&id).await.unwrap();
        });
    }

    #[test]
    fn a_region_has_five() {
        run(async {
            let deployer = Deployer::instant("").await;
            for name in ["a", "b", "c", "d", "e"] {
                deployer.also(name, &entry(), resource::ElasticIp {}).await.unwrap();
            }
            let sixth = refused(deployer.also("f", &entry(), resource::ElasticIp {}).await);
            assert_eq!(sixth, (ErrorKind::Quota, "AddressLimitExceeded".to_owned()));
        });
    }

    #[test]
    fn it_is_in_use_until_the_interface_of_its_balancer_is_gone() {
        run(async {
            let settings = Settings { lag: Lag::OFF, ..Settings::fast() };
            let deployer = Deployer::with(settings, "entry.balancer").await;
            let id = deployer.remote("entry.address");
            deployer.cloud.delete(&deployer.remote("entry.balancer")).await.unwrap();
            let answer = refused(deployer.cloud.delete(&id).await);
            assert_eq!(answer, (ErrorKind::InUse, "InvalidIPAddress.InUse".to_owned()));
            secs(46).await;
            deployer.cloud.delete(&id).await.unwrap();
        });
    }
}
