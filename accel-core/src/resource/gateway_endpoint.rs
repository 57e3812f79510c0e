//! Gateway endpoint: a service's addresses as a route, free of charge (S3 and DynamoDB on AWS).

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// A gateway endpoint. Which route tables lead to it is said by [`EndpointTable`](super::EndpointTable)s, so that a table comes and goes
/// without an outage of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayEndpoint {
    /// The VPC.
    pub vpc: Ref<super::Vpc>,
    /// The service's full name (`com.amazonaws.eu-central-1.s3`), as the cloud's offer gave it.
    pub service: String,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Token,
    throttle: super::Throttle::Endpoints,
    ready: Some(super::Times::new(1, 600)),
    gone: Some(super::Times::new(5, 1800)),
    ..super::PLAIN
};

impl Describe for GatewayEndpoint {
    fn kind(&self) -> Kind {
        Kind::GatewayEndpoint
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.vpc.link(Need::Exists, Role::Holds));
    }
}
