//! Setting: the text beside a security group rule. The rule is made with it.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// Sets the description of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDescription {
    /// The rule.
    pub rule: Ref<super::SecurityGroupRule>,
    /// The text; at most 255 characters.
    pub description: String,
}

pub(super) const FACTS: Facts = Facts { ..super::SETTING };

impl Describe for RuleDescription {
    fn kind(&self) -> Kind {
        Kind::RuleDescription
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.rule.link(Need::Exists, Role::Holds));
    }

    fn carried(&self) -> bool {
        true
    }
}
