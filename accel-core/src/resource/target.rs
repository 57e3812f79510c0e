//! Target: one address of an endpoint, registered with a target group; and whether it answers.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::{Attributes, Describe, Facts, Kind, Slot, Visit};
use crate::backend::Inputs;
use crate::graph::{Need, Ref, Role};

/// One zone of an endpoint as a target. Its address is the endpoint's own once that is ready, else the pin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The target group.
    pub group: Ref<super::TargetGroup>,
    /// The endpoint.
    pub endpoint: Ref<super::InterfaceEndpoint>,
    /// The subnet whose address is meant.
    pub subnet: Ref<super::Subnet>,
    /// The address asked for when the endpoint was made.
    pub pin: Ipv4Addr,
    /// The port.
    pub port: u16,
}

pub(super) const FACTS: Facts = Facts {
    repeat: super::Repeat::Key,
    api: super::Api::LoadBalancing,
    throttle: super::Throttle::LoadBalancing,
    taggable: false,
    // Two checks ten seconds apart, and the registration before them, which may take minutes.
    // Source: Health checks for Network Load Balancer target groups.
    healthy: Some(super::Times::new(30, 300)),
    key_address: Some(key_address),
    ..super::PLAIN
};

fn key_address(key: &str) -> Option<Ipv4Addr> {
    key.split_once(':').and_then(|(address, _port)| address.parse().ok())
}

impl Describe for Target {
    fn kind(&self) -> Kind {
        Kind::Target
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.group.link(Need::Exists, Role::Holds));
        visit(self.endpoint.link(Need::Exists, Role::Value));
        visit(self.subnet.link(Need::Exists, Role::Value));
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        vec![Slot::key(
            inputs.id(&self.group),
            format_args!("{}:{}", self.address(inputs), self.port),
        )]
    }

    fn key(&self, inputs: &Inputs<'_>) -> Option<String> {
        Some(format!("{}:{}", self.address(inputs), self.port))
    }
}

impl Target {
    /// The address to register: the endpoint's own once it is known, else the pin.
    pub fn address(&self, inputs: &Inputs<'_>) -> Ipv4Addr {
        let known = match inputs.attributes(&self.endpoint) {
            Some(Attributes::InterfaceEndpoint(endpoint)) => {
                endpoint.address_in(&inputs.id(&self.subnet))
            }
            Some(_) | None => None,
        };
        known.unwrap_or(self.pin)
    }
}

/// Whether a target answers its health checks. It changes by itself: it is no attribute, is in no record, and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It answers.
    Healthy,
    /// Its first checks are not over.
    Initial,
    /// It does not answer, or is not checked because nothing uses it.
    Unhealthy {
        /// Why, as the API's reference calls it (`Target.Timeout`).
        reason: String,
        /// The provider's sentence beside it, if there is one.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        says: String,
    },
    /// The cloud does not say.
    Unknown,
}

impl Health {
    /// What somebody has removed from its group. Source: `TargetHealth`, `Reason`.
    pub fn not_registered() -> Self {
        Self::Unhealthy { reason: "Target.NotRegistered".to_owned(), says: String::new() }
    }

    /// What most often is behind it, for whoever has waited in vain. Source of the reasons: `TargetHealth`, `Reason`.
    pub fn likely_cause(&self) -> Option<&'static str> {
        let reason = match self {
            Self::Healthy => return None,
            Self::Initial => return Some("its first checks are not over: it needs more time"),
            Self::Unknown => return Some("the cloud does not say: its checks may be switched off"),
            Self::Unhealthy { reason, .. } => reason.as_str(),
        };
        Some(match reason {
            "Target.Timeout" => {
                "nothing comes back: a rule of a security group (out of the load balancer, into the \
                 endpoint), a route on one of the two sides or the peering connection is missing"
            }
            "Target.FailedHealthChecks" | "Target.ResponseCodeMismatch" => {
                "the connection is not answered as it should be: a security group, a route, the \
                 endpoint's own state, or the port of the check"
            }
            "Target.NotInUse" => "no listener of a load balancer uses its target group",
            "Target.NotRegistered" | "Target.DeregistrationInProgress" => {
                "somebody has removed it from its target group"
            }
            "Target.InvalidState" | "Target.IpUnusable" => {
                "its address cannot be a target: something else has it"
            }
            _ => "a fault of the load balancer itself, which time may mend",
        })
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => f.write_str("healthy"),
            Self::Initial => f.write_str("not checked yet"),
            Self::Unhealthy { reason, says } if says.is_empty() => write!(f, "unhealthy, {reason}"),
            Self::Unhealthy { reason, says } => write!(f, "unhealthy, {reason}: {says}"),
            Self::Unknown => f.write_str("of unknown health"),
        }
    }
}
