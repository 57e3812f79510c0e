//! The program against a local AWS: what is needed to start both, to let things go wrong, and to look at the outcome with other eyes.
//!
//! The local AWS ([`Cloud`]) is the one of the folder `rig`: it needs Python, and a package index when it is first made. Where it
//! cannot be made, tests say so and do not run; nothing else in this repository needs it.
//!
//! Deliberately absent: any crate of accel. The program is run as a user runs it, and the judge is written with boto3. Only the test
//! `conformance` calls the AWS backend itself.

#![expect(
    clippy::disallowed_methods,
    reason = "processes run in real time, and are waited for without a runtime"
)]

mod cloud;
mod control;
mod host;
mod lane;
mod local;
mod program;
mod python;
mod wire;

pub use cloud::{Cloud, Fault, Mode, Preset, Stats, Thing};
pub use host::{Host, text_of};
pub use lane::{Lane, SPEC};
pub use local::LocalAws;
pub use program::{Cost, Program, Run, binary, cost_of};
pub use python::{not_run, python, venv};
pub use wire::Wire;

use std::path::{Path, PathBuf};

/// The root of the workspace.
fn root() -> PathBuf {
    let parent = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    parent.expect("the crate is in a folder of the workspace").to_path_buf()
}
