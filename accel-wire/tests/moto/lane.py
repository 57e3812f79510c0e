"""Endpoints, peering connections and load balancers."""

import ipaddress

from lab import SERVICE, program, tags, where


@program
def an_endpoint_and_its_interfaces(lab):
    vpc, subnet, group = lab.far_side()
    made = lab.far.create_vpc_endpoint(**lab.endpoint(vpc, subnet, group))["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    one = lab.far.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
    lab.see("it is", (one["State"].lower(), one["VpcEndpointType"], one["SubnetIds"], one["Groups"][0]["GroupId"]))
    lab.see("private DNS", one["PrivateDnsEnabled"])
    lab.see("interfaces", len(one["NetworkInterfaceIds"]))
    interface = lab.far.describe_network_interfaces(NetworkInterfaceIds=one["NetworkInterfaceIds"])["NetworkInterfaces"][0]
    inside = ipaddress.ip_address(interface["PrivateIpAddress"]) in ipaddress.ip_network("10.1.0.0/20")
    lab.see("its address is in the subnet", inside)
    lab.see("its type", interface["InterfaceType"])
    lab.see("its description", interface["Description"])
    lab.see("its group is as asked", [one["GroupId"] for one in interface["Groups"]] == [group])
    lab.ends("delete", lab.far.delete_vpc_endpoints, VpcEndpointIds=[endpoint])
    lab.ends("describe once gone", lab.far.describe_vpc_endpoints, VpcEndpointIds=[endpoint])
    refused = lab.far.delete_vpc_endpoints(VpcEndpointIds=["vpce-0123456789abcdef0"])["Unsuccessful"]
    lab.see("delete none", [one["Error"]["Code"] for one in refused])


@program
def an_endpoint_needs_what_is_there(lab):
    vpc, subnet, group = lab.far_side()
    twin = lab.subnet(vpc, "10.1.16.0/20", f"{SERVICE}a", lab.far)
    elsewhere = lab.subnet(lab.vpc("10.5.0.0/16", lab.far), "10.5.0.0/20", f"{SERVICE}b", lab.far)
    make = lab.far.create_vpc_endpoint
    for step, more in {
        "no VPC": {"VpcId": "vpc-0123456789abcdef0"},
        "no service": {"ServiceName": f"com.amazonaws.{SERVICE}.nonsense"},
        "two subnets in a zone": {"SubnetIds": [subnet, twin]},
        "a subnet elsewhere": {"SubnetIds": [elsewhere]},
        "no subnet": {"SubnetIds": ["subnet-0123456789abcdef0"]},
        "no group": {"SecurityGroupIds": ["sg-0123456789abcdef0"]},
        "private DNS without names of hosts": {"PrivateDnsEnabled": True},
    }.items():
        lab.ends(step, make, **lab.endpoint(vpc, subnet, group, **more))


@program
def a_token_is_one_endpoint(lab):
    side = lab.far_side()
    asked = lab.endpoint(*side, ClientToken="t")
    ids = {lab.far.create_vpc_endpoint(**asked)["VpcEndpoint"]["VpcEndpointId"] for _ in range(2)}
    lab.see("endpoints", len(ids))
    lab.ends("other parameters", lab.far.create_vpc_endpoint, **{**asked, "SecurityGroupIds": []})


def status(ec2, peering):
    shown = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering])["VpcPeeringConnections"]
    return shown[0]["Status"]["Code"] if shown else None


@program
def a_peering_connection_is_accepted_where_it_arrives(lab):
    here, there = lab.vpc(), lab.vpc("10.1.0.0/16", lab.far)
    peering = lab.peering(here, there)
    one = {"VpcPeeringConnectionId": peering}
    lab.see("requested", (status(lab.near, peering), status(lab.far, peering)))
    lab.ends("accept on the wrong side", lab.near.accept_vpc_peering_connection, **one)
    lab.ends("accept", lab.far.accept_vpc_peering_connection, **one)
    lab.see("accepted", (status(lab.near, peering), status(lab.far, peering)))
    lab.ends("accept again", lab.far.accept_vpc_peering_connection, **one)
    table = lab.table(here)
    lab.ends("route", lab.near.create_route, RouteTableId=table, DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId=peering)
    lab.ends("delete", lab.near.delete_vpc_peering_connection, **one)
    lab.see("deleted", (status(lab.near, peering), status(lab.far, peering)))
    routes = lab.near.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    lab.see("its route then", routes[-1]["State"])
    lab.ends("delete again", lab.near.delete_vpc_peering_connection, **one)
    lab.ends("accept once gone", lab.far.accept_vpc_peering_connection, **one)


