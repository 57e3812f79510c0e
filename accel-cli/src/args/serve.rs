//! `accel cloud`, and `accel cloud serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Furnish;

#[derive(Debug, Subcommand)]
pub(crate) enum CloudCommand {
    /// Serve a simulated cloud on the AWS wire protocol, until it is interrupted
    Serve(Serve),
    /// Put a network of somebody's into a simulated cloud, to build a private egress in
    Furnish(Furnish),
}

#[derive(Debug, Args)]
#[command(
    after_help = "It speaks EC2, Elastic Load Balancing v2, STS, Service Quotas and Resource Groups Tagging as far \
as private lanes need them; what it does not know is an error that names it. Every region is there.

Examples:
  accel cloud serve
  accel cloud serve --listen 127.0.0.1:0 --json      a free port; the document says which
  accel cloud serve --speed 10 --cloud cloud.json    ten times as fast; survives a restart
  accel cloud serve --schedule faults.txt            with a line like CreateVpc#1=reset-after
  accel cloud serve --keys keys.toml                 signatures are checked, accounts kept apart

Then, in another shell:
  export AWS_ENDPOINT_URL=http://127.0.0.1:4599 AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
  aws ec2 create-vpc --cidr-block 10.0.0.0/16 --region eu-west-1"
)]
pub(crate) struct Serve {
    /// Where to listen; port 0 for any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4599")]
    pub(crate) listen: SocketAddr,
    /// The file that holds the cloud; made if there is none. Without it the cloud ends with the program
    #[arg(long = "cloud", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Access keys: a TOML file with a table per key, which names its account and may name its secret. As soon as one has a secret,
    /// these alone are let in, and signatures are checked; else every key is
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// What goes wrong: a file of rules, such as CreateVpc#1=reset-after
    #[arg(long, value_name = "FILE")]
    pub(crate) schedule: Option<PathBuf>,
    /// How many times as fast as AWS things become ready, disappear and come to light
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) speed: u32,
}
