//! Target group.

use std::fmt;
use std::sync::Arc;

use accel_core::resource::{Kind, Resource};
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// A target group of IP targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroup {
    /// Its name, unique in account and region.
    pub name: String,
    /// The VPC of the load balancer.
    pub vpc: Key,
    /// The port of the targets.
    pub port: u16,
    /// How targets are checked.
    pub checks: Checks,
    /// Whether targets see the client's address. Off by default for IP targets behind TCP.
    pub preserve_client_ip: bool,
    /// Seconds that a removed target may finish its connections.
    pub deregistration_delay_secs: u16,
}

/// How targets are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// Seconds between checks.
    pub interval_secs: u16,
    /// Checks passed in a row that make a target healthy.
    pub healthy: u8,
    /// Checks failed in a row that make a target unhealthy.
    pub unhealthy: u8,
}

impl Default for Checks {
    /// Source: `CreateTargetGroup`, defaults for TCP.
    fn default() -> Self {
        Self { interval_secs: 30, healthy: 5, unhealthy: 2 }
    }
}

impl fmt::Display for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "every {} s, {}/{}", self.interval_secs, self.healthy, self.unhealthy)
    }
}

impl Checks {
    pub(super) fn of(asked: &resource::HealthCheck) -> Self {
        let resource::HealthCheck { interval_secs, healthy, unhealthy, .. } = *asked;
        Self { interval_secs, healthy, unhealthy }
    }

    /// Source: `CreateTargetGroup`, health check parameters.
    pub(super) fn check(self) -> Result<()> {
        let fits = (5..=300).contains(&self.interval_secs)
            && (2..=10).contains(&self.healthy)
            && (2..=10).contains(&self.unhealthy);
        if fits {
            return Ok(());
        }
        Err(refusal::invalid(
            "ValidationError",
            "health checks come every 5 to 300 seconds with thresholds of 2 to 10",
        ))
    }
}

pub(super) fn asked(group: &resource::TargetGroup, from: &Translator<'_>) -> Result<TargetGroup> {
    let checks = from.carried(|carried| {
        if let Resource::HealthCheck(check) = carried { Some(Checks::of(check)) } else { None }
    });
    Ok(TargetGroup {
        name: from.request.name(),
        vpc: from.key(&group.vpc)?,
        port: group.port,
        checks: checks.unwrap_or_default(),
        preserve_client_ip: false,
        deregistration_delay_secs: 300,
    })
}

impl Rules for TargetGroup {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.vpc);
    }

    /// The same name with the same settings answers with the group that there is. 3,000 per region.
    /// Source: `CreateTargetGroup`; Quotas for your Network Load Balancers.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        self.checks.check()?;
        if let Some(other) = world.named(ask, Kind::TargetGroup, &self.name) {
            let checks = world.target_group(other.key).map(|group| group.checks);
            if checks == Some(self.checks) && world.is_repeat(ask, other) {
                return Ok(Answer::Same(other.key));
            }
            return Err(refusal::conflict(
                "DuplicateTargetGroupName",
                format!("a target group named {} exists with other settings", self.name),
            ));
        }
        // Load balancing has none of the codes of EC2. Source: terraform-aws-modules/terraform-aws-alb#294.
        world.need(self.vpc).map_err(|_| {
            let vpc = &world.thing(self.vpc).text;
            refusal::not_yet("ValidationError", format!("The VPC ID '{vpc}' is not found"))
        })?;
        if self.port == 0 {
            return Err(refusal::invalid("ValidationError", "a port is 1 to 65535"));
        }
        let used = world.population(&ask.account, &ask.place.region, Kind::TargetGroup);
        if used >= world.settings.quotas.target_groups {
            return Err(refusal::quota("TooManyTargetGroups", "the region has no room"));
        }
        Ok(Answer::New)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("tg", key)
    }

    fn name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("vpc", self.vpc, is.vpc);
        found.field("port", &self.port, &is.port);
    }

    fn show(&self, world: &World) -> String {
        let client = if self.preserve_client_ip { "kept" } else { "replaced" };
        format!(
            "{} port {} of {}, checked {}, client addresses {client}, drained for {} s",
            self.name,
            self.port,
            world.thing(self.vpc).text,
            self.checks,
            self.deregistration_delay_secs
        )
    }

    /// No listener may use it, and for a moment after the listener is gone it still counts as used.
    /// Source: `DeleteTargetGroup`, `ResourceInUse`.
    fn blocked(&self, world: &World, thing: &Thing) -> Result<()> {
        let used = world.children_of_kind(thing.key, Kind::Listener).next().is_some();
        if used || !world.is_released(thing.key, Kind::Listener) {
            return Err(refusal::in_use(
                "ResourceInUse",
                format!("{} is currently in use by a listener or a rule", thing.text),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::backend::Bound;

    use crate::kind::Body;
    use crate::testing::{Deployer, refused, run, secs};
    use crate::{Lag, Settings};

    #[test]
    fn a_name_answers_with_what_has_it_if_the_first_values_are_the_same() {
        run(async {
            let deployer = Deployer::instant("entry.targets").await;
            let id = deployer.remote("entry.targets");
            assert_eq!(deployer.create("entry.targets").await, Ok(id.clone()));
            deployer.cloud.meddle(|world| {
                world.change(id.as_str(), |body| {
                    let Body::TargetGroup(group) = body else { panic!("a group") };
                    group.checks.interval_secs = 30;
                });
            });
            let again = refused(deployer.create("entry.targets").await);
            assert_eq!(again, (ErrorKind::Conflict, "DuplicateTargetGroupName".to_owned()));
            assert_eq!(deployer.find("entry.targets").await, Ok(Some(id)), "content, not settings");
        });
    }

    #[test]
    fn a_vpc_that_is_not_seen_yet_has_the_code_of_load_balancing() {
        run(async {
            let lag = Lag { by_id: Duration::from_secs(5), ..Lag::default() };
            let settings = Settings { lag, ..Settings::instant() };
            let mut deployer = Deployer::with(settings, "").await;
            let id = deployer.create("entry.vpc").await.unwrap();
            deployer.bound.push((deployer.id("entry.vpc"), Bound { id, attributes: None }));
            let answer = refused(deployer.create("entry.targets").await);
            assert_eq!(answer, (ErrorKind::NotYet, "ValidationError".to_owned()));
        });
    }

    #[test]
    fn a_listener_holds_it_and_for_a_moment_longer() {
        run(async {
            let settings = Settings { lag: Lag::OFF, ..Settings::fast() };
            let deployer = Deployer::with(settings, "entry.listener").await;
            let id = deployer.remote("entry.targets");
            for name in ["entry.listener", "entry.targets"] {
                let answer = refused(deployer.cloud.delete(&id).await);
                assert_eq!(answer, (ErrorKind::InUse, "ResourceInUse".to_owned()), "{name}");
                deployer.cloud.delete(&deployer.remote("entry.listener")).await.unwrap();
            }
            secs(2).await;
            deployer.cloud.delete(&id).await.unwrap();
        });
    }
}
