"""All that is there and is not the account's default: what a cleanup must leave empty."""

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

GONE = ("deleted", "failed", "rejected", "expired")


def inventory(world):
    """One line per thing: account, region, kind, id, state, tags."""
    world.settle()
    lines = []
    for account, region, ec2 in world.every(ec2_backends):
        for kind, identity, state in network(ec2):
            tags = dict(ec2.tags.get(identity, {}))
            lines.append({"account": account, "region": region, "kind": kind, "id": identity, "state": state, "tags": tags})
    for account, region, elb in world.every(elbv2_backends):
        for kind, arn, state in balancing(elb):
            tags = elb.tagging_service.get_tag_dict_for_resource(arn)
            lines.append({"account": account, "region": region, "kind": kind, "id": arn, "state": state, "tags": tags})
    return lines


def network(ec2):
    """What is in a region's network, but for the default VPC and what every VPC is born with."""
    default = {vpc.id for vpc in ec2.vpcs.values() if str(vpc.is_default).lower() == "true"}
    for vpc in ec2.vpcs.values():
        if vpc.id not in default:
            yield "vpc", vpc.id, vpc.state
    for zone in ec2.subnets.values():
        for subnet in zone.values():
            if subnet.vpc_id not in default:
                yield "subnet", subnet.id, subnet.state
    for gateway in ec2.internet_gateways.values():
        yield "internet-gateway", gateway.id, f"attached to {gateway.vpc.id}" if gateway.vpc else "detached"
    for table in ec2.route_tables.values():
        if not table.main_association_id:
            yield "route-table", table.id, "available"
    for of_vpc in ec2.groups.values():
        for group in of_vpc.values():
            if group.name != "default":
                yield "security-group", group.id, "available"
    for endpoint in ec2.vpc_end_points.values():
        if endpoint.state not in GONE:
            yield "vpc-endpoint", endpoint.id, endpoint.state
    for peering in ec2.vpc_pcxs.values():
        if peering.status["Code"] not in GONE:
            yield "vpc-peering-connection", peering.id, peering.status["Code"]
    for gateway in ec2.nat_gateways.values():
        if gateway.state not in GONE:
            yield "nat-gateway", gateway.id, gateway.state
    for address in ec2.addresses:
        yield "elastic-ip", address.allocation_id, "in use" if address.association_id else "free"
    for interface in ec2.enis.values():
        yield "network-interface", interface.id, interface.description


def balancing(elb):
    """Load balancers, listeners and target groups."""
    for balancer in elb.load_balancers.values():
        yield "load-balancer", balancer.arn, balancer.state
        for listener in balancer.listeners.values():
            yield "listener", listener.arn, "active"
    for group in elb.target_groups.values():
        yield "target-group", group.arn, "active"