@program
def peering_connections_of_a_pair(lab):
    here, there = lab.vpc(), lab.vpc("10.1.0.0/16", lab.far)
    made = {lab.peering(here, there) for _ in range(2)}
    lab.see("of the same pair", len(made))
    clash = lab.vpc("10.1.0.0/20")
    lab.see("of overlapping blocks", status(lab.near, lab.peering(clash, there)))
    lab.ends("of no VPC", lab.near.create_vpc_peering_connection, VpcId="vpc-0123456789abcdef0", PeerVpcId=there, PeerRegion=SERVICE)
    lab.far.accept_vpc_peering_connection(VpcPeeringConnectionId=made.pop())
    lab.ends("delete a VPC that is peered", lab.near.delete_vpc, VpcId=here)


@program
def tags_and_filters_of_peering_connections(lab):
    here, there = lab.vpc(), lab.vpc("10.1.0.0/16", lab.far)
    peering = lab.peering(here, there, TagSpecifications=tags("vpc-peering-connection", lane="a"))
    for side, ec2 in {"requester": lab.near, "accepter": lab.far}.items():
        shown = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering])["VpcPeeringConnections"]
        lab.see(f"tags of the {side}", shown[0].get("Tags", []))
    count = lambda **wanted: len(lab.near.describe_vpc_peering_connections(Filters=where(**wanted))["VpcPeeringConnections"])
    lab.see("by tag", count(tag_lane="a"))
    lab.see("by another tag", count(tag_lane="b"))
    lab.see("by state", count(status_code="active"))


@program
def no_peering_connection(lab):
    none = "pcx-0123456789abcdef0"
    lab.ends("describe", lab.near.describe_vpc_peering_connections, VpcPeeringConnectionIds=[none])
    lab.ends("accept", lab.near.accept_vpc_peering_connection, VpcPeeringConnectionId=none)
    lab.ends("delete", lab.near.delete_vpc_peering_connection, VpcPeeringConnectionId=none)
    table = lab.table(lab.vpc())
    lab.ends("route", lab.near.create_route, RouteTableId=table, DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId=none)


