//! What is among our things and not ours.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// Something in our places or inside our resources that is not ours to touch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stranger {
    /// The provider's id.
    pub id: RemoteId,
    /// Why it is not taken for ours, or what it opens.
    pub why: String,
}
