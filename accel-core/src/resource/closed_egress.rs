//! Setting: the removal of a new group's allow-all egress rule.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// Removes the rule with which a new group lets everything out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedEgress {
    /// The group.
    pub group: Ref<super::SecurityGroup>,
}

pub(super) const FACTS: Facts = Facts { ..super::SETTING };

impl Describe for ClosedEgress {
    fn kind(&self) -> Kind {
        Kind::ClosedEgress
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.group.link(Need::Exists, Role::Holds));
    }
}
