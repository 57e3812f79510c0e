//! What still holds it; asked only when "in use" persists.

use accel_core::ErrorKind;
use accel_core::resource::Kind;

use super::{cannot, ensure, ensure_eq, is_one_of, things};
use crate::conformance::{Verdict, holds};
use crate::lab::Lab;

/// Every kind: made and alone.
pub(crate) async fn names_nothing_where_nothing_holds(lab: &mut Lab<'_>) -> Verdict {
    for kind in things() {
        let id = lab.make_ready(kind).await?;
        lab.settle().await;
        let blockers = lab.backend().blockers(&id).await?;
        ensure!(blockers.is_empty(), "the {kind} {id} is held by {blockers:?}");
        lab.clear().await?;
    }
    Ok(())
}

/// A person reads what it is, and whose.
pub(crate) async fn says_what_holds_it_and_whose_that_is(lab: &mut Lab<'_>) -> Verdict {
    let subnet = lab.make_ready(Kind::Subnet).await?;
    holds(lab, Kind::Vpc, &subnet).await?;
    let blockers = lab.backend().blockers(&lab.id(Kind::Vpc)).await?;
    let ours = lab.deployment.to_string();
    ensure!(
        blockers.iter().any(|it| it.deployment.as_ref() == Some(&ours) && !it.what.is_empty()),
        "nobody reads whose {blockers:?} are"
    );
    Ok(())
}

/// What goes by itself says how long that usually takes: an endpoint's interfaces in a group.
pub(crate) async fn says_how_long_what_goes_by_itself_stays(lab: &mut Lab<'_>) -> Verdict {
    let endpoint = lab.make_ready(Kind::InterfaceEndpoint).await?;
    lab.settle().await;
    lab.backend().delete(&endpoint).await?;
    let group = lab.lane.service.group.clone();
    let group = lab.id(&group);
    let Err(error) = lab.backend().delete(&group).await else {
        // The endpoint's interfaces went at once: nothing is left to name.
        return Ok(());
    };
    is_one_of(&error, &[ErrorKind::InUse])?;
    let blockers = lab.backend().blockers(&group).await?;
    ensure!(blockers.iter().any(|it| it.usual_secs.is_some()), "{blockers:?} say no time");
    Ok(())
}

/// A stranger's interface is what people look for in vain.
pub(crate) async fn names_a_strangers_interface_in_our_subnet(lab: &mut Lab<'_>) -> Verdict {
    let subnet = lab.make_ready(Kind::Subnet).await?;
    let controls = lab.subject.controls.clone();
    let stranger = cannot(controls.strange_interface(&subnet).await, "make an interface")?;
    lab.settle().await;
    let refusal = lab.backend().delete(&subnet).await;
    let blockers = lab.backend().blockers(&subnet).await;
    controls.take_away(&stranger).await;
    match refusal {
        Ok(()) => ensure!(false, "a subnet with an interface is deleted"),
        Err(error) => is_one_of(&error, &[ErrorKind::InUse])?,
    }
    let blockers = blockers?;
    let named = blockers.iter().find(|it| it.id == stranger.id);
    ensure!(named.is_some(), "{blockers:?} do not name {}", stranger.id);
    ensure_eq!(named.and_then(|it| it.deployment.clone()), None, "it belongs to a deployment");
    Ok(())
}
