#!/usr/bin/env python3
"""Checks a whole lane against its spec, point by point, with boto3 alone: none of accel's code, names or tags is known here.

Expects one lane in the two regions and nothing else: whatever is there twice, or besides, is a difference. Prints every difference and
ends with 1 if there is any, else with the number of points that hold.
"""

import argparse
import ipaddress
import json
import sys
import tomllib
from pathlib import Path

import boto3
from botocore.config import Config

ANYWHERE = "0.0.0.0/0"


class Points:
    """What was checked, and what does not hold."""

    def __init__(self):
        self.held, self.differences = 0, []

    def same(self, what, found, wanted):
        """Both are the same."""
        if found == wanted:
            self.held += 1
        else:
            self.differences.append(f"{what}: found {found!r}, wanted {wanted!r}")

    def one(self, what, found):
        """There is exactly one; gives it, or nothing."""
        self.same(f"number of: {what}", len(found), 1)
        return found[0] if found else None


class Side:
    """One region: its clients, and the one VPC that is not the account's default."""

    def __init__(self, points, session, region, url, name):
        config = Config(retries={"total_max_attempts": 5})
        self.points, self.region, self.name = points, region, name
        self.ec2 = session.client("ec2", region, endpoint_url=url, config=config)
        self.elb = session.client("elbv2", region, endpoint_url=url, config=config)
        vpcs = [vpc for vpc in self.ec2.describe_vpcs()["Vpcs"] if not vpc.get("IsDefault")]
        self.vpc = points.one(f"{name}: VPC", vpcs)
        self.id = self.vpc["VpcId"] if self.vpc else "none"
        self.subnets = sorted(self.of_vpc("subnets", "Subnets"), key=lambda one: one["AvailabilityZone"])
        self.tables = self.of_vpc("route_tables", "RouteTables")
        self.groups = [one for one in self.of_vpc("security_groups", "SecurityGroups") if one["GroupName"] != "default"]
        self.tagged = {}

    def of_vpc(self, call, key):
        """Everything of a kind in the VPC."""
        describe = getattr(self.ec2, f"describe_{call}")
        return describe(Filters=[{"Name": "vpc-id", "Values": [self.id]}])[key]

    def carries(self, what, tags):
        """Remembers the tags of a thing, for the end."""
        self.tagged[f"{self.name}: {what}"] = {one["Key"]: one["Value"] for one in tags}


def network(side, cidr, zones):
    """The VPC, its subnets, its one route table and its one group."""
    points, name = side.points, side.name
    points.same(f"{name}: VPC block", side.vpc["CidrBlock"], cidr)
    side.carries("VPC", side.vpc.get("Tags", []))
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = side.ec2.describe_vpc_attribute(VpcId=side.id, Attribute=attribute)
        points.same(f"{name}: {attribute}", answer[attribute[0].upper() + attribute[1:]]["Value"], True)
    points.same(f"{name}: subnets in as many zones", len({one["AvailabilityZone"] for one in side.subnets}), zones)
    points.same(f"{name}: one subnet per zone", len(side.subnets), zones)
    for subnet in side.subnets:
        block = ipaddress.ip_network(subnet["CidrBlock"])
        points.same(f"{name}: {subnet['CidrBlock']} lies in the VPC", block.subnet_of(ipaddress.ip_network(cidr)), True)
        side.carries(f"subnet {subnet['AvailabilityZone']}", subnet.get("Tags", []))
    own = [table for table in side.tables if not any(one.get("Main") for one in table["Associations"])]
    side.table = points.one(f"{name}: route table", own)
    if side.table:
        points.same(
            f"{name}: subnets of the route table",
            sorted(one.get("SubnetId", "") for one in side.table["Associations"]),
            sorted(one["SubnetId"] for one in side.subnets),
        )
        side.carries("route table", side.table.get("Tags", []))
    for table in side.tables:
        if table is not side.table:
            points.same(f"{name}: routes of the main table", len(table["Routes"]), 1)
    side.group = points.one(f"{name}: security group", side.groups)
    if side.group:
        side.carries("security group", side.group.get("Tags", []))


def routes(side, cidr, wanted):
    """Exactly the VPC's own block and these, all of them active."""
    found = {
        one["DestinationCidrBlock"]: (one.get("VpcPeeringConnectionId") or one.get("GatewayId"), one["State"])
        for one in (side.table or {"Routes": []})["Routes"]
    }
    expected = {cidr: ("local", "active"), **{to: (via, "active") for to, via in wanted.items()}}
    side.points.same(f"{side.name}: routes", found, expected)


