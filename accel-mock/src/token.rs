//! Tokens: what lets a create be sent again without harm, and what makes it answer with the dead.

use std::time::Duration;

use accel_core::Result;
use accel_core::tags::Tags;
use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::kind::Body;
use crate::refusal;
use crate::thing::{Key, State};
use crate::world::World;

/// What a token was used for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    key: Key,
    body: Body,
    tags: Tags,
    at: Duration,
}

impl Token {
    pub(crate) fn new(key: Key, body: &Body, tags: &Tags, at: Duration) -> Self {
        Self { key, body: body.clone(), tags: tags.clone(), at }
    }

    /// What its first use made.
    pub(crate) fn made(&self) -> Key {
        self.key
    }
}

impl World {
    /// A token that was used answers for its first use, before anything is checked, and even when that object is gone.
    ///
    /// Source: Ensuring idempotency in Amazon EC2 API requests (scope: region; other parameters: `IdempotentParameterMismatch`).
    pub(crate) fn replay(&self, ask: &Ask, body: &Body) -> Result<Option<Key>> {
        let Some(token) = &ask.token else { return Ok(None) };
        let scope = (ask.account.clone(), ask.place.region.clone(), token.clone());
        let Some(used) = self.tokens.get(&scope) else { return Ok(None) };
        let doubts = &self.settings.doubts;
        if self.now >= used.at + doubts.token_memory {
            return Ok(None);
        }
        let same_tags = !doubts.tags_are_parameters || used.tags == ask.tags;
        if used.body != *body || !same_tags {
            return Err(refusal::conflict(
                "IdempotentParameterMismatch",
                "the token was used with other parameters",
            ));
        }
        let dead = self.state(self.thing(used.key)) == State::Gone;
        Ok((!dead || doubts.tokens_of_the_dead).then_some(used.key))
    }
}
