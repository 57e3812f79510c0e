//! Promises about our tags on the other side of peering connections.

use accel_core::resource::Kind;
use accel_core::tags::Ownership;

use super::{Verdict, ensure, ensure_eq};
use crate::lab::Lab;

/// Tags are kept per side: the requester's do not show on the accepter's.
pub(super) async fn are_not_there_before_they_are_written(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::PeeringAcceptance).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::PeeringTags);
    ensure_eq!(lab.find(&asked).await?, None, "they are there already");
    Ok(())
}

/// With them the other side shows whose the connection is.
pub(super) async fn show_whose_the_connection_is_on_the_other_side(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::PeeringAcceptance).await?;
    lab.make_ready(Kind::PeeringTags).await?;
    lab.settle().await;
    let peering = lab.id(Kind::PeeringConnection);
    let list = lab.list(&lab.subject.service.place).await?;
    let shown = list.iter().find(|found| found.id.as_str() == peering.as_str());
    let whose = shown.and_then(|found| Ownership::read(&found.tags));
    let ours = whose.is_some_and(|it| it.owner.deployment == lab.deployment);
    ensure!(ours, "the other side shows {shown:?}");
    Ok(())
}

/// They need no acceptance: a request that nobody accepts is found by them.
pub(super) async fn can_be_written_before_the_acceptance(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::PeeringConnection).await?;
    let id = lab.make_ready(Kind::PeeringTags).await?;
    let found = lab.find_within_window(&lab.asked(Kind::PeeringTags)).await?;
    ensure_eq!(found, Some(id), "they are not found");
    Ok(())
}
