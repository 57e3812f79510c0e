//! Token buckets of the provider's APIs, per account, region and action.
//!
//! Source: Request throttling for the Amazon EC2 API; Request throttling for the Elastic Load Balancing API.

use std::time::Duration;

use accel_core::resource::{Api, Kind};
use accel_core::{AccountId, Error, ErrorKind, Place, Result};
use serde::{Deserialize, Serialize};

use crate::fault::Verb;
use crate::operation::operation;
use crate::world::World;

/// How large a bucket is, and how fast it fills.
#[derive(Debug, Clone, Copy)]
struct Rate {
    size: u32,
    per_1000_secs: u32,
}

/// What is left in a bucket, in thousandths of a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bucket {
    left: u64,
    at: Duration,
}

const fn rate(size: u32, per_1000_secs: u32) -> Rate {
    Rate { size, per_1000_secs }
}

/// The bucket that a call draws from, by its name, and how it fills.
fn bucket(verb: Verb, kind: Kind) -> (&'static str, Rate) {
    bucket_of(operation(verb, kind), kind.facts().api, verb.is_mutating())
}

fn bucket_of(action: &'static str, api: Api, mutating: bool) -> (&'static str, Rate) {
    let network = api == Api::Network;
    match action {
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => (action, rate(4, 300)),
        "CreateNatGateway" | "DeleteNatGateway" => (action, rate(10, 1000)),
        "CreateTags" => (action, rate(100, 10_000)),
        "CreateLoadBalancer" => (action, rate(10, 200)),
        "RegisterTargets" | "DeregisterTargets" => ("registration", rate(20, 4000)),
        _ if network && mutating => (action, rate(50, 5000)),
        _ if network => (action, rate(100, 20_000)),
        _ if mutating => ("load balancing, mutating", rate(20, 3000)),
        _ => ("load balancing, looking", rate(40, 10_000)),
    }
}

/// The kinds whose describes a list needs, one per API call.
const LISTED: &[Kind] = &[
    Kind::Vpc,
    Kind::Subnet,
    Kind::InternetGateway,
    Kind::RouteTable,
    Kind::SecurityGroup,
    Kind::SecurityGroupRule,
    Kind::InterfaceEndpoint,
    Kind::PeeringConnection,
    Kind::ElasticIp,
    Kind::LoadBalancer,
    Kind::TargetGroup,
    Kind::Listener,
    Kind::Target,
    Kind::NatGateway,
    Kind::GatewayEndpoint,
];

impl World {
    /// Draws from the buckets of everything that a call does, or refuses it.
    pub(crate) fn throttle(
        &mut self,
        verb: Verb,
        kinds: &[Kind],
        account: &AccountId,
        place: &Place,
    ) -> Result<()> {
        if !self.settings.throttling {
            return Ok(());
        }
        let mut kinds = kinds.to_vec();
        if matches!(verb, Verb::List | Verb::Glance) {
            kinds.retain(|kind| LISTED.contains(kind));
        }
        kinds.sort_unstable();
        kinds.dedup();
        let mut names: Vec<&str> = Vec::new();
        for kind in kinds {
            let (name, rate) = bucket(verb, kind);
            // Several kinds that one describe shows are one call.
            if names.contains(&name) && kind.facts().api == Api::Network {
                continue;
            }
            names.push(name);
            self.draw(name, rate, account, place)?;
            if kind.facts().api == Api::LoadBalancing {
                self.draw("load balancing", rate_of_account(), account, place)?;
            }
        }
        Ok(())
    }

    /// The same for one action of an API, by its own name.
    pub(crate) fn throttle_action(
        &mut self,
        action: &'static str,
        api: Api,
        mutating: bool,
        account: &AccountId,
        place: &Place,
    ) -> Result<()> {
        if !self.settings.throttling {
            return Ok(());
        }
        let (name, rate) = bucket_of(action, api, mutating);
        self.draw(name, rate, account, place)?;
        if api == Api::LoadBalancing {
            self.draw("load balancing", rate_of_account(), account, place)?;
        }
        Ok(())
    }

    fn draw(
        &mut self,
        name: &'static str,
        rate: Rate,
        account: &AccountId,
        place: &Place,
    ) -> Result<()> {
        let now = self.now;
        let full = u64::from(rate.size) * 1000;
        let scope = (account.clone(), place.region.clone(), name.to_owned());
        let bucket = self.buckets.entry(scope).or_insert(Bucket { left: full, at: now });
        let millis = u64::try_from(now.saturating_sub(bucket.at).as_millis()).unwrap_or(u64::MAX);
        let filled = millis.saturating_mul(rate.per_1000_secs.into()) / 1000;
        if filled > 0 {
            bucket.left = bucket.left.saturating_add(filled).min(full);
            bucket.at = now;
        }
        if bucket.left < 1000 {
            let code = if name.starts_with("load balancing") || name == "registration" {
                "Throttling"
            } else {
                "RequestLimitExceeded"
            };
            return Err(Error::new(ErrorKind::Throttled, "request limit exceeded").code(code));
        }
        bucket.left -= 1000;
        Ok(())
    }
}

/// All actions of the load balancing API of an account together.
fn rate_of_account() -> Rate {
    rate(40, 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::testing::entry;

    #[test]
    fn the_fifth_endpoint_at_once_is_throttled_until_the_bucket_fills() {
        let mut world = World::new(Settings::default());
        let account = AccountId::from("1");
        let create = |world: &mut World| {
            world.throttle(Verb::Create, &[Kind::InterfaceEndpoint], &account, &entry())
        };
        for _ in 0..4 {
            create(&mut world).unwrap();
        }
        assert_eq!(create(&mut world).unwrap_err().kind(), ErrorKind::Throttled);
        world.enter(Duration::from_millis(3334));
        create(&mut world).unwrap();
        assert!(create(&mut world).is_err());
    }
}
