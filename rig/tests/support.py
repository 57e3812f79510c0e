"""A local AWS for tests, and clients of it."""

import atexit
import json
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

RIG = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RIG))  # for the verifier
NO_RETRY = Config(retries={"total_max_attempts": 1}, connect_timeout=20, read_timeout=20)


class Cloud:
    """One running cloud; it ends with this object, or with this process."""

    def __init__(self):
        self.place = tempfile.TemporaryDirectory()
        ready = Path(self.place.name) / "ready"
        command = [sys.executable, str(RIG / "cloud.py"), "--ready-file", str(ready)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the local AWS does not start")
            time.sleep(0.05)
        self.url = f"http://127.0.0.1:{ready.read_text()}"
        self.clients = {}

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.place.cleanup()

    def client(self, api, region, key="AKIARIGDEFAULT"):
        if (api, region, key) not in self.clients:
            session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="secret", region_name=region)
            self.clients[api, region, key] = session.client(api, endpoint_url=self.url, config=NO_RETRY)
        return self.clients[api, region, key]

    def ask(self, what, **body):
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"{self.url}/_rig/{what}", data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


class CloudTest(unittest.TestCase):
    """Each test has an empty cloud without delays and faults."""

    REGION = "ap-southeast-3"
    OTHER = "ap-southeast-1"
    cloud = None
    off = ""  # a correction that is switched off

    @classmethod
    def setUpClass(cls):
        # One process for all tests: what starts slowly is moto.
        if CloudTest.cloud is None:
            CloudTest.cloud = Cloud()
            atexit.register(CloudTest.cloud.close)

    def setUp(self):
        self.cloud.ask(
            "settings", preset="none", latency_ms=0, faults=[], missing_zones={}, quotas={}, association_repeat="conflict",
            peering_visible_s=0, nat_delete_s=0, endpoint_delete_s=0, balancer_interfaces_s=0, target_healthy_s=0, sick_targets={}, deleted_listed_s=3600,
            quota_service="answers", public_access="off", corrections_off=[self.off] if self.off else [],
        )  # fmt: skip
        self.cloud.ask("reset", cloud=True)
        self.ec2 = self.cloud.client("ec2", self.REGION)
        self.elb = self.cloud.client("elbv2", self.REGION)
        self.far = self.cloud.client("ec2", self.OTHER)

    def settings(self, **wanted):
        self.cloud.ask("settings", **wanted)

    def refused(self, code, call, **params):
        """The call is refused with this code; gives the message."""
        with self.assertRaises(ClientError) as caught:
            call(**params)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response["Error"]["Message"]

    # What the tests build with.

    def vpc(self, cidr="10.1.0.0/16", ec2=None):
        return (ec2 or self.ec2).create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]

    def subnet(self, vpc, cidr="10.1.0.0/24", zone="a", ec2=None, region=None):
        zone = f"{region or self.REGION}{zone}"
        return (ec2 or self.ec2).create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]

    def group(self, vpc, name="g"):
        return self.ec2.create_security_group(VpcId=vpc, GroupName=name, Description="d")["GroupId"]

    def gateway(self, vpc):
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        return gateway

    def endpoint(self, vpc, subnets, **more):
        name = f"com.amazonaws.{self.REGION}.sagemaker.runtime"
        asked = {"VpcId": vpc, "VpcEndpointType": "Interface", "ServiceName": name, "SubnetIds": subnets, "PrivateDnsEnabled": False}
        return self.ec2.create_vpc_endpoint(**{**asked, **more})["VpcEndpoint"]

    def balancer(self, subnet, name="lane", **more):
        asked = {"Name": name, "Type": "network", "Scheme": "internet-facing"}
        if not more.get("SubnetMappings"):
            asked["Subnets"] = [subnet]
        return self.elb.create_load_balancer(**{**asked, **more})["LoadBalancers"][0]

    def public_subnet(self):
        """A VPC with a gateway and one subnet."""
        vpc = self.vpc()
        return vpc, self.subnet(vpc), self.gateway(vpc)

    def target_group(self, vpc, name="lane", **more):
        asked = {"Name": name, "Protocol": "TCP", "Port": 443, "VpcId": vpc, "TargetType": "ip"}
        return self.elb.create_target_group(**{**asked, **more})["TargetGroups"][0]["TargetGroupArn"]

    def listener(self, balancer, group, port=443):
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        asked = {"LoadBalancerArn": balancer, "Protocol": "TCP", "Port": port, "DefaultActions": forward}
        return self.elb.create_listener(**asked)["Listeners"][0]["ListenerArn"]

    def peered(self, there="10.2.0.0/16"):
        """Two VPCs in two regions, and a request from the other one to ours."""
        ours, theirs = self.vpc(), self.vpc(there, self.far)
        return ours, theirs, self.request(theirs, ours)

    def request(self, theirs, ours):
        asked = {"VpcId": theirs, "PeerVpcId": ours, "PeerRegion": self.REGION}
        return self.far.create_vpc_peering_connection(**asked)["VpcPeeringConnection"]["VpcPeeringConnectionId"]

    def peering_state(self, peering, ec2=None):
        found = (ec2 or self.ec2).describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering])
        return found["VpcPeeringConnections"][0]["Status"]["Code"]
