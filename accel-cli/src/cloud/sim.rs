//! A simulated cloud that outlives its process, in a file.

use std::io;
use std::path::Path;

use accel_mock::{Cloud, Settings};

use crate::trouble::{Outcome, Trouble};

/// Opens the cloud in the file, and makes it if there is none.
pub(super) fn open(file: &Path) -> Outcome<Cloud> {
    in_file(file, |file| Cloud::kept_in(file, Settings::default()))
}

/// The same in any way, in a folder that is made if there is none.
pub(crate) fn in_file(
    file: &Path,
    open: impl FnOnce(&Path) -> io::Result<Cloud>,
) -> Outcome<Cloud> {
    let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder.and_then(|()| open(file)).map_err(|error| {
        Trouble::input(format!("{} cannot be used as a simulated cloud", file.display()))
            .because(error.to_string())
            .next("name another file with --cloud; one that does not exist is made")
    })
}
