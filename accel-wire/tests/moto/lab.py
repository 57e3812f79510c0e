"""A laboratory for one program at one server: clients, shorthands to build with, and what the program saw."""

import re

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

ENTRY, SERVICE = "ap-southeast-1", "ap-southeast-3"
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
PROGRAMS = []
CLIENTS = {}


def program(function):
    """A program that runs at both servers. Its name says what it is about."""
    PROGRAMS.append(function)
    return function


def client(url, api, region):
    if (url, api, region) not in CLIENTS:
        session = boto3.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name=region)
        CLIENTS[url, api, region] = session.client(api, endpoint_url=url, config=ONCE)
    return CLIENTS[url, api, region]


class Lab:
    def __init__(self, url):
        self.near, self.far = client(url, "ec2", ENTRY), client(url, "ec2", SERVICE)
        self.elb = client(url, "elbv2", ENTRY)
        self.seen = {}

    def see(self, step, value):
        """Notes what a step showed, as text without the server's own ids."""
        assert step not in self.seen, step
        self.seen[step] = re.sub(r"\b(vpc|subnet|sg|igw|rtb|eni|pcx|vpce|eipalloc)-[0-9a-f]{6,}", r"\1", str(value))

    def ends(self, step, call, **params):
        """Notes the code that a call ends with, or that it is done. Gives the answer, if there is one."""
        answer, end = None, "done"
        try:
            answer = call(**params)
        except ClientError as error:
            end = error.response["Error"]["Code"]
        except ResponseParserError as error:
            end = type(error).__name__
        self.see(step, end)
        return answer

    # What programs build with.

    def vpc(self, cidr="10.2.0.0/16", ec2=None):
        return (ec2 or self.near).create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]

    def subnet(self, vpc, cidr="10.2.0.0/20", zone=f"{ENTRY}a", ec2=None):
        made = (ec2 or self.near).create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)
        return made["Subnet"]["SubnetId"]

    def group(self, vpc, name="g", ec2=None):
        return (ec2 or self.near).create_security_group(VpcId=vpc, GroupName=name, Description="d")["GroupId"]

    def gateway(self, vpc=None):
        gateway = self.near.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        if vpc:
            self.near.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        return gateway

    def table(self, vpc):
        return self.near.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]

    def far_side(self):
        """A VPC, a subnet and a group in the service's region."""
        vpc = self.vpc("10.1.0.0/16", self.far)
        return vpc, self.subnet(vpc, "10.1.0.0/20", f"{SERVICE}a", self.far), self.group(vpc, "g", self.far)

    def endpoint(self, vpc, subnet, group, **more):
        """The parameters of an interface endpoint."""
        return {
            "VpcEndpointType": "Interface", "VpcId": vpc, "ServiceName": f"com.amazonaws.{SERVICE}.sqs", "SubnetIds": [subnet],
            "SecurityGroupIds": [group], "PrivateDnsEnabled": False, **more,
        }  # fmt: skip

    def peering(self, here, there, **more):
        made = self.near.create_vpc_peering_connection(VpcId=here, PeerVpcId=there, PeerRegion=SERVICE, **more)
        return made["VpcPeeringConnection"]["VpcPeeringConnectionId"]

    def entry(self):
        """A VPC with a gateway, and a subnet in it."""
        vpc = self.vpc()
        self.gateway(vpc)
        return vpc, self.subnet(vpc)

    def balancer(self, subnet, name="lb", **more):
        """The parameters of a load balancer."""
        return {"Name": name, "Type": "network", "SubnetMappings": [{"SubnetId": subnet}], **more}

    def made_balancer(self, subnet):
        return self.elb.create_load_balancer(**self.balancer(subnet))["LoadBalancers"][0]["LoadBalancerArn"]

    def targets(self, vpc, name="tg", **more):
        """The parameters of a target group."""
        return {"Name": name, "Protocol": "TCP", "Port": 443, "VpcId": vpc, "TargetType": "ip", **more}

    def made_targets(self, vpc, name="tg"):
        return self.elb.create_target_group(**self.targets(vpc, name))["TargetGroups"][0]["TargetGroupArn"]

    def listener(self, balancer, targets, port=443):
        """The parameters of a listener."""
        forward = [{"Type": "forward", "TargetGroupArn": targets}]
        return {"LoadBalancerArn": balancer, "Protocol": "TCP", "Port": port, "DefaultActions": forward}


def tags(of, **tags):
    return [{"ResourceType": of, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def where(**filters):
    """Filters by name; `tag_x` is the tag x."""
    name = lambda key: key.replace("tag_", "tag:").replace("__", ".").replace("_", "-")
    return [{"Name": name(key), "Values": value if isinstance(value, list) else [value]} for key, value in filters.items()]
