"""The lane of a spec, built and removed by hand with boto3: what the verifier and the rig are proven with."""

import ipaddress
import json
import time

HEALTH = {"HealthCheckProtocol": "TCP", "HealthCheckIntervalSeconds": 10, "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}


class Lane:
    """Service region `ours`, entry region `far`; everything one after the other."""

    def __init__(self, cloud, service="ap-southeast-3", entry="ap-southeast-1"):
        self.regions = (service, entry)
        self.ours, self.far = cloud.client("ec2", service), cloud.client("ec2", entry)
        self.elb = cloud.client("elbv2", entry)
        self.owner = [{"Key": "owner", "Value": "lane"}]

    def tags(self, kind):
        return [{"ResourceType": kind, "Tags": self.owner}]

    def network(self, ec2, region, cidr):
        """VPC, subnets, route table and a group that lets nothing out."""
        vpc = ec2.create_vpc(CidrBlock=cidr, TagSpecifications=self.tags("vpc"))["Vpc"]["VpcId"]
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
            ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
        table = ec2.create_route_table(VpcId=vpc, TagSpecifications=self.tags("route-table"))["RouteTable"]["RouteTableId"]
        subnets = []
        for zone, block in zip("ab", ipaddress.ip_network(cidr).subnets(new_prefix=24)):
            asked = {"VpcId": vpc, "CidrBlock": str(block), "AvailabilityZone": f"{region}{zone}"}
            subnets.append(ec2.create_subnet(**asked, TagSpecifications=self.tags("subnet"))["Subnet"]["SubnetId"])
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[-1])
        asked = {"VpcId": vpc, "GroupName": "lane", "Description": "lane"}
        group = ec2.create_security_group(**asked, TagSpecifications=self.tags("security-group"))["GroupId"]
        all_out = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=all_out)
        return vpc, table, subnets, group

    def rule(self, ec2, group, direction, cidr, protocol="tcp", ports=(443, 443)):
        """One opening."""
        permission = [{"IpProtocol": protocol, "FromPort": ports[0], "ToPort": ports[1], "IpRanges": [{"CidrIp": cidr}]}]
        authorize = getattr(ec2, f"authorize_security_group_{direction}")
        authorize(GroupId=group, IpPermissions=permission, TagSpecifications=self.tags("security-group-rule"))

    def build(self, account="123456789012"):
        """Everything."""
        service, entry = self.regions
        self.vpc, back, self.subnets, self.group = self.network(self.ours, service, "10.1.0.0/16")
        self.entry_vpc, out, self.entry_subnets, self.entry_group = self.network(self.far, entry, "10.2.0.0/16")
        self.rule(self.ours, self.group, "ingress", "10.2.0.0/16")
        self.rule(self.far, self.entry_group, "ingress", "203.0.113.0/24")
        self.rule(self.far, self.entry_group, "ingress", "0.0.0.0/0", "icmp", (3, 4))
        self.rule(self.far, self.entry_group, "egress", "10.1.0.0/16")
        self.open_door(out)
        self.connect(service, out, back)
        self.make_endpoint(service, account)
        self.make_balancer()

    def open_door(self, out):
        """The internet gateway and the route to it."""
        made = self.far.create_internet_gateway(TagSpecifications=self.tags("internet-gateway"))
        self.gateway = made["InternetGateway"]["InternetGatewayId"]
        self.far.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.entry_vpc)
        self.far.create_route(RouteTableId=out, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)

    def connect(self, service, out, back):
        """The peering connection, with tags on both sides, and the routes through it."""
        asked = {"VpcId": self.entry_vpc, "PeerVpcId": self.vpc, "PeerRegion": service}
        made = self.far.create_vpc_peering_connection(**asked, TagSpecifications=self.tags("vpc-peering-connection"))
        self.peering = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.ours.accept_vpc_peering_connection(VpcPeeringConnectionId=self.peering)
        self.ours.create_tags(Resources=[self.peering], Tags=self.owner)
        for ec2, table, to in ((self.far, out, "10.1.0.0/16"), (self.ours, back, "10.2.0.0/16")):
            ec2.create_route(RouteTableId=table, DestinationCidrBlock=to, VpcPeeringConnectionId=self.peering)

    def make_endpoint(self, service, account):
        """The endpoint, with addresses of our choice and a policy."""
        allow = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
        allow["Condition"] = {"StringEquals": {"aws:PrincipalAccount": [account]}}
        self.pins = ["10.1.0.10", "10.1.1.10"]
        made = self.ours.create_vpc_endpoint(
            VpcId=self.vpc, VpcEndpointType="Interface", ServiceName=f"com.amazonaws.{service}.sagemaker.runtime",
            SubnetIds=self.subnets, SecurityGroupIds=[self.group], PrivateDnsEnabled=False, ClientToken="lane",
            SubnetConfigurations=[{"SubnetId": subnet, "Ipv4": pin} for subnet, pin in zip(self.subnets, self.pins)],
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
            TagSpecifications=self.tags("vpc-endpoint"),
        )  # fmt: skip
        self.endpoint = made["VpcEndpoint"]["VpcEndpointId"]

    def make_balancer(self):
        """Addresses, load balancer, target group, targets, listener."""
        tags = self.tags("elastic-ip")
        self.addresses = [self.far.allocate_address(Domain="vpc", TagSpecifications=tags)["AllocationId"] for _ in self.entry_subnets]
        mapping = [{"SubnetId": subnet, "AllocationId": one} for subnet, one in zip(self.entry_subnets, self.addresses)]
        asked = {"Name": "lane", "Type": "network", "Scheme": "internet-facing", "SubnetMappings": mapping}
        made = self.elb.create_load_balancer(**asked, SecurityGroups=[self.entry_group], Tags=self.owner)
        self.balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
        asked = {"Name": "lane", "Protocol": "TCP", "Port": 443, "VpcId": self.entry_vpc, "TargetType": "ip"}
        made = self.elb.create_target_group(**asked, **HEALTH, Tags=self.owner)
        self.targets = made["TargetGroups"][0]["TargetGroupArn"]
        attributes = [{"Key": "preserve_client_ip.enabled", "Value": "false"}]
        self.elb.modify_target_group_attributes(TargetGroupArn=self.targets, Attributes=attributes)
        pins = [{"Id": pin, "Port": 443, "AvailabilityZone": "all"} for pin in self.pins]
        self.elb.register_targets(TargetGroupArn=self.targets, Targets=pins)
        forward = [{"Type": "forward", "TargetGroupArn": self.targets}]
        asked = {"LoadBalancerArn": self.balancer, "Protocol": "TCP", "Port": 443, "DefaultActions": forward}
        self.elb.create_listener(**asked, Tags=self.owner)

    def remove(self):
        """Everything, in the order that AWS asks for."""
        self.elb.delete_load_balancer(LoadBalancerArn=self.balancer)
        self.elb.delete_target_group(TargetGroupArn=self.targets)
        self.ours.delete_vpc_endpoints(VpcEndpointIds=[self.endpoint])
        self.ours.delete_vpc_peering_connection(VpcPeeringConnectionId=self.peering)
        for address in self.addresses:
            patiently(self.far.release_address, AllocationId=address)
        patiently(self.far.detach_internet_gateway, InternetGatewayId=self.gateway, VpcId=self.entry_vpc)
        self.far.delete_internet_gateway(InternetGatewayId=self.gateway)
        for ec2, vpc, subnets, group in (
            (self.ours, self.vpc, self.subnets, self.group),
            (self.far, self.entry_vpc, self.entry_subnets, self.entry_group),
        ):
            for subnet in subnets:
                patiently(ec2.delete_subnet, SubnetId=subnet)
            ec2.delete_security_group(GroupId=group)
            for table in ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]:
                if not any(one["Main"] for one in table["Associations"]):
                    ec2.delete_route_table(RouteTableId=table["RouteTableId"])
            ec2.delete_vpc(VpcId=vpc)


def patiently(call, **params):
    """Until nothing holds it any more."""
    for _ in range(100):
        try:
            return call(**params)
        except Exception as held:
            if not any(word in str(held) for word in ("DependencyViolation", "InUse")):
                raise
            time.sleep(0.1)
    raise TimeoutError(f"{call.__name__} {params}")
