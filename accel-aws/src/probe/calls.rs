//! The calls of a probe, one for each action: as the real ones in `kind`, with `DryRun`.
//!
//! Deliberately absent: `ModifyVpcAttribute`, and every action of load balancing, which have no `DryRun`.

use accel_core::resource::{Resource, Via};
use accel_core::{Result, resource};
use aws_sdk_ec2::types::{
    DomainType, IpPermission, IpRange, ResourceType, SecurityGroupRuleDescription,
    VpcAttributeName, VpcEndpointType,
};
use futures_util::future::BoxFuture;

use super::subject::Subject;
use crate::call::At;

type Call<'a> = BoxFuture<'a, Result<()>>;

/// The only way to make a call here: with `DryRun`.
macro_rules! dry {
    ($at:expr, $action:expr, $call:expr) => {{
        let (at, action, call) = ($at, $action, $call.dry_run(true));
        let operation = action.trim_start_matches("ec2:");
        Box::pin(async move { at.looked(operation, call.send().await).map(drop) })
    }};
}

/// The call of an action that looks and names nothing.
pub(super) fn look<'a>(at: At<'a>, action: &'static str) -> Option<Call<'a>> {
    let ec2 = at.ec2();
    Some(match action {
        "ec2:DescribeAddresses" => dry!(at, action, ec2.describe_addresses()),
        "ec2:DescribeAvailabilityZones" => dry!(at, action, ec2.describe_availability_zones()),
        "ec2:DescribeInternetGateways" => dry!(at, action, ec2.describe_internet_gateways()),
        "ec2:DescribeNatGateways" => dry!(at, action, ec2.describe_nat_gateways()),
        "ec2:DescribeNetworkInterfaces" => dry!(at, action, ec2.describe_network_interfaces()),
        "ec2:DescribeRouteTables" => dry!(at, action, ec2.describe_route_tables()),
        "ec2:DescribeSecurityGroupRules" => {
            dry!(at, action, ec2.describe_security_group_rules())
        }
        "ec2:DescribeSecurityGroups" => dry!(at, action, ec2.describe_security_groups()),
        "ec2:DescribeSubnets" => dry!(at, action, ec2.describe_subnets()),
        "ec2:DescribeTags" => dry!(at, action, ec2.describe_tags()),
        "ec2:DescribeVpcBlockPublicAccessOptions" => {
            dry!(at, action, ec2.describe_vpc_block_public_access_options())
        }
        "ec2:DescribeVpcEndpointServices" => {
            dry!(at, action, ec2.describe_vpc_endpoint_services())
        }
        "ec2:DescribeVpcEndpoints" => dry!(at, action, ec2.describe_vpc_endpoints()),
        "ec2:DescribeVpcPeeringConnections" => {
            dry!(at, action, ec2.describe_vpc_peering_connections())
        }
        "ec2:DescribeVpcs" => dry!(at, action, ec2.describe_vpcs()),
        _ => return None,
    })
}

/// The call of an action that is about something.
pub(super) fn named<'a>(
    at: At<'a>,
    action: &'static str,
    subject: &mut Subject<'_>,
) -> Option<Call<'a>> {
    make(at, action, subject)
        .or_else(|| guard(at, action, subject))
        .or_else(|| set(at, action, subject))
        .or_else(|| remove(at, action, subject))
}

