//! The journal in memory: for tests, and for programs that only want fencing between their own tasks.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Appended, Entry, Journal, encode};
use crate::error::Result;

/// A journal in memory. Share it through an `Arc`: two deployers of one process fence each other.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> accel_core::Result<()> {
/// use accel_core::journal::{Appended, Entry, Journal, MemoryJournal, Record};
///
/// let journal = MemoryJournal::default();
/// let first = [Entry { seq: 0, at_ms: 0, run: "run-1".into(), record: Record::Beat }];
/// assert_eq!(journal.append(&first).await?, Appended::Done);
/// assert_eq!(journal.append(&first).await?, Appended::Conflict);
/// assert_eq!(journal.load(0).await?, first);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct MemoryJournal {
    entries: Mutex<Vec<Entry>>,
}

impl MemoryJournal {
    fn with<T>(&self, act: impl FnOnce(&mut Vec<Entry>) -> T) -> T {
        // A panic while the lock is held leaves a whole log behind: entries are only ever pushed.
        act(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    fn exclusive(&self) -> bool {
        false
    }

    async fn load(&self, from: u64) -> Result<Vec<Entry>> {
        Ok(self.with(|entries| entries.iter().filter(|entry| entry.seq >= from).cloned().collect()))
    }

    async fn append(&self, new: &[Entry]) -> Result<Appended> {
        // The text is not kept: a journal in memory refuses what any other would.
        encode(new)?;
        Ok(self.with(|entries| {
            let next = new.first().map(|entry| entry.seq);
            if next.is_some_and(|seq| seq != entries.len() as u64) {
                return Appended::Conflict;
            }
            entries.extend_from_slice(new);
            Appended::Done
        }))
    }
}
