//! What the judges share: their Python, and the tables of what they saw.

pub(crate) mod python;
pub(crate) mod tables;

use std::io::Write as _;
use std::path::Path;

/// The folder of this package.
pub(crate) fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Says that something did not run, and why; also from a test that passes, whose prints would be swallowed.
pub(crate) fn not_run(why: &str) {
    let said = writeln!(std::io::stderr(), "NOT RUN: {why}");
    said.expect("stderr can be written");
}
