//! The phase of each, now, in the order asked; one that has vanished does not spoil the others.

use accel_core::backend::{Phase, ReadItem, Ready};
use accel_core::resource::{Attributes, Kind};
use accel_core::{Error, RemoteId};

use super::{ensure, ensure_eq, things};
use crate::conformance::{Stop, Verdict};
use crate::lab::Lab;
use crate::samples::pin;

async fn phases(lab: &Lab<'_>, ids: &[RemoteId]) -> Result<Vec<Phase>, Stop> {
    let items: Vec<_> = ids.iter().map(|id| ReadItem { id, request: None }).collect();
    let answers = lab.backend().read(&items).await;
    ensure_eq!(answers.len(), ids.len(), "a read has another number of answers");
    Ok(answers.into_iter().collect::<Result<_, Error>>()?)
}

/// Addresses tell two things of one kind apart; the other kinds stand between them.
pub(crate) async fn answers_in_the_order_asked(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    let second = lab.lane.at_entry.addresses[1].clone();
    let second = lab.make_ready(&second).await?;
    lab.settle().await;
    let mut ids: Vec<RemoteId> = Kind::ALL.iter().map(|kind| lab.id(*kind)).collect();
    ids.insert(3, second);
    for _ in 0..2 {
        ids.reverse();
        for (id, phase) in ids.iter().zip(phases(lab, &ids).await?) {
            ensure_eq!(phase, lab.phase(id).await?, "the {} {id} has another's answer", id.kind);
        }
    }
    Ok(())
}

/// The same thing asked twice is answered twice.
pub(crate) async fn answers_each_of_two_equal_items(lab: &mut Lab<'_>) -> Verdict {
    let id = lab.make_ready(Kind::Vpc).await?;
    lab.settle().await;
    let answers = phases(lab, &[id.clone(), id]).await?;
    ensure_eq!(answers[0], answers[1], "one thing has two phases");
    Ok(())
}

/// Nothing asked, nothing answered.
pub(crate) async fn answers_nothing_to_nothing(lab: &mut Lab<'_>) -> Verdict {
    ensure!(lab.backend().read(&[]).await.is_empty(), "there is an answer to nothing");
    Ok(())
}

/// Clouds fail a batch as a whole when one id is unknown: the backend does not.
pub(crate) async fn is_not_spoiled_by_what_has_vanished(lab: &mut Lab<'_>) -> Verdict {
    for kind in things() {
        let gone = lab.make_ready(kind).await?;
        lab.clear().await?;
        let here = lab.make_ready(kind).await?;
        lab.settle().await;
        let answers = phases(lab, &[gone.clone(), here.clone(), gone.clone()]).await?;
        let is_gone = |phase: &Phase| *phase == Phase::Gone;
        ensure!(is_gone(&answers[0]) && is_gone(&answers[2]), "the {kind} {gone} is not gone");
        ensure!(matches!(answers[1], Phase::Ready(_)), "the {kind} {here} is {:?}", answers[1]);
        lab.clear().await?;
    }
    Ok(())
}

/// Gone is an answer, not an error; and it lasts.
pub(crate) async fn says_gone_of_what_is_gone(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    let ids: Vec<RemoteId> = Kind::ALL.iter().map(|kind| lab.id(*kind)).collect();
    lab.clear().await?;
    lab.settle().await;
    for (id, phase) in ids.iter().zip(phases(lab, &ids).await?) {
        ensure_eq!(phase, Phase::Gone, "the {} {id} is still there", id.kind);
    }
    Ok(())
}

/// What depends on a ready thing needs no other call.
pub(crate) async fn says_ready_with_every_attribute(lab: &mut Lab<'_>) -> Verdict {
    for kind in Kind::ALL {
        let id = lab.make_ready(*kind).await?;
        let ready = lab.until_ready(&id).await?;
        let complete = match (kind, &ready.attributes) {
            (Kind::InterfaceEndpoint, Attributes::InterfaceEndpoint(endpoint)) => {
                let mut addresses: Vec<_> =
                    endpoint.interfaces.iter().map(|it| it.address).collect();
                addresses.sort_unstable();
                addresses == [pin(0), pin(1)] && !endpoint.dns_names.is_empty()
            }
            (Kind::ElasticIp, Attributes::ElasticIp(it)) => !it.address.is_unspecified(),
            (Kind::LoadBalancer, Attributes::LoadBalancer(balancer)) => {
                !balancer.dns_name.is_empty() && !balancer.metric_name.is_empty()
            }
            (Kind::NatGateway, Attributes::NatGateway(it)) => !it.address.is_unspecified(),
            (
                Kind::InterfaceEndpoint | Kind::ElasticIp | Kind::LoadBalancer | Kind::NatGateway,
                _,
            ) => false,
            (_, attributes) => *attributes == Attributes::Plain,
        };
        ensure!(complete, "the {kind} {id} is ready with {:?}", ready.attributes);
    }
    Ok(())
}

async fn ready_of(lab: &Lab<'_>, id: &RemoteId, asked: &crate::lab::Asked) -> Result<Ready, Stop> {
    let phase = lab.phase_of(id, asked).await?;
    let Phase::Ready(ready) = phase else {
        return Err(Stop::Failed(format!("the {} {id} is {phase:?}, not ready", id.kind)));
    };
    Ok(ready)
}

/// Nothing is made twice because its own values look different when they are read back.
pub(crate) async fn says_that_nothing_differs_from_what_was_asked(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    for kind in Kind::ALL {
        let (id, asked) = (lab.id(*kind), lab.asked(*kind));
        let ready = ready_of(lab, &id, &asked).await?;
        ensure!(ready.differs.is_empty(), "the new {kind} {id} differs: {:?}", ready.differs);
    }
    Ok(())
}

/// Each difference names the field, and what was asked is not what is.
pub(crate) async fn says_how_it_differs_from_what_is_asked(lab: &mut Lab<'_>) -> Verdict {
    for kind in Kind::ALL {
        let Some(other) = lab.add_other(*kind) else { continue };
        let id = lab.make_ready(*kind).await?;
        lab.make_needs(other).await?;
        lab.settle().await;
        let asked = lab.asked(other);
        let ready = ready_of(lab, &id, &asked).await?;
        ensure!(!ready.differs.is_empty(), "another {kind} is not told from {id}");
        for difference in &ready.differs {
            ensure!(!difference.field.is_empty(), "a difference of the {kind} has no field");
            ensure!(difference.asked != difference.is, "{difference:?} of the {kind} is none");
        }
    }
    Ok(())
}

/// Without a request there is nothing to differ from.
pub(crate) async fn says_no_difference_without_a_request(lab: &mut Lab<'_>) -> Verdict {
    for kind in Kind::ALL {
        let id = lab.make_ready(*kind).await?;
        let ready = lab.until_ready(&id).await?;
        ensure!(ready.differs.is_empty(), "{id} differs from nothing: {:?}", ready.differs);
    }
    Ok(())
}
