//! Gateway endpoint.

use std::sync::Arc;

use accel_core::resource::{Kind, Resource};
use accel_core::{Region, Result, resource};
use serde::{Deserialize, Serialize};

use super::interface_endpoint::check_policy;
use super::{Answer, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, State, Thing};
use crate::world::World;

/// A gateway endpoint. Its tables refer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayEndpoint {
    /// The VPC.
    pub vpc: Key,
    /// The service's full name.
    pub service: String,
    /// Its policy; without one, everybody may do everything.
    pub policy: Option<String>,
}

pub(super) fn asked(
    endpoint: &resource::GatewayEndpoint,
    from: &Translator<'_>,
) -> Result<GatewayEndpoint> {
    let policy = from.carried(|carried| {
        if let Resource::EndpointPolicy(policy) = carried {
            Some(policy.policy.clone())
        } else {
            None
        }
    });
    Ok(GatewayEndpoint { vpc: from.key(&endpoint.vpc)?, service: endpoint.service.clone(), policy })
}

impl Rules for GatewayEndpoint {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.vpc);
    }

    /// Of a service that has such endpoints; 20 per region. Without tables, a VPC may have several of one service.
    /// Source: `CreateVpcEndpoint`; Amazon VPC quotas; of the wrong type, as seen in public logs.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        world.need(self.vpc)?;
        let Some(service) = world.settings.offers.service(&ask.place.region, &self.service) else {
            return Err(refusal::invalid(
                "InvalidServiceName",
                format!("the service {} does not exist", self.service),
            ));
        };
        if !service.gateway {
            return Err(refusal::invalid(
                "InvalidParameter",
                format!("{} has no endpoints of type Gateway", self.service),
            ));
        }
        if let Some(policy) = &self.policy {
            check_policy(service.policy_supported, policy)?;
        }
        let used = world.population(&ask.account, &ask.place.region, Kind::GatewayEndpoint);
        if used >= world.settings.quotas.gateway_endpoints {
            return Err(refusal::quota(
                "VpcEndpointLimitExceeded",
                "the region has no room for a gateway endpoint",
            ));
        }
        Ok(Answer::New)
    }

    fn state(&self, world: &World, _thing: &Thing, state: State) -> State {
        world.standing_in(std::iter::once(self.vpc), state)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("vpce", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("vpc", self.vpc, is.vpc);
        found.field("service", &self.service, &is.service);
    }

    fn show(&self, world: &World) -> String {
        let policy = if self.policy.is_some() { "" } else { ", open policy" };
        format!("{} for {}{policy}", self.service, world.thing(self.vpc).text)
    }
}

/// The id of the list of a service's addresses in a region, which the routes to its gateway endpoints have for their destination.
/// Everybody in a region sees the same. Source: AWS-managed prefix lists, Amazon VPC user guide.
pub fn prefix_list(region: &Region, service: &str) -> String {
    // FNV-1a: any hash will do that is the same everywhere and for ever.
    let hash = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let bytes = region.as_str().bytes().chain([b' ']).chain(service.bytes());
    format!("pl-{:08x}", bytes.fold(0x811c_9dc5, hash))
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::backend::Phase;
    use accel_core::resource;

    use super::*;
    use crate::testing::{Deployer, entry, refused, run};
    use crate::{Exposure, Settings};

    fn of(deployer: &Deployer, short: &str) -> resource::GatewayEndpoint {
        let service = format!("com.amazonaws.ap-southeast-1.{short}");
        resource::GatewayEndpoint { vpc: deployer.to("entry.vpc"), service }
    }

    #[test]
    fn only_some_services_have_one() {
        run(async {
            let deployer = Deployer::instant("entry.vpc").await;
            for (short, code) in [("sqs", "InvalidParameter"), ("nothing", "InvalidServiceName")] {
                let answer = refused(deployer.also("e", &entry(), of(&deployer, short)).await);
                assert_eq!(answer, (ErrorKind::Invalid, code.to_owned()));
            }
            deployer.also("e", &entry(), of(&deployer, "dynamodb")).await.unwrap();
        });
    }

    #[test]
    fn a_region_has_room_for_so_many() {
        run(async {
            let mut settings = Settings::instant();
            settings.quotas.gateway_endpoints = 1;
            let deployer = Deployer::with(settings, "entry.vpc").await;
            deployer.also("a", &entry(), of(&deployer, "s3")).await.unwrap();
            let answer = refused(deployer.also("b", &entry(), of(&deployer, "s3")).await);
            assert_eq!(answer, (ErrorKind::Quota, "VpcEndpointLimitExceeded".to_owned()));
        });
    }

    #[test]
    fn it_holds_its_vpc_and_its_routes_go_with_it() {
        run(async {
            let mut deployer = Deployer::instant("").await;
            deployer.deploy().await;
            let table = deployer.remote("island.endpoint.table");
            let list = prefix_list(&entry().region, "com.amazonaws.ap-southeast-1.s3");
            assert!(deployer.cloud.snapshot().contains(&list));
            deployer.cloud.delete(&deployer.remote("island.endpoint")).await.unwrap();
            assert_eq!(deployer.read("island.endpoint.table").await, Phase::Gone);
            assert!(!deployer.cloud.snapshot().contains(&list), "{table}");
        });
    }

    #[test]
    fn without_a_policy_it_is_open() {
        run(async {
            let deployer = Deployer::instant("entry.vpc").await;
            let id = deployer.also("e", &entry(), of(&deployer, "s3")).await.unwrap();
            let open = Exposure::OpenPolicy { endpoint: id.as_str().to_owned() };
            assert_eq!(deployer.cloud.inspect(World::exposures), [open]);
        });
    }

    #[test]
    fn every_service_of_every_region_has_a_list_of_its_own() {
        let lists = |region: &str, service| prefix_list(&Region::from(region), service);
        assert_eq!(lists("eu-west-1", "s3"), lists("eu-west-1", "s3"));
        assert_ne!(lists("eu-west-1", "s3"), lists("eu-west-2", "s3"));
        assert_ne!(lists("eu-west-1", "s3"), lists("eu-west-1", "dynamodb"));
    }
}
