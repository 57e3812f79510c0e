//! Directories, files and locks that are private to their user.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::id::DeploymentId;

/// The error of a file operation (`read`, `write`).
pub(super) fn failed(verb: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Journal, format!("cannot {verb} {}: {error}", path.display()))
        .advice("look after the disk, its free space and the rights to that path, then run again")
}

/// Makes the deployment's own directory, and whatever is missing above it.
pub(super) fn make_home(dir: &Path, deployment: &DeploymentId) -> Result<PathBuf> {
    // Absolute, so that a program may change its working directory while the journal is open.
    let dir = std::path::absolute(dir).map_err(|e| failed("find", dir, &e))?;
    let home = dir.join(deployment.as_str());
    make_dir(&home).map_err(|e| failed("make", &home, &e))?;
    restrict(&home).map_err(|e| failed("make private", &home, &e))?;
    Ok(home)
}

fn make_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(path);
    make_dir(parent)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => sync_dir(parent),
    }
}

/// Makes the names of the journal's files durable, and the name of their directory.
pub(super) fn sync_home(home: &Path) -> Result<()> {
    let parent = home.parent().unwrap_or(home);
    sync_dir(home).and_then(|()| sync_dir(parent)).map_err(|e| failed("sync", home, &e))
}

#[cfg(unix)]
fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere a directory cannot be opened as a file, and the file system looks after its names itself.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn sync_dir(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Opens a file for reading and writing, and makes it if there is none.
pub(super) fn open_private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| failed("open", path, &e))?;
    restrict(path).map_err(|e| failed("make private", path, &e))?;
    Ok(file)
}

/// Takes away what others may do, where something was there before us.
#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    let private = mode & !0o077;
    if mode == private {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(private))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn restrict(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// The lock of a journal; it ends when this is dropped, and with the process.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock and writes our process id into its file.
    pub(super) fn take(path: &Path, deployment: &DeploymentId) -> Result<Self> {
        let file = open_private(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(path, deployment)),
            Err(TryLockError::Error(error)) => {
                return Err(failed("lock", path, &error)
                    .advice("keep the journal on a local disk that has file locks"));
            }
        }
        let mut lock = Self(file);
        lock.0
            .set_len(0)
            .and_then(|()| writeln!(lock.0, "{}", std::process::id()))
            .map_err(|e| failed("write", path, &e))?;
        Ok(lock)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone is not enough: a process that this one starts just now has a copy of the file for an instant, and the lock
        // would last until that is closed too. Should this fail, it is only that instant late.
        self.0.unlock().unwrap_or_default();
    }
}

fn held(path: &Path, deployment: &DeploymentId) -> Error {
    // Unreadable where locks are mandatory (Windows), and empty for an instant after the lock was taken.
    let holder = fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u32>().ok());
    let holder = holder.map_or("another process".to_owned(), |id| format!("process {id}"));
    Error::new(ErrorKind::Fenced, format!("{holder} has the journal of {deployment} open"))
        .advice(format!("wait until {holder} ends, or end it, then run again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_file_does_not_keep_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let (path, lane) = (dir.path().join("lock"), DeploymentId::parse("lane").unwrap());
        let lock = Lock::take(&path, &lane).unwrap();
        let _copy = lock.0.try_clone().unwrap();
        assert_eq!(Lock::take(&path, &lane).unwrap_err().kind(), ErrorKind::Fenced);
        drop(lock);
        Lock::take(&path, &lane).unwrap();
    }
}
