//! Setting: how a target group checks its targets.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::target_group::Checks;
use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::thing::Key;
use crate::world::World;

/// Sets the checks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HealthCheck {
    /// The target group.
    pub group: Key,
    /// How it checks from now on.
    pub checks: Checks,
}

pub(super) fn asked(setting: &resource::HealthCheck, from: &Translator<'_>) -> Result<HealthCheck> {
    Ok(HealthCheck { group: from.key(&setting.group)?, checks: Checks::of(setting) })
}

impl Value for HealthCheck {
    fn parent(&self) -> Key {
        self.group
    }

    /// Source: `ModifyTargetGroup`.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        world.need(self.group)?;
        self.checks.check()?;
        if let Some(group) = world.target_group_mut(self.group) {
            group.checks = self.checks;
        }
        Ok(())
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        if let Some(group) = world.target_group(self.group) {
            found.field("checks", &self.checks, &group.checks);
        }
    }
}
