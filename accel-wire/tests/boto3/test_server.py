"""The server itself: who calls, limits, unknown things, faults, throttling, the control endpoint."""

import json
import threading
import time
import unittest
import urllib.error
import urllib.request

from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError, ReadTimeoutError
from support import TOKEN, URL, WireTest, client, control


class Callers(WireTest):
    def test_a_key_says_whose_account_it_is(self):
        usual = self.client("sts", self.ENTRY).get_caller_identity()
        other = self.client("sts", self.ENTRY, "AKIAWIREOTHERAC").get_caller_identity()
        self.assertEqual(other["Account"], "444455556666")
        self.assertNotEqual(usual["Account"], other["Account"])
        self.assertTrue(usual["Arn"].startswith(f"arn:aws:iam::{usual['Account']}:"))

    def test_limits_are_told(self):
        quotas = self.client("service-quotas", self.ENTRY)
        listed = {one["QuotaCode"]: one["Value"] for one in quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]}
        self.assertEqual(listed["L-F678F1CE"], 5.0)
        one = quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-0263D0A3")["Quota"]
        self.assertEqual(one["Value"], 5.0)
        self.refused("NoSuchResourceException", quotas.list_service_quotas, ServiceCode="nonsense")
        limits = {one["Name"]: one["Max"] for one in self.elb.describe_account_limits()["Limits"]}
        self.assertEqual(limits["network-load-balancers"], "50")
        options = self.ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
        self.assertEqual(options["InternetGatewayBlockMode"], "off")


class Unknown(WireTest):
    def test_an_unknown_action_parameter_or_filter_is_named_logged_and_counted(self):
        self.refused("InvalidAction", self.ec2.describe_instances)
        answer = self.refused("UnknownParameter", self.ec2.create_vpc, CidrBlock="10.2.0.0/16", Ipv6Pool="p")
        self.assertIn("Ipv6Pool", answer["Error"]["Message"])
        self.refused("InvalidParameterValue", self.ec2.describe_vpcs, Filters=[{"Name": "colour", "Values": ["red"]}])
        self.assertEqual(self.ec2.describe_vpcs()["Vpcs"], [])
        self.assertEqual([call.get("unknown") for call in self.calls()], ["DescribeInstances", "Ipv6Pool", "filter colour", None])
        self.assertEqual(json.loads(self.control("GET", "counts")), {"calls": 4, "mutating": 0, "unknown": 3})

    def test_what_is_not_signed_or_of_another_service_is_refused(self):
        request = urllib.request.Request(URL, data=b"Action=DescribeVpcs&Version=2016-11-15")
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=5)
        self.assertEqual(caught.exception.code, 403)
        self.assertIn(b"MissingAuthenticationToken", caught.exception.read())
        with self.assertRaises(ClientError):
            self.client("s3", self.ENTRY).list_buckets()

    def test_a_body_has_its_bounds(self):
        request = urllib.request.Request(URL, data=b"x" * (2 << 20))
        with self.assertRaises(urllib.error.URLError):
            urllib.request.urlopen(request, timeout=5)
        self.vpc()


