//! Listener.

use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::{DEFAULT_IDLE_TIMEOUT_SECS, Kind};
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Body, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// A TCP listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// The load balancer.
    pub balancer: Key,
    /// The port.
    pub port: u16,
    /// Where connections go.
    pub group: Key,
    /// Seconds after which an idle connection is forgotten.
    pub idle_timeout_secs: u16,
}

pub(super) fn asked(listener: &resource::Listener, from: &Translator<'_>) -> Result<Listener> {
    Ok(Listener {
        balancer: from.key(&listener.balancer)?,
        port: listener.port,
        group: from.key(&listener.group)?,
        idle_timeout_secs: DEFAULT_IDLE_TIMEOUT_SECS,
    })
}

impl Rules for Listener {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.balancer);
        visit(self.group);
    }

    /// A port of a balancer has one listener: the same settings answer with it, others are refused. A target group serves one
    /// balancer, in its own VPC. 50 per balancer. Source: `CreateListener`; Target groups for your Network Load Balancers.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        world.need(self.balancer)?;
        world.need(self.group)?;
        let mut count = 0;
        for other in world.children_of_kind(self.balancer, Kind::Listener) {
            count += 1;
            let Body::Listener(listener) = &other.body else { continue };
            if listener.port == self.port && world.is_repeat(ask, other) {
                return Ok(Answer::Same(other.key));
            }
            if listener.port == self.port {
                return Err(refusal::conflict(
                    "DuplicateListener",
                    format!("there is a listener on port {}", self.port),
                ));
            }
        }
        if count >= world.settings.quotas.listeners {
            return Err(refusal::quota("TooManyListeners", "the load balancer has no room"));
        }
        self.check_group(world)?;
        Ok(Answer::New)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("lsn", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("balancer", self.balancer, is.balancer);
        found.field("port", &self.port, &is.port);
        found.thing("group", self.group, is.group);
    }

    fn show(&self, world: &World) -> String {
        format!(
            "port {} of {} to {}, idle after {} s",
            self.port,
            world.thing(self.balancer).text,
            world.thing(self.group).text,
            self.idle_timeout_secs
        )
    }

    fn leave(&self, world: &mut World, _key: Key, gone: Duration) {
        let until = gone + world.settings.delays.group_release;
        world.hold(self.group, Kind::Listener, until);
    }
}

impl Listener {
    fn check_group(&self, world: &World) -> Result<()> {
        let subnet = world.balancer(self.balancer).and_then(|b| b.subnets.first());
        let vpc = subnet.and_then(|(subnet, _)| world.subnet(*subnet)).map(|subnet| subnet.vpc);
        if vpc != world.target_group(self.group).map(|group| group.vpc) {
            return Err(refusal::invalid(
                "InvalidConfigurationRequest",
                "the target group is not in the VPC of the load balancer",
            ));
        }
        let mut users = world.children_of_kind(self.group, Kind::Listener);
        let elsewhere = users.find(|other: &&Thing| {
            matches!(&other.body, Body::Listener(other) if other.balancer != self.balancer)
        });
        elsewhere.map_or(Ok(()), |other| {
            Err(refusal::conflict(
                "TargetGroupAssociationLimit",
                format!("the target group is used by another load balancer: {}", other.text),
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::{Ref, resource};

    use crate::testing::{Deployer, entry, refused, run};

    #[test]
    fn a_port_has_one_listener() {
        run(async {
            let deployer = Deployer::instant("entry.listener").await;
            let id = deployer.remote("entry.listener");
            assert_eq!(deployer.create("entry.listener").await, Ok(id));
            let targets = resource::TargetGroup { vpc: deployer.to("entry.vpc"), port: 8443 };
            let targets = deployer.also("targets", &entry(), targets).await.unwrap();
            let listener = resource::Listener {
                balancer: deployer.to("entry.balancer"),
                port: 443,
                group: Ref::existing(targets),
            };
            let answer = refused(deployer.also("other", &entry(), listener).await);
            assert_eq!(answer, (ErrorKind::Conflict, "DuplicateListener".to_owned()));
        });
    }

    #[test]
    fn it_goes_with_its_balancer() {
        run(async {
            let deployer = Deployer::instant("entry.listener").await;
            let id = deployer.remote("entry.listener");
            deployer.cloud.delete(&deployer.remote("entry.balancer")).await.unwrap();
            assert!(deployer.cloud.inspect(|world| world.find(id.as_str()).is_none()));
        });
    }
}
