"""Ways out of a VPC: NAT gateways, gateway endpoints, and the routes that lead to them."""

import unittest

from support import WireTest


class Egress(WireTest):
    """A VPC with a subnet, and in some tests a gateway and an address."""

    def setUp(self):
        super().setUp()
        self.here = self.vpc()
        self.public = self.subnet(self.here)

    def address(self):
        return self.ec2.allocate_address(Domain="vpc")["AllocationId"]

    def nat(self, address, **more):
        return self.ec2.create_nat_gateway(SubnetId=self.public, AllocationId=address, **more)["NatGateway"]

    def shown(self, nat):
        return self.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]

    def is_in(self, nat, state):
        return lambda: self.shown(nat)["State"] == state

    def table(self, vpc=None):
        return self.ec2.create_route_table(VpcId=vpc or self.here)["RouteTable"]["RouteTableId"]

    def routes(self, table):
        """Destination, target and state of all but the local route."""
        routes = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        names = ["DestinationCidrBlock", "DestinationPrefixListId", "GatewayId", "NatGatewayId", "NetworkInterfaceId", "State"]
        return [tuple(route[name] for name in names if name in route) for route in routes if route.get("GatewayId") != "local"]

    def tables_with(self, name, value):
        found = self.ec2.describe_route_tables(Filters=[{"Name": name, "Values": [value]}])["RouteTables"]
        return [table["RouteTableId"] for table in found]


