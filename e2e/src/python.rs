//! The Python of the local AWS, with its packages.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::root;

/// The interpreter that has what the local AWS needs; made when first asked for. `None` if it cannot be made here, which is said once.
pub fn python() -> Option<&'static PathBuf> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON.get_or_init(make).as_ref()
}

fn make() -> Option<PathBuf> {
    let made = Command::new(root().join("rig/setup.sh")).output();
    let made = match made {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            not_run(&format!("rig/setup.sh cannot make its virtual environment: {}", said.trim()));
            return None;
        }
        Err(problem) => {
            not_run(&format!("rig/setup.sh does not start: {problem}"));
            return None;
        }
    };
    Some(PathBuf::from(String::from_utf8_lossy(&made.stdout).trim()))
}

/// Says that something did not run, and why; also from a test that passes, whose prints would be swallowed.
///
/// # Panics
///
/// If nobody can be told.
pub fn not_run(why: &str) {
    let told = writeln!(std::io::stderr(), "NOT RUN: {why}");
    told.expect("stderr can be written");
}
