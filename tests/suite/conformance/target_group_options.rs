//! Promises about the options of target groups.

use accel_core::resource::{Kind, TargetGroupOptions};

use super::{Verdict, ensure_eq, refuses_each};
use crate::lab::Lab;

/// The delay is 0 to 3600 seconds. Source: `ModifyTargetGroupAttributes`.
pub(super) async fn refuse_a_delay_out_of_range(lab: &mut Lab<'_>) -> Verdict {
    let group = lab.lane.at_entry.targets.clone();
    let options =
        TargetGroupOptions { group, preserve_client_ip: false, deregistration_delay_secs: 3601 };
    refuses_each(lab, Kind::TargetGroupOptions, [options.into()]).await
}

/// A new group finishes connections for 300 seconds: ours are not there before they are set. Source: `ModifyTargetGroupAttributes`.
pub(super) async fn are_not_there_before_they_are_set(lab: &mut Lab<'_>) -> Verdict {
    lab.make_needs(Kind::TargetGroupOptions).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::TargetGroupOptions);
    ensure_eq!(lab.find(&asked).await?, None, "a new group has our options");
    Ok(())
}

/// Each value counts: preserving the client's address loses every reply of an endpoint.
pub(super) async fn differ_in_the_clients_address_alone(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::TargetGroupOptions).await?;
    lab.settle().await;
    let group = lab.lane.at_entry.targets.clone();
    let options =
        TargetGroupOptions { group, preserve_client_ip: true, deregistration_delay_secs: 30 };
    let asked = lab.asked(Kind::TargetGroupOptions).with(options);
    ensure_eq!(lab.find(&asked).await?, None, "the client's address is not compared");
    Ok(())
}
