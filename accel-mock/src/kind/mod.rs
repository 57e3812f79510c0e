//! The rules of every kind, one file each, with the names that the vocabulary has.
//!
//! A kind's file says what its create checks and makes, how two of it compare, and what blocks its removal. The file of a setting
//! says how its value is set and read.

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

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use accel_core::Result;
use accel_core::backend::Difference;
use accel_core::resource::{Attributes, Health, Kind, Resource};
use serde::{Deserialize, Serialize};

use crate::ask::{Ask, Translator};
use crate::hold::Viewer;
use crate::thing::{Key, State, Thing};
use crate::world::World;

pub use closed_egress::ClosedEgress;
pub use elastic_ip::ElasticIp;
pub(crate) use elastic_ip::public_address;
pub use endpoint_policy::EndpointPolicy;
pub use endpoint_table::EndpointTable;
pub use extra_tags::ExtraTags;
pub use gateway_attachment::GatewayAttachment;
pub use gateway_endpoint::{GatewayEndpoint, prefix_list};
pub use health_check::HealthCheck;
pub use interface_endpoint::InterfaceEndpoint;
pub use internet_gateway::InternetGateway;
pub use listener::Listener;
pub use listener_options::ListenerOptions;
pub use load_balancer::LoadBalancer;
pub use load_balancer_options::LoadBalancerOptions;
pub use nat_gateway::NatGateway;
pub use peering_acceptance::PeeringAcceptance;
pub use peering_connection::{PeeringConnection, PeeringState};
pub use peering_tags::PeeringTags;
pub use route::{Route, Via};
pub use route_replacement::RouteReplacement;
pub(crate) use route_replacement::{RouteName, name_of};
pub use route_table::RouteTable;
pub use route_table_association::RouteTableAssociation;
pub use rule_description::RuleDescription;
pub(crate) use security_group::DEFAULT_GROUP;
pub use security_group::SecurityGroup;
pub use security_group_rule::SecurityGroupRule;
pub use subnet::Subnet;
pub use target::Target;
pub use target_group::{Checks, TargetGroup};
pub use target_group_options::TargetGroupOptions;
pub use vpc::Vpc;
pub use vpc_dns_hostnames::VpcDnsHostnames;

/// What the cloud says when everything has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It makes a new one.
    New,
    /// It answers with one that there is.
    Same(Key),
}

/// The rules of one kind of thing.
pub(crate) trait Rules {
    /// Everything that it refers to, in the order in which a listing shows it.
    fn refs(&self, visit: &mut dyn FnMut(Key));

    /// What the cloud checks before it makes one.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer>;

    /// The provider's id of a new one.
    fn text(&self, world: &World, key: Key) -> Arc<str>;

    /// How one of the same kind differs in content from what was asked; settings are no content.
    fn compare(&self, is: &Self, found: &mut Differences<'_>)
    where
        Self: Sized;

    /// What it is, for people.
    fn show(&self, world: &World) -> String;

    /// The name that only one of its kind can have in a region.
    fn name(&self) -> Option<&str> {
        None
    }

    /// The state of what is neither failed nor being removed, for kinds that depend on more than the time.
    fn state(&self, _world: &World, _thing: &Thing, state: State) -> State {
        state
    }

    /// What else there is once it is made.
    fn arrive(&self, _world: &mut World, _key: Key) {}

    /// Why it cannot be removed now.
    fn blocked(&self, _world: &World, _thing: &Thing) -> Result<()> {
        Ok(())
    }

    /// What else happens once its removal is accepted; what lingers of it is gone at the time given.
    fn leave(&self, _world: &mut World, _key: Key, _gone: Duration) {}

    /// What is known of it once it is ready, as somebody sees it.
    fn attributes(&self, _world: &World, _thing: &Thing, _viewer: Viewer<'_>) -> Attributes {
        Attributes::Plain
    }

    /// Whether it answers, for kinds that the cloud checks.
    fn health(&self, _world: &World, _thing: &Thing) -> Option<Health> {
        None
    }

    /// Its natural key under its parent, as the vocabulary says it.
    fn natural_key(&self) -> Option<String> {
        None
    }
}

/// The rules of one kind of setting.
pub(crate) trait Value {
    /// Whose value it is.
    fn parent(&self) -> Key;

    /// Sets it.
    fn set(&self, world: &mut World, ask: &Ask) -> Result<()>;

