//! Setting: the acceptance of a peering connection, in the accepter's place. Ready when traffic can pass.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// Accepts a peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringAcceptance {
    /// The request.
    pub peering: Ref<super::PeeringConnection>,
}

pub(super) const FACTS: Facts = Facts { ready: Some(super::Times::new(3, 300)), ..super::SETTING };

impl Describe for PeeringAcceptance {
    fn kind(&self) -> Kind {
        Kind::PeeringAcceptance
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.peering.link(Need::Exists, Role::Holds));
    }
}
