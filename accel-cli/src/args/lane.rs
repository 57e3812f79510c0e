//! Which lane a client's command is about.

use std::path::PathBuf;

use clap::Args;

use super::{Cloud, OtherRuns};

/// A lane that stands: as its spec says, or as its settings say.
#[derive(Debug, Clone, Args)]
pub(crate) struct Lane {
    /// The spec (TOML or JSON) of a lane that stands: the cloud is asked for its settings; - for stdin
    #[arg(required_unless_present = "settings")]
    pub(crate) spec: Option<PathBuf>,
    /// The lane's settings, as `accel outputs SPEC --json` prints them: no cloud is asked, and no credentials are needed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["spec", "backend", "file", "profile", "entry_profile", "journal", "window", "adopt", "take_over"])]
    pub(crate) settings: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cloud: Cloud,
    #[command(flatten)]
    pub(crate) others: OtherRuns,
}
