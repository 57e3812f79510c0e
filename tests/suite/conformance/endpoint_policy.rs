//! Promises about the policies of endpoints.

use accel_core::resource::{EndpointPolicy, Kind};

use super::{Verdict, ensure_eq, refuses_each};
use crate::lab::Lab;
use crate::samples::policy;

/// A policy is JSON.
pub(super) async fn refuses_what_is_no_policy(lab: &mut Lab<'_>) -> Verdict {
    let endpoint = lab.lane.at_service.endpoint.clone();
    lab.make_ready(Kind::InterfaceEndpoint).await?;
    let text = EndpointPolicy { endpoint, policy: "let everybody in".to_owned() };
    refuses_each(lab, Kind::EndpointPolicy, [text.into()]).await
}

/// Two policies that differ in one account are two policies.
pub(super) async fn is_compared_by_content(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::EndpointPolicy).await?;
    lab.settle().await;
    let endpoint = lab.lane.at_service.endpoint.clone();
    let other = EndpointPolicy { endpoint, policy: policy("111111111112") };
    let asked = lab.asked(Kind::EndpointPolicy);
    ensure_eq!(lab.find(&asked).await?, Some(id), "the policy is not found");
    ensure_eq!(lab.find(&asked.with(other)).await?, None, "another account's policy is found");
    Ok(())
}
