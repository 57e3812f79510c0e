"""One test per correction, of the same name: it holds with the correction, and does not without it (see `test_each_is_needed`)."""

import json
import time

from support import CloudTest

TAG = [{"Key": "k", "Value": "v"}]


def tagged(kind):
    return [{"ResourceType": kind, "Tags": TAG}]


class Calls(CloudTest):
    def test_parameters_follow_the_model(self):
        self.refused("InvalidParameterValue", self.ec2.describe_route_tables, MaxResults=101)

    def test_dry_run_changes_nothing(self):
        before = len(self.ec2.describe_vpcs()["Vpcs"])
        self.refused("DryRunOperation", self.ec2.create_vpc, CidrBlock="10.1.0.0/16", DryRun=True)
        self.assertEqual(len(self.ec2.describe_vpcs()["Vpcs"]), before)

    def test_client_tokens_are_honoured(self):
        vpc, other = self.vpc(), self.vpc("10.9.0.0/16")
        first = self.ec2.create_route_table(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"]
        again = self.ec2.create_route_table(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"]
        self.assertEqual(first, again)
        self.refused("IdempotentParameterMismatch", self.ec2.create_route_table, VpcId=other, ClientToken="t")
        subnet = self.subnet(vpc)
        ids = {self.endpoint(vpc, [subnet], ClientToken="e")["VpcEndpointId"] for _ in range(2)}
        self.assertEqual(len(ids), 1)

    def test_several_filter_values_are_or(self):
        vpc = self.vpc()
        one, two, three = (self.subnet(vpc, f"10.1.{n}.0/24") for n in range(3))
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        for subnet in (one, two):
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        wanted = [{"Name": "association.subnet-id", "Values": [one, three]}]
        found = self.ec2.describe_route_tables(Filters=wanted)["RouteTables"]
        self.assertEqual([each["RouteTableId"] for each in found], [table])

    def test_tags_filter_by_key_and_value(self):
        vpc, other = self.vpc(), self.vpc("10.9.0.0/16")
        self.ec2.create_tags(Resources=[vpc], Tags=[*TAG, {"Key": "x", "Value": "y"}])
        self.ec2.create_tags(Resources=[other], Tags=[{"Key": "k", "Value": "other"}])
        found = self.ec2.describe_tags(Filters=[{"Name": "tag:k", "Values": ["v"]}])["Tags"]
        self.assertEqual([(tag["ResourceId"], tag["Key"]) for tag in found], [(vpc, "k")])

    def test_addresses_are_elastic_ips(self):
        address = self.ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))["AllocationId"]
        of_type = [{"Name": "resource-type", "Values": ["elastic-ip"]}]
        found = self.ec2.describe_tags(Filters=of_type)["Tags"]
        self.assertEqual([(tag["ResourceId"], tag["ResourceType"]) for tag in found], [(address, "elastic-ip")])

    def test_tags_need_their_resource(self):
        for kind, code in (
            ("vpc", "InvalidVpcID.NotFound"),
            ("vpce", "InvalidVpcEndpointId.NotFound"),
            ("pcx", "InvalidVpcPeeringConnectionID.NotFound"),
            ("eipalloc", "InvalidAllocationID.NotFound"),
            ("sgr", "InvalidSecurityGroupRuleId.NotFound"),
            ("nat", "NatGatewayNotFound"),
        ):
            with self.subTest(kind):
                self.refused(code, self.ec2.create_tags, Resources=[f"{kind}-0123456789abcdef0"], Tags=TAG)

    def test_tags_go_with_their_resource(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=tagged("vpc"))["Vpc"]["VpcId"]
        self.ec2.delete_vpc(VpcId=vpc)
        self.assertEqual(self.ec2.describe_tags()["Tags"], [])


class Interfaces(CloudTest):
    def test_service_interfaces_stay(self):
        vpc = self.vpc()
        interface = self.endpoint(vpc, [self.subnet(vpc)])["NetworkInterfaceIds"][0]
        self.refused("InvalidParameterValue", self.ec2.delete_network_interface, NetworkInterfaceId=interface)

    def test_interfaces_hold_their_subnet(self):
        vpc = self.vpc()
        subnet = self.subnet(vpc)
        self.endpoint(vpc, [subnet])
        self.refused("DependencyViolation", self.ec2.delete_subnet, SubnetId=subnet)

    def test_use_holds_a_security_group(self):
        vpc = self.vpc()
        group, other = self.group(vpc), self.group(vpc, "h")
        self.endpoint(vpc, [self.subnet(vpc)], SecurityGroupIds=[group])
        self.refused("DependencyViolation", self.ec2.delete_security_group, GroupId=group)
        third = self.group(vpc, "i")
        source = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": third}]}]
        self.ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=source)
        self.refused("DependencyViolation", self.ec2.delete_security_group, GroupId=third)
        self.ec2.delete_security_group(GroupId=other)


