"""The verifier holds a lane that was built by hand to be right, and sees each single thing that is wrong with it."""

import tomllib
from pathlib import Path

from lane import Lane
from support import CloudTest
from verify import session, verify

SPEC = tomllib.loads((Path(__file__).parent / "lane.toml").read_text())


class Verify(CloudTest):
    def setUp(self):
        super().setUp()
        self.lane = Lane(self.cloud)
        self.lane.build()

    def differences(self, **more):
        key = session("AKIARIGDEFAULT")
        return verify({**SPEC, **more}, self.cloud.url, key, key).differences

    def test_a_lane_that_is_right_has_no_difference(self):
        self.assertEqual(self.differences(), [])

    def test_an_empty_cloud_is_no_lane(self):
        self.lane.remove()
        self.assertEqual(self.cloud.ask("inventory"), [])
        self.assertEqual(len(self.differences()), 2)

    def test_another_spec_is_seen(self):
        other = {"allow": [{"cidr": "198.51.100.0/24"}], "zones": 3, "idle_timeout_secs": 60, "protected": True, "path_mtu": False}
        for key, value in {**other, "tags": {"a": "b"}, "health_check": {"interval_secs": 30}, "elastic_ips": "off"}.items():
            with self.subTest(key):
                self.assertNotEqual(self.differences(**{key: value}), [])

    def test_each_thing_that_is_wrong_is_seen(self):
        lane, ours, far, elb = self.lane, self.lane.ours, self.lane.far, self.lane.elb
        pin = {"Id": "10.1.0.10", "Port": 443, "AvailabilityZone": "all"}
        preserve = [{"Key": "preserve_client_ip.enabled", "Value": "true"}]
        table = [{"Name": "vpc-id", "Values": [lane.vpc]}, {"Name": "association.main", "Values": ["false"]}]
        table = ours.describe_route_tables(Filters=table)["RouteTables"][0]["RouteTableId"]
        forward = [{"Type": "forward", "TargetGroupArn": lane.targets}]
        # Each is harmless to the ones after it: the differences only grow.
        wrong = {
            "a rule that others have added": lambda: lane.rule(far, lane.entry_group, "ingress", "0.0.0.0/0", ports=(22, 22)),
            "a route that is missing": lambda: ours.delete_route(RouteTableId=table, DestinationCidrBlock="10.2.0.0/16"),
            "a second VPC": lambda: far.create_vpc(CidrBlock="10.7.0.0/16"),
            "a second gateway": lambda: far.create_internet_gateway(),
            "an address that nobody uses": lambda: far.allocate_address(Domain="vpc"),
            "client addresses preserved": lambda: elb.modify_target_group_attributes(TargetGroupArn=lane.targets, Attributes=preserve),
            "DNS hostnames off": lambda: ours.modify_vpc_attribute(VpcId=lane.vpc, EnableDnsHostnames={"Value": False}),
            "the endpoint open to all": lambda: ours.modify_vpc_endpoint(VpcEndpointId=lane.endpoint, ResetPolicy=True),
            "a target gone": lambda: elb.deregister_targets(TargetGroupArn=lane.targets, Targets=[pin]),
            "a second listener": lambda: elb.create_listener(LoadBalancerArn=lane.balancer, Protocol="TCP", Port=22, DefaultActions=forward),
            "tags gone": lambda: ours.delete_tags(Resources=[lane.peering], Tags=[{"Key": "owner"}]),
            "the peering gone": lambda: ours.delete_vpc_peering_connection(VpcPeeringConnectionId=lane.peering),
        }
        before = []
        for what, spoil in wrong.items():
            with self.subTest(what):
                spoil()
                now = self.differences()
                self.assertNotEqual(now, before, what)
                before = now
