//! A cloud that is named before it is changed: every run asks for its offer first, and the answer says whose it is.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use accel_core::backend::{
    Blocker, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Request, Scope,
};
use accel_core::{RemoteId, Result};
use async_trait::async_trait;

use crate::render;
use crate::terminal::Terminal;

/// Tells the account, the regions and any endpoint that is not the provider's own, once, as soon as they are known.
#[derive(Debug)]
pub(crate) struct Herald<'a> {
    backend: Box<dyn NetworkBackend>,
    terminal: &'a Terminal,
    heard: Mutex<Option<Offer>>,
}

impl<'a> Herald<'a> {
    pub(crate) fn new(backend: Box<dyn NetworkBackend>, terminal: &'a Terminal) -> Self {
        Self { backend, terminal, heard: Mutex::new(None) }
    }

    /// The last answer about the places: what outputs are made from, without asking again.
    pub(crate) fn offer_heard(&self) -> Option<Offer> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is AWS itself, as far as it has been heard.
    pub(crate) fn is_aws(&self) -> bool {
        self.backend.name() == "aws" && self.offer_heard().is_some_and(|it| it.endpoint.is_none())
    }

    /// The first question names the places; a later one, about limits, adds nothing to say.
    fn hear(&self, query: &OfferQuery, offer: &Offer) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if query.places.is_empty() {
            return;
        }
        if heard.is_none() {
            let name = self.backend.name();
            self.terminal.say(&render::place::cloud(name, &query.places, offer));
        }
        *heard = Some(offer.clone());
    }
}

#[async_trait]
impl NetworkBackend for Herald<'_> {
    fn name(&self) -> &'static str {
        self.backend.name()
    }

    async fn offer(&self, query: &OfferQuery) -> Result<Offer> {
        let offer = self.backend.offer(query).await?;
        self.hear(query, &offer);
        Ok(offer)
    }

    async fn create<'a>(&self, request: Request<'a>) -> Result<RemoteId> {
        self.backend.create(request).await
    }

    async fn find<'a>(&self, request: Request<'a>) -> Result<Option<RemoteId>> {
        self.backend.find(request).await
    }

    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>> {
        self.backend.read(items).await
    }

    async fn delete(&self, id: &RemoteId) -> Result<()> {
        self.backend.delete(id).await
    }

    async fn list<'a>(&self, scope: Scope<'a>) -> Result<Listing> {
        self.backend.list(scope).await
    }

    async fn glance<'a>(&self, scope: Scope<'a>) -> Result<BTreeSet<String>> {
        self.backend.glance(scope).await
    }

    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>> {
        self.backend.blockers(id).await
    }
}
