//! Setting: attributes of a load balancer.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::thing::Key;
use crate::world::World;

/// Sets them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoadBalancerOptions {
    /// The load balancer.
    pub balancer: Key,
    /// Whether the cloud refuses to delete it.
    pub deletion_protection: bool,
    /// Whether each zone also serves the targets of the others.
    pub cross_zone: bool,
}

pub(super) fn asked(
    setting: &resource::LoadBalancerOptions,
    from: &Translator<'_>,
) -> Result<LoadBalancerOptions> {
    Ok(LoadBalancerOptions {
        balancer: from.key(&setting.balancer)?,
        deletion_protection: setting.deletion_protection,
        cross_zone: setting.cross_zone,
    })
}

impl Value for LoadBalancerOptions {
    fn parent(&self) -> Key {
        self.balancer
    }

    /// Source: `ModifyLoadBalancerAttributes`.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        world.need(self.balancer)?;
        if let Some(balancer) = world.balancer_mut(self.balancer) {
            balancer.deletion_protection = self.deletion_protection;
            balancer.cross_zone = self.cross_zone;
        }
        Ok(())
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        if let Some(balancer) = world.balancer(self.balancer) {
            let protection = &balancer.deletion_protection;
            found.field("deletion_protection", &self.deletion_protection, protection);
            found.field("cross_zone", &self.cross_zone, &balancer.cross_zone);
        }
    }
}
