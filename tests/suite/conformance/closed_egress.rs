//! Promises about the closed egress of security groups.

use accel_core::resource::{Direction, Kind, SecurityGroupRule, Traffic};

use super::{Verdict, ensure, ensure_eq};
use crate::lab::Lab;
use crate::samples::net;

/// Source: Amazon VPC, Security group rules: a new group has a rule that lets everything out.
pub(super) async fn is_open_in_a_new_group(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::SecurityGroup).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::ClosedEgress);
    ensure_eq!(lab.find(&asked).await?, None, "it is closed already");
    lab.create(&asked).await?;
    lab.settle().await;
    ensure!(lab.find(&asked).await?.is_some(), "it is still open");
    Ok(())
}

/// It takes the group's own rule away, not ours.
pub(super) async fn leaves_our_own_rules(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let rule = SecurityGroupRule {
        group: lab.lane.entry.group.clone(),
        direction: Direction::Egress,
        traffic: Traffic::Tcp(443),
        peer: net("10.1.0.0/16"),
    };
    let egress = lab.add("egress", &place, rule);
    let id = lab.make_ready(egress).await?;
    let ingress = lab.make_ready(Kind::SecurityGroupRule).await?;
    lab.make_ready(Kind::ClosedEgress).await?;
    lab.settle().await;
    ensure_eq!(lab.find(&lab.asked(egress)).await?, Some(id), "our way out is closed");
    let found = lab.find(&lab.asked(Kind::SecurityGroupRule)).await?;
    ensure_eq!(found, Some(ingress), "our way in is closed");
    Ok(())
}
