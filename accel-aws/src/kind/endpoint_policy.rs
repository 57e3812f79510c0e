//! Setting: who may use an endpoint.

use accel_core::backend::Request;
use accel_core::{RemoteId, Result, resource};

use super::{Shown, endpoint, of_parent, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::view::{View, Want};

pub(super) fn text(request: &Request<'_>, asked: &resource::EndpointPolicy) -> String {
    format!("{}/policy", request.inputs.id(&asked.endpoint))
}

pub(super) async fn set(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::EndpointPolicy,
) -> Result<()> {
    let call = at
        .ec2()
        .modify_vpc_endpoint()
        .vpc_endpoint_id(request.inputs.id(&asked.endpoint).as_str())
        .policy_document(&asked.policy);
    endpoint::modify(at, call, "the policy").await
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.endpoints.insert(parts(id).0.to_owned());
}

pub(super) fn wants_for(request: &Request<'_>, asked: &resource::EndpointPolicy, want: &mut Want) {
    want.endpoints.insert(request.inputs.id(&asked.endpoint).as_str().to_owned());
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let kind = endpoint::kind_in(view, parts(id.as_str()).0)?;
    kind.map_or(Ok(None), |kind| of_parent(view, kind, id))
}

pub(super) fn compare(
    view: &View,
    request: &Request<'_>,
    asked: &resource::EndpointPolicy,
    found: &mut Differences,
) -> Result<()> {
    let endpoint = request.inputs.id(&asked.endpoint);
    if let Some(it) = view.endpoints.get(endpoint.as_str())? {
        let is = it.endpoint.policy_document().unwrap_or_default();
        if !is_same_document(&asked.policy, is) {
            found.push("policy", asked.policy.as_str(), is);
        }
    }
    Ok(())
}

/// AWS keeps a document's meaning, not its blanks.
fn is_same_document(a: &str, b: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    a == b || parse(a).is_some_and(|document| parse(b) == Some(document))
}
