"""The EC2 API: VPCs, subnets, gateways, tables, groups, addresses."""

import unittest

from support import WireTest, client


class Vpcs(WireTest):
    def test_a_vpc_comes_and_goes_with_its_tags_and_what_it_brings_along(self):
        vpc = self.vpc(TagSpecifications=self.tags("vpc", Name="lane", Odd="<a>&'\""))
        one = self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
        self.assertEqual((one["CidrBlock"], one["State"], one["IsDefault"]), ("10.2.0.0/16", "available", False))
        self.assertEqual({tag["Key"]: tag["Value"] for tag in one["Tags"]}, {"Name": "lane", "Odd": "<a>&'\""})
        here = [{"Name": "vpc-id", "Values": [vpc]}]
        main = self.ec2.describe_route_tables(Filters=[*here, {"Name": "association.main", "Values": ["true"]}])["RouteTables"]
        self.assertEqual([route["GatewayId"] for route in main[0]["Routes"]], ["local"])
        default = self.ec2.describe_security_groups(Filters=here)["SecurityGroups"]
        self.assertEqual([group["GroupName"] for group in default], ["default"])
        self.refused("CannotDelete", self.ec2.delete_security_group, GroupId=default[0]["GroupId"])
        self.refused("DependencyViolation", self.ec2.delete_route_table, RouteTableId=main[0]["RouteTableId"])
        acls = self.ec2.describe_network_acls(Filters=[*here, {"Name": "default", "Values": ["true"]}])["NetworkAcls"]
        self.assertTrue(acls[0]["IsDefault"])
        self.ec2.delete_vpc(VpcId=vpc)
        self.refused("InvalidVpcID.NotFound", self.ec2.describe_vpcs, VpcIds=[vpc])
        self.assertEqual(self.ec2.describe_route_tables()["RouteTables"], [])
        self.assertEqual(self.ec2.describe_security_groups()["SecurityGroups"], [])
        self.refused("InvalidVpcID.NotFound", self.ec2.delete_vpc, VpcId=vpc)

    def test_attributes_are_set_one_per_call(self):
        vpc = self.vpc()

        def hostnames():
            answer = self.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
            return answer["EnableDnsHostnames"]["Value"]

        self.assertFalse(hostnames())
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        self.assertTrue(hostnames())
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
        self.assertFalse(hostnames())
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
        both = {"EnableDnsHostnames": {"Value": True}, "EnableDnsSupport": {"Value": True}}
        self.refused("InvalidParameterCombination", self.ec2.modify_vpc_attribute, VpcId=vpc, **both)

    def test_regions_are_apart(self):
        vpc = self.vpc()
        self.assertEqual(self.far.describe_vpcs()["Vpcs"], [])
        self.refused("InvalidVpcID.NotFound", self.far.delete_vpc, VpcId=vpc)

    def test_accounts_are_apart(self):
        vpc = self.vpc()
        other = self.client("ec2", self.ENTRY, "AKIAWIREOTHERAC")
        self.assertEqual(other.describe_vpcs()["Vpcs"], [])
        self.refused("InvalidVpcID.NotFound", other.delete_vpc, VpcId=vpc)

    def test_a_waiter_waits_until_it_is_available(self):
        self.settings(delays={"vpc": 600})
        vpc = self.vpc()
        self.assertEqual(self.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["State"], "pending")
        self.ec2.get_waiter("vpc_available").wait(VpcIds=[vpc], WaiterConfig={"Delay": 1})

    def test_a_dry_run_changes_nothing(self):
        answer = self.refused("DryRunOperation", self.ec2.create_vpc, CidrBlock="10.2.0.0/16", DryRun=True)
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 412)
        self.assertEqual(self.ec2.describe_vpcs()["Vpcs"], [])


class Subnets(WireTest):
    def test_a_subnet_lies_in_its_vpc_and_overlaps_no_other(self):
        vpc = self.vpc()
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.0.0/20", TagSpecifications=self.tags("subnet", Name="s"))["Subnet"]
        self.assertEqual((made["AvailabilityZone"], made["AvailableIpAddressCount"]), ("ap-southeast-1a", 4091))
        self.refused("InvalidSubnet.Conflict", self.subnet, vpc=vpc, cidr="10.2.8.0/24")
        self.refused("InvalidSubnet.Range", self.subnet, vpc=vpc, cidr="10.9.0.0/24")
        found = self.ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["*a"]}])["Subnets"]
        self.assertEqual([one["SubnetId"] for one in found], [made["SubnetId"]])
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=vpc)
        self.ec2.delete_subnet(SubnetId=made["SubnetId"])
        self.ec2.delete_vpc(VpcId=vpc)

    def test_a_zone_is_one_of_the_region(self):
        zones = self.ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])["AvailabilityZones"]
        self.assertEqual([zone["ZoneName"] for zone in zones], [f"ap-southeast-1{letter}" for letter in "abc"])
        self.refused("InvalidParameterValue", self.subnet, vpc=self.vpc(), zone="z")


