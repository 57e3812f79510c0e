//! A file of settings, and whether it has changed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::settings::{Settings, SettingsError};

/// A file of settings, as it was read last.
#[derive(Debug, Clone)]
pub(super) struct SettingsFile {
    path: PathBuf,
    /// What tells one version from another without reading it; nothing where the file cannot be looked at.
    stamp: Option<Stamp>,
}

impl SettingsFile {
    pub(super) fn open(path: &Path) -> Result<(Self, Settings), SettingsError> {
        // The stamp first: what is written between the two is read again.
        let stamp = stamp(path);
        let settings = Settings::read(path)?;
        Ok((Self { path: path.to_path_buf(), stamp }, settings))
    }

    /// The file's new version, if it has changed since. A version that cannot be used is told once.
    pub(super) fn changed(&self) -> Option<(Self, Result<Settings, SettingsError>)> {
        let stamp = stamp(&self.path);
        if stamp == self.stamp {
            return None;
        }
        let path = self.path.clone();
        Some((Self { path, stamp }, Settings::read(&self.path)))
    }
}

/// What differs between two versions of a file, even where a tool keeps the time of its change.
type Stamp = (SystemTime, u64, [i64; 3]);

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = path.metadata().ok()?;
    #[cfg(unix)]
    let inner = {
        use std::os::unix::fs::MetadataExt as _;
        [metadata.ino().cast_signed(), metadata.ctime(), metadata.ctime_nsec()]
    };
    #[cfg(not(unix))]
    let inner = [0; 3];
    Some((metadata.modified().ok()?, metadata.len(), inner))
}
