//! What the user has written: specs.

use std::io::Read as _;
use std::path::Path;

use accel_core::{AnySpec, DeploymentId, Topology as _};

use crate::escape;
use crate::trouble::{Outcome, Trouble};

/// A spec with its name and where it came from.
#[derive(Debug)]
pub(crate) struct Spec {
    /// What it says.
    pub(crate) topology: AnySpec,
    /// The deployment's name.
    pub(crate) name: DeploymentId,
    /// Its file, as the command line has it.
    pub(crate) file: String,
}

impl Spec {
    /// Its file as a word of a command.
    pub(crate) fn word(&self) -> String {
        escape::shell(&self.file)
    }
}

/// More than any spec: a file of this size is something else.
const SPEC_BYTES_MAX: u64 = 1 << 20;

/// Reads a spec and judges all of it that can be judged without a cloud.
pub(crate) fn spec(path: &Path) -> Outcome<Spec> {
    let file = path.display().to_string();
    let text = read(path).map_err(|error| {
        Trouble::input(format!("{file} cannot be read"))
            .because(error.to_string())
            .next("name the spec, a TOML or JSON file; - reads stdin")
    })?;
    let topology = parse(path, &text).map_err(|problem| Trouble::problems(&file, vec![problem]))?;
    let problems = topology.check();
    if !problems.is_empty() {
        return Err(Trouble::problems(&file, problems));
    }
    let name = topology.deployment().map_err(|problem| Trouble::problems(&file, vec![problem]))?;
    Ok(Spec { topology, name, file })
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(SPEC_BYTES_MAX).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(path)?.take(SPEC_BYTES_MAX).read_to_string(&mut text)?;
    }
    Ok(text)
}

/// By the file's ending; without one that says, by how the text begins.
fn parse(path: &Path, text: &str) -> Result<AnySpec, accel_core::Problem> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_json = match ending {
        Some("json") => true,
        Some("toml") => false,
        Some(_) | None => text.trim_start().starts_with('{'),
    };
    if is_json { AnySpec::from_json(text) } else { AnySpec::from_toml(text) }
}
