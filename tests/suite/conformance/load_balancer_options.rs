//! Promises about the options of load balancers.

use accel_core::backend::Phase;
use accel_core::resource::{Kind, LoadBalancerOptions};

use super::{Stop, Verdict, ensure};
use crate::lab::Lab;

/// With deletion protection the cloud itself refuses; nothing happens, and without it the delete is accepted.
pub(super) async fn protect_from_deletion(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::LoadBalancer).await?;
    let balancer = lab.lane.at_entry.balancer.clone();
    let open = lab.asked(Kind::LoadBalancerOptions);
    let protected = LoadBalancerOptions { balancer, deletion_protection: true, cross_zone: false };
    lab.create(&open.clone().with(protected)).await?;
    lab.settle().await;
    let refusal = lab.backend().delete(&id).await;
    let phase = lab.phase(&id).await;
    // Whatever happened: unprotected again, so that it can be removed.
    lab.create(&open).await?;
    lab.settle().await;
    ensure!(refusal.is_err(), "a protected balancer is deleted");
    ensure!(matches!(phase?, Phase::Ready(_)), "a protected balancer is going");
    lab.backend().delete(&id).await.map_err(Stop::from)
}
