//! Promises about the options of listeners.

use accel_core::resource::{Kind, ListenerOptions};

use super::{Verdict, refuses_each};
use crate::lab::Lab;

/// Idle connections are kept for 60 to 6000 seconds. Source: `ModifyListenerAttributes`.
pub(super) async fn refuse_a_timeout_out_of_range(lab: &mut Lab<'_>) -> Verdict {
    let listener = lab.lane.at_entry.listener.clone();
    let options =
        |idle_timeout_secs| ListenerOptions { listener: listener.clone(), idle_timeout_secs };
    let wrong = [options(59).into(), options(6001).into()];
    refuses_each(lab, Kind::ListenerOptions, wrong).await
}
