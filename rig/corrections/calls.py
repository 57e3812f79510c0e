"""What holds for every call: parameters, dry runs, client tokens, filters, tags."""

import fnmatch

from moto.ec2 import utils
from moto.ec2.models.tags import TagBackend

from call import Refused, model
from corrections import at, instead


@at("ec2:*", "elasticloadbalancing:*")
def parameters_follow_the_model(world, call, proceed):
    """Required parameters are required, and numbers, texts and lists keep to their bounds.

    AWS: a missing one is MissingParameter, one out of its bounds InvalidParameterValue (EC2) or ValidationError (load balancing).
    Source: the API models (`required`, `min`, `max`); EC2 API reference, "Error codes".
    moto: takes nearly everything, such as MaxResults=1 of DescribeVpcs, whose least is 5.
    """
    api = model(call.service)
    if call.action in api.operation_names and (shape := api.operation_model(call.action).input_shape):
        for problem in problems(shape, call.params, ""):
            code = "InvalidParameterValue" if call.service == "ec2" else "ValidationError"
            raise Refused("MissingParameter" if "must contain" in problem and call.service == "ec2" else code, problem)
    return proceed()


def problems(shape, given, path):
    if shape.type_name == "structure":
        for name in shape.required_members:
            # Some models call required what the wire may leave out: only top-level ones are known to be refused.
            if name not in given and not path:
                yield f"The request must contain the parameter {name}"
        for name, inner in given.items():
            if name in shape.members:
                yield from problems(shape.members[name], inner, f"{path}.{name}" if path else name)
        return
    bounds, size = shape.metadata, None
    if shape.type_name == "list":
        size = len(given)
        for inner in given:
            yield from problems(shape.member, inner, path)
    elif shape.type_name in ("integer", "long"):
        size = given
    elif shape.type_name == "string":
        size = len(given)
    if size is not None and not bounds.get("min", size) <= size <= bounds.get("max", size):
        yield f"Value ({given}) for parameter {path} is invalid: expected {bounds.get('min', '')} to {bounds.get('max', '')}"


@at("ec2:*")
def dry_run_changes_nothing(world, call, proceed):
    """DryRun=true answers whether the call would be allowed.

    AWS: DryRunOperation (412), and nothing is done.
    Source: EC2 API reference, DryRun of each action.
    moto: some calls look at it; CreateVpc, DeleteVpc and DeleteVpcEndpoints do what was only asked about.
    """
    if call.params.get("DryRun"):
        raise Refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    return proceed()


@at("ec2:*")
def client_tokens_are_honoured(world, call, proceed):
    """One token is one effect.

    AWS: the same token with the same parameters answers the first success again; with others it is IdempotentParameterMismatch.
    Source: EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests".
    moto: ignores tokens: CreateRouteTable and CreateVpcEndpoint make a second object.
    """
    token = call.params.get("ClientToken")
    if not token:
        return proceed()
    tokens = world.remember("tokens")
    key = (call.account, call.region, call.action, token)
    if key in tokens:
        params, answer = tokens[key]
        if params != call.params:
            raise Refused("IdempotentParameterMismatch", "The client token was used with other parameters before.")
        return answer
    answer = proceed()
    if answer.status < 400:
        tokens[key] = (call.params, answer)
    return answer


@instead(utils, "is_filter_matching")
def several_filter_values_are_or(world, original, thing, name, wanted):
    """A filter with several values matches what has any of them.

    AWS: the values of one filter are joined with OR; `*` and `?` are wildcards.
    Source: EC2 user guide, "Filter resources".
    moto: a thing with several values, such as the subnets of a route table, must have all of the wanted or none but those.
    """
    has = thing.get_filter_value(name)
    if isinstance(has, (str, bool, int)) or has is None or not wanted:
        return original(thing, name, wanted)
    wanted = [wanted] if isinstance(wanted, str) else wanted
    return any(fnmatch.fnmatchcase(str(one), pattern) for one in has for pattern in wanted)