class Network(CloudTest):
    def test_one_vpc_attribute_per_call(self):
        both = {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}}
        self.refused("InvalidParameterCombination", self.ec2.modify_vpc_attribute, VpcId=self.vpc(), **both)

    def test_contents_hold_their_vpc(self):
        vpc, _, peering = self.peered()
        gateway, group = self.gateway(vpc), self.group(vpc)
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=vpc)
        self.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=vpc)
        self.ec2.delete_security_group(GroupId=group)
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=vpc)
        self.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
        self.ec2.delete_vpc(VpcId=vpc)

    def test_zones_are_of_their_region(self):
        asked = {"VpcId": self.vpc(), "CidrBlock": "10.1.0.0/24", "AvailabilityZone": "us-east-1a"}
        self.refused("InvalidParameterValue", self.ec2.create_subnet, **asked)

    def test_subnets_have_a_size(self):
        self.refused("InvalidSubnet.Range", self.subnet, vpc=self.vpc(), cidr="10.1.0.0/29")

    def test_groups_are_of_a_vpc(self):
        self.refused("InvalidVpcID.NotFound", self.group, vpc="vpc-0123456789abcdef0")

    def test_descriptions_are_changed_by_rule(self):
        group = self.group(self.vpc())
        allow = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "old"}]}]
        made = self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=allow)["SecurityGroupRules"][0]
        rule, change = made["SecurityGroupRuleId"], self.ec2.update_security_group_rule_descriptions_ingress
        change(GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule, "Description": "new"}])
        found = self.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"]
        self.assertEqual(found[0]["Description"], "new")
        long = [{"SecurityGroupRuleId": rule, "Description": "x" * 256}]
        self.refused("InvalidParameterValue", change, GroupId=group, SecurityGroupRuleDescriptions=long)

    def test_a_vpc_has_one_internet_gateway(self):
        vpc = self.vpc()
        self.gateway(vpc)
        second = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.refused("InvalidParameterValue", self.ec2.attach_internet_gateway, InternetGatewayId=second, VpcId=vpc)

    def test_public_addresses_hold_the_gateway(self):
        vpc, subnet, gateway = self.public_subnet()
        self.balancer(subnet)
        self.refused("DependencyViolation", self.ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)

    def test_a_subnet_has_one_route_table(self):
        vpc = self.vpc()
        subnet = self.subnet(vpc)
        first, second = (self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
        made = self.ec2.associate_route_table(RouteTableId=first, SubnetId=subnet)["AssociationId"]
        self.refused("Resource.AlreadyAssociated", self.ec2.associate_route_table, RouteTableId=second, SubnetId=subnet)
        self.refused("Resource.AlreadyAssociated", self.ec2.associate_route_table, RouteTableId=first, SubnetId=subnet)
        self.settings(association_repeat="same")
        self.assertEqual(self.ec2.associate_route_table(RouteTableId=first, SubnetId=subnet)["AssociationId"], made)

    def test_a_route_leads_somewhere(self):
        vpc = self.vpc()
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        to = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
        self.refused("InvalidGatewayID.NotFound", self.ec2.create_route, GatewayId="igw-0123456789abcdef0", **to)
        loose = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.refused("InvalidParameterValue", self.ec2.create_route, GatewayId=loose, **to)
        unknown = "pcx-0123456789abcdef0"
        self.refused("InvalidVpcPeeringConnectionID.NotFound", self.ec2.create_route, VpcPeeringConnectionId=unknown, **to)
        unknown = "nat-0123456789abcdef0"
        self.refused("InvalidNatGatewayID.NotFound", self.ec2.create_route, NatGatewayId=unknown, **to)

    def test_a_route_to_nothing_is_a_blackhole(self):
        vpc = self.vpc()
        gateway = self.gateway(vpc)
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        self.assertEqual(self.route_states(table), ["active", "active"])
        self.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self.assertEqual(self.route_states(table), ["active", "blackhole"])
        self.gateway_back_and_nat_gone(vpc, gateway, table)

    def gateway_back_and_nat_gone(self, vpc, gateway, table):
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.ec2.create_nat_gateway(SubnetId=self.subnet(vpc), AllocationId=address)["NatGateway"]["NatGatewayId"]
        self.ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
        self.assertEqual(self.route_states(table), ["active", "active"])
        self.ec2.delete_nat_gateway(NatGatewayId=nat)
        self.assertEqual(self.route_states(table), ["active", "blackhole"])

    def route_states(self, table):
        routes = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return sorted(route["State"] for route in routes)

    def test_associations_go_with_their_subnet(self):
        vpc = self.vpc()
        subnet = self.subnet(vpc)
        table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        self.ec2.delete_subnet(SubnetId=subnet)
        self.assertEqual(self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Associations"], [])

    def test_the_main_route_table_stays(self):
        of_vpc = [{"Name": "vpc-id", "Values": [self.vpc()]}]
        main = self.ec2.describe_route_tables(Filters=of_vpc)["RouteTables"][0]["RouteTableId"]
        self.refused("DependencyViolation", self.ec2.delete_route_table, RouteTableId=main)

    def test_group_names_ignore_case(self):
        vpc = self.vpc()
        self.group(vpc, "abc")
        asked = {"VpcId": vpc, "GroupName": "ABC", "Description": "d"}
        self.refused("InvalidGroup.Duplicate", self.ec2.create_security_group, **asked)

    def test_addresses_are_public(self):
        made = self.ec2.allocate_address(Domain="vpc")["PublicIp"]
        self.assertRegex(made, r"^(198\.51\.100|203\.0\.113|192\.0\.2)\.")

    def test_use_holds_an_address(self):
        _, subnet, _ = self.public_subnet()
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        self.balancer(subnet, SubnetMappings=[{"SubnetId": subnet, "AllocationId": address}])
        self.refused("InvalidIPAddress.InUse", self.ec2.release_address, AllocationId=address)

    def test_services_keep_their_addresses(self):
        _, subnet, _ = self.public_subnet()
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        self.balancer(subnet, SubnetMappings=[{"SubnetId": subnet, "AllocationId": address}])
        association = self.ec2.describe_addresses()["Addresses"][0]["AssociationId"]
        self.refused("OperationNotPermitted", self.ec2.disassociate_address, AssociationId=association)


class Peering(CloudTest):
    def test_unknown_peering_is_an_error(self):
        unknown, code = "pcx-0123456789abcdef0", "InvalidVpcPeeringConnectionID.NotFound"
        self.refused(code, self.ec2.describe_vpc_peering_connections, VpcPeeringConnectionIds=[unknown])
        self.refused(code, self.ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=unknown)
        self.refused(code, self.ec2.delete_vpc_peering_connection, VpcPeeringConnectionId=unknown)

    def test_a_pair_of_vpcs_has_one_peering(self):
        ours, theirs, peering = self.peered()
        self.far.create_tags(Resources=[peering], Tags=TAG)
        again = self.far.create_vpc_peering_connection(VpcId=theirs, PeerVpcId=ours, PeerRegion=self.REGION)
        again = again["VpcPeeringConnection"]
        self.assertEqual((again["VpcPeeringConnectionId"], again["Tags"]), (peering, TAG))
        self.far.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
        self.assertNotEqual(self.request(theirs, ours), peering)

    def test_the_other_side_learns_of_it_later(self):
        self.settings(peering_visible_s=0.5)
        _, _, peering = self.peered()
        code = "InvalidVpcPeeringConnectionID.NotFound"
        self.refused(code, self.ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=peering)
        time.sleep(0.6)
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
        overlapping = self.request(self.vpc("10.1.128.0/20", self.far), self.vpc())
        self.assertEqual(self.peering_state(overlapping, self.far), "failed")

    def test_one_direction_is_accepted(self):
        ours, theirs, there = self.peered()
        asked = {"VpcId": ours, "PeerVpcId": theirs, "PeerRegion": self.OTHER}
        back = self.ec2.create_vpc_peering_connection(**asked)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=there)
        code = "VpcPeeringConnectionAlreadyExists"
        self.refused(code, self.far.accept_vpc_peering_connection, VpcPeeringConnectionId=back)

    def test_an_accepted_peering_is_provisioned(self):
        self.settings(peering_s=0.5)
        _, _, peering = self.peered()
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
        self.assertEqual(self.peering_state(peering), "provisioning")
        time.sleep(0.6)
        self.assertEqual(self.peering_state(peering, self.far), "active")

    def test_a_peering_is_deleted_once(self):
        _, _, peering = self.peered()
        self.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
        self.refused("InvalidStateTransition", self.ec2.delete_vpc_peering_connection, VpcPeeringConnectionId=peering)
        self.assertEqual(self.peering_state(peering), "deleted")

    def test_peerings_are_filtered(self):
        ours, _, peering = self.peered()
        second = self.request(self.vpc("10.3.0.0/16", self.far), ours)
        self.far.create_tags(Resources=[second], Tags=TAG)

        def found(name, value, ec2=self.far):
            answer = ec2.describe_vpc_peering_connections(Filters=[{"Name": name, "Values": [value]}])
            return sorted(each["VpcPeeringConnectionId"] for each in answer["VpcPeeringConnections"])

        self.assertEqual(found("tag:k", "v"), [second])
        self.assertEqual(found("tag:k", "v", self.ec2), [])
        self.assertEqual(found("accepter-vpc-info.vpc-id", ours), sorted([peering, second]))
        self.assertEqual(found("status-code", "active"), [])

    def test_peering_tags_are_per_side(self):
        _, _, peering = self.peered()
        self.far.create_tags(Resources=[peering], Tags=TAG)
        self.ec2.create_tags(Resources=[peering], Tags=[{"Key": "side", "Value": "ours"}])

        def tags(ec2):
            return ec2.describe_vpc_peering_connections()["VpcPeeringConnections"][0].get("Tags", [])

        self.assertEqual(tags(self.far), TAG)
        self.assertEqual(tags(self.ec2), [{"Key": "side", "Value": "ours"}])


class Endpoint(CloudTest):
    def test_services_have_their_own_hosts(self):
        name = f"com.amazonaws.{self.REGION}.sagemaker.runtime"
        found = self.ec2.describe_vpc_endpoint_services(ServiceNames=[name])["ServiceDetails"]
        self.assertEqual([each["PrivateDnsName"] for each in found], [f"runtime.sagemaker.{self.REGION}.amazonaws.com"])
        self.refused("InvalidServiceName", self.ec2.describe_vpc_endpoint_services, ServiceNames=["com.amazonaws.x.y"])

    def test_services_are_filtered(self):
        def names(**values):
            wanted = [{"Name": name.replace("_", "-"), "Values": each} for name, each in values.items()]
            found = self.ec2.describe_vpc_endpoint_services(Filters=wanted)["ServiceDetails"]
            return [one["ServiceName"].rsplit(".", 1)[1] for one in found]

        self.assertEqual(names(service_name=["*.sqs", "*.sns"]), ["sns", "sqs"])
        self.assertEqual(names(service_name=["*.s3"], service_type=["Gateway"]), ["s3"])

    def test_endpoints_are_checked(self):
        vpc, other = self.vpc(), self.vpc("10.9.0.0/16")
        one, two = self.subnet(vpc), self.subnet(vpc, "10.1.1.0/24")
        elsewhere = self.subnet(other, "10.9.0.0/24")
        self.settings(missing_zones={"sagemaker.runtime": [f"{self.REGION}c"]})
        for code, subnets, more in (
            ("InvalidServiceName", [one], {"ServiceName": "com.amazonaws.nowhere.bogus"}),
            ("DuplicateSubnetsInSameZone", [one, two], {}),
            ("InvalidSubnetID.NotFound", [elsewhere], {}),
            ("InvalidGroup.NotFound", [one], {"SecurityGroupIds": [self.group(other)]}),
            ("InvalidParameter", [one], {"PrivateDnsEnabled": True}),
            ("InvalidParameter", [self.subnet(vpc, "10.1.2.0/24", "c")], {}),
            ("InvalidPolicyDocument", [one], {"PolicyDocument": "{"}),
            ("InvalidParameter", [], {"VpcEndpointType": "Gateway"}),
        ):
            with self.subTest(code):
                self.refused(code, self.endpoint, vpc=vpc, subnets=subnets, **more)

    def test_endpoints_have_their_interfaces(self):
        self.settings(endpoint_s=0.5)
        vpc = self.vpc()
        group, one, two = self.group(vpc), self.subnet(vpc), self.subnet(vpc, "10.1.1.0/24", "b")
        asked = [{"SubnetId": one, "Ipv4": "10.1.0.77"}, {"SubnetId": two}]
        made = self.endpoint(vpc, [one, two], SubnetConfigurations=asked, SecurityGroupIds=[group])
        self.assertEqual((made["State"], sorted(made["SubnetIds"])), ("pending", sorted([one, two])))
        by_type = [{"Name": "interface-type", "Values": ["vpc_endpoint"]}]
        found = {each["SubnetId"]: each for each in self.ec2.describe_network_interfaces(Filters=by_type)["NetworkInterfaces"]}
        self.assertEqual(sorted(found), sorted([one, two]))
        self.assertEqual(found[one]["PrivateIpAddress"], "10.1.0.77")
        self.assertEqual(found[two]["PrivateIpAddress"], "10.1.1.4")
        self.assertEqual([each["GroupId"] for each in found[one]["Groups"]], [group])
        self.assertEqual(found[one]["Description"], f"VPC Endpoint Interface {made['VpcEndpointId']}")
        self.assertTrue(found[one]["RequesterManaged"])
        time.sleep(0.6)
        self.assertEqual(self.state(made["VpcEndpointId"]), "available")

    def state(self, endpoint):
        return self.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]["State"]

    def test_endpoints_are_filtered_by_id(self):
        vpc = self.vpc()
        made = self.endpoint(vpc, [self.subnet(vpc)])["VpcEndpointId"]
        wanted = [{"Name": "vpc-endpoint-id", "Values": [made, "vpce-0123456789abcdef0"]}]
        found = self.ec2.describe_vpc_endpoints(Filters=wanted)["VpcEndpoints"]
        self.assertEqual([one["VpcEndpointId"] for one in found], [made])

    def test_a_changed_endpoint_changes_its_interfaces(self):
        vpc = self.vpc()
        group, one, two = self.group(vpc), self.subnet(vpc), self.subnet(vpc, "10.1.1.0/24", "b")
        policy = json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]})
        made = self.endpoint(vpc, [one], PolicyDocument=policy)["VpcEndpointId"]
        default = self.ec2.describe_network_interfaces()["NetworkInterfaces"][0]["Groups"][0]["GroupId"]
        change = {"AddSubnetIds": [two], "RemoveSubnetIds": [one], "AddSecurityGroupIds": [group], "RemoveSecurityGroupIds": [default]}
        self.ec2.modify_vpc_endpoint(VpcEndpointId=made, ResetPolicy=True, **change)
        (interface,) = self.ec2.describe_network_interfaces()["NetworkInterfaces"]
        self.assertEqual((interface["SubnetId"], [each["GroupId"] for each in interface["Groups"]]), (two, [group]))
        found = self.ec2.describe_vpc_endpoints()["VpcEndpoints"][0]
        self.assertEqual(json.loads(found["PolicyDocument"])["Statement"][0]["Effect"], "Allow")
        self.assertEqual(found["NetworkInterfaceIds"], [interface["NetworkInterfaceId"]])

    def test_unknown_endpoints_are_unsuccessful(self):
        vpc = self.vpc()
        made, unknown = self.endpoint(vpc, [self.subnet(vpc)])["VpcEndpointId"], "vpce-0123456789abcdef0"
        answer = self.ec2.delete_vpc_endpoints(VpcEndpointIds=[made, unknown])["Unsuccessful"]
        self.assertEqual([(each["ResourceId"], each["Error"]["Code"]) for each in answer], [(unknown, "InvalidVpcEndpoint.NotFound")])
        self.assertEqual(self.state(made), "deleted")

    def test_deleting_an_endpoint_takes_a_while(self):
        self.settings(endpoint_delete_s=0.5, deleted_listed_s=1)
        vpc = self.vpc()
        subnet = self.subnet(vpc)
        made = self.endpoint(vpc, [subnet])["VpcEndpointId"]
        self.ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
        self.assertEqual(self.state(made), "deleting")
        self.refused("DependencyViolation", self.ec2.delete_subnet, SubnetId=subnet)
        time.sleep(0.6)
        self.assertEqual(self.state(made), "deleted")
        self.ec2.delete_subnet(SubnetId=subnet)
        time.sleep(1.1)
        self.refused("InvalidVpcEndpointId.NotFound", self.ec2.describe_vpc_endpoints, VpcEndpointIds=[made])


