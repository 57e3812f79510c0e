"""Network load balancers and their listeners."""

import re
from types import SimpleNamespace

from moto.ec2.models import ec2_backends
from moto.elbv2 import models
from moto.elbv2.models import AvailabilityZone, ELBv2Backend, FakeLoadBalancer

from call import Refused
from corrections import at, instead
from corrections.interfaces import ServiceInterface, free_address


def asked(params):
    """What a create call asks for, without its tags: AWS compares settings."""
    return {name: setting for name, setting in params.items() if name != "Tags"}


def same_or_duplicate(world, call, code, key, existing):
    """The first answer again if the same was asked for; a duplicate otherwise. Remembers what made `existing`."""
    made = world.remember(f"made by {call.action}")
    if existing is not None:
        params, answer = made.get((call.account, call.region, existing), (None, None))
        if params != asked(call.params):
            raise Refused(code, f"'{key}' already exists with other settings")
        return answer
    return None


def remember_made(world, call, answer, tag):
    if answer.status < 400:
        made = world.remember(f"made by {call.action}")
        made[(call.account, call.region, answer.text(tag))] = (asked(call.params), answer)
    return answer


@instead(models, "make_arn_for_load_balancer")
def a_network_load_balancer_says_so(world, original, account_id, lb_id, name, region_name):
    """An ARN tells the type.

    AWS: `loadbalancer/net/NAME/ID` for a network load balancer; its listeners have `listener/net/...`.
    Source: Service authorization reference, "Elastic Load Balancing V2".
    moto: `app/` for all.
    """
    made = original(account_id=account_id, lb_id=lb_id, name=name, region_name=region_name)
    return made.replace("/app/", "/net/") if world.call.params.get("Type") == "network" else made


@at("elasticloadbalancing:CreateLoadBalancer")
def load_balancer_names_are_unique(world, call, proceed):
    """One load balancer per name and region; the same create again gives the same one.

    AWS: "If you attempt to create multiple load balancers with the same settings, each call succeeds"; with others
    DuplicateLoadBalancerName. At most 32 letters, digits and hyphens; no hyphen at either end; not `internal-...`.
    Source: ELBv2 API reference, CreateLoadBalancer.
    moto: a second one with the same name; any name.
    """
    name = call.params["Name"]
    if not re.fullmatch(r"(?!-)(?!internal-)[A-Za-z0-9-]{1,32}(?<!-)", name):
        raise Refused("ValidationError", f"The load balancer name '{name}' is not valid")
    existing = next((one.arn for one in world.elb.load_balancers.values() if one.name == name), None)
    again = same_or_duplicate(world, call, "DuplicateLoadBalancerName", name, existing)
    return again or remember_made(world, call, proceed(), "LoadBalancerArn")


def mappings(params):
    """The subnets of a call, with the elastic IP that each was given."""
    found = {subnet: None for subnet in params.get("Subnets", [])}
    for entry in params.get("SubnetMappings", []):
        found[entry["SubnetId"]] = entry.get("AllocationId")
    return found


