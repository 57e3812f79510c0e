//! What a journal holds: one record per thing that changed, in a format with a number.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::graph::Graph;
use crate::id::{Fingerprint, NodeName, RemoteId, RunId};
use crate::resource::{Attributes, Slot};
use crate::tags::Stamp;

/// The journal's format. A reader reads all formats up to its own and refuses newer ones.
pub const FORMAT: u32 = 1;

/// One record with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The position, from 0 without gaps.
    pub seq: u64,
    /// Milliseconds since 1970, for people and for leases; never used to decide about a resource.
    pub at_ms: u64,
    /// The run that wrote it: with `seq` it tells whether an append whose answer was lost was ours.
    pub run: RunId,
    /// What happened.
    pub record: Record,
}

/// The index of one remote thing, or of one that is wanted, in the order in which the journal introduced them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub(crate) u32);

impl ItemId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// To make the cloud equal to a graph.
    Deploy,
    /// To make it equal to the empty graph.
    Cleanup,
}

/// One thing that happened. Live runs and recovery fold the same records through the same function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// A run began and holds the lease.
    Started(Started),
    /// What this run wants.
    Planned {
        /// The graph; empty for a cleanup.
        graph: Arc<Graph>,
    },
    /// A listing or a look showed something.
    Found {
        /// The item that it is, or none if it is something to remove that no item knew.
        item: Option<ItemId>,
        /// What was seen.
        seen: Seen,
    },
    /// A create is about to be sent.
    Intended {
        /// Of which item.
        item: ItemId,
        /// With which attempt number.
        attempt: u32,
        /// The ids it refers to.
        holds: Vec<RemoteId>,
        /// Its natural key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// The slots it will occupy.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        slots: Vec<Slot>,
    },
    /// A create got no answer that says what happened.
    Doubtful {
        /// Of which item.
        item: ItemId,
    },
    /// A create succeeded.
    Created {
        /// Of which item.
        item: ItemId,
        /// What it became.
        id: RemoteId,
        /// The settings whose first values it carried.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        carried: Vec<ItemId>,
    },
    /// A create is known to have had no effect.
    Refused {
        /// Of which item.
        item: ItemId,
        /// Whether its token is spent on something dead: the next create is another attempt.
        #[serde(default)]
        spent: bool,
    },
    /// It is ready.
    Ready {
        /// Which item.
        item: ItemId,
        /// With which attributes.
        attributes: Attributes,
    },
    /// What exists is not as asked, or broken: it is to go, and the node is made anew.
    Replaced {
        /// Which item.
        item: ItemId,
        /// Why.
        why: String,
    },
    /// It is gone, though nothing of ours deleted it.
    Lost {
        /// Which item.
        item: ItemId,
    },
    /// A delete is about to be sent.
    Deleting {
        /// Of which item.
        item: ItemId,
    },
    /// It is on its way out.
    Going {
        /// Which item.
        item: ItemId,
    },
    /// It is gone.
    Gone {
        /// Which item.
        item: ItemId,
    },
    /// It cannot go on without a person.
    Halted {
        /// Which item.
        item: ItemId,
        /// Why.
        error: Error,
    },
    /// The run is alive; written when nothing else was for a while.
    Beat,
    /// The run is over.
    Ended {
        /// Whether it reached its goal.
        reached: bool,
    },
}

/// The first record of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The journal's format.
    pub format: u32,
    /// The version of accel.
    pub version: String,
    /// The backend's name.
    pub backend: String,
    /// What for.
    pub purpose: Purpose,
    /// The partition of the deployment.
    pub partition: String,
    /// The run, its caller, the places and the accounts.
    pub stamp: Stamp,
}

/// A remote thing as a listing or a look showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its id.
    pub id: RemoteId,
    /// Its node's name; for an untagged child, its id's text.
    pub node: NodeName,
    /// What was asked for it, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The run that made it, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The ids it refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<RemoteId>,
    /// Its natural key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}
