//! Setting: tags on the accepter's side of a peering connection.

use accel_core::tags::{self, Tags};
use accel_core::{Owner, Result, resource};
use serde::{Deserialize, Serialize};

use super::peering_acceptance::reach;
use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::thing::Key;
use crate::world::World;

/// Writes them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PeeringTags {
    /// The connection.
    pub peering: Key,
    /// Whose it is.
    pub owner: Owner,
}

pub(super) fn asked(setting: &resource::PeeringTags, from: &Translator<'_>) -> Result<PeeringTags> {
    Ok(PeeringTags { peering: from.key(&setting.peering)?, owner: from.request.owner.clone() })
}

impl Value for PeeringTags {
    fn parent(&self) -> Key {
        self.peering
    }

    /// Tags are kept per side. Source: VPC peering basics; `CreateTags`.
    fn set(&self, world: &mut World, ask: &Ask) -> Result<()> {
        reach(world, self.peering, ask)?;
        if let Some(peering) = world.peering_mut(self.peering) {
            peering.accepter_tags.extend(ask.tags.clone());
        }
        world.index_tags(self.peering);
        Ok(())
    }

    /// Whose it is must agree; which run wrote that does not matter.
    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        let none = Tags::new();
        let tags = world.peering(self.peering).map_or(&none, |peering| &peering.accepter_tags);
        let is = tags::Ownership::read(tags).map(|ownership| ownership.owner);
        if is.as_ref() != Some(&self.owner) {
            let is = is.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string());
            found.push("owner", self.owner.to_string(), is);
        }
    }
}