@at("elasticloadbalancing:CreateLoadBalancer")
def load_balancers_are_checked(world, call, proceed):
    """Subnets lie in one VPC, one per zone, with a way to the internet; groups and addresses exist and are free.

    AWS: SubnetNotFound, InvalidConfigurationRequest, InvalidSubnet, InvalidSecurityGroup, AllocationIdNotFound, ResourceInUse.
    Source: ELBv2 API reference, CreateLoadBalancer, errors; NLB guide, "Create a Network Load Balancer".
    moto: takes all of it.
    """
    ec2 = ec2_backends[call.account][call.region]
    known = {identity: subnet for zone in ec2.subnets.values() for identity, subnet in zone.items()}
    subnets, zones = [], set()
    for identity, allocation in mappings(call.params).items():
        if identity not in known:
            raise Refused("SubnetNotFound", f"The subnet ID '{identity}' does not exist")
        subnets.append(known[identity])
        if known[identity].availability_zone in zones:
            raise Refused("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
        zones.add(known[identity].availability_zone)
        check_allocation(ec2, allocation)
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise Refused("InvalidConfigurationRequest", "All subnets must be in the same VPC")
    vpc = subnets[0].vpc_id if subnets else None
    if call.params.get("Scheme", "internet-facing") == "internet-facing" and subnets:
        if not any(gateway.vpc and gateway.vpc.id == vpc for gateway in ec2.internet_gateways.values()):
            raise Refused("InvalidSubnet", f"VPC {vpc} has no internet gateway")
    for group in call.params.get("SecurityGroups", []):
        found = ec2.get_security_group_from_id(group)
        if not found or found.vpc_id != vpc:
            raise Refused("InvalidSecurityGroup", f"The security group '{group}' does not exist in {vpc}")
    return proceed()


def check_allocation(ec2, allocation):
    if allocation is None:
        return
    address = next((one for one in ec2.addresses if one.allocation_id == allocation), None)
    if address is None:
        raise Refused("AllocationIdNotFound", f"The allocation IDs '{allocation}' do not exist")
    if address.association_id:
        raise Refused("ResourceInUse", f"The allocation IDs '{allocation}' are not available for use")


@instead(ELBv2Backend, "create_load_balancer")
def load_balancers_have_their_interfaces(world, original, backend, **wanted):
    """One interface per zone, with the given elastic IP; provisioning for a while (`balancer_s`).

    AWS: LoadBalancerAddresses with allocation and address; interfaces described as "ELB net/NAME/ID" that hold subnet, group,
    gateway and address; provisioning -> active; a name like `NAME-ID.elb.REGION.amazonaws.com`.
    Source: ELBv2 API reference, LoadBalancer; NLB guide, "Network Load Balancers"; "Network interfaces ... requester-managed".
    moto: no interfaces, no addresses, active from the first describe on, the name `NAME-1.REGION.elb...`.
    """
    made = original(backend, **wanted)
    made.had_groups = bool(wanted.get("security_groups"))
    made.interfaces = {}
    if made.type == "network":
        made.dns_name = f"{made.name}-{made.arn.rsplit('/', 1)[1]}.elb.{backend.region_name}.amazonaws.com"
        made.attrs = dict(NETWORK_ATTRIBUTES)
        for subnet, allocation in mappings(world.call.params).items():
            add_zone(made, ec2_backends[backend.account_id][backend.region_name], subnet, allocation)

    def active():
        made.state = "active"

    world.later(world.settings.balancer_s, active)
    return made


# Source: ELBv2 API reference, LoadBalancerAttribute.
NETWORK_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "dns_record.client_routing_policy": "any_availability_zone",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "false",
    "secondary_ips.auto_assigned.per_subnet": "0",
    "zonal_shift.config.enabled": "false",
}


def add_zone(balancer, ec2, subnet_id, allocation):
    subnet = ec2.get_subnet(subnet_id)
    text = f"ELB {balancer.arn.split(':loadbalancer/')[1]}"
    address = free_address(ec2, subnet)
    groups = balancer.security_groups or [ec2.get_default_security_group(subnet.vpc_id).id]
    interface = ServiceInterface(ec2, subnet, address, groups, "network_load_balancer", text)
    balancer.interfaces[subnet_id] = interface
    for one in ec2.addresses:
        if allocation and one.allocation_id == allocation:
            one.eni, one.association_id = interface, f"eipassoc-{interface.id[4:]}"
            interface.public_ip = one.public_ip
    if balancer.scheme == "internet-facing" and not interface.public_ip:
        interface.public_ip = f"192.0.2.{len(ec2.enis) % 250 + 1}"


@instead(FakeLoadBalancer, "activate")
def looking_makes_nothing_active(world, original, balancer):
    """Time makes a load balancer active.

    AWS: after some minutes.
    Source: ELBv2 API reference, LoadBalancerState.
    moto: the first describe does.
    """