class Balancer(CloudTest):
    def test_a_network_load_balancer_says_so(self):
        vpc, subnet, _ = self.public_subnet()
        arn = self.balancer(subnet)["LoadBalancerArn"]
        self.assertIn(":loadbalancer/net/lane/", arn)
        self.assertIn(":listener/net/lane/", self.listener(arn, self.target_group(vpc)))

    def test_load_balancer_names_are_unique(self):
        _, subnet, _ = self.public_subnet()
        first = self.balancer(subnet, Tags=TAG)["LoadBalancerArn"]
        self.assertEqual(self.balancer(subnet, Tags=TAG)["LoadBalancerArn"], first)
        self.refused("DuplicateLoadBalancerName", self.balancer, subnet=subnet, Scheme="internal")
        for name in ("internal-x", "-x", "x" * 33, "a_b"):
            self.refused("ValidationError", self.balancer, subnet=subnet, name=name)
        self.elb.delete_load_balancer(LoadBalancerArn=first)
        self.assertNotEqual(self.balancer(subnet, Tags=TAG)["LoadBalancerArn"], first)

    def test_load_balancers_are_checked(self):
        vpc = self.vpc()
        subnet, beside = self.subnet(vpc), self.subnet(vpc, "10.1.1.0/24")
        self.refused("InvalidSubnet", self.balancer, subnet=subnet)
        self.gateway(vpc)
        self.refused("SubnetNotFound", self.balancer, subnet="subnet-0123456789abcdef0")
        two = [{"SubnetId": subnet}, {"SubnetId": beside}]
        self.refused("InvalidConfigurationRequest", self.balancer, subnet=None, SubnetMappings=two)
        unknown = [{"SubnetId": subnet, "AllocationId": "eipalloc-0123456789abcdef0"}]
        self.refused("AllocationIdNotFound", self.balancer, subnet=None, SubnetMappings=unknown)
        self.refused("InvalidSecurityGroup", self.balancer, subnet=subnet, SecurityGroups=["sg-0123456789abcdef0"])

    def test_load_balancers_have_their_interfaces(self):
        self.settings(balancer_s=0.5)
        vpc, subnet, _ = self.public_subnet()
        group = self.group(vpc)
        address = self.ec2.allocate_address(Domain="vpc")
        mapping = [{"SubnetId": subnet, "AllocationId": address["AllocationId"]}]
        made = self.balancer(subnet, SubnetMappings=mapping, SecurityGroups=[group])
        self.assertEqual(made["State"]["Code"], "provisioning")
        about = [{"Name": "description", "Values": [f"ELB {made['LoadBalancerArn'].split(':loadbalancer/')[1]}"]}]
        (interface,) = self.ec2.describe_network_interfaces(Filters=about)["NetworkInterfaces"]
        self.assertEqual(interface["InterfaceType"], "network_load_balancer")
        self.assertEqual(interface["Attachment"]["InstanceOwnerId"], "amazon-aws")
        self.assertEqual([each["GroupId"] for each in interface["Groups"]], [group])
        self.assertEqual(interface["Association"]["PublicIp"], address["PublicIp"])
        time.sleep(0.6)
        self.assertEqual(self.elb.describe_load_balancers()["LoadBalancers"][0]["State"]["Code"], "active")

    def test_looking_makes_nothing_active(self):
        self.settings(balancer_s=5)
        _, subnet, _ = self.public_subnet()
        self.balancer(subnet)
        states = [self.elb.describe_load_balancers()["LoadBalancers"][0]["State"]["Code"] for _ in range(2)]
        self.assertEqual(states, ["provisioning"] * 2)

    def test_load_balancers_show_their_addresses(self):
        _, subnet, _ = self.public_subnet()
        address = self.ec2.allocate_address(Domain="vpc")
        self.balancer(subnet, SubnetMappings=[{"SubnetId": subnet, "AllocationId": address["AllocationId"]}])
        (zone,) = self.elb.describe_load_balancers()["LoadBalancers"][0]["AvailabilityZones"]
        expected = [{"IpAddress": address["PublicIp"], "AllocationId": address["AllocationId"]}]
        self.assertEqual(zone["LoadBalancerAddresses"], expected)

    def test_protected_load_balancers_stay(self):
        _, subnet, _ = self.public_subnet()
        arn = self.balancer(subnet)["LoadBalancerArn"]
        protect = [{"Key": "deletion_protection.enabled", "Value": "true"}]
        self.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protect)
        self.refused("OperationNotPermitted", self.elb.delete_load_balancer, LoadBalancerArn=arn)

    def test_interfaces_outlive_their_load_balancer(self):
        self.settings(balancer_interfaces_s=0.5)
        vpc, subnet, _ = self.public_subnet()
        arn, group = self.balancer(subnet)["LoadBalancerArn"], self.target_group(vpc)
        self.listener(arn, group)
        self.elb.delete_load_balancer(LoadBalancerArn=arn)
        self.assertEqual(self.elb.describe_load_balancers()["LoadBalancers"], [])
        found = self.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
        self.assertEqual(found["LoadBalancerArns"], [])
        self.refused("DependencyViolation", self.ec2.delete_subnet, SubnetId=subnet)
        time.sleep(0.6)
        self.ec2.delete_subnet(SubnetId=subnet)

    def test_one_unknown_load_balancer_fails_all(self):
        _, subnet, _ = self.public_subnet()
        arn = self.balancer(subnet)["LoadBalancerArn"]
        both = [arn, arn[:-4] + "0000"]
        self.refused("LoadBalancerNotFound", self.elb.describe_load_balancers, LoadBalancerArns=both)

    def test_one_unknown_listener_fails_all(self):
        vpc, subnet, _ = self.public_subnet()
        arn = self.listener(self.balancer(subnet)["LoadBalancerArn"], self.target_group(vpc))
        self.refused("ListenerNotFound", self.elb.describe_listeners, ListenerArns=[arn, arn[:-4] + "0000"])

    def test_groups_are_decided_at_creation(self):
        vpc, subnet, _ = self.public_subnet()
        one, two = self.group(vpc), self.group(vpc, "h")
        bare = self.balancer(subnet)["LoadBalancerArn"]
        self.refused("InvalidConfigurationRequest", self.elb.set_security_groups, LoadBalancerArn=bare, SecurityGroups=[one])
        self.elb.delete_load_balancer(LoadBalancerArn=bare)
        with_one = self.balancer(subnet, SecurityGroups=[one])["LoadBalancerArn"]
        self.elb.set_security_groups(LoadBalancerArn=with_one, SecurityGroups=[two])
        self.ec2.delete_security_group(GroupId=one)

    def test_one_zone_is_enough_for_a_network(self):
        vpc, subnet, _ = self.public_subnet()
        other = self.subnet(vpc, "10.1.1.0/24", "b")
        arn = self.balancer(subnet)["LoadBalancerArn"]
        self.elb.set_subnets(LoadBalancerArn=arn, Subnets=[other])
        (interface,) = self.ec2.describe_network_interfaces()["NetworkInterfaces"]
        self.assertEqual(interface["SubnetId"], other)

    def test_a_port_has_one_listener(self):
        vpc, subnet, _ = self.public_subnet()
        arn, one, two = self.balancer(subnet)["LoadBalancerArn"], self.target_group(vpc), self.target_group(vpc, "other")
        self.assertEqual(self.listener(arn, one), self.listener(arn, one))
        self.refused("DuplicateListener", self.listener, balancer=arn, group=two)


    def test_a_target_group_has_one_load_balancer(self):
        vpc, subnet, _ = self.public_subnet()
        group = self.target_group(vpc)
        self.listener(self.balancer(subnet)["LoadBalancerArn"], group)
        second = self.balancer(subnet, "second")["LoadBalancerArn"]
        self.refused("TargetGroupAssociationLimit", self.listener, balancer=second, group=group)

    def test_idle_timeouts_have_bounds(self):
        vpc, subnet, _ = self.public_subnet()
        arn = self.listener(self.balancer(subnet)["LoadBalancerArn"], self.target_group(vpc))
        for seconds in ("59", "6001"):
            change = [{"Key": "tcp.idle_timeout.seconds", "Value": seconds}]
            self.refused("ValidationError", self.elb.modify_listener_attributes, ListenerArn=arn, Attributes=change)


