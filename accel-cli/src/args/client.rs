//! `accel client`.

use std::path::PathBuf;

use accel_client::recipe::Language;
use clap::{Args, ValueEnum};

use super::Lane;

#[derive(Debug, Args)]
#[command(override_usage = "accel client [OPTIONS] <SPEC|--settings FILE>")]
#[command(
    after_help = "One file to read, keep and import. URL, Host, SNI, certificate check and signature stay those of the service: only the \
address that is dialled is new. It holds the lane's settings of now; at run time those of the file that ACCEL_LANE names come first, and are \
read again when they change. Each ends with a check that fails if calls would go around the lane.

Any other program: `accel connect`.

Examples:
  accel client lane.toml --for python -o lane.py
  accel client --settings lane.json --for curl -o lane-curl && bash lane-curl --check
  accel outputs lane.toml --json > lane.json && ACCEL_LANE=lane.json python lane.py"
)]
pub(crate) struct Client {
    /// What the client is written in
    #[arg(long = "for", value_enum, value_name = "WHAT")]
    pub(crate) whom: Whom,
    /// Write it to this file
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) lane: Lane,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Whom {
    /// The AWS SDK for Rust
    Rust,
    /// boto3, botocore
    Python,
    /// The AWS SDK for Go v2, net/http
    Go,
    /// The AWS SDK for JavaScript v3, node:https
    Node,
    /// The AWS SDK for Java 2
    Java,
    /// curl
    Curl,
    /// A block for the hosts file: `accel hosts` puts it in and takes it out
    Hosts,
}

impl Whom {
    /// Its language; none for a hosts file.
    pub(crate) fn language(self) -> Option<Language> {
        match self {
            Self::Rust => Some(Language::Rust),
            Self::Python => Some(Language::Python),
            Self::Go => Some(Language::Go),
            Self::Node => Some(Language::Node),
            Self::Java => Some(Language::Java),
            Self::Curl => Some(Language::Curl),
            Self::Hosts => None,
        }
    }
}
