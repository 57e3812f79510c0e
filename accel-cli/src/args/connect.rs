//! `accel connect`.

use clap::Args;

use super::Lane;

#[derive(Debug, Args)]
pub(crate) struct Connect {
    #[command(flatten)]
    pub(crate) lane: Lane,
}