    /// How the value that is differs from what was asked.
    fn compare(&self, world: &World, found: &mut Differences<'_>);
}

/// Collects how what is differs from what was asked. Formats nothing that does not differ.
#[derive(Debug)]
pub(crate) struct Differences<'a> {
    world: &'a World,
    pub(crate) found: Vec<Difference>,
}

impl<'a> Differences<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, found: Vec::new() }
    }

    pub(crate) fn field<T: PartialEq + Display>(&mut self, field: &str, asked: &T, is: &T) {
        if asked != is {
            self.push(field, asked.to_string(), is.to_string());
        }
    }

    pub(crate) fn thing(&mut self, field: &str, asked: Key, is: Key) {
        if asked != is {
            self.push(field, self.text(asked), self.text(is));
        }
    }

    pub(crate) fn things(&mut self, field: &str, asked: &[Key], is: &[Key]) {
        let differ = asked.len() != is.len() || asked.iter().any(|key| !is.contains(key));
        if differ {
            let texts = |keys: &[Key]| {
                keys.iter().map(|key| self.text(*key)).collect::<Vec<_>>().join(", ")
            };
            let (asked, is) = (texts(asked), texts(is));
            self.push(field, asked, is);
        }
    }

    pub(crate) fn push(&mut self, field: &str, asked: String, is: String) {
        self.found.push(Difference { field: field.to_owned(), asked, is });
    }

    pub(crate) fn other_kind(&mut self, asked: Kind, is: Kind) {
        self.push("kind", asked.to_string(), is.to_string());
    }

    fn text(&self, key: Key) -> String {
        self.world.thing(key).text.as_ref().to_owned()
    }
}

/// The lists of kinds, written once: what a thing can be, what a setting can be, and every dispatch on them.
macro_rules! kinds {
    (things { $($thing:ident, $t:ident;)* } settings { $($setting:ident, $s:ident;)* }) => {
        /// What a thing is, field by field.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Body {
            $(#[doc = concat!("See [`", stringify!($thing), "`].")] $thing($t::$thing),)*
        }

        impl Body {
            /// The kind of thing.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$thing(_) => Kind::$thing,)*
                }
            }

            pub(crate) fn rules(&self) -> &dyn Rules {
                match self {
                    $(Self::$thing(body) => body,)*
                }
            }
        }

        impl Body {
            /// How a thing differs in content from this, which was asked for; settings are no content.
            pub(crate) fn compare(&self, is: &Self, found: &mut Differences<'_>) {
                match self {
                    $(Self::$thing(asked) => {
                        if let Self::$thing(is) = is {
                            asked.compare(is, found);
                        } else {
                            found.other_kind(self.kind(), is.kind());
                        }
                    })*
                }
            }
        }

        /// A value that a setting asks for.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Setting {
            $(#[doc = concat!("See [`", stringify!($setting), "`].")] $setting($s::$setting),)*
        }

        impl Setting {
            /// The kind of setting.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$setting(_) => Kind::$setting,)*
                }
            }

            pub(crate) fn value(&self) -> &dyn Value {
                match self {
                    $(Self::$setting(value) => value,)*
                }
            }
        }

        /// The thing that a request asks for.
        pub(crate) fn body(from: &Translator<'_>) -> Result<Body> {
            match from.request.resource {
                $(Resource::$thing(asked) => $t::asked(asked, from).map(Body::$thing),)*
                $(Resource::$setting(_))|* => unreachable!("a setting is not a thing"),
            }
        }

        /// The setting that a request asks for.
        pub(crate) fn setting(from: &Translator<'_>) -> Result<Setting> {
            match from.request.resource {
                $(Resource::$setting(asked) => $s::asked(asked, from).map(Setting::$setting),)*
                $(Resource::$thing(_))|* => unreachable!("a thing is not a setting"),
            }
        }

        /// Whether what is asked for changes a thing that there is: it makes none.
        pub(crate) fn changes_a_thing(kind: Kind) -> bool {
            match kind {
                $(Kind::$thing)|* => false,
                $(Kind::$setting)|* => true,
            }
        }

        /// What the name of a kind is in ids of settings.
        pub(crate) fn slug(kind: Kind) -> &'static str {
            match kind {
                $(Kind::$thing => stringify!($t),)*
                $(Kind::$setting => stringify!($s),)*
            }
        }
    };
}

kinds! {
    things {
        Vpc, vpc;
        Subnet, subnet;
        InternetGateway, internet_gateway;
        GatewayAttachment, gateway_attachment;
        RouteTable, route_table;
        RouteTableAssociation, route_table_association;
        Route, route;
        SecurityGroup, security_group;
        SecurityGroupRule, security_group_rule;
        InterfaceEndpoint, interface_endpoint;
        PeeringConnection, peering_connection;
        ElasticIp, elastic_ip;
        LoadBalancer, load_balancer;
        TargetGroup, target_group;
        Target, target;
        Listener, listener;
        NatGateway, nat_gateway;
        GatewayEndpoint, gateway_endpoint;
        EndpointTable, endpoint_table;
    }
    settings {
        RouteReplacement, route_replacement;
        VpcDnsHostnames, vpc_dns_hostnames;
        ClosedEgress, closed_egress;
        PeeringAcceptance, peering_acceptance;
        PeeringTags, peering_tags;
        EndpointPolicy, endpoint_policy;
        HealthCheck, health_check;
        TargetGroupOptions, target_group_options;
        LoadBalancerOptions, load_balancer_options;
        ListenerOptions, listener_options;
        RuleDescription, rule_description;
        ExtraTags, extra_tags;
    }
}

