//! The least IAM policy for a deployment, and one for those who use its lane.
//!
//! What a deployer calls follows from the kinds of its graph. Looks cannot be scoped to resources; whatever exists already is
//! changed and removed only where it carries the deployment's tag, or lies in the network of somebody's that the spec names (a
//! route in their table); creates are scoped to the deployment's regions, because AWS judges a create by its parents too, which
//! need not carry the tag. Source: Actions, resources, and condition keys for Amazon EC2 and for Elastic Load Balancing V2, Service
//! Authorization Reference.

use std::collections::{BTreeMap, BTreeSet};

use accel_core::resource::{InterfaceEndpoint, Kind, Resource};
use accel_core::{DeploymentId, Graph, Node, Place, RemoteId, tags};
use serde_json::{Value, json};

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To deploy, plan and look; a deploy of a changed spec removes things too.
    Deploy,
    /// To look and clean up.
    Cleanup,
}

/// What a kind needs.
struct Needs {
    make: &'static [&'static str],
    /// Changes of what exists already.
    change: &'static [&'static str],
    remove: &'static [&'static str],
    look: &'static [&'static str],
}

const fn needs(
    make: &'static [&'static str],
    change: &'static [&'static str],
    remove: &'static [&'static str],
    look: &'static [&'static str],
) -> Needs {
    Needs { make, change, remove, look }
}

#[rustfmt::skip]
fn needs_of(kind: Kind) -> Needs {
    match kind {
        Kind::Vpc => needs(&["ec2:CreateVpc"], &[], &["ec2:DeleteVpc"], &["ec2:DescribeVpcs"]),
        Kind::Subnet => needs(&["ec2:CreateSubnet"], &[], &["ec2:DeleteSubnet"], &["ec2:DescribeSubnets"]),
        Kind::InternetGateway => needs(&["ec2:CreateInternetGateway"], &[], &["ec2:DeleteInternetGateway"], &["ec2:DescribeInternetGateways"]),
        Kind::GatewayAttachment => needs(&[], &["ec2:AttachInternetGateway"], &["ec2:DetachInternetGateway"], &["ec2:DescribeInternetGateways"]),
        Kind::RouteTable => needs(&["ec2:CreateRouteTable"], &[], &["ec2:DeleteRouteTable"], &["ec2:DescribeRouteTables"]),
        Kind::RouteTableAssociation => needs(&[], &["ec2:AssociateRouteTable"], &["ec2:DisassociateRouteTable"], &["ec2:DescribeRouteTables"]),
        Kind::Route => needs(&[], &["ec2:CreateRoute"], &["ec2:DeleteRoute"], &["ec2:DescribeRouteTables"]),
        Kind::SecurityGroup => needs(&["ec2:CreateSecurityGroup"], &[], &["ec2:DeleteSecurityGroup"], &["ec2:DescribeSecurityGroups"]),
        Kind::SecurityGroupRule => needs(&["ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"], &[], &["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"], &["ec2:DescribeSecurityGroupRules"]),
        Kind::InterfaceEndpoint | Kind::GatewayEndpoint => needs(&["ec2:CreateVpcEndpoint"], &[], &["ec2:DeleteVpcEndpoints"], &["ec2:DescribeVpcEndpoints"]),
        Kind::PeeringConnection => needs(&["ec2:CreateVpcPeeringConnection"], &[], &["ec2:DeleteVpcPeeringConnection"], &["ec2:DescribeVpcPeeringConnections"]),
        Kind::ElasticIp => needs(&["ec2:AllocateAddress"], &[], &["ec2:ReleaseAddress"], &["ec2:DescribeAddresses"]),
        Kind::LoadBalancer => needs(&["elasticloadbalancing:CreateLoadBalancer"], &[], &["elasticloadbalancing:DeleteLoadBalancer"], &[]),
        Kind::TargetGroup => needs(&["elasticloadbalancing:CreateTargetGroup"], &[], &["elasticloadbalancing:DeleteTargetGroup"], &[]),
        Kind::Target => needs(&[], &["elasticloadbalancing:RegisterTargets"], &["elasticloadbalancing:DeregisterTargets"], &[]),
        Kind::Listener => needs(&["elasticloadbalancing:CreateListener"], &[], &["elasticloadbalancing:DeleteListener"], &[]),
        Kind::NatGateway => needs(&["ec2:CreateNatGateway"], &[], &["ec2:DeleteNatGateway"], &["ec2:DescribeNatGateways"]),
        Kind::EndpointTable => needs(&[], &["ec2:ModifyVpcEndpoint"], &["ec2:ModifyVpcEndpoint"], &["ec2:DescribeVpcEndpoints"]),
        Kind::RouteReplacement => needs(&[], &["ec2:ReplaceRoute"], &["ec2:ReplaceRoute"], &["ec2:DescribeRouteTables"]),
        Kind::VpcDnsHostnames => needs(&[], &["ec2:ModifyVpcAttribute"], &[], &["ec2:DescribeVpcAttribute"]),
        Kind::ClosedEgress => needs(&[], &["ec2:RevokeSecurityGroupEgress"], &[], &["ec2:DescribeSecurityGroups"]),
        // A new connection carries no tag on the accepter's side until we have put it there.
        Kind::PeeringAcceptance => needs(&["ec2:AcceptVpcPeeringConnection"], &[], &[], &["ec2:DescribeVpcPeeringConnections"]),
        Kind::PeeringTags => needs(&[], &[], &["ec2:DeleteVpcPeeringConnection"], &["ec2:DescribeVpcPeeringConnections"]),
        Kind::EndpointPolicy => needs(&[], &["ec2:ModifyVpcEndpoint"], &[], &["ec2:DescribeVpcEndpoints"]),
        Kind::HealthCheck => needs(&[], &["elasticloadbalancing:ModifyTargetGroup"], &[], &[]),
        Kind::TargetGroupOptions => needs(&[], &["elasticloadbalancing:ModifyTargetGroupAttributes"], &[], &["elasticloadbalancing:DescribeTargetGroupAttributes"]),
        Kind::LoadBalancerOptions => needs(&[], &["elasticloadbalancing:ModifyLoadBalancerAttributes"], &[], &["elasticloadbalancing:DescribeLoadBalancerAttributes"]),
        Kind::ListenerOptions => needs(&[], &["elasticloadbalancing:ModifyListenerAttributes"], &[], &["elasticloadbalancing:DescribeListenerAttributes"]),
        Kind::RuleDescription => needs(&[], &["ec2:UpdateSecurityGroupRuleDescriptionsIngress", "ec2:UpdateSecurityGroupRuleDescriptionsEgress"], &[], &["ec2:DescribeSecurityGroupRules"]),
        Kind::ExtraTags => needs(&[], &["elasticloadbalancing:AddTags"], &[], &[]),
    }
}