/// What is made with tags.
fn make<'a>(at: At<'a>, action: &'static str, it: &mut Subject<'_>) -> Option<Call<'a>> {
    let ec2 = at.ec2();
    Some(match (action, &it.node.resource) {
        ("ec2:CreateVpc", Resource::Vpc(asked)) => {
            let call = ec2.create_vpc().cidr_block(asked.cidr.to_string());
            dry!(at, action, call.tag_specifications(it.specification(ResourceType::Vpc)))
        }
        ("ec2:CreateSubnet", Resource::Subnet(asked)) => {
            let call = ec2.create_subnet().vpc_id(it.id(&asked.vpc));
            let call = call.cidr_block(asked.cidr.to_string());
            let call = call.availability_zone(asked.zone.as_str());
            dry!(at, action, call.tag_specifications(it.specification(ResourceType::Subnet)))
        }
        ("ec2:CreateInternetGateway", _) => {
            let tags = it.specification(ResourceType::InternetGateway);
            dry!(at, action, ec2.create_internet_gateway().tag_specifications(tags))
        }
        ("ec2:CreateRouteTable", Resource::RouteTable(asked)) => {
            let call = ec2.create_route_table().vpc_id(it.id(&asked.vpc));
            dry!(at, action, call.tag_specifications(it.specification(ResourceType::RouteTable)))
        }
        ("ec2:CreateVpcEndpoint", Resource::InterfaceEndpoint(asked)) => {
            let subnets: Vec<String> =
                asked.subnets.iter().map(|subnet| it.id(&subnet.subnet)).collect();
            let groups: Vec<String> = asked.groups.iter().map(|group| it.id(group)).collect();
            let call = ec2.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface);
            let call = call.vpc_id(it.id(&asked.vpc)).service_name(&asked.service);
            let call = call.set_subnet_ids(Some(subnets)).set_security_group_ids(Some(groups));
            let call = call.private_dns_enabled(asked.private_dns);
            dry!(at, action, call.tag_specifications(it.specification(ResourceType::VpcEndpoint)))
        }
        ("ec2:CreateVpcEndpoint", Resource::GatewayEndpoint(asked)) => {
            let call = ec2.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Gateway);
            let call = call.vpc_id(it.id(&asked.vpc)).service_name(&asked.service);
            dry!(at, action, call.tag_specifications(it.specification(ResourceType::VpcEndpoint)))
        }
        ("ec2:CreateNatGateway", Resource::NatGateway(asked)) => {
            let call = ec2.create_nat_gateway().subnet_id(it.id(&asked.subnet));
            let call = call.allocation_id(it.id(&asked.address));
            dry!(at, action, call.tag_specifications(it.specification(ResourceType::Natgateway)))
        }
        ("ec2:CreateVpcPeeringConnection", Resource::PeeringConnection(asked)) => {
            let call = ec2.create_vpc_peering_connection().vpc_id(it.id(&asked.requester));
            let call = call.peer_vpc_id(it.id(&asked.accepter));
            let call = call.peer_region(asked.accepter_place.region.as_str());
            let tags = it.specification(ResourceType::VpcPeeringConnection);
            dry!(at, action, call.tag_specifications(tags))
        }
        ("ec2:AllocateAddress", _) => {
            let tags = it.specification(ResourceType::ElasticIp);
            let call = ec2.allocate_address().domain(DomainType::Vpc);
            dry!(at, action, call.tag_specifications(tags))
        }
        _ => return None,
    })
}