class Faults(WireTest):
    def vpcs(self):
        return len(self.ec2.describe_vpcs()["Vpcs"])

    def test_an_answer_can_be_lost_after_its_effect_or_before(self):
        self.faults("CreateVpc#1=reset-after CreateVpc#2=reset-before")
        for there in (1, 1):
            with self.assertRaises(ConnectionClosedError):
                self.vpc()
            self.assertEqual(self.vpcs(), there)
        self.vpc("10.3.0.0/16")
        self.assertEqual([call.get("fault") for call in self.calls() if call["mutating"]], ["reset-after", "reset-before", None])

    def test_an_answer_can_break_off(self):
        self.faults("CreateVpc=truncate")
        with self.assertRaises(HTTPClientError):
            self.vpc()
        self.assertEqual(self.vpcs(), 1)

    def test_a_server_can_fail_before_its_effect_or_after(self):
        self.faults("CreateVpc#1=fail-before CreateVpc#2=fail-after")
        for there in (0, 1):
            answer = self.refused("InternalError", self.vpc)
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 500)
            self.assertEqual(self.vpcs(), there)

    def test_a_call_can_be_throttled_refused_or_late_by_region(self):
        denied = f"CreateVpc@{self.SERVICE}=refuse:UnauthorizedOperation"
        self.faults(f"Create*@{self.ENTRY}#1=throttle {denied} DescribeSubnets=delay:300")
        self.refused("RequestLimitExceeded", self.vpc)
        self.vpc()
        self.refused("UnauthorizedOperation", self.vpc, ec2=self.far)
        began = time.monotonic()
        self.ec2.describe_subnets()
        self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_a_refusal_has_the_status_of_its_code(self):
        codes = {"UnauthorizedOperation": 403, "AuthFailure": 401, "RequestLimitExceeded": 503, "VpcLimitExceeded": 400}
        self.faults("\n".join(f"# {code}\nCreateVpc#{n}=refuse:{code}" for n, code in enumerate(codes, 1)))
        for code, status in codes.items():
            self.assertEqual(self.refused(code, self.vpc)["ResponseMetadata"]["HTTPStatusCode"], status)

    def test_a_call_without_an_answer_can_take_effect_late(self):
        self.faults("CreateVpc#1=late:400 DeleteVpc#1=late:200")
        with self.assertRaises(ConnectionClosedError):
            self.vpc()
        self.assertEqual(self.vpcs(), 0)
        self.soon(lambda: self.vpcs() == 1)
        vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        with self.assertRaises(ConnectionClosedError):
            self.ec2.delete_vpc(VpcId=vpc)
        self.subnet(vpc)
        time.sleep(0.4)
        self.assertEqual(self.vpcs(), 1, "it was no longer possible")

    def test_late_is_in_the_time_of_the_world_and_of_that_world_alone(self):
        self.settings(speed=1000)
        self.faults("CreateVpc=late:200000")
        with self.assertRaises(ConnectionClosedError):
            self.vpc()
        self.soon(lambda: self.vpcs() == 1)
        self.settings(speed=1)
        self.faults("CreateVpc=late:200")
        with self.assertRaises(ConnectionClosedError):
            self.vpc()
        self.control("POST", "reset")
        time.sleep(0.4)
        self.assertEqual(self.vpcs(), 0)

    def test_an_answer_can_never_come_while_the_client_waits(self):
        impatient = client("ec2", self.ENTRY, read_timeout=0.3)
        self.faults("CreateVpc#1=hang-before CreateVpc#2=hang-after")
        for there in (0, 1):
            with self.assertRaises(ReadTimeoutError):
                self.vpc(ec2=impatient)
            self.assertEqual(self.vpcs(), there)
        self.faults("CreateVpc=hang-after")
        waiting = threading.Thread(target=self.assertRaises, args=(ConnectionClosedError, self.vpc))
        waiting.start()
        self.soon(lambda: self.vpcs() == 2)
        self.control("POST", "reset")
        waiting.join(5)
        self.assertFalse(waiting.is_alive(), "a new start ends it")

    def test_what_is_asked_takes_effect_though_the_client_is_gone(self):
        impatient = client("ec2", self.ENTRY, read_timeout=0.2)
        self.faults("CreateVpc=delay:500")
        with self.assertRaises(ReadTimeoutError):
            self.vpc(ec2=impatient)
        self.assertEqual(self.vpcs(), 0)
        self.soon(lambda: self.vpcs() == 1)
        self.assertEqual([call["action"] for call in self.calls() if call["mutating"]], ["CreateVpc"])

    def test_an_answer_can_show_the_world_as_it_was(self):
        old = self.vpc(TagSpecifications=self.tags("vpc", is_="old"))
        self.faults(f"DescribeVpcs[Filter.1.Name=tag:*]=stale:60000 DescribeVpcs@{self.ENTRY}#4=stale:300 *Vpc=stale:60000")
        self.ec2.create_tags(Resources=[old], Tags=[{"Key": "is_", "Value": "new"}])
        young = self.vpc("10.3.0.0/16")

        def found(value):
            filters = [{"Name": "tag:is_", "Values": [value]}]
            return [one["VpcId"] for one in self.ec2.describe_vpcs(Filters=filters)["Vpcs"]]

        self.assertEqual((found("old"), found("new"), self.vpcs()), ([old], [], 2))
        self.ec2.delete_vpc(VpcId=old)
        shown = [[one["VpcId"] for one in self.ec2.describe_vpcs()["Vpcs"]] for _ in range(2)]
        self.assertEqual(shown, [[old], [young]], "300 ms ago it was as the rule has found it")
        self.refused("InvalidVpcID.NotFound", self.ec2.delete_vpc, VpcId=old)
        self.ec2.delete_vpc(VpcId=young)

    def test_a_fault_can_be_for_some_parameters_and_some_turns(self):
        first, second = self.vpc(), self.vpc("10.3.0.0/16")
        self.faults(f"DescribeVpcs[VpcId.1={first}]#2-3=throttle DescribeSubnets[Filter.*.Value.*={second[:-1]}?]=truncate")
        for vpc, fine in [(first, True), (second, True), (first, False), (first, False), (first, True)]:
            if fine:
                self.ec2.describe_vpcs(VpcIds=[vpc])
            else:
                self.refused("RequestLimitExceeded", self.ec2.describe_vpcs, VpcIds=[vpc])
        self.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": ["vpc-x"]}])
        with self.assertRaises(HTTPClientError):
            self.ec2.describe_subnets(Filters=[{"Name": "state", "Values": ["x"]}, {"Name": "vpc-id", "Values": [second]}])

    def test_what_is_refused_is_answered_as_such(self):
        self.faults("CreateVpc=fail-after")
        self.refused("InvalidVpc.Range", self.vpc, cidr="10.0.0.0/8")

    def test_buckets_are_as_the_documents_say(self):
        self.settings(throttling=True)
        for _ in range(4):
            self.ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-999999"])
        answer = self.refused("RequestLimitExceeded", self.ec2.delete_vpc_endpoints, VpcEndpointIds=["vpce-999999"])
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 503)

    def test_latency_is_added_to_every_call(self):
        self.settings(latency=200)
        began = time.monotonic()
        self.ec2.describe_vpcs()
        self.assertGreaterEqual(time.monotonic() - began, 0.2)


