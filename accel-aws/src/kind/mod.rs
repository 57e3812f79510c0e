//! How each kind is made, read and removed, one file each, with the names that the vocabulary has.
//!
//! The file of a thing says which calls make and remove it, what it looks like in a view, how two of it compare, and where to look for
//! one that an earlier request made. The file of a setting says how its value is set and how it differs.

mod closed_egress;
mod elastic_ip;
mod endpoint;
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

use std::collections::BTreeMap;

use accel_core::backend::{Found, Phase, Ready, Request};
use accel_core::resource::{Attributes, Kind, Resource};
use accel_core::tags::{self, Tags};
use accel_core::{Place, RemoteId, Result};
use aws_sdk_ec2::types::Filter;

use crate::call::At;
use crate::differences::Differences;
use crate::family::filter;
use crate::view::{View, Want};

pub(crate) use endpoint::{
    is_live as is_endpoint_live, is_ready as is_endpoint_ready, kind_of as kind_of_endpoint,
};
pub(crate) use endpoint_table::text as endpoint_table_text;
pub(crate) use nat_gateway::is_ready as is_nat_ready;
pub(crate) use peering_connection::other_side;
pub(crate) use route::{destination, destination_of, endpoint_of, leads_to, text as route_text};
pub(crate) use route_replacement::put_together as replacement_text;
pub(crate) use target::{key as target_key, text as target_text};

/// What a view shows of one thing.
pub(crate) struct Shown {
    pub(crate) phase: Phase,
    pub(crate) tags: Tags,
    pub(crate) refs: Vec<RemoteId>,
    pub(crate) key: Option<String>,
}

impl Shown {
    fn new(phase: Phase) -> Self {
        Self { phase, tags: Tags::new(), refs: Vec::new(), key: None }
    }

    fn ready() -> Self {
        Self::new(Phase::Ready(Ready::new(Attributes::Plain)))
    }

    fn tagged(mut self, tags: Tags) -> Self {
        self.tags = tags;
        self
    }

    /// Refers to these, where they have an id.
    fn refers<'t>(
        mut self,
        kind: Kind,
        place: &Place,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Self {
        self.refs.extend(texts.into_iter().map(|text| id(kind, place, text)));
        self
    }

    fn keyed(mut self, key: String) -> Self {
        self.key = Some(key);
        self
    }

    /// As a listing shows it.
    pub(crate) fn found(self, id: RemoteId) -> Found {
        Found { id, tags: self.tags, phase: self.phase, refs: self.refs, key: self.key }
    }
}

pub(crate) fn id(kind: Kind, place: &Place, text: &str) -> RemoteId {
    RemoteId::new(kind, place.clone(), text)
}

/// The filters that find what a request of this owner made.
fn owned(request: &Request<'_>) -> Vec<Filter> {
    vec![
        filter(format!("tag:{}", tags::DEPLOYMENT), [request.owner.deployment.as_str()]),
        filter(format!("tag:{}", tags::NODE), [request.owner.node.as_str()]),
    ]
}

/// The ids of what a describe has shown.
fn ids_of<T>(all: &[T], id: impl Fn(&T) -> Option<&str>) -> Vec<String> {
    all.iter().filter_map(|it| id(it).map(str::to_owned)).collect()
}

/// A setting has no attributes, no tags and no warnings of its own; it is there as soon as what it is set on exists.
fn as_setting(of: Shown) -> Shown {
    match of.phase {
        Phase::Pending | Phase::Waiting { .. } | Phase::Ready(_) => Shown::ready(),
        phase @ (Phase::Failed { .. } | Phase::Deleting | Phase::Gone) => Shown::new(phase),
    }
}

/// What a view shows of the thing whose value a setting is; the setting's id is the thing's, with an ending.
fn of_parent(view: &View, kind: Kind, setting: &RemoteId) -> Result<Option<Shown>> {
    let parent = id(kind, &setting.place, parts(setting.as_str()).0);
    Ok(show(view, &parent)?.map(as_setting))
}

/// How attributes that were asked for differ from those that are.
fn compare_options(
    asked: &[(&'static str, String)],
    is: &BTreeMap<String, String>,
    found: &mut Differences,
) {
    for (key, value) in asked {
        found.field(key, value.as_str(), is.get(*key).map_or("", String::as_str));
    }
}

/// The two parts of an id that is put together from two.
fn parts(text: &str) -> (&str, &str) {
    text.rsplit_once('/').unwrap_or((text, ""))
}

/// A setting has nothing to remove, but for the other side of a peering connection: it can be all that is ours in a place.
async fn forget(at: At<'_>, setting: &RemoteId) -> Result<()> {
    if setting.kind == Kind::PeeringTags {
        peering_connection::delete(at, setting.as_str()).await
    } else {
        Ok(())
    }
}

/// The lists of kinds, written once.
macro_rules! kinds {
    (things { $($thing:ident, $t:ident;)* } settings { $($setting:ident, $s:ident;)* }) => {
        /// One mutating call, and the id of what it made or set.
        pub(crate) async fn create(at: At<'_>, request: &Request<'_>) -> Result<RemoteId> {
            let text = match request.resource {
                $(Resource::$thing(asked) => Box::pin($t::create(at, request, asked)).await?,)*
                $(Resource::$setting(asked) => {
                    Box::pin($s::set(at, request, asked)).await?;
                    $s::text(request, asked)
                })*
            };
            Ok(id(request.kind(), request.place, &text))
        }

        /// Where an earlier request of this owner may have made it: ids to look at.
        pub(crate) async fn candidates(at: At<'_>, request: &Request<'_>) -> Result<Vec<String>> {
            match request.resource {
                $(Resource::$thing(asked) => Box::pin($t::candidates(at, request, asked)).await,)*
                $(Resource::$setting(asked) => Ok(vec![$s::text(request, asked)]),)*
            }
        }

        /// What must be looked at to know one thing or setting.
        pub(crate) fn wants(id: &RemoteId, want: &mut Want) {
            match id.kind {
                $(Kind::$thing => $t::wants(id.as_str(), want),)*
                $(Kind::$setting => $s::wants(id.as_str(), want),)*
            }
        }

        /// What must be looked at besides to compare it with a request.
        pub(crate) fn wants_for(request: &Request<'_>, want: &mut Want) {
            match request.resource {
                $(Resource::$thing(_) => {})*
                $(Resource::$setting(asked) => $s::wants_for(request, asked, want),)*
            }
        }

        /// What a view shows of a thing, or of the thing whose value a setting is.
        pub(crate) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
            match id.kind {
                $(Kind::$thing => $t::show(view, id),)*
                $(Kind::$setting => $s::show(view, id),)*
            }
        }

        /// How what a view shows differs from a request.
        pub(crate) fn compare(
            view: &View,
            id: &RemoteId,
            request: &Request<'_>,
            found: &mut Differences,
        ) -> Result<()> {
            match request.resource {
                $(Resource::$thing(asked) => $t::compare(view, id, request, asked, found),)*
                $(Resource::$setting(asked) => $s::compare(view, request, asked, found),)*
            }
        }

        /// One mutating call that removes it. A setting is forgotten.
        pub(crate) async fn delete(at: At<'_>, id: &RemoteId) -> Result<()> {
            match id.kind {
                $(Kind::$thing => Box::pin($t::delete(at, id.as_str())).await,)*
                $(Kind::$setting => forget(at, id).await,)*
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
        RouteReplacement, route_replacement;
    }
    settings {
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
