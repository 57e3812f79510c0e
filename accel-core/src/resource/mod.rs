//! The vocabulary: every kind of resource, one file each, and the closed list of them.
//!
//! A kind's file holds its fields, its references, the slots it occupies, its natural key and its facts (how its create may be
//! repeated, how long things take). What a provider does with it lives in the backends, in files of the same names.

mod closed_egress;
mod elastic_ip;
mod endpoint_policy;
mod endpoint_table;
mod extra_tags;
mod gateway_attachment;
mod gateway_endpoint;
mod health_check;
mod interface_endpoint;
mod internet_gateway;
mod listener;
mod listener_options;
mod load_balancer;
mod load_balancer_options;
mod nat_gateway;
mod peering_acceptance;
mod peering_connection;
mod peering_tags;
mod route;
mod route_replacement;
mod route_table;
mod route_table_association;
mod rule_description;
mod security_group;
mod security_group_rule;
mod subnet;
mod target;
mod target_group;
mod target_group_options;
mod vpc;
mod vpc_dns_hostnames;

use std::fmt;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::backend::Inputs;
use crate::graph::{Need, NodeId, Ref, Role, To};
use crate::id::RemoteId;

pub use closed_egress::ClosedEgress;
pub use elastic_ip::{ElasticIp, ElasticIpAttributes};
pub use endpoint_policy::EndpointPolicy;
pub use endpoint_table::EndpointTable;
pub use extra_tags::ExtraTags;
pub use gateway_attachment::GatewayAttachment;
pub use gateway_endpoint::GatewayEndpoint;
pub use health_check::HealthCheck;
pub use interface_endpoint::{
    EndpointAttributes, EndpointInterface, EndpointSubnet, InterfaceEndpoint,
};
pub use internet_gateway::InternetGateway;
pub use listener::Listener;
pub use listener_options::{DEFAULT_IDLE_TIMEOUT_SECS, ListenerOptions};
pub use load_balancer::{BalancerAttributes, BalancerSubnet, LoadBalancer};
pub use load_balancer_options::LoadBalancerOptions;
pub use nat_gateway::{NatAttributes, NatGateway};
pub use peering_acceptance::PeeringAcceptance;
pub use peering_connection::PeeringConnection;
pub use peering_tags::PeeringTags;
pub use route::{Route, Via};
pub use route_replacement::RouteReplacement;
pub use route_table::RouteTable;
pub use route_table_association::RouteTableAssociation;
pub use rule_description::RuleDescription;
pub use security_group::SecurityGroup;
pub use security_group_rule::{Direction, SecurityGroupRule, Traffic};
pub use subnet::Subnet;
pub use target::{Health, Target};
pub use target_group::TargetGroup;
pub use target_group_options::TargetGroupOptions;
pub use vpc::Vpc;
pub use vpc_dns_hostnames::VpcDnsHostnames;

/// What a create may be followed by when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// The provider recognises the request's token: sending it again is harmless.
    Token,
    /// The name is unique in its place or parent: sending it again finds the first.
    Name,
    /// Its parent and its content are its key: sending it again is refused or does nothing.
    Key,
    /// Sending it again makes a second one: only looking, for a whole window, settles the doubt.
    None,
}

/// The API that serves a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// Networks (EC2).
    Network,
    /// Load balancers (ELBv2).
    LoadBalancing,
}

/// The calls that a cloud counts together: what is throttled slows these, and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Throttle {
    /// Of networks. Most of them have buckets of their own, but the same generous size.
    Network,
    /// Of endpoints: four at once, and then one in three seconds. Source: Request throttling for the Amazon EC2 API.
    Endpoints,
    /// Of load balancers.
    LoadBalancing,
}

/// How long something usually takes, and how long it may take before a person should look. Seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// What to expect.
    pub usual_secs: u32,
    /// When waiting ends with a clear halt.
    pub limit_secs: u32,
}

impl Times {
    const fn new(usual_secs: u32, limit_secs: u32) -> Self {
        Self { usual_secs, limit_secs }
    }
}

/// What the engine must know about a kind, and all that it knows.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, in any combination")]
pub struct Facts {
    /// What a lost answer to its create is followed by.
    pub repeat: Repeat,
    /// Which API serves it.
    pub api: Api,
    /// With which other calls its own are counted.
    pub throttle: Throttle,
    /// Whether it carries tags of its own from its first moment.
    pub taggable: bool,
    /// Whether it is pending for a while after its create, and for how long. Without, what exists is ready.
    pub ready: Option<Times>,
    /// Whether what holds it can only become ready once it is: it needs no look of its own then. Only for kinds without attributes.
    pub vouched_for: bool,
    /// Whether it is deleting for a while after its delete, and for how long. Without, an accepted delete is the end.
    pub gone: Option<Times>,
    /// Whether the cloud checks that it answers, how long that takes after it is ready, and when a person should look. Nothing waits for
    /// it but whoever asks whether the whole is usable.
    pub healthy: Option<Times>,
    /// Whether it costs money while it exists.
    pub billed: bool,
    /// Whether only one other resource at a time may refer to it (a public address).
    pub exclusive: bool,
    /// The kind of parent with which it vanishes, so that it needs no delete of its own when that goes too.
    pub vanishes_with: Option<Kind>,
    /// Kinds that must be gone before it goes, though they do not refer to it, or though their children that do may not show yet.
    pub outlasts: &'static [Kind],
    /// Whether it is a value of its parent: set, compared, forgotten; never deleted.
    pub setting: bool,
    /// Whether its removal narrows access: such a removal waits for no addition.
    pub opening: bool,
    /// How long the cloud may hide one that exists, in seconds.
    pub window_secs: u32,
    /// For a kind whose key holds an address of another resource that the cloud itself does not relate to it (of an endpoint, in a
    /// target): that address.
    pub key_address: Option<fn(key: &str) -> Option<Ipv4Addr>>,
    /// Whether others hold its addresses so.
    pub lends_addresses: bool,
}

