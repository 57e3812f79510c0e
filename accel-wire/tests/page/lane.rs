//! A small world with a whole lane in it, made by calls.

use std::fmt::Write as _;

use super::World;
use super::client::{Answer, call};

/// Where clients connect, and where the service is.
pub(crate) const NEAR: &str = "ap-southeast-1";
pub(crate) const FAR: &str = "ap-southeast-3";

/// A name that becomes more than text wherever somebody is careless.
pub(crate) const HOSTILE: &str = "<img src=x onerror=alert(1)><script>alert(2)</script>";

/// Builds it, and a VPC with a hostile name beside it; gives the load balancer.
pub(crate) fn build(world: &World) -> String {
    let near = Region { world, name: NEAR };
    let far = Region { world, name: FAR };
    let hostile = near.ec2("CreateVpc", &[("CidrBlock", "10.9.0.0/16")]).element("vpcId");
    near.ec2(
        "CreateTags",
        &[("ResourceId.1", &hostile), ("Tag.1.Key", "Name"), ("Tag.1.Value", HOSTILE)],
    );
    let refused = call(world.at, "ec2", NEAR, &form(HOSTILE, &[]));
    assert_eq!(refused.status, 400, "{}", refused.body);
    let (client, here, near_group) = near.side("10.0.0.0/16", "0.0.0.0/0");
    let (service, there, far_group) = far.side("10.1.0.0/16", "10.0.0.0/16");
    let gateway = near.ec2("CreateInternetGateway", &[]).element("internetGatewayId");
    near.ec2("AttachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &client)]);
    let asked = [("VpcId", client.as_str()), ("PeerVpcId", &service), ("PeerRegion", FAR)];
    let peering = near.ec2("CreateVpcPeeringConnection", &asked).element("vpcPeeringConnectionId");
    far.ec2("AcceptVpcPeeringConnection", &[("VpcPeeringConnectionId", &peering)]);
    let over = ("VpcPeeringConnectionId", peering.as_str());
    near.route(&client, "10.1.0.0/16", over);
    near.route(&client, "0.0.0.0/0", ("GatewayId", &gateway));
    far.route(&service, "10.0.0.0/16", over);
    far.ec2(
        "CreateVpcEndpoint",
        &[
            ("VpcId", &service),
            ("VpcEndpointType", "Interface"),
            ("ServiceName", "com.amazonaws.ap-southeast-3.sqs"),
            ("SubnetConfiguration.1.SubnetId", &there),
            ("SubnetConfiguration.1.Ipv4", "10.1.0.77"),
            ("SubnetId.1", &there),
            ("SecurityGroupId.1", &far_group),
            ("PrivateDnsEnabled", "false"),
        ],
    );
    balancer(&near, &client, &here, &near_group)
}

/// Removes the load balancer.
pub(crate) fn remove(world: &World, balancer: &str) {
    Region { world, name: NEAR }.elb("DeleteLoadBalancer", &[("LoadBalancerArn", balancer)]);
}

fn balancer(near: &Region<'_>, vpc: &str, subnet: &str, group: &str) -> String {
    let address = near.ec2("AllocateAddress", &[("Domain", "vpc")]).element("allocationId");
    let balancer = [
        ("Name", "lane"),
        ("Type", "network"),
        ("SubnetMappings.member.1.SubnetId", subnet),
        ("SubnetMappings.member.1.AllocationId", &address),
        ("SecurityGroups.member.1", group),
    ];
    let balancer = near.elb("CreateLoadBalancer", &balancer).element("LoadBalancerArn");
    let targets = [
        ("Name", "lane-targets"),
        ("Protocol", "TCP"),
        ("Port", "443"),
        ("VpcId", vpc),
        ("TargetType", "ip"),
    ];
    let targets = near.elb("CreateTargetGroup", &targets).element("TargetGroupArn");
    let target = [
        ("TargetGroupArn", targets.as_str()),
        ("Targets.member.1.Id", "10.1.0.77"),
        ("Targets.member.1.Port", "443"),
        ("Targets.member.1.AvailabilityZone", "all"),
    ];
    near.elb("RegisterTargets", &target);
    let listener = [
        ("LoadBalancerArn", balancer.as_str()),
        ("Protocol", "TCP"),
        ("Port", "443"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", &targets),
    ];
    near.elb("CreateListener", &listener);
    balancer
}

/// A region, as a client sees it.
#[derive(Debug)]
struct Region<'w> {
    world: &'w World,
    name: &'static str,
}

impl Region<'_> {
    fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("ec2", action, parameters)
    }

    fn elb(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call("elasticloadbalancing", action, parameters)
    }

    fn call(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let answer = call(self.world.at, service, self.name, &form(action, parameters));
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        answer
    }

    /// A VPC with one subnet, and a group that lets somebody in on 443.
    fn side(&self, cidr: &str, peer: &str) -> (String, String, String) {
        let vpc = self.ec2("CreateVpc", &[("CidrBlock", cidr)]).element("vpcId");
        let (block, zone) = (cidr.replace("/16", "/24"), format!("{}a", self.name));
        let subnet = [("VpcId", vpc.as_str()), ("CidrBlock", &block), ("AvailabilityZone", &zone)];
        let subnet = self.ec2("CreateSubnet", &subnet).element("subnetId");
        let group = [("VpcId", vpc.as_str()), ("GroupName", "lane"), ("GroupDescription", "lane")];
        let group = self.ec2("CreateSecurityGroup", &group).element("groupId");
        let rule = [
            ("GroupId", group.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "443"),
            ("IpPermissions.1.ToPort", "443"),
            ("IpPermissions.1.IpRanges.1.CidrIp", peer),
        ];
        self.ec2("AuthorizeSecurityGroupIngress", &rule);
        (vpc, subnet, group)
    }

    /// A route in the main table of a VPC.
    fn route(&self, vpc: &str, destination: &str, via: (&str, &str)) {
        let of = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc)];
        let table = self.ec2("DescribeRouteTables", &of).element("routeTableId");
        let route = [("RouteTableId", table.as_str()), ("DestinationCidrBlock", destination), via];
        self.ec2("CreateRoute", &route);
    }
}

fn form(action: &str, parameters: &[(&str, &str)]) -> String {
    let mut form = format!("Action={}", encoded(action));
    for (name, value) in parameters {
        write!(form, "&{name}={}", encoded(value)).expect("a string takes everything");
    }
    form
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
