//! Target. Its id is put together: `GROUP-ARN/10.1.0.10:443`.

use accel_core::backend::{Phase, Request};
use accel_core::resource::{Health, Kind};
use accel_core::{RemoteId, Result, resource};
use aws_sdk_elasticloadbalancingv2::types::{
    TargetDescription, TargetHealth, TargetHealthDescription, TargetHealthReasonEnum,
    TargetHealthStateEnum,
};

use super::{Shown, parts};
use crate::call::At;
use crate::differences::Differences;
use crate::family;
use crate::view::{View, Want};

/// A target of every zone: what an address outside the load balancer's VPC must be. Source: `TargetDescription`, `AvailabilityZone`.
const EVERY_ZONE: &str = "all";

pub(crate) fn text(group: &str, key: &str) -> String {
    format!("{group}/{key}")
}

/// The address and port of a target.
pub(crate) fn key(it: &TargetDescription) -> Option<String> {
    Some(format!("{}:{}", it.id()?, it.port()?))
}

fn text_of(request: &Request<'_>, asked: &resource::Target) -> String {
    let key = format!("{}:{}", asked.address(&request.inputs), asked.port);
    text(request.inputs.id(&asked.group).as_str(), &key)
}

/// Whether the target's address lies outside the VPC of its group. In another place it does; in the same one a look tells.
async fn is_outside(at: At<'_>, request: &Request<'_>, asked: &resource::Target) -> Result<bool> {
    let subnet = request.inputs.id(&asked.subnet);
    if subnet.place != *request.place {
        return Ok(true);
    }
    let mut want = Want::default();
    want.subnets.insert(subnet.as_str().to_owned());
    let group = request.inputs.id(&asked.group);
    want.target_groups.insert(group.as_str().to_owned());
    let view = View::look(at, &want).await;
    let lies = view.subnets.get(subnet.as_str())?.and_then(|it| it.vpc_id());
    let of_group = view.target_groups.get(group.as_str())?.and_then(|it| it.vpc_id());
    Ok(lies != of_group)
}

pub(super) async fn create(
    at: At<'_>,
    request: &Request<'_>,
    asked: &resource::Target,
) -> Result<String> {
    let zone = is_outside(at, request, asked).await?.then(|| EVERY_ZONE.to_owned());
    let target = TargetDescription::builder()
        .id(asked.address(&request.inputs).to_string())
        .port(asked.port.into())
        .set_availability_zone(zone)
        .build();
    let group = request.inputs.id(&asked.group);
    let call = at.elb().register_targets().target_group_arn(group.as_str()).targets(target);
    at.make("RegisterTargets", call.send()).await?;
    Ok(text_of(request, asked))
}

#[expect(clippy::unused_async, reason = "every kind's search has this shape")]
pub(super) async fn candidates(
    _at: At<'_>,
    request: &Request<'_>,
    asked: &resource::Target,
) -> Result<Vec<String>> {
    Ok(vec![text_of(request, asked)])
}

pub(super) fn wants(id: &str, want: &mut Want) {
    want.targets.insert(parts(id).0.to_owned());
}

fn find<'v>(view: &'v View, id: &str) -> Result<Option<&'v TargetHealthDescription>> {
    let (group, wanted) = parts(id);
    let Some(all) = view.targets.get(group)? else { return Ok(None) };
    let is_it = |it: &&TargetHealthDescription| {
        it.target().and_then(key).as_deref() == Some(wanted) && is_registered(it)
    };
    Ok(all.iter().find(is_it))
}

/// What drains is deregistered: new connections do not reach it.
pub(crate) fn is_registered(it: &TargetHealthDescription) -> bool {
    let health = it.target_health();
    let draining = health.and_then(|it| it.state()) == Some(&TargetHealthStateEnum::Draining);
    let unknown = health.and_then(|it| it.reason()) == Some(&TargetHealthReasonEnum::NotRegistered);
    !draining && !unknown
}