/// What every run looks at, whatever its graph: a listing shows all kinds.
const ALWAYS: &[&str] = &[
    "ec2:DescribeTags",
    "ec2:DescribeVpcs",
    "ec2:DescribeSubnets",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeAddresses",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeAvailabilityZones",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:DescribeTags",
];

/// What a deploy asks before it makes something. A check that is denied is a warning.
const BEFOREHAND: &[&str] = &[
    "ec2:DescribeVpcEndpointServices",
    "ec2:DescribeVpcBlockPublicAccessOptions",
    "elasticloadbalancing:DescribeAccountLimits",
    "servicequotas:GetServiceQuota",
    "servicequotas:ListServiceQuotas",
];

/// The first load balancer of an account makes the service's role. Source: Elastic Load Balancing service-linked role.
const SERVICE_ROLE: &str = "iam:CreateServiceLinkedRole";
/// A VPC learns an endpoint's private names. Source: Access an AWS service using an interface VPC endpoint, private DNS.
const PRIVATE_NAMES: &str = "route53:AssociateVPCWithHostedZone";

/// The actions of a purpose, `sts:GetCallerIdentity` left out: nobody can be denied it.
pub fn actions(purpose: Purpose, graph: &Graph) -> BTreeSet<&'static str> {
    let parts = Parts::of(purpose, graph.nodes());
    let Parts { look, make, change, tag, aside } = parts;
    [look, make, change, tag, aside].into_iter().flatten().collect()
}

