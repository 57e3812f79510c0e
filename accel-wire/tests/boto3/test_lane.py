"""Endpoints, peering connections and load balancers: what takes its time, lingers and holds other things."""

import time
import unittest

from support import WireTest


class Endpoints(WireTest):
    def test_an_endpoint_has_interfaces_that_hold_its_subnet(self):
        self.settings(delays={"endpoint": 300, "endpoint_gone": 300})
        vpc, subnet, group = self.far_side()
        endpoint = self.endpoint(vpc, subnet, group, TagSpecifications=self.tags("vpc-endpoint", Name="e"))
        one = self.far.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
        self.assertEqual((one["State"], one["SubnetIds"], one["Groups"][0]["GroupId"]), ("pending", [subnet], group))
        interface = self.far.describe_network_interfaces(NetworkInterfaceIds=one["NetworkInterfaceIds"])["NetworkInterfaces"][0]
        self.assertEqual((interface["Description"], interface["SubnetId"]), (f"VPC Endpoint Interface {endpoint}", subnet))
        time.sleep(0.4)
        one = self.far.describe_vpc_endpoints(Filters=[{"Name": "vpc-endpoint-id", "Values": [endpoint]}])["VpcEndpoints"][0]
        self.assertEqual(one["State"], "available")
        self.assertTrue(one["DnsEntries"][0]["DnsName"].startswith(endpoint))
        self.refused("DependencyViolation", self.far.delete_subnet, SubnetId=subnet)
        self.refused("DependencyViolation", self.far.delete_security_group, GroupId=group)
        answer = self.far.delete_vpc_endpoints(VpcEndpointIds=[endpoint, "vpce-999999"])["Unsuccessful"]
        refused = [(one["ResourceId"], one["Error"]["Code"]) for one in answer]
        self.assertEqual(refused, [("vpce-999999", "InvalidVpcEndpoint.NotFound")])
        self.assertEqual(self.far.describe_vpc_endpoints()["VpcEndpoints"][0]["State"], "deleting")
        self.refused("DependencyViolation", self.far.delete_subnet, SubnetId=subnet)
        time.sleep(0.4)
        self.far.delete_subnet(SubnetId=subnet)
        self.refused("InvalidVpcEndpointId.NotFound", self.far.describe_vpc_endpoints, VpcEndpointIds=[endpoint])

    def test_addresses_are_as_asked_and_a_token_is_the_same_endpoint(self):
        vpc, subnet, group = self.far_side()
        address = [{"SubnetId": subnet, "Ipv4": "10.1.0.77"}]
        wanted = {"ClientToken": "t", "SubnetConfigurations": address}
        endpoint = self.endpoint(vpc, subnet, group, **wanted)
        self.assertEqual(self.endpoint(vpc, subnet, group, **wanted), endpoint)
        found = self.far.describe_network_interfaces(Filters=[{"Name": "private-ip-address", "Values": ["10.1.0.77"]}])
        self.assertEqual(len(found["NetworkInterfaces"]), 1)
        other = {**wanted, "PrivateDnsEnabled": True}
        self.refused("IdempotentParameterMismatch", self.endpoint, vpc=vpc, subnet=subnet, group=group, **other)
        chosen = self.endpoint(vpc, subnet, group, ClientToken="u")
        self.assertEqual(self.endpoint(vpc, subnet, group, ClientToken="u"), chosen)

    def test_a_policy_can_be_changed(self):
        vpc, subnet, group = self.far_side()
        endpoint = self.endpoint(vpc, subnet, group)
        self.far.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument='{"Statement":[]}')
        one = self.far.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
        self.assertEqual(one["PolicyDocument"], '{"Statement":[]}')
        wrong = {"VpcEndpointId": endpoint, "PolicyDocument": "nonsense"}
        self.refused("InvalidPolicyDocument", self.far.modify_vpc_endpoint, **wrong)
        other = {"VpcEndpointId": endpoint, "AddSubnetIds": [subnet]}
        self.refused("UnknownParameter", self.far.modify_vpc_endpoint, **other)

    def test_services_are_offered_by_name(self):
        names = [f"com.amazonaws.{self.SERVICE}.sqs", f"com.amazonaws.{self.SERVICE}.nonsense"]
        filters = [{"Name": "service-name", "Values": names}, {"Name": "service-type", "Values": ["Interface"]}]
        found = self.far.describe_vpc_endpoint_services(Filters=filters)["ServiceDetails"]
        self.assertEqual([(one["ServiceName"], len(one["AvailabilityZones"])) for one in found], [(names[0], 3)])
        self.assertGreater(len(self.far.describe_vpc_endpoint_services()["ServiceNames"]), 10)
        self.refused("InvalidServiceName", self.far.describe_vpc_endpoint_services, ServiceNames=names)
        lists = self.far.describe_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": names}])["PrefixLists"]
        self.assertEqual(lists, [], "only services with gateway endpoints have one")
        vpc, subnet, group = self.far_side()
        self.refused("InvalidServiceName", self.endpoint, vpc=vpc, subnet=subnet, group=group, ServiceName=names[1])


