//! `accel client`.

use clap::Args;

use super::Lane;

#[derive(Debug, Args)]
pub(crate) struct Client {
    #[command(flatten)]
    pub(crate) lane: Lane,
}
