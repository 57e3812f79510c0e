"""As `test_corrections`, for the ways out of a network: NAT gateways and gateway endpoints."""

import time

from support import CloudTest

TAG = [{"Key": "k", "Value": "v"}]
UNKNOWN = "nat-0123456789abcdef0"


class Egress(CloudTest):
    def address(self):
        return self.ec2.allocate_address(Domain="vpc")["AllocationId"]

    def nat(self, subnet, address=None, **more):
        asked = {"SubnetId": subnet, "AllocationId": address or self.address()}
        return self.ec2.create_nat_gateway(**{**asked, **more})["NatGateway"]["NatGatewayId"]

    def found(self, nat):
        return self.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]

    def table(self, vpc):
        return self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]

    def leads(self, table):
        routes = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [route["GatewayId"] for route in routes if "DestinationPrefixListId" in route]

    def gateway_endpoint(self, vpc, tables=(), service="s3"):
        name = f"com.amazonaws.{self.REGION}.{service}"
        asked = {"VpcId": vpc, "VpcEndpointType": "Gateway", "ServiceName": name, "RouteTableIds": list(tables)}
        return self.ec2.create_vpc_endpoint(**asked)["VpcEndpoint"]["VpcEndpointId"]


class Nat(Egress):
    def test_an_unknown_nat_gateway_is_an_error(self):
        self.refused("NatGatewayNotFound", self.ec2.describe_nat_gateways, NatGatewayIds=[UNKNOWN])
        self.refused("NatGatewayNotFound", self.ec2.delete_nat_gateway, NatGatewayId=UNKNOWN)

    def test_a_nat_gateway_is_accepted_and_then_made(self):
        self.settings(nat_s=0.5)
        vpc, subnet, gateway = self.public_subnet()
        address = self.address()
        nat = self.nat(subnet, address)
        self.assertEqual(self.found(nat)["State"], "pending")
        by_type = [{"Name": "interface-type", "Values": ["nat_gateway"]}]
        interface = self.ec2.describe_network_interfaces(Filters=by_type)["NetworkInterfaces"][0]
        self.assertEqual((interface["PrivateIpAddress"], interface["RequesterManaged"]), ("10.1.0.4", True))
        self.assertEqual(interface["Description"], f"Interface for NAT Gateway {nat}")
        taken = self.nat(subnet, address)
        missing = self.nat(subnet, "eipalloc-0123456789abcdef0")
        loose = self.nat(self.subnet(self.vpc("10.9.0.0/16"), "10.9.0.0/24"))
        time.sleep(0.6)
        found = self.found(nat)
        public = self.ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]["PublicIp"]
        self.assertEqual((found["State"], found["NatGatewayAddresses"][0]["PublicIp"]), ("available", public))
        codes = [self.found(one)["FailureCode"] for one in (taken, missing, loose)]
        self.assertEqual(codes, ["Resource.AlreadyAssociated", "InvalidAllocationID.NotFound", "Gateway.NotAttached"])
        self.refused("InvalidIPAddress.InUse", self.ec2.release_address, AllocationId=address)
        self.refused("DependencyViolation", self.ec2.delete_subnet, SubnetId=subnet)
        self.refused("DependencyViolation", self.ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)

    def test_deleting_a_nat_gateway_takes_a_while(self):
        self.settings(nat_delete_s=0.5, deleted_listed_s=1.0)
        _, subnet, _ = self.public_subnet()
        address = self.address()
        nat = self.nat(subnet, address)
        for _ in range(2):
            self.ec2.delete_nat_gateway(NatGatewayId=nat)
        self.assertEqual(self.found(nat)["State"], "deleting")
        self.refused("InvalidIPAddress.InUse", self.ec2.release_address, AllocationId=address)
        time.sleep(0.6)
        self.assertEqual(self.found(nat)["State"], "deleted")
        self.refused("NatGatewayNotFound", self.ec2.delete_nat_gateway, NatGatewayId=nat)
        self.ec2.release_address(AllocationId=address)
        self.ec2.delete_subnet(SubnetId=subnet)
        time.sleep(1.1)
        self.assertEqual(self.ec2.describe_nat_gateways()["NatGateways"], [])

    def test_nat_gateways_are_filtered(self):
        _, subnet, _ = self.public_subnet()
        nat, other = self.nat(subnet), self.nat(subnet)
        self.ec2.create_tags(Resources=[nat], Tags=TAG)

        def found(name, *values):
            answer = self.ec2.describe_nat_gateways(Filters=[{"Name": name, "Values": list(values)}])
            return sorted(one["NatGatewayId"] for one in answer["NatGateways"])

        self.assertEqual(found("tag:k", "v"), [nat])
        self.assertEqual(found("nat-gateway-id", other, UNKNOWN), [other])
        self.assertEqual(found("subnet-id", subnet), sorted([nat, other]))

    def test_nat_gateways_are_natgateways(self):
        _, subnet, _ = self.public_subnet()
        nat = self.nat(subnet, TagSpecifications=[{"ResourceType": "natgateway", "Tags": TAG}])
        of_type = [{"Name": "resource-type", "Values": ["natgateway"]}]
        found = self.ec2.describe_tags(Filters=of_type)["Tags"]
        self.assertEqual([(tag["ResourceId"], tag["ResourceType"]) for tag in found], [(nat, "natgateway")])


class Gateway(Egress):
    def test_a_table_leads_to_one_endpoint_per_service(self):
        vpc = self.vpc()
        table, elsewhere = self.table(vpc), self.table(self.vpc("10.9.0.0/16"))
        self.gateway_endpoint(vpc, [table])
        self.refused("RouteAlreadyExists", self.gateway_endpoint, vpc=vpc, tables=[table])
        second, change = self.gateway_endpoint(vpc), self.ec2.modify_vpc_endpoint
        self.refused("InvalidParameter", change, VpcEndpointId=second, AddRouteTableIds=[table])
        self.refused("InvalidRouteTableId.NotFound", change, VpcEndpointId=second, AddRouteTableIds=[elsewhere])
        self.gateway_endpoint(vpc, [table], "dynamodb")
        self.assertEqual(len(self.leads(table)), 2)

    def test_a_changed_gateway_endpoint_changes_its_routes(self):
        vpc = self.vpc()
        table, endpoint, change = self.table(vpc), self.gateway_endpoint(vpc), self.ec2.modify_vpc_endpoint
        change(VpcEndpointId=endpoint, AddRouteTableIds=[table])
        self.assertEqual(self.leads(table), [endpoint])
        change(VpcEndpointId=endpoint, RemoveRouteTableIds=[table])
        self.assertEqual(self.leads(table), [])
        change(VpcEndpointId=endpoint, AddRouteTableIds=[table])
        self.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
        self.assertEqual(self.leads(table), [])
        self.refused("InvalidVpcEndpointId.NotFound", change, VpcEndpointId=endpoint, AddRouteTableIds=[table])


del CloudTest, Egress