class Control(WireTest):
    def test_it_is_for_its_owner_and_this_machine_alone(self):
        self.assertEqual(control("GET", "settings")[0], 200)
        self.assertEqual(control("GET", "settings", headers={"Authorization": "Bearer wrong"})[0], 401)
        self.assertEqual(control("GET", "settings", headers={"Authorization": ""})[0], 401)
        self.assertEqual(control("GET", "settings", headers={"Host": "evil.example"})[0], 403)
        self.assertEqual(control("GET", "settings", headers={"Origin": "http://evil.example"})[0], 403)
        self.assertEqual(control("GET", "settings", headers={"Origin": URL})[0], 200)
        self.assertEqual(control("GET", "nonsense")[0], 404)
        self.assertEqual(control("POST", "settings")[0], 405)

    def test_what_it_does_not_understand_changes_nothing(self):
        before = self.control("GET", "settings")
        self.assertEqual(control("PUT", "settings", {"latency": 5, "colour": 1})[0], 400)
        self.assertEqual(control("PUT", "settings", {"delays": {"vpcs": 1}})[0], 400)
        self.assertEqual(control("PUT", "faults", "CreateVpc=nonsense")[0], 400)
        self.assertEqual(self.control("GET", "settings"), before)
        self.assertEqual(self.control("GET", "faults"), "")

    def test_the_log_says_who_called_what_and_never_a_whole_key(self):
        vpc = self.vpc()
        self.refused("InvalidVpcID.NotFound", self.far.delete_vpc, VpcId=vpc)
        calls = self.calls()
        shown = [(call["action"], call["region"], call["key"], call["status"], call.get("code")) for call in calls]
        expect = [("CreateVpc", self.ENTRY, "MPLE", 200, None), ("DeleteVpc", self.SERVICE, "MPLE", 400, "InvalidVpcID.NotFound")]
        self.assertEqual(shown, expect)
        text = self.control("GET", "calls")
        self.assertNotIn("AKIAWIRE", text)
        self.assertNotIn(TOKEN, text)
        after = self.control("GET", f"calls?after={calls[0]['number']}")
        self.assertEqual(len(after.splitlines()), 1)
        self.assertIn("10.2.0.0/16", self.control("GET", "world"))


if __name__ == "__main__":
    unittest.main()
