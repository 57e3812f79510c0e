//! A simulated cloud that outlives its process, in a file.

use std::path::Path;

use accel_mock::{Cloud, Settings};

use crate::trouble::{Outcome, Trouble};

/// Opens the cloud in the file, and makes it if there is none.
pub(super) fn open(file: &Path) -> Outcome<Cloud> {
    let open = || {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Cloud::kept_in(file, Settings::default())
    };
    open().map_err(|error: std::io::Error| {
        Trouble::input(format!("{} cannot be used as a simulated cloud", file.display()))
            .because(error.to_string())
            .next("name another file with --cloud; one that does not exist is made")
    })
}
