//! Writing on things whose they are, so that the engine takes them for its own.

use std::collections::BTreeMap;

use accel_core::backend::{Inputs, Request};
use accel_core::engine::policy::Verb;
use accel_core::resource::{ExtraTags, Resource};
use accel_core::tags::{KIND, NAME, Stamp};
use accel_core::{
    DeploymentId, Fingerprint, NetworkBackend as _, NodeName, Owner, Place, Ref, RemoteId, RunId,
};

use super::look::{Seen, api};
use crate::patience::patiently;
use crate::run::Session;
use crate::trouble::Outcome;

/// Nothing was ever asked for these things.
const NO_FINGERPRINT: &str = "0000000000000000";

/// Whose they are from now on.
#[derive(Debug)]
pub(super) struct Tagging {
    owner: Owner,
    stamp: Stamp,
}

impl Tagging {
    pub(super) fn new(name: &DeploymentId, places: &[Place], by: &str) -> Self {
        let fingerprint = Fingerprint::parse(NO_FINGERPRINT).expect("sixteen digits");
        Self {
            owner: Owner { deployment: name.clone(), node: NodeName::from("seed"), fingerprint },
            stamp: Stamp {
                run: RunId::fresh(),
                by: by.to_owned(),
                places: places.to_vec(),
                accounts: Vec::new(),
            },
        }
    }

    pub(super) fn request<'a>(&'a self, place: &'a Place, resource: &'a Resource) -> Request<'a> {
        Request {
            owner: &self.owner,
            place,
            resource,
            inputs: Inputs::default(),
            carried: &[],
            stamp: &self.stamp,
            keep: None,
            attempt: 0,
        }
    }

    /// The tags that make a thing ours. Its own name stays.
    fn tags(mut self, id: &RemoteId) -> (Self, BTreeMap<String, String>) {
        self.owner.node = NodeName::from(format!("seed.{id}"));
        let nothing = tag(id, BTreeMap::new());
        let request = self.request(&id.place, &nothing);
        let mut tags: BTreeMap<String, String> = request.tags().into_iter().collect();
        tags.insert(KIND.to_owned(), id.kind.name().to_owned());
        tags.remove(NAME);
        (self, tags)
    }
}

fn tag(id: &RemoteId, tags: BTreeMap<String, String>) -> Resource {
    ExtraTags { members: vec![Ref::existing(id.clone())], tags, api: api(id) }.into()
}

/// Tags each of them. Tagging what is tagged already changes nothing.
pub(super) async fn adopt(
    session: &Session<'_>,
    places: &[Place],
    name: &DeploymentId,
    by: &str,
    things: &[Seen],
) -> Outcome<()> {
    for Seen { id, .. } in things {
        let (tagging, tags) = Tagging::new(name, places, by).tags(id);
        let resource = tag(id, tags);
        let request = tagging.request(&id.place, &resource);
        // As a delete may, a tag may be written twice.
        patiently(session, Verb::Delete, async || session.cloud.create(request).await).await?;
    }
    session.terminal.say(&format!("adopted as {name}: from here the engine goes on"));
    Ok(())
}