def rules(side, ingress, egress):
    """Exactly these rules, each as (protocol, from, to, block)."""
    if not side.group:
        return
    for direction, key, wanted in (("in", "IpPermissions", ingress), ("out", "IpPermissionsEgress", egress)):
        found = set()
        for rule in side.group[key]:
            for block in rule["IpRanges"]:
                found.add((rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), block["CidrIp"]))
            others = rule.get("Ipv6Ranges", []) + rule.get("UserIdGroupPairs", []) + rule.get("PrefixListIds", [])
            side.points.same(f"{side.name}: rules {direction} for anything but IPv4 blocks", others, [])
        side.points.same(f"{side.name}: rules {direction}", found, wanted)
    by_group = [{"Name": "group-id", "Values": [side.group["GroupId"]]}]
    for rule in side.ec2.describe_security_group_rules(Filters=by_group)["SecurityGroupRules"]:
        side.carries(f"rule {rule.get('CidrIpv4')} {rule['IpProtocol']} {rule['FromPort']}", rule.get("Tags", []))


def endpoint(side, service, account):
    """The endpoint of a service; gives its addresses."""
    points, name = side.points, service["name"]
    full = name if "." in name and name.startswith(("com.", "cn.", "aws.")) else f"com.amazonaws.{side.region}.{name}"
    live = [one for one in side.of_vpc("vpc_endpoints", "VpcEndpoints") if one["State"].lower() not in ("deleted", "deleting")]
    found = points.one(f"endpoint of {name}", [one for one in live if one["ServiceName"] == full])
    if not found:
        return []
    points.same(f"endpoint of {name}: state", found["State"].lower(), "available")
    points.same(f"endpoint of {name}: type", found["VpcEndpointType"], "Interface")
    points.same(f"endpoint of {name}: private DNS", found["PrivateDnsEnabled"], False)
    points.same(f"endpoint of {name}: subnets", sorted(found["SubnetIds"]), sorted(one["SubnetId"] for one in side.subnets))
    points.same(f"endpoint of {name}: groups", [one["GroupId"] for one in found["Groups"]], [side.group["GroupId"]])
    side.carries(f"endpoint of {name}", found.get("Tags", []))
    policy(points, name, json.loads(found["PolicyDocument"]), account)
    interfaces = side.ec2.describe_network_interfaces(NetworkInterfaceIds=found["NetworkInterfaceIds"])["NetworkInterfaces"]
    blocks = {one["SubnetId"]: ipaddress.ip_network(one["CidrBlock"]) for one in side.subnets}
    for one in interfaces:
        inside = ipaddress.ip_address(one["PrivateIpAddress"]) in blocks[one["SubnetId"]]
        points.same(f"endpoint of {name}: {one['PrivateIpAddress']} lies in its subnet", inside, True)
        points.same(f"endpoint of {name}: groups of an interface", [each["GroupId"] for each in one["Groups"]], [side.group["GroupId"]])
    return [one["PrivateIpAddress"] for one in interfaces]


def policy(points, name, document, account):
    """Each statement that allows is bound to accounts or an organisation, and one of them names our own account."""
    statements = document["Statement"]
    bound = [one.get("Condition", {}).get("StringEquals", {}) for one in statements if one["Effect"] == "Allow"]
    keys = [sorted(one) for one in bound]
    points.same(f"policy of {name}: every statement is bound", [k for k in keys if k not in (["aws:PrincipalAccount"], ["aws:PrincipalOrgID"])], [])
    accounts = [one["aws:PrincipalAccount"] for one in bound if "aws:PrincipalAccount" in one]
    points.same(f"policy of {name}: our account is allowed", account in (accounts[0] if accounts else []), True)


def peering(service, entry):
    """The one connection, active, with tags on both sides; gives its id."""
    over = ("deleted", "failed", "rejected", "expired")
    seen = {}
    for side in (service, entry):
        live = [
            one
            for one in side.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
            if one["Status"]["Code"] not in over
        ]
        found = side.points.one(f"{side.name}: peering connection", live)
        if found:
            seen[side.name] = found["VpcPeeringConnectionId"]
            side.points.same(f"{side.name}: peering", found["Status"]["Code"], "active")
            pair = (found["RequesterVpcInfo"]["VpcId"], found["AccepterVpcInfo"]["VpcId"])
            side.points.same(f"{side.name}: requester and accepter", pair, (entry.id, service.id))
            side.carries("peering connection", found.get("Tags", []))
    service.points.same("both sides have one connection", len(set(seen.values())), 1)
    return next(iter(seen.values()), "none")


