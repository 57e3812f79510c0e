"""Endpoints and the services behind them."""

import fnmatch
import ipaddress
import json

from moto.ec2.models.vpcs import AWS_ENDPOINT_SERVICES, VPCBackend, VPCEndPoint

from call import Refused
from corrections import at, instead
from corrections.gateway import drop_routes
from corrections.interfaces import ServiceInterface, free_address

# Where the host is not `SERVICE.REGION.amazonaws.com`. Source: the SDKs' endpoint rules (botocore, endpoints.json).
HOSTS = {
    "sagemaker.runtime": "runtime.sagemaker",
    "sagemaker.api": "api.sagemaker",
    "sagemaker.featurestore-runtime": "featurestore-runtime.sagemaker",
    "sagemaker.metrics": "metrics.sagemaker",
    "kinesis-streams": "kinesis",
    "kinesis-firehose": "firehose",
    "ecr.api": "api.ecr",
    "ecr.dkr": "*.dkr.ecr",
    "iot.data": "data-ats.iot",
}
# Services that take no endpoint policy. Source: PrivateLink guide, "AWS services that integrate with AWS PrivateLink".
WITHOUT_POLICY = {"appmesh-envoy-management", "transfer", "email-smtp"}


def services(world, region, zones):
    """What a region offers; in which zones it lacks what (`missing_zones`) is the test's to say."""
    names = sorted({*AWS_ENDPOINT_SERVICES, *HOSTS, "sqs", "sns", "kms", "sts", "bedrock-runtime", "dynamodb", "s3"})
    kinds = {"s3": ["Gateway", "Interface"], "dynamodb": ["Gateway", "Interface"]}
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    for number, name in enumerate(names):
        host = f"{HOSTS.get(name, name)}.{region}.{suffix}"
        for kind in kinds.get(name, ["Interface"]):
            yield {
                "AcceptanceRequired": False,
                "AvailabilityZones": [zone for zone in zones if zone not in world.settings.missing_zones.get(name, [])],
                "BaseEndpointDnsNames": [f"{name}.{region}.vpce.{suffix}"],
                "ManagesVpcEndpoints": False,
                "Owner": "amazon",
                "ServiceId": f"vpce-svc-{number:017x}",
                "ServiceName": f"com.amazonaws.{region}.{name}",
                "ServiceRegion": region,
                "ServiceType": [{"ServiceType": kind}],
                "SupportedIpAddressTypes": ["ipv4"],
                "Tags": [],
                "VpcEndpointPolicySupported": name not in WITHOUT_POLICY,
                "PrivateDnsName": host,
                "PrivateDnsNames": [{"PrivateDnsName": host}],
                "PrivateDnsNameVerificationState": "verified",
            }


@instead(VPCBackend, "_collect_default_endpoint_services")
def services_have_their_own_hosts(world, original, account, region):
    """A service's private name is its host, which is not always its name.

    AWS: `com.amazonaws.R.sagemaker.runtime` has the private name `runtime.sagemaker.R.amazonaws.com`.
    Source: PrivateLink guide, "AWS services that integrate"; the SDKs' endpoint rules.
    moto: puts the name of the service in front of the region.
    """
    return list(services(world, region, [zone.name for zone in world.ec2.describe_availability_zones()]))


@instead(VPCBackend, "_filter_endpoint_services")
def services_are_filtered(world, original, names, filters, offered):
    """By name and type, as every describe.

    AWS: filters `service-name`, `service-type`, `service-region`, `owner` and tags; several values are joined with OR.
    Source: EC2 API reference, DescribeVpcEndpointServices.
    moto: an internal error for a filter with values.
    """
    known = {
        "service-name": lambda one: [one["ServiceName"]],
        "service-type": lambda one: [kind["ServiceType"] for kind in one["ServiceType"]],
        "service-region": lambda one: [one["ServiceRegion"]],
        "owner": lambda one: [one["Owner"]],
    }

    def fits(one):
        return all(
            any(fnmatch.fnmatchcase(has, wanted) for has in known[by["Name"]](one) for wanted in by.get("Values", []))
            for by in filters
        )

    for by in filters:
        if by["Name"] not in known:
            raise Refused("InvalidFilter", f"The filter '{by['Name']}' is invalid")
    return [one for one in offered if (not names or one["ServiceName"] in names) and fits(one)]


def subnets_asked(params):
    """The subnets of a create or modify call, with the address that was asked for."""
    asked = {subnet: None for subnet in params.get("SubnetIds", params.get("AddSubnetIds", []))}
    for entry in params.get("SubnetConfigurations", []):
        asked[entry["SubnetId"]] = entry.get("Ipv4")
    return asked


