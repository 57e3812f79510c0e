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
    set_up(&mut Command::new(root().join("rig/setup.sh")))
}

/// The interpreter of another virtual environment, with what a file of requirements lists. `None` if it cannot be made here, which is
/// said.
pub fn venv(name: &str, requirements: &str) -> Option<PathBuf> {
    let mut command = Command::new(root().join("rig/setup.sh"));
    set_up(command.arg(root().join("target/rig").join(name)).arg(root().join(requirements)))
}

fn set_up(command: &mut Command) -> Option<PathBuf> {
    let made = match command.output() {
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
