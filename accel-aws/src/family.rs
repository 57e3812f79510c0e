//! The describes: how each family of resources is asked for.
//!
//! By filters, never by the parameter for ids: one id that is gone fails a whole call of ids, and a filter leaves it out. The load
//! balancing API has no filters; there a call that fails on a missing one is asked again one by one.

use std::collections::{BTreeMap, BTreeSet};

use accel_core::tags::Tags;
use accel_core::{ErrorKind, Result};
use aws_sdk_ec2::types::{self as ec2, Filter};
use aws_sdk_elasticloadbalancingv2::types as elb;
use futures_util::future::join_all;

use crate::call::At;
use crate::tags;
use crate::view::Found;

/// The most values that one filter takes. Source: Using filters, Amazon EC2 API reference.
const FILTER_VALUES: usize = 200;
/// The most ARNs of one `DescribeTags` and one `DescribeLoadBalancers`. Source: their parameters.
const ELB_ARNS: usize = 20;

/// An endpoint with the addresses of its interfaces.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) endpoint: ec2::VpcEndpoint,
    pub(crate) interfaces: Vec<ec2::NetworkInterface>,
}

/// A load balancer, or what is left of one.
#[derive(Debug)]
pub(crate) enum Balancer {
    There(Box<elb::LoadBalancer>),
    /// Its entry is gone; its interfaces are not.
    Lingering,
}

