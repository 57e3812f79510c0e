"""VPC peering connections."""

import copy
import ipaddress

from moto.ec2.models import ec2_backends
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection, VPCPeeringConnectionBackend
from moto.ec2.utils import generic_filter

from call import Refused
from corrections import at, instead

OVER = ("deleted", "failed", "rejected", "expired")


def connection(world, identity):
    """One that this side can see."""
    found = world.ec2.vpc_pcxs.get(identity)
    if not found:
        raise Refused("InvalidVpcPeeringConnectionID.NotFound", f"The vpcPeeringConnection ID '{identity}' does not exist")
    return found


@at(
    "ec2:AcceptVpcPeeringConnection",
    "ec2:DeleteVpcPeeringConnection",
    "ec2:RejectVpcPeeringConnection",
    "ec2:ModifyVpcPeeringConnectionOptions",
    "ec2:DescribeVpcPeeringConnections",
)
def unknown_peering_is_an_error(world, call, proceed):
    """An id that is not there is not found.

    AWS: InvalidVpcPeeringConnectionID.NotFound, also for a list of ids of which one is unknown.
    Source: EC2 API reference, error codes.
    moto: DescribeVpcPeeringConnections answers an empty list; the others spell the code `...Id.NotFound`.
    """
    for identity in call.params.get("VpcPeeringConnectionIds", [call.params.get("VpcPeeringConnectionId")]):
        if identity:
            connection(world, identity)
    return proceed()


@at("ec2:CreateVpcPeeringConnection")
def a_pair_of_vpcs_has_one_peering(world, call, proceed):
    """Asking again for the same two VPCs, in the same roles, gives the same connection.

    AWS: the existing connection, with its existing tags, as long as it is not over.
    Source: github.com/hashicorp/terraform-provider-aws#27750 and #27751.
    moto: a second, third ... connection.
    """
    for one in list(world.ec2.vpc_pcxs.values()):
        same = (one.vpc.id, one.peer_vpc.id) == (call.params["VpcId"], call.params.get("PeerVpcId"))
        if same and one.status["Code"] not in OVER:
            describe = copy.copy(call)
            describe.action, describe.params = "DescribeVpcPeeringConnections", {"VpcPeeringConnectionIds": [one.id]}
            describe.body = f"Action={describe.action}&Version=2016-11-15&VpcPeeringConnectionId.1={one.id}".encode()
            body = world.ask_moto(describe).body.decode()
            item = body[body.index("<item>") + len("<item>") : body.rindex("</item>")]
            return call.xml(f"<vpcPeeringConnection>{item}</vpcPeeringConnection>")
    return proceed()


@instead(VPCPeeringConnectionBackend, "create_vpc_peering_connection")
def the_other_side_learns_of_it_later(world, original, backend, vpc, peer_vpc, tags=None):
    """A request shows in the other region after a while (`peering_visible_s`), and fails if the networks overlap.

    AWS: the accepter's region answers "not found" for some seconds; overlapping blocks make the request `failed`.
    Source: VPC peering guide, "VPC peering connection lifecycle" and "limitations"; EC2 API reference, CreateVpcPeeringConnection.
    moto: shows it at once; overlapping ones can be accepted.
    """
    made = original(backend, vpc, peer_vpc, tags)
    if ipaddress.ip_network(vpc.cidr_block).overlaps(ipaddress.ip_network(peer_vpc.cidr_block)):
        made._status.code, made._status.message = "failed", "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
    other = ec2_backends[peer_vpc.owner_id][peer_vpc.region]
    if other is not backend and world.settings.peering_visible_s:
        other.vpc_pcxs.pop(made.id, None)
        world.later(world.settings.peering_visible_s, lambda: other.vpc_pcxs.setdefault(made.id, made))
    return made