@instead(FakeLoadBalancer, "availability_zones")
def load_balancers_show_their_addresses(world, original, balancer):
    """Each zone with the elastic IP in it.

    AWS: LoadBalancerAddresses with AllocationId and IpAddress, for addresses that the customer gave.
    Source: ELBv2 API reference, LoadBalancerAddress.
    moto: forgets the allocation.
    """
    ec2 = ec2_backends[balancer.arn.split(":")[4]][balancer.arn.split(":")[3]]
    zones = []
    for subnet in balancer.subnets:
        zone = AvailabilityZone(subnet)
        zone.load_balancer_addresses = [
            SimpleNamespace(allocation_id=one.allocation_id, ip_address=one.public_ip, private_i_pv4_address=None, i_pv6_address=None)
            for one in ec2.addresses
            if one.eni and one.eni is balancer.interfaces.get(subnet.id)
        ]
        zones.append(zone)
    return zones


@at("elasticloadbalancing:DeleteLoadBalancer")
def protected_load_balancers_stay(world, call, proceed):
    """Deletion protection protects.

    AWS: OperationNotPermitted.
    Source: ELBv2 API reference, DeleteLoadBalancer.
    moto: deletes it.
    """
    arn = call.params["LoadBalancerArn"]
    found = world.elb.load_balancers.get(arn)
    if found and found.attrs.get("deletion_protection.enabled") == "true":
        raise Refused("OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")
    return proceed()


@instead(ELBv2Backend, "delete_load_balancer")
def interfaces_outlive_their_load_balancer(world, original, backend, arn):
    """It is gone at once, its interfaces a while later (`balancer_interfaces_s`); target groups are no longer its own.

    AWS: the interfaces hold subnet, group, gateway and addresses for minutes.
    Source: hashicorp/terraform-provider-aws, internal/service/elbv2/load_balancer.go (it waits for them).
    moto: has no interfaces; target groups name the dead load balancer for ever.
    """
    found = backend.load_balancers.get(arn)
    original(backend, arn)
    if not found:
        return
    for group in backend.target_groups.values():
        group.load_balancer_arns = [one for one in group.load_balancer_arns if one != arn]
    for interface in found.interfaces.values():
        world.later(world.settings.balancer_interfaces_s, interface.go)


@instead(ELBv2Backend, "describe_load_balancers")
def one_unknown_load_balancer_fails_all(world, original, backend, arns, names):
    """Asked for several of which one is not there, the call fails.

    AWS: LoadBalancerNotFound.
    Source: ELBv2 API reference, DescribeLoadBalancers.
    moto: takes the one before for the unknown one.
    """
    there = {one.arn for one in backend.load_balancers.values()} | {one.name for one in backend.load_balancers.values()}
    for one in [*(arns or []), *(names or [])]:
        if one not in there:
            raise Refused("LoadBalancerNotFound", f"One or more load balancers not found: {one}")
    return original(backend, arns, names)


@instead(ELBv2Backend, "describe_listeners")
def one_unknown_listener_fails_all(world, original, backend, load_balancer_arn, listener_arns):
    """Asked for several of which one is not there, the call fails.

    AWS: ListenerNotFound.
    Source: ELBv2 API reference, DescribeListeners.
    moto: answers the others.
    """
    there = {arn for one in backend.load_balancers.values() for arn in one.listeners}
    if any(arn not in there for arn in listener_arns or []):
        raise Refused("ListenerNotFound", "One or more listeners not found")
    return original(backend, load_balancer_arn, listener_arns)


