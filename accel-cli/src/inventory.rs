//! What the tags in the cloud say of a deployment of which only the name is known. One look, without records.

use std::collections::BTreeSet;

use accel_core::backend::{Found, OfferQuery, Phase, Scope};
use accel_core::engine::Stranger;
use accel_core::engine::policy::Verb;
use accel_core::tags::Ownership;
use accel_core::{DeploymentId, NetworkBackend as _, Place, RemoteId};
use serde::Serialize;

use crate::patience::patiently;
use crate::render::text::count;
use crate::run::Session;
use crate::trouble::Outcome;

/// What is there.
#[derive(Debug, Serialize)]
pub(crate) struct Inventory {
    pub(crate) deployment: DeploymentId,
    /// Where was looked: the places asked for, and those that tags name.
    pub(crate) places: Vec<Place>,
    pub(crate) protected: bool,
    pub(crate) things: Vec<Thing>,
    /// What stands among these things and carries no tags of ours: what can carry none, and what others have put there.
    pub(crate) children: Vec<RemoteId>,
    pub(crate) strangers: Vec<Stranger>,
    pub(crate) unknown: Vec<String>,
}

/// One thing that says that it is of the deployment.
#[derive(Debug, Serialize)]
pub(crate) struct Thing {
    pub(crate) node: String,
    pub(crate) id: RemoteId,
    pub(crate) phase: Phase,
    /// The run that made it, and who ran that.
    pub(crate) run: Option<String>,
    pub(crate) by: Option<String>,
}

/// Looks everywhere that the caller or a found tag names.
pub(crate) async fn look(
    session: &Session<'_>,
    name: &DeploymentId,
    places: &[Place],
) -> Outcome<Inventory> {
    let query = OfferQuery { places: places.to_vec(), ..OfferQuery::default() };
    let cloud = &session.cloud;
    patiently(session, Verb::Offer, async || cloud.offer(&query).await).await?;
    let mut inventory = Inventory {
        deployment: name.clone(),
        places: Vec::new(),
        protected: false,
        things: Vec::new(),
        children: Vec::new(),
        strangers: Vec::new(),
        unknown: Vec::new(),
    };
    let mut open: Vec<Place> = places.to_vec();
    while let Some(place) = open.pop() {
        if inventory.places.contains(&place) {
            continue;
        }
        let listed =
            patiently(session, Verb::List, async || cloud.list(Scope::all(name, &place)).await);
        let listing = listed.await?.unwrap_or_default();
        inventory.places.push(place);
        inventory.unknown.extend(listing.unknown);
        for found in &listing.found {
            open.extend(inventory.take(found));
        }
    }
    inventory.places.sort();
    inventory.things.sort_by(|a, b| (&a.id.place, &a.node).cmp(&(&b.id.place, &b.node)));
    Ok(inventory)
}

impl Inventory {
    /// Takes a found thing in; says which places its tags name.
    fn take(&mut self, found: &Found) -> BTreeSet<Place> {
        let id = found.id.clone();
        let is_known = self.things.iter().any(|thing| thing.id.same(&id))
            || self.children.iter().any(|child| child.same(&id));
        let Some(tags) = Ownership::read(&found.tags).filter(|_| !is_known) else {
            if !is_known {
                self.children.push(id);
            }
            return BTreeSet::new();
        };
        if tags.owner.deployment != self.deployment {
            return BTreeSet::new();
        }
        if tags.kind != id.kind.name() {
            let why = "carries our tags, but they were not written for it".to_owned();
            self.strangers.push(Stranger { id, why });
            return BTreeSet::new();
        }
        self.protected |= tags.protected;
        self.things.push(Thing {
            node: tags.owner.node.to_string(),
            id,
            phase: found.phase.clone(),
            run: tags.run.as_ref().map(ToString::to_string),
            by: tags.by.map(str::to_owned),
        });
        tags.places().collect()
    }

    /// Who made all of it, if that was one.
    fn made_by_one(&self) -> Option<&str> {
        let who: BTreeSet<Option<&str>> =
            self.things.iter().map(|thing| thing.by.as_deref()).collect();
        who.first().copied().flatten().filter(|_| who.len() == 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.things.is_empty() && self.children.is_empty()
    }

    /// For people: every tagged thing with a line, the rest with a number.
    pub(crate) fn text(&self) -> String {
        let places: Vec<String> = self.places.iter().map(ToString::to_string).collect();
        let places = places.join(" and ");
        if self.is_empty() {
            return format!("{}: nothing found in {places}", self.deployment);
        }
        let protected = if self.protected { ", protected" } else { "" };
        let things = count(self.things.len(), "thing");
        let mut lines = vec![format!("{}{protected}: {things} in {places}", self.deployment)];
        let one = self.made_by_one();
        lines.extend(self.things.iter().map(|thing| line(thing, one.is_none())));
        lines.extend(one.map(|by| format!("  all made by {by}")));
        if !self.children.is_empty() {
            let children = self.children.len();
            lines
                .push(format!("  and {children} inside them that carry no tags (routes, targets)"));
        }
        let strangers = self.strangers.iter();
        lines.extend(strangers.map(|it| crate::render::plan::not_ours("  ? not ours: ", it)));
        lines.extend(self.unknown.iter().map(|what| format!("  ? of an unknown kind: {what}")));
        lines.join("\n")
    }
}

fn line(thing: &Thing, tells_who: bool) -> String {
    let phase = match &thing.phase {
        Phase::Ready(_) => String::new(),
        Phase::Pending => ", being made".to_owned(),
        Phase::Waiting { on } => format!(", waits for {on}"),
        Phase::Failed { why } => format!(", failed: {why}"),
        Phase::Deleting => ", being deleted".to_owned(),
        Phase::Gone => ", gone".to_owned(),
    };
    let by = thing
        .by
        .as_ref()
        .filter(|_| tells_who)
        .map(|by| format!(", made by {by}"))
        .unwrap_or_default();
    format!("  {}: {} {}{phase}{by}", thing.node, thing.id.kind, thing.id)
}
