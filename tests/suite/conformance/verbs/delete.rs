//! Starts removing it. Removing what is gone succeeds.

use accel_core::backend::Phase;
use accel_core::resource::Kind;
use tokio::time::Instant;

use super::{ensure, ensure_eq, is_one_of, things};
use crate::conformance::Verdict;
use crate::lab::Lab;

/// Cleanup after cleanup is no error, for every kind.
pub(crate) async fn of_what_is_gone_succeeds(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    let ids: Vec<_> = Kind::ALL.iter().map(|kind| lab.id(*kind)).collect();
    lab.clear().await?;
    lab.settle().await;
    for id in &ids {
        lab.backend().delete(id).await?;
    }
    Ok(())
}

/// A repeat after a lost answer is no error, whether the first one has ended or not.
pub(crate) async fn twice_succeeds(lab: &mut Lab<'_>) -> Verdict {
    for kind in things() {
        let id = lab.make_ready(kind).await?;
        lab.settle().await;
        lab.backend().delete(&id).await?;
        lab.backend().delete(&id).await?;
        lab.until_gone(&id).await?;
        lab.clear().await?;
    }
    Ok(())
}

/// It does not wait for the end, and it is not undone: deleting or gone is all that is seen once the window has passed.
pub(crate) async fn starts_the_removal_and_returns(lab: &mut Lab<'_>) -> Verdict {
    for kind in things() {
        let id = lab.make_ready(kind).await?;
        lab.settle().await;
        let before = Instant::now();
        lab.backend().delete(&id).await?;
        let usual = kind.facts().gone.map_or(0, |times| times.usual_secs);
        let took = before.elapsed();
        ensure!(usual < 60 || took.as_secs() < 30, "the delete of a {kind} takes {took:?}");
        lab.settle().await;
        let phase = lab.phase(&id).await?;
        ensure!(matches!(phase, Phase::Deleting | Phase::Gone), "the {kind} {id} is {phase:?}");
        ensure!(
            kind.facts().gone.is_some() || phase == Phase::Gone,
            "the {kind} {id} is not gone at once"
        );
        lab.clear().await?;
    }
    Ok(())
}

/// Every kind ends within its limit, and does not come back.
pub(crate) async fn ends_with_the_thing_gone(lab: &mut Lab<'_>) -> Verdict {
    for kind in things() {
        let id = lab.make_ready(kind).await?;
        lab.remove(&id).await?;
        lab.settle().await;
        ensure_eq!(lab.phase(&id).await?, Phase::Gone, "the {kind} {id} is back");
        lab.clear().await?;
    }
    Ok(())
}

/// A VPC with a subnet stays as it is.
pub(crate) async fn of_what_is_in_use_is_refused_and_changes_nothing(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::Subnet).await?;
    lab.settle().await;
    let (vpc, asked) = (lab.id(Kind::Vpc), lab.asked(Kind::Vpc));
    match lab.backend().delete(&vpc).await {
        Ok(()) => ensure!(false, "the delete of a VPC with a subnet is accepted"),
        Err(error) => is_one_of(&error, &[accel_core::ErrorKind::InUse])?,
    }
    lab.settle().await;
    ensure_eq!(lab.find(&asked).await?, Some(vpc.clone()), "the VPC is not found");
    let phase = lab.phase(&vpc).await?;
    ensure!(matches!(phase, Phase::Ready(_)), "the VPC is {phase:?}");
    Ok(())
}
