"""NAT gateways."""

from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.tags import TagBackend
from moto.ec2.utils import generic_filter

from call import Refused
from corrections import at, instead
from corrections.interfaces import ServiceInterface, free_address


def unknown(identity):
    return Refused("NatGatewayNotFound", f"NatGateway {identity} was not found")


@at("ec2:DeleteNatGateway", "ec2:DescribeNatGateways")
def an_unknown_nat_gateway_is_an_error(world, call, proceed):
    """An id that is not there is not found.

    AWS: NatGatewayNotFound, also for a list of ids of which one is unknown.
    Source: EC2 API reference, error codes; the SDKs' waiter NatGatewayDeleted.
    moto: DeleteNatGateway is an internal error; DescribeNatGateways answers an empty list.
    """
    for identity in call.params.get("NatGatewayIds", [call.params.get("NatGatewayId")]):
        if identity and identity not in world.ec2.nat_gateways:
            raise unknown(identity)
    return proceed()


@instead(NatGatewayBackend, "create_nat_gateway")
def a_nat_gateway_is_accepted_and_then_made(world, original, backend, subnet_id, allocation_id, tags=None, connectivity_type="public"):
    """It has an interface in its subnet with the public address, and is available after a while (`nat_s`), or failed.

    AWS: state `pending`; then `available`, or `failed` with a FailureCode: Gateway.NotAttached, InvalidAllocationID.NotFound,
    Resource.AlreadyAssociated, InsufficientFreeAddressesInSubnet. The interface has type `nat_gateway`, an address from the subnet and
    the description "Interface for NAT Gateway nat-..."; its requester manages it. A failed one goes by itself after about an hour.
    Source: EC2 API reference, NatGateway; VPC user guide, "Troubleshoot NAT gateways"; "Requester-managed network interfaces".
    moto: available at once, without an internet gateway too; a random address outside the subnet, type `interface`, no description;
    an address that is taken or unknown is refused at once.
    """
    subnet = backend.get_subnet(subnet_id)
    made = original(backend, subnet_id, None, tags, connectivity_type)
    backend.enis.pop(made._eni.id)
    made.state, made.address_set, made._eni = "pending", [{"allocationId": allocation_id}], None
    failure = why_not(backend, subnet, allocation_id)
    if not failure:
        text = f"Interface for NAT Gateway {made.id}"
        made._eni = ServiceInterface(backend, subnet, free_address(backend, subnet), [], "nat_gateway", text)
        address = backend.associate_address(eni=made._eni, allocation_id=allocation_id)
        made.address_set[0] |= {
            "associationId": address.association_id,
            "isPrimary": True,
            "networkInterfaceId": made._eni.id,
            "privateIp": made._eni.private_ip_address,
            "publicIp": address.public_ip,
        }

    def decide():
        if made.state != "pending":
            return
        made.state = "failed" if failure else "available"
        if failure:
            made.failure_code, made.failure_message = failure
            forget(world, backend, made)

    world.later(world.settings.nat_s, decide)
    return made


def why_not(backend, subnet, allocation):
    """The code and text with which it will fail; nothing if it will not."""
    address = next((one for one in backend.addresses if one.allocation_id == allocation), None)
    if not any(one.vpc and one.vpc.id == subnet.vpc_id for one in backend.internet_gateways.values()):
        return "Gateway.NotAttached", f"Network {subnet.vpc_id} has no Internet gateway attached"
    if not address:
        return "InvalidAllocationID.NotFound", f"Elastic IP address {allocation} could not be associated with this NAT gateway"
    if address.association_id:
        return "Resource.AlreadyAssociated", f"Elastic IP address {allocation} is already associated"
    try:
        free_address(backend, subnet)
    except Refused as full:
        return full.code, full.message
    return None


def forget(world, backend, gateway):
    world.later(max(world.settings.deleted_listed_s, 1.0), lambda: backend.nat_gateways.pop(gateway.id, None))


@instead(NatGatewayBackend, "delete_nat_gateway")
def deleting_a_nat_gateway_takes_a_while(world, original, backend, nat_gateway_id):
    """It is `deleting` (`nat_delete_s`); its interface goes and its address is free at the end; then it is listed as deleted for a while.

    AWS: deleting -> deleted, which stays listed with its tags for about an hour; its routes stay.
    Source: VPC user guide, "Delete a NAT gateway"; EC2 API reference, DeleteNatGateway.
    moto: deleted at once; its interface stays, holds the address, and it is listed for ever.
    """
    found = backend.nat_gateways.get(nat_gateway_id)
    if not found or found.state == "deleted":
        raise unknown(nat_gateway_id)

    def gone():
        if found._eni:
            found._eni.go()
        original(backend, nat_gateway_id)
        forget(world, backend, found)

    if found.state != "deleting":
        found.state = "deleting"
        world.later(world.settings.nat_delete_s, gone)
    return found


@instead(NatGatewayBackend, "describe_nat_gateways")
def nat_gateways_are_filtered(world, original, backend, filters, nat_gateway_ids):
    """Filters are applied.

    AWS: by tag, id, state, subnet and VPC; values may have wildcards.
    Source: EC2 API reference, DescribeNatGateways.
    moto: ignores a filter by tag.
    """
    found, rest = original(backend, None, nat_gateway_ids), dict(filters or {})
    ids = rest.pop("nat-gateway-id", None)
    return generic_filter(rest, [one for one in found if ids is None or one.id in ids])


@instead(TagBackend, "describe_tags")
def nat_gateways_are_natgateways(world, original, backend, filters=None):
    """The resource type of a NAT gateway in DescribeTags.

    AWS: `natgateway`, as in TagSpecifications.
    Source: EC2 API reference, TagDescription, ResourceType.
    moto: `nat-gateway`.
    """
    filters = dict(filters or {})
    if "resource-type" in filters:
        filters["resource-type"] = ["nat-gateway" if one == "natgateway" else one for one in filters["resource-type"]]
    found = original(backend, filters or None)
    return [{**tag, "resource_type": tag["resource_type"].replace("nat-gateway", "natgateway")} for tag in found]
