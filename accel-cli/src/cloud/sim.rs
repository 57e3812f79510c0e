//! A simulated cloud that outlives its process, in a file. Its time is that of the program that uses it, and stands still in between.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use accel_core::backend::{
    Blocker, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Request, Scope,
};
use accel_core::{RemoteId, Result};
use accel_mock::{Cloud, Settings};
use async_trait::async_trait;
use tokio::time::Instant;

use crate::trouble::{Outcome, Trouble};

/// The cloud, and up to when it has followed the program's time.
#[derive(Debug)]
pub(super) struct Sandbox {
    cloud: Cloud,
    seen: Mutex<Option<Instant>>,
}

impl Sandbox {
    /// Opens the cloud in the file, and makes it if there is none.
    pub(super) fn open(file: &Path) -> Outcome<Self> {
        // By itself the file's time is the wall clock's, and a busy machine would tell other times than an idle one.
        let still = Settings { speed: 0, ..Settings::default() };
        let open = || {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            Cloud::open(file, still)
        };
        let failed = |error: std::io::Error| {
            Trouble::input(format!("{} cannot be used as a simulated cloud", file.display()))
                .because(error.to_string())
                .next("name another file with --cloud; one that does not exist is made")
        };
        Ok(Self { cloud: open().map_err(failed)?, seen: Mutex::new(None) })
    }

    /// The cloud, at the program's present time.
    fn now(&self) -> &Cloud {
        let now = Instant::now();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).replace(now);
        self.cloud.advance(now.duration_since(seen.unwrap_or(now)));
        &self.cloud
    }
}

#[async_trait]
impl NetworkBackend for Sandbox {
    fn name(&self) -> &'static str {
        self.cloud.name()
    }

    async fn offer(&self, query: &OfferQuery) -> Result<Offer> {
        self.now().offer(query).await
    }

    async fn create<'a>(&self, request: Request<'a>) -> Result<RemoteId> {
        self.now().create(request).await
    }

    async fn find<'a>(&self, request: Request<'a>) -> Result<Option<RemoteId>> {
        self.now().find(request).await
    }

    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>> {
        self.now().read(items).await
    }

    async fn delete(&self, id: &RemoteId) -> Result<()> {
        self.now().delete(id).await
    }

    async fn list<'a>(&self, scope: Scope<'a>) -> Result<Listing> {
        self.now().list(scope).await
    }

    async fn glance<'a>(&self, scope: Scope<'a>) -> Result<BTreeSet<String>> {
        self.now().glance(scope).await
    }

    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>> {
        self.now().blockers(id).await
    }
}
