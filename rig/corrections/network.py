"""VPCs, subnets, internet gateways, route tables, routes, security groups, addresses."""

import ipaddress

from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.models.vpcs import VPCBackend

from call import Refused
from corrections import at, instead


@at("ec2:ModifyVpcAttribute")
def one_vpc_attribute_per_call(world, call, proceed):
    """DNS support and DNS hostnames are two calls.

    AWS: InvalidParameterCombination.
    Source: EC2 API reference, ModifyVpcAttribute: "You cannot modify the DNS resolution and DNS hostnames attributes in the same
    request".
    moto: sets both.
    """
    if len({"EnableDnsSupport", "EnableDnsHostnames"} & set(call.params)) > 1:
        raise Refused("InvalidParameterCombination", "Fields for multiple attributes cannot be set in the same request")
    return proceed()


@instead(VPCBackend, "delete_vpc")
def contents_hold_their_vpc(world, original, backend, vpc_id):
    """A VPC goes when nothing but its defaults is left in it.

    AWS: DependencyViolation while it has a gateway, a group, an endpoint, an interface, or a peering connection that is not over.
    Source: EC2 API reference, DeleteVpc.
    moto: asks for subnets, VPN gateways and route tables only, and leaves the rest with a ghost.
    """
    held = (
        any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in backend.internet_gateways.values())
        or any(group.name != "default" for group in backend.groups.get(vpc_id, {}).values())
        or any(interface.vpc_id == vpc_id for interface in backend.enis.values())
        or any(one.vpc_id == vpc_id and one.state != "deleted" for one in backend.vpc_end_points.values())
        or any(
            vpc_id in (one.vpc.id, one.peer_vpc.id) and one.status["Code"] in ("pending-acceptance", "provisioning", "active")
            for one in backend.vpc_pcxs.values()
        )
    )
    if held:
        raise Refused("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    return original(backend, vpc_id)


@at("ec2:CreateSubnet")
def zones_are_of_their_region(world, call, proceed):
    """A subnet lies in a zone of the call's region.

    AWS: InvalidParameterValue, with the zones that there are.
    Source: EC2 API reference, CreateSubnet; error codes.
    moto: takes a zone of any region.
    """
    zones = [zone.name for zone in world.ec2.describe_availability_zones()]
    zone = call.params.get("AvailabilityZone")
    if zone and zone not in zones:
        raise Refused("InvalidParameterValue", f"Value ({zone}) for parameter availabilityZone is invalid: use {', '.join(zones)}")
    return proceed()


@at("ec2:CreateSubnet")
def subnets_have_a_size(world, call, proceed):
    """A subnet's block is a /16 to a /28.

    AWS: InvalidSubnet.Range.
    Source: EC2 API reference, CreateSubnet; error codes.
    moto: takes a smaller one.
    """
    block = call.params.get("CidrBlock")
    if block and not 16 <= ipaddress.ip_network(block).prefixlen <= 28:
        raise Refused("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    return proceed()


@at("ec2:AttachInternetGateway")
def a_vpc_has_one_internet_gateway(world, call, proceed):
    """A second gateway is refused.

    AWS: InvalidParameterValue "Network ... already has an internet gateway attached".
    Source: VPC quotas ("You can attach only one internet gateway to a VPC at a time").
    moto: attaches it.
    """
    for gateway in world.ec2.internet_gateways.values():
        if gateway.vpc and gateway.vpc.id == call.params["VpcId"] and gateway.id != call.params["InternetGatewayId"]:
            raise Refused("InvalidParameterValue", f"Network {gateway.vpc.id} already has an internet gateway attached")
    return proceed()


@at("ec2:DetachInternetGateway")
def public_addresses_hold_the_gateway(world, call, proceed):
    """A gateway stays as long as something in the VPC has a public address.

    AWS: DependencyViolation "Network ... has some mapped public address(es)".
    Source: EC2 API reference, DetachInternetGateway.
    moto: detaches it.
    """
    vpc = call.params["VpcId"]
    if any(interface.vpc_id == vpc and interface.public_ip for interface in world.ec2.enis.values()):
        message = f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        raise Refused("DependencyViolation", message)
    return proceed()


@at("ec2:AssociateRouteTable")
def a_subnet_has_one_route_table(world, call, proceed):
    """A subnet that has a table keeps it.

    AWS: Resource.AlreadyAssociated. Whether for the same table, too, is not documented: `association_repeat` plays either.
    Source: github.com/hashicorp/terraform-provider-aws#38960.
    moto: answers the old association, also for another table.
    """
    subnet, wanted = call.params.get("SubnetId"), call.params["RouteTableId"]
    for table in world.ec2.route_tables.values():
        for association, target in table._associations.items():
            same = table.id == wanted and world.settings.association_repeat == "same"
            if subnet and target == subnet and not same:
                message = f"the specified association for route table {wanted} conflicts with an existing association ({association})"
                raise Refused("Resource.AlreadyAssociated", message)
    return proceed()


@at("ec2:CreateRoute", "ec2:ReplaceRoute")
def a_route_leads_somewhere(world, call, proceed):
    """A route's gateway is attached to the table's VPC; its peering connection or NAT gateway is one of the VPC's.

    AWS: InvalidGatewayID.NotFound, InvalidVpcPeeringConnectionID.NotFound, InvalidNatGatewayID.NotFound, InvalidParameterValue for one
    that belongs elsewhere.
    Source: EC2 API reference, CreateRoute; error codes.
    moto: InvalidInternetGatewayID.NotFound for an unknown gateway; takes one that is attached to nothing; an unknown NAT gateway makes
    a route to nowhere.
    """
    table = world.ec2.route_tables.get(call.params["RouteTableId"])
    gateway, peering = call.params.get("GatewayId"), call.params.get("VpcPeeringConnectionId")
    if table and gateway and gateway.startswith("igw-"):
        found = world.ec2.internet_gateways.get(gateway)
        if not found:
            raise Refused("InvalidGatewayID.NotFound", f"The gateway ID '{gateway}' does not exist")
        if not found.vpc or found.vpc.id != table.vpc_id:
            message = f"route table {table.id} and network gateway {gateway} belong to different networks"
            raise Refused("InvalidParameterValue", message)
    if table and peering:
        found = world.ec2.vpc_pcxs.get(peering)
        if not found or found.status["Code"] in ("deleted", "failed", "rejected"):
            raise Refused("InvalidVpcPeeringConnectionID.NotFound", f"The vpcPeeringConnection ID '{peering}' does not exist")
        if table.vpc_id not in (found.vpc.id, found.peer_vpc.id):
            raise Refused("InvalidParameterValue", f"route table {table.id} and {peering} belong to different networks")
    if table and (nat := call.params.get("NatGatewayId")):
        found = world.ec2.nat_gateways.get(nat)
        if not found or found.state == "deleted":
            raise Refused("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
        if table.vpc_id != found.vpc_id:
            raise Refused("InvalidParameterValue", f"route table {table.id} and {nat} belong to different networks")
    return proceed()


@instead(Route, "state")
def a_route_to_nothing_is_a_blackhole(world, original, route):
    """A route whose target is gone, or does not carry traffic, is a blackhole.

    AWS: state `blackhole`; the route stays when its target is deleted.
    Source: EC2 API reference, Route.
    moto: always `active`.
    """
    backend = route.route_table.ec2_backend
    if route.vpc_pcx and route.vpc_pcx.status["Code"] != "active":
        return "blackhole"
    if route.nat_gateway and route.nat_gateway.state not in ("pending", "available"):
        return "blackhole"
    if route.gateway and route.gateway.id.startswith("igw-"):
        there = backend.internet_gateways.get(route.gateway.id)
        if not there or not there.vpc or there.vpc.id != route.route_table.vpc_id:
            return "blackhole"
    return original(route)


@instead(RouteTable, "associations")
def associations_go_with_their_subnet(world, original, table):
    """A deleted subnet is associated with nothing.

    AWS: the association goes with the subnet.
    Source: EC2 API reference, DeleteSubnet.
    moto: keeps it, so that the table cannot be deleted.
    """
    subnets = {one for zone in table.ec2_backend.subnets.values() for one in zone}
    for association, target in list(table._associations.items()):
        if target.startswith("subnet-") and target not in subnets:
            del table._associations[association]
    return original(table)


@at("ec2:DeleteRouteTable")
def the_main_route_table_stays(world, call, proceed):
    """A VPC keeps its main table; another one goes when no subnet that exists has it.

    AWS: DependencyViolation.
    Source: EC2 API reference, DeleteRouteTable: "You can't delete the main route table".
    moto: deletes the main table; refuses for a subnet that is gone.
    """
    table = world.ec2.route_tables.get(call.params["RouteTableId"])
    if table and table.main_association_id:
        raise Refused("DependencyViolation", f"The routeTable '{table.id}' has dependencies and cannot be deleted.")
    if table:
        table.associations  # noqa: B018 - drops those of subnets that are gone
    return proceed()


@at("ec2:CreateSecurityGroup")
def groups_are_of_a_vpc(world, call, proceed):
    """Its VPC exists.

    AWS: InvalidVpcID.NotFound.
    Source: EC2 API reference, CreateSecurityGroup; error codes.
    moto: makes it in nothing.
    """
    vpc = call.params.get("VpcId")
    if vpc and vpc not in world.ec2.vpcs:
        raise Refused("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    return proceed()


@at("ec2:UpdateSecurityGroupRuleDescriptionsIngress", "ec2:UpdateSecurityGroupRuleDescriptionsEgress")
def descriptions_are_changed_by_rule(world, call, proceed):
    """A rule's description can be changed by the rule's id, and has at most 255 characters.

    AWS: SecurityGroupRuleDescriptions; InvalidSecurityGroupRuleId.NotFound; InvalidParameterValue beyond 255.
    Source: EC2 API reference, UpdateSecurityGroupRuleDescriptionsIngress, SecurityGroupRuleDescription, IpRange.
    moto: changes by permission only, and answers success without an effect.
    """
    wanted = call.params.get("SecurityGroupRuleDescriptions", [])
    if not wanted:
        return proceed()
    group = world.ec2.get_security_group_from_id(call.params.get("GroupId"))
    for one in wanted:
        rule = group.get_rule(one["SecurityGroupRuleId"]) if group else None
        if rule is None:
            raise Refused("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{one['SecurityGroupRuleId']}' does not exist")
        if len(one.get("Description", "")) > 255:
            raise Refused("InvalidParameterValue", "Invalid rule description: it is longer than 255 characters")
        (rule.ip_range or {})["Description"] = one.get("Description", "")
    return call.xml("<return>true</return>")


@at("ec2:CreateSecurityGroup")
def group_names_ignore_case(world, call, proceed):
    """Two groups of a VPC do not differ in case only.

    AWS: InvalidGroup.Duplicate; a name must not start with `sg-`.
    Source: EC2 API reference, CreateSecurityGroup.
    moto: takes both.
    """
    name, vpc = call.params["GroupName"], call.params.get("VpcId")
    if name.lower().startswith("sg-"):
        raise Refused("InvalidParameterValue", f"Group names may not be in the format sg-*: {name}")
    for group in world.ec2.groups.get(vpc, {}).values():
        if group.name.lower() == name.lower():
            raise Refused("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc}'")
    return proceed()


@instead(ElasticAddress, "__init__")
def addresses_are_public(world, original, address, *args, **kwargs):
    """An elastic IP is a public address.

    AWS: from its public ranges. Here from 198.51.100.0/24 and 203.0.113.0/24 and on, which are nobody's (RFC 5737).
    Source: EC2 user guide, "Elastic IP addresses".
    moto: 127.x.y.z.
    """
    original(address, *args, **kwargs)
    given = world.remember("public addresses")
    given["next"] = given.get("next", 0) + 1
    net, host = divmod(given["next"], 254)
    address.public_ip = f"{('198.51.100', '203.0.113', '192.0.2')[net % 3]}.{host + 1}"


@at("ec2:ReleaseAddress")
def use_holds_an_address(world, call, proceed):
    """An address that something has is not released.

    AWS: InvalidIPAddress.InUse.
    Source: EC2 API reference, ReleaseAddress; error codes.
    moto: releases it.
    """
    for address in world.ec2.addresses:
        if address.allocation_id == call.params.get("AllocationId") and address.association_id:
            raise Refused("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
    return proceed()


@at("ec2:DisassociateAddress")
def services_keep_their_addresses(world, call, proceed):
    """What a load balancer has is not taken from it.

    AWS: OperationNotPermitted "You are not allowed to manage 'ela-attach' attachments."
    Source: EC2 user guide, "Requester-managed network interfaces".
    moto: takes it away.
    """
    for address in world.ec2.addresses:
        mine = address.association_id and address.association_id == call.params.get("AssociationId")
        if mine and address.eni and address.eni.requester_managed:
            raise Refused("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.")
    return proceed()