class Peerings(WireTest):
    def peering(self, there, **more):
        here = self.vpc()
        wanted = {"VpcId": here, "PeerVpcId": there, "PeerRegion": self.SERVICE, **more}
        return here, self.ec2.create_vpc_peering_connection(**wanted)["VpcPeeringConnection"]["VpcPeeringConnectionId"]

    def status(self, ec2, peering):
        found = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering])
        return found["VpcPeeringConnections"][0]["Status"]["Code"]

    def test_a_request_arrives_is_accepted_and_carries_traffic(self):
        self.settings(delays={"peering": 300, "acceptance": 300, "peering_gone": 300})
        there = self.vpc("10.1.0.0/16", self.far)
        tags = self.tags("vpc-peering-connection", side="requester")
        here, peering = self.peering(there, TagSpecifications=tags)
        self.assertEqual(self.status(self.ec2, peering), "initiating-request")
        accept = {"VpcPeeringConnectionId": peering}
        self.refused("InvalidVpcPeeringConnectionID.NotFound", self.far.accept_vpc_peering_connection, **accept)
        time.sleep(0.4)
        self.assertEqual(self.status(self.far, peering), "pending-acceptance")
        self.refused("OperationNotPermitted", self.ec2.accept_vpc_peering_connection, **accept)
        self.far.accept_vpc_peering_connection(**accept)
        self.assertEqual(self.status(self.far, peering), "provisioning")
        time.sleep(0.4)
        one = self.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"][0]
        self.assertEqual((one["Status"]["Code"], one["AccepterVpcInfo"]["CidrBlock"]), ("active", "10.1.0.0/16"))
        main = self.far.describe_route_tables()["RouteTables"][0]["RouteTableId"]
        self.far.create_route(RouteTableId=main, DestinationCidrBlock="10.2.0.0/16", VpcPeeringConnectionId=peering)
        other = self.far.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.far.attach_internet_gateway(InternetGatewayId=other, VpcId=there)
        for target in [{"GatewayId": other}, {"VpcPeeringConnectionId": peering}]:
            self.far.replace_route(RouteTableId=main, DestinationCidrBlock="10.2.0.0/16", **target)
            routes = self.far.describe_route_tables(RouteTableIds=[main])["RouteTables"][0]["Routes"]
            shown = [route for route in routes if route["DestinationCidrBlock"] == "10.2.0.0/16"]
            self.assertEqual([(route["State"], target.items() <= route.items()) for route in shown], [("active", True)])
        self.far.create_tags(Resources=[peering], Tags=[{"Key": "side", "Value": "accepter"}])
        for ec2, side in [(self.ec2, "requester"), (self.far, "accepter")]:
            found = ec2.describe_vpc_peering_connections(Filters=[{"Name": "tag:side", "Values": [side]}])
            self.assertEqual(len(found["VpcPeeringConnections"]), 1, side)
        self.far.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
        self.assertEqual(self.status(self.ec2, peering), "deleting")
        self.assertEqual(self.far.describe_route_tables()["RouteTables"][0]["Routes"][1]["State"], "blackhole")
        time.sleep(0.4)
        self.assertEqual(self.status(self.ec2, peering), "deleted")
        self.refused("InvalidStateTransition", self.ec2.delete_vpc_peering_connection, VpcPeeringConnectionId=peering)
        self.ec2.delete_vpc(VpcId=here)

    def test_the_same_pair_is_the_same_connection_and_overlapping_blocks_fail(self):
        there = self.vpc("10.1.0.0/16", self.far)
        here, peering = self.peering(there)
        wanted = {"VpcId": here, "PeerVpcId": there, "PeerRegion": self.SERVICE}
        again = self.ec2.create_vpc_peering_connection(**wanted)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.assertEqual(again, peering)
        clash = self.vpc("10.1.0.0/20")
        made = self.ec2.create_vpc_peering_connection(**{**wanted, "VpcId": clash})["VpcPeeringConnection"]
        self.assertEqual(self.status(self.ec2, made["VpcPeeringConnectionId"]), "failed")


