//! What the original scripts left behind: ids in a file, and no tags.

use std::path::Path;

use crate::args::Cleanup;
use crate::terminal::Terminal;
use crate::trouble::{Exit, Outcome, Trouble};

pub(crate) fn run(_args: &Cleanup, file: &Path, _terminal: &Terminal) -> Outcome<Exit> {
    Err(Trouble::input(format!("{}: --seed-env is not built yet", file.display())))
}