class NatGateways(Egress):
    def test_it_comes_takes_its_address_and_stays_listed_after_it_is_gone(self):
        self.settings(delays={"nat": 400, "nat_gone": 400, "nat_trace": 600})
        gateway, address = self.gateway(self.here), self.address()
        made = self.nat(address, ClientToken="t", TagSpecifications=self.tags("natgateway", Name="n"))
        nat = made["NatGatewayId"]
        self.assertEqual((made["State"], made["SubnetId"], made["VpcId"]), ("pending", self.public, self.here))
        again = self.nat(address, ClientToken="t", TagSpecifications=self.tags("natgateway", Name="n"))
        self.assertEqual(again["NatGatewayId"], nat)
        self.ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[nat], WaiterConfig={"Delay": 1})
        one = self.shown(nat)
        way = one["NatGatewayAddresses"][0]
        taken = self.ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]
        self.assertEqual((way["AllocationId"], way["PublicIp"], way["Status"]), (address, taken["PublicIp"], "succeeded"))
        self.assertEqual((way["AssociationId"], way["PrivateIp"]), (taken["AssociationId"], taken["PrivateIpAddress"]))
        self.assertNotIn("ServiceManaged", taken)
        interface = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[way["NetworkInterfaceId"]])["NetworkInterfaces"][0]
        self.assertEqual((interface["InterfaceType"], interface["SourceDestCheck"]), ("nat_gateway", False))
        self.assertEqual(interface["Description"], f"Interface for NAT Gateway {nat}")
        self.assertEqual(interface["Association"]["AllocationId"], address)
        for name, value in [("vpc-id", self.here), ("subnet-id", self.public), ("state", "available"), ("tag:Name", "n")]:
            found = self.ec2.describe_nat_gateways(Filters=[{"Name": name, "Values": [value]}])["NatGateways"]
            self.assertEqual([one["NatGatewayId"] for one in found], [nat], name)
        self.assertEqual(self.ec2.delete_nat_gateway(NatGatewayId=nat)["NatGatewayId"], nat)
        self.assertEqual(self.shown(nat)["State"], "deleting")
        self.refused("InvalidIPAddress.InUse", self.ec2.release_address, AllocationId=address)
        self.refused("DependencyViolation", self.ec2.delete_subnet, SubnetId=self.public)
        detach = {"InternetGatewayId": gateway, "VpcId": self.here}
        self.refused("DependencyViolation", self.ec2.detach_internet_gateway, **detach)
        self.soon(self.is_in(nat, "deleted"))
        trace = self.shown(nat)
        self.assertEqual((trace["Tags"], "DeleteTime" in trace), ([{"Key": "Name", "Value": "n"}], True))
        tags = self.ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["natgateway"]}])["Tags"]
        self.assertEqual([tag["ResourceId"] for tag in tags], [nat])
        self.ec2.release_address(AllocationId=address)
        self.ec2.delete_subnet(SubnetId=self.public)
        self.soon(lambda: self.ec2.describe_nat_gateways()["NatGateways"] == [])
        self.refused("NatGatewayNotFound", self.ec2.describe_nat_gateways, NatGatewayIds=[nat])
        self.refused("NatGatewayNotFound", self.ec2.delete_nat_gateway, NatGatewayId=nat)

    def test_without_an_internet_gateway_it_fails_later_and_goes_by_itself(self):
        self.settings(delays={"nat": 300, "nat_trace": 900})
        address = self.address()
        nat = self.nat(address)["NatGatewayId"]
        self.assertEqual(self.shown(nat)["State"], "pending")
        self.soon(self.is_in(nat, "failed"))
        one = self.shown(nat)
        self.assertEqual(one["FailureCode"], "Gateway.NotAttached")
        self.assertIn("no internet gateway", one["FailureMessage"])
        self.assertNotIn("NetworkInterfaceId", one["NatGatewayAddresses"][0])
        self.ec2.release_address(AllocationId=address)
        self.soon(lambda: self.ec2.describe_nat_gateways()["NatGateways"] == [])

    def test_an_address_serves_one(self):
        self.settings(delays={"nat_trace": 60_000})
        self.gateway(self.here)
        address = self.address()
        self.nat(address)
        second = self.nat(address)["NatGatewayId"]
        self.assertEqual((self.shown(second)["State"], self.shown(second)["FailureCode"]), ("failed", "Resource.AlreadyAssociated"))

    def test_what_is_not_there_is_refused_at_once(self):
        address = self.address()
        unknown = {"SubnetId": "subnet-999999", "AllocationId": address}
        self.refused("InvalidSubnetID.NotFound", self.ec2.create_nat_gateway, **unknown)
        self.refused("InvalidAllocationID.NotFound", self.nat, address="eipalloc-999999")
        self.refused("MissingParameter", self.ec2.create_nat_gateway, SubnetId=self.public)
        private = {"SubnetId": self.public, "ConnectivityType": "private"}
        self.refused("UnsupportedOperation", self.ec2.create_nat_gateway, **private)
        wrong = {"TagSpecifications": self.tags("nat-gateway", Name="n")}
        self.refused("InvalidParameterValue", self.nat, address=address, **wrong)

    def test_a_zone_has_room_for_five(self):
        self.settings(delays={"nat_trace": 60_000})
        self.gateway(self.here)
        for _ in range(5):
            self.nat(self.address())
        self.refused("NatGatewayLimitExceeded", self.nat, address=self.ec2.describe_addresses()["Addresses"][0]["AllocationId"])
        quotas = self.client("service-quotas", self.ENTRY)
        quota = quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-FE5A380F")["Quota"]
        self.assertEqual(quota["Value"], 5.0)

    def test_routes_lead_through_it_back_and_into_a_black_hole(self):
        self.settings(delays={"nat_trace": 60_000})
        gateway, table = self.gateway(self.here), self.table()
        nat = self.nat(self.address())["NatGatewayId"]
        out = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
        self.refused("InvalidNatGatewayID.NotFound", self.ec2.create_route, NatGatewayId="nat-999999", **out)
        self.refused("InvalidParameterCombination", self.ec2.create_route, NatGatewayId=nat, GatewayId=gateway, **out)
        self.ec2.create_route(NatGatewayId=nat, **out)
        self.refused("RouteAlreadyExists", self.ec2.create_route, NatGatewayId=nat, **out)
        self.assertEqual(self.routes(table), [("0.0.0.0/0", nat, "active")])
        self.assertEqual(self.tables_with("route.nat-gateway-id", nat), [table])
        self.ec2.replace_route(GatewayId=gateway, **out)
        self.assertEqual(self.routes(table), [("0.0.0.0/0", gateway, "active")])
        self.assertEqual(self.tables_with("route.nat-gateway-id", nat), [])
        self.ec2.replace_route(NatGatewayId=nat, **out)
        self.ec2.delete_nat_gateway(NatGatewayId=nat)
        self.assertEqual(self.routes(table), [("0.0.0.0/0", nat, "blackhole")])
        self.assertEqual(self.tables_with("route.state", "blackhole"), [table])
        self.refused("InvalidNatGatewayID.NotFound", self.ec2.replace_route, NatGatewayId=nat, **out)
        self.ec2.replace_route(GatewayId=gateway, **out)
        self.ec2.delete_route(**out)
        self.assertEqual(self.routes(table), [])

    def test_a_route_leads_to_an_interface_that_is_there(self):
        group, table = self.group(self.here), self.table()
        service = f"com.amazonaws.{self.ENTRY}.sqs"
        self.endpoint(self.here, self.public, group, self.ec2, ServiceName=service)
        interface = self.ec2.describe_network_interfaces()["NetworkInterfaces"][0]["NetworkInterfaceId"]
        out = {"RouteTableId": table, "DestinationCidrBlock": "192.0.2.0/24"}
        self.ec2.create_route(NetworkInterfaceId=interface, **out)
        self.assertEqual(self.routes(table), [("192.0.2.0/24", interface, "active")])
        missing = {**out, "NetworkInterfaceId": "eni-999999"}
        self.refused("InvalidNetworkInterfaceID.NotFound", self.ec2.replace_route, **missing)

    def test_a_table_elsewhere_takes_no_route_to_it(self):
        self.gateway(self.here)
        nat = self.nat(self.address())["NatGatewayId"]
        elsewhere = {"RouteTableId": self.table(self.vpc("10.3.0.0/16")), "DestinationCidrBlock": "0.0.0.0/0"}
        self.refused("InvalidParameterValue", self.ec2.create_route, NatGatewayId=nat, **elsewhere)


