//! What of the file is there, and whether it is anybody's.

use std::collections::BTreeMap;

use accel_core::backend::{OfferQuery, Phase, ReadItem};
use accel_core::engine::policy::{Next, Verb, next};
use accel_core::resource::{Api, ExtraTags};
use accel_core::tags::{DEPLOYMENT, KIND};
use accel_core::{DeploymentId, Error, NetworkBackend as _, Ref, RemoteId, Side};

use super::adopt::Tagging;
use super::env_file::Seed;
use crate::patience::patiently;
use crate::run::Session;
use crate::trouble::{Outcome, Trouble};

/// What was seen.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) there: Vec<Seen>,
    pub(super) gone: Vec<RemoteId>,
    /// Who looks: the identity of the entry side's credentials.
    pub(super) by: String,
}

/// One thing that is there.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) id: RemoteId,
    pub(super) phase: Phase,
}

impl Seen {
    pub(super) fn line(&self) -> String {
        let phase = match self.phase {
            Phase::Deleting => ", being deleted",
            Phase::Failed { .. } => ", failed",
            Phase::Pending | Phase::Waiting { .. } | Phase::Ready(_) | Phase::Gone => "",
        };
        format!("  - {} {} in {}{phase}", self.id.kind, self.id, self.id.place)
    }
}

/// Looks at each id; refuses what says that it belongs to a lane.
pub(super) async fn at(session: &Session<'_>, seed: &Seed, name: &DeploymentId) -> Outcome<Look> {
    let query = OfferQuery { places: seed.places.clone(), ..OfferQuery::default() };
    let cloud = &session.cloud;
    let offer = patiently(session, Verb::Offer, async || cloud.offer(&query).await).await?;
    let offer = offer.unwrap_or_default();
    let caller = offer.caller(Side::Entry).or(offer.caller(Side::Service));
    let by = caller.map(|caller| caller.identity.clone()).unwrap_or_default();
    let mut look = Look { there: Vec::new(), gone: Vec::new(), by };
    for (id, phase) in seed.ids.iter().zip(phases(session, &seed.ids).await?) {
        if phase == Phase::Gone {
            look.gone.push(id.clone());
        } else {
            look.there.push(Seen { id: id.clone(), phase });
        }
    }
    let mut owned = Trouble::input("the file names things of lanes that accel manages");
    for Seen { id, .. } in &look.there {
        if is_of_a_lane(session, seed, name, id).await? {
            owned = owned.because(format!("{} {id} carries accel's tags", id.kind));
        }
    }
    if owned.why.is_empty() {
        return Ok(look);
    }
    Err(owned.next("clean these lanes up by their names; nothing was changed"))
}

/// The phase of each, all from one moment.
async fn phases(session: &Session<'_>, ids: &[RemoteId]) -> Outcome<Vec<Phase>> {
    let items: Vec<ReadItem<'_>> = ids.iter().map(|id| ReadItem { id, request: None }).collect();
    let read = async || {
        let gone = |error: Error| {
            if next(Verb::Read, error.kind()) == Next::Gone { Ok(Phase::Gone) } else { Err(error) }
        };
        session.cloud.read(&items).await.into_iter().map(|phase| phase.or_else(gone)).collect()
    };
    Ok(patiently(session, Verb::Read, read).await?.unwrap_or_default())
}

/// Whether it carries accel's tags, written for it, and not those by which an earlier run of this adopted it.
async fn is_of_a_lane(
    session: &Session<'_>,
    seed: &Seed,
    name: &DeploymentId,
    id: &RemoteId,
) -> Outcome<bool> {
    let carries = async |key: &str, value: &str| -> Outcome<bool> {
        let tagging = Tagging::new(name, &seed.places, "");
        let resource = ExtraTags {
            members: vec![Ref::existing(id.clone())],
            tags: BTreeMap::from([(key.to_owned(), value.to_owned())]),
            api: api(id),
        }
        .into();
        let find = async || session.cloud.find(tagging.request(&id.place, &resource)).await;
        Ok(patiently(session, Verb::Find, find).await?.flatten().is_some())
    };
    Ok(carries(KIND, id.kind.name()).await? && !carries(DEPLOYMENT, name.as_str()).await?)
}

pub(super) fn api(id: &RemoteId) -> Api {
    id.kind.facts().api
}