@at("ec2:CreateVpcEndpoint")
def endpoints_are_checked(world, call, proceed):
    """The service exists, is there in each zone, and has one subnet in each; subnets and groups are the VPC's.

    AWS: InvalidServiceName; InvalidParameter for a zone, and for a service that has no endpoints of the type; DuplicateSubnetsInSameZone; "not found" for subnet and group;
    InvalidParameter for private names without the VPC's DNS attributes, or where another endpoint has them.
    Source: EC2 API reference, CreateVpcEndpoint; error codes.
    moto: takes all of it.
    """
    params, ec2 = call.params, world.ec2
    vpc = ec2.get_vpc(params["VpcId"])
    zones = [zone.name for zone in ec2.describe_availability_zones()]
    offered = [one for one in services(world, call.region, zones) if one["ServiceName"] == params["ServiceName"]]
    if not offered:
        raise Refused("InvalidServiceName", f"The Vpc Endpoint Service '{params['ServiceName']}' does not exist")
    kind = params.get("VpcEndpointType", "Gateway")
    service = next((one for one in offered if one["ServiceType"] == [{"ServiceType": kind}]), None)
    if not service:
        raise Refused("InvalidParameter", f"{params['ServiceName']} has no endpoints of type {kind}")
    if "PolicyDocument" in params and not service["VpcEndpointPolicySupported"]:
        raise Refused("InvalidParameter", f"{params['ServiceName']} does not support endpoint policies")
    check_policy(params)
    if kind != "Interface":
        return proceed()
    check_subnets(ec2, vpc, list(subnets_asked(params)), service)
    for group in params.get("SecurityGroupIds", []):
        found = ec2.get_security_group_from_id(group)
        if not found or found.vpc_id != vpc.id:
            raise Refused("InvalidGroup.NotFound", f"The security group '{group}' does not exist in VPC '{vpc.id}'")
    if params.get("PrivateDnsEnabled"):
        check_private_names(ec2, vpc, params["ServiceName"])
    return proceed()


def check_policy(params):
    if "PolicyDocument" in params:
        try:
            json.loads(params["PolicyDocument"])
        except ValueError as problem:
            raise Refused("InvalidPolicyDocument", f"The policy is no JSON: {problem}") from problem


def check_subnets(ec2, vpc, subnets, service):
    zones = {}
    for subnet_id in subnets:
        subnet = ec2.get_subnet(subnet_id)
        if subnet.vpc_id != vpc.id:
            raise Refused("InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist in VPC '{vpc.id}'")
        if subnet.availability_zone not in service["AvailabilityZones"]:
            message = f"The VPC endpoint service {service['ServiceName']} does not support the availability zone of the subnet: {subnet_id}."
            raise Refused("InvalidParameter", message)
        if zones.setdefault(subnet.availability_zone, subnet_id) != subnet_id:
            raise Refused("DuplicateSubnetsInSameZone", f"Found another VPC endpoint subnet in the availability zone of {subnet_id}")


def check_private_names(ec2, vpc, service):
    if not (on(vpc.enable_dns_support) and on(vpc.enable_dns_hostnames)):
        message = "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true"
        raise Refused("InvalidParameter", f"{message} for {vpc.id}")
    for other in ec2.vpc_end_points.values():
        taken = other.vpc_id == vpc.id and other.service_name == service and other.private_dns_enabled
        if taken and other.state != "deleted":
            message = f"private-dns-enabled cannot be set because there is already a conflicting DNS domain in the VPC {vpc.id}"
            raise Refused("InvalidParameter", message)


def on(attribute):
    return str(attribute).lower() == "true"


@instead(VPCBackend, "create_vpc_endpoint")
def endpoints_have_their_interfaces(world, original, backend, **asked):
    """One interface per subnet, at the asked address, in the asked groups; available after a while (`endpoint_s`).

    AWS: type `vpc_endpoint`, described as "VPC Endpoint Interface vpce-...", managed by its requester; an address from the subnet;
    without groups, the VPC's default group.
    Source: EC2 API reference, CreateVpcEndpoint (SubnetConfigurations); PrivateLink guide, "Access AWS services through PrivateLink".
    moto: a random 10.x address outside the subnet, type `interface`, no description, the default group whatever was asked;
    SubnetConfigurations is ignored; available at once.
    """
    if (asked.get("endpoint_type") or "").lower() != "interface":
        return original(backend, **asked)
    subnets = subnets_asked(world.call.params)
    groups = asked.get("security_group_ids") or [backend.get_default_security_group(asked["vpc_id"]).id]
    for subnet, address in subnets.items():
        check_address(backend, subnet, address)
    made = original(backend, **{**asked, "subnet_ids": [], "security_group_ids": groups})
    made.subnet_ids = []
    for subnet, address in subnets.items():
        add_subnet(backend, made, subnet, address)
    made.state = "pending"

    def available():
        if made.state == "pending":
            made.state = "available"

    world.later(world.settings.endpoint_s, available)
    return made


