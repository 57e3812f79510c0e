//! What both kinds of endpoints share: one describe shows them, one call removes them.

use accel_core::backend::{Phase, Ready, Request};
use accel_core::resource::{Attributes, Kind, Resource};
use accel_core::{ErrorKind, Result};
use aws_sdk_ec2::types::{VpcEndpoint, VpcEndpointType};

use super::{ids_of, owned};
use crate::call::At;
use crate::error::{self, Effect};
use crate::family;
use crate::view::View;

/// The kind of an endpoint. In some partitions the type is left out; an endpoint without subnets is a gateway then.
/// Source: `VpcEndpoint`, `VpcEndpointType`; hashicorp/terraform-provider-aws, `vpc_endpoint.go`.
pub(crate) fn kind_of(endpoint: &VpcEndpoint) -> Kind {
    match endpoint.vpc_endpoint_type() {
        Some(VpcEndpointType::Gateway) => Kind::GatewayEndpoint,
        None if endpoint.subnet_ids().is_empty() => Kind::GatewayEndpoint,
        Some(_) | None => Kind::InterfaceEndpoint,
    }
}

/// The kind of the endpoint of that id, as far as a view shows it.
pub(super) fn kind_in(view: &View, id: &str) -> Result<Kind> {
    let shown = view.endpoints.get(id)?;
    Ok(shown.map_or(Kind::InterfaceEndpoint, |it| kind_of(&it.endpoint)))
}

/// The wire says `available`, the model `Available`: the SDK knows none of the values that come.
fn state(endpoint: &VpcEndpoint) -> String {
    endpoint.state().map(|state| state.as_str().to_ascii_lowercase()).unwrap_or_default()
}

pub(crate) fn is_ready(endpoint: &VpcEndpoint) -> bool {
    state(endpoint) == "available"
}

/// Whether it is there to stay, or on its way to that.
pub(crate) fn is_live(endpoint: &VpcEndpoint) -> bool {
    let over = ["deleting", "deleted", "failed", "rejected", "expired"];
    !over.contains(&state(endpoint).as_str())
}

/// Where it is in its life; nothing for one of which only a trace is left.
pub(super) fn phase(
    endpoint: &VpcEndpoint,
    attributes: impl FnOnce() -> Attributes,
) -> Option<Phase> {
    let why = || {
        let last = endpoint.last_error().and_then(|error| error.message());
        last.or(endpoint.failure_reason()).unwrap_or("AWS gives no reason").to_owned()
    };
    match state(endpoint).as_str() {
        "available" => Some(Phase::Ready(Ready::new(attributes()))),
        "pendingacceptance" => {
            let on = "the owner of the endpoint service must accept it".to_owned();
            Some(Phase::Waiting { on })
        }
        "failed" | "rejected" | "expired" => Some(Phase::Failed { why: why() }),
        "deleting" => Some(Phase::Deleting),
        "deleted" => None,
        // Pending, or partial: some zones are ready.
        _ => Some(Phase::Pending),
    }
}

/// The policy with which it is made.
pub(super) fn carried_policy(request: &Request<'_>) -> Option<String> {
    request.carried.iter().find_map(|carried| {
        if let Resource::EndpointPolicy(it) = carried { Some(it.policy.clone()) } else { None }
    })
}

pub(super) async fn candidates(at: At<'_>, request: &Request<'_>) -> Result<Vec<String>> {
    let all = family::bare_endpoints(at, owned(request)).await?;
    Ok(ids_of(&all, VpcEndpoint::vpc_endpoint_id))
}

/// A call that deletes several answers with status 200 and names those that it did not delete.
pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    const OPERATION: &str = "DeleteVpcEndpoints";
    let call = at.ec2().delete_vpc_endpoints().vpc_endpoint_ids(id);
    let Some(answer) = at.remove(OPERATION, call.send()).await? else { return Ok(()) };
    let refused = answer.unsuccessful.unwrap_or_default().into_iter().next();
    let Some(error) = refused.and_then(|item| item.error) else { return Ok(()) };
    let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
    let error = error::item(OPERATION, Effect::Remove, code, message);
    if error.kind() == ErrorKind::NotFound {
        return Ok(());
    }
    Err(error.operation(OPERATION).place(at.place.clone()))
}