class GatewayEndpoints(Egress):
    def service(self, short="s3"):
        return f"com.amazonaws.{self.ENTRY}.{short}"

    def gateway_endpoint(self, short="s3", **more):
        wanted = {"VpcId": self.here, "ServiceName": self.service(short), **more}
        return self.ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]["VpcEndpointId"]

    def one(self, endpoint):
        return self.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]

    def list_of(self, short="s3"):
        named = [{"Name": "prefix-list-name", "Values": [self.service(short)]}]
        return self.ec2.describe_prefix_lists(Filters=named)["PrefixLists"][0]

    def test_it_is_made_with_tables_and_its_removal_takes_their_routes(self):
        table, other = self.table(), self.table()
        wanted = {"VpcEndpointType": "Gateway", "RouteTableIds": [table, other], "ClientToken": "t"}
        endpoint = self.gateway_endpoint(TagSpecifications=self.tags("vpc-endpoint", Name="e"), **wanted)
        again = self.gateway_endpoint(TagSpecifications=self.tags("vpc-endpoint", Name="e"), **wanted)
        self.assertEqual(again, endpoint)
        one = self.one(endpoint)
        self.assertEqual((one["VpcEndpointType"], one["State"], one["RouteTableIds"]), ("Gateway", "available", [table, other]))
        self.assertEqual((one["SubnetIds"], one["Groups"], one["NetworkInterfaceIds"], one["DnsEntries"]), ([], [], [], []))
        route = (self.list_of()["PrefixListId"], endpoint, "active")
        self.assertEqual((self.routes(table), self.routes(other)), ([route], [route]))
        self.assertEqual(self.tables_with("route.gateway-id", endpoint), [table, other])
        self.assertEqual(self.tables_with("route.destination-prefix-list-id", route[0]), [table, other])
        self.ec2.create_tags(Resources=[endpoint], Tags=[{"Key": "a", "Value": "b"}])
        found = self.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [endpoint]}])["Tags"]
        self.assertEqual([(tag["Key"], tag["ResourceType"]) for tag in found], [("Name", "vpc-endpoint"), ("a", "vpc-endpoint")])
        for kind, ids in [("Gateway", [endpoint]), ("Interface", [])]:
            of_type = [{"Name": "vpc-endpoint-type", "Values": [kind]}, {"Name": "service-name", "Values": [self.service()]}]
            found = self.ec2.describe_vpc_endpoints(Filters=of_type)["VpcEndpoints"]
            self.assertEqual([one["VpcEndpointId"] for one in found], ids)
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=self.here)
        self.assertEqual(self.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"], [])
        self.assertEqual((self.routes(table), self.routes(other)), ([], []))

    def test_tables_come_and_go_and_take_one_endpoint_of_a_service(self):
        table, endpoint = self.table(), self.gateway_endpoint()
        self.assertEqual(self.one(endpoint)["RouteTableIds"], [])
        self.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[table])
        self.assertEqual([route[1] for route in self.routes(table)], [endpoint])
        dynamo, second = self.gateway_endpoint("dynamodb"), self.gateway_endpoint()
        self.ec2.modify_vpc_endpoint(VpcEndpointId=dynamo, AddRouteTableIds=[table])
        self.assertEqual([route[1] for route in self.routes(table)], [endpoint, dynamo])
        taken = {"VpcEndpointId": second, "AddRouteTableIds": [table]}
        self.refused("RouteAlreadyExists", self.ec2.modify_vpc_endpoint, **taken)
        swap = {"VpcEndpointId": endpoint, "RemoveRouteTableIds": [table], "AddRouteTableIds": ["rtb-999999"]}
        self.refused("InvalidRouteTableID.NotFound", self.ec2.modify_vpc_endpoint, **swap)
        self.assertEqual(self.one(endpoint)["RouteTableIds"], [table], "all that is asked for, or nothing")
        self.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveRouteTableIds=[table])
        self.assertEqual(self.one(endpoint)["RouteTableIds"], [])
        gone = {"VpcEndpointId": endpoint, "RemoveRouteTableIds": [table]}
        self.refused("InvalidParameter", self.ec2.modify_vpc_endpoint, **gone)
        self.ec2.modify_vpc_endpoint(**taken)
        self.assertEqual(self.one(second)["RouteTableIds"], [table])

    def test_a_create_that_is_refused_for_a_table_makes_nothing(self):
        table = self.table()
        self.gateway_endpoint(RouteTableIds=[table])
        wrong = {"VpcId": self.here, "ServiceName": self.service(), "RouteTableIds": [self.table(), table]}
        self.refused("RouteAlreadyExists", self.ec2.create_vpc_endpoint, **wrong)
        self.assertEqual(len(self.ec2.describe_vpc_endpoints()["VpcEndpoints"]), 1)
        elsewhere = self.table(self.vpc("10.3.0.0/16"))
        self.refused("InvalidParameter", self.ec2.create_vpc_endpoint, **{**wrong, "RouteTableIds": [elsewhere]})

    def test_its_policy_is_set_and_reset(self):
        endpoint = self.gateway_endpoint(PolicyDocument='{"Statement":[]}')
        self.assertEqual(self.one(endpoint)["PolicyDocument"], '{"Statement":[]}')
        self.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument='{"Statement":[{}]}')
        self.assertEqual(self.one(endpoint)["PolicyDocument"], '{"Statement":[{}]}')
        self.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, ResetPolicy=True)
        self.assertIn('"Action":"*"', self.one(endpoint)["PolicyDocument"])
        self.refused("MissingParameter", self.ec2.modify_vpc_endpoint, VpcEndpointId=endpoint)
        missing = {"VpcEndpointId": "vpce-999999", "ResetPolicy": True}
        self.refused("InvalidVpcEndpointId.NotFound", self.ec2.modify_vpc_endpoint, **missing)

    def test_some_services_have_one_and_each_is_of_a_type(self):
        gateways = [{"Name": "service-type", "Values": ["Gateway"]}]
        found = self.ec2.describe_vpc_endpoint_services(Filters=gateways)["ServiceDetails"]
        self.assertEqual([one["ServiceName"] for one in found], [self.service("dynamodb"), self.service("s3")])
        self.assertNotIn("PrivateDnsName", found[1])
        both = self.ec2.describe_vpc_endpoint_services(ServiceNames=[self.service()])
        self.assertEqual([one["ServiceType"][0]["ServiceType"] for one in both["ServiceDetails"]], ["Interface", "Gateway"])
        self.assertEqual(both["ServiceNames"], [self.service()])
        self.assertEqual(len({one["ServiceId"] for one in both["ServiceDetails"]}), 2)
        wrong = {"VpcId": self.here, "ServiceName": self.service("sqs")}
        self.refused("InvalidParameter", self.ec2.create_vpc_endpoint, **wrong)

    def test_the_lists_of_services_are_the_same_for_all(self):
        lists = self.ec2.describe_prefix_lists()["PrefixLists"]
        self.assertEqual({one["PrefixListName"] for one in lists}, {self.service("s3"), self.service("dynamodb")})
        self.assertEqual(len({one["Cidrs"][0] for one in lists}), 2)
        by_id = self.ec2.describe_prefix_lists(PrefixListIds=[lists[0]["PrefixListId"]])["PrefixLists"]
        self.assertEqual(by_id, [lists[0]])
        other = self.client("ec2", self.ENTRY, "AKIAWIREOTHERAC")
        self.assertEqual(other.describe_prefix_lists()["PrefixLists"], lists)
        self.assertNotEqual(self.far.describe_prefix_lists()["PrefixLists"], lists)
        self.refused("InvalidPrefixListID.NotFound", self.ec2.describe_prefix_lists, PrefixListIds=["pl-99999999"])

    def test_its_routes_are_made_and_removed_by_nobody_else(self):
        table = self.table()
        endpoint = self.gateway_endpoint(RouteTableIds=[table])
        route = {"RouteTableId": table, "DestinationPrefixListId": self.list_of()["PrefixListId"]}
        self.refused("InvalidParameterValue", self.ec2.create_route, GatewayId=endpoint, **route)
        self.refused("InvalidParameterValue", self.ec2.replace_route, GatewayId=endpoint, **route)
        self.refused("InvalidParameterValue", self.ec2.delete_route, **route)
        gone = {**route, "DestinationPrefixListId": "pl-99999999"}
        self.refused("InvalidRoute.NotFound", self.ec2.delete_route, **gone)
        self.refused("UnsupportedOperation", self.ec2.create_route, GatewayId=self.gateway(self.here), **gone)
        self.assertEqual(len(self.routes(table)), 1)


