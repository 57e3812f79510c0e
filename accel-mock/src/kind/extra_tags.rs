//! Setting: the user's tags on many things.

use accel_core::resource::Kind;
use accel_core::tags::Tags;
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::Key;
use crate::world::World;

/// Writes tags on several things.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExtraTags {
    /// Each with whether its accepter's side is meant.
    pub members: Vec<(Key, bool)>,
    /// What is written.
    pub tags: Tags,
}

pub(super) fn asked(setting: &resource::ExtraTags, from: &Translator<'_>) -> Result<ExtraTags> {
    let mut members = Vec::with_capacity(setting.members.len());
    for member in &setting.members {
        let id = from.request.inputs.id(member);
        members.push((from.key_of(&id)?, id.kind == Kind::PeeringTags));
    }
    if members.is_empty() {
        return Err(refusal::invalid("MissingParameter", "there is nothing to tag"));
    }
    Ok(ExtraTags { members, tags: setting.tags.clone().into() })
}

impl Value for ExtraTags {
    fn parent(&self) -> Key {
        self.members[0].0
    }

    /// All of them must be there, or none is tagged. 50 tags per thing; `aws:` is the provider's own. Source: `CreateTags`, `AddTags`.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        if self.tags.keys().any(|key| key.starts_with("aws:") || key.len() > 128) {
            return Err(refusal::invalid("InvalidTagKey.Malformed", "a tag's key is not allowed"));
        }
        for (key, _) in &self.members {
            let thing = world.need(*key)?;
            let more = self.tags.keys().filter(|key| !thing.tags.contains_key(*key)).count();
            if thing.tags.len() + more > 50 {
                return Err(refusal::quota("TagLimitExceeded", "a thing has at most 50 tags"));
            }
        }
        for (key, other_side) in &self.members {
            if *other_side {
                if let Some(peering) = world.peering_mut(*key) {
                    peering.accepter_tags.extend(self.tags.clone());
                }
            } else {
                world.things[key.index()].tags.extend(self.tags.clone());
            }
            world.index_tags(*key);
        }
        Ok(())
    }

    /// Tags that others have added do not matter.
    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        for (key, other_side) in &self.members {
            let tags = match world.peering(*key) {
                Some(peering) if *other_side => &peering.accepter_tags,
                Some(_) | None => &world.thing(*key).tags,
            };
            for (name, value) in &self.tags {
                let is = tags.get(name).map_or("", String::as_str);
                found.field(name, &value.as_str(), &is);
            }
        }
    }
}