@program
def a_balancer_comes_and_goes(lab):
    _, subnet = lab.entry()
    made = lab.elb.create_load_balancer(**lab.balancer(subnet, Tags=[{"Key": "lane", "Value": "a"}]))["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    lab.see("its ARN has", arn.split("/")[1:3])
    one = lab.elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
    lab.see("it is", (one["Type"], one.get("Scheme"), one["State"]["Code"], one["IpAddressType"]))
    lab.see("its zones", [(zone["ZoneName"], zone["SubnetId"]) for zone in one["AvailabilityZones"]])
    lab.see("its tags", lab.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"])
    lab.see("its interfaces", len(lab.near.describe_network_interfaces(Filters=where(subnet_id=subnet))["NetworkInterfaces"]))
    lab.ends("delete the subnet", lab.near.delete_subnet, SubnetId=lab.subnet(one["VpcId"], "10.2.64.0/20"))
    lab.ends("delete", lab.elb.delete_load_balancer, LoadBalancerArn=arn)
    lab.ends("delete again", lab.elb.delete_load_balancer, LoadBalancerArn=arn)
    lab.ends("describe", lab.elb.describe_load_balancers, LoadBalancerArns=[arn])
    lab.ends("describe its name", lab.elb.describe_load_balancers, Names=["lb"])


@program
def names_of_balancers(lab):
    _, subnet = lab.entry()
    asked = lab.balancer(subnet)
    arns = {lab.elb.create_load_balancer(**asked)["LoadBalancers"][0]["LoadBalancerArn"] for _ in range(2)}
    lab.see("the same again", len(arns))
    lab.ends("another of that name", lab.elb.create_load_balancer, **{**asked, "Scheme": "internal"})
    for step, name in {"too long": "l" * 33, "with a hyphen first": "-lane", "as if internal": "internal-lane"}.items():
        lab.ends(step, lab.elb.create_load_balancer, **{**asked, "Name": name})


@program
def a_balancer_needs_what_is_there(lab):
    vpc, subnet = lab.entry()
    twin = lab.subnet(vpc, "10.2.16.0/20")
    closed = lab.subnet(lab.vpc("10.3.0.0/16"), "10.3.0.0/20")
    make = lab.elb.create_load_balancer
    lab.ends("no subnet", make, **lab.balancer("subnet-0123456789abcdef0", "a"))
    lab.ends("no group", make, **lab.balancer(subnet, "b", SecurityGroups=["sg-0123456789abcdef0"]))
    lab.ends("no gateway", make, **lab.balancer(closed, "c"))
    lab.ends("two subnets in a zone", make, Name="d", Type="network", Subnets=[subnet, twin])
    none = [{"SubnetId": subnet, "AllocationId": "eipalloc-0123456789abcdef0"}]
    lab.ends("no address", make, Name="e", Type="network", SubnetMappings=none)


@program
def an_address_of_a_balancer(lab):
    _, subnet = lab.entry()
    address = lab.near.allocate_address(Domain="vpc")
    mapping = [{"SubnetId": subnet, "AllocationId": address["AllocationId"]}]
    made = lab.elb.create_load_balancer(Name="lb", Type="network", SubnetMappings=mapping)["LoadBalancers"][0]
    shown = lab.elb.describe_load_balancers(Names=["lb"])["LoadBalancers"][0]["AvailabilityZones"][0]
    lab.see("its address is ours", [one.get("AllocationId") for one in shown.get("LoadBalancerAddresses", [])])
    lab.ends("release", lab.near.release_address, AllocationId=address["AllocationId"])
    gateway = lab.near.describe_internet_gateways(Filters=where(attachment__vpc_id=made["VpcId"]))["InternetGateways"][0]
    lab.ends("detach the gateway", lab.near.detach_internet_gateway, InternetGatewayId=gateway["InternetGatewayId"], VpcId=made["VpcId"])


@program
def attributes_of_a_balancer(lab):
    _, subnet = lab.entry()
    arn = lab.made_balancer(subnet)
    shown = lab.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    wanted = ["deletion_protection.enabled", "load_balancing.cross_zone.enabled"]
    lab.see("at first", sorted((one["Key"], one["Value"]) for one in shown if one["Key"] in wanted))
    on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    lab.ends("protect", lab.elb.modify_load_balancer_attributes, LoadBalancerArn=arn, Attributes=on)
    lab.ends("delete", lab.elb.delete_load_balancer, LoadBalancerArn=arn)


@program
def a_target_group_comes_and_goes(lab):
    vpc, subnet = lab.entry()
    asked = lab.targets(vpc)
    made = lab.elb.create_target_group(**asked)["TargetGroups"][0]
    checks = "HealthCheckProtocol HealthCheckIntervalSeconds HealthCheckTimeoutSeconds HealthyThresholdCount UnhealthyThresholdCount"
    lab.see("its checks", [made.get(name) for name in checks.split()])
    lab.ends("the same again", lab.elb.create_target_group, **asked)
    lab.ends("another of that name", lab.elb.create_target_group, **{**asked, "Port": 8443})
    lab.ends("in no VPC", lab.elb.create_target_group, **lab.targets("vpc-0123456789abcdef0", "other"))
    arn = made["TargetGroupArn"]
    lab.elb.create_listener(**lab.listener(lab.made_balancer(subnet), arn))
    lab.ends("delete while in use", lab.elb.delete_target_group, TargetGroupArn=arn)
    lab.elb.delete_load_balancer(LoadBalancerArn=lab.elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"])
    lab.ends("delete", lab.elb.delete_target_group, TargetGroupArn=arn)
    lab.ends("delete again", lab.elb.delete_target_group, TargetGroupArn=arn)
    lab.ends("describe", lab.elb.describe_target_groups, TargetGroupArns=[arn])
    lab.ends("describe its name", lab.elb.describe_target_groups, Names=["tg"])


@program
def attributes_of_a_target_group(lab):
    arn = lab.made_targets(lab.vpc())
    shown = {one["Key"]: one["Value"] for one in lab.elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]}
    for key in ["preserve_client_ip.enabled", "deregistration_delay.timeout_seconds", "proxy_protocol_v2.enabled"]:
        lab.see(key, shown.get(key))
    late = [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}]
    changed = lab.elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=late)["Attributes"]
    lab.see("changed", late[0] in changed)


