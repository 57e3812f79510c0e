//! `accel connect`.

use std::ffi::OsString;
use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use super::Lane;

#[derive(Debug, Args)]
#[command(override_usage = "accel connect [OPTIONS] <SPEC|--settings FILE> [-- COMMAND...]")]
#[command(
    after_help = "It is an HTTP proxy that knows CONNECT only: TLS, certificate check, signature and URL stay those of the \
service, end to end. It refuses what the lane does not carry, so nothing goes elsewhere by mistake.

With --settings the file is read again when it changes. `curl http://127.0.0.1:4600/` shows its counters and the health of each address.

Examples:
  accel outputs lane.toml --json > lane.json
  accel connect --settings lane.json -- aws sagemaker-runtime invoke-endpoint ...    this command alone
  accel connect --settings lane.json             for every program, until it is interrupted
  accel connect --settings lane.json --fallback public    the public way while the lane is down

Then, for example:
  curl --proxy http://127.0.0.1:4600 https://runtime.sagemaker.ap-southeast-3.amazonaws.com/ping
  boto3.client(\"sagemaker-runtime\", config=Config(proxies={\"https\": \"http://127.0.0.1:4600\"}))"
)]
pub(crate) struct Connect {
    /// Where to listen, on this machine; port 0 for any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4600")]
    pub(crate) listen: SocketAddr,
    /// What happens while no address of the lane answers
    #[arg(long, value_enum, default_value_t = FallbackTo::Refuse)]
    pub(crate) fallback: FallbackTo,
    /// Let through what the lane does not carry, as the system resolves it
    #[arg(long)]
    pub(crate) pass_through: bool,
    #[command(flatten)]
    pub(crate) lane: Lane,
    /// Run this command with the proxy in its environment, on a port of its own, and end with its exit code
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "listen")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FallbackTo {
    /// Calls fail and say why
    Refuse,
    /// Calls go to the service's public address, with the same certificate check
    Public,
}
