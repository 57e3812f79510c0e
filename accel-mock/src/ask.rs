//! What one create asks of the cloud, once the engine's references have become the world's own.

use accel_core::backend::Request;
use accel_core::graph::Ref;
use accel_core::resource::{Repeat, Resource};
use accel_core::tags::Tags;
use accel_core::{AccountId, Place, RemoteId, Result, Side};
use serde::{Deserialize, Serialize};

use crate::kind::{self, Body, Setting};
use crate::refusal;
use crate::thing::Key;
use crate::world::World;

/// One create, as the cloud's API gets it. It can be kept and applied later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ask {
    pub(crate) demand: Demand,
    pub(crate) place: Place,
    pub(crate) account: AccountId,
    pub(crate) tags: Tags,
    pub(crate) token: Option<String>,
    /// Whether a fault makes it fail after it was accepted.
    pub(crate) fails: bool,
}

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Demand {
    Thing(Body),
    Setting(Setting),
}

/// The account of each side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Accounts {
    pub(crate) service: AccountId,
    pub(crate) entry: AccountId,
}

impl Accounts {
    pub(crate) fn of(&self, side: Side) -> &AccountId {
        match side {
            Side::Service => &self.service,
            Side::Entry => &self.entry,
        }
    }
}

/// Turns a request of the engine into what the cloud's API would get.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Translator<'a> {
    pub(crate) world: &'a World,
    pub(crate) accounts: &'a Accounts,
    pub(crate) request: &'a Request<'a>,
}

impl Translator<'_> {
    /// The thing that a reference names.
    pub(crate) fn key<K>(&self, reference: &Ref<K>) -> Result<Key> {
        self.key_of(&self.request.inputs.id(reference))
    }

    pub(crate) fn key_of(&self, id: &RemoteId) -> Result<Key> {
        let account = self.accounts.of(id.place.side);
        self.world
            .resolve(id, account)
            .ok_or_else(|| refusal::not_yet(kind::missing(id.kind), format!("{id} does not exist")))
    }

    pub(crate) fn keys<K>(&self, references: &[Ref<K>]) -> Result<Vec<Key>> {
        references.iter().map(|reference| self.key(reference)).collect()
    }

    /// The first value of a setting that the create carries.
    pub(crate) fn carried<'r, T>(&'r self, pick: impl Fn(&'r Resource) -> Option<T>) -> Option<T> {
        self.request.carried.iter().find_map(pick)
    }

    pub(crate) fn demand(&self) -> Result<Demand> {
        if kind::changes_a_thing(self.request.kind()) {
            kind::setting(self).map(Demand::Setting)
        } else {
            kind::body(self).map(Demand::Thing)
        }
    }

    pub(crate) fn ask(&self) -> Result<Ask> {
        let demand = self.demand()?;
        let request = self.request;
        let facts = request.kind().facts();
        let tagged = facts.taggable || request.kind() == accel_core::resource::Kind::PeeringTags;
        Ok(Ask {
            demand,
            place: request.place.clone(),
            account: self.accounts.of(request.place.side).clone(),
            tags: if tagged { request.tags() } else { Tags::new() },
            token: (facts.repeat == Repeat::Token).then(|| request.token()),
            fails: false,
        })
    }
}
