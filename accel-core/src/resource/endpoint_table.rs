//! A route table that leads to a gateway endpoint. A table takes one endpoint per service.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};

/// Gives a route table a route to a gateway endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointTable {
    /// The endpoint.
    pub endpoint: Ref<super::GatewayEndpoint>,
    /// The table.
    pub table: Ref<super::RouteTable>,
    /// The endpoint's service: a table has one route to each.
    pub service: String,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    throttle: super::Throttle::Endpoints,
    taggable: false,
    vanishes_with: Some(Kind::GatewayEndpoint),
    ..super::PLAIN
};

impl Describe for EndpointTable {
    fn kind(&self) -> Kind {
        Kind::EndpointTable
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.endpoint.link(Need::Exists, Role::Holds));
        visit(self.table.link(Need::Exists, Role::Holds));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        vec![Slot::key(inputs.id(&self.table), &self.service)]
    }

    /// A table leads to endpoints of several services: only one of the same service stands where this one belongs.
    fn key(&self, _inputs: &Inputs<'_>) -> Option<String> {
        Some(self.service.clone())
    }
}
