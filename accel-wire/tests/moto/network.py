"""VPCs, subnets, gateways, tables, groups, addresses and tags."""

from lab import program, tags, where

EVERYWHERE = "0.0.0.0/0"


@program
def a_vpc_comes_and_goes(lab):
    vpc = lab.vpc()
    one = lab.near.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
    lab.see("it is", (one["State"], one["CidrBlock"], one["IsDefault"]))
    lab.ends("delete", lab.near.delete_vpc, VpcId=vpc)
    lab.ends("describe once gone", lab.near.describe_vpcs, VpcIds=[vpc])
    lab.ends("delete again", lab.near.delete_vpc, VpcId=vpc)
    lab.see("found once gone", lab.near.describe_vpcs(Filters=where(vpc_id=vpc))["Vpcs"])


@program
def a_block_of_a_vpc_has_bounds(lab):
    lab.ends("too large", lab.near.create_vpc, CidrBlock="10.0.0.0/8")
    lab.ends("too small", lab.near.create_vpc, CidrBlock="10.0.0.0/29")
    lab.ends("no block", lab.near.create_vpc, CidrBlock="nonsense")


@program
def a_dry_run_makes_nothing(lab):
    lab.ends("create", lab.near.create_vpc, CidrBlock="10.7.0.0/16", DryRun=True)
    lab.see("made", len(lab.near.describe_vpcs(Filters=where(cidr="10.7.0.0/16"))["Vpcs"]))
    vpc = lab.vpc()
    lab.ends("delete", lab.near.delete_vpc, VpcId=vpc, DryRun=True)
    lab.see("left", len(lab.near.describe_vpcs(Filters=where(vpc_id=vpc))["Vpcs"]))
    lab.ends("group", lab.near.create_security_group, VpcId=lab.vpc(), GroupName="g", Description="d", DryRun=True)


@program
def attributes_of_a_vpc(lab):
    vpc = lab.vpc()
    for name in ["enableDnsSupport", "enableDnsHostnames"]:
        shown = lab.near.describe_vpc_attribute(VpcId=vpc, Attribute=name)
        lab.see(name, shown[name[0].upper() + name[1:]])
    lab.ends("set", lab.near.modify_vpc_attribute, VpcId=vpc, EnableDnsHostnames={"Value": True})
    shown = lab.near.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    lab.see("then", shown["EnableDnsHostnames"])
    both = {"EnableDnsHostnames": {"Value": True}, "EnableDnsSupport": {"Value": True}}
    lab.ends("two at once", lab.near.modify_vpc_attribute, VpcId=vpc, **both)
    lab.near.delete_vpc(VpcId=vpc)
    lab.ends("of none", lab.near.modify_vpc_attribute, VpcId=vpc, EnableDnsSupport={"Value": True})


@program
def six_vpcs(lab):
    for number in range(1, 7):
        lab.ends(str(number), lab.near.create_vpc, CidrBlock=f"10.{number}.0.0/16")


@program
def what_a_vpc_brings_along(lab):
    vpc = lab.vpc()
    here = where(vpc_id=vpc)
    table = lab.near.describe_route_tables(Filters=here)["RouteTables"][0]
    lab.see("routes", [(one["GatewayId"], one["DestinationCidrBlock"], one["State"]) for one in table["Routes"]])
    lab.see("main", [one["Main"] for one in table["Associations"]])
    group = lab.near.describe_security_groups(Filters=here)["SecurityGroups"][0]
    lab.see("group", (group["GroupName"], group["Description"]))
    lab.see("acls", [acl["IsDefault"] for acl in lab.near.describe_network_acls(Filters=here)["NetworkAcls"]])
    lab.ends("delete the group", lab.near.delete_security_group, GroupId=group["GroupId"])
    lab.ends("delete the table", lab.near.delete_route_table, RouteTableId=table["RouteTableId"])