@program
def targets_and_their_health(lab):
    arn = lab.made_targets(lab.vpc())
    far = {"Id": "10.1.0.10", "Port": 443, "AvailabilityZone": "all"}
    near = {"Id": "10.2.0.10", "Port": 443}
    lab.ends("outside the VPC, without a zone", lab.elb.register_targets, TargetGroupArn=arn, Targets=[{"Id": "10.1.0.11", "Port": 443}])
    lab.ends("inside the VPC, of every zone", lab.elb.register_targets, TargetGroupArn=arn, Targets=[{**near, "AvailabilityZone": "all"}])
    lab.ends("a public address", lab.elb.register_targets, TargetGroupArn=arn, Targets=[{**far, "Id": "198.51.100.1"}])
    others = [{"Id": "10.1.0.11", "Port": 443}, near, {"Id": "198.51.100.1", "Port": 443}]
    lab.elb.deregister_targets(TargetGroupArn=arn, Targets=others)
    for step in ["register", "register again"]:
        lab.ends(step, lab.elb.register_targets, TargetGroupArn=arn, Targets=[far])
    health = lambda: lab.elb.describe_target_health(TargetGroupArn=arn, Targets=[{"Id": far["Id"], "Port": 443}])["TargetHealthDescriptions"]
    lab.see("its zone", [one["Target"].get("AvailabilityZone") for one in health()])
    lab.see("its health without a listener", [one["TargetHealth"]["State"] for one in health()])
    lab.ends("deregister", lab.elb.deregister_targets, TargetGroupArn=arn, Targets=[far])
    lab.ends("deregister again", lab.elb.deregister_targets, TargetGroupArn=arn, Targets=[far])
    lab.see("its health then", [(one["TargetHealth"]["State"], one["TargetHealth"].get("Reason")) for one in health()])
    lab.ends("of no group", lab.elb.describe_target_health, TargetGroupArn=arn + "0")


@program
def listeners(lab):
    vpc, subnet = lab.entry()
    balancer, targets, other = lab.made_balancer(subnet), lab.made_targets(vpc), lab.made_targets(vpc, "other")
    asked = lab.listener(balancer, targets)
    made = {lab.elb.create_listener(**asked)["Listeners"][0]["ListenerArn"] for _ in range(2)}
    lab.see("the same again", len(made))
    lab.ends("another of that port", lab.elb.create_listener, **lab.listener(balancer, other))
    lab.ends("another port", lab.elb.create_listener, **lab.listener(balancer, other, 8443))
    lab.see("ports", sorted({one["Port"] for one in lab.elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]}))
    lab.ends("of no balancer", lab.elb.create_listener, **lab.listener(balancer + "0", targets))
    lab.ends("to no group", lab.elb.create_listener, **lab.listener(balancer, targets + "0", 9443))
    one = made.pop()
    lab.ends("delete", lab.elb.delete_listener, ListenerArn=one)
    lab.ends("delete again", lab.elb.delete_listener, ListenerArn=one)
    lab.elb.delete_load_balancer(LoadBalancerArn=balancer)
    lab.ends("once its balancer is gone", lab.elb.describe_listeners, LoadBalancerArn=balancer)


@program
def tags_of_load_balancing(lab):
    arn = lab.made_targets(lab.vpc())
    lab.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    lab.elb.remove_tags(ResourceArns=[arn], TagKeys=["a"])
    lab.see("tags", lab.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"])
    lab.ends("of none", lab.elb.describe_tags, ResourceArns=[arn + "0"])
    lab.ends("of more than twenty", lab.elb.describe_tags, ResourceArns=[arn] * 21)


@program
def pages_of_target_groups(lab):
    vpc = lab.vpc()
    for number in range(3):
        lab.made_targets(vpc, f"tg-{number}")
    first = lab.elb.describe_target_groups(PageSize=2)
    lab.see("first page", len(first["TargetGroups"]))
    lab.see("there is more", "NextMarker" in first)
    if "NextMarker" in first:
        lab.see("second page", len(lab.elb.describe_target_groups(PageSize=2, Marker=first["NextMarker"])["TargetGroups"]))
