//! Promises about elastic IPs.

use accel_core::backend::Phase;
use accel_core::resource::{Attributes, Kind};

use super::{Stop, Verdict, ensure, ensure_eq, holds};
use crate::lab::Lab;

/// The address is public, and the same in every read.
pub(super) async fn has_one_public_address(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::ElasticIp).await?;
    let first = lab.until_ready(&id).await?.attributes;
    lab.settle().await;
    let second = lab.until_ready(&id).await?.attributes;
    ensure_eq!(first, second, "the address changes");
    let Attributes::ElasticIp(it) = first else {
        return Err(Stop::Failed(format!("an address has {first:?}")));
    };
    ensure!(!it.address.is_private() && !it.address.is_loopback(), "{} is private", it.address);
    Ok(())
}

/// Two addresses differ.
pub(super) async fn differs_from_another(lab: &mut Lab<'_>) -> Verdict {
    let mut addresses = Vec::new();
    for node in lab.lane.at_entry.addresses.clone() {
        let id = lab.make_ready(&node).await?;
        addresses.push(lab.until_ready(&id).await?.attributes);
    }
    ensure!(addresses[0] != addresses[1], "two elastic IPs are {:?}", addresses[0]);
    Ok(())
}

/// Source: `ReleaseAddress`, `InvalidIPAddress.InUse`.
pub(super) async fn is_held_by_a_load_balancer(lab: &mut Lab<'_>) -> Verdict {
    let balancer = lab.make_ready(Kind::LoadBalancer).await?;
    holds(lab, Kind::ElasticIp, &balancer).await
}

/// It can be released as soon as its balancer is gone, interfaces and all.
pub(super) async fn is_released_after_its_load_balancer(lab: &mut Lab<'_>) -> Verdict {
    let balancer = lab.make_ready(Kind::LoadBalancer).await?;
    lab.remove(&balancer).await?;
    lab.settle().await;
    let id = lab.id(Kind::ElasticIp);
    lab.backend().delete(&id).await?;
    lab.settle().await;
    ensure_eq!(lab.phase(&id).await?, Phase::Gone, "the address is still ours");
    Ok(())
}

/// A NAT gateway holds it until it is gone. Source: `DeleteNatGateway`, `ReleaseAddress`.
pub(super) async fn is_held_by_a_nat_gateway(lab: &mut Lab<'_>) -> Verdict {
    let nat = lab.make_ready(Kind::NatGateway).await?;
    let address = lab.lane.island.address.clone();
    holds(lab, &address, &nat).await?;
    lab.remove(&nat).await?;
    lab.settle().await;
    let id = lab.id(&address);
    lab.backend().delete(&id).await?;
    lab.settle().await;
    ensure_eq!(lab.phase(&id).await?, Phase::Gone, "the address is still ours");
    Ok(())
}
