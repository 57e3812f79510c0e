"""The network interfaces that AWS's services put into a customer's subnets, and what they hold in place."""

import ipaddress
from types import SimpleNamespace

from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from call import Refused
from corrections import at


class ServiceInterface(NetworkInterface):
    """One of them: in use, managed by its requester, and not the customer's to touch."""

    def __init__(self, backend, subnet, address, groups, kind, description):
        super().__init__(backend, subnet, str(address), group_ids=groups, description=description)
        self.interface_type = kind
        self.requester_managed = True
        self.requester_id = "amazon-aws"
        self.status = "in-use"
        self.attachment_id = self.id.replace("eni-", "ela-attach-")
        backend.enis[self.id] = self

    @property
    def attachment(self):
        return SimpleNamespace(
            attach_time=None,
            attachment_id=self.attachment_id,
            delete_on_termination=False,
            device_index=1,
            network_card_index=0,
            instance_id=None,
            instance_owner_id="amazon-aws",
            status="attached",
        )

    def get_filter_value(self, filter_name, method_name=None):
        if filter_name == "attachment.instance-owner-id":
            return "amazon-aws"
        return super().get_filter_value(filter_name, method_name)

    def go(self):
        """Its service is done with it; its address is free again."""
        self.ec2_backend.enis.pop(self.id, None)
        for address in self.ec2_backend.addresses:
            if address.eni is self:
                address.eni, address.association_id = None, None


def free_address(backend, subnet):
    """The lowest that nobody has. AWS keeps the first four and the last of each subnet."""
    taken = {interface.private_ip_address for interface in backend.enis.values()}
    block = ipaddress.ip_network(subnet.cidr_block)
    for number in range(4, block.num_addresses - 1):
        address = str(block[number])
        if address not in taken:
            return address
    raise Refused("InsufficientFreeAddressesInSubnet", f"{subnet.id} has no free address")


def in_subnet(backend, subnet_id):
    """Those of a subnet."""
    return [interface for interface in backend.enis.values() if interface.subnet.id == subnet_id]


@at("ec2:DeleteNetworkInterface", "ec2:DetachNetworkInterface")
def service_interfaces_stay(world, call, proceed):
    """What a service has put there goes with the service only.

    AWS: deleting one is InvalidParameterValue "... is currently in use"; detaching one is OperationNotPermitted.
    Source: github.com/gruntwork-io/cloud-nuke#431; EC2 user guide, "Requester-managed network interfaces".
    moto: deletes it.
    """
    for interface in world.ec2.enis.values():
        if interface.requester_managed and interface.id == call.params.get("NetworkInterfaceId"):
            raise Refused("InvalidParameterValue", f"Network interface '{interface.id}' is currently in use.")
        if interface.requester_managed and interface.attachment_id == call.params.get("AttachmentId"):
            raise Refused("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.")
    return proceed()


@at("ec2:DeleteSubnet")
def interfaces_hold_their_subnet(world, call, proceed):
    """A subnet with interfaces stays.

    AWS: DependencyViolation.
    Source: EC2 API reference, DeleteSubnet.
    moto: deletes it.
    """
    subnet = call.params["SubnetId"]
    if in_subnet(world.ec2, subnet):
        raise Refused("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")
    return proceed()


@at("ec2:DeleteSecurityGroup")
def use_holds_a_security_group(world, call, proceed):
    """A group that an interface is in, or that a rule of another group names, stays.

    AWS: DependencyViolation; the default group CannotDelete.
    Source: EC2 API reference, DeleteSecurityGroup; error codes.
    moto: deletes it.
    """
    group = call.params.get("GroupId")
    used = any(one.id == group for interface in world.ec2.enis.values() for one in interface.group_set)
    others = (one for of_vpc in world.ec2.groups.values() for one in of_vpc.values() if one.id != group)
    named = any(
        source.get("GroupId") == group
        for one in others
        for rule in [*one.ingress_rules, *one.egress_rules]
        for source in [getattr(rule, "source_group", None) or {}]
    )
    if used or named:
        raise Refused("DependencyViolation", f"resource {group} has a dependent object")
    found = world.ec2.get_security_group_from_id(group)
    if found and found.name == "default":
        raise Refused("CannotDelete", f'the specified group: "{group}" name: "default" cannot be deleted by a user')
    return proceed()
