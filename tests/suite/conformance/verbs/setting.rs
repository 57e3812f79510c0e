//! A setting is a value of its parent: set, compared, forgotten.

use accel_core::resource::{Describe as _, Kind};

use super::{ensure, ensure_eq, settings};
use crate::conformance::Verdict;
use crate::lab::Lab;

/// Not before it is set, and not while another value is.
pub(crate) async fn is_found_only_when_the_value_is_so(lab: &mut Lab<'_>) -> Verdict {
    for kind in settings() {
        let Some(other) = lab.add_other(kind) else { continue };
        let id = lab.make_ready(kind).await?;
        let (first, second) = (lab.asked(kind), lab.asked(other));
        lab.settle().await;
        ensure_eq!(lab.find(&first).await?, Some(id.clone()), "the {kind} is not found");
        ensure_eq!(lab.find(&second).await?, None, "another {kind} is found");
        lab.create(&second).await?;
        lab.settle().await;
        ensure_eq!(lab.find(&first).await?, None, "the {kind} is found after a change");
        ensure!(lab.find(&second).await?.is_some(), "the changed {kind} is not found");
        lab.create(&first).await?;
        lab.settle().await;
        ensure_eq!(lab.find(&first).await?, Some(id), "the {kind} is not found again");
    }
    Ok(())
}

/// The first deploy spends no call on it, and nothing is open in between.
pub(crate) async fn is_set_by_its_parents_create_where_that_carries_it(
    lab: &mut Lab<'_>,
) -> Verdict {
    for kind in settings() {
        lab.make_needs(kind).await?;
        let asked = lab.asked(kind);
        if asked.resource.carried() {
            let found = lab.find_within_window(&asked).await?;
            ensure!(found.is_some(), "the {kind} is not carried");
        }
    }
    Ok(())
}

/// Its id is known before its first create of its own, and stays.
pub(crate) async fn has_one_id_however_it_was_set(lab: &mut Lab<'_>) -> Verdict {
    for kind in settings() {
        lab.make_needs(kind).await?;
        let asked = lab.asked(kind);
        let carried = asked.resource.carried();
        let known = if carried { lab.find_within_window(&asked).await? } else { None };
        let id = lab.make(kind).await?;
        if carried {
            ensure_eq!(known, Some(id.clone()), "the {kind} has two ids");
        }
        ensure_eq!((id.kind, &id.place), (kind, &asked.place), "the id is of something else");
    }
    Ok(())
}

/// It has nothing to remove: its delete succeeds and the value stays.
pub(crate) async fn is_forgotten_and_not_removed(lab: &mut Lab<'_>) -> Verdict {
    for kind in settings().filter(|kind| *kind != Kind::PeeringTags) {
        let id = lab.make_ready(kind).await?;
        lab.settle().await;
        lab.backend().delete(&id).await?;
        lab.settle().await;
        let found = lab.find(&lab.asked(kind)).await?;
        ensure_eq!(found, Some(id), "the {kind} was removed");
    }
    Ok(())
}

/// The other side of a peering connection can be all that is ours in a place: cleanup there must be able to end it.
pub(crate) async fn of_a_peering_connection_deletes_it_from_the_other_side(
    lab: &mut Lab<'_>,
) -> Verdict {
    lab.make_ready(Kind::PeeringAcceptance).await?;
    let side = lab.make_ready(Kind::PeeringTags).await?;
    let peering = lab.id(Kind::PeeringConnection);
    lab.settle().await;
    lab.backend().delete(&side).await?;
    lab.settle().await;
    lab.until_gone(&peering).await
}

/// It is gone when its parent is.
pub(crate) async fn is_gone_with_its_parent(lab: &mut Lab<'_>) -> Verdict {
    for kind in settings() {
        let id = lab.make_ready(kind).await?;
        lab.clear().await?;
        lab.until_gone(&id).await?;
    }
    Ok(())
}
