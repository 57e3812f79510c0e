//! Promises about targets.

use std::net::Ipv4Addr;

use accel_core::backend::Phase;
use accel_core::resource::{Describe as _, Health, Kind, Resource, Target};

use super::{Stop, Verdict, ensure, ensure_eq, refuses_each};
use crate::lab::Lab;
use crate::samples::{node_of, pin};

fn sample(lab: &Lab<'_>) -> Target {
    let resource = &lab.lane.graph.node(lab.lane.sample(Kind::Target)).resource;
    let Resource::Target(target) = resource else { unreachable!("a sample is of its kind") };
    target.clone()
}

/// Only private addresses can be targets. Source: `CreateTargetGroup`, target type `ip`.
pub(super) async fn refuses_a_public_address(lab: &mut Lab<'_>) -> Verdict {
    let mut target = sample(lab);
    target.pin = Ipv4Addr::new(203, 0, 113, 10);
    refuses_each(lab, Kind::Target, [target.into()]).await
}

/// The address is a value: before the endpoint is ready it is the pin, afterwards the endpoint's own, and while these agree it is
/// one target.
pub(super) async fn is_the_same_before_and_after_its_endpoint_is_ready(
    lab: &mut Lab<'_>,
) -> Verdict {
    let target = lab.make(Kind::Target).await?;
    let before = lab.asked(Kind::Target);
    let endpoint = lab.id(Kind::InterfaceEndpoint);
    lab.until_ready(&endpoint).await?;
    lab.make_ready(Kind::InterfaceEndpoint).await?;
    let after = lab.asked(Kind::Target);
    lab.settle().await;
    for asked in [before, after] {
        let key = asked.resource.key(&asked.request().inputs);
        ensure_eq!(key, Some(format!("{}:443", pin(0))), "the key of the target");
        ensure_eq!(lab.find(&asked).await?, Some(target.clone()), "the target is not found");
    }
    Ok(())
}

/// Address and port make it: two ports are two targets, and each is removed alone.
pub(super) async fn is_told_apart_by_address_and_port(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let first = lab.make_ready(Kind::Target).await?;
    let mut target = sample(lab);
    target.port = 8443;
    let other_port = lab.add("other.port", &place, target.clone());
    target.port = 443;
    target.subnet = lab.lane.service.subnets[1].clone();
    target.pin = pin(1);
    let other_address = lab.add("other.address", &place, target);
    let port = lab.make_ready(other_port).await?;
    let address = lab.make_ready(other_address).await?;
    ensure!(first != port && first != address && port != address, "two targets have one id");
    lab.remove(&first).await?;
    lab.settle().await;
    ensure_eq!(lab.find(&lab.asked(Kind::Target)).await?, None, "the first is found");
    ensure_eq!(lab.find(&lab.asked(other_port)).await?, Some(port), "the port went along");
    ensure_eq!(lab.find(&lab.asked(other_address)).await?, Some(address), "the address too");
    Ok(())
}

/// The cloud does not know the endpoint behind an address: neither waits for the other's end.
pub(super) async fn does_not_hold_its_endpoint(lab: &mut Lab<'_>) -> Verdict {
    let target = lab.make_ready(Kind::Target).await?;
    let endpoint = lab.lane.at_service.endpoint.clone();
    let endpoint = lab.make_ready(node_of(&endpoint)).await?;
    lab.settle().await;
    lab.remove(&endpoint).await?;
    lab.settle().await;
    let phase = lab.phase(&target).await?;
    ensure!(phase != Phase::Gone, "the target went with its endpoint");
    Ok(())
}

/// A target that nothing uses is not checked, so it is not healthy; what becomes of it once a listener uses its group, only the
/// cloud knows. Of no other kind is health said.
pub(super) async fn says_its_health(lab: &mut Lab<'_>) -> Verdict {
    let target = lab.make_ready(Kind::Target).await?;
    let unused = lab.until_ready(&target).await?.health;
    let Some(Health::Unhealthy { reason, .. }) = &unused else {
        return Err(Stop::Failed(format!("no listener uses {target}, and it is {unused:?}")));
    };
    ensure!(!reason.is_empty(), "{target} is unhealthy for no reason");
    for kind in Kind::ALL {
        let id = lab.make_ready(*kind).await?;
        lab.settle().await;
        let health = lab.until_ready(&id).await?.health;
        let is_target = *kind == Kind::Target;
        ensure_eq!(health.is_some(), is_target, "the health of the {kind} {id} is {health:?}");
    }
    let used = lab.until_ready(&target).await?.health;
    ensure!(used != unused, "a listener uses {target}, and it is {used:?} still");
    Ok(())
}
