//! `accel hosts`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::{Cloud, Lane, OtherRuns};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").args(["apply", "remove", "check"]))]
#[command(group = ArgGroup::new("whose").args(["spec", "settings", "name"]))]
#[command(
    after_help = "Every program of the machine dials the lane then, with the service's own names and TLS. A hosts file knows no \
patterns, ports or health, and addresses that change make it wrong: apply again by a timer, or use \
`accel connect`.

Examples:
  accel hosts lane.toml                        print the block; changes nothing
  accel outputs lane.toml --json > lane.json   where credentials are, then without any:
  sudo accel hosts --settings lane.json --apply
  accel hosts --settings lane.json --check     in cron: exit 3 if the file differs
  sudo accel hosts --remove --name sagemaker-jakarta"
)]
pub(crate) struct Hosts {
    /// The spec (TOML or JSON) of a lane that stands: the cloud is asked for its settings; - for stdin
    #[arg(required_unless_present_any = ["settings", "remove"])]
    pub(crate) spec: Option<PathBuf>,
    /// The lane's settings, as `accel outputs SPEC --json` prints them: no cloud is asked, and no credentials are needed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["backend", "file", "profile", "entry_profile", "journal", "window", "adopt", "take_over"])]
    pub(crate) settings: Option<PathBuf>,
    /// Put the block into the file, in the place of the lane's old one
    #[arg(long)]
    pub(crate) apply: bool,
    /// Take the lane's block out; no cloud is asked
    #[arg(long)]
    pub(crate) remove: bool,
    /// End with exit code 3 if the file does not hold exactly this block, and say what differs
    #[arg(long)]
    pub(crate) check: bool,
    /// The lane to take out, where neither spec nor settings are at hand; needed only if the file holds several
    #[arg(long, requires = "remove")]
    pub(crate) name: Option<String>,
    /// Which hosts file; by default that of this machine
    #[arg(long = "file", id = "hosts_path", value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cloud: Cloud,
    #[command(flatten)]
    pub(crate) others: OtherRuns,
}

impl Hosts {
    /// The lane, where one is told by spec or settings.
    pub(crate) fn lane(&self) -> Lane {
        Lane {
            spec: self.spec.clone(),
            settings: self.settings.clone(),
            cloud: self.cloud.clone(),
            others: self.others,
        }
    }
}