class Balancers(WireTest):
    def entry(self):
        vpc = self.vpc()
        self.gateway(vpc)
        return vpc, self.subnet(vpc)

    def test_a_balancer_with_addresses_lingers_as_interfaces(self):
        self.settings(delays={"balancer": 300, "balancer_interfaces_gone": 400})
        vpc, subnet = self.entry()
        group, address = self.group(vpc), self.ec2.allocate_address(Domain="vpc")
        mapping = [{"SubnetId": subnet, "AllocationId": address["AllocationId"]}]
        tags = [{"Key": "a", "Value": "b"}]
        wanted = dict(Name="lane", Type="network", SubnetMappings=mapping, SecurityGroups=[group], Tags=tags)
        arn = self.elb.create_load_balancer(**wanted)["LoadBalancers"][0]["LoadBalancerArn"]
        self.assertRegex(arn, r"^arn:aws:elasticloadbalancing:ap-southeast-1:\d{12}:loadbalancer/net/lane/\w+$")
        self.assertEqual(self.elb.describe_load_balancers()["LoadBalancers"][0]["State"]["Code"], "provisioning")
        self.elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn], WaiterConfig={"Delay": 1})
        one = self.elb.describe_load_balancers(Names=["lane"])["LoadBalancers"][0]
        zone = one["AvailabilityZones"][0]
        self.assertEqual((zone["SubnetId"], zone["LoadBalancerAddresses"][0]["IpAddress"]), (subnet, address["PublicIp"]))
        self.assertEqual((one["VpcId"], one["SecurityGroups"]), (vpc, [group]))
        self.assertEqual(self.elb.create_load_balancer(**wanted)["LoadBalancers"][0]["LoadBalancerArn"], arn)
        self.refused("DuplicateLoadBalancerName", self.elb.create_load_balancer, **{**wanted, "Scheme": "internal"})
        name = arn.split(":loadbalancer/")[1]
        by_name = [{"Name": "description", "Values": [f"ELB {name}"]}]
        interface = self.ec2.describe_network_interfaces(Filters=by_name)["NetworkInterfaces"][0]
        self.assertEqual(interface["Association"]["PublicIp"], address["PublicIp"])
        self.elb.delete_load_balancer(LoadBalancerArn=arn)
        self.refused("LoadBalancerNotFound", self.elb.describe_load_balancers, LoadBalancerArns=[arn])
        self.elb.delete_load_balancer(LoadBalancerArn=arn)
        self.assertEqual(len(self.ec2.describe_network_interfaces(Filters=by_name)["NetworkInterfaces"]), 1)
        self.refused("InvalidIPAddress.InUse", self.ec2.release_address, AllocationId=address["AllocationId"])
        association = {"AssociationId": self.ec2.describe_addresses()["Addresses"][0]["AssociationId"]}
        self.refused("AuthFailure", self.ec2.disassociate_address, **association)
        time.sleep(0.5)
        self.assertEqual(self.ec2.describe_network_interfaces()["NetworkInterfaces"], [])
        self.refused("InvalidAssociationID.NotFound", self.ec2.disassociate_address, **association)
        self.ec2.release_address(AllocationId=address["AllocationId"])

    def test_a_balancer_needs_a_gateway_and_known_parts(self):
        vpc = self.vpc()
        subnet = self.subnet(vpc)
        self.refused("InvalidSubnet", self.balancer, subnet=subnet)
        self.refused("SubnetNotFound", self.balancer, subnet="subnet-999999")
        self.refused("InvalidSecurityGroup", self.balancer, subnet=subnet, SecurityGroups=["sg-999999"])
        self.refused("ValidationError", self.balancer, subnet=subnet, name="-lane")

    def test_attributes_are_read_and_set(self):
        _, subnet = self.entry()
        arn = self.balancer(subnet)
        on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
        answer = self.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=on)
        self.assertIn(on[0], answer["Attributes"])
        self.assertNotIn("MinimumLoadBalancerCapacity", self.elb.describe_capacity_reservation(LoadBalancerArn=arn))
        self.assertIn(on[0], self.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"])
        self.refused("OperationNotPermitted", self.elb.delete_load_balancer, LoadBalancerArn=arn)
        other = [{"Key": "access_logs.s3.enabled", "Value": "true"}]
        wrong = {"LoadBalancerArn": arn, "Attributes": other}
        self.refused("UnsupportedOperation", self.elb.modify_load_balancer_attributes, **wrong)

    def test_a_target_group_is_held_by_its_listener(self):
        vpc, subnet = self.entry()
        group = self.target_group(vpc, HealthCheckIntervalSeconds=10)
        self.assertEqual(self.target_group(vpc, HealthCheckIntervalSeconds=10), group)
        self.refused("DuplicateTargetGroupName", self.target_group, vpc=vpc, HealthCheckIntervalSeconds=30)
        balancer = self.balancer(subnet)
        listener = self.listener(balancer, group)
        self.assertEqual(self.listener(balancer, group), listener)
        found = self.elb.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]
        self.assertEqual([(one["TargetGroupArn"], one["LoadBalancerArns"]) for one in found], [(group, [balancer])])
        self.assertEqual(len(self.elb.describe_target_groups(Names=["tg"])["TargetGroups"]), 1)
        self.refused("ResourceInUse", self.elb.delete_target_group, TargetGroupArn=group)
        one = self.elb.describe_listeners(ListenerArns=[listener])["Listeners"][0]
        self.assertEqual((one["Port"], one["DefaultActions"][0]["TargetGroupArn"]), (443, group))
        self.assertEqual(len(self.elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]), 1)
        idle = [{"Key": "tcp.idle_timeout.seconds", "Value": "600"}]
        self.elb.modify_listener_attributes(ListenerArn=listener, Attributes=idle)
        self.assertEqual(self.elb.describe_listener_attributes(ListenerArn=listener)["Attributes"], idle)
        self.elb.delete_listener(ListenerArn=listener)
        self.refused("ListenerNotFound", self.elb.delete_listener, ListenerArn=listener)
        self.elb.delete_target_group(TargetGroupArn=group)
        self.refused("TargetGroupNotFound", self.elb.delete_target_group, TargetGroupArn=group)

    def test_checks_and_attributes_of_a_group_are_set(self):
        group = self.target_group(self.vpc())
        answer = self.elb.modify_target_group(TargetGroupArn=group, HealthyThresholdCount=3)["TargetGroups"][0]
        self.assertEqual((answer["HealthyThresholdCount"], answer["HealthCheckIntervalSeconds"]), (3, 30))
        off = [{"Key": "preserve_client_ip.enabled", "Value": "true"}]
        self.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=off)
        self.assertIn(off[0], self.elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"])
        late = [{"Key": "deregistration_delay.timeout_seconds", "Value": "4000"}]
        wrong = {"TargetGroupArn": group, "Attributes": late}
        self.refused("ValidationError", self.elb.modify_target_group_attributes, **wrong)

    def test_targets_outside_the_vpc_are_of_every_zone(self):
        group = self.target_group(self.vpc())
        far = {"Id": "10.1.0.10", "Port": 443}
        self.refused("ValidationError", self.elb.register_targets, TargetGroupArn=group, Targets=[far])
        far["AvailabilityZone"] = "all"
        self.elb.register_targets(TargetGroupArn=group, Targets=[far])
        self.elb.register_targets(TargetGroupArn=group, Targets=[far])
        mixed = [{**far, "Id": "10.1.0.11"}, {**far, "Id": "198.51.100.1"}]
        self.refused("InvalidTarget", self.elb.register_targets, TargetGroupArn=group, Targets=mixed)
        health = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        self.assertEqual([(one["Target"], one["TargetHealth"]["State"]) for one in health], [(far, "unused")])
        self.elb.deregister_targets(TargetGroupArn=group, Targets=[far])
        self.elb.deregister_targets(TargetGroupArn=group, Targets=[far])
        self.assertEqual(self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"], [])
        health = self.elb.describe_target_health(TargetGroupArn=group, Targets=[{"Id": "10.1.0.10", "Port": 443}])
        self.assertEqual(health["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"], "Target.NotRegistered")

    def test_tags_are_added_and_removed(self):
        group = self.target_group(self.vpc(), Tags=[{"Key": "a", "Value": "1"}])
        self.elb.add_tags(ResourceArns=[group], Tags=[{"Key": "b", "Value": "2"}])
        self.elb.remove_tags(ResourceArns=[group], TagKeys=["a"])
        found = self.elb.describe_tags(ResourceArns=[group])["TagDescriptions"]
        self.assertEqual(found, [{"ResourceArn": group, "Tags": [{"Key": "b", "Value": "2"}]}])
        self.refused("TargetGroupNotFound", self.elb.describe_tags, ResourceArns=[group + "1"])

    def test_pages_of_balancers_and_groups(self):
        vpc = self.vpc()
        made = [self.target_group(vpc, f"tg-{number}") for number in range(5)]
        pages = list(self.elb.get_paginator("describe_target_groups").paginate(PaginationConfig={"PageSize": 2}))
        self.assertEqual([one["TargetGroupArn"] for page in pages for one in page["TargetGroups"]], made)
        self.assertEqual(len(pages), 3)


class Whole(WireTest):
    def test_a_whole_lane_is_healthy_and_goes_in_order(self):
        """Through the main table of the far VPC, as a script does it."""
        far, far_subnet, far_group = self.far_side()
        web = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.2.0.0/16"}]}]
        self.far.authorize_security_group_ingress(GroupId=far_group, IpPermissions=web)
        self.endpoint(far, far_subnet, far_group)
        address = self.far.describe_network_interfaces()["NetworkInterfaces"][0]["PrivateIpAddress"]
        near = self.vpc()
        self.gateway(near)
        subnet, group = self.subnet(near), self.group(near)
        peering = self.ec2.create_vpc_peering_connection(VpcId=near, PeerVpcId=far, PeerRegion=self.SERVICE)
        peering = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        self.far.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
        for ec2, cidr in [(self.ec2, "10.1.0.0/16"), (self.far, "10.2.0.0/16")]:
            main = ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
            ec2.create_route(RouteTableId=main, DestinationCidrBlock=cidr, VpcPeeringConnectionId=peering)
        targets = self.target_group(near)
        target = {"Id": address, "Port": 443, "AvailabilityZone": "all"}
        self.elb.register_targets(TargetGroupArn=targets, Targets=[target])
        balancer = self.balancer(subnet, SecurityGroups=[group])
        self.listener(balancer, targets)
        # Health is known after checks, some minutes of the world's time.
        self.settings(speed=1000)
        self.addCleanup(self.settings, speed=1)
        self.assertEqual(self.health(targets, "healthy"), {"State": "healthy"})
        self.far.revoke_security_group_ingress(GroupId=far_group, IpPermissions=web)
        self.assertEqual(self.health(targets, "unhealthy")["State"], "unhealthy")

    def health(self, group, wanted):
        """The health of a group's one target, once it is the wanted one, or what it is after a while."""
        for _ in range(50):
            shown = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
            if shown[0]["TargetHealth"]["State"] == wanted:
                break
            time.sleep(0.1)
        return shown[0]["TargetHealth"]


if __name__ == "__main__":
    unittest.main()
