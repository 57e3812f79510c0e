//! Promises about peering connections.

use accel_core::backend::Phase;
use accel_core::resource::{Kind, PeeringConnection, Vpc};

use super::{Stop, Verdict, ensure, ensure_eq};
use crate::lab::Lab;
use crate::samples::net;

/// Two VPCs have one live connection: whoever asks again gets no second one. Source: `CreateVpcPeeringConnection`.
pub(super) async fn has_one_live_connection_per_pair(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::PeeringConnection).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::PeeringConnection).named("twin");
    // A cloud answers with the first one or refuses.
    if let Ok(second) = lab.create_once(&asked).await {
        ensure_eq!(second, first, "a second connection of one pair");
    }
    let whose = lab.find(&lab.asked(Kind::PeeringConnection)).await?;
    ensure_eq!(whose, Some(first), "the repeat changed the owner");
    ensure_eq!(lab.find(&asked).await?, None, "the connection has two owners");
    Ok(())
}

/// The cloud accepts overlapping blocks and gives up afterwards: that is failed or gone, never ready, never found, never listed, and
/// removing it succeeds. Source: `CreateVpcPeeringConnection`.
pub(super) async fn of_overlapping_blocks_fails_and_leaves_nothing(lab: &mut Lab<'_>) -> Verdict {
    let far = lab.subject.service.place.clone();
    let near = lab.subject.entry.place.clone();
    let overlapping = Vpc { cidr: net("10.2.0.0/16") };
    let accepter = lab.lane.graph.add("overlapping.vpc", &far, overlapping);
    let requester = lab.lane.entry.vpc.clone();
    let peering = PeeringConnection { requester, accepter, accepter_place: far };
    let node = lab.add("overlapping", &near, peering);
    let id = lab.make(node).await?;
    // Gone may also mean hidden: only after the window is it an answer.
    lab.settle().await;
    lab.settle().await;
    let phase = lab.phase(&id).await?;
    ensure!(matches!(phase, Phase::Failed { .. } | Phase::Gone), "it is {phase:?}");
    ensure_eq!(lab.find(&lab.asked(node)).await?, None, "a failed connection is found");
    let list = lab.list_all().await?;
    let shown = list.iter().find(|found| found.id.as_str() == id.as_str());
    ensure_eq!(shown, None, "what can only age out is listed");
    lab.backend().delete(&id).await.map_err(Stop::from)
}

/// Before it is accepted, the requester can take it back.
pub(super) async fn is_removed_before_it_is_accepted(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::PeeringConnection).await?;
    lab.remove(&id).await
}

/// When it has ended, the same pair can have a new one.
pub(super) async fn makes_room_for_a_new_one(lab: &mut Lab<'_>) -> Verdict {
    let first = lab.make_ready(Kind::PeeringConnection).await?;
    lab.make_ready(Kind::PeeringAcceptance).await?;
    lab.settle().await;
    lab.remove(&first).await?;
    lab.settle().await;
    let asked = lab.asked(Kind::PeeringConnection).attempt(1);
    let second = lab.create(&asked).await?;
    ensure!(first != second, "the new connection is the dead one");
    lab.until_ready(&second).await.map(drop)
}
