//! One file per subcommand.

mod cleanup;
mod client;
mod completions;
mod connect;
mod deploy;
mod diagnose;
mod furnish;
mod graph;
mod hosts;
mod outputs;
mod plan;
mod policy;
mod probe;
mod serve;
mod status;

use crate::args::{CloudCommand, Command};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome};

/// Does what the command line asks for.
pub(crate) fn run(command: &Command, terminal: &Terminal) -> Outcome<Exit> {
    match command {
        Command::Plan(args) => plan::run(args, terminal),
        Command::Deploy(args) => deploy::run(args, terminal),
        Command::Status(args) => status::run(args, terminal),
        Command::Outputs(args) => outputs::run(args, terminal),
        Command::Client(args) => client::run(args, terminal),
        Command::Connect(args) => connect::run(args, terminal),
        Command::Diagnose(args) => diagnose::run(args, terminal),
        Command::Hosts(args) => hosts::run(args, terminal),
        Command::Probe(args) => probe::run(args, terminal),
        Command::Cleanup(args) => cleanup::run(args, terminal),
        Command::Policy(args) => policy::run(args, terminal),
        Command::Graph(args) => graph::run(args, terminal),
        Command::Cloud(CloudCommand::Serve(args)) => serve::run(args, terminal),
        Command::Cloud(CloudCommand::Furnish(args)) => furnish::run(args, terminal),
        Command::Completions(args) => completions::run(args, terminal),
    }
}
