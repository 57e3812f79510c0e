//! Setting: the text beside a security group rule.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::security_group::check_description;
use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::thing::Key;
use crate::world::World;

/// Sets it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleDescription {
    /// The rule.
    pub rule: Key,
    /// The text.
    pub description: String,
}

pub(super) fn asked(
    setting: &resource::RuleDescription,
    from: &Translator<'_>,
) -> Result<RuleDescription> {
    Ok(RuleDescription { rule: from.key(&setting.rule)?, description: setting.description.clone() })
}

impl Value for RuleDescription {
    fn parent(&self) -> Key {
        self.rule
    }

    /// Source: `UpdateSecurityGroupRuleDescriptionsIngress`.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        world.need(self.rule)?;
        check_description(&self.description)?;
        if let Some(rule) = world.rule_mut(self.rule) {
            rule.description.clone_from(&self.description);
        }
        Ok(())
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        if let Some(rule) = world.rule(self.rule) {
            found.field("description", &self.description, &rule.description);
        }
    }
}