@instead(ELBv2Backend, "set_security_groups")
def groups_are_decided_at_creation(world, original, backend, arn, sec_groups):
    """A network load balancer that was made without groups never gets any; one with groups keeps some.

    AWS: InvalidConfigurationRequest.
    Source: ELBv2 API reference, SetSecurityGroups.
    moto: sets them, and tells no interface.
    """
    found = backend.load_balancers.get(arn)
    if found and found.type == "network" and not (found.had_groups and sec_groups):
        raise Refused("InvalidConfigurationRequest", "Security groups of a Network Load Balancer are decided when it is created")
    original(backend, arn, sec_groups)
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for interface in found.interfaces.values():
        interface._group_set = [ec2.get_security_group_from_id(one) for one in sec_groups]


@instead(ELBv2Backend, "set_subnets")
def one_zone_is_enough_for_a_network(world, original, backend, arn, subnets, subnet_mappings):
    """The zones of a network load balancer can be changed, to one only, too; the address of one that stays cannot.

    AWS: interfaces come and go with the zones.
    Source: ELBv2 API reference, SetSubnets; NLB guide, "Update the Availability Zones".
    moto: InvalidConfigurationRequest for one zone, and no interfaces.
    """
    found = backend.load_balancers.get(arn)
    if not found or found.type != "network":
        return original(backend, arn, subnets, subnet_mappings)
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    wanted = mappings(world.call.params)
    for subnet in set(found.interfaces) - set(wanted):
        found.interfaces.pop(subnet).go()
    for subnet, allocation in wanted.items():
        if subnet not in found.interfaces:
            add_zone(found, ec2, subnet, allocation)
    found.subnets = [ec2.get_subnet(subnet) for subnet in wanted]
    return found.availability_zones


@at("elasticloadbalancing:CreateListener")
def a_port_has_one_listener(world, call, proceed):
    """One listener per load balancer and port; the same create again gives the same one.

    AWS: "If you attempt to create multiple listeners with the same settings, each call succeeds"; with others DuplicateListener.
    Source: ELBv2 API reference, CreateListener.
    moto: a second listener on the port.
    """
    balancer = world.elb.load_balancers.get(call.params["LoadBalancerArn"])
    port = call.params.get("Port")
    listeners = balancer.listeners.values() if balancer else []
    existing = next((one.arn for one in listeners if str(one.port) == str(port)), None)
    again = same_or_duplicate(world, call, "DuplicateListener", f"a listener on port {port}", existing)
    return again or remember_made(world, call, proceed(), "ListenerArn")


@at("elasticloadbalancing:CreateListener", "elasticloadbalancing:ModifyListener")
def a_target_group_has_one_load_balancer(world, call, proceed):
    """A target group belongs to one network load balancer.

    AWS: TargetGroupAssociationLimit.
    Source: ELBv2 API reference, CreateListener, errors; NLB guide, "Target groups".
    moto: takes it for a second one.
    """
    own = call.params.get("LoadBalancerArn") or call.params["ListenerArn"].replace(":listener/", ":loadbalancer/").rpartition("/")[0]
    for action in call.params.get("DefaultActions", []):
        group = world.elb.target_groups.get(action.get("TargetGroupArn"))
        listeners = [one for each in world.elb.load_balancers.values() if each.arn != own for one in each.listeners.values()]
        taken = any(group and group.arn in str(one.default_actions[0].data) for one in listeners)
        if taken:
            raise Refused("TargetGroupAssociationLimit", f"The target group '{group.arn}' cannot be associated with more than one load balancer")
    return proceed()


@at("elasticloadbalancing:ModifyListenerAttributes")
def idle_timeouts_have_bounds(world, call, proceed):
    """A connection may be idle for 60 to 6000 seconds.

    AWS: ValidationError.
    Source: ELBv2 API reference, ListenerAttribute, `tcp.idle_timeout.seconds`.
    moto: any value.
    """
    for one in call.params.get("Attributes", []):
        if one["Key"] == "tcp.idle_timeout.seconds" and not 60 <= int(one["Value"]) <= 6000:
            raise Refused("ValidationError", "'tcp.idle_timeout.seconds' must be between 60 and 6000")
    return proceed()
