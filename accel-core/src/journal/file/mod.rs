//! The journal in a local directory: one file of JSON lines, one line per append, and a lock.
//!
//! ```text
//! <dir>/<deployment>/journal.jsonl   {"check":"…","format":1,"accel":"0.1.0","deployment":"…","entries":[…]}
//! <dir>/<deployment>/lock            the process id of whoever has the journal open
//! ```
//!
//! `jq -c '.entries[]' journal.jsonl` shows the history. Deliberately absent: compaction (a deployment writes some hundred records in its
//! life), and network file systems (their locks and syncs promise less than a local disk's).

mod disk;
mod line;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use self::disk::Lock;
use super::{Appended, Entry, Journal, encode};
use crate::error::{Error, ErrorKind, Result};
use crate::id::DeploymentId;

/// The journal of one deployment in a local directory.
///
/// # Guarantees
/// * One opener at a time, in this process and in others. The lock ends with its process, however that ends.
/// * An append that was cut off by a crash is dropped as a whole by the next open. Any other damage is an error that names the line.
/// * On Unix its directory and files are for their user alone.
///
/// # Caveats
/// * After a write or a sync that failed, every append fails until the journal is opened again: the system may have dropped what it
///   could not write, and a later sync would not say so.
/// * The file work blocks the thread for the time of one sync, some milliseconds.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use accel_core::journal::{Appended, Entry, FileJournal, Journal, Record};
/// use accel_core::{DeploymentId, ErrorKind};
///
/// # let dir = tempfile::tempdir()?;
/// let lane = DeploymentId::parse("lane")?;
/// let journal = FileJournal::open(dir.path(), &lane)?;
/// let first = [Entry { seq: 0, at_ms: 0, run: "run-1".into(), record: Record::Beat }];
/// assert_eq!(journal.append(&first).await?, Appended::Done);
/// assert_eq!(FileJournal::open(dir.path(), &lane).unwrap_err().kind(), ErrorKind::Fenced);
///
/// drop(journal);
/// assert_eq!(FileJournal::open(dir.path(), &lane)?.load(0).await?, first);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileJournal {
    deployment: DeploymentId,
    path: PathBuf,
    log: Mutex<Log>,
    /// Only held.
    _lock: Lock,
}

/// How much of the file is known to be durable.
#[derive(Debug)]
struct Log {
    /// The next position.
    next: u64,
    /// The length up to which the file holds whole, durable appends.
    len: u64,
    /// Whether a write or a sync has failed.
    has_failed: bool,
}

impl FileJournal {
    /// Opens the journal of a deployment, and makes it if there is none.
    ///
    /// # Errors
    /// * `Fenced` if it is open already, here or in another process.
    /// * `Refused` if a newer accel wrote it, or if it is another deployment's.
    /// * `Journal` if it is damaged, or if the disk refuses.
    pub fn open(dir: impl AsRef<Path>, deployment: &DeploymentId) -> Result<Self> {
        let home = disk::make_home(dir.as_ref(), deployment)?;
        let lock = Lock::take(&home.join("lock"), deployment)?;
        let path = home.join("journal.jsonl");
        let mut file = disk::open_private(&path)?;

        let text = read_to(&mut file, u64::MAX).map_err(|e| disk::failed("read", &path, &e))?;
        let whole = line::read_all(&text, &path, deployment)?;
        // The last run may have been killed before its sync: what is read here is made durable before anybody acts on it.
        file.set_len(whole.len)
            .and_then(|()| file.sync_all())
            .map_err(|e| disk::failed("write", &path, &e))?;
        disk::sync_home(&home)?;

        let next = whole.entries.len() as u64;
        let log = Mutex::new(Log { next, len: whole.len, has_failed: false });
        Ok(Self { deployment: deployment.clone(), path, log, _lock: lock })
    }

    /// The file by its name, every time: one that was removed or replaced would swallow appends that are then said to be done.
    fn file(&self, log: &Log) -> Result<File> {
        let failed = |e| disk::failed("open", &self.path, &e);
        let file = File::options().read(true).write(true).open(&self.path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        if len == log.len || log.has_failed { Ok(file) } else { Err(self.changed()) }
    }

    fn changed(&self) -> Error {
        let message = format!("{} was changed while it was open", self.path.display());
        Error::new(ErrorKind::Journal, message).advice("put it back as it was, then run again")
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // A panic while the lock is held leaves `len` and `next` as they were; a tail beyond `len` is found by the next append.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// File work blocks here, on purpose: an append is one write and one sync, the engine does nothing until it is durable, and another
/// thread would make it slower and ask for a runtime that the library does not need otherwise.
#[async_trait]
impl Journal for FileJournal {
    fn exclusive(&self) -> bool {
        true
    }

    async fn load(&self, from: u64) -> Result<Vec<Entry>> {
        let log = self.log();
        let mut file = self.file(&log)?;
        let text = read_to(&mut file, log.len).map_err(|e| disk::failed("read", &self.path, &e))?;
        let mut whole = line::read_all(&text, &self.path, &self.deployment)?;
        if whole.len != log.len {
            return Err(self.changed());
        }
        whole.entries.retain(|entry| entry.seq >= from);
        Ok(whole.entries)
    }

    async fn append(&self, entries: &[Entry]) -> Result<Appended> {
        let json = encode(entries)?;
        let mut log = self.log();
        if log.has_failed {
            let message = format!("an earlier write to {} has failed", self.path.display());
            return Err(Error::new(ErrorKind::Journal, message)
                .advice("run again: that opens the journal anew"));
        }
        match entries.first() {
            None => return Ok(Appended::Done),
            Some(first) if first.seq != log.next => return Ok(Appended::Conflict),
            Some(_) => {}
        }
        let mut file = self.file(&log)?;
        let line = line::write(&self.deployment, &json);
        log.append(&mut file, line.as_bytes(), entries.len())
            .map_err(|e| disk::failed("write", &self.path, &e))?;
        Ok(Appended::Done)
    }
}

impl Log {
    fn append(&mut self, file: &mut File, line: &[u8], entries: usize) -> io::Result<()> {
        let written = file
            .seek(SeekFrom::Start(self.len))
            .and_then(|_| file.write_all(line))
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            self.has_failed = true;
            // Takes back what is there of it: a line that a failed sync left in memory only must not be read as durable by the next
            // open. If this fails too, so does the disk, and the next open drops a torn line.
            return file.set_len(self.len).and(Err(error));
        }
        self.len += line.len() as u64;
        self.next += entries as u64;
        Ok(())
    }
}

fn read_to(file: &mut File, len: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(len).read_to_end(&mut text)?;
    Ok(text)
}
