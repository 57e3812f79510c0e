//! Setting: the user's tags on everything taggable of one API in one place. Everything is made with them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{Api, Describe, Facts, Kind, Resource, Visit};
use crate::graph::{Need, Ref, Role};

/// Writes tags on many resources at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraTags {
    /// What is tagged; all behind the same API, in the same place.
    pub members: Vec<Ref<Resource>>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// Which API they are behind.
    pub api: Api,
}

pub(super) const FACTS: Facts = Facts { ..super::SETTING };

impl Describe for ExtraTags {
    fn kind(&self) -> Kind {
        Kind::ExtraTags
    }

    fn refs(&mut self, visit: Visit<'_>) {
        for member in &mut self.members {
            visit(member.link(Need::Exists, Role::Holds));
        }
    }

    fn carried(&self) -> bool {
        true
    }
}
