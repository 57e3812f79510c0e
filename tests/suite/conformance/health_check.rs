//! Promises about the health checks of target groups.

use accel_core::resource::{HealthCheck, Kind};

use super::{Verdict, refuses_each};
use crate::lab::Lab;

/// Intervals are 5 to 300 seconds, thresholds 2 to 10. Source: `CreateTargetGroup`.
pub(super) async fn refuses_values_out_of_range(lab: &mut Lab<'_>) -> Verdict {
    let group = lab.lane.at_entry.targets.clone();
    let check = |interval_secs, healthy, unhealthy| {
        HealthCheck { group: group.clone(), interval_secs, healthy, unhealthy }.into()
    };
    let wrong = [check(4, 2, 2), check(301, 2, 2), check(10, 1, 2), check(10, 2, 11)];
    refuses_each(lab, Kind::HealthCheck, wrong).await
}
