//! Setting: who may use an endpoint.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Resource, Visit};
use crate::graph::{Need, Ref, Role};

/// Sets an endpoint's policy. The endpoint is made with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointPolicy {
    /// The endpoint: an [`InterfaceEndpoint`](super::InterfaceEndpoint) or a [`GatewayEndpoint`](super::GatewayEndpoint).
    pub endpoint: Ref<Resource>,
    /// The policy document, canonical JSON.
    pub policy: String,
}

pub(super) const FACTS: Facts = Facts { throttle: super::Throttle::Endpoints, ..super::SETTING };

impl Describe for EndpointPolicy {
    fn kind(&self) -> Kind {
        Kind::EndpointPolicy
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.endpoint.link(Need::Exists, Role::Holds));
    }

    fn carried(&self) -> bool {
        true
    }
}