@instead(TagBackend, "describe_tags")
def tags_filter_by_key_and_value(world, original, backend, filters=None):
    """DescribeTags knows the filter `tag:KEY`.

    AWS: `tag:KEY` with the tag's value; filters are joined with AND.
    Source: EC2 API reference, DescribeTags.
    moto: ignores that filter and answers with every tag of the region.
    """
    rest, wanted = {}, {}
    for name, values in (filters or {}).items():
        key = name.removeprefix("tag:")
        (wanted if name.startswith("tag:") else rest)[key] = values
    found = original(backend, rest or None)

    def fits(tag):
        return all(
            tag["key"] == key and any(fnmatch.fnmatchcase(tag["value"], value) for value in values)
            for key, values in wanted.items()
        )

    return [tag for tag in found if fits(tag)]


@instead(TagBackend, "describe_tags")
def addresses_are_elastic_ips(world, original, backend, filters=None):
    """The resource type of an elastic IP in DescribeTags.

    AWS: `elastic-ip`, as in TagSpecifications.
    Source: EC2 API reference, Tag, TagSpecification.
    moto: `vpc-elastic-ip`.
    """
    filters = dict(filters or {})
    if "resource-type" in filters:
        filters["resource-type"] = ["vpc-elastic-ip" if one == "elastic-ip" else one for one in filters["resource-type"]]
    found = original(backend, filters or None)
    return [{**tag, "resource_type": tag["resource_type"].replace("vpc-elastic-ip", "elastic-ip")} for tag in found]


@at("ec2:CreateTags", "ec2:DeleteTags")
def tags_need_their_resource(world, call, proceed):
    """Only what exists can be tagged.

    AWS: the "not found" of the resource's kind.
    Source: EC2 API reference, CreateTags; error codes.
    moto: tags any endpoint, address or rule whose id is well formed; spells the peering connection's code otherwise.
    """
    for identity in call.params.get("Resources", []):
        prefix = identity.split("-")[0]
        if prefix in HOLDERS:
            things, code = HOLDERS[prefix]
            if identity not in things(world.ec2):
                raise Refused(code, f"The ID '{identity}' does not exist")
    return proceed()


@at("ec2:DescribeTags")
def tags_go_with_their_resource(world, call, proceed):
    """What is gone has no tags.

    AWS: tags are deleted with their resource.
    Source: EC2 user guide, "Tag your Amazon EC2 resources": "If you delete a resource, any tags for the resource are also deleted".
    moto: keeps them for ever.
    """
    for identity in list(world.ec2.tags):
        prefix = identity.split("-")[0]
        if prefix in HOLDERS and identity not in HOLDERS[prefix][0](world.ec2):
            del world.ec2.tags[identity]
    return proceed()


def groups(ec2):
    return {identity for of_vpc in ec2.groups.values() for identity in of_vpc}


def rules(ec2):
    everything = (group for of_vpc in ec2.groups.values() for group in of_vpc.values())
    return {rule.id for group in everything for rule in [*group.ingress_rules, *group.egress_rules]}


HOLDERS = {
    "vpc": (lambda ec2: ec2.vpcs, "InvalidVpcID.NotFound"),
    "subnet": (lambda ec2: {one for zone in ec2.subnets.values() for one in zone}, "InvalidSubnetID.NotFound"),
    "igw": (lambda ec2: ec2.internet_gateways, "InvalidInternetGatewayID.NotFound"),
    "rtb": (lambda ec2: ec2.route_tables, "InvalidRouteTableID.NotFound"),
    "sg": (groups, "InvalidGroup.NotFound"),
    "sgr": (rules, "InvalidSecurityGroupRuleId.NotFound"),
    "vpce": (lambda ec2: ec2.vpc_end_points, "InvalidVpcEndpointId.NotFound"),
    "pcx": (lambda ec2: ec2.vpc_pcxs, "InvalidVpcPeeringConnectionID.NotFound"),
    "nat": (lambda ec2: ec2.nat_gateways, "NatGatewayNotFound"),
    "dopt": (lambda ec2: ec2.dhcp_options_sets, "InvalidDhcpOptionID.NotFound"),
    "eipalloc": (lambda ec2: {one.allocation_id for one in ec2.addresses}, "InvalidAllocationID.NotFound"),
}

