//! The provider's own name of what a verb does with a kind.

use accel_core::resource::{Api, Kind};

use crate::fault::Verb;

/// The operation that a call makes; verbs that look make a describe.
pub(crate) fn operation(verb: Verb, kind: Kind) -> &'static str {
    match verb {
        Verb::Create => create(kind),
        Verb::Delete => delete(kind),
        // One look at the tags shows what there is, whatever it is.
        Verb::Glance if kind.facts().api == Api::Network => "DescribeTags",
        Verb::Offer | Verb::Find | Verb::Read | Verb::List | Verb::Glance | Verb::Blockers => {
            describe(kind)
        }
    }
}

fn create(kind: Kind) -> &'static str {
    match kind {
        Kind::Vpc => "CreateVpc",
        Kind::Subnet => "CreateSubnet",
        Kind::InternetGateway => "CreateInternetGateway",
        Kind::GatewayAttachment => "AttachInternetGateway",
        Kind::RouteTable => "CreateRouteTable",
        Kind::RouteTableAssociation => "AssociateRouteTable",
        Kind::Route => "CreateRoute",
        Kind::SecurityGroup => "CreateSecurityGroup",
        Kind::SecurityGroupRule => "AuthorizeSecurityGroup",
        Kind::InterfaceEndpoint | Kind::GatewayEndpoint => "CreateVpcEndpoint",
        Kind::PeeringConnection => "CreateVpcPeeringConnection",
        Kind::ElasticIp => "AllocateAddress",
        Kind::LoadBalancer => "CreateLoadBalancer",
        Kind::TargetGroup => "CreateTargetGroup",
        Kind::Target => "RegisterTargets",
        Kind::Listener => "CreateListener",
        Kind::NatGateway => "CreateNatGateway",
        Kind::RouteReplacement => "ReplaceRoute",
        Kind::VpcDnsHostnames => "ModifyVpcAttribute",
        Kind::ClosedEgress => "RevokeSecurityGroupEgress",
        Kind::PeeringAcceptance => "AcceptVpcPeeringConnection",
        Kind::PeeringTags | Kind::ExtraTags => "CreateTags",
        Kind::EndpointPolicy | Kind::EndpointTable => "ModifyVpcEndpoint",
        Kind::HealthCheck => "ModifyTargetGroup",
        Kind::TargetGroupOptions => "ModifyTargetGroupAttributes",
        Kind::LoadBalancerOptions => "ModifyLoadBalancerAttributes",
        Kind::ListenerOptions => "ModifyListenerAttributes",
        Kind::RuleDescription => "UpdateSecurityGroupRuleDescriptions",
    }
}

fn delete(kind: Kind) -> &'static str {
    match kind {
        Kind::Vpc => "DeleteVpc",
        Kind::Subnet => "DeleteSubnet",
        Kind::InternetGateway => "DeleteInternetGateway",
        Kind::GatewayAttachment => "DetachInternetGateway",
        Kind::RouteTable => "DeleteRouteTable",
        Kind::RouteTableAssociation => "DisassociateRouteTable",
        Kind::Route => "DeleteRoute",
        Kind::SecurityGroup => "DeleteSecurityGroup",
        Kind::SecurityGroupRule => "RevokeSecurityGroup",
        Kind::InterfaceEndpoint | Kind::GatewayEndpoint => "DeleteVpcEndpoints",
        Kind::EndpointTable => "ModifyVpcEndpoint",
        Kind::NatGateway => "DeleteNatGateway",
        Kind::RouteReplacement => "ReplaceRoute",
        Kind::PeeringConnection | Kind::PeeringTags => "DeleteVpcPeeringConnection",
        Kind::ElasticIp => "ReleaseAddress",
        Kind::LoadBalancer => "DeleteLoadBalancer",
        Kind::TargetGroup => "DeleteTargetGroup",
        Kind::Target => "DeregisterTargets",
        Kind::Listener => "DeleteListener",
        Kind::VpcDnsHostnames
        | Kind::ClosedEgress
        | Kind::PeeringAcceptance
        | Kind::EndpointPolicy
        | Kind::HealthCheck
        | Kind::TargetGroupOptions
        | Kind::LoadBalancerOptions
        | Kind::ListenerOptions
        | Kind::RuleDescription
        | Kind::ExtraTags => "nothing",
    }
}

fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Vpc => "DescribeVpcs",
        Kind::VpcDnsHostnames => "DescribeVpcAttribute",
        Kind::Subnet => "DescribeSubnets",
        Kind::InternetGateway | Kind::GatewayAttachment => "DescribeInternetGateways",
        Kind::RouteTable | Kind::RouteTableAssociation | Kind::Route | Kind::RouteReplacement => {
            "DescribeRouteTables"
        }
        Kind::SecurityGroup => "DescribeSecurityGroups",
        Kind::SecurityGroupRule | Kind::ClosedEgress | Kind::RuleDescription => {
            "DescribeSecurityGroupRules"
        }
        Kind::InterfaceEndpoint
        | Kind::GatewayEndpoint
        | Kind::EndpointTable
        | Kind::EndpointPolicy => "DescribeVpcEndpoints",
        Kind::NatGateway => "DescribeNatGateways",
        Kind::PeeringConnection | Kind::PeeringAcceptance | Kind::PeeringTags => {
            "DescribeVpcPeeringConnections"
        }
        Kind::ElasticIp => "DescribeAddresses",
        Kind::LoadBalancer => "DescribeLoadBalancers",
        Kind::LoadBalancerOptions => "DescribeLoadBalancerAttributes",
        Kind::TargetGroup | Kind::HealthCheck => "DescribeTargetGroups",
        Kind::TargetGroupOptions => "DescribeTargetGroupAttributes",
        Kind::Target => "DescribeTargetHealth",
        Kind::Listener => "DescribeListeners",
        Kind::ListenerOptions => "DescribeListenerAttributes",
        Kind::ExtraTags => "DescribeTags",
    }
}