/// Security groups and their rules.
fn guard<'a>(at: At<'a>, action: &'static str, it: &mut Subject<'_>) -> Option<Call<'a>> {
    let ec2 = at.ec2();
    Some(match (action, &it.node.resource) {
        ("ec2:CreateSecurityGroup", Resource::SecurityGroup(asked)) => {
            let call = ec2.create_security_group().vpc_id(it.id(&asked.vpc));
            let call = call.group_name("accel-probe").description(&asked.description);
            let tags = it.specification(ResourceType::SecurityGroup);
            dry!(at, action, call.tag_specifications(tags))
        }
        ("ec2:DeleteSecurityGroup", _) => {
            dry!(at, action, ec2.delete_security_group().group_id(it.own()))
        }
        ("ec2:AuthorizeSecurityGroupIngress", Resource::SecurityGroupRule(asked)) => {
            let call = ec2.authorize_security_group_ingress().group_id(it.id(&asked.group));
            let call = call.ip_permissions(permission(asked));
            let tags = it.specification(ResourceType::SecurityGroupRule);
            dry!(at, action, call.tag_specifications(tags))
        }
        ("ec2:AuthorizeSecurityGroupEgress", Resource::SecurityGroupRule(asked)) => {
            let call = ec2.authorize_security_group_egress().group_id(it.id(&asked.group));
            let call = call.ip_permissions(permission(asked));
            let tags = it.specification(ResourceType::SecurityGroupRule);
            dry!(at, action, call.tag_specifications(tags))
        }
        ("ec2:RevokeSecurityGroupIngress", Resource::SecurityGroupRule(asked)) => {
            let call = ec2.revoke_security_group_ingress().group_id(it.id(&asked.group));
            dry!(at, action, call.security_group_rule_ids(it.own()))
        }
        ("ec2:RevokeSecurityGroupEgress", Resource::SecurityGroupRule(asked)) => {
            let call = ec2.revoke_security_group_egress().group_id(it.id(&asked.group));
            dry!(at, action, call.security_group_rule_ids(it.own()))
        }
        ("ec2:RevokeSecurityGroupEgress", Resource::ClosedEgress(asked)) => {
            let call = ec2.revoke_security_group_egress().group_id(it.id(&asked.group));
            let everything = IpPermission::builder().ip_protocol("-1");
            let everywhere = IpRange::builder().cidr_ip("0.0.0.0/0").build();
            dry!(at, action, call.ip_permissions(everything.ip_ranges(everywhere).build()))
        }
        ("ec2:UpdateSecurityGroupRuleDescriptionsIngress", Resource::RuleDescription(asked)) => {
            let call = ec2.update_security_group_rule_descriptions_ingress();
            let call = call.group_id(it.group_of(&asked.rule));
            dry!(at, action, call.security_group_rule_descriptions(description(asked, it)))
        }
        ("ec2:UpdateSecurityGroupRuleDescriptionsEgress", Resource::RuleDescription(asked)) => {
            let call = ec2.update_security_group_rule_descriptions_egress();
            let call = call.group_id(it.group_of(&asked.rule));
            dry!(at, action, call.security_group_rule_descriptions(description(asked, it)))
        }
        _ => return None,
    })
}

fn permission(asked: &resource::SecurityGroupRule) -> IpPermission {
    let peer = IpRange::builder().cidr_ip(asked.peer.to_string()).build();
    IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443).ip_ranges(peer).build()
}

fn description(
    asked: &resource::RuleDescription,
    it: &mut Subject<'_>,
) -> SecurityGroupRuleDescription {
    let rule = SecurityGroupRuleDescription::builder().security_group_rule_id(it.id(&asked.rule));
    rule.description(&asked.description).build()
}