@program
def subnets_lie_in_their_vpc(lab):
    vpc = lab.vpc()
    made = lab.near.create_subnet(VpcId=vpc, CidrBlock="10.2.0.0/20")["Subnet"]
    lab.see("room", made["AvailableIpAddressCount"])
    lab.ends("the same block", lab.near.create_subnet, VpcId=vpc, CidrBlock="10.2.0.0/20")
    lab.ends("an overlapping block", lab.near.create_subnet, VpcId=vpc, CidrBlock="10.2.8.0/24")
    lab.ends("a block outside", lab.near.create_subnet, VpcId=vpc, CidrBlock="10.9.0.0/24")
    lab.ends("too small", lab.near.create_subnet, VpcId=vpc, CidrBlock="10.2.16.0/29")
    lab.ends("a zone elsewhere", lab.near.create_subnet, VpcId=vpc, CidrBlock="10.2.32.0/24", AvailabilityZone="us-east-1a")
    lab.ends("no zone", lab.near.create_subnet, VpcId=vpc, CidrBlock="10.2.33.0/24", AvailabilityZone="nonsense")
    lab.ends("no VPC", lab.near.create_subnet, VpcId="vpc-0123456789abcdef0", CidrBlock="10.2.0.0/24")


@program
def a_subnet_goes_with_its_association(lab):
    vpc = lab.vpc()
    subnet, table = lab.subnet(vpc), lab.table(vpc)
    lab.near.associate_route_table(RouteTableId=table, SubnetId=subnet)
    lab.ends("delete", lab.near.delete_subnet, SubnetId=subnet)
    lab.see("associations", len(lab.near.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Associations"]))
    lab.ends("delete again", lab.near.delete_subnet, SubnetId=subnet)
    lab.ends("describe", lab.near.describe_subnets, SubnetIds=[subnet])


@program
def regions_are_apart(lab):
    vpc = lab.vpc()
    lab.ends("describe", lab.far.describe_vpcs, VpcIds=[vpc])
    lab.ends("delete", lab.far.delete_vpc, VpcId=vpc)
    zones = lab.far.describe_availability_zones(Filters=where(state="available"))["AvailabilityZones"]
    lab.see("zones", [(zone["ZoneName"], zone["RegionName"]) for zone in zones])


@program
def filters_are_joined_by_and_their_values_by_or(lab):
    for number, (lane, side) in enumerate([("a", "x"), ("b", "x"), ("ab", "y")]):
        specification = tags("vpc", lane=lane, side=side)
        lab.near.create_vpc(CidrBlock=f"10.{number}.0.0/16", TagSpecifications=specification)
    for step, wanted in {
        "one value": {"tag_lane": "a"},
        "either value": {"tag_lane": ["a", "b"]},
        "both filters": {"tag_lane": ["a", "ab"], "tag_side": "x"},
        "a wildcard": {"tag_lane": "a*"},
        "one character": {"tag_lane": "?b"},
        "a key": {"tag_key": "side"},
        "another case": {"tag_lane": "A"},
        "a block": {"cidr": "10.1.0.0/16", "tag_side": "x"},
    }.items():
        lab.see(step, sorted(one["CidrBlock"] for one in lab.near.describe_vpcs(Filters=where(**wanted))["Vpcs"]))
    lab.ends("no such filter", lab.near.describe_vpcs, Filters=where(colour="red"))


@program
def pages(lab):
    vpcs = [lab.vpc(f"10.{number}.0.0/16") for number in range(1, 6)]
    for number in range(6):
        lab.group(vpcs[0], f"g{number}")
    own = where(vpc_id=vpcs)
    lab.see("of VPCs", pages_of(lab.near.describe_vpcs, "Vpcs", where(cidr=[f"10.{n}.0.0/16" for n in range(1, 6)])))
    lab.see("of groups", pages_of(lab.near.describe_security_groups, "SecurityGroups", own))
    lab.ends("a token of nobody", lab.near.describe_security_groups, NextToken="nonsense", Filters=own)


def pages_of(describe, what, filters):
    answer = describe(Filters=filters, MaxResults=5)
    sizes = [len(answer[what])]
    while answer.get("NextToken"):
        answer = describe(Filters=filters, MaxResults=5, NextToken=answer["NextToken"])
        sizes.append(len(answer[what]))
    return sizes


@program
def tags_are_written_and_taken_away(lab):
    vpc = lab.vpc()
    lab.near.create_tags(Resources=[vpc], Tags=[{"Key": "lane", "Value": "a"}, {"Key": "x", "Value": "y"}])
    shown = lambda: sorted((tag["Key"], tag["Value"]) for tag in lab.near.describe_tags(Filters=where(resource_id=vpc))["Tags"])
    lab.see("written", shown())
    lab.near.create_tags(Resources=[vpc], Tags=[{"Key": "lane", "Value": "b"}])
    lab.see("written over", shown())
    lab.near.delete_tags(Resources=[vpc], Tags=[{"Key": "lane", "Value": "other"}, {"Key": "x"}])
    lab.see("taken away if it agrees", shown())
    tag = [{"Key": "a", "Value": "b"}]
    lab.ends("of none", lab.near.create_tags, Resources=["subnet-0123456789abcdef0"], Tags=tag)
    lab.ends("of a kind that is none", lab.near.create_tags, Resources=["nonsense-1"], Tags=tag)
    lab.ends("reserved", lab.near.create_tags, Resources=[vpc], Tags=[{"Key": "aws:x", "Value": ""}])
    lab.ends("of another type", lab.near.create_vpc, CidrBlock="10.9.0.0/16", TagSpecifications=tags("subnet", a="b"))


@program
def a_gateway_is_attached_once(lab):
    vpc = lab.vpc()
    gateway = lab.gateway(vpc)
    pair = {"InternetGatewayId": gateway, "VpcId": vpc}
    found = lab.near.describe_internet_gateways(Filters=where(attachment__vpc_id=vpc))["InternetGateways"]
    lab.see("attachments", [one["State"] for one in found[0]["Attachments"]])
    lab.ends("attach again", lab.near.attach_internet_gateway, **pair)
    lab.ends("attach elsewhere", lab.near.attach_internet_gateway, InternetGatewayId=gateway, VpcId=lab.vpc("10.3.0.0/16"))
    lab.ends("a second one", lab.near.attach_internet_gateway, InternetGatewayId=lab.gateway(), VpcId=vpc)
    lab.ends("delete while attached", lab.near.delete_internet_gateway, InternetGatewayId=gateway)
    lab.ends("detach", lab.near.detach_internet_gateway, **pair)
    lab.ends("detach again", lab.near.detach_internet_gateway, **pair)
    lab.ends("delete", lab.near.delete_internet_gateway, InternetGatewayId=gateway)
    lab.ends("detach once gone", lab.near.detach_internet_gateway, **pair)
    lab.ends("delete again", lab.near.delete_internet_gateway, InternetGatewayId=gateway)


@program
def routes_have_targets(lab):
    vpc = lab.vpc()
    gateway, table = lab.gateway(vpc), lab.table(vpc)
    route = {"RouteTableId": table, "DestinationCidrBlock": EVERYWHERE}
    lab.ends("to a gateway elsewhere", lab.near.create_route, GatewayId=lab.gateway(), **{**route, "DestinationCidrBlock": "198.51.100.0/24"})
    lab.ends("create", lab.near.create_route, GatewayId=gateway, **route)
    lab.ends("create again", lab.near.create_route, GatewayId=gateway, **route)
    lab.ends("to no gateway", lab.near.create_route, GatewayId="igw-0123456789abcdef0", **{**route, "DestinationCidrBlock": "192.0.2.0/24"})
    routes = lambda: lab.near.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    wanted = ["10.2.0.0/16", EVERYWHERE]
    states = lambda: [(one["State"], one["Origin"]) for one in routes() if one["DestinationCidrBlock"] in wanted]
    lab.see("routes", states())
    lab.near.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    lab.see("once its target is detached", states())
    lab.ends("delete", lab.near.delete_route, **route)
    lab.ends("delete again", lab.near.delete_route, **route)
    lab.ends("of no table", lab.near.create_route, GatewayId=gateway, **{**route, "RouteTableId": "rtb-0123456789abcdef0"})
    lab.ends("delete the table", lab.near.delete_route_table, RouteTableId=table)
    lab.ends("delete the table again", lab.near.delete_route_table, RouteTableId=table)


@program
def a_subnet_has_one_table(lab):
    vpc = lab.vpc()
    subnet, table, other = lab.subnet(vpc), lab.table(vpc), lab.table(vpc)
    association = lab.near.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    lab.ends("another table", lab.near.associate_route_table, RouteTableId=other, SubnetId=subnet)
    lab.ends("delete the table", lab.near.delete_route_table, RouteTableId=table)
    lab.ends("disassociate", lab.near.disassociate_route_table, AssociationId=association)
    lab.ends("disassociate again", lab.near.disassociate_route_table, AssociationId=association)
    lab.ends("no table", lab.near.associate_route_table, RouteTableId="rtb-0123456789abcdef0", SubnetId=subnet)
    lab.ends("no subnet", lab.near.associate_route_table, RouteTableId=table, SubnetId="subnet-0123456789abcdef0")


@program
def a_token_is_one_table(lab):
    vpc = lab.vpc()
    ids = {lab.near.create_route_table(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"] for _ in range(2)}
    lab.see("tables", len(ids))


@program
def names_of_groups(lab):
    vpc = lab.vpc()
    make = lab.near.create_security_group
    lab.ends("create", make, VpcId=vpc, GroupName="lane", Description="d")
    lab.ends("again", make, VpcId=vpc, GroupName="lane", Description="d")
    lab.ends("in another case", make, VpcId=vpc, GroupName="LANE", Description="d")
    lab.ends("in another VPC", make, VpcId=lab.vpc("10.3.0.0/16"), GroupName="lane", Description="d")
    lab.ends("like an id", make, VpcId=vpc, GroupName="sg-lane", Description="d")
    lab.ends("in no VPC", make, VpcId="vpc-0123456789abcdef0", GroupName="lane", Description="d")
    lab.ends("delete none", lab.near.delete_security_group, GroupId="sg-0123456789abcdef0")
    lab.ends("describe none", lab.near.describe_security_groups, GroupIds=["sg-0123456789abcdef0"])


@program
def rules_of_groups(lab):
    group = lab.group(lab.vpc())
    web = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    rules = lambda: lab.near.describe_security_group_rules(Filters=where(group_id=group))["SecurityGroupRules"]
    shown = lambda: sorted((one["IsEgress"], one["IpProtocol"], one["FromPort"], one["ToPort"], one["CidrIpv4"]) for one in rules())
    lab.see("at first", shown())
    lab.ends("authorize", lab.near.authorize_security_group_ingress, GroupId=group, IpPermissions=web)
    lab.ends("authorize again", lab.near.authorize_security_group_ingress, GroupId=group, IpPermissions=web)
    lab.see("then", shown())
    lab.ends("revoke", lab.near.revoke_security_group_ingress, GroupId=group, IpPermissions=web)
    lab.ends("revoke again", lab.near.revoke_security_group_ingress, GroupId=group, IpPermissions=web)
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": EVERYWHERE}]}]
    lab.ends("close", lab.near.revoke_security_group_egress, GroupId=group, IpPermissions=everything)
    lab.ends("close again", lab.near.revoke_security_group_egress, GroupId=group, IpPermissions=everything)
    lab.see("at last", shown())
    lab.ends("of none", lab.near.authorize_security_group_ingress, GroupId="sg-0123456789abcdef0", IpPermissions=web)


@program
def addresses(lab):
    made = lab.near.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", lane="a"))
    found = lab.near.describe_addresses(Filters=where(tag_lane="a"))["Addresses"]
    lab.see("found", [(one["PublicIp"] == made["PublicIp"], one["Domain"]) for one in found])
    lab.ends("release", lab.near.release_address, AllocationId=made["AllocationId"])
    lab.ends("release again", lab.near.release_address, AllocationId=made["AllocationId"])
    lab.ends("describe none", lab.near.describe_addresses, AllocationIds=[made["AllocationId"]])
    for number in range(1, 7):
        lab.ends(f"allocate {number}", lab.near.allocate_address, Domain="vpc")


@program
def what_holds_a_vpc(lab):
    for what, hold in {
        "a subnet": lambda vpc: lab.subnet(vpc, "10.0.0.0/24"),
        "a table": lab.table,
        "a group": lab.group,
        "a gateway": lab.gateway,
    }.items():  # fmt: skip
        vpc = lab.vpc("10.0.0.0/16")
        hold(vpc)
        lab.ends(what, lab.near.delete_vpc, VpcId=vpc)
    vpc, subnet, group = lab.far_side()
    lab.far.create_vpc_endpoint(**lab.endpoint(vpc, subnet, group))
    lab.ends("an endpoint's subnet", lab.far.delete_subnet, SubnetId=subnet)
    lab.ends("an endpoint's group", lab.far.delete_security_group, GroupId=group)
