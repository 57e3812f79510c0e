//! Elastic IP: a public address that stays.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};

/// A public address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticIp {}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::None,
    ready: Some(super::Times::new(1, 300)),
    billed: true,
    exclusive: true,
    ..super::PLAIN
};

impl Describe for ElasticIp {
    fn kind(&self) -> Kind {
        Kind::ElasticIp
    }

    fn refs(&mut self, _visit: Visit<'_>) {}
}

/// What is known of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticIpAttributes {
    /// The address.
    pub address: std::net::Ipv4Addr,
}
