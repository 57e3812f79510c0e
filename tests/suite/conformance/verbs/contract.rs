//! What holds for every verb.

use accel_core::ErrorKind;
use accel_core::backend::{OfferQuery, ReadItem};
use accel_core::resource::Kind;
use tokio::time::Instant;

use super::{cannot, ensure, ensure_eq, is_one_of, things};
use crate::conformance::Verdict;
use crate::lab::Lab;

/// The name is in every journal: it may not be empty, nor change.
pub(crate) async fn the_name_is_short_and_stable(lab: &mut Lab<'_>) -> Verdict {
    let name = lab.backend().name();
    ensure!((1..=16).contains(&name.len()), "{name:?} is no short name");
    ensure_eq!(lab.backend().name(), name, "the name changes");
    Ok(())
}

/// A retry of the provider's own would hide the refusal.
pub(crate) async fn every_call_is_made_once(lab: &mut Lab<'_>) -> Verdict {
    let asked = lab.asked(Kind::Vpc);
    for kind in [ErrorKind::Throttled, ErrorKind::Unavailable] {
        cannot(lab.subject.controls.refuse_next(kind), "refuse a call")?;
        let answer = lab.create_once(&asked).await;
        ensure_eq!(answer.map_err(|error| error.kind()), Err(kind), "the refusal is hidden");
    }
    lab.settle().await;
    ensure_eq!(lab.find(&asked).await?, None, "a refused create took effect");
    Ok(())
}

/// The engine settles the doubt with a look, so the error must say that there is doubt.
pub(crate) async fn a_lost_answer_is_ambiguous(lab: &mut Lab<'_>) -> Verdict {
    let asked = lab.asked(Kind::Vpc);
    cannot(lab.subject.controls.lose_next(), "lose an answer")?;
    match lab.create_once(&asked).await {
        Ok(id) => ensure!(false, "the lost answer was {id}"),
        Err(error) => is_one_of(&error, &[ErrorKind::Ambiguous])?,
    }
    let found = lab.find_within_window(&asked).await?;
    ensure!(found.is_some(), "what was made is not found within the window");
    let id = found.expect("it was just seen");
    lab.remove(&id).await
}

/// A thing that takes minutes to be ready, or to be gone, takes them after the call.
pub(crate) async fn no_verb_waits_for_a_state(lab: &mut Lab<'_>) -> Verdict {
    for kind in things() {
        lab.make_needs(kind).await?;
        let times = [kind.facts().ready, kind.facts().gone];
        let Some(usual) = times.into_iter().flatten().map(|times| times.usual_secs).max() else {
            continue;
        };
        let before = Instant::now();
        let asked = lab.asked(kind);
        let id = match lab.create_once(&asked).await {
            Err(error) if error.kind() == ErrorKind::NotYet => lab.create(&asked).await?,
            answer => answer?,
        };
        let made = before.elapsed();
        lab.bind(kind, &id);
        // Quick kinds can not be told from a slow network.
        ensure!(usual < 60 || made.as_secs() < 30, "the create of a {kind} takes {made:?}");
    }
    Ok(())
}

/// Looking is free of effects.
pub(crate) async fn looking_changes_nothing(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    let controls = &lab.subject.controls;
    let before = cannot(controls.mutations(), "count mutating calls")?;
    for kind in Kind::ALL {
        let (id, asked) = (lab.id(*kind), lab.asked(*kind));
        lab.find(&asked).await?;
        lab.phase_of(&id, &asked).await?;
        lab.backend().blockers(&id).await?;
    }
    lab.list_all().await?;
    lab.backend().offer(&OfferQuery::default()).await?;
    ensure_eq!(controls.mutations(), Some(before), "a look is a mutating call");
    Ok(())
}

/// A kind without support is refused, and nothing happens; a known kind is never refused so.
pub(crate) async fn a_kind_is_known_or_unsupported(lab: &mut Lab<'_>) -> Verdict {
    // The lab turns `Unsupported` into a skip that names the kind.
    lab.make_every_kind().await?;
    let ids: Vec<_> = Kind::ALL.iter().map(|kind| lab.id(*kind)).collect();
    let items: Vec<_> = ids.iter().map(|id| ReadItem { id, request: None }).collect();
    for phase in lab.backend().read(&items).await {
        phase?;
    }
    Ok(())
}
