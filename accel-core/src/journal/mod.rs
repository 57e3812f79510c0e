//! The journal: what was intended and what came of it, append-only and fenced by position.
//!
//! A deployment works without one: tags alone are enough, with a wait of one visibility window where there is doubt. With one, a run
//! that was killed goes on without that wait, and two deployers cannot fight: whoever writes the next position owns the deployment,
//! and the other's next append fails.
//!
//! The trait is small so that a user's own database can hold it: `append` at an expected position, and `load`.

mod file;
mod json;
mod memory;
mod record;

use async_trait::async_trait;

pub use file::FileJournal;
pub use json::{decode, encode};
pub use memory::MemoryJournal;
pub use record::{Entry, FORMAT, ItemId, Purpose, Record, Seen, Started};

use crate::error::Result;

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// All entries are durable, in order.
    Done,
    /// Somebody else wrote that position first: nothing of ours was written.
    Conflict,
    /// No answer: the caller reads back and compares who wrote that position.
    Doubtful,
}

/// The log of one deployment.
///
/// # Contract
/// * Positions are dense from 0. `append` writes at exactly the position of its first entry, or not at all.
/// * An append is all or nothing: after a crash either all of its entries are loaded or none.
/// * What `append` said is `Done` survives a crash of the process and of the machine.
/// * What `load` gives never changes, it only grows.
/// * One entry is at most [`ENTRY_BYTES_MAX`] of JSON; one append holds at most [`APPEND_ENTRIES_MAX`] entries. What is beyond is
///   refused as `Invalid`, and nothing of it is written. An append of nothing is `Done`.
///
/// [`encode`] and [`decode`] check all that can be checked without a store, and refuse what a newer accel wrote.
#[async_trait]
pub trait Journal: std::fmt::Debug + Send + Sync {
    /// Whether holding it open proves that no other run is alive (a lock that ends with the process). Without, a run that wrote lately
    /// keeps its lease.
    fn exclusive(&self) -> bool;

    /// All entries from a position on, oldest first.
    async fn load(&self, from: u64) -> Result<Vec<Entry>>;

    /// Writes entries whose positions follow each other, the first of them at `entries[0].seq`.
    async fn append(&self, entries: &[Entry]) -> Result<Appended>;
}

/// The largest entry, as JSON, that a journal must take: the graph of a deployment with a hundred services fits.
pub const ENTRY_BYTES_MAX: usize = 4 << 20;

/// The most entries of one append.
pub const APPEND_ENTRIES_MAX: usize = 1000;
