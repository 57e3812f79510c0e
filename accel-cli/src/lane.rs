//! A lane that stands: the settings of its clients, from wherever the command line says. A private egress has none, and is told so.

use std::path::Path;

use accel_client::{Settings, SettingsError};
use accel_core::AnySpec;
use accel_core::spec::AnyOutputs;

use crate::args::Lane;
use crate::input::{self, Spec};
use crate::standing;
use crate::terminal::Terminal;
use crate::trouble::{Outcome, Trouble};

/// The settings, from the cloud or from a file.
pub(crate) fn settings(lane: &Lane, terminal: &Terminal) -> Outcome<Settings> {
    if let Some(file) = &lane.settings {
        return from_file(file);
    }
    let file = lane.spec.as_deref().expect("the command line asks for a spec or settings");
    let spec = spec(file)?;
    match standing::outputs(&spec, &lane.cloud, lane.others, terminal)? {
        AnyOutputs::Lane(outputs) => {
            Settings::try_from(&outputs).map_err(|error| unusable(&spec.file, &error))
        }
        AnyOutputs::Egress(_) => Err(no_lane(&spec)),
    }
}

/// The spec of a lane.
pub(crate) fn spec(file: &Path) -> Outcome<Spec> {
    let spec = input::spec(file)?;
    match &spec.topology {
        AnySpec::Acceleration(_) => Ok(spec),
        AnySpec::PrivateEgress(_) => Err(no_lane(&spec)),
    }
}

fn no_lane(spec: &Spec) -> Trouble {
    let word = spec.word();
    Trouble::input(format!("{} is a private egress: it has no lane, and no clients outside AWS", spec.file))
        .because("what runs in its islands calls services under their own names, and needs no settings")
        .next(format!(
            "see with `accel outputs {word}` how each call leaves; `accel deploy {word}` verifies names and routes"
        ))
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
