//! What the cloud offers for planning. What cannot be asked is listed as not checked, never an error.

use accel_core::backend::{Offer, OfferQuery};
use accel_core::resource::Kind;
use accel_core::{Place, Side};

use super::{ensure, ensure_eq};
use crate::conformance::{Stop, Verdict};
use crate::lab::Lab;

async fn offer(lab: &Lab<'_>, services: &[&str]) -> Result<Offer, Stop> {
    let place = &lab.subject.service.place;
    let query = OfferQuery {
        places: vec![place.clone(), lab.subject.entry.place.clone()],
        zones: vec![place.clone(), lab.subject.entry.place.clone()],
        services: services.iter().map(|name| (place.clone(), (*name).to_owned())).collect(),
        room: vec![(lab.subject.entry.place.clone(), Kind::Vpc)],
    };
    Ok(lab.backend().offer(&query).await?)
}

/// The subject's own zones are among them.
pub(crate) async fn names_the_zones_of_each_place(lab: &mut Lab<'_>) -> Verdict {
    let offer = offer(lab, &[]).await?;
    for site in [&lab.subject.service, &lab.subject.entry] {
        let zones = offer.zones_in(&site.place);
        for zone in &site.zones {
            ensure!(zones.contains(zone), "{zone} is none of {zones:?}");
        }
    }
    Ok(())
}

/// By either name it is the same service, and `asked` says which name was used.
pub(crate) async fn finds_a_service_by_its_short_and_its_full_name(lab: &mut Lab<'_>) -> Verdict {
    let (short, full) = (lab.subject.endpoint_service.clone(), lab.lane.service_name.clone());
    let offer = offer(lab, &[&short, &full]).await?;
    for name in [&short, &full] {
        let Some(service) = offer.service(name) else {
            return Err(Stop::Failed(format!("{name} is not offered")));
        };
        ensure_eq!(service.full_name, full, "the full name of {name}");
        ensure_eq!(service.place, lab.subject.service.place, "the place of {name}");
        ensure!(!service.hosts.is_empty(), "{name} has no host name");
        for zone in &lab.subject.service.zones {
            ensure!(service.zones.contains(zone), "{name} is not offered in {zone}");
        }
    }
    Ok(())
}

/// The zones of a service are those in which it can have an endpoint.
pub(crate) async fn leaves_out_zones_that_lack_the_service(lab: &mut Lab<'_>) -> Verdict {
    let Some(barred) = &lab.subject.barred_zone else {
        return Err(Stop::Skipped("the subject names no zone without the service".to_owned()));
    };
    let name = &lab.subject.endpoint_service;
    let offer = offer(lab, &[name]).await?;
    let zones = offer.service(name).map(|service| service.zones.as_slice()).unwrap_or_default();
    ensure!(!zones.contains(barred), "{name} is offered in {barred}");
    Ok(())
}

/// A name that nobody knows is absent; the others are answered.
pub(crate) async fn leaves_out_an_unknown_service(lab: &mut Lab<'_>) -> Verdict {
    let known = lab.subject.endpoint_service.clone();
    let offer = offer(lab, &["no.such.service", &known]).await?;
    ensure_eq!(offer.service("no.such.service"), None, "an unknown service is offered");
    ensure!(offer.service(&known).is_some(), "{known} is not offered beside an unknown name");
    Ok(())
}

/// Who pays is known before the first call, on both sides.
pub(crate) async fn says_who_calls_on_each_side(lab: &mut Lab<'_>) -> Verdict {
    let offer = offer(lab, &[]).await?;
    for side in [Side::Service, Side::Entry] {
        let caller = offer.caller(side);
        let known = caller.is_some_and(|it| {
            !it.account.as_str().is_empty() && !it.partition.is_empty() && !it.identity.is_empty()
        });
        ensure!(known, "the caller of the {side} side is {caller:?}");
    }
    Ok(())
}

/// A plan that does not fit is refused before it starts: use never exceeds the limit, and what exists is counted.
pub(crate) async fn counts_what_is_used_of_each_quota(lab: &mut Lab<'_>) -> Verdict {
    let place = lab.subject.entry.place.clone();
    let vpcs = |offer: &Offer, place: &Place| {
        offer.quotas.iter().find(|it| it.kind == Kind::Vpc && it.place == *place).cloned()
    };
    let before = offer(lab, &[]).await?;
    let Some(before) = vpcs(&before, &place) else {
        ensure!(!before.not_checked.is_empty(), "no quota of VPCs, and nobody says why");
        return Ok(());
    };
    lab.make_ready(Kind::Vpc).await?;
    lab.settle().await;
    let after = vpcs(&offer(lab, &[]).await?, &place);
    ensure_eq!(after.as_ref().map(|it| it.used), Some(before.used + 1), "VPCs in use");
    ensure_eq!(after.map(|it| it.limit), Some(before.limit), "the limit of VPCs");
    Ok(())
}

/// What is not asked for is no error.
pub(crate) async fn answers_an_empty_query(lab: &mut Lab<'_>) -> Verdict {
    let offer = lab.backend().offer(&OfferQuery::default()).await?;
    ensure!(offer.services.is_empty(), "nobody asked for {:?}", offer.services);
    Ok(())
}