def gateway(entry):
    """The one internet gateway."""
    all_of_them = entry.ec2.describe_internet_gateways()["InternetGateways"]
    ours = [one for one in all_of_them if not one["Attachments"] or one["Attachments"][0]["VpcId"] == entry.id]
    found = entry.points.one("entry: internet gateway", ours)
    if not found:
        return "none"
    entry.points.same("entry: the gateway's VPC", [one["VpcId"] for one in found["Attachments"]], [entry.id])
    entry.carries("internet gateway", found.get("Tags", []))
    return found["InternetGatewayId"]


def balancers(entry, spec, addresses):
    """One load balancer per service, with its listeners, its target groups and their targets."""
    points = entry.points
    found = [one for one in entry.elb.describe_load_balancers()["LoadBalancers"] if one["VpcId"] == entry.id]
    points.same("number of load balancers", len(found), len(spec["services"]))
    groups = entry.elb.describe_target_groups()["TargetGroups"]
    wanted_groups = sum(len(one.get("ports", [443])) for one in spec["services"])
    points.same("number of target groups", len(groups), wanted_groups)
    leads_to = {frozenset(set_of): name for name, set_of in addresses.items()}
    reached, used = set(), []
    for one in found:
        balancer(entry, spec, one)
        used += elastic_ips(entry, spec, one)
        for listener in entry.elb.describe_listeners(LoadBalancerArn=one["LoadBalancerArn"])["Listeners"]:
            targets = forwarding(entry, spec, one, listener)
            reached.add((leads_to.get(frozenset(targets)), listener["Port"]))
    wanted = {(one["name"], port) for one in spec["services"] for port in one.get("ports", [443])}
    points.same("services and ports that are reached", reached, wanted)
    all_addresses = entry.ec2.describe_addresses()["Addresses"]
    points.same("elastic IPs, all of them in use", sorted(one["AllocationId"] for one in all_addresses), sorted(used))
    for one in all_addresses:
        entry.carries(f"elastic IP {one['PublicIp']}", one.get("Tags", []))
    tags_of(entry, "load balancer", [one["LoadBalancerArn"] for one in found])
    tags_of(entry, "target group", [one["TargetGroupArn"] for one in groups])


def tags_of(entry, what, arns):
    for one in entry.elb.describe_tags(ResourceArns=arns)["TagDescriptions"] if arns else []:
        entry.carries(f"{what} {one['ResourceArn'].rsplit(':', 1)[1]}", one["Tags"])


def balancer(entry, spec, found):
    """Its own settings."""
    points, name = entry.points, found["LoadBalancerName"]
    points.same(f"{name}: type, scheme, addresses", (found["Type"], found["Scheme"], found["IpAddressType"]), ("network", "internet-facing", "ipv4"))
    points.same(f"{name}: state", found["State"]["Code"], "active")
    points.same(f"{name}: groups", found.get("SecurityGroups", []), [entry.group["GroupId"]])
    points.same(f"{name}: zones", sorted(one["SubnetId"] for one in found["AvailabilityZones"]), sorted(one["SubnetId"] for one in entry.subnets))
    answer = entry.elb.describe_load_balancer_attributes(LoadBalancerArn=found["LoadBalancerArn"])
    attributes = {one["Key"]: one["Value"] for one in answer["Attributes"]}
    points.same(f"{name}: deletion protection", attributes["deletion_protection.enabled"], str(spec.get("protected", False)).lower())
    points.same(f"{name}: cross-zone", attributes["load_balancing.cross_zone.enabled"], str(spec.get("cross_zone", False)).lower())


def elastic_ips(entry, spec, found):
    """The elastic IP of each zone; gives their allocations."""
    given = [one for zone in found["AvailabilityZones"] for one in zone.get("LoadBalancerAddresses", [])]
    wanted = len(entry.subnets) if spec.get("elastic_ips", "made") == "made" else 0
    entry.points.same(f"{found['LoadBalancerName']}: elastic IPs", len(given), wanted)
    return [one["AllocationId"] for one in given]


