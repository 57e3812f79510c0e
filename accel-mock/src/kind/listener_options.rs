//! Setting: attributes of a listener.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::Key;
use crate::world::World;

/// Sets them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListenerOptions {
    /// The listener.
    pub listener: Key,
    /// Seconds after which an idle connection is forgotten.
    pub idle_timeout_secs: u16,
}

pub(super) fn asked(
    setting: &resource::ListenerOptions,
    from: &Translator<'_>,
) -> Result<ListenerOptions> {
    Ok(ListenerOptions {
        listener: from.key(&setting.listener)?,
        idle_timeout_secs: setting.idle_timeout_secs,
    })
}

impl Value for ListenerOptions {
    fn parent(&self) -> Key {
        self.listener
    }

    /// 60 to 6000 seconds. Source: `ModifyListenerAttributes`, `tcp.idle_timeout.seconds`.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        world.need(self.listener)?;
        if !(60..=6000).contains(&self.idle_timeout_secs) {
            return Err(refusal::invalid("ValidationError", "the timeout is 60 to 6000 seconds"));
        }
        if let Some(listener) = world.listener_mut(self.listener) {
            listener.idle_timeout_secs = self.idle_timeout_secs;
        }
        Ok(())
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        if let Some(listener) = world.listener(self.listener) {
            let is = &listener.idle_timeout_secs;
            found.field("idle_timeout_secs", &self.idle_timeout_secs, is);
        }
    }
}
