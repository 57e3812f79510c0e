//! `accel cloud furnish`.

use std::path::PathBuf;

use accel_core::Region;
use clap::Args;

use super::parse;

#[derive(Debug, Args)]
#[command(
    after_help = "What a private egress in a network that exists is tried on, without an account: a VPC with an internet gateway, and \
in each zone a public subnet and an island in which a function runs. It is nobody's deployment; cleanup of one leaves it as it is now.

Stdout is the [network] table of a spec.

Examples:
  accel cloud furnish --cloud cloud.json >> egress.toml      a spec that ends with its [network] table
  accel plan egress.toml --backend sim --cloud cloud.json
  accel cloud furnish --cloud cloud.json --routed            its islands reach the internet already: replace_default_route
  accel cloud furnish --cloud cloud.json --json              every id, those of its route tables too"
)]
pub(crate) struct Furnish {
    /// The file that holds the simulated cloud; made if there is none
    #[arg(long = "cloud", value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where the network is
    #[arg(long, default_value = "eu-central-1", value_parser = parse::region)]
    pub(crate) region: Region,
    /// In how many zones it has subnets
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=6))]
    pub(crate) zones: u8,
    /// Its islands lead to the internet already, through a NAT gateway of its own
    #[arg(long)]
    pub(crate) routed: bool,
}