impl Facts {
    /// Whether a glance shows it: what carries tags, but for what lies under a load balancer.
    pub(crate) fn shows_at_a_glance(&self) -> bool {
        self.taggable && self.vanishes_with != Some(Kind::LoadBalancer)
    }
}

/// The facts that most kinds share.
const PLAIN: Facts = Facts {
    repeat: Repeat::Key,
    api: Api::Network,
    throttle: Throttle::Network,
    taggable: true,
    ready: None,
    vouched_for: false,
    gone: None,
    healthy: None,
    billed: false,
    exclusive: false,
    vanishes_with: None,
    outlasts: &[],
    setting: false,
    opening: false,
    window_secs: 30,
    key_address: None,
    lends_addresses: false,
};

/// The facts that settings share.
const SETTING: Facts = Facts { taggable: false, setting: true, ..PLAIN };

/// A place that only one live resource of ours may hold at a time: it gives replacement its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// An address block inside a VPC: no other may overlap it.
    Block {
        /// The VPC.
        scope: RemoteId,
        /// The block.
        block: Ipv4Net,
    },
    /// A key under a parent.
    Key {
        /// The parent.
        scope: RemoteId,
        /// The key.
        key: String,
    },
}

impl Slot {
    fn key(scope: RemoteId, key: impl fmt::Display) -> Self {
        Self::Key { scope, key: key.to_string() }
    }

    /// The parent in which only one may hold it.
    pub fn scope(&self) -> &RemoteId {
        match self {
            Self::Block { scope, .. } | Self::Key { scope, .. } => scope,
        }
    }

    /// Whether two resources that hold these slots can not both exist.
    pub fn collides(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Block { scope: a, block: x }, Self::Block { scope: b, block: y }) => {
                a == b && (x.contains(y) || y.contains(x))
            }
            (Self::Key { scope: a, key: x }, Self::Key { scope: b, key: y }) => a == b && x == y,
            (Self::Block { .. }, Self::Key { .. }) | (Self::Key { .. }, Self::Block { .. }) => {
                false
            }
        }
    }
}

/// One reference of a resource, as its kind shows it to whoever walks the references.
#[derive(Debug)]
pub struct Link<'a> {
    /// What it names.
    pub to: &'a mut To,
    /// The kind it must name, unless any will do.
    pub kind: Option<Kind>,
    /// How far that must be.
    pub need: Need,
    /// What the reference is for.
    pub role: Role,
}

impl<K: OfKind> Ref<K> {
    pub(crate) fn link(&mut self, need: Need, role: Role) -> Link<'_> {
        Link { to: &mut self.to, kind: K::KIND, need, role }
    }
}

