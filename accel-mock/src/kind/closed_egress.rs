//! Setting: the removal of a new group's allow-all egress rule.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::thing::Key;
use crate::world::World;

/// Removes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClosedEgress {
    /// The group.
    pub group: Key,
}

pub(super) fn asked(
    setting: &resource::ClosedEgress,
    from: &Translator<'_>,
) -> Result<ClosedEgress> {
    Ok(ClosedEgress { group: from.key(&setting.group)? })
}

impl Value for ClosedEgress {
    fn parent(&self) -> Key {
        self.group
    }

    /// Removing it again finds nothing to remove, which is as asked. Source: `RevokeSecurityGroupEgress`,
    /// `InvalidPermission.NotFound`.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        world.need(self.group)?;
        if let Some(group) = world.group_mut(self.group) {
            group.born_open = false;
        }
        Ok(())
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        if let Some(group) = world.group(self.group) {
            found.field("born_open", &false, &group.born_open);
        }
    }
}
