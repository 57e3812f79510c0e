//! What both kinds of endpoints share: one call makes them, one describe shows them, one call changes and one removes them.

use accel_core::backend::{Phase, Ready, Request};
use accel_core::resource::{Attributes, Kind, Resource};
use accel_core::{Error, ErrorKind, RemoteId, Result};
use aws_sdk_ec2::operation::create_vpc_endpoint::builders::CreateVpcEndpointFluentBuilder as Create;
use aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder as Modify;
use aws_sdk_ec2::types::{ResourceType, VpcEndpoint, VpcEndpointType};

use super::{ids_of, owned};
use crate::call::At;
use crate::differences::Differences;
use crate::error::{self, Effect};
use crate::family;
use crate::tags::specification;
use crate::view::View;

/// The kind of an endpoint. In some partitions the type is left out, or empty; an endpoint without subnets is a gateway then.
/// Source: `VpcEndpoint`, `VpcEndpointType`; hashicorp/terraform-provider-aws, `vpc_endpoint.go`.
pub(crate) fn kind_of(endpoint: &VpcEndpoint) -> Kind {
    match endpoint.vpc_endpoint_type().map_or("", VpcEndpointType::as_str) {
        "Gateway" => Kind::GatewayEndpoint,
        "" if endpoint.subnet_ids().is_empty() => Kind::GatewayEndpoint,
        _ => Kind::InterfaceEndpoint,
    }
}

/// The kind of the endpoint of that id, if a view shows it.
pub(super) fn kind_in(view: &View, id: &str) -> Result<Option<Kind>> {
    Ok(view.endpoints.get(id)?.map(|it| kind_of(&it.endpoint)))
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

/// Makes one, with what both kinds say in the same way.
pub(super) async fn create(at: At<'_>, request: &Request<'_>, call: Create) -> Result<String> {
    const OPERATION: &str = "CreateVpcEndpoint";
    let call = call
        .client_token(request.token())
        .set_policy_document(carried_policy(request))
        .tag_specifications(specification(request, ResourceType::VpcEndpoint));
    let made = at.make(OPERATION, call.send()).await?.vpc_endpoint;
    made.and_then(|made| made.vpc_endpoint_id).ok_or_else(|| at.incomplete(OPERATION, "id"))
}

/// How the VPC and the service of both kinds differ from what was asked.
pub(super) fn compare(
    endpoint: &VpcEndpoint,
    vpc: &RemoteId,
    service: &str,
    found: &mut Differences,
) {
    found.field("vpc", vpc.as_str(), endpoint.vpc_id().unwrap_or_default());
    found.field("service", service, endpoint.service_name().unwrap_or_default());
}

/// Changes one. An answer that says no, with success, leaves open what was done.
pub(super) async fn modify(at: At<'_>, call: Modify, what: &str) -> Result<()> {
    const OPERATION: &str = "ModifyVpcEndpoint";
    match at.make(OPERATION, call.send()).await?.r#return {
        Some(false) => Err(Error::new(ErrorKind::Ambiguous, format!("{what} was not taken"))
            .operation(OPERATION)
            .place(at.place.clone())),
        Some(true) | None => Ok(()),
    }
}

/// The policy with which it is made.
fn carried_policy(request: &Request<'_>) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_without_a_type_is_what_its_subnets_say() {
        let endpoint = |of_type: Option<&str>, subnet: Option<&str>| {
            let endpoint =
                VpcEndpoint::builder().set_vpc_endpoint_type(of_type.map(VpcEndpointType::from));
            kind_of(&endpoint.set_subnet_ids(subnet.map(|it| vec![it.to_owned()])).build())
        };
        for unsaid in [None, Some("")] {
            assert_eq!(endpoint(unsaid, None), Kind::GatewayEndpoint);
            assert_eq!(endpoint(unsaid, Some("subnet-1")), Kind::InterfaceEndpoint);
        }
        assert_eq!(endpoint(Some("Gateway"), None), Kind::GatewayEndpoint);
        assert_eq!(endpoint(Some("Interface"), None), Kind::InterfaceEndpoint);
        assert_eq!(endpoint(Some("GatewayLoadBalancer"), None), Kind::InterfaceEndpoint);
    }
}