type Visit<'a> = &'a mut dyn FnMut(Link<'_>);

/// Something whose kind is known from its type.
pub trait OfKind {
    /// The kind, unless it may be any.
    const KIND: Option<Kind>;
}

/// What every kind can say about itself.
pub trait Describe {
    /// Its kind.
    fn kind(&self) -> Kind;

    /// Shows every reference, always in the same order.
    fn refs(&mut self, visit: Visit<'_>);

    /// The slots that it occupies once its references are resolved.
    fn slots(&self, _inputs: &Inputs<'_>) -> Vec<Slot> {
        Vec::new()
    }

    /// Its natural key under its parent, for kinds that a listing cannot tell apart by their references alone.
    fn key(&self, _inputs: &Inputs<'_>) -> Option<String> {
        None
    }

    /// For a setting: whether its parent's create carries the value, so that a new parent needs no call of its own.
    fn carried(&self) -> bool {
        false
    }

    /// For a network: whether an address lies in it.
    fn encloses(&self, _address: Ipv4Addr) -> bool {
        false
    }
}

/// What is known of a resource that is ready. Kinds without attributes worth knowing are `Plain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attributes {
    /// Nothing beyond its id.
    Plain,
    /// Of an interface endpoint.
    InterfaceEndpoint(EndpointAttributes),
    /// Of an elastic IP.
    ElasticIp(ElasticIpAttributes),
    /// Of a load balancer.
    LoadBalancer(BalancerAttributes),
    /// Of a NAT gateway.
    NatGateway(NatAttributes),
}

impl Attributes {
    /// Whether it is an address that others may hold in their keys.
    pub(crate) fn lends(&self, address: Ipv4Addr) -> bool {
        match self {
            Self::InterfaceEndpoint(endpoint) => {
                endpoint.interfaces.iter().any(|interface| interface.address == address)
            }
            Self::Plain | Self::ElasticIp(_) | Self::LoadBalancer(_) | Self::NatGateway(_) => false,
        }
    }
}

/// The closed list, written once: the enum of resources, the enum of kinds, and every dispatch on them.
macro_rules! kinds {
    ($($kind:ident, $module:ident, $name:literal;)*) => {
        /// Anything that a node can ask for.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Resource {
            $(#[doc = concat!("A ", $name, ".")] $kind($kind),)*
        }

        /// The kind of a resource.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $(#[doc = concat!("A ", $name, ".")] $kind,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// What the engine knows about it.
            pub fn facts(self) -> &'static Facts {
                match self {
                    $(Self::$kind => &$module::FACTS,)*
                }
            }

            /// The name that people use.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }

        impl Resource {
            fn describe(&self) -> &dyn Describe {
                match self {
                    $(Self::$kind(resource) => resource,)*
                }
            }

            fn describe_mut(&mut self) -> &mut dyn Describe {
                match self {
                    $(Self::$kind(resource) => resource,)*
                }
            }
        }

        $(
            impl From<$kind> for Resource {
                fn from(resource: $kind) -> Self {
                    Self::$kind(resource)
                }
            }

            impl OfKind for $kind {
                const KIND: Option<Kind> = Some(Kind::$kind);
            }
        )*
    };
}

kinds! {
    Vpc, vpc, "VPC";
    Subnet, subnet, "subnet";
    InternetGateway, internet_gateway, "internet gateway";
    GatewayAttachment, gateway_attachment, "gateway attachment";
    RouteTable, route_table, "route table";
    RouteTableAssociation, route_table_association, "route table association";
    Route, route, "route";
    SecurityGroup, security_group, "security group";
    SecurityGroupRule, security_group_rule, "security group rule";
    InterfaceEndpoint, interface_endpoint, "interface endpoint";
    PeeringConnection, peering_connection, "peering connection";
    ElasticIp, elastic_ip, "elastic IP";
    LoadBalancer, load_balancer, "network load balancer";
    TargetGroup, target_group, "target group";
    Target, target, "target";
    Listener, listener, "listener";
    NatGateway, nat_gateway, "NAT gateway";
    GatewayEndpoint, gateway_endpoint, "gateway endpoint";
    EndpointTable, endpoint_table, "route table of a gateway endpoint";
    RouteReplacement, route_replacement, "replaced route";
    VpcDnsHostnames, vpc_dns_hostnames, "DNS hostnames of a VPC";
    ClosedEgress, closed_egress, "closed egress of a security group";
    PeeringAcceptance, peering_acceptance, "acceptance of a peering connection";
    PeeringTags, peering_tags, "accepter tags of a peering connection";
    EndpointPolicy, endpoint_policy, "policy of an endpoint";
    HealthCheck, health_check, "health check of a target group";
    TargetGroupOptions, target_group_options, "options of a target group";
    LoadBalancerOptions, load_balancer_options, "options of a load balancer";
    ListenerOptions, listener_options, "options of a listener";
    RuleDescription, rule_description, "description of a rule";
    ExtraTags, extra_tags, "extra tags";
}

impl OfKind for Resource {
    const KIND: Option<Kind> = None;
}

impl Describe for Resource {
    fn kind(&self) -> Kind {
        self.describe().kind()
    }

    fn refs(&mut self, visit: Visit<'_>) {
        self.describe_mut().refs(visit);
    }

    fn slots(&self, inputs: &Inputs<'_>) -> Vec<Slot> {
        self.describe().slots(inputs)
    }

    fn key(&self, inputs: &Inputs<'_>) -> Option<String> {
        self.describe().key(inputs)
    }

    fn carried(&self) -> bool {
        self.describe().carried()
    }

    fn encloses(&self, address: Ipv4Addr) -> bool {
        self.describe().encloses(address)
    }
}

impl Resource {
    /// For a setting: the node whose value it is. A setting of several has none.
    pub fn parent(&self) -> Option<NodeId> {
        if !self.kind().facts().setting || self.kind() == Kind::ExtraTags {
            return None;
        }
        let mut parent = None;
        self.clone().refs(&mut |link| {
            if let (None, To::Node(id)) = (parent, &*link.to) {
                parent = Some(*id);
            }
        });
        parent
    }

    /// What it refers to that exists already and is not the deployment's, each once, in the order of its fields.
    pub fn existing(&self) -> Vec<RemoteId> {
        let mut existing = Vec::new();
        self.clone().refs(&mut |link| {
            if let To::Existing(id) = &*link.to
                && !existing.contains(id)
            {
                existing.push(id.clone());
            }
        });
        existing
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
