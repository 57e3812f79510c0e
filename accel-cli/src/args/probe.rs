//! `accel probe`.

use clap::Args;

use super::Lane;

#[derive(Debug, Args)]
pub(crate) struct Probe {
    #[command(flatten)]
    pub(crate) lane: Lane,
}
