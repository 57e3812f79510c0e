//! The provider's ids of what a list would begin from, in as few calls as can be.

use std::collections::BTreeSet;

use accel_core::backend::Scope;
use accel_core::resource::Kind;
use accel_core::tags;

use super::{cannot, ensure};
use crate::conformance::{Stop, Verdict};
use crate::lab::Lab;

async fn glances(lab: &Lab<'_>) -> Result<BTreeSet<String>, Stop> {
    let mut shown = BTreeSet::new();
    for site in [&lab.subject.service, &lab.subject.entry] {
        let scope = Scope::all(&lab.deployment, &site.place);
        shown.extend(lab.look(|| lab.backend().glance(scope)).await?);
    }
    Ok(shown)
}

/// Never less: what a list shows with our tags, a glance shows.
pub(crate) async fn shows_all_that_a_list_shows_with_our_tags(lab: &mut Lab<'_>) -> Verdict {
    lab.make_every_kind().await?;
    lab.settle().await;
    let shown = glances(lab).await?;
    let all = lab.list_all().await?;
    // A listener is found through its load balancer.
    let counts = |kind: Kind| kind.facts().taggable && kind != Kind::Listener;
    for found in all.iter().filter(|found| counts(found.id.kind)) {
        let ours = found.tags.get(tags::DEPLOYMENT).map(String::as_str);
        if ours == Some(lab.deployment.as_str()) {
            let id = &found.id;
            ensure!(shown.contains(id.as_str()), "the {} {id} is not among {shown:?}", id.kind);
        }
    }
    Ok(())
}

/// On each side by its own tags.
pub(crate) async fn shows_a_peering_connection_where_it_has_our_tags(lab: &mut Lab<'_>) -> Verdict {
    lab.make_ready(Kind::PeeringTags).await?;
    lab.settle().await;
    let peering = lab.id(Kind::PeeringConnection);
    for site in [&lab.subject.service, &lab.subject.entry] {
        let scope = Scope::all(&lab.deployment, &site.place);
        let shown = lab.look(|| lab.backend().glance(scope)).await?;
        ensure!(shown.contains(peering.as_str()), "{peering} is not in {}", site.place);
    }
    Ok(())
}

/// A person must hear of it: so a glance must not be quiet about it.
pub(crate) async fn shows_tagged_things_of_unknown_kind(lab: &mut Lab<'_>) -> Verdict {
    let tags = lab.asked(Kind::Vpc).request().tags();
    let controls = &lab.subject.controls;
    let place = lab.subject.entry.place.clone();
    let strange = controls.strange_kind(&place, &tags).await;
    let strange = cannot(strange, "make a thing of unknown kind")?;
    lab.settle().await;
    let shown = glances(lab).await;
    controls.take_away(&strange).await;
    let shown = shown?;
    ensure!(shown.iter().any(|id| id.contains(&strange.id)), "{shown:?} lacks {}", strange.id);
    Ok(())
}

/// Nothing is an empty set, not an error.
pub(crate) async fn of_nothing_is_empty(lab: &mut Lab<'_>) -> Verdict {
    let shown = glances(lab).await?;
    ensure!(shown.is_empty(), "a new deployment has {shown:?}");
    Ok(())
}
