//! `accel connect`.

use crate::args::Connect;
use crate::lane;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome};

pub(super) fn run(args: &Connect, terminal: &Terminal) -> Outcome<Exit> {
    let settings = lane::settings(&args.lane, terminal)?;
    terminal.result(&settings.generation);
    Ok(Exit::Done)
}
