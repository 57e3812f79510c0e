//! What the example programs share: arguments, a sandbox, time that can be watched, and plain text for what happens.
//!
//! The libraries print nothing; these programs do. [`watch`] turns a run's events into lines, [`show`] turns what it returns into text.
//! Deliberately absent: colour, cursors and anything else that a log file could not keep.

mod arguments;
mod pace;
mod progress;
mod sandbox;
pub mod show;
mod timeline;

use std::error::Error;
use std::process::ExitCode;

use accel_core::Acceleration;

pub use arguments::Arguments;
pub use pace::{at_speed, in_virtual_time};
pub use progress::watch;
pub use sandbox::{Sandbox, speed};

/// What goes wrong in a program: shown as it is, and then the program ends.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// Says what went wrong, if anything did.
#[expect(clippy::print_stderr, reason = "a program tells its user why it ends")]
pub fn exit(end: Result<(), Trouble>) -> ExitCode {
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// Reads a spec from a file; without one, the lane from Singapore to `SageMaker` in Jakarta.
///
/// # Errors
/// If the file cannot be read, or is no spec.
pub fn read_spec(path: Option<&str>) -> Result<Acceleration, Trouble> {
    let jakarta = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/sagemaker-jakarta.toml");
    let path = path.unwrap_or(jakarta);
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(Acceleration::from_toml(&text).map_err(|problem| format!("{path}: {problem}"))?)
}

/// What the README shows compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../../README.zh-CN.md")]
struct Readme;