class Gateways(WireTest):
    def test_a_gateway_is_attached_once_and_named_available(self):
        vpc = self.vpc()
        gateway = self.gateway(vpc)
        found = self.ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])
        self.assertEqual(found["InternetGateways"][0]["Attachments"], [{"State": "available", "VpcId": vpc}])
        again = {"InternetGatewayId": gateway, "VpcId": vpc}
        self.refused("Resource.AlreadyAssociated", self.ec2.attach_internet_gateway, **again)
        self.refused("DependencyViolation", self.ec2.delete_internet_gateway, InternetGatewayId=gateway)
        self.ec2.detach_internet_gateway(**again)
        self.refused("Gateway.NotAttached", self.ec2.detach_internet_gateway, **again)
        self.ec2.delete_internet_gateway(InternetGatewayId=gateway)
        self.refused("InvalidInternetGatewayID.NotFound", self.ec2.delete_internet_gateway, InternetGatewayId=gateway)


class Tables(WireTest):
    def test_a_table_has_routes_and_associations(self):
        vpc = self.vpc()
        subnet, gateway = self.subnet(vpc), self.gateway(vpc)
        table = self.ec2.create_route_table(VpcId=vpc, TagSpecifications=self.tags("route-table", Name="t"))["RouteTable"]
        self.assertEqual([route["State"] for route in table["Routes"]], ["active"])
        table = table["RouteTableId"]
        route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
        self.ec2.create_route(GatewayId=gateway, **route)
        self.refused("RouteAlreadyExists", self.ec2.create_route, GatewayId=gateway, **route)
        self.refused("InvalidGatewayID.NotFound", self.ec2.create_route, GatewayId="igw-999999", **route)
        association = self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
        again = {"RouteTableId": table, "SubnetId": subnet}
        self.refused("Resource.AlreadyAssociated", self.ec2.associate_route_table, **again)
        found = self.ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["RouteTables"]
        self.assertEqual([one["RouteTableId"] for one in found], [table])
        self.assertEqual(found[0]["Associations"][0]["AssociationState"], {"State": "associated"})
        self.assertEqual(found[0]["Routes"][1]["GatewayId"], gateway)
        self.refused("DependencyViolation", self.ec2.delete_route_table, RouteTableId=table)
        self.ec2.disassociate_route_table(AssociationId=association)
        self.refused("InvalidAssociationID.NotFound", self.ec2.disassociate_route_table, AssociationId=association)
        self.ec2.replace_route(GatewayId=gateway, **route)
        self.refused("InvalidGatewayID.NotFound", self.ec2.replace_route, GatewayId="igw-999999", **route)
        none = {**route, "DestinationCidrBlock": "10.99.0.0/16"}
        self.refused("InvalidParameterValue", self.ec2.replace_route, GatewayId=gateway, **none)
        self.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        routes = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        self.assertEqual(routes[1]["State"], "blackhole")
        self.ec2.delete_route(**route)
        self.refused("InvalidRoute.NotFound", self.ec2.delete_route, **route)
        self.ec2.delete_route_table(RouteTableId=table)

    def test_a_token_answers_with_what_it_made(self):
        vpc = self.vpc()
        first = self.ec2.create_route_table(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"]
        self.assertEqual(self.ec2.create_route_table(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"], first)
        other = self.vpc("10.3.0.0/16")
        self.refused("IdempotentParameterMismatch", self.ec2.create_route_table, VpcId=other, ClientToken="t")


class Groups(WireTest):
    ALL = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]

    def test_a_group_is_born_open_and_can_be_closed(self):
        group = self.group(self.vpc())
        rules = self.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
        self.assertEqual([(rule["IsEgress"], rule["CidrIpv4"], rule["FromPort"]) for rule in rules], [(True, "0.0.0.0/0", -1)])
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=self.ALL)
        self.refused("InvalidPermission.NotFound", self.ec2.revoke_security_group_egress, GroupId=group, IpPermissions=self.ALL)
        self.assertEqual(self.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"], [])
        six = [{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
        self.refused("InvalidPermission.NotFound", self.ec2.revoke_security_group_egress, GroupId=group, IpPermissions=six)

    def test_rules_are_made_all_or_none_and_each_once(self):
        group = self.group(self.vpc())

        def tcp(port, *peers):
            ranges = [{"CidrIp": peer, "Description": "clients"} for peer in peers]
            return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}

        permissions = [tcp(443, "10.0.0.0/8", "192.0.2.0/24"), tcp(80, "10.0.0.0/8")]
        tags = self.tags("security-group-rule", Name="r")
        made = self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions, TagSpecifications=tags)
        rules = made["SecurityGroupRules"]
        self.assertEqual([rule["ToPort"] for rule in rules], [443, 443, 80])
        twice = [tcp(22, "10.0.0.0/8"), tcp(443, "10.0.0.0/8")]
        authorize = self.ec2.authorize_security_group_ingress
        self.refused("InvalidPermission.Duplicate", authorize, GroupId=group, IpPermissions=twice)
        shown = self.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
        self.assertEqual([(one["FromPort"], len(one["IpRanges"])) for one in shown], [(443, 2), (80, 1)])
        text = [{"SecurityGroupRuleId": rules[0]["SecurityGroupRuleId"], "Description": "all"}]
        self.ec2.update_security_group_rule_descriptions_ingress(GroupId=group, SecurityGroupRuleDescriptions=text)
        one = self.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rules[0]["SecurityGroupRuleId"]])
        self.assertEqual(one["SecurityGroupRules"][0]["Description"], "all")
        wrong = self.ec2.update_security_group_rule_descriptions_egress
        self.refused("InvalidSecurityGroupRuleId.NotFound", wrong, GroupId=group, SecurityGroupRuleDescriptions=text)
        ids = [rule["SecurityGroupRuleId"] for rule in rules]
        self.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=ids)
        revoke = self.ec2.revoke_security_group_ingress
        self.refused("InvalidSecurityGroupRuleId.NotFound", revoke, GroupId=group, SecurityGroupRuleIds=ids)
        egress = [tcp(443, "10.0.0.0/8")]
        self.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=egress)
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=egress)

    def test_names_are_unique_whatever_the_case_and_default_is_taken(self):
        vpc = self.vpc()
        group = self.group(vpc, "Lane")
        self.refused("InvalidGroup.Duplicate", self.group, vpc=vpc, name="lane")
        self.refused("InvalidParameterValue", self.group, vpc=vpc, name="default")
        found = self.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["La?e"]}])["SecurityGroups"]
        self.assertEqual([one["GroupId"] for one in found], [group])
        self.ec2.delete_security_group(GroupId=group)
        self.refused("InvalidGroup.NotFound", self.ec2.delete_security_group, GroupId=group)

    def test_what_is_not_simulated_is_said(self):
        group = self.group(self.vpc())
        udp = [{"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
        authorize = self.ec2.authorize_security_group_ingress
        answer = self.refused("UnsupportedOperation", authorize, GroupId=group, IpPermissions=udp)
        self.assertIn("udp", answer["Error"]["Message"])


class Addresses(WireTest):
    def test_an_address_comes_and_goes(self):
        made = self.ec2.allocate_address(Domain="vpc", TagSpecifications=self.tags("elastic-ip", Name="a"))
        one = self.ec2.describe_addresses(AllocationIds=[made["AllocationId"]])["Addresses"][0]
        self.assertEqual((one["PublicIp"], one["Domain"]), (made["PublicIp"], "vpc"))
        self.assertEqual(len(self.ec2.describe_addresses(PublicIps=[made["PublicIp"]])["Addresses"]), 1)
        names = self.ec2.describe_addresses_attribute(AllocationIds=[made["AllocationId"]], Attribute="domain-name")
        self.assertNotIn("PtrRecord", names["Addresses"][0])
        self.ec2.release_address(AllocationId=made["AllocationId"])
        self.refused("InvalidAllocationID.NotFound", self.ec2.release_address, AllocationId=made["AllocationId"])

    def test_a_region_has_five(self):
        for _ in range(5):
            self.ec2.allocate_address(Domain="vpc")
        self.refused("AddressLimitExceeded", self.ec2.allocate_address, Domain="vpc")


class Tags(WireTest):
    def test_tags_are_written_found_and_taken_away(self):
        vpc, subnet = self.vpc(), None
        subnet = self.subnet(vpc)
        self.ec2.create_tags(Resources=[vpc, subnet], Tags=[{"Key": "lane", "Value": "a"}, {"Key": "x", "Value": "y"}])
        found = self.ec2.describe_tags(Filters=[{"Name": "tag:lane", "Values": ["a"]}, {"Name": "key", "Values": ["lane"]}])["Tags"]
        shown = {(tag["ResourceId"], tag["ResourceType"], tag["Value"]) for tag in found}
        self.assertEqual(shown, {(vpc, "vpc", "a"), (subnet, "subnet", "a")})
        self.ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "lane", "Value": "other"}, {"Key": "x"}])
        self.assertEqual(self.ec2.describe_vpcs()["Vpcs"][0]["Tags"], [{"Key": "lane", "Value": "a"}])
        self.ec2.delete_tags(Resources=[vpc, subnet])
        self.assertEqual(self.ec2.describe_tags()["Tags"], [])

    def test_all_are_tagged_or_none(self):
        vpc = self.vpc()
        tag = [{"Key": "a", "Value": "b"}]
        self.refused("InvalidSubnetID.NotFound", self.ec2.create_tags, Resources=[vpc, "subnet-999999"], Tags=tag)
        self.refused("InvalidID", self.ec2.create_tags, Resources=["ami-1"], Tags=tag)
        self.assertEqual(self.ec2.describe_tags()["Tags"], [])
        malformed = {"Resources": [vpc], "Tags": [{"Key": "aws:x", "Value": ""}]}
        self.refused("InvalidTagKey.Malformed", self.ec2.create_tags, **malformed)
        specification = self.tags("subnet", Name="s")
        self.refused("InvalidParameterValue", self.ec2.create_vpc, CidrBlock="10.9.0.0/16", TagSpecifications=specification)


