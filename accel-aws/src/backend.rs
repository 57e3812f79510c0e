//! The contract, verb by verb.

use std::collections::BTreeSet;

use accel_core::backend::{
    Blocker, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Request, Scope,
};
use accel_core::{RemoteId, Result};
use async_trait::async_trait;

use crate::aws::Aws;
use crate::kind;

#[async_trait]
impl NetworkBackend for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    async fn offer(&self, query: &OfferQuery) -> Result<Offer> {
        self.offer_of(query).await
    }

    async fn create<'a>(&self, request: Request<'a>) -> Result<RemoteId> {
        kind::create(self.at(request.place), &request).await
    }

    async fn find<'a>(&self, request: Request<'a>) -> Result<Option<RemoteId>> {
        self.find_made(&request).await
    }

    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>> {
        self.read_all(items).await
    }

    async fn delete(&self, id: &RemoteId) -> Result<()> {
        kind::delete(self.at(&id.place), id).await
    }

    async fn list<'a>(&self, scope: Scope<'a>) -> Result<Listing> {
        self.at(scope.place).list(scope).await
    }

    async fn glance<'a>(&self, scope: Scope<'a>) -> Result<BTreeSet<String>> {
        self.at(scope.place).glance(scope).await
    }

    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>> {
        self.at(&id.place).blockers(id).await
    }
}
