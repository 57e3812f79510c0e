//! The journal as a run sees it: a position, and what to do when an append is refused or not answered.

use std::sync::Arc;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::id::RunId;
use crate::journal::{APPEND_ENTRIES_MAX, Appended, Entry, Journal, Record};

/// How often an append without an answer is read back before the run gives up.
const READ_BACKS: u32 = 5;

pub(crate) struct Ledger<'a> {
    journal: Option<&'a dyn Journal>,
    clock: Arc<dyn Clock>,
    run: RunId,
    next: u64,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(
        journal: Option<&'a dyn Journal>,
        clock: Arc<dyn Clock>,
        run: RunId,
        next: u64,
    ) -> Self {
        Self { journal, clock, run, next }
    }

    /// How many records there are.
    #[cfg(test)]
    pub(crate) fn position(&self) -> u64 {
        self.next
    }

    pub(crate) fn in_use(&self) -> bool {
        self.journal.is_some()
    }

    /// Returns once the records are durable. An error stops the run: nothing is done that was not written.
    pub(crate) async fn append(&mut self, records: &[Record]) -> Result<()> {
        let Some(journal) = self.journal else { return Ok(()) };
        for chunk in records.chunks(APPEND_ENTRIES_MAX) {
            let at_ms = self.clock.now_ms();
            let entry = |(seq, record): (u64, &Record)| Entry {
                seq,
                at_ms,
                run: self.run.clone(),
                record: record.clone(),
            };
            let entries: Vec<Entry> = (self.next..).zip(chunk).map(entry).collect();
            self.write(journal, &entries).await?;
            self.next += entries.len() as u64;
        }
        Ok(())
    }

    async fn write(&self, journal: &dyn Journal, entries: &[Entry]) -> Result<()> {
        for _ in 0..READ_BACKS {
            match journal.append(entries).await? {
                Appended::Done => return Ok(()),
                // A reply can be lost, or come back as "already exists": what was written there tells whose it is.
                Appended::Conflict | Appended::Doubtful => {
                    match journal.load(self.next).await?.first() {
                        Some(first) if first.run == self.run => return Ok(()),
                        Some(first) => return Err(fenced(&first.run)),
                        None => {}
                    }
                }
            }
        }
        Err(Error::new(ErrorKind::Journal, "the journal does not answer")
            .advice("nothing was called without it; run again when it answers"))
    }
}

fn fenced(run: &RunId) -> Error {
    Error::new(ErrorKind::Fenced, format!("run {run} has taken this deployment over"))
        .advice("let it finish; nothing more was called by this run")
}