@at("ec2:AcceptVpcPeeringConnection")
def one_direction_is_accepted(world, call, proceed):
    """Of two requests for one pair of VPCs, there and back, one is accepted.

    AWS: VpcPeeringConnectionAlreadyExists for the other one.
    Source: github.com/hashicorp/terraform-provider-aws#44315.
    moto: accepts both.
    """
    wanted = connection(world, call.params["VpcPeeringConnectionId"])
    for one in world.ec2.vpc_pcxs.values():
        swapped = (one.peer_vpc.id, one.vpc.id) == (wanted.vpc.id, wanted.peer_vpc.id)
        if swapped and one.status["Code"] in ("provisioning", "active"):
            raise Refused("VpcPeeringConnectionAlreadyExists", f"{one.id} already connects these VPCs")
    return proceed()


@instead(VPCPeeringConnectionBackend, "accept_vpc_peering_connection")
def an_accepted_peering_is_provisioned(world, original, backend, identity):
    """It takes a while (`peering_s`) until traffic can pass.

    AWS: pending-acceptance -> provisioning -> active.
    Source: VPC peering guide, "VPC peering connection lifecycle".
    moto: active at once.
    """
    accepted = original(backend, identity)
    accepted._status.code, accepted._status.message = "provisioning", "Provisioning"

    def activate():
        if accepted._status.code == "provisioning":
            accepted._status.accept()

    world.later(world.settings.peering_s, activate)
    return accepted


@instead(VPCPeeringConnectionBackend, "delete_vpc_peering_connection")
def a_peering_is_deleted_once(world, original, backend, identity):
    """What is over cannot be deleted; what was deleted is listed for a while.

    AWS: InvalidStateTransition; a deleted one is listed for two hours or two days.
    Source: EC2 API reference, DeleteVpcPeeringConnection; VPC peering guide, "lifecycle".
    moto: deletes it again, and lists it for ever.
    """
    found = backend.vpc_pcxs[identity]
    if found.status["Code"] in OVER:
        message = f"Invalid state transition for {identity}, attempted to transition from {found.status['Code']} to deleting"
        raise Refused("InvalidStateTransition", message)
    deleted = original(backend, identity)

    def forget():
        for _, _, one in world.every(ec2_backends):
            one.vpc_pcxs.pop(identity, None)

    world.later(max(world.settings.deleted_listed_s, 1.0), forget)
    return deleted


@instead(VPCPeeringConnectionBackend, "describe_vpc_peering_connections")
def peerings_are_filtered(world, original, backend, vpc_peering_ids=None):
    """Filters are applied.

    AWS: by tag, status code, VPCs, accounts and blocks.
    Source: EC2 API reference, DescribeVpcPeeringConnections.
    moto: ignores every filter.
    """
    filters = {one["Name"]: one.get("Values", []) for one in world.call.params.get("Filters", [])}
    return generic_filter(filters, [Sighted(one) for one in original(backend, vpc_peering_ids)])


class Sighted:
    """A connection, with the names that filters have."""

    def __init__(self, one):
        self.one = one

    def __getattr__(self, name):
        return getattr(self.one, name)

    def get_filter_value(self, name, method_name=None):
        requester, accepter = self.one.requester_vpc_info, self.one.accepter_vpc_info
        known = {
            "status-code": self.one.status["Code"],
            "vpc-peering-connection-id": self.one.id,
            "requester-vpc-info.vpc-id": requester["VpcId"],
            "requester-vpc-info.owner-id": requester["OwnerId"],
            "requester-vpc-info.cidr-block": requester["CidrBlock"],
            "accepter-vpc-info.vpc-id": accepter["VpcId"],
            "accepter-vpc-info.owner-id": accepter["OwnerId"],
            "accepter-vpc-info.cidr-block": accepter["CidrBlock"],
        }
        return known[name] if name in known else self.one.get_filter_value(name, method_name)



@instead(TaggedEC2Resource, "get_tags")
def peering_tags_are_per_side(world, original, thing):
    """Each side sees the tags that it has set.

    AWS: "the tags that you apply ... are visible only in the account and region in which you apply them".
    Source: VPC peering guide, "VPC peering basics".
    moto: shows the requester's to both.
    """
    if isinstance(thing, VPCPeeringConnection):
        return world.ec2.describe_tags(filters={"resource-id": [thing.id]})
    return original(thing)