/// What is attached to, set on or asked of something.
fn set<'a>(at: At<'a>, action: &'static str, it: &mut Subject<'_>) -> Option<Call<'a>> {
    let ec2 = at.ec2();
    Some(match (action, &it.node.resource) {
        ("ec2:AttachInternetGateway", Resource::GatewayAttachment(asked)) => {
            let call = ec2.attach_internet_gateway().vpc_id(it.id(&asked.vpc));
            dry!(at, action, call.internet_gateway_id(it.id(&asked.gateway)))
        }
        ("ec2:AssociateRouteTable", Resource::RouteTableAssociation(asked)) => {
            let call = ec2.associate_route_table().subnet_id(it.id(&asked.subnet));
            dry!(at, action, call.route_table_id(it.id(&asked.table)))
        }
        ("ec2:CreateRoute", Resource::Route(asked)) => {
            let call = ec2.create_route().route_table_id(it.id(&asked.table));
            let call = call.destination_cidr_block(asked.destination.to_string());
            let call = match &asked.via {
                Via::Gateway(gateway) => call.gateway_id(it.id(gateway)),
                Via::Peering(peering) => call.vpc_peering_connection_id(it.id(peering)),
                Via::Nat(nat) => call.nat_gateway_id(it.id(nat)),
            };
            dry!(at, action, call)
        }
        ("ec2:ReplaceRoute", Resource::RouteReplacement(asked)) => {
            let call = ec2.replace_route().route_table_id(it.id(&asked.table));
            let call = call.destination_cidr_block(asked.destination.to_string());
            dry!(at, action, call.nat_gateway_id(it.id(&asked.nat)))
        }
        ("ec2:AcceptVpcPeeringConnection", Resource::PeeringAcceptance(asked)) => {
            let call = ec2.accept_vpc_peering_connection();
            dry!(at, action, call.vpc_peering_connection_id(it.id(&asked.peering)))
        }
        ("ec2:ModifyVpcEndpoint", Resource::EndpointPolicy(asked)) => {
            let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(it.id(&asked.endpoint));
            dry!(at, action, call.policy_document(&asked.policy))
        }
        ("ec2:ModifyVpcEndpoint", Resource::EndpointTable(asked)) => {
            let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(it.id(&asked.endpoint));
            dry!(at, action, call.add_route_table_ids(it.id(&asked.table)))
        }
        ("ec2:DescribeVpcAttribute", _) => {
            let call = ec2.describe_vpc_attribute().vpc_id(it.vpc());
            dry!(at, action, call.attribute(VpcAttributeName::EnableDnsHostnames))
        }
        ("ec2:CreateTags", _) => {
            let call = ec2.create_tags().resources(it.own());
            dry!(at, action, call.set_tags(Some(it.tags())))
        }
        _ => return None,
    })
}

/// What is removed by an id.
fn remove<'a>(at: At<'a>, action: &'static str, it: &mut Subject<'_>) -> Option<Call<'a>> {
    let ec2 = at.ec2();
    Some(match (action, &it.node.resource) {
        ("ec2:DeleteVpc", _) => dry!(at, action, ec2.delete_vpc().vpc_id(it.own())),
        ("ec2:DeleteSubnet", _) => dry!(at, action, ec2.delete_subnet().subnet_id(it.own())),
        ("ec2:DeleteInternetGateway", _) => {
            dry!(at, action, ec2.delete_internet_gateway().internet_gateway_id(it.own()))
        }
        ("ec2:DetachInternetGateway", Resource::GatewayAttachment(asked)) => {
            let call = ec2.detach_internet_gateway().vpc_id(it.id(&asked.vpc));
            dry!(at, action, call.internet_gateway_id(it.id(&asked.gateway)))
        }
        ("ec2:DeleteRouteTable", _) => {
            dry!(at, action, ec2.delete_route_table().route_table_id(it.own()))
        }
        ("ec2:DisassociateRouteTable", _) => {
            dry!(at, action, ec2.disassociate_route_table().association_id(it.own()))
        }
        ("ec2:DeleteRoute", Resource::Route(asked)) => {
            let call = ec2.delete_route().route_table_id(it.id(&asked.table));
            dry!(at, action, call.destination_cidr_block(asked.destination.to_string()))
        }
        ("ec2:DeleteVpcEndpoints", _) => {
            dry!(at, action, ec2.delete_vpc_endpoints().vpc_endpoint_ids(it.own()))
        }
        ("ec2:DeleteNatGateway", _) => {
            dry!(at, action, ec2.delete_nat_gateway().nat_gateway_id(it.own()))
        }
        ("ec2:DeleteVpcPeeringConnection", Resource::PeeringTags(asked)) => {
            let call = ec2.delete_vpc_peering_connection();
            dry!(at, action, call.vpc_peering_connection_id(it.id(&asked.peering)))
        }
        ("ec2:DeleteVpcPeeringConnection", _) => {
            let call = ec2.delete_vpc_peering_connection();
            dry!(at, action, call.vpc_peering_connection_id(it.own()))
        }
        ("ec2:ReleaseAddress", _) => {
            dry!(at, action, ec2.release_address().allocation_id(it.own()))
        }
        _ => return None,
    })
}