/// A filter of the EC2 API.
pub(crate) fn filter(
    name: impl Into<String>,
    values: impl IntoIterator<Item = impl Into<String>>,
) -> Filter {
    let values = values.into_iter().map(Into::into).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// A describe of the EC2 API, all pages of it, and the same by id. Most call their parameter `Filters`; not all do.
macro_rules! describe {
    ($all:ident, $by_id:ident: $call:ident($set_filters:ident), $operation:literal, $raw:ty, $page:literal, $key:literal, $id:ident) => {
        #[doc = concat!("`", $operation, "`.")]
        pub(crate) async fn $all(at: At<'_>, filters: Vec<Filter>) -> Result<Vec<$raw>> {
            let call = at.ec2().$call().$set_filters(Some(filters));
            let mut pages = call.into_paginator().page_size($page).items().send();
            let mut all = Vec::new();
            while let Some(item) = pages.next().await {
                all.push(at.looked($operation, item)?);
            }
            Ok(all)
        }

        pub(crate) async fn $by_id(at: At<'_>, ids: &BTreeSet<String>) -> Found<$raw> {
            let ids: Vec<&String> = ids.iter().collect();
            let calls = ids
                .chunks(FILTER_VALUES)
                .map(|ids| $all(at, vec![filter($key, ids.iter().copied())]));
            let mut found = Vec::new();
            for answer in join_all(calls).await {
                let named = |it: $raw| Some((it.$id()?.to_owned(), it));
                found.extend(answer?.into_iter().filter_map(named));
            }
            Ok(found)
        }
    };
}

describe!(vpcs, vpcs_by_id: describe_vpcs(set_filters), "DescribeVpcs", ec2::Vpc, 1000, "vpc-id", vpc_id);
describe!(subnets, subnets_by_id: describe_subnets(set_filters), "DescribeSubnets", ec2::Subnet, 1000, "subnet-id", subnet_id);
describe!(gateways, gateways_by_id: describe_internet_gateways(set_filters), "DescribeInternetGateways", ec2::InternetGateway, 1000, "internet-gateway-id", internet_gateway_id);
describe!(tables, tables_by_id: describe_route_tables(set_filters), "DescribeRouteTables", ec2::RouteTable, 100, "route-table-id", route_table_id);
describe!(groups, groups_by_id: describe_security_groups(set_filters), "DescribeSecurityGroups", ec2::SecurityGroup, 1000, "group-id", group_id);
describe!(rules, rules_by_id: describe_security_group_rules(set_filters), "DescribeSecurityGroupRules", ec2::SecurityGroupRule, 1000, "security-group-rule-id", security_group_rule_id);
describe!(bare_endpoints, bare_endpoints_by_id: describe_vpc_endpoints(set_filters), "DescribeVpcEndpoints", ec2::VpcEndpoint, 1000, "vpc-endpoint-id", vpc_endpoint_id);
describe!(peerings, peerings_by_id: describe_vpc_peering_connections(set_filters), "DescribeVpcPeeringConnections", ec2::VpcPeeringConnection, 1000, "vpc-peering-connection-id", vpc_peering_connection_id);
describe!(interfaces, interfaces_by_id: describe_network_interfaces(set_filters), "DescribeNetworkInterfaces", ec2::NetworkInterface, 1000, "network-interface-id", network_interface_id);
describe!(nats, nats_by_id: describe_nat_gateways(set_filter), "DescribeNatGateways", ec2::NatGateway, 1000, "nat-gateway-id", nat_gateway_id);

/// `DescribeAddresses`, which has no pages.
pub(crate) async fn addresses(at: At<'_>, filters: Vec<Filter>) -> Result<Vec<ec2::Address>> {
    let answer = at.ec2().describe_addresses().set_filters(Some(filters)).send().await;
    Ok(at.looked("DescribeAddresses", answer)?.addresses.unwrap_or_default())
}

pub(crate) async fn addresses_by_id(at: At<'_>, ids: &BTreeSet<String>) -> Found<ec2::Address> {
    let all = addresses(at, vec![filter("allocation-id", ids)]).await?;
    let named = |it: ec2::Address| Some((it.allocation_id()?.to_owned(), it));
    Ok(all.into_iter().filter_map(named).collect())
}

pub(crate) async fn associations_by_id(
    at: At<'_>,
    ids: &BTreeSet<String>,
) -> Found<ec2::RouteTableAssociation> {
    Ok(tables_with(at, ids).await?.into_iter().flat_map(associations_of).collect())
}

/// The tables that have any of these associations, whole.
pub(crate) async fn tables_with(
    at: At<'_>,
    ids: &BTreeSet<String>,
) -> Result<Vec<ec2::RouteTable>> {
    tables(at, vec![filter("association.route-table-association-id", ids)]).await
}

/// The associations of a table, each with its id.
pub(crate) fn associations_of(
    table: ec2::RouteTable,
) -> impl Iterator<Item = (String, ec2::RouteTableAssociation)> {
    let named =
        |it: ec2::RouteTableAssociation| Some((it.route_table_association_id()?.to_owned(), it));
    table.associations.unwrap_or_default().into_iter().filter_map(named)
}

pub(crate) async fn endpoints_by_id(at: At<'_>, ids: &BTreeSet<String>) -> Found<Endpoint> {
    let bare = bare_endpoints_by_id(at, ids).await?;
    with_interfaces(at, bare.into_iter().map(|(_, endpoint)| endpoint).collect()).await
}

/// Endpoints with the addresses of their interfaces: one more call for all that are ready.
pub(crate) async fn with_interfaces(at: At<'_>, bare: Vec<ec2::VpcEndpoint>) -> Found<Endpoint> {
    let ready = |endpoint: &&ec2::VpcEndpoint| crate::kind::is_endpoint_ready(endpoint);
    let ids = bare.iter().filter(ready).flat_map(ec2::VpcEndpoint::network_interface_ids);
    let ids: BTreeSet<String> = ids.cloned().collect();
    let mut interfaces: BTreeMap<String, ec2::NetworkInterface> = BTreeMap::new();
    if !ids.is_empty() {
        interfaces.extend(interfaces_by_id(at, &ids).await?);
    }
    let whole = |endpoint: ec2::VpcEndpoint| {
        let id = endpoint.vpc_endpoint_id()?.to_owned();
        let own = endpoint.network_interface_ids().iter();
        let interfaces = own.filter_map(|id| interfaces.get(id).cloned()).collect();
        Some((id, Endpoint { endpoint, interfaces }))
    };
    Ok(bare.into_iter().filter_map(whole).collect())
}

pub(crate) async fn hostnames_by_vpc(at: At<'_>, ids: &BTreeSet<String>) -> Found<bool> {
    each(ids, |id| vpc_attribute(at, id, ec2::VpcAttributeName::EnableDnsHostnames)).await
}

/// `DescribeVpcAttribute` has one VPC and one attribute per call; the answer holds no other.
pub(crate) async fn vpc_attribute(
    at: At<'_>,
    vpc: &str,
    attribute: ec2::VpcAttributeName,
) -> Result<bool> {
    let call = at.ec2().describe_vpc_attribute().vpc_id(vpc).attribute(attribute);
    let answer = at.looked("DescribeVpcAttribute", call.send().await)?;
    let value = answer.enable_dns_hostnames.or(answer.enable_dns_support);
    Ok(value.and_then(|value| value.value).unwrap_or_default())
}

/// One call for each; what is not there is left out.
async fn each<'i, T, F>(ids: &'i BTreeSet<String>, look: impl Fn(&'i String) -> F) -> Found<T>
where
    F: Future<Output = Result<T>>,
{
    let answers = join_all(ids.iter().map(&look)).await;
    let mut found = Vec::new();
    for (id, answer) in ids.iter().zip(answers) {
        match answer {
            Ok(it) => found.push((id.clone(), it)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The one id under which a view holds everything of a region.
pub(crate) const HERE: &str = "here";

pub(crate) async fn balancers_here(
    at: At<'_>,
    _: &BTreeSet<String>,
) -> Found<Vec<elb::LoadBalancer>> {
    Ok(vec![(HERE.to_owned(), balancers(at).await?)])
}

pub(crate) async fn groups_here(at: At<'_>, _: &BTreeSet<String>) -> Found<Vec<elb::TargetGroup>> {
    Ok(vec![(HERE.to_owned(), target_groups(at).await?)])
}

/// Every load balancer of the region.
async fn balancers(at: At<'_>) -> Result<Vec<elb::LoadBalancer>> {
    let mut pages = at.elb().describe_load_balancers().into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(item) = pages.next().await {
        all.push(at.looked("DescribeLoadBalancers", item)?);
    }
    Ok(all)
}

/// Every target group of the region.
async fn target_groups(at: At<'_>) -> Result<Vec<elb::TargetGroup>> {
    let mut pages = at.elb().describe_target_groups().into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(item) = pages.next().await {
        all.push(at.looked("DescribeTargetGroups", item)?);
    }
    Ok(all)
}

/// The same call for twenty at once; where one of them is missing it fails for all, and each is asked for alone.
async fn batched<T, F>(ids: &BTreeSet<String>, look: impl Fn(Vec<String>) -> F) -> Result<Vec<T>>
where
    F: Future<Output = Result<Vec<T>>>,
{
    let ids: Vec<String> = ids.iter().cloned().collect();
    let mut found = Vec::new();
    for ids in ids.chunks(ELB_ARNS) {
        match look(ids.to_vec()).await {
            Ok(all) => found.extend(all),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Err(_) if ids.len() == 1 => {}
            Err(_) => {
                for answer in join_all(ids.iter().map(|id| look(vec![id.clone()]))).await {
                    match answer {
                        Ok(one) => found.extend(one),
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
    }
    Ok(found)
}

pub(crate) async fn balancers_by_arn(at: At<'_>, arns: &BTreeSet<String>) -> Found<Balancer> {
    let found = batched(arns, |arns| async {
        let call = at.elb().describe_load_balancers().set_load_balancer_arns(Some(arns));
        let answer = at.looked("DescribeLoadBalancers", call.send().await)?;
        Ok(answer.load_balancers.unwrap_or_default())
    });
    let named = |it: elb::LoadBalancer| {
        Some((it.load_balancer_arn()?.to_owned(), Balancer::There(Box::new(it))))
    };
    let mut all: Vec<_> = found.await?.into_iter().filter_map(named).collect();
    let there: BTreeSet<&String> = all.iter().map(|(arn, _)| arn).collect();
    let gone: Vec<&String> = arns.iter().filter(|arn| !there.contains(arn)).collect();
    let lingering = lingering(at, &gone).await?;
    all.extend(lingering.into_iter().map(|arn| (arn, Balancer::Lingering)));
    Ok(all)
}

/// Which of these deleted load balancers still have interfaces: they hold subnets, groups, addresses and the gateway for minutes.
/// Source: Requester-managed network interfaces, Amazon EC2 user guide (description `ELB net/NAME/ID`).
async fn lingering(at: At<'_>, arns: &[&String]) -> Result<Vec<String>> {
    let named: BTreeMap<String, &String> =
        arns.iter().filter_map(|arn| Some((interface_description(arn)?, *arn))).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let all = interfaces(at, vec![filter("description", named.keys().cloned())]).await?;
    let owners = all.iter().filter_map(|it| named.get(it.description()?).copied());
    Ok(owners.cloned().collect::<BTreeSet<_>>().into_iter().collect())
}

/// The description of a load balancer's interfaces: `ELB net/NAME/ID`.
pub(crate) fn interface_description(arn: &str) -> Option<String> {
    Some(format!("ELB {}", metric_name(arn)?))
}

/// `net/NAME/ID`, as in metrics. Source: `CloudWatch` metrics for your Network Load Balancer, dimensions.
pub(crate) fn metric_name(arn: &str) -> Option<&str> {
    arn.split_once(":loadbalancer/").map(|(_, name)| name)
}

pub(crate) async fn target_groups_by_arn(
    at: At<'_>,
    arns: &BTreeSet<String>,
) -> Found<elb::TargetGroup> {
    let found = batched(arns, |arns| async {
        let call = at.elb().describe_target_groups().set_target_group_arns(Some(arns));
        let answer = at.looked("DescribeTargetGroups", call.send().await)?;
        Ok(answer.target_groups.unwrap_or_default())
    });
    let named = |it: elb::TargetGroup| Some((it.target_group_arn()?.to_owned(), it));
    Ok(found.await?.into_iter().filter_map(named).collect())
}

pub(crate) async fn listeners_by_arn(at: At<'_>, arns: &BTreeSet<String>) -> Found<elb::Listener> {
    let found = batched(arns, |arns| async {
        let call = at.elb().describe_listeners().set_listener_arns(Some(arns));
        let answer = at.looked("DescribeListeners", call.send().await)?;
        Ok(answer.listeners.unwrap_or_default())
    });
    let named = |it: elb::Listener| Some((it.listener_arn()?.to_owned(), it));
    Ok(found.await?.into_iter().filter_map(named).collect())
}

/// The listeners of one load balancer.
pub(crate) async fn listeners_of(at: At<'_>, balancer: &str) -> Result<Vec<elb::Listener>> {
    let call = at.elb().describe_listeners().load_balancer_arn(balancer);
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(item) = pages.next().await {
        match at.looked("DescribeListeners", item) {
            Ok(item) => all.push(item),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

pub(crate) async fn targets_by_group(
    at: At<'_>,
    arns: &BTreeSet<String>,
) -> Found<Vec<elb::TargetHealthDescription>> {
    each(arns, |arn| async {
        let call = at.elb().describe_target_health().target_group_arn(arn.clone());
        let answer = at.looked("DescribeTargetHealth", call.send().await)?;
        Ok(answer.target_health_descriptions.unwrap_or_default())
    })
    .await
}

pub(crate) async fn balancer_options_by_arn(
    at: At<'_>,
    arns: &BTreeSet<String>,
) -> Found<BTreeMap<String, String>> {
    each(arns, |arn| async {
        let call = at.elb().describe_load_balancer_attributes().load_balancer_arn(arn.clone());
        let answer = at.looked("DescribeLoadBalancerAttributes", call.send().await)?;
        let pair =
            |it: &elb::LoadBalancerAttribute| Some((it.key()?.to_owned(), it.value()?.to_owned()));
        Ok(answer.attributes().iter().filter_map(pair).collect())
    })
    .await
}

pub(crate) async fn group_options_by_arn(
    at: At<'_>,
    arns: &BTreeSet<String>,
) -> Found<BTreeMap<String, String>> {
    each(arns, |arn| async {
        let call = at.elb().describe_target_group_attributes().target_group_arn(arn.clone());
        let answer = at.looked("DescribeTargetGroupAttributes", call.send().await)?;
        let pair =
            |it: &elb::TargetGroupAttribute| Some((it.key()?.to_owned(), it.value()?.to_owned()));
        Ok(answer.attributes().iter().filter_map(pair).collect())
    })
    .await
}

pub(crate) async fn listener_options_by_arn(
    at: At<'_>,
    arns: &BTreeSet<String>,
) -> Found<BTreeMap<String, String>> {
    each(arns, |arn| async {
        let call = at.elb().describe_listener_attributes().listener_arn(arn.clone());
        let answer = at.looked("DescribeListenerAttributes", call.send().await)?;
        let pair =
            |it: &elb::ListenerAttribute| Some((it.key()?.to_owned(), it.value()?.to_owned()));
        Ok(answer.attributes().iter().filter_map(pair).collect())
    })
    .await
}

pub(crate) async fn elb_tags_by_arn(at: At<'_>, arns: &BTreeSet<String>) -> Found<Tags> {
    let found = batched(arns, |arns| async {
        let call = at.elb().describe_tags().set_resource_arns(Some(arns));
        let answer = at.looked("DescribeTags", call.send().await)?;
        Ok(answer.tag_descriptions.unwrap_or_default())
    });
    let pair =
        |it: elb::TagDescription| Some((it.resource_arn()?.to_owned(), tags::from_elb(it.tags())));
    Ok(found.await?.into_iter().filter_map(pair).collect())
}
