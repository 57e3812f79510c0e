//! The settings of a lane that stands, from wherever the command line says.

use std::path::Path;

use accel_client::{Settings, SettingsError};

use crate::args::Lane;
use crate::commands::current_outputs;
use crate::input;
use crate::terminal::Terminal;
use crate::trouble::{Outcome, Trouble};

/// The settings, from the cloud or from a file.
pub(crate) fn settings(lane: &Lane, terminal: &Terminal) -> Outcome<Settings> {
    if let Some(file) = &lane.settings {
        return from_file(file);
    }
    let spec = lane.spec.as_deref().expect("the command line asks for a spec or settings");
    let spec = input::spec(spec)?;
    let outputs = current_outputs(&spec, &lane.cloud, lane.others, terminal)?;
    Settings::try_from(&outputs).map_err(|error| unusable(&spec.file, &error))
}

/// The settings of a file.
pub(crate) fn from_file(file: &Path) -> Outcome<Settings> {
    Settings::read(file).map_err(|error| unusable(&file.display().to_string(), &error))
}

/// Settings that cannot be used.
pub(crate) fn unusable(subject: &str, error: &SettingsError) -> Trouble {
    let trouble = Trouble::input(format!("{subject}: no settings of a lane"));
    let trouble = error.to_string().lines().fold(trouble, Trouble::because);
    let cause = std::error::Error::source(error);
    let trouble = cause.into_iter().fold(trouble, |all, cause| all.because(cause.to_string()));
    trouble.next("write them with `accel outputs SPEC --json > lane.json`")
}
