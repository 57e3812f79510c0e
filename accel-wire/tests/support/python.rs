//! Programs that come as packages of Python.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{here, not_run};

/// The Python of a virtual environment with what a file lists; made when it is first asked for. Where it cannot be made, that is said.
pub(crate) fn python(environment: &str, requirements: &str) -> Option<PathBuf> {
    let root = here().join("..");
    let mut setup = Command::new(root.join("rig/setup.sh"));
    setup.arg(root.join("target/rig").join(environment)).arg(root.join(requirements));
    let why = match setup.output() {
        Ok(output) if output.status.success() => {
            return Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(problem) => problem.to_string(),
    };
    not_run(&format!("rig/setup.sh makes no Python with {requirements}: {why}"));
    None
}
