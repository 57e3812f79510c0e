//! Promises about security groups.

use accel_core::resource::Kind;

use super::{Verdict, ensure_eq, holds, in_the_way};
use crate::lab::Lab;

/// The name is the key, so the same name with another description is refused. Source: EC2 error codes, `InvalidGroup.Duplicate`.
pub(super) async fn conflicts_with_another_content_of_its_name(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::SecurityGroup).await?;
    lab.settle().await;
    let other = lab.lane.other(Kind::SecurityGroup).expect("descriptions can differ");
    let error = lab.refused(&lab.asked(Kind::SecurityGroup).with(other)).await?;
    in_the_way(&error)
}

/// Source: `DeleteSecurityGroup`, `DependencyViolation`.
pub(super) async fn is_held_by_the_interfaces_it_guards(lab: &mut Lab<'_>) -> Verdict {
    let endpoint = lab.make_ready(Kind::InterfaceEndpoint).await?;
    let group = lab.lane.service.group.clone();
    holds(lab, &group, &endpoint).await?;
    lab.remove(&endpoint).await?;
    lab.settle().await;
    let id = lab.id(&group);
    lab.backend().delete(&id).await?;
    lab.until_gone(&id).await
}

/// Rules go with their group: they do not hold it.
pub(super) async fn takes_its_rules_along(lab: &mut Lab<'_>) -> Verdict {
    let rule = lab.make_ready(Kind::SecurityGroupRule).await?;
    lab.settle().await;
    let group = lab.id(Kind::SecurityGroup);
    lab.backend().delete(&group).await?;
    lab.until_gone(&rule).await
}

/// The name derives from the request: in another attempt it is free again.
pub(super) async fn has_another_name_in_another_attempt(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::SecurityGroup).await?;
    let asked = lab.asked(Kind::SecurityGroup).attempt(1);
    let second = lab.create(&asked).await?;
    lab.remove(&second).await?;
    lab.settle().await;
    let found = lab.find(&lab.asked(Kind::SecurityGroup)).await?;
    ensure_eq!(found, Some(first), "the first group went along");
    Ok(())
}
