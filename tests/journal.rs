//! Journals: the conformance suite on our own two, and what the file's format promises beyond it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use accel_core::journal::{FileJournal, Journal, MemoryJournal};
use accel_core::{DeploymentId, Result};
use accel_tests::journal::{Store, check};
use async_trait::async_trait;

/// Journals in memory, kept by name.
#[derive(Debug, Default)]
struct Memory(Mutex<BTreeMap<DeploymentId, Arc<MemoryJournal>>>);

#[async_trait]
impl Store for Memory {
    async fn open(&self, deployment: &DeploymentId) -> Result<Arc<dyn Journal>> {
        let journal = Arc::clone(self.0.lock().unwrap().entry(deployment.clone()).or_default());
        Ok(journal)
    }
}

/// Journals in a directory.
#[derive(Debug)]
struct Files(PathBuf);

#[async_trait]
impl Store for Files {
    async fn open(&self, deployment: &DeploymentId) -> Result<Arc<dyn Journal>> {
        Ok(Arc::new(FileJournal::open(&self.0, deployment)?))
    }
}

#[tokio::test]
async fn the_journal_in_memory_conforms() {
    check(&Memory::default()).await;
}

#[tokio::test]
async fn the_journal_in_a_file_conforms() {
    let dir = tempfile::tempdir().unwrap();
    check(&Files(dir.path().to_owned())).await;
}
