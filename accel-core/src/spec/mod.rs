//! What a user writes: plain data, every default stated, no cloud ids but those that the user owns already.
//!
//! Fields hold text as it was written: [`Topology::check`](crate::topology::Topology::check) reports everything that is wrong with it at
//! once, each with the path of its field. Only a text that cannot be read at all ([`Acceleration::from_toml`]) stops at its first problem.

mod any;
mod check;
mod common;
mod day;
mod elastic_ips;
mod openness;
mod private_egress;
pub(crate) mod text;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::id::{AccountId, Region};
use crate::resource::DEFAULT_IDLE_TIMEOUT_SECS;

pub use any::{AnyOutputs, AnySpec};
pub(crate) use check::{Checked, CheckedService, Opening, ZONE_SLOTS, check};
pub use day::Day;
pub use elastic_ips::ElasticIps;
pub(crate) use private_egress::{
    CheckedEgress, CheckedEgressService, CheckedTarget, PolicyWord, check as check_egress,
};
pub use private_egress::{
    EgressService, ExistingNetwork, ImplicitTable, Internet, PrivateEgress, SubnetTag, Subnets, Way,
};
pub(crate) use text::canonical_json;

/// A private lane from an entry near the clients to services in a far region.
///
/// Everything has a default but the name, the two regions, the services and who may connect.
///
/// ```
/// use accel_core::spec::Acceleration;
/// use accel_core::topology::Topology;
///
/// let lane = Acceleration::new("sagemaker-jakarta", "ap-southeast-3", "ap-southeast-1")
///     .service("sagemaker.runtime")
///     .allow("203.0.113.0/24");
/// assert!(lane.check().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the file that a user writes"
)]
pub struct Acceleration {
    /// The deployment's name: 1 to 32 characters of `a-z`, `0-9` and `-`.
    pub name: String,
    /// Where the services are.
    pub service_region: Region,
    /// Where the clients come in.
    pub entry_region: Region,
    /// The services that the lane leads to; each has a load balancer of its own, so that they may share ports.
    pub services: Vec<Service>,
    /// Who may connect. Only these addresses reach the load balancers.
    pub allow: Vec<Allow>,
    /// Whether `allow` may add up to more than 2²⁴ addresses (one /8). Judged on the union: two halves of the internet are the internet.
    /// It opens nothing by itself.
    pub allow_internet: bool,
    /// Where the public addresses of the load balancers come from; a service may say otherwise. By default they are made.
    pub elastic_ips: ElasticIps,
    /// In how many zones each service has its endpoint and its load balancer: 1 to 6, by default 2.
    pub zones: u8,
    /// The private address block in the service region: /16 to /25, by default 10.1.0.0/16.
    pub service_cidr: String,
    /// The private address block in the entry region: /16 to /25, by default 10.2.0.0/16.
    pub entry_cidr: String,
    /// Whose credentials may be used through the lane, beside those of the service side's own account.
    pub callers: Callers,
    /// A whole endpoint policy, as JSON text, in place of the one that `callers` makes.
    pub policy: Option<String>,
    /// The account of both sides; another one stops everything before the first call.
    pub account: Option<AccountId>,
    /// The account of the service side, where the two differ.
    pub service_account: Option<AccountId>,
    /// The account of the entry side, where the two differ.
    pub entry_account: Option<AccountId>,
    /// Whether cleanup and replacement refuse. Also sets the load balancers' own deletion protection.
    pub protected: bool,
    /// Tags on everything that can carry some, beside accel's own; at most 35.
    pub tags: BTreeMap<String, String>,
    /// Whether ICMP "fragmentation needed" may come in from anywhere: without it, clients behind small-MTU links can hang. On by default.
    pub path_mtu: bool,
    /// Seconds after which an idle connection is forgotten: 60 to 6000, by default 350.
    pub idle_timeout_secs: u16,
    /// How the load balancers check the endpoints.
    pub health_check: HealthCheck,
    /// Whether each zone of a load balancer also serves targets of the others. Not needed: our targets belong to all zones. Off by default.
    pub cross_zone: bool,
}

impl Default for Acceleration {
    fn default() -> Self {
        Self {
            name: String::new(),
            service_region: Region::from(""),
            entry_region: Region::from(""),
            services: Vec::new(),
            allow: Vec::new(),
            allow_internet: false,
            elastic_ips: ElasticIps::Made,
            zones: 2,
            service_cidr: "10.1.0.0/16".to_owned(),
            entry_cidr: "10.2.0.0/16".to_owned(),
            callers: Callers::default(),
            policy: None,
            account: None,
            service_account: None,
            entry_account: None,
            protected: false,
            tags: BTreeMap::new(),
            path_mtu: true,
            idle_timeout_secs: DEFAULT_IDLE_TIMEOUT_SECS,
            health_check: HealthCheck::default(),
            cross_zone: false,
        }
    }
}