class Attributes(Egress):
    def test_a_vpc_can_stop_resolving_names(self):
        def support():
            return self.ec2.describe_vpc_attribute(VpcId=self.here, Attribute="enableDnsSupport")["EnableDnsSupport"]["Value"]

        self.assertTrue(support())
        self.ec2.modify_vpc_attribute(VpcId=self.here, EnableDnsHostnames={"Value": True})
        self.ec2.modify_vpc_attribute(VpcId=self.here, EnableDnsSupport={"Value": False})
        self.assertFalse(support())
        wanted = {"ServiceName": f"com.amazonaws.{self.ENTRY}.sqs", "PrivateDnsEnabled": True, "ec2": self.ec2}
        names = {"vpc": self.here, "subnet": self.public, "group": self.group(self.here), **wanted}
        self.refused("InvalidParameter", self.endpoint, **names)
        self.ec2.modify_vpc_attribute(VpcId=self.here, EnableDnsSupport={"Value": True})
        self.endpoint(**names)

    def test_a_subnet_says_whether_it_is_public(self):
        public = [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]
        self.assertEqual(self.ec2.describe_subnets(Filters=public)["Subnets"], [])
        self.ec2.modify_subnet_attribute(SubnetId=self.public, MapPublicIpOnLaunch={"Value": True})
        self.assertTrue(self.ec2.describe_subnets(Filters=public)["Subnets"][0]["MapPublicIpOnLaunch"])
        self.ec2.modify_subnet_attribute(SubnetId=self.public, MapPublicIpOnLaunch={"Value": False})
        self.assertEqual(self.ec2.describe_subnets(Filters=public)["Subnets"], [])
        other = {"SubnetId": self.public, "AssignIpv6AddressOnCreation": {"Value": True}}
        self.refused("MissingParameter", self.ec2.modify_subnet_attribute, **other)


if __name__ == "__main__":
    unittest.main()
