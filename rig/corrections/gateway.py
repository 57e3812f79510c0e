"""Gateway endpoints: what they do to route tables."""

from moto.ec2.models.vpcs import VPCBackend

from call import Refused
from corrections import at, instead


def is_gateway(endpoint):
    return (endpoint.vpc_endpoint_type or "Gateway").lower() == "gateway"


def leads_to(table, endpoint):
    """The routes of a table that are an endpoint's."""
    return [key for key, route in table._routes.items() if route.gateway is endpoint]


def drop_routes(backend, endpoint, tables=None):
    """They go from these tables, or from all."""
    for table in backend.route_tables.values():
        if tables is None or table.id in tables:
            for key in leads_to(table, endpoint):
                del table._routes[key]


@at("ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint")
def a_table_leads_to_one_endpoint_per_service(world, call, proceed):
    """A table is one of the VPC's, and has one gateway endpoint for each service.

    AWS: RouteAlreadyExists when an endpoint is made, InvalidParameter with the same text when one is changed;
    InvalidRouteTableId.NotFound.
    Source: PrivateLink guide, "Gateway endpoints", considerations; EC2 API reference, error codes; public logs of both actions.
    moto: a second one takes the route over; a table that is not there is taken too when an endpoint is changed.
    """
    params, ec2 = call.params, world.ec2
    changed = ec2.vpc_end_points.get(params.get("VpcEndpointId"))
    vpc = changed.vpc_id if changed else params.get("VpcId")
    service = changed.service_name if changed else params.get("ServiceName")
    for identity in params.get("RouteTableIds", params.get("AddRouteTableIds", [])):
        table = ec2.route_tables.get(identity)
        if not table or table.vpc_id != vpc:
            raise Refused("InvalidRouteTableId.NotFound", f"The routeTable ID '{identity}' does not exist")
        for other in ec2.vpc_end_points.values():
            if other is not changed and other.service_name == service and leads_to(table, other):
                message = f"route table {identity} already has a route with destination-prefix-list-id {other.destination_prefix_list_id}"
                raise Refused("InvalidParameter" if changed else "RouteAlreadyExists", message)
    return proceed()


@instead(VPCBackend, "modify_vpc_endpoint")
def a_changed_gateway_endpoint_changes_its_routes(world, original, backend, vpc_id, **changes):
    """A table that is added gets the endpoint's route, and one that is removed loses it; what is deleted is not changed.

    AWS: routes to the service's prefix list come and go with the tables; InvalidVpcEndpointId.NotFound.
    Source: PrivateLink guide, "Gateway endpoints", routing; EC2 API reference, ModifyVpcEndpoint.
    moto: changes its list only, that of a deleted one too.
    """
    endpoint = backend.vpc_end_points.get(vpc_id)
    if not endpoint or endpoint.state in ("deleting", "deleted"):
        raise Refused("InvalidVpcEndpointId.NotFound", f"The Vpc Endpoint Id '{vpc_id}' does not exist")
    answer = original(backend, vpc_id, **changes)
    if is_gateway(endpoint):
        drop_routes(backend, endpoint, changes.get("remove_route_tables") or [])
        for table in changes.get("add_route_tables") or []:
            backend.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=endpoint.destination_prefix_list_id)
    return answer
