//! What a user writes for private egress: what functions in a network call, and how they get there.

mod check;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Callers, ElasticIps};
use crate::error::Problem;
use crate::id::{AccountId, Region};

pub(crate) use check::{CheckedEgress, CheckedEgressService, CheckedTarget, PolicyWord, check};

/// The way out for what runs in private subnets ("islands"): cloud services through endpoints, the internet through NAT gateways.
///
/// Without a `network`, a new one is made. In one that exists, nothing is changed but what is asked for, and cleanup puts it back.
/// Everything has a default but the name and the region; in a network that exists, its subnets and the endpoints' policy must be said too.
///
/// ```
/// use accel_core::spec::{Internet, PrivateEgress};
/// use accel_core::topology::Topology;
///
/// let egress = PrivateEgress { internet: Internet::One, ..PrivateEgress::new("functions", "eu-central-1") };
/// assert!(egress.check().is_empty());
/// assert_eq!(egress.services.len(), 3); // s3, dynamodb and sqs
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivateEgress {
    /// The deployment's name: 1 to 32 characters of `a-z`, `0-9` and `-`.
    pub name: String,
    /// Where it is.
    pub region: Region,
    /// The network that exists; without one, a new one is made.
    pub network: Option<ExistingNetwork>,
    /// The private address block of a new network: /16 to /24, by default 10.3.0.0/16.
    pub cidr: String,
    /// In how many zones a new network has islands: 1 to 6, by default 2.
    pub zones: u8,
    /// What the islands call, and how it gets there. By default `s3`, `dynamodb` and `sqs`, through endpoints.
    pub services: Vec<EgressService>,
    /// The way to the internet, for everything that no endpoint takes. By default there is none.
    pub internet: Internet,
    /// Where the public addresses of the NAT gateways come from: made, which is the default, or a list of your own, one per gateway.
    pub elastic_ips: ElasticIps,
    /// What the endpoints let through: `own-account` (also the accounts of `callers`), `anybody`, or a whole policy as JSON text. A service
    /// may say otherwise. By default `own-account` in a new network; in one that exists it must be said, for its other calls move too.
    pub policy: Option<String>,
    /// Whose credentials may be used through the endpoints, beside those of the own account.
    pub callers: Callers,
    /// How much goes to the internet and comes from there, in GB a month: for the estimate of what it costs.
    pub internet_gb_per_month: u32,
    /// The account; another one stops everything before the first call.
    pub account: Option<AccountId>,
    /// Whether cleanup and replacement refuse.
    pub protected: bool,
    /// Tags on everything that can carry some, beside accel's own; at most 20.
    pub tags: BTreeMap<String, String>,
}

impl Default for PrivateEgress {
    fn default() -> Self {
        Self {
            name: String::new(),
            region: Region::from(""),
            network: None,
            cidr: "10.3.0.0/16".to_owned(),
            zones: 2,
            services: ["s3", "dynamodb", "sqs"].map(EgressService::new).to_vec(),
            internet: Internet::None,
            elastic_ips: ElasticIps::Made,
            policy: None,
            callers: Callers::default(),
            internet_gb_per_month: 0,
            account: None,
            protected: false,
            tags: BTreeMap::new(),
        }
    }
}

impl PrivateEgress {
    /// Endpoints for S3, DynamoDB and SQS in a new network, and no internet.
    pub fn new(name: impl Into<String>, region: impl Into<Region>) -> Self {
        Self { name: name.into(), region: region.into(), ..Self::default() }
    }

    /// Reads TOML. A field that does not exist is a problem. What the fields hold is not judged here.
    pub fn from_toml(text: &str) -> Result<Self, Problem> {
        super::from_toml(text)
    }

    /// Reads JSON. A field that does not exist is a problem. What the fields hold is not judged here.
    pub fn from_json(text: &str) -> Result<Self, Problem> {
        super::from_json(text)
    }
}

/// A network that exists and is not ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExistingNetwork {
    /// The VPC's id.
    pub vpc: String,
    /// The private subnets whose calls are to get out.
    pub islands: Subnets,
    /// The public subnets in which NAT gateways stand; needed with `internet`, one in each zone that has a gateway.
    pub public: Subnets,
    /// What to do about an island without a route table of its own, which falls back on the VPC's main one.
    pub implicit_table: ImplicitTable,
    /// Whether a default route that leads elsewhere may lead through NAT for as long as the deployment stands; also the main table's, for
    /// an island that gets a table of its own. Cleanup puts it back.
    pub replace_default_route: bool,
}

/// Subnets of a network: by id, or all that carry a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a list of subnet ids, or a tag like { tag = \"tier\", value = \"island\" }"
)]
pub enum Subnets {
    /// These.
    Ids(Vec<String>),
    /// Those that carry a tag.
    Tagged(SubnetTag),
}

impl Default for Subnets {
    fn default() -> Self {
        Self::Ids(Vec::new())
    }
}

/// A tag that marks subnets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubnetTag {
    /// Its key.
    pub tag: String,
    /// Its value.
    pub value: String,
}

/// What to do about an island that falls back on its VPC's main route table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImplicitTable {
    /// It is a problem, for a person to decide.
    #[default]
    Refuse,
    /// The island gets a table of its own. What else the main table leads to is out of its reach then.
    Own,
    /// The main table gets the routes, and every subnet that falls back on it their effect.
    Main,
}

/// The way to the internet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Internet {
    /// None.
    #[default]
    None,
    /// One NAT gateway for all: cheaper, but the way of every zone depends on one of them, and what comes from others pays for transfer.
    One,
    /// One NAT gateway in each zone that has an island.
    PerZone,
}

/// One service that the islands call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EgressService {
    /// The short name (`sqs`) or the full one (`com.amazonaws.eu-central-1.sqs`).
    pub name: String,
    /// How its calls leave. By default through an endpoint: a gateway endpoint for what has one (S3, DynamoDB), else an interface endpoint.
    pub via: Way,
    /// The ports of an interface endpoint; by default 443.
    pub ports: Vec<u16>,
    /// Whether the service's own names resolve to its interface endpoint in the whole network. On by default.
    pub private_dns: bool,
    /// Its own answer to [`PrivateEgress::policy`].
    pub policy: Option<String>,
    /// Says that it may have an endpoint without a policy, where it supports none.
    pub without_policy: bool,
    /// How much the islands exchange with it, in GB a month: for the estimate of what each way costs.
    pub gb_per_month: u32,
}

impl Default for EgressService {
    fn default() -> Self {
        Self {
            name: String::new(),
            via: Way::Endpoint,
            ports: vec![443],
            private_dns: true,
            policy: None,
            without_policy: false,
            gb_per_month: 0,
        }
    }
}

impl EgressService {
    /// A service through an endpoint.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// How calls to a service leave the islands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Through an endpoint of the network's.
    #[default]
    Endpoint,
    /// Through NAT, like everything else that goes to the internet.
    Nat,
}
