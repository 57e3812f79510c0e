//! What an earlier create of this same request made, if anything: by tags, name or natural key, with equal content.

use accel_core::resource::{Describe as _, Kind};

use super::{ensure_eq, things};
use crate::conformance::Verdict;
use crate::lab::Lab;

/// Every kind, within the window.
pub(crate) async fn finds_what_create_made(lab: &mut Lab<'_>) -> Verdict {
    for kind in Kind::ALL {
        let id = lab.make(*kind).await?;
        let found = lab.find_within_window(&lab.asked(*kind)).await?;
        ensure_eq!(found, Some(id), "the {kind} is not found");
    }
    Ok(())
}

/// Nothing is there before its create, but for values that a parent's create carried.
pub(crate) async fn finds_nothing_before_create(lab: &mut Lab<'_>) -> Verdict {
    // In the order of the graph nothing is made for the sake of something later.
    for id in lab.lane.graph.ids() {
        let asked = lab.asked(id);
        if !asked.resource.carried() {
            let node = &asked.owner.node;
            ensure_eq!(lab.find(&asked).await?, None, "{node} is there already");
        }
        lab.make(id).await?;
    }
    Ok(())
}

/// What was asked has changed: the old one is not the answer.
pub(crate) async fn does_not_find_other_content(lab: &mut Lab<'_>) -> Verdict {
    for kind in Kind::ALL {
        let Some(other) = lab.add_other(*kind) else { continue };
        lab.make_ready(*kind).await?;
        lab.make_needs(other).await?;
        lab.settle().await;
        let name = lab.asked(*kind).owner.node;
        let asked = lab.asked(other).named(name.as_str());
        ensure_eq!(lab.find(&asked).await?, None, "another {kind} is found");
    }
    Ok(())
}

/// Tags and names are only where to look. Somebody may have changed what they stand on.
pub(crate) async fn compares_content_and_not_tags_alone(lab: &mut Lab<'_>) -> Verdict {
    for kind in Kind::ALL {
        let Some(other) = lab.add_other(*kind) else { continue };
        lab.make_ready(*kind).await?;
        lab.make_needs(other).await?;
        lab.settle().await;
        let owner = lab.asked(*kind).owner;
        let mut asked = lab.asked(other);
        asked.owner = owner;
        ensure_eq!(lab.find(&asked).await?, None, "a {kind} with other content is found");
    }
    Ok(())
}

/// A subnet of the VPC that was replaced is not the subnet of the new one.
pub(crate) async fn compares_what_references_have_become(lab: &mut Lab<'_>) -> Verdict {
    let entry = lab.lane.entry.clone();
    let spare = lab.lane.spare.clone();
    let vpc = lab.make_ready(&spare.vpc).await?;
    let table = lab.make(&spare.table).await?;
    let (vpc_node, table_node) =
        (crate::samples::node_of(&entry.vpc), crate::samples::node_of(&entry.table));
    for kind in [Kind::Subnet, Kind::RouteTable, Kind::SecurityGroup, Kind::TargetGroup] {
        lab.make_ready(kind).await?;
        lab.settle().await;
        let asked = lab.asked(kind).bound_to(vpc_node, &vpc);
        ensure_eq!(lab.find(&asked).await?, None, "the {kind} of another VPC is found");
    }
    for kind in [Kind::Route, Kind::RouteTableAssociation] {
        lab.make_ready(kind).await?;
        lab.settle().await;
        let asked = lab.asked(kind).bound_to(table_node, &table);
        ensure_eq!(lab.find(&asked).await?, None, "the {kind} of another table is found");
    }
    Ok(())
}

/// Another node of ours with the same content is another thing.
pub(crate) async fn does_not_find_another_nodes(lab: &mut Lab<'_>) -> Verdict {
    for kind in things().filter(|kind| kind.facts().taggable) {
        lab.make_ready(kind).await?;
        lab.settle().await;
        let asked = lab.asked(kind).named("another.node");
        ensure_eq!(lab.find(&asked).await?, None, "another node's {kind} is found");
    }
    Ok(())
}

/// Nor is another deployment's, were its node of the same name.
pub(crate) async fn does_not_find_another_deployments(lab: &mut Lab<'_>) -> Verdict {
    let name = format!("{}-n", lab.deployment);
    let deployment = accel_core::DeploymentId::parse(&name).expect("a valid name");
    for kind in things().filter(|kind| kind.facts().taggable) {
        lab.make_ready(kind).await?;
        lab.settle().await;
        let mut asked = lab.asked(kind);
        asked.owner.deployment = deployment.clone();
        ensure_eq!(lab.find(&asked).await?, None, "another deployment's {kind} is found");
    }
    Ok(())
}

/// What is on its way out is no answer to "is it there?".
pub(crate) async fn does_not_find_what_is_deleting_or_gone(lab: &mut Lab<'_>) -> Verdict {
    for kind in things() {
        let id = lab.make_ready(kind).await?;
        lab.settle().await;
        lab.backend().delete(&id).await?;
        lab.settle().await;
        let found = lab.find(&lab.asked(kind)).await?;
        ensure_eq!(found, None, "the {kind} is found after its delete");
        lab.clear().await?;
    }
    Ok(())
}
