//! Internet gateway: the door of a VPC to the internet. Attaching it is another node.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};

/// An internet gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternetGateway {}

pub(super) const FACTS: Facts =
    Facts { repeat: super::Repeat::None, outlasts: &[Kind::RouteTable], ..super::PLAIN };

impl Describe for InternetGateway {
    fn kind(&self) -> Kind {
        Kind::InternetGateway
    }

    fn refs(&mut self, _visit: Visit<'_>) {}
}
