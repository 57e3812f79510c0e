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

/// A cloud may write the document in another order or with other blanks: it is the same policy.
pub(super) async fn is_compared_by_meaning(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::EndpointPolicy).await?;
    lab.settle().await;
    let endpoint = lab.lane.at_service.endpoint.clone();
    let document: serde_json::Value =
        serde_json::from_str(&policy("111111111111")).expect("the sample is JSON");
    let spaced = serde_json::to_string_pretty(&document).expect("a value is JSON");
    let asked = lab.asked(Kind::EndpointPolicy).with(EndpointPolicy { endpoint, policy: spaced });
    ensure_eq!(lab.find(&asked).await?, Some(id), "the same policy in other blanks");
    Ok(())
}
