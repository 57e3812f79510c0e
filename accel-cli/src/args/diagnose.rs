//! `accel diagnose`.

use std::path::PathBuf;

use clap::Args;

use super::Lane;

#[derive(Debug, Args)]
#[command(override_usage = "accel diagnose [OPTIONS] <SPEC|--settings FILE>")]
#[command(
    after_help = "It asks once through every address of the lane and once directly, without credentials, reads the variables of this shell \
that lead clients elsewhere, and reads what your client has said, if you give it.

Examples:
  accel diagnose --settings lane.json
  accel diagnose --settings lane.json --said \"AccessDeniedException: ... no VPC endpoint policy allows ...\"
  my-client 2>&1 | accel diagnose --settings lane.json --said-in -
  accel diagnose --settings lane.json --by-name     for a lane in the hosts file, or in a DNS of your own

Exit code 0: nothing is wrong that shows; 1: something is, or what the client said is not recognised."
)]
pub(crate) struct Diagnose {
    /// What the client said when its call failed
    #[arg(long, value_name = "TEXT")]
    pub(crate) said: Option<String>,
    /// The same, in a file; - for stdin
    #[arg(long, value_name = "FILE", conflicts_with = "said")]
    pub(crate) said_in: Option<PathBuf>,
    /// A host to ask for in place of the service's first, for example of a bucket; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// Clients find the lane by name, in the hosts file or in a DNS of your own: see whether they do
    #[arg(long)]
    pub(crate) by_name: bool,
    #[command(flatten)]
    pub(crate) lane: Lane,
}