impl Acceleration {
    /// A lane without services and without clients yet.
    pub fn new(
        name: impl Into<String>,
        service_region: impl Into<Region>,
        entry_region: impl Into<Region>,
    ) -> Self {
        Self {
            name: name.into(),
            service_region: service_region.into(),
            entry_region: entry_region.into(),
            ..Self::default()
        }
    }

    /// With one more service: a name, or a [`Service`] with options.
    #[must_use]
    pub fn service(mut self, service: impl Into<Service>) -> Self {
        self.services.push(service.into());
        self
    }

    /// With one more block of client addresses: a CIDR, or an [`Allow`] with options.
    #[must_use]
    pub fn allow(mut self, allow: impl Into<Allow>) -> Self {
        self.allow.push(allow.into());
        self
    }

    /// Reads TOML. A field that does not exist is a problem. What the fields hold is not judged here.
    ///
    /// ```
    /// use accel_core::spec::Acceleration;
    /// let problem = Acceleration::from_toml("name = \"a\"\nzone = 2").unwrap_err();
    /// assert_eq!(problem.path, "line 2, column 1");
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, Problem> {
        from_toml(text)
    }

    /// Reads JSON. A field that does not exist is a problem. What the fields hold is not judged here.
    pub fn from_json(text: &str) -> Result<Self, Problem> {
        from_json(text)
    }
}

fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        Problem::new(line_and_column(text, start), error.message())
    })
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| {
        let path = format!("line {}, column {}", error.line(), error.column());
        Problem::new(path, error.to_string())
    })
}

/// A byte position as people count it.
fn line_and_column(text: &str, position: usize) -> String {
    let (mut line, mut column) = (1, 1);
    for (_, c) in text.char_indices().take_while(|(at, _)| *at < position) {
        if c == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    format!("line {line}, column {column}")
}

/// One service at the far end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Service {
    /// The short name (`sagemaker.runtime`) or the full one (`com.amazonaws.ap-southeast-3.sagemaker.runtime`).
    pub name: String,
    /// The ports that clients use; by default 443.
    pub ports: Vec<u16>,
    /// Says that it may have an endpoint without a policy, where it supports none: whoever is allowed to connect may then use it with
    /// the credentials of any account. Where a policy is supported, it is set all the same.
    pub without_policy: bool,
    /// Its own answer to [`Acceleration::elastic_ips`].
    pub elastic_ips: Option<ElasticIps>,
}

impl Default for Service {
    fn default() -> Self {
        Self { name: String::new(), ports: vec![443], without_policy: false, elastic_ips: None }
    }
}

impl Service {
    /// A service on port 443.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

impl From<&str> for Service {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// Addresses that may connect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Allow {
    /// The block, without host bits (`203.0.113.0/24`).
    pub cidr: String,
    /// Whose it is; stands beside the rule in the cloud. Taken away, the old text stays there until the rule is made anew.
    pub label: Option<String>,
    /// The last day (UTC, `2027-03-31`) on which a deploy still lets it in. Nothing happens by itself: the next deploy closes it.
    pub until: Option<String>,
}

impl Allow {
    /// A block without label and without end.
    pub fn new(cidr: impl Into<String>) -> Self {
        Self { cidr: cidr.into(), ..Self::default() }
    }
}

impl From<&str> for Allow {
    fn from(cidr: &str) -> Self {
        Self::new(cidr)
    }
}

/// Whose credentials may be used through the lane.
///
/// By default only those of the service side's own account. What that refuses: other accounts' credentials, unsigned calls, and URLs
/// that other accounts have presigned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callers {
    /// More accounts.
    pub accounts: Vec<AccountId>,
    /// A whole organisation (`o-a1b2c3d4e5`).
    pub org: Option<String>,
}

/// How a load balancer checks its targets, over TCP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthCheck {
    /// Seconds between checks: 5 to 300, by default 10.
    pub interval_secs: u16,
    /// Checks passed in a row that make a target healthy: 2 to 10, by default 2.
    pub healthy: u8,
    /// Checks failed in a row that make a target unhealthy: 2 to 10, by default 2.
    pub unhealthy: u8,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self { interval_secs: 10, healthy: 2, unhealthy: 2 }
    }
}
