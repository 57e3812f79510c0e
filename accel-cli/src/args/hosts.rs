//! `accel hosts`.

use clap::Args;

use super::Lane;

#[derive(Debug, Args)]
pub(crate) struct Hosts {
    #[command(flatten)]
    pub(crate) lane: Lane,
}
