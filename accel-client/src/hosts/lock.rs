//! One run at a time on one hosts file.

use std::fs::File;
#[cfg(not(unix))]
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::HostsError;

/// How long another run is waited for: it needs milliseconds.
const WAITS: u32 = 1500;
const WAIT: Duration = Duration::from_millis(20);

/// Held as long as it lives. It ends with the process, however that ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "open is locked")] File);

/// Waits for whoever has the file.
///
/// # Errors
///
/// If they do not end, or the file cannot be opened.
pub(super) fn lock(target: &Path) -> Result<Lock, HostsError> {
    let busy = || HostsError::Busy { path: target.to_path_buf() };
    for _ in 0..WAITS {
        let file = open(target)
            .map_err(|source| super::file::trouble(target, "cannot be opened", source))?;
        match file.try_lock() {
            // A file that was replaced meanwhile is nobody's any more.
            Ok(()) if is_still(&file, target) => return Ok(Lock(file)),
            Ok(()) => continue,
            Err(std::fs::TryLockError::WouldBlock) => {}
            Err(std::fs::TryLockError::Error(source)) => {
                return Err(super::file::trouble(target, "cannot be locked", source));
            }
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the whole of this is blocking, and no clock is read"
        )]
        std::thread::sleep(WAIT);
    }
    Err(busy())
}

/// The file itself: nothing is left behind.
#[cfg(unix)]
fn open(target: &Path) -> io::Result<File> {
    File::open(target)
}

#[cfg(unix)]
fn is_still(file: &File, target: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let (held, named) = (file.metadata().map(identity), std::fs::metadata(target).map(identity));
    matches!((held, named), (Ok(held), Ok(named)) if held == named)
}

/// A file of its own, which stays: whoever locks a file on Windows keeps its readers out.
#[cfg(not(unix))]
fn open(target: &Path) -> io::Result<File> {
    let beside = super::write::beside(target, "lock");
    OpenOptions::new().create(true).write(true).truncate(false).open(beside)
}

#[cfg(not(unix))]
fn is_still(_: &File, _: &Path) -> bool {
    true
}