pub(super) fn show(view: &View, id: &RemoteId) -> Result<Option<Shown>> {
    let Some(it) = find(view, id.as_str())? else { return Ok(None) };
    let (group, key) = parts(id.as_str());
    let mut shown =
        Shown::ready().keyed(key.to_owned()).refers(Kind::TargetGroup, &id.place, [group]);
    if let Phase::Ready(ready) = &mut shown.phase {
        ready.health = Some(health(it.target_health()));
    }
    Ok(Some(shown))
}

/// States are compared as text: the wire knows more of them than the SDK. Source: `TargetHealth`, `State` and `Reason`.
fn health(it: Option<&TargetHealth>) -> Health {
    let state = it.and_then(|it| it.state()).map(TargetHealthStateEnum::as_str);
    let reason = it.and_then(|it| it.reason()).map(TargetHealthReasonEnum::as_str);
    let unhealthy = |state: &str| Health::Unhealthy {
        reason: reason.unwrap_or(state).to_owned(),
        says: it.and_then(|it| it.description()).unwrap_or_default().to_owned(),
    };
    match state {
        Some("healthy") => Health::Healthy,
        Some("initial") => Health::Initial,
        // Not checked, because nothing uses its group or its address cannot be one.
        Some(state @ ("unhealthy" | "unhealthy.draining" | "unused" | "draining")) => {
            unhealthy(state)
        }
        // `unavailable`: its checks are switched off, or load balancing has a fault of its own.
        Some(_) | None => Health::Unknown,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every kind's comparison has this shape")]
pub(super) fn compare(
    _view: &View,
    id: &RemoteId,
    request: &Request<'_>,
    asked: &resource::Target,
    found: &mut Differences,
) -> Result<()> {
    found.field("target", text_of(request, asked).as_str(), id.as_str());
    Ok(())
}

pub(super) async fn delete(at: At<'_>, id: &str) -> Result<()> {
    let (group, key) = parts(id);
    let (address, port) = key.rsplit_once(':').unwrap_or((key, ""));
    // It must be named as it was registered, the zone included.
    let groups = [group.to_owned()].into();
    let all = family::targets_by_group(at, &groups).await?;
    let all = all.into_iter().flat_map(|(_, targets)| targets);
    let registered =
        all.filter_map(|it| it.target).find(|it| self::key(it).as_deref() == Some(key));
    let target = registered.unwrap_or_else(|| {
        let port = port.parse().ok();
        TargetDescription::builder().id(address).set_port(port).build()
    });
    let call = at.elb().deregister_targets().target_group_arn(group).targets(target);
    at.remove("DeregisterTargets", call.send()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_a_target_is_a_health() {
        let of = |state: &str, reason: Option<&str>| {
            let it = TargetHealth::builder()
                .state(state.into())
                .set_reason(reason.map(Into::into))
                .description("as it says")
                .build();
            health(Some(&it))
        };
        let unhealthy = |reason: &str| Health::Unhealthy {
            reason: reason.to_owned(),
            says: "as it says".to_owned(),
        };
        assert_eq!(of("healthy", None), Health::Healthy);
        assert_eq!(of("initial", Some("Elb.RegistrationInProgress")), Health::Initial);
        for (state, reason) in [
            ("unhealthy", "Target.Timeout"),
            ("unhealthy", "Target.FailedHealthChecks"),
            ("unhealthy.draining", "Target.FailedHealthChecks"),
            ("unused", "Target.NotInUse"),
            ("draining", "Target.DeregistrationInProgress"),
        ] {
            assert_eq!(of(state, Some(reason)), unhealthy(reason), "{state}");
        }
        assert_eq!(of("unhealthy", None), unhealthy("unhealthy"));
        for unknown in ["unavailable", "something new"] {
            assert_eq!(of(unknown, Some("Target.HealthCheckDisabled")), Health::Unknown);
        }
        assert_eq!(health(None), Health::Unknown);
    }
}
