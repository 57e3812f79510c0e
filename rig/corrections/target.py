"""Target groups, targets, and the tags of load balancing."""

import ipaddress

from moto.ec2.models import ec2_backends
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

from call import Refused
from corrections import at, instead
from corrections.balancer import remember_made, same_or_duplicate


@at("elasticloadbalancing:CreateTargetGroup")
def target_group_names_are_unique(world, call, proceed):
    """One target group per name and region; the same create again gives the same one.

    AWS: "If you attempt to create multiple target groups with the same settings, each call succeeds"; with others
    DuplicateTargetGroupName.
    Source: ELBv2 API reference, CreateTargetGroup.
    moto: DuplicateTargetGroupName for every repetition.
    """
    name = call.params["Name"]
    existing = next((one.arn for one in world.elb.target_groups.values() if one.name == name), None)
    again = same_or_duplicate(world, call, "DuplicateTargetGroupName", name, existing)
    return again or remember_made(world, call, proceed(), "TargetGroupArn")


@instead(FakeTargetGroup, "__init__")
def network_target_groups_have_their_attributes(world, original, group, *args, **kwargs):
    """The attributes of a network load balancer's group.

    AWS: `preserve_client_ip.enabled` is off for addresses over TCP or TLS and on otherwise; `proxy_protocol_v2.enabled` off, and so
    on.
    Source: NLB guide, "Target groups for your Network Load Balancers"; ELBv2 API reference, TargetGroupAttribute.
    moto: an application load balancer's.
    """
    original(group, *args, **kwargs)
    if group.protocol in ("TCP", "TLS", "UDP", "TCP_UDP"):
        preserve = not (group.target_type == "ip" and group.protocol in ("TCP", "TLS"))
        group.attributes = {
            "deregistration_delay.connection_termination.enabled": "false",
            "deregistration_delay.timeout_seconds": "300",
            "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
            "preserve_client_ip.enabled": str(preserve).lower(),
            "proxy_protocol_v2.enabled": "false",
            "stickiness.enabled": "false",
            "stickiness.type": "source_ip",
            "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
            "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
            "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
            "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
            "target_health_state.unhealthy.connection_termination.enabled": "true",
            "target_health_state.unhealthy.draining_interval_seconds": "0",
        }


