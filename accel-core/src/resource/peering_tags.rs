//! Setting: our tags on the accepter's side of a peering connection. Tags are kept per side.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// Writes the ownership tags on the accepter's side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringTags {
    /// The connection.
    pub peering: Ref<super::PeeringConnection>,
}

/// Deleting them deletes the connection from that side: what outlasts the one outlasts the other.
pub(super) const FACTS: Facts = Facts {
    vanishes_with: Some(Kind::PeeringConnection),
    outlasts: super::peering_connection::FACTS.outlasts,
    ..super::SETTING
};

impl Describe for PeeringTags {
    fn kind(&self) -> Kind {
        Kind::PeeringTags
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.peering.link(Need::Exists, Role::Holds));
    }
}