/// Why an action is needed: each part has its own condition in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Look,
    Make,
    /// Changes and removes what is ours already: allowed by the deployment's tag.
    Change,
    Tag,
    /// What AWS itself does in the caller's name.
    Aside,
}

/// What a deploy and a cleanup call in one place, and why.
pub(crate) fn at(place: &Place, graph: &Graph) -> BTreeMap<&'static str, Part> {
    let here = graph.nodes().iter().filter(|node| node.place == *place);
    // A deploy of a changed spec removes too: whoever may deploy may clean up.
    let Parts { look, make, change, tag, aside } = Parts::of(Purpose::Deploy, here);
    let parts = [
        (Part::Look, look),
        (Part::Make, make),
        (Part::Change, change),
        (Part::Tag, tag),
        (Part::Aside, aside),
    ];
    let each = |(part, actions): (Part, BTreeSet<_>)| {
        actions.into_iter().map(move |action| (action, part))
    };
    parts.into_iter().flat_map(each).collect()
}

/// Whether a node of this kind needs an action.
pub(crate) fn is_needed(kind: Kind, action: &str) -> bool {
    let Needs { make, change, remove, look } = needs_of(kind);
    [make, change, remove, look].into_iter().flatten().any(|needed| *needed == action)
}

#[derive(Default)]
struct Parts {
    look: BTreeSet<&'static str>,
    make: BTreeSet<&'static str>,
    change: BTreeSet<&'static str>,
    tag: BTreeSet<&'static str>,
    aside: BTreeSet<&'static str>,
}

impl Parts {
    fn of<'a>(purpose: Purpose, nodes: impl IntoIterator<Item = &'a Node>) -> Self {
        let mut parts = Self { look: ALWAYS.iter().copied().collect(), ..Self::default() };
        for node in nodes {
            let needs = needs_of(node.kind());
            parts.look.extend(needs.look);
            if !node.resource.existing().is_empty() {
                // What is to be known of a network that exists.
                parts.look.insert("ec2:DescribeVpcAttribute");
            }
            parts.change.extend(needs.remove);
            if purpose == Purpose::Deploy {
                parts.make.extend(needs.make);
                parts.change.extend(needs.change);
                parts.aside.extend(has_private_names(&node.resource).then_some(PRIVATE_NAMES));
            }
        }
        if purpose == Purpose::Deploy {
            parts.look.extend(BEFOREHAND);
            parts.tag.extend(["ec2:CreateTags", "elasticloadbalancing:AddTags"]);
            parts.change.remove("elasticloadbalancing:AddTags");
            parts.aside.insert(SERVICE_ROLE);
        }
        parts
    }
}