class Describes(WireTest):
    def test_pages_lead_through_everything_once(self):
        vpc = self.vpc()
        made = [self.subnet(vpc, f"10.2.{number}.0/24") for number in range(12)]
        pages = list(self.ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5}))
        self.assertEqual([len(page["Subnets"]) for page in pages], [5, 5, 2])
        self.assertEqual([one["SubnetId"] for page in pages for one in page["Subnets"]], made)
        unchecked = client("ec2", self.ENTRY, parameter_validation=False)
        self.refused("InvalidParameterValue", unchecked.describe_subnets, MaxResults=4)
        self.refused("InvalidNextToken", self.ec2.describe_subnets, NextToken="not-ours")
        self.ec2.create_tags(Resources=made, Tags=[{"Key": "a", "Value": "b"}])
        pages = list(self.ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 5}))
        self.assertEqual([tag["ResourceId"] for page in pages for tag in page["Tags"]], made)

    def test_filters_are_joined_by_and_their_values_by_or(self):
        first = self.vpc(TagSpecifications=self.tags("vpc", lane="a", side="x"))
        second = self.vpc("10.3.0.0/16", TagSpecifications=self.tags("vpc", lane="b", side="x"))

        def found(**filters):
            names = {name: name.replace("_", "-").replace("tag-", "tag:") for name in filters}
            filters = [{"Name": names[name], "Values": values} for name, values in filters.items()]
            return [one["VpcId"] for one in self.ec2.describe_vpcs(Filters=filters)["Vpcs"]]

        self.assertEqual(found(tag_lane=["a", "b"]), [first, second])
        self.assertEqual(found(tag_lane=["a"], tag_side=["x"]), [first])
        self.assertEqual(found(tag_lane=["b"], cidr=["10.2.*"]), [])
        self.assertEqual(found(vpc_id=[second, "vpc-999999"]), [second])
        self.refused("InvalidParameterValue", self.ec2.describe_vpcs, Filters=[{"Name": "colour", "Values": ["red"]}])

    def test_what_is_new_is_found_by_id_before_it_is_found_by_filter(self):
        self.settings(lag={"by_list": 60_000, "settled": 60_000})
        self.vpc()
        self.assertEqual(self.ec2.describe_vpcs()["Vpcs"], [])


if __name__ == "__main__":
    unittest.main()