class Target(CloudTest):
    def test_target_group_names_are_unique(self):
        vpc = self.vpc()
        self.assertEqual(self.target_group(vpc), self.target_group(vpc))
        self.refused("DuplicateTargetGroupName", self.target_group, vpc=vpc, Port=8443)

    def test_network_target_groups_have_their_attributes(self):
        found = self.elb.describe_target_group_attributes(TargetGroupArn=self.target_group(self.vpc()))["Attributes"]
        found = {each["Key"]: each["Value"] for each in found}
        self.assertEqual(found["preserve_client_ip.enabled"], "false")
        self.assertNotIn("slow_start.duration_seconds", found)

    def registered(self, group, **target):
        self.elb.register_targets(TargetGroupArn=group, Targets=[target])

    def health(self, group):
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [(each["Target"], each["TargetHealth"]["State"]) for each in found]

    def test_targets_outside_the_vpc_name_their_zone(self):
        group = self.target_group(self.vpc())
        self.refused("ValidationError", self.registered, group=group, Id="10.2.0.4")
        self.refused("ValidationError", self.registered, group=group, Id="10.1.0.4", AvailabilityZone="all")
        self.refused("ValidationError", self.registered, group=group, Id="203.0.113.10", AvailabilityZone="all")
        for port in (443, 443, 8443):
            self.registered(group, Id="10.2.0.4", Port=port, AvailabilityZone="all")
        self.assertEqual(len(self.health(group)), 2)

    def test_deregistering_the_unknown_succeeds(self):
        group = self.target_group(self.vpc())
        self.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.2.0.4"}])

    def test_health_says_what_is_registered(self):
        self.settings(target_healthy_s=0.5)
        vpc, subnet, _ = self.public_subnet()
        group, target = self.target_group(vpc), {"Id": "10.2.0.4", "Port": 443, "AvailabilityZone": "all"}
        self.registered(group, **target)
        self.assertEqual(self.health(group), [(target, "unused")])
        self.listener(self.balancer(subnet)["LoadBalancerArn"], group)
        self.assertEqual(self.health(group), [(target, "initial")])
        time.sleep(0.6)
        self.assertEqual(self.health(group), [(target, "healthy")])
        for address in ("10.2.0.4", "*"):
            self.settings(sick_targets={address: "Target.Timeout"})
            found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["TargetHealth"]
            self.assertEqual((found["State"], found["Reason"]), ("unhealthy", "Target.Timeout"))
        self.settings(sick_targets={"10.2.0.5": "Target.Timeout"})
        self.assertEqual(self.health(group), [(target, "healthy")])

    def test_fifty_tags(self):
        group = self.target_group(self.vpc())
        many = [{"Key": f"k{n}", "Value": "v"} for n in range(50)]
        for part in (many[:20], many[20:]):
            self.elb.add_tags(ResourceArns=[group], Tags=part)
        self.refused("TooManyTags", self.elb.add_tags, ResourceArns=[group], Tags=[{"Key": "one", "Value": "more"}])

    def test_one_unknown_arn_fails_all(self):
        group = self.target_group(self.vpc())
        self.refused("TargetGroupNotFound", self.elb.describe_tags, ResourceArns=[group, group[:-4] + "0000"])


