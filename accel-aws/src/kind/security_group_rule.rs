//! Security group rule.

use accel_core::backend::Request;
use accel_core::resource::{Direction, Kind, Resource, Traffic};
use accel_core::{Error, ErrorKind, RemoteId, Result, resource};
use aws_sdk_ec2::types::{self as ec2, IpPermission, IpRange, ResourceType};

use super::{Shown, ids_of, owned};
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::tags::{from_ec2, specification};
use crate::view::{View, Want};

/// The protocol and the ports (or, for ICMP, type and code) of some traffic. Source: `IpPermission`.
fn protocol(traffic: Traffic) -> (&'static str, Option<(i32, i32)>) {
    match traffic {
        Traffic::Tcp(port) => ("tcp", Some((port.into(), port.into()))),
        Traffic::FragmentationNeeded => ("icmp", Some((3, 4))),
        Traffic::All => ("-1", None),
    }
}

fn permission(request: &Request<'_>, asked: &resource::SecurityGroupRule) -> IpPermission {
    let description = request.carried.iter().find_map(|carried| {
        if let Resource::RuleDescription(it) = carried {
            Some(it.description.clone())
        } else {
            None
        }
    });
    permission_of(asked, description)
}

/// What a rule lets pass, with the text beside it.
pub(super) fn permission_of(
    asked: &resource::SecurityGroupRule,
    description: Option<String>,
) -> IpPermission {
    let (protocol, ports) = protocol(asked.traffic);
    let range =
        IpRange::builder().cidr_ip(asked.peer.to_string()).set_description(description).build();
    IpPermission::builder()
        .ip_protocol(protocol)
        .set_from_port(ports.map(|(from, _)| from))
        .set_to_port(ports.map(|(_, to)| to))
        .ip_ranges(range)
        .build()
}

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::SecurityGroupRule,
) -> Result<String> {
    let group = request.inputs.id(&asked.group);
    let tags = specification(request, ResourceType::SecurityGroupRule);
    let permission = permission(request, asked);
    let made = match asked.direction {
        Direction::Ingress => {
            let call = at.ec2().authorize_security_group_ingress().group_id(group.as_str());
            let call = call.ip_permissions(permission).tag_specifications(tags);
            at.make("AuthorizeSecurityGroupIngress", call.send()).await?.security_group_rules
        }
        Direction::Egress => {
            let call = at.ec2().authorize_security_group_egress().group_id(group.as_str());
            let call = call.ip_permissions(permission).tag_specifications(tags);
            at.make("AuthorizeSecurityGroupEgress", call.send()).await?.security_group_rules
        }
    };
    let made = made.unwrap_or_default().into_iter().next();
    made.and_then(|rule| rule.security_group_rule_id)
        .ok_or_else(|| at.incomplete("AuthorizeSecurityGroupIngress", "rule"))
}

pub(super) async fn candidates(
    at: At<'_>,
    request: &Request<'_>,
    _asked: &resource::SecurityGroupRule,
) -> Result<Vec<String>> {
    Ok(ids_of(
        &family::rules(at, owned(request)).await?,
        aws_sdk_ec2::types::SecurityGroupRule::security_group_rule_id,
    ))
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.rules.insert(id.to_owned());
}

/// What a rule of anybody's lets pass, in the words of a rule of ours.
fn key(rule: &ec2::SecurityGroupRule) -> String {
    let direction =
        if rule.is_egress().unwrap_or_default() { Direction::Egress } else { Direction::Ingress };
    let peer = [
        rule.cidr_ipv4(),
        rule.cidr_ipv6(),
        rule.prefix_list_id(),
        rule.referenced_group_info().and_then(|group| group.group_id()),
    ];
    let peer = peer.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or("unknown");
    let (from, to) = (rule.from_port().unwrap_or(-1), rule.to_port().unwrap_or(-1));
    let traffic = match (rule.ip_protocol().unwrap_or_default(), from, to) {
        ("-1", _, _) => "all".to_owned(),
        ("icmp", kind, -1) => format!("icmp/{kind}"),
        ("icmp", kind, code) => format!("icmp/{kind}/{code}"),
        (protocol, from, to) if from == to => format!("{protocol}/{from}"),
        (protocol, from, to) => format!("{protocol}/{from}-{to}"),
    };
    format!("{direction} {traffic} {peer}")
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(rule) = view.rules.get(id.as_str())? else { return Ok(None) };
    let shown = Shown::ready().keyed(key(rule)).tagged(from_ec2(rule.tags()));
    Ok(Some(shown.refers(Kind::SecurityGroup, &id.place, rule.group_id())))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::SecurityGroupRule,
    found: &mut Differences,
) -> Result<()> {
    if let Some(rule) = view.rules.get(id.as_str())? {
        let group = request.inputs.id(&asked.group);
        found.field("group", group.as_str(), rule.group_id().unwrap_or_default());
        let wanted = format!("{} {} {}", asked.direction, asked.traffic, asked.peer);
        found.field("rule", wanted.as_str(), key(rule).as_str());
    }
    Ok(())
}

/// A rule's id does not say its direction or its group, and each direction has a call of its own.
pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let ids = [id.to_owned()].into();
    let Some((_, rule)) = family::rules_by_id(at, &ids).await?.into_iter().next() else {
        return Ok(());
    };
    let group = rule.group_id().unwrap_or_default();
    let gone = if rule.is_egress().unwrap_or_default() {
        let call = at.ec2().revoke_security_group_egress();
        let call = call.group_id(group).security_group_rule_ids(id);
        at.remove("RevokeSecurityGroupEgress", call.send()).await?.and_then(|it| it.r#return)
    } else {
        let call = at.ec2().revoke_security_group_ingress();
        let call = call.group_id(group).security_group_rule_ids(id);
        at.remove("RevokeSecurityGroupIngress", call.send()).await?.and_then(|it| it.r#return)
    };
    match gone {
        Some(false) => Err(Error::new(ErrorKind::Ambiguous, "the rule was not revoked")
            .operation("RevokeSecurityGroupIngress")
            .place(at.place.clone())),
        Some(true) | None => Ok(()),
    }
}
