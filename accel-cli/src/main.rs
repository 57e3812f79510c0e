//! The `accel` program: builds private, accelerated lanes to AWS service endpoints and takes them down without a trace.
//!
//! The tour: `args` is the command line, `commands` has one file per subcommand, `cloud` opens what they work on, `run` is what all
//! runs share (records, options, Ctrl-C), `progress` tells what happens meanwhile, `usable` waits until
//! what was made works, `verified` says what of that was looked at, `standing` finds what stands, `lane` the settings of its clients,
//! `data_path` and `symptoms` ask through it, `render` turns results into text (pure functions), `document` into JSON. `terminal` is the only place that prints, `trouble` the only way to fail.
//!
//! Deliberately absent: any decision about the cloud. The engine takes them all; only `seed` deletes by itself, what no tags own.

mod args;
mod cloud;
mod commands;
mod consent;
mod data_path;
mod document;
mod escape;
mod input;
mod inventory;
mod lane;
mod patience;
mod permissions;
mod pictures;
mod prices;
mod progress;
mod render;
mod run;
mod seed;
mod sketch;
mod standing;
mod symptoms;
mod terminal;
mod trouble;
mod usable;
mod usage;
mod verified;

use std::process::ExitCode;

use clap::Parser as _;

use crate::terminal::Terminal;

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::answer(&error).into(),
    };
    let terminal = Terminal::of_process(cli.output);
    let exit = commands::run(&cli.command, &terminal).unwrap_or_else(|trouble| {
        terminal.trouble(&trouble);
        trouble.exit
    });
    terminal.done(exit).into()
}
