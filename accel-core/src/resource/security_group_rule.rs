//! Security group rule: one opening.

use std::fmt;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};

/// One opening of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// The group.
    pub group: Ref<super::SecurityGroup>,
    /// Which way.
    pub direction: Direction,
    /// What passes.
    pub traffic: Traffic,
    /// The other end.
    pub peer: Ipv4Net,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    vanishes_with: Some(Kind::SecurityGroup),
    opening: true,
    ..super::PLAIN
};

impl Describe for SecurityGroupRule {
    fn kind(&self) -> Kind {
        Kind::SecurityGroupRule
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.group.link(Need::Exists, Role::Holds));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        vec![Slot::key(
            inputs.id(&self.group),
            format_args!("{} {} {}", self.direction, self.traffic, self.peer),
        )]
    }

    fn key(&self, _inputs: &Inputs<'_>) -> Option<String> {
        Some(format!("{} {} {}", self.direction, self.traffic, self.peer))
    }
}

/// Which way a rule opens its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the interface.
    Ingress,
    /// Out of the interface.
    Egress,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        })
    }
}

/// What a rule lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Traffic {
    /// TCP to one port.
    Tcp(u16),
    /// ICMP "fragmentation needed" (type 3, code 4): path MTU discovery needs it.
    FragmentationNeeded,
    /// Everything. We never make such a rule; a new group's own egress rule is one.
    All,
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(port) => write!(f, "tcp/{port}"),
            Self::FragmentationNeeded => f.pad("icmp/3/4"),
            Self::All => f.pad("all"),
        }
    }
}
