"""A server that somebody else started, and clients of it."""

import json
import os
import time
import unittest
import urllib.error
import urllib.request

import boto3
import shapes
from botocore.config import Config
from botocore.exceptions import ClientError

URL, TOKEN = os.environ["WIRE_URL"], os.environ["WIRE_TOKEN"]
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=20, read_timeout=20)


def client(api, region, key="AKIAWIREEXAMPLE", secret="secret", url=URL, **config):
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=region)
    made = session.client(api, endpoint_url=url, config=ONCE.merge(Config(**config)))
    shapes.watch(made)
    return made


def control(method, what, body=None, headers=None):
    """Status and text of a request to the control endpoint."""
    data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {TOKEN}", **(headers or {})}
    request = urllib.request.Request(f"{URL}/_cloud/{what}", data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


NONE = dict.fromkeys(
    "vpc subnet endpoint balancer peering acceptance target endpoint_gone balancer_interfaces_gone peering_gone group_release "
    "private_dns_release association_release nat nat_gone nat_trace gateway_endpoint gateway_endpoint_gone".split(),
    0,
)


class WireTest(unittest.TestCase):
    """Each test has an empty cloud that is done at once and hides nothing."""

    SERVICE, ENTRY = "ap-southeast-3", "ap-southeast-1"
    clients = {}

    def setUp(self):
        self.control("POST", "reset")
        self.settings(latency=0, throttling=False, speed=1, delays=NONE, lag=dict.fromkeys(["by_id", "by_list", "settings", "settled"], 0))
        self.ec2 = self.client("ec2", self.ENTRY)
        self.elb = self.client("elbv2", self.ENTRY)
        self.far = self.client("ec2", self.SERVICE)

    def client(self, api, region, key="AKIAWIREEXAMPLE"):
        if (api, region, key) not in self.clients:
            self.clients[api, region, key] = client(api, region, key)
        return self.clients[api, region, key]

    def control(self, method, what, body=None):
        status, text = control(method, what, body)
        self.assertEqual(status, 200, text)
        return text

    def settings(self, **wanted):
        return json.loads(self.control("PUT", "settings", wanted))

    def faults(self, text):
        self.control("PUT", "faults", text)

    def calls(self):
        return [json.loads(line) for line in self.control("GET", "calls").splitlines()]

    def soon(self, is_so):
        """It is so within some seconds."""
        for _ in range(200):
            if is_so():
                return
            time.sleep(0.02)
        self.fail("it was never so")

    def refused(self, code, call, **params):
        """The call is refused with this code; gives the error."""
        with self.assertRaises(ClientError) as caught:
            call(**params)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception)
        return caught.exception.response

    # What the tests build with.

    def vpc(self, cidr="10.2.0.0/16", ec2=None, **more):
        return (ec2 or self.ec2).create_vpc(CidrBlock=cidr, **more)["Vpc"]["VpcId"]

    def subnet(self, vpc, cidr="10.2.0.0/20", zone="a", ec2=None, region=None):
        zone = f"{region or self.ENTRY}{zone}"
        return (ec2 or self.ec2).create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]

    def group(self, vpc, name="g", ec2=None):
        return (ec2 or self.ec2).create_security_group(VpcId=vpc, GroupName=name, Description="d")["GroupId"]

    def gateway(self, vpc):
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        return gateway

    def tags(self, of, **tags):
        return [{"ResourceType": of, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]

    def target_group(self, vpc, name="tg", **more):
        wanted = dict(Name=name, Protocol="TCP", Port=443, VpcId=vpc, TargetType="ip", **more)
        return self.elb.create_target_group(**wanted)["TargetGroups"][0]["TargetGroupArn"]

    def balancer(self, subnet, name="lb", **more):
        made = self.elb.create_load_balancer(Name=name, Type="network", SubnetMappings=[{"SubnetId": subnet}], **more)
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    def listener(self, balancer, group, port=443):
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        made = self.elb.create_listener(LoadBalancerArn=balancer, Protocol="TCP", Port=port, DefaultActions=forward)
        return made["Listeners"][0]["ListenerArn"]

    def endpoint(self, vpc, subnet, group, ec2=None, **more):
        wanted = dict(
            VpcEndpointType="Interface", VpcId=vpc, ServiceName=f"com.amazonaws.{self.SERVICE}.sqs", SubnetIds=[subnet],
            SecurityGroupIds=[group], PrivateDnsEnabled=False,
        )  # fmt: skip
        return (ec2 or self.far).create_vpc_endpoint(**{**wanted, **more})["VpcEndpoint"]["VpcEndpointId"]

    def far_side(self):
        """A VPC, a subnet and a group in the service's region."""
        vpc = self.vpc("10.1.0.0/16", self.far)
        return vpc, self.subnet(vpc, "10.1.0.0/20", "a", self.far, self.SERVICE), self.group(vpc, "g", self.far)
