//! Route tables that lead to a gateway endpoint. They have no actions of their own: endpoints take and leave them, and tables show them
//! as routes.

use accel_core::resource::Kind;
use accel_core::tags::Tags;
use accel_mock::{Body, Caller, EndpointTable, Key, Sight, World};

use crate::family::Row;
use crate::refusal::{Refusal, Result};

/// Leads tables to an endpoint. Source: `CreateVpcEndpoint`, `RouteTableIds`; `ModifyVpcEndpoint`, `AddRouteTableIds`.
pub(super) fn add(
    world: &mut World,
    caller: &Caller,
    endpoint: Key,
    tables: &[String],
) -> Result<()> {
    for id in tables {
        let table = world.require(caller, Kind::RouteTable, id, None)?.key();
        let body = Body::EndpointTable(EndpointTable { endpoint, table });
        world.make(caller, body, Tags::new(), None)?;
    }
    Ok(())
}

/// Takes tables away from an endpoint. What comes for one that does not lead there is not documented; the form of the code is that of the
/// other parameters of the call.
pub(super) fn remove(
    world: &mut World,
    caller: &Caller,
    endpoint: Key,
    tables: &[String],
) -> Result<()> {
    let endpoint = world.thing(endpoint).id().to_owned();
    for table in tables {
        let id = format!("{endpoint}/{table}");
        world.require(caller, Kind::RouteTable, table, None)?;
        if world.shown_by_id(caller, Kind::EndpointTable, &id).is_none() {
            let message = format!("{table} is not associated with {endpoint}");
            return Err(Refusal::new("InvalidParameter", message));
        }
        world.unmake(caller, Kind::EndpointTable, &id)?;
    }
    Ok(())
}

/// Of an endpoint or a table, what leads from the one to the other: with the ids of the endpoint and the table.
pub(super) fn all<'w>(
    row: &Row<'w>,
) -> impl Iterator<Item = (&'w EndpointTable, &'w str, &'w str)> + use<'w> {
    let view = row.view;
    let parts = view.world.shown_parts(row.thing.key(), Kind::EndpointTable, Sight::List);
    parts.filter_map(move |(part, _)| {
        let Body::EndpointTable(it) = part.body() else { return None };
        Some((it, view.id(it.endpoint), view.id(it.table)))
    })
}
