//! Promises about the policies of endpoints.

use accel_core::resource::{EndpointPolicy, Kind};

use super::{Verdict, ensure, ensure_eq, refuses_each};
use crate::lab::Lab;
use crate::samples::policy;

/// A policy is JSON.
pub(super) async fn refuses_what_is_no_policy(lab: &mut Lab<'_>) -> Verdict {
    let endpoint = lab.lane.at_service.endpoint.any();
    lab.make_ready(Kind::InterfaceEndpoint).await?;
    let text = EndpointPolicy { endpoint, policy: "let everybody in".to_owned() };
    refuses_each(lab, Kind::EndpointPolicy, [text.into()]).await
}

/// Two policies that differ in one account are two policies.
pub(super) async fn is_compared_by_content(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::EndpointPolicy).await?;
    lab.settle().await;
    let endpoint = lab.lane.at_service.endpoint.any();
    let other = EndpointPolicy { endpoint, policy: policy("111111111112") };
    let asked = lab.asked(Kind::EndpointPolicy);
    ensure_eq!(lab.find(&asked).await?, Some(id), "the policy is not found");
    ensure_eq!(lab.find(&asked.with(other)).await?, None, "another account's policy is found");
    Ok(())
}

/// The other kind of endpoint has one too: made with it, compared and changed alike.
pub(super) async fn of_a_gateway_endpoint_is_compared_by_content(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    lab.make_ready(Kind::GatewayEndpoint).await?;
    let first = lab.lane.island.policy.clone();
    lab.settle().await;
    let carried = lab.find(&lab.asked(&first)).await?;
    ensure!(carried.is_some(), "the endpoint was made without its policy");
    let endpoint = lab.lane.island.endpoint.any();
    let other = EndpointPolicy { endpoint, policy: policy("111111111112") };
    let other = lab.add("other.policy", &place, other);
    ensure_eq!(lab.find(&lab.asked(other)).await?, None, "another account's policy is found");
    lab.make(other).await?;
    lab.settle().await;
    ensure_eq!(lab.find(&lab.asked(&first)).await?, None, "the first is found after a change");
    ensure!(lab.find(&lab.asked(other)).await?.is_some(), "the new policy is not found");
    Ok(())
}
