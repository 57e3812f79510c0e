//! The contract, verb by verb.

use accel_core::backend::{
    Blocker, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Request,
};
use accel_core::{DeploymentId, Place, RemoteId, Result};
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

    async fn list(&self, deployment: &DeploymentId, place: &Place) -> Result<Listing> {
        self.at(place).list(deployment).await
    }

    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>> {
        self.at(&id.place).blockers(id).await
    }
}
