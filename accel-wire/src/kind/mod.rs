//! The actions, one file per kind of resource, with the names that the vocabulary has where it knows the kind.
//!
//! A file says which actions there are for a kind, how their parameters are read, and how such a thing is written. What is allowed
//! and what follows from it, the world decides.

mod availability_zone;
mod balancing;
mod balancing_tags;
mod caller_identity;
mod elastic_ip;
mod endpoint;
mod endpoint_service;
mod endpoint_table;
mod extra_tags;
mod gateway_attachment;
mod gateway_endpoint;
mod health_check;
mod interface_endpoint;
mod internet_gateway;
mod limits;
mod listener;
mod listener_options;
mod load_balancer;
mod load_balancer_options;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod peering_acceptance;
mod peering_connection;
mod prefix_list;
mod public_access;
mod route;
mod route_table;
mod route_table_association;
mod rule_description;
mod security_group;
mod security_group_rule;
mod subnet;
mod tagged_resources;
mod target;
mod target_group;
mod target_group_options;
mod vpc;
mod vpc_dns_hostnames;

use accel_core::resource::Kind;
use accel_core::{AccountId, Region};
use accel_mock::{Body, Key, State};

use crate::action::{Act, Action, View};
use crate::asked::Asked;
use crate::family::number;
use crate::refusal::Result;
use crate::xml::Xml;

/// Every action, by kind.
pub(crate) const ACTIONS: &[&[Action]] = &[
    availability_zone::ACTIONS,
    balancing_tags::ACTIONS,
    caller_identity::ACTIONS,
    elastic_ip::ACTIONS,
    endpoint::ACTIONS,
    endpoint_service::ACTIONS,
    extra_tags::ACTIONS,
    gateway_attachment::ACTIONS,
    health_check::ACTIONS,
    internet_gateway::ACTIONS,
    limits::ACTIONS,
    listener::ACTIONS,
    listener_options::ACTIONS,
    load_balancer::ACTIONS,
    load_balancer_options::ACTIONS,
    nat_gateway::ACTIONS,
    network_acl::ACTIONS,
    network_interface::ACTIONS,
    peering_acceptance::ACTIONS,
    peering_connection::ACTIONS,
    prefix_list::ACTIONS,
    public_access::ACTIONS,
    route::ACTIONS,
    route_table::ACTIONS,
    route_table_association::ACTIONS,
    rule_description::ACTIONS,
    security_group::ACTIONS,
    security_group_rule::ACTIONS,
    subnet::ACTIONS,
    tagged_resources::ACTIONS,
    target::ACTIONS,
    target_group::ACTIONS,
    target_group_options::ACTIONS,
    vpc::ACTIONS,
    vpc_dns_hostnames::ACTIONS,
];

/// An action that removes the one thing which a parameter names.
fn delete(asked: &Asked<'_>, parameter: &str, kind: Kind) -> Result<Act> {
    let id = asked.need(parameter)?;
    Ok(Box::new(move |turn| {
        turn.world.unmake(turn.caller, kind, &id)?;
        turn.done();
        Ok(())
    }))
}

/// Where an endpoint or a NAT gateway is in its life. As the wire writes it: lower case, whatever the model says.
fn state(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Ready => "available",
        State::Failed => "failed",
        State::Deleting => "deleting",
        State::Gone => "deleted",
    }
}

/// The id of something that belongs to a thing and to no other: it has the thing's number.
fn derived(prefix: &str, id: &str) -> String {
    format!("{prefix}-{}", number(id))
}

fn arn(region: &Region, account: &AccountId, service: &str, resource: &str) -> String {
    format!("arn:{}:{service}:{region}:{account}:{resource}", region.partition())
}

/// Something that looks like the number of a thing, and is always the same for the same name.
fn stable_hex(name: &str) -> String {
    // FNV-1a.
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    format!("{:017x}", name.bytes().fold(0xCBF2_9CE4_8422_2325, hash))
}

/// A security group, as others refer to it.
fn show_group(view: View<'_>, key: Key, xml: &mut Xml) {
    let thing = view.thing(key);
    xml.field("groupId", thing.id());
    if let Body::SecurityGroup(group) = thing.body() {
        xml.field("groupName", &group.name);
    }
}
