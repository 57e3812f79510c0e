//! A simulated cloud that outlives its process, with the journals of its deployments beside it.

use std::collections::BTreeSet;
use std::path::{Display, PathBuf};
use std::sync::{Mutex, PoisonError};

use accel_core::backend::{
    Blocker, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Request, Scope,
};
use accel_core::journal::FileJournal;
use accel_core::{DeploymentId, RemoteId, Result};
use accel_mock::{Cloud, Settings};
use async_trait::async_trait;
use tokio::time::Instant;

use crate::Trouble;

/// How many times as fast as real time a sandbox is watched, unless somebody says otherwise.
const USUAL_SPEED: u32 = 60;

/// A simulated cloud in a file. Its time is that of the program that uses it, and stands still between programs.
#[derive(Debug)]
pub struct Sandbox {
    cloud: Cloud,
    path: PathBuf,
    /// Up to when the cloud has followed the program's time.
    seen: Mutex<Option<Instant>>,
}

impl Sandbox {
    /// Opens the cloud in the file, and makes it if there is none. By default it lies in cargo's target folder.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn open(path: Option<String>) -> std::result::Result<Self, Trouble> {
        let path = path.map_or_else(usual_path, PathBuf::from);
        let failed = |error| format!("{}: {error}", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        // By itself the file's time is the wall clock's, and a busy machine would tell other times than an idle one.
        let still = Settings { speed: 0, ..Settings::default() };
        let cloud = Cloud::open(&path, still).map_err(failed)?;
        Ok(Self { cloud, path, seen: Mutex::new(None) })
    }

    /// The journal of a deployment, in a folder beside the cloud's file: a deployment goes on only in the cloud in which it began.
    ///
    /// # Errors
    /// If another process holds it, or if it cannot be used.
    pub fn journal(&self, deployment: &DeploymentId) -> Result<FileJournal> {
        FileJournal::open(self.journals(), deployment)
    }

    /// After a cleanup: an empty cloud is thrown away, and with it the journal of the deployment that was the last in it. What a
    /// cloud remembers of the dead is worth nothing here, and every call would read it.
    ///
    /// # Errors
    /// If files cannot be removed.
    pub fn tidy(&self, deployment: &DeploymentId) -> std::io::Result<()> {
        if self.cloud.inspect(|world| world.live().next().is_some()) {
            return Ok(());
        }
        std::fs::remove_dir_all(self.journals().join(deployment.as_str()))?;
        std::fs::remove_file(&self.path)
    }

    fn journals(&self) -> PathBuf {
        self.path.with_extension("journals")
    }

    /// Where the cloud is kept.
    pub fn path(&self) -> Display<'_> {
        self.path.display()
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

/// Beside what was built from this clone, so that every program of it finds the same cloud; else in the folder for passing things.
fn usual_path() -> PathBuf {
    // target/debug/examples/deploy
    let program = std::env::current_exe().ok();
    let target = program.as_deref().and_then(|program| program.ancestors().nth(3));
    target.map_or_else(std::env::temp_dir, PathBuf::from).join("accel-sandbox").join("cloud.json")
}

/// How fast a program is to be watched, from the command line.
///
/// # Errors
/// If it is not a whole number from 1 on.
pub fn speed(arguments: &mut crate::Arguments) -> std::result::Result<u32, Trouble> {
    let Some(word) = arguments.option("--speed")? else { return Ok(USUAL_SPEED) };
    match word.parse() {
        Ok(speed) if speed > 0 => Ok(speed),
        Ok(_) | Err(_) => Err(arguments.wrong("--speed takes a whole number from 1 on")),
    }
}
