//! `accel probe`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Lane;

#[derive(Debug, Args)]
#[command(override_usage = "accel probe [OPTIONS] <SPEC|--settings FILE>")]
#[command(
    after_help = "Asks every service without credentials, in turns over the direct way and over the lane; any answer counts, 403 \
included. Exit codes: 1 if one of the ways could not be measured, 3 if the requirement is not met.

Examples:
  accel probe lane.toml
  accel probe --settings lane.json --pairs 300 --report probe.html
  accel probe lane.toml --require not-slower --json     in a pipeline: exit 3 if the lane is slower, or that is unclear"
)]
pub(crate) struct Probe {
    /// How many pairs to measure of each service; p99 has an interval from 100 on
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) pairs: u32,
    /// A host to ask in place of the service's first, for example of a bucket; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// The direct address of a host, where this machine's resolver leads it elsewhere: into the lane, for example
    #[arg(long, value_name = "HOST=ADDRESS", value_parser = direct)]
    pub(crate) direct: Vec<(String, IpAddr)>,
    /// Upload so many bytes besides, each time over a connection of its own
    #[arg(long, value_name = "BYTES")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    pub(crate) transfer: Option<u64>,
    /// Certificate authorities (PEM) to trust besides those of this machine; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Vec<PathBuf>,
    /// Write the report with its plots into this file: HTML that stands alone
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,
    /// End with exit code 3 unless every service's lane is so
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) require: Option<Requirement>,
    #[command(flatten)]
    pub(crate) lane: Lane,
}

/// What a lane must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Requirement {
    /// Faster than the direct way
    Faster,
    /// Faster, or the same
    NotSlower,
}

fn direct(text: &str) -> Result<(String, IpAddr), String> {
    let parsed = text.split_once('=').filter(|(host, _)| !host.is_empty());
    let parsed = parsed.and_then(|(host, address)| Some((host.to_owned(), address.parse().ok()?)));
    parsed.ok_or_else(|| "write it like runtime.example.com=203.0.113.7".to_owned())
}
