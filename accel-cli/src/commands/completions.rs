//! `accel completions`: the completion script of a shell.

use clap::CommandFactory as _;

use crate::args::{Cli, Completions};
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome};

#[expect(clippy::unnecessary_wraps, reason = "the form of every command")]
pub(super) fn run(args: &Completions, terminal: &Terminal) -> Outcome<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "accel", &mut script);
    terminal.text(&args.shell, &String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
