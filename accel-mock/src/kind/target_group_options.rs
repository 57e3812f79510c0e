//! Setting: attributes of a target group.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::Key;
use crate::world::World;

/// Sets them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TargetGroupOptions {
    /// The target group.
    pub group: Key,
    /// Whether targets see the address of the client.
    pub preserve_client_ip: bool,
    /// Seconds that a removed target may finish its connections.
    pub deregistration_delay_secs: u16,
}

pub(super) fn asked(
    setting: &resource::TargetGroupOptions,
    from: &Translator<'_>,
) -> Result<TargetGroupOptions> {
    Ok(TargetGroupOptions {
        group: from.key(&setting.group)?,
        preserve_client_ip: setting.preserve_client_ip,
        deregistration_delay_secs: setting.deregistration_delay_secs,
    })
}

impl Value for TargetGroupOptions {
    fn parent(&self) -> Key {
        self.group
    }

    /// The delay is 0 to 3600 seconds.
    /// Source: `ModifyTargetGroupAttributes`; Target groups for your Network Load Balancers, client IP preservation.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        world.need(self.group)?;
        if self.deregistration_delay_secs > 3600 {
            return Err(refusal::invalid("ValidationError", "the delay is 0 to 3600 seconds"));
        }
        if let Some(group) = world.target_group_mut(self.group) {
            group.preserve_client_ip = self.preserve_client_ip;
            group.deregistration_delay_secs = self.deregistration_delay_secs;
        }
        Ok(())
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        if let Some(group) = world.target_group(self.group) {
            found.field("preserve_client_ip", &self.preserve_client_ip, &group.preserve_client_ip);
            found.field(
                "deregistration_delay_secs",
                &self.deregistration_delay_secs,
                &group.deregistration_delay_secs,
            );
        }
    }
}