def forwarding(entry, spec, of, listener):
    """A listener, its target group and its targets; gives the targets' addresses."""
    points, port = entry.points, listener["Port"]
    name = f"{of['LoadBalancerName']}:{port}"
    points.same(f"{name}: protocol", listener["Protocol"], "TCP")
    points.same(f"{name}: actions", [one["Type"] for one in listener["DefaultActions"]], ["forward"])
    answer = entry.elb.describe_listener_attributes(ListenerArn=listener["ListenerArn"])
    idle = {one["Key"]: one["Value"] for one in answer["Attributes"]}["tcp.idle_timeout.seconds"]
    points.same(f"{name}: idle timeout", idle, str(spec.get("idle_timeout_secs", 350)))
    tags_of(entry, "listener", [listener["ListenerArn"]])
    group = listener["DefaultActions"][0]["TargetGroupArn"]
    found = entry.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    is_now = (found["TargetType"], found["Protocol"], found["Port"], found["VpcId"])
    points.same(f"{name}: target group", is_now, ("ip", "TCP", port, entry.id))
    check = spec.get("health_check", {})
    wanted = ("TCP", check.get("interval_secs", 10), check.get("healthy", 2), check.get("unhealthy", 2))
    is_now = (found["HealthCheckProtocol"], *(found[key] for key in ("HealthCheckIntervalSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount")))
    points.same(f"{name}: health check", is_now, wanted)
    attributes = entry.elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    attributes = {one["Key"]: one["Value"] for one in attributes}
    points.same(f"{name}: client addresses are preserved", attributes["preserve_client_ip.enabled"], "false")
    points.same(f"{name}: proxy protocol", attributes["proxy_protocol_v2.enabled"], "false")
    health = entry.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    for one in health:
        target = one["Target"]
        points.same(f"{name}: port and zone of {target['Id']}", (target["Port"], target.get("AvailabilityZone")), (port, "all"))
        points.same(f"{name}: health of {target['Id']}", one["TargetHealth"]["State"], "healthy")
    return [one["Target"]["Id"] for one in health]


def tags(sides, spec):
    """Everything carries the user's tags, and some of its owner's; the connection does so on both sides."""
    wanted = spec.get("tags", {})
    for side in sides:
        for what, has in side.tagged.items():
            side.points.same(f"{what}: the spec's tags", {key: has.get(key) for key in wanted}, dict(wanted))
            side.points.same(f"{what}: has an owner", bool(set(has) - set(wanted)), True)


def verify(spec, url, service_session, entry_session):
    """The whole lane."""
    points = Points()
    service = Side(points, service_session, spec["service_region"], url, "service")
    entry = Side(points, entry_session, spec["entry_region"], url, "entry")
    if not (service.vpc and entry.vpc):
        return points
    cidrs = spec.get("service_cidr", "10.1.0.0/16"), spec.get("entry_cidr", "10.2.0.0/16")
    zones = spec.get("zones", 2)
    ports = sorted({port for one in spec["services"] for port in one.get("ports", [443])})
    network(service, cidrs[0], zones)
    network(entry, cidrs[1], zones)
    connection, door = peering(service, entry), gateway(entry)
    routes(service, cidrs[0], {cidrs[1]: connection})
    routes(entry, cidrs[1], {ANYWHERE: door, cidrs[0]: connection})
    rules(service, {("tcp", port, port, cidrs[1]) for port in ports}, set())
    mtu = {("icmp", 3, 4, ANYWHERE)} if spec.get("path_mtu", True) else set()
    allowed = {("tcp", port, port, one["cidr"]) for port in ports for one in spec["allow"]}
    rules(entry, allowed | mtu, {("tcp", port, port, cidrs[0]) for port in ports})
    account = service_session.client("sts", spec["service_region"], endpoint_url=url).get_caller_identity()["Account"]
    live = [one for one in service.of_vpc("vpc_endpoints", "VpcEndpoints") if one["State"].lower() not in ("deleted", "deleting")]
    points.same("number of endpoints", len(live), len(spec["services"]))
    if service.group and entry.group:
        balancers(entry, spec, {one["name"]: endpoint(service, one, account) for one in spec["services"]})
    tags((service, entry), spec)
    return points


def session(key):
    """Credentials that the local AWS does not check."""
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key="secret")


def main():
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--url", required=True)
    options.add_argument("--spec", required=True, type=Path)
    options.add_argument("--service-key", default="AKIARIGDEFAULT")
    options.add_argument("--entry-key", default="AKIARIGDEFAULT")
    asked = options.parse_args()
    spec = tomllib.loads(asked.spec.read_text())
    points = verify(spec, asked.url, session(asked.service_key), session(asked.entry_key))
    for difference in points.differences:
        print(difference)
    print(f"{points.held} points hold, {len(points.differences)} do not")
    sys.exit(1 if points.differences else 0)


if __name__ == "__main__":
    main()