def check_address(backend, subnet_id, address):
    if address is None:
        return
    subnet = backend.get_subnet(subnet_id)
    if ipaddress.ip_address(address) not in ipaddress.ip_network(subnet.cidr_block):
        raise Refused("InvalidParameterValue", f"Address {address} does not fall within the subnet's address range")
    if any(interface.private_ip_address == address and interface.vpc_id == subnet.vpc_id for interface in backend.enis.values()):
        raise Refused("InvalidIPAddress.InUse", f"Address {address} is in use.")


def add_subnet(backend, endpoint, subnet_id, address):
    subnet = backend.get_subnet(subnet_id)
    address = address or free_address(backend, subnet)
    text = f"VPC Endpoint Interface {endpoint.id}"
    interface = ServiceInterface(backend, subnet, address, endpoint.security_group_ids, "vpc_endpoint", text)
    endpoint.subnet_ids.append(subnet_id)
    endpoint.network_interface_ids.append(interface.id)


def interfaces(backend, endpoint):
    return [backend.enis[one] for one in endpoint.network_interface_ids if one in backend.enis]


@instead(VPCEndPoint, "get_filter_value")
def endpoints_are_filtered_by_id(world, original, endpoint, name, *more):
    """The filter `vpc-endpoint-id`, with which a batch of ids does not fail for the one that is gone.

    AWS: has it.
    Source: EC2 API reference, DescribeVpcEndpoints.
    moto: an internal error.
    """
    return endpoint.id if name == "vpc-endpoint-id" else original(endpoint, name, *more)


@instead(VPCEndPoint, "modify")
def a_changed_endpoint_changes_its_interfaces(world, original, endpoint, *args, **kwargs):
    """Groups and subnets of an endpoint are those of its interfaces; a policy can be reset.

    AWS: interfaces come and go with the subnets, and change their groups; ResetPolicy brings back the default policy.
    Source: EC2 API reference, ModifyVpcEndpoint.
    moto: changes its lists only, and knows no ResetPolicy.
    """
    params, backend = world.call.params, endpoint.ec2_backend
    check_policy(params)
    added = {subnet: address for subnet, address in subnets_asked(params).items() if subnet not in endpoint.subnet_ids}
    before = list(endpoint.subnet_ids)
    original(endpoint, *args, **kwargs)
    endpoint.subnet_ids = [subnet for subnet in before if subnet in endpoint.subnet_ids]
    for interface in interfaces(backend, endpoint):
        if interface.subnet.id not in endpoint.subnet_ids:
            interface.go()
            endpoint.network_interface_ids.remove(interface.id)
    for subnet, address in added.items():
        add_subnet(backend, endpoint, subnet, address)
    for interface in interfaces(backend, endpoint):
        interface._group_set = [backend.get_security_group_from_id(one) for one in endpoint.security_group_ids]
    if params.get("ResetPolicy"):
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)


@at("ec2:DeleteVpcEndpoints")
def unknown_endpoints_are_unsuccessful(world, call, proceed):
    """A batch says which of its ids it could not delete, within a success.

    AWS: `Unsuccessful` with InvalidVpcEndpoint.NotFound.
    Source: EC2 API reference, DeleteVpcEndpoints; error codes.
    moto: an empty list.
    """
    there = {one.id for one in world.ec2.vpc_end_points.values() if one.state not in ("deleting", "deleted")}
    unknown = [identity for identity in call.params["VpcEndpointIds"] if identity not in there]
    answer = proceed()
    if not unknown or answer.status >= 400:
        return answer
    item = "<item><error><code>InvalidVpcEndpoint.NotFound</code><message>The Vpc Endpoint Id '{0}' does not exist</message></error><resourceId>{0}</resourceId></item>"
    return call.xml(f"<unsuccessful>{''.join(item.format(one) for one in unknown)}</unsuccessful>")


@instead(VPCBackend, "delete_vpc_endpoints")
def deleting_an_endpoint_takes_a_while(world, original, backend, vpce_ids=None):
    """It is `deleting` (`endpoint_delete_s`); its interfaces go at the end; then it is listed as deleted for a while.

    AWS: deleting -> deleted; subnets and groups are held until the interfaces are gone.
    Source: EC2 API reference, VpcEndpoint; PrivateLink guide, "Delete an interface endpoint".
    moto: the interfaces go at once; it is listed for ever.
    """
    for identity in vpce_ids or []:
        endpoint = backend.vpc_end_points.get(identity)
        if not endpoint or endpoint.state in ("deleting", "deleted"):
            continue
        endpoint.state = "deleting"
        world.later(world.settings.endpoint_delete_s, lambda one=endpoint: gone(world, original, backend, one))


def gone(world, original, backend, endpoint):
    for interface in interfaces(backend, endpoint):
        interface.go()
    # moto stumbles over a table that went first.
    drop_routes(backend, endpoint)
    endpoint.route_table_ids = []
    original(backend, [endpoint.id])
    listed = max(world.settings.deleted_listed_s, 1.0)
    world.later(listed, lambda: backend.vpc_end_points.pop(endpoint.id, None))