impl Body {
    /// Whether a VPC brought it along and takes it away again: its main table and its default group.
    pub fn comes_with_vpc(&self) -> bool {
        match self {
            Self::RouteTable(table) => table.main,
            Self::SecurityGroup(group) => group.name == DEFAULT_GROUP,
            Self::Vpc(_)
            | Self::Subnet(_)
            | Self::InternetGateway(_)
            | Self::GatewayAttachment(_)
            | Self::RouteTableAssociation(_)
            | Self::Route(_)
            | Self::SecurityGroupRule(_)
            | Self::InterfaceEndpoint(_)
            | Self::PeeringConnection(_)
            | Self::ElasticIp(_)
            | Self::LoadBalancer(_)
            | Self::TargetGroup(_)
            | Self::Target(_)
            | Self::Listener(_)
            | Self::NatGateway(_)
            | Self::GatewayEndpoint(_)
            | Self::EndpointTable(_) => false,
        }
    }

    /// Of a peering connection, the VPC on the other side.
    pub(crate) fn other_side(&self) -> Option<Key> {
        if let Self::PeeringConnection(peering) = self { Some(peering.accepter) } else { None }
    }

    /// Of a peering connection, a tag on the other side.
    pub(crate) fn other_tags(&self, tag: &str) -> Option<&String> {
        if let Self::PeeringConnection(peering) = self {
            peering.accepter_tags.get(tag)
        } else {
            None
        }
    }
}

/// The code for a thing that is not there. Source: Error codes for the Amazon EC2 API; `ElasticLoadBalancingV2` errors.
pub(crate) fn missing(kind: Kind) -> &'static str {
    match kind {
        Kind::Vpc | Kind::VpcDnsHostnames => "InvalidVpcID.NotFound",
        Kind::Subnet => "InvalidSubnetID.NotFound",
        Kind::InternetGateway => "InvalidInternetGatewayID.NotFound",
        Kind::GatewayAttachment => "Gateway.NotAttached",
        Kind::RouteTable => "InvalidRouteTableID.NotFound",
        Kind::RouteTableAssociation => "InvalidAssociationID.NotFound",
        Kind::Route | Kind::RouteReplacement => "InvalidRoute.NotFound",
        Kind::SecurityGroup | Kind::ClosedEgress => "InvalidGroup.NotFound",
        Kind::SecurityGroupRule | Kind::RuleDescription => "InvalidSecurityGroupRuleId.NotFound",
        Kind::InterfaceEndpoint
        | Kind::GatewayEndpoint
        | Kind::EndpointTable
        | Kind::EndpointPolicy => "InvalidVpcEndpointId.NotFound",
        Kind::NatGateway => "NatGatewayNotFound",
        Kind::PeeringConnection | Kind::PeeringAcceptance | Kind::PeeringTags => {
            "InvalidVpcPeeringConnectionID.NotFound"
        }
        Kind::ElasticIp => "InvalidAllocationID.NotFound",
        Kind::LoadBalancer | Kind::LoadBalancerOptions => "LoadBalancerNotFound",
        Kind::TargetGroup | Kind::HealthCheck | Kind::TargetGroupOptions => "TargetGroupNotFound",
        Kind::Target => "InvalidTarget",
        Kind::Listener | Kind::ListenerOptions => "ListenerNotFound",
        Kind::ExtraTags => "InvalidID",
    }
}

/// An id with a prefix and the world's number: ids sort in the order in which things were made.
fn numbered(prefix: &str, key: Key) -> Arc<str> {
    format!("{prefix}-{:06}", key.0 + 1).into()
}

/// Declares, for one kind, how the world gets at the fields of such a thing.
macro_rules! accessors {
    (look { $($kind:ident, $get:ident;)* } change { $($changed:ident, $get_mut:ident;)* }) => {
        impl World {
            $(
                /// The fields of such a thing, if that is what it is.
                pub fn $get(&self, key: Key) -> Option<&$kind> {
                    if let Body::$kind(body) = &self.thing(key).body { Some(body) } else { None }
                }
            )*
            $(
                pub(crate) fn $get_mut(&mut self, key: Key) -> Option<&mut $changed> {
                    if let Body::$changed(body) = &mut self.things[key.index()].body {
                        Some(body)
                    } else {
                        None
                    }
                }
            )*
        }
    };
}

accessors! {
    look {
        Vpc, vpc;
        Subnet, subnet;
        GatewayAttachment, attachment;
        RouteTable, table;
        RouteTableAssociation, association;
        Route, route;
        SecurityGroup, group;
        SecurityGroupRule, rule;
        InterfaceEndpoint, endpoint;
        PeeringConnection, peering;
        LoadBalancer, balancer;
        TargetGroup, target_group;
        Target, target;
        Listener, listener;
        NatGateway, nat;
        GatewayEndpoint, gateway_endpoint;
    }
    change {
        Vpc, vpc_mut;
        SecurityGroup, group_mut;
        SecurityGroupRule, rule_mut;
        InterfaceEndpoint, endpoint_mut;
        GatewayEndpoint, gateway_endpoint_mut;
        PeeringConnection, peering_mut;
        LoadBalancer, balancer_mut;
        TargetGroup, target_group_mut;
        Listener, listener_mut;
    }
}
