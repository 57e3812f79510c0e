//! A route table that leads to a gateway endpoint. Its id is put together: `vpce-1/rtb-2`.

use accel_core::backend::{Phase, Request};
use accel_core::resource::{Attributes, Kind};
use accel_core::{ErrorKind, RemoteId, Result, resource};
use aws_sdk_ec2::types::VpcEndpoint;

use super::{Shown, endpoint, parts, route};
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::view::{View, Want};

const OPERATION: &str = "ModifyVpcEndpoint";

pub(crate) fn text(endpoint: &str, table: &str) -> String {
    format!("{endpoint}/{table}")
}

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::EndpointTable,
) -> Result<String> {
    let (endpoint, table) = (request.inputs.id(&asked.endpoint), request.inputs.id(&asked.table));
    let call = at
        .ec2()
        .modify_vpc_endpoint()
        .vpc_endpoint_id(endpoint.as_str())
        .add_route_table_ids(table.as_str());
    endpoint::modify(at, call, "the table").await?;
    Ok(text(endpoint.as_str(), table.as_str()))
}

#[expect(clippy::unused_async, reason = "every kind's search has this shape")]
pub(super) async fn candidates(
    _at: At<'_>,
    request: &Request<'_>,
    asked: &resource::EndpointTable,
) -> Result<Vec<String>> {
    let (endpoint, table) = (request.inputs.id(&asked.endpoint), request.inputs.id(&asked.table));
    Ok(vec![text(endpoint.as_str(), table.as_str())])
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.endpoints.insert(parts(id).0.to_owned());
}

fn has(endpoint: &VpcEndpoint, table: &str) -> bool {
    endpoint.route_table_ids().iter().any(|id| id == table)
}

/// As the endpoint says it. Where a view shows no endpoint, as the table does: the endpoint of somebody else that a table of ours leads to.
pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let (endpoint, table) = parts(id.as_str());
    let phase = match view.endpoints.get(endpoint)? {
        Some(it) if has(&it.endpoint, table) => endpoint::phase(&it.endpoint, || Attributes::Plain),
        Some(_) => None,
        None => view
            .tables
            .get(table)?
            .is_some_and(|it| it.routes().iter().any(|it| route::endpoint_of(it) == Some(endpoint)))
            .then(|| Shown::ready().phase),
    };
    // The route says no service: of somebody else's endpoint, which no view shows, there is no key.
    let service = view.endpoints.get(endpoint)?.and_then(|it| it.endpoint.service_name());
    Ok(phase.map(|phase| {
        // A table is there as soon as its endpoint takes it.
        let shown = match phase {
            Phase::Pending | Phase::Waiting { .. } => Shown::ready(),
            Phase::Ready(_) | Phase::Failed { .. } | Phase::Deleting | Phase::Gone => {
                Shown::new(phase)
            }
        };
        let shown = shown.refers(Kind::GatewayEndpoint, &id.place, [endpoint]).refers(
            Kind::RouteTable,
            &id.place,
            [table],
        );
        match service {
            Some(service) => shown.keyed(service.to_owned()),
            None => shown,
        }
    }))
}

pub(super) fn compare(
    view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::EndpointTable,
    found: &mut Differences,
) -> Result<()> {
    let (endpoint, table) = (request.inputs.id(&asked.endpoint), request.inputs.id(&asked.table));
    found.field("table", text(endpoint.as_str(), table.as_str()).as_str(), id.as_str());
    if let Some(it) = view.endpoints.get(endpoint.as_str())? {
        let service = it.endpoint.service_name().unwrap_or_default();
        found.field("service", asked.service.as_str(), service);
    }
    Ok(())
}

/// What comes for a table that does not lead to the endpoint is not documented: a look tells.
pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let (endpoint, table) = parts(id);
    let call = at.ec2().modify_vpc_endpoint().vpc_endpoint_id(endpoint);
    match at.remove(OPERATION, call.remove_route_table_ids(table).send()).await {
        Err(error) if error.kind() == ErrorKind::Invalid => {
            let ids = [endpoint.to_owned()].into();
            let there = family::bare_endpoints_by_id(at, &ids).await?;
            if there.iter().any(|(_, it)| has(it, table)) { Err(error) } else { Ok(()) }
        }
        answer => answer.map(drop),
    }
}