/// The least policy for whoever deploys, or only cleans up, a deployment with this graph. `network` is the VPC of somebody's in
/// which it stands, if it does.
///
/// Which of that VPC's tables and subnets are changed, and how, follows from what they look like, and nobody looks here: all is
/// allowed that the deployment may have to do to them, and with it what takes back the changes of an earlier graph. A VPC that only
/// an earlier spec named is not known here: whoever leaves it needs the policy of that spec too.
pub fn document(
    purpose: Purpose,
    deployment: &DeploymentId,
    graph: &Graph,
    network: Option<&RemoteId>,
) -> Value {
    let mut parts = Parts::of(purpose, graph.nodes());
    let regions: BTreeSet<&str> =
        graph.nodes().iter().map(|node| node.place.region.as_str()).collect();
    let here = json!({ "aws:RequestedRegion": regions });
    let ours = json!({
        "aws:RequestedRegion": regions,
        format!("aws:ResourceTag/{}", tags::DEPLOYMENT): deployment.as_str(),
    });
    let tagging = json!({
        "aws:RequestedRegion": regions,
        format!("aws:RequestTag/{}", tags::DEPLOYMENT): deployment.as_str(),
    });
    let mut theirs = Vec::new();
    if let Some(vpc) = network {
        parts.change.extend(Change::ALL.iter().flat_map(|it| it.actions(purpose)));
        theirs.extend(Change::ALL.iter().map(|it| it.statement(purpose, vpc, &here)));
    }
    let mut statements = vec![allow("Look", &parts.look, &here)];
    if !parts.make.is_empty() {
        statements.push(allow("Make", &parts.make, &here));
    }
    statements.push(allow("ChangeAndRemoveWhatIsOurs", &parts.change, &ours));
    statements.extend(theirs);
    if !parts.tag.is_empty() {
        statements.push(allow("TagWhatIsMade", &parts.tag, &tagging));
        statements.push(allow("TagWhatIsOurs", &parts.tag, &ours));
        statements.push(service_linked_role());
        if parts.aside.contains(PRIVATE_NAMES) {
            let action = BTreeSet::from([PRIVATE_NAMES]);
            statements.push(allow("PrivateNamesOfAnEndpoint", &action, &here));
        }
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// What is changed in a network that is not ours, by what can carry no tags. EC2 judges such a call by each resource that it names:
/// ours by its tag, theirs by its type and its VPC.
struct Change {
    id: &'static str,
    kinds: &'static [Kind],
    /// The type of what is theirs.
    theirs: &'static str,
    /// Whether the actions have the key `ec2:Vpc`.
    by_vpc: bool,
}

impl Change {
    const ALL: &[Self] = &[
        Self {
            id: "ChangeRoutesOfTheNetwork",
            kinds: &[Kind::Route, Kind::RouteReplacement],
            theirs: "route-table",
            by_vpc: true,
        },
        Self {
            id: "AssociateItsSubnets",
            kinds: &[Kind::RouteTableAssociation],
            theirs: "subnet",
            by_vpc: true,
        },
        // `ModifyVpcEndpoint` has no key for the VPC. But its endpoint must be ours, and takes the tables of its own VPC only.
        Self {
            id: "LeadItsTablesToEndpoints",
            kinds: &[Kind::EndpointTable],
            theirs: "route-table",
            by_vpc: false,
        },
    ];

    fn actions(&self, purpose: Purpose) -> BTreeSet<&'static str> {
        let needed = self.kinds.iter().flat_map(|kind| {
            let Needs { change, remove, .. } = needs_of(*kind);
            let change = if purpose == Purpose::Deploy { change } else { &[] };
            change.iter().chain(remove).copied()
        });
        needed.collect()
    }

    /// Of any account: a policy is of one, and the VPC's id is nobody else's.
    fn statement(&self, purpose: Purpose, vpc: &RemoteId, here: &Value) -> Value {
        let region = &vpc.place.region;
        let of = |resource: &str| format!("arn:{}:ec2:{region}:*:{resource}", region.partition());
        let mut statement = allow(self.id, &self.actions(purpose), here);
        statement["Resource"] = json!(of(&format!("{}/*", self.theirs)));
        if self.by_vpc {
            statement["Condition"]["ArnLike"] = json!({ "ec2:Vpc": of(&format!("vpc/{vpc}")) });
        }
        statement
    }
}

fn allow(id: &str, actions: &BTreeSet<&'static str>, condition: &Value) -> Value {
    json!({
        "Sid": id,
        "Effect": "Allow",
        "Action": actions,
        "Resource": "*",
        "Condition": { "StringEquals": condition },
    })
}

fn service_linked_role() -> Value {
    json!({
        "Sid": "FirstLoadBalancerOfAnAccount",
        "Effect": "Allow",
        "Action": SERVICE_ROLE,
        "Resource": "*",
        "Condition": {
            "StringEquals": { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" },
        },
    })
}

fn has_private_names(resource: &Resource) -> bool {
    matches!(resource, Resource::InterfaceEndpoint(InterfaceEndpoint { private_dns: true, .. }))
}

/// A policy for those who use a lane: a call that carries their credentials and comes another way is denied.
///
/// By the endpoint's id, never by address: through an endpoint `aws:SourceIp` is absent or private, so a condition on it denies every
/// call of a lane. Calls that AWS makes on the caller's behalf are left alone. Source: IAM, global condition context keys
/// `aws:SourceVpce`, `aws:ViaAWSService`.
pub fn for_callers(endpoints: impl IntoIterator<Item = String>) -> Value {
    let endpoints: BTreeSet<String> = endpoints.into_iter().collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "OnlyThroughTheLane",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "StringNotEquals": { "aws:SourceVpce": endpoints },
                "BoolIfExists": { "aws:ViaAWSService": "false" },
            },
        }],
    })
}
