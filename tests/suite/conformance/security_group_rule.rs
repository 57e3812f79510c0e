//! Promises about security group rules.

use accel_core::backend::Phase;
use accel_core::resource::{Direction, Kind, SecurityGroupRule, Traffic};

use super::{Verdict, ensure, ensure_eq, in_the_way};
use crate::lab::Lab;
use crate::samples::net;

fn variants(lab: &Lab<'_>) -> Vec<SecurityGroupRule> {
    let group = lab.lane.entry.group.clone();
    let rule = |direction, traffic, peer| SecurityGroupRule {
        group: group.clone(),
        direction,
        traffic,
        peer: net(peer),
    };
    vec![
        rule(Direction::Ingress, Traffic::Tcp(8443), "203.0.113.0/24"),
        rule(Direction::Egress, Traffic::Tcp(443), "203.0.113.0/24"),
        rule(Direction::Ingress, Traffic::Tcp(443), "203.0.113.0/25"),
        rule(Direction::Ingress, Traffic::FragmentationNeeded, "0.0.0.0/0"),
    ]
}

/// Direction, traffic and peer make a rule another rule; each is found as itself and reads as asked.
pub(super) async fn is_told_apart_by_direction_traffic_and_peer(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::SecurityGroupRule).await?;
    let place = lab.subject.entry.place.clone();
    let rules = variants(lab);
    let mut nodes = Vec::new();
    for (number, rule) in rules.into_iter().enumerate() {
        let node = lab.add(&format!("rule.{number}"), &place, rule);
        lab.make_ready(node).await?;
        nodes.push(node);
    }
    lab.settle().await;
    nodes.push(lab.lane.sample(Kind::SecurityGroupRule));
    for node in nodes {
        let (id, asked) = (lab.id(node), lab.asked(node));
        ensure_eq!(lab.find(&asked).await?, Some(id.clone()), "the rule {:?}", asked.resource);
        let phase = lab.phase_of(&id, &asked).await?;
        let as_asked = matches!(&phase, Phase::Ready(ready) if ready.differs.is_empty());
        ensure!(as_asked, "the rule {:?} is {phase:?}", asked.resource);
    }
    Ok(())
}

/// The content is the key. Source: EC2 error codes, `InvalidPermission.Duplicate`.
pub(super) async fn conflicts_with_another_nodes_equal_rule(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::SecurityGroupRule).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::SecurityGroupRule).named("twin");
    in_the_way(&lab.refused(&asked).await?)
}

/// Its removal closes what it opened, and nothing else.
pub(super) async fn is_removed_alone(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::SecurityGroupRule).await?;
    let other = lab.add_other(Kind::SecurityGroupRule).expect("peers can differ");
    let second = lab.make_ready(other).await?;
    lab.remove(&first).await?;
    lab.settle().await;
    ensure_eq!(lab.find(&lab.asked(Kind::SecurityGroupRule)).await?, None, "it is found");
    ensure_eq!(lab.find(&lab.asked(other)).await?, Some(second), "the other went along");
    Ok(())
}

/// What somebody else has opened in our group is an exposure of ours: the listing shows it, as nobody's.
pub(super) async fn of_a_stranger_is_listed_without_tags(lab: &mut Lab<'_>) -> Verdict {
    let group = lab.make_ready(Kind::SecurityGroup).await?;
    lab.settle().await;
    let controls = &lab.subject.controls;
    let strange = controls.strange_rule(&group, Traffic::Tcp(22)).await;
    let strange = super::cannot(strange, "open a group")?;
    lab.settle().await;
    let list = lab.list(&group.place).await;
    controls.take_away(&strange).await;
    let list = list?;
    let shown = list.iter().find(|found| found.id.as_str() == strange.id);
    ensure!(shown.is_some(), "{list:?} does not show {}", strange.id);
    ensure!(shown.is_some_and(|it| it.tags.is_empty()), "{shown:?} is somebody's");
    ensure!(shown.is_some_and(|it| it.refs.contains(&group)), "{shown:?} is not in our group");
    let key = shown.and_then(|it| it.key.as_deref());
    ensure_eq!(key, Some("ingress tcp/22 192.0.2.0/24"), "the key of the rule");
    Ok(())
}