# Source: ELBv2 API reference, CreateTargetGroup: what a target of type `ip` may be.
PRIVATE = [ipaddress.ip_network(block) for block in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")]


class Targets:
    """The targets of one group, by address and port."""

    def __init__(self, world, group):
        self.world, self.group = world, group
        self.all = group.__dict__.setdefault("by_port", {})

    def key(self, target):
        return target["Id"], int(target.get("Port") or self.group.port)

    def register(self, targets):
        """All or none."""
        for target in targets:
            self.check(target)
        for target in targets:
            identity, port = self.key(target)
            entry = {"Id": identity, "Port": port, "state": "initial"}
            if "AvailabilityZone" in target:
                entry["AvailabilityZone"] = target["AvailabilityZone"]
            if (identity, port) not in self.all:
                self.all[identity, port] = entry
                self.world.later(self.world.settings.target_healthy_s, lambda one=entry: one.update(state="healthy"))

    def check(self, target):
        if self.group.target_type != "ip":
            return
        address, zone = ipaddress.ip_address(target["Id"]), target.get("AvailabilityZone")
        if not any(address in block for block in PRIVATE):
            raise Refused("ValidationError", f"The IP address '{address}' is not a valid private IPv4 address")
        vpc = ec2_backends[self.group.account_id][self.group.region_name].vpcs[self.group.vpc_id]
        inside = address in ipaddress.ip_network(vpc.cidr_block)
        if not inside and not zone:
            message = f"You must specify a valid Availability Zone or select 'all', since the IP address '{address}' is outside the VPC"
            raise Refused("ValidationError", message)
        if inside and zone == "all":
            message = f"The IP address '{address}' is within the VPC, and cannot have its Availability Zone overridden to 'all'"
            raise Refused("ValidationError", message)

    def deregister(self, targets):
        for target in targets:
            self.all.pop(self.key(target), None)

    def health(self, target, used):
        """What AWS would say of one, with the zone that it was registered with."""
        entry = self.all.get(self.key(target))
        checked = self.group.health_check_port
        identity, port = self.key(target)
        if entry is None:
            return Health(identity, port, checked, "unused", "Target.NotRegistered", "Target is not registered")
        if not used:
            found = Health(identity, port, checked, "unused", "Target.NotInUse", "Target group is not used by a listener")
        elif entry["state"] == "healthy" and (reason := self.sickness(identity)):
            found = Health(identity, port, checked, "unhealthy", reason, SAYS.get(reason, "Health checks failed"))
        elif entry["state"] == "initial":
            found = Health(identity, port, checked, "initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
        else:
            found = Health(identity, port, checked, "healthy")
        found.zone = entry.get("AvailabilityZone")
        return found


    def sickness(self, address):
        """Why a test will not have it healthy, once its first checks are over."""
        sick = self.world.settings.sick_targets
        return sick.get(address) or sick.get("*")


# Source: ELBv2 API reference, TargetHealth, Reason.
SAYS = {"Target.Timeout": "Request timed out"}


class Health(FakeHealthStatus):
    """One with a zone."""

    zone = None

    @property
    def target(self):
        return {**super().target, **({"AvailabilityZone": self.zone} if self.zone else {})}


@instead(ELBv2Backend, "register_targets")
def targets_outside_the_vpc_name_their_zone(world, original, backend, target_group_arn, instances):
    """An address outside the VPC is registered for a zone or for `all`; registering again changes nothing.

    AWS: ValidationError without a zone outside the VPC, with `all` inside it, and for public addresses. The key is address and port.
    Source: ELBv2 API reference, TargetDescription; kubernetes-sigs/aws-load-balancer-controller#3084 and #561 (messages).
    moto: takes everything, forgets the zone, and knows one port per address.
    """
    group = backend.target_groups.get(target_group_arn)
    if group is None:
        return original(backend, target_group_arn, instances)
    return Targets(world, group).register(instances)


@instead(ELBv2Backend, "deregister_targets")
def deregistering_the_unknown_succeeds(world, original, backend, target_group_arn, instances):
    """What is not registered is not an error.

    AWS: "If the specified target does not exist, the action returns successfully".
    Source: ELBv2 API reference, DeregisterTargets.
    moto: InvalidTarget.
    """
    group = backend.target_groups.get(target_group_arn)
    if group is None:
        return original(backend, target_group_arn, instances)
    return Targets(world, group).deregister(instances)


@instead(ELBv2Backend, "describe_target_health")
def health_says_what_is_registered(world, original, backend, target_group_arn, targets):
    """A target with its zone; unused without a listener; healthy after a while (`target_healthy_s`), or never (`sick_targets`).

    AWS: unused (Target.NotInUse), initial (Elb.InitialHealthChecking), healthy or unhealthy (Target.Timeout, …); AvailabilityZone as
    registered.
    Source: ELBv2 API reference, DescribeTargetHealth, TargetHealth.
    moto: always healthy, without the zone.
    """
    group = backend.target_groups.get(target_group_arn)
    if group is None:
        return original(backend, target_group_arn, targets)
    known, used = Targets(world, group), backend._any_listener_using(target_group_arn)
    return [known.health(target, used) for target in targets or list(known.all.values())]


@instead(ELBv2Backend, "add_tags")
def fifty_tags(world, original, backend, resource_arns, tags):
    """Fifty tags per thing.

    AWS: 50, then TooManyTags; the thing must exist.
    Source: ELBv2 API reference, AddTags; NLB guide, quotas.
    moto: refuses once ten are there.
    """
    for arn in resource_arns:
        backend._get_resource_by_arn(arn)
        keys = {*backend.tagging_service.get_tag_dict_for_resource(arn), *(tag["Key"] for tag in tags)}
        if len(keys) > 50:
            raise Refused("TooManyTags", "The maximum number of tags has been exceeded")
        backend.tagging_service.tag_resource(arn, tags)


@instead(ELBv2Backend, "describe_tags")
def one_unknown_arn_fails_all(world, original, backend, resource_arns):
    """The tags of at most twenty things, all of which exist.

    AWS: "not found" of the first that does not; ValidationError beyond twenty.
    Source: ELBv2 API reference, DescribeTags.
    moto: no tags for an unknown ARN; any number.
    """
    if len(resource_arns) > 20:
        raise Refused("ValidationError", "You cannot describe tags of more than 20 resources at once")
    for arn in resource_arns:
        backend._get_resource_by_arn(arn)
    return original(backend, resource_arns)
