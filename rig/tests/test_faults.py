"""Distance and faults are what they say."""

import os
import signal
import subprocess
import sys
import time

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from lane import Lane
from support import CloudTest


class Faults(CloudTest):
    def fault(self, mode, **when):
        self.settings(faults=[{"mode": mode, **when}])

    def own_vpcs(self):
        return [one for one in self.ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"]]

    def test_latency_is_added_to_every_call(self):
        self.settings(latency_ms=100)
        began = time.monotonic()
        self.ec2.describe_vpcs()
        self.assertGreaterEqual(time.monotonic() - began, 0.1)

    def test_a_refused_call_has_no_effect(self):
        self.fault("refuse", at=[2])
        self.vpc()
        self.refused("RequestLimitExceeded", self.ec2.create_vpc, CidrBlock="10.9.0.0/16")
        self.assertEqual(len(self.own_vpcs()), 1)
        self.fault("busy", every=1)
        self.refused("ConcurrentTagAccess", self.ec2.create_vpc, CidrBlock="10.9.0.0/16")
        self.fault("refuse", every=1)
        self.refused("Throttling", self.elb.delete_load_balancer, LoadBalancerArn="arn:aws:elasticloadbalancing:x:1:loadbalancer/net/a/b")

    def test_a_lost_answer_leaves_its_effect(self):
        self.fault("lose", at=[1])
        with self.assertRaises(ConnectionClosedError):
            self.vpc()
        self.assertEqual(len(self.own_vpcs()), 1)

    def test_a_lost_connection_stays_lost(self):
        self.fault("lose", at=[1], down=True)
        for _ in range(2):
            with self.assertRaises(ConnectionClosedError):
                self.vpc()
        self.fault("lose", at=[9])
        self.assertEqual(len(self.own_vpcs()), 1)

    def test_a_hanging_call_has_its_effect(self):
        self.fault("hang", at=[1])
        with self.assertRaises(ReadTimeoutError):
            self.vpc()
        self.assertEqual(len(self.own_vpcs()), 1)

    def test_chance_follows_its_seed(self):
        def outcomes(seed):
            self.settings(seed=seed, faults=[{"mode": "refuse", "probability": 0.5}])
            return [self.can(self.ec2.create_tags) for _ in range(20)]

        self.assertEqual(outcomes(7), outcomes(7))
        self.assertNotEqual(outcomes(7), outcomes(8))

    def can(self, create_tags):
        try:
            create_tags(Resources=["vpc-0123456789abcdef0"], Tags=[{"Key": "k", "Value": "v"}])
        except Exception as problem:
            return "RequestLimitExceeded" not in str(problem)
        return True

    def test_expired_credentials_stay_expired(self):
        self.fault("expire", after=2, count="all")
        self.ec2.describe_vpcs()
        for _ in range(2):
            self.refused("RequestExpired", self.ec2.describe_vpcs)
        self.refused("ExpiredToken", self.elb.describe_load_balancers)

    def test_only_one_key_expires(self):
        self.fault("expire", after=1, count="all", access_key="AKIARIGDEFAULT")
        self.refused("RequestExpired", self.ec2.describe_vpcs)
        self.cloud.client("ec2", self.REGION, "AKIAFRESH").describe_vpcs()

    def test_a_denied_action_says_which(self):
        self.fault("deny", always=True, count="all", actions=["ec2:CreateVpc", "elasticloadbalancing:DescribeLoadBalancers"])
        message = self.refused("UnauthorizedOperation", self.ec2.create_vpc, CidrBlock="10.1.0.0/16", DryRun=True)
        self.assertIn("is not authorized to perform: ec2:CreateVpc on resource", message)
        self.refused("AccessDenied", self.elb.describe_load_balancers)
        self.ec2.describe_vpcs()

    def test_a_process_is_killed_after_the_effect(self):
        script = "import sys; sys.path[:0] = sys.argv[1:2]; from support import *; import boto3\n" + (
            "boto3.Session('a', 'b', region_name='ap-southeast-3').client('ec2', endpoint_url=sys.argv[2], config=NO_RETRY)"
            ".create_vpc(CidrBlock='10.1.0.0/16')"
        )
        here = os.path.dirname(__file__)
        # It waits for a line, so that it is known before it calls.
        command = [sys.executable, "-c", f"input(); {script}", here, self.cloud.url]
        victim = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        self.fault("kill", at=[1], pid=victim.pid)
        victim.stdin.write(b"\n")
        victim.stdin.close()
        self.assertEqual(victim.wait(30), -signal.SIGKILL)
        self.assertEqual(len(self.own_vpcs()), 1)

    def test_accounts_do_not_see_each_other(self):
        self.vpc()
        other = self.cloud.client("ec2", self.REGION, "AKIA111122223333")
        self.assertEqual([one["IsDefault"] for one in other.describe_vpcs()["Vpcs"]], [True])
        sts = self.cloud.client("sts", self.REGION, "AKIA111122223333")
        self.assertEqual(sts.get_caller_identity()["Account"], "111122223333")

    def test_a_fault_can_be_added_to_others(self):
        self.fault("refuse", at=[1])
        self.cloud.ask("fault", mode="refuse", always=True, times=1, access_key="AKIA111122223333")
        other = self.cloud.client("ec2", self.REGION, "AKIA111122223333")
        self.refused("RequestLimitExceeded", self.ec2.create_vpc, CidrBlock="10.1.0.0/16")
        self.vpc()
        self.refused("RequestLimitExceeded", other.create_vpc, CidrBlock="10.1.0.0/16")
        self.vpc(ec2=other)
        by_key = self.cloud.ask("stats")["mutating_by_key"]
        self.assertEqual(by_key, {"AULT": 2, "3333": 2})

    def test_calls_are_logged_and_counted(self):
        self.vpc()
        self.ec2.describe_vpcs()
        log, stats = self.cloud.ask("log"), self.cloud.ask("stats")
        self.assertEqual([entry["action"] for entry in log], ["ec2:CreateVpc", "ec2:DescribeVpcs"])
        self.assertEqual((log[0]["key"], log[0]["params"], log[0]["status"]), ("AULT", ["CidrBlock"], 200))
        self.assertEqual((stats["calls"], stats["mutating"]), (2, 1))
        self.assertEqual(stats["mutations"], [f"{self.REGION} ec2:CreateVpc"])

    def test_the_inventory_is_all_that_is_there(self):
        self.assertEqual(self.cloud.ask("inventory"), [])
        lane = Lane(self.cloud)
        lane.build()
        kinds = {entry["kind"] for entry in self.cloud.ask("inventory")}
        self.assertEqual(len(kinds), 12, kinds)
        lane.remove()
        self.assertEqual(self.cloud.ask("inventory"), [])

    def test_interfaces_linger_in_the_inventory(self):
        self.settings(endpoint_delete_s=0.5, balancer_interfaces_s=0.5)
        lane = Lane(self.cloud)
        lane.build()
        lane.remove()
        self.assertEqual(self.cloud.ask("inventory"), [])

    def test_the_cloud_ends_with_its_input(self):
        cloud = type(self.cloud)()
        cloud.process.stdin.close()
        self.assertEqual(cloud.process.wait(5), 0)