class Account(CloudTest):
    def test_opt_in_regions_are_opted_in(self):
        found = {each["RegionName"]: each["OptInStatus"] for each in self.ec2.describe_regions()["Regions"]}
        self.assertEqual((found["ap-southeast-3"], found["ap-southeast-1"]), ("opted-in", "opt-in-not-required"))

    def test_service_quotas_answers(self):
        quotas = self.cloud.client("service-quotas", self.REGION)
        self.settings(quotas={"L-F678F1CE": 7})
        found = quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-F678F1CE")["Quota"]
        self.assertEqual((found["QuotaName"], found["Value"]), ("VPCs per Region", 7.0))
        self.assertGreater(len(quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]), 5)
        self.settings(quota_service="denied")
        self.refused("AccessDeniedException", quotas.list_service_quotas, ServiceCode="vpc")

    def test_quotas_are_kept(self):
        for _ in range(4):  # the default VPC is the fifth
            self.vpc()
        self.refused("VpcLimitExceeded", self.ec2.create_vpc, CidrBlock="10.1.0.0/16")
        for _ in range(5):
            self.ec2.allocate_address(Domain="vpc")
        self.refused("AddressLimitExceeded", self.ec2.allocate_address, Domain="vpc")

    def test_load_balancer_quota_is_kept(self):
        self.settings(quotas={"L-69A177A2": 1})
        _, subnet, _ = self.public_subnet()
        self.balancer(subnet)
        self.refused("TooManyLoadBalancers", self.balancer, subnet=subnet, name="second")

    def test_public_access_can_be_blocked(self):
        self.settings(public_access="block-bidirectional")
        found = self.ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
        self.assertEqual(found["InternetGatewayBlockMode"], "block-bidirectional")

    def test_account_limits_are_todays(self):
        limits = {each["Name"]: each["Max"] for each in self.elb.describe_account_limits()["Limits"]}
        self.assertEqual(limits["network-load-balancers"], "50")
