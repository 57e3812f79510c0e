"""Regions, quotas and what an account has switched on."""

import json

from call import Answer, Refused
from corrections import at

OPT_IN = {
    "af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",
    "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1",
    "mx-central-1",
}  # fmt: skip


@at("ec2:DescribeRegions")
def opt_in_regions_are_opted_in(world, call, proceed):
    """This account has opted in to the regions that ask for it.

    AWS: OptInStatus `opted-in` or `not-opted-in` for these, `opt-in-not-required` for the others.
    Source: Account Management reference guide, "Enable or disable AWS Regions in your account".
    moto: its own idea of which those are.
    """
    answer = proceed()
    body = answer.body.decode()
    for region in OPT_IN:
        start = body.find(f"<regionName>{region}</regionName>")
        if start < 0:
            continue
        begin, end = body.rfind("<item>", 0, start), body.find("</item>", start)
        item = body[begin:end]
        for status in ("opt-in-not-required", "not-opted-in"):
            item = item.replace(f"<optInStatus>{status}<", "<optInStatus>opted-in<")
        body = body[:begin] + item + body[end:]
    return Answer(answer.status, body.encode(), answer.headers)


# Code: (service, name, default). Source: Service Quotas console and guide; Amazon VPC quotas; ELB quotas.
QUOTAS = {
    "L-F678F1CE": ("vpc", "VPCs per Region", 5),
    "L-A4707A72": ("vpc", "Internet gateways per Region", 5),
    "L-407747CB": ("vpc", "Subnets per VPC", 200),
    "L-589F43AA": ("vpc", "Route tables per VPC", 200),
    "L-93826ACB": ("vpc", "Routes per route table", 500),
    "L-E79EC296": ("vpc", "VPC security groups per Region", 2500),
    "L-0EA8095F": ("vpc", "Inbound or outbound rules per security group", 60),
    "L-29B6F2EB": ("vpc", "Interface VPC endpoints per VPC", 50),
    "L-1B52E74A": ("vpc", "Gateway VPC endpoints per Region", 20),
    "L-7E9ECCDB": ("vpc", "Active VPC peering connections per VPC", 50),
    "L-DC9F7029": ("vpc", "Outstanding VPC peering connection requests", 25),
    "L-DF5E4CA3": ("vpc", "Network interfaces per Region", 5000),
    "L-0263D0A3": ("ec2", "EC2-VPC Elastic IPs", 5),
    "L-69A177A2": ("elasticloadbalancing", "Network Load Balancers per Region", 50),
    "L-B22855CB": ("elasticloadbalancing", "Target Groups per Region", 3000),
    "L-57A373D6": ("elasticloadbalancing", "Listeners per Network Load Balancer", 50),
}


def quota(world, code):
    """Its value in this account."""
    return world.settings.quotas.get(code, QUOTAS[code][2])


@at("servicequotas:*")
def service_quotas_answers(world, call, proceed):
    """Quotas can be asked for.

    AWS: ListServiceQuotas, ListAWSDefaultServiceQuotas, GetServiceQuota, GetAWSDefaultServiceQuota; or AccessDeniedException.
    Source: Service Quotas API reference.
    moto: an internal error for the service code `vpc`.
    """
    if world.settings.quota_service == "denied":
        raise Refused("AccessDeniedException", f"User is not authorized to perform: {call.name}")
    entries = [
        {"ServiceCode": service, "QuotaCode": code, "QuotaName": name, "Value": float(quota(world, code)), "Unit": "None",
         "Adjustable": True, "GlobalQuota": False, "QuotaArn": f"arn:aws:servicequotas:{call.region}:{call.account}:{service}/{code}"}
        for code, (service, name, _) in QUOTAS.items()
        if service == call.params.get("ServiceCode") and call.params.get("QuotaCode", code) == code
    ]  # fmt: skip
    if call.action.startswith("List"):
        body = {"Quotas": entries}
    elif entries:
        body = {"Quota": entries[0]}
    else:
        raise Refused("NoSuchResourceException", "The request failed because the specified quota does not exist.")
    return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/x-amz-json-1.1"})


LIMITED = {
    "CreateVpc": ("L-F678F1CE", "VpcLimitExceeded", "VPCs", lambda ec2: ec2.vpcs),
    "CreateInternetGateway": ("L-A4707A72", "InternetGatewayLimitExceeded", "internet gateways", lambda ec2: ec2.internet_gateways),
    "AllocateAddress": ("L-0263D0A3", "AddressLimitExceeded", "addresses", lambda ec2: ec2.addresses),
}


@at(*(f"ec2:{action}" for action in LIMITED))
def quotas_are_kept(world, call, proceed):
    """No more than the quota allows.

    AWS: VpcLimitExceeded, InternetGatewayLimitExceeded, AddressLimitExceeded.
    Source: Amazon VPC quotas; EC2 API reference, error codes.
    moto: any number.
    """
    code, error, what, things = LIMITED[call.action]
    if len(things(world.ec2)) >= quota(world, code):
        raise Refused(error, f"The maximum number of {what} has been reached.")
    return proceed()


@at("elasticloadbalancing:CreateLoadBalancer")
def load_balancer_quota_is_kept(world, call, proceed):
    """No more network load balancers than the quota allows.

    AWS: TooManyLoadBalancers.
    Source: ELBv2 API reference, CreateLoadBalancer.
    moto: any number.
    """
    there = [one for one in world.elb.load_balancers.values() if one.type == "network"]
    if len(there) >= quota(world, "L-69A177A2") and all(one.name != call.params["Name"] for one in there):
        raise Refused("TooManyLoadBalancers", "The maximum number of load balancers has been reached")
    return proceed()


@at("ec2:DescribeVpcBlockPublicAccessOptions")
def public_access_can_be_blocked(world, call, proceed):
    """Whether the account keeps its VPCs from the internet.

    AWS: InternetGatewayBlockMode `off`, `block-bidirectional` or `block-ingress` (`public_access`).
    Source: EC2 API reference, DescribeVpcBlockPublicAccessOptions.
    moto: does not know the action.
    """
    mode = world.settings.public_access
    return call.xml(
        f"<vpcBlockPublicAccessOptions><awsAccountId>{call.account}</awsAccountId><awsRegion>{call.region}</awsRegion>"
        f"<state>default-state</state><internetGatewayBlockMode>{mode}</internetGatewayBlockMode>"
        "<exclusionsAllowed>allowed</exclusionsAllowed></vpcBlockPublicAccessOptions>"
    )


@at("elasticloadbalancing:DescribeAccountLimits")
def account_limits_are_todays(world, call, proceed):
    """The limits of load balancing.

    AWS: 50 network load balancers, 3000 target groups, 50 listeners of each.
    Source: NLB guide, "Quotas for your Network Load Balancers".
    moto: older, lower ones.
    """
    limits = {
        "network-load-balancers": quota(world, "L-69A177A2"),
        "listeners-per-network-load-balancer": quota(world, "L-57A373D6"),
        "target-groups": quota(world, "L-B22855CB"),
        "targets-per-network-load-balancer": 3000,
        "target-groups-per-action-on-network-load-balancer": 1,
    }
    items = "".join(f"<member><Name>{name}</Name><Max>{limit}</Max></member>" for name, limit in limits.items())
    return call.xml(f"<Limits>{items}</Limits>")
