"""The Resource Groups Tagging API: what carries tags, of every service, by region and with the world's lag."""

import unittest

from support import WireTest


class Tagging(WireTest):
    def setUp(self):
        super().setUp()
        self.api = self.client("resourcegroupstaggingapi", self.ENTRY)

    def pairs(self, **tags):
        return [{"Key": key, "Value": value} for key, value in tags.items()]

    def found(self, api=None, **wanted):
        """The ends of the ARNs, and each thing's tags."""
        found = (api or self.api).get_resources(**wanted)["ResourceTagMappingList"]
        return {one["ResourceARN"].rpartition(":")[2]: {tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in found}

    def lane(self):
        """A VPC, a subnet without tags, a target group and a load balancer."""
        vpc = self.vpc(TagSpecifications=self.tags("vpc", lane="a", part="vpc"))
        self.gateway(vpc)
        subnet = self.subnet(vpc)
        group = self.target_group(vpc, Tags=self.pairs(lane="a"))
        balancer = self.balancer(subnet, Tags=self.pairs(lane="b"))
        return vpc, subnet, group, balancer

    def test_all_that_carries_tags_is_found_by_tag_type_and_arn(self):
        vpc, _, group, balancer = self.lane()
        ends = [f"vpc/{vpc}", group.rpartition(":")[2], balancer.rpartition(":")[2]]
        self.assertEqual(self.found()[ends[0]], {"lane": "a", "part": "vpc"})
        self.assertEqual(set(self.found()), set(ends))
        lane = {"Key": "lane"}
        self.assertEqual(set(self.found(TagFilters=[lane])), set(ends))
        self.assertEqual(set(self.found(TagFilters=[{**lane, "Values": ["a", "c"]}])), set(ends[:2]))
        self.assertEqual(set(self.found(TagFilters=[{**lane, "Values": ["a"]}, {"Key": "part"}])), {ends[0]})
        self.assertEqual(set(self.found(TagFilters=[{**lane, "Values": ["A"]}])), set())
        self.assertEqual(set(self.found(ResourceTypeFilters=["ec2:vpc", "elasticloadbalancing:targetgroup"])), set(ends[:2]))
        self.assertEqual(set(self.found(ResourceTypeFilters=["elasticloadbalancing"])), set(ends[1:]))
        self.assertEqual(set(self.found(ResourceARNList=[group, group + "x"])), {ends[1]})

    def test_it_comes_in_pages(self):
        for number in range(5):
            self.vpc(TagSpecifications=self.tags("vpc", number=str(number)))
        pages = self.api.get_paginator("get_resources").paginate(PaginationConfig={"PageSize": 2})
        pages = [[one["ResourceARN"] for one in page["ResourceTagMappingList"]] for page in pages]
        self.assertEqual([len(page) for page in pages], [2, 2, 1])
        self.assertEqual(len({arn for page in pages for arn in page}), 5)
        wrong = "InvalidParameterException"
        self.refused(wrong, self.api.get_resources, PaginationToken="zz")
        self.refused(wrong, self.api.get_resources, ResourcesPerPage=101)
        self.refused(wrong, self.api.get_resources, ResourcesPerPage=5, ResourceARNList=["arn:aws:ec2:r:1:vpc/v"])
        self.refused("UnknownParameter", self.api.get_resources, TagsPerPage=100)

    def test_it_knows_its_region_alone_and_lags_like_a_filter(self):
        far = self.client("resourcegroupstaggingapi", self.SERVICE)
        self.vpc(TagSpecifications=self.tags("vpc", lane="a"))
        self.assertEqual((len(self.found()), len(self.found(far))), (1, 0))
        self.settings(lag={"by_list": 60_000, "settled": 60_000})
        self.vpc("10.3.0.0/16", TagSpecifications=self.tags("vpc", lane="a"))
        self.assertEqual(len(self.found()), 0, "neither is seen any more: both are younger than the lag")

    def test_tags_of_a_peering_connection_are_each_sides_own(self):
        here, there = self.vpc(), self.vpc("10.1.0.0/16", self.far)
        wanted = {"VpcId": here, "PeerVpcId": there, "PeerRegion": self.SERVICE}
        tags = self.tags("vpc-peering-connection", side="requester")
        made = self.ec2.create_vpc_peering_connection(**wanted, TagSpecifications=tags)["VpcPeeringConnection"]
        far, end = self.client("resourcegroupstaggingapi", self.SERVICE), f"vpc-peering-connection/{made['VpcPeeringConnectionId']}"
        account = self.client("sts", self.ENTRY).get_caller_identity()["Account"]
        arn = f"arn:aws:ec2:{self.SERVICE}:{account}:{end}"
        self.assertEqual(far.tag_resources(ResourceARNList=[arn], Tags={"side": "accepter"})["FailedResourcesMap"], {})
        self.assertEqual(self.found(), {end: {"side": "requester"}})
        self.assertEqual(self.found(far), {end: {"side": "accepter"}})

    def test_keys_and_values_are_listed(self):
        self.lane()
        self.assertEqual(self.api.get_tag_keys()["TagKeys"], ["lane", "part"])
        self.assertEqual(self.api.get_tag_values(Key="lane")["TagValues"], ["a", "b"])
        self.assertEqual(self.api.get_tag_values(Key="none")["TagValues"], [])

    def test_tags_are_set_and_taken_away_and_what_fails_is_said(self):
        vpc, _, group, _ = self.lane()
        first = next(one["ResourceARN"] for one in self.api.get_resources()["ResourceTagMappingList"] if vpc in one["ResourceARN"])
        gone, other = first.replace(vpc, "vpc-999999"), first.replace(self.ENTRY, self.SERVICE)
        failed = self.api.tag_resources(ResourceARNList=[first, group, gone, other], Tags={"a.b": "1", "c": ""})["FailedResourcesMap"]
        codes = {arn: why["ErrorCode"] for arn, why in failed.items()}
        self.assertEqual(codes, {gone: "InvalidVpcID.NotFound", other: "InvalidParameterException"})
        self.assertEqual(self.found()[f"vpc/{vpc}"], {"lane": "a", "part": "vpc", "a.b": "1", "c": ""})
        failed = self.api.untag_resources(ResourceARNList=[first, group], TagKeys=["a.b", "c", "lane"])["FailedResourcesMap"]
        self.assertEqual(failed, {})
        self.assertEqual(self.found()[f"vpc/{vpc}"], {"part": "vpc"})
        self.assertNotIn(group.rpartition(":")[2], self.found())
        self.refused("InvalidParameterException", self.api.tag_resources, ResourceARNList=[first] * 21, Tags={"a": "b"})


if __name__ == "__main__":
    unittest.main()
