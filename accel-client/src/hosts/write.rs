//! How a hosts file gets other contents, so that a kill at any instant loses nothing.
//!
//! The usual way: a new file beside it, whole and on disk, takes its name. Where a name cannot be taken (containers mount the file
//! itself, and `rename` answers EBUSY) it is written in place, after a copy of it was made: `hosts.accel-backup`. As long as that copy
//! is there, such a write has begun and not ended; `hosts.accel-new` says what it was to become, and the next run ends it.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::HostsError;
use super::file::{HostsWritten, read, trouble};

/// What is about to be done. Tests let each fail, or end everything there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    MakeNew,
    FillNew,
    OwnNew,
    SyncNew,
    Rename,
    MakeCopy,
    NameCopy,
    OpenOld,
    WriteOld,
    CutOld,
    SyncOld,
    RemoveCopy,
}

/// The file to change, and whether a step may be done.
pub(super) struct Writer<'a> {
    pub(super) target: &'a Path,
    pub(super) may: &'a dyn Fn(Step) -> io::Result<()>,
}

/// A name beside the file: `hosts.accel-backup`.
pub(super) fn beside(target: &Path, what: &str) -> PathBuf {
    let mut name = OsString::from(target.file_name().unwrap_or_default());
    name.push(format!(".accel-{what}"));
    target.with_file_name(name)
}

impl Writer<'_> {
    /// Makes the file say something else.
    pub(super) fn replace(&self, old: &[u8], new: &[u8]) -> Result<HostsWritten, HostsError> {
        let beside_new = beside(self.target, "new");
        let like =
            fs::metadata(self.target).map_err(|source| self.trouble("cannot be read", source))?;
        match self.make(&beside_new, new) {
            Ok(file) => {
                let owned = self.own(&file, &like).and_then(|()| self.step(Step::SyncNew));
                let ready = owned.and_then(|()| file.sync_all());
                if ready.and_then(|()| self.rename(&beside_new, &like)).is_ok() {
                    self.sync_folder();
                    return Ok(HostsWritten::Replaced);
                }
            }
            Err(source) => {
                self.forget(&beside_new);
                return Err(self.trouble("has no room for a new file beside it", source));
            }
        }
        // Its name cannot be taken, or not with the owner that it has.
        let written = self.in_place(old, new);
        // As long as there is a copy, the next run must know what the file was to become.
        if !beside(self.target, "backup").exists() {
            self.forget(&beside_new);
        }
        written
    }

    /// Ends what a killed run has left. Whether there was a write in place to be ended.
    pub(super) fn recover(&self) -> Result<bool, HostsError> {
        let [copy, beside_new, part] =
            ["backup", "new", "part"].map(|what| beside(self.target, what));
        let half = copy.exists();
        if half {
            let (old, now) = (read(&copy)?, read(self.target)?);
            let new = if beside_new.exists() { Some(read(&beside_new)?) } else { None };
            match new {
                _ if now == old => {}
                Some(new) if now == new => {}
                Some(new) if is_mixed(&now, &old, &new) => {
                    self.overwrite(&new).map_err(|source| self.half_written(source, &copy))?;
                }
                Some(_) | None => {
                    return Err(HostsError::Interrupted { path: self.target.to_path_buf(), copy });
                }
            }
            self.remove(&copy, Step::RemoveCopy)
                .map_err(|source| self.trouble("cannot be rid of its copy", source))?;
        }
        self.forget(&part);
        self.forget(&beside_new);
        Ok(half)
    }

    /// A file with these contents that nobody else can have made.
    fn make(&self, path: &Path, contents: &[u8]) -> io::Result<File> {
        self.step(Step::MakeNew)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        self.step(Step::FillNew)?;
        file.write_all(contents)?;
        Ok(file)
    }

    #[cfg(unix)]
    fn own(&self, file: &File, like: &Metadata) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt as _, fchown};

        self.step(Step::OwnNew)?;
        let mine = file.metadata()?;
        if (mine.uid(), mine.gid()) != (like.uid(), like.gid()) {
            fchown(file, Some(like.uid()), Some(like.gid()))?;
        }
        file.set_permissions(like.permissions())
    }

    #[cfg(not(unix))]
    fn own(&self, file: &File, like: &Metadata) -> io::Result<()> {
        self.step(Step::OwnNew)?;
        file.set_permissions(like.permissions())
    }

    fn rename(&self, new: &Path, like: &Metadata) -> io::Result<()> {
        self.step(Step::Rename)?;
        if has_other_names(like) {
            return Err(io::Error::other("the file has other names, which would keep the old one"));
        }
        fs::rename(new, self.target)
    }

    fn in_place(&self, old: &[u8], new: &[u8]) -> Result<HostsWritten, HostsError> {
        let copy = beside(self.target, "backup");
        self.copy(old, &copy).map_err(|source| {
            self.trouble("can only be written in place, and no copy can be made before", source)
        })?;
        if let Err(source) = self.overwrite(new) {
            let back = self.overwrite(old).and_then(|()| self.remove(&copy, Step::RemoveCopy));
            return Err(match back {
                Ok(()) => self.trouble("cannot be written", source),
                Err(_) => self.half_written(source, &copy),
            });
        }
        // It is written, whether this works or not; the next run tidies up.
        self.remove(&copy, Step::RemoveCopy).unwrap_or_default();
        Ok(HostsWritten::InPlace)
    }

    /// There is a copy only if it is whole.
    fn copy(&self, old: &[u8], copy: &Path) -> io::Result<()> {
        let part = beside(self.target, "part");
        self.step(Step::MakeCopy)?;
        let named = self.make(&part, old).and_then(|file| {
            file.set_permissions(fs::metadata(self.target)?.permissions())?;
            file.sync_all()?;
            self.step(Step::NameCopy)?;
            fs::rename(&part, copy)
        });
        match named {
            Ok(()) => self.sync_folder(),
            Err(_) => self.forget(&part),
        }
        named
    }

    fn overwrite(&self, contents: &[u8]) -> io::Result<()> {
        self.step(Step::OpenOld)?;
        let mut file = OpenOptions::new().write(true).open(self.target)?;
        let (first, second) = contents.split_at(contents.len() / 2);
        file.write_all(first)?;
        self.step(Step::WriteOld)?;
        file.write_all(second)?;
        self.step(Step::CutOld)?;
        let end = file.stream_position()?;
        file.set_len(end)?;
        self.step(Step::SyncOld)?;
        file.sync_all()
    }

    fn remove(&self, path: &Path, step: Step) -> io::Result<()> {
        self.step(step)?;
        fs::remove_file(path)?;
        self.sync_folder();
        Ok(())
    }

    /// A file that may not be there, and that nobody misses.
    fn forget(&self, path: &Path) {
        if fs::remove_file(path).is_ok() {
            self.sync_folder();
        }
    }

    /// Not every file system knows this, and none loses the file without it.
    fn sync_folder(&self) {
        #[cfg(unix)]
        if let Some(folder) = self.target.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).unwrap_or_default();
        }
    }

    fn step(&self, step: Step) -> io::Result<()> {
        (self.may)(step)
    }

    fn trouble(&self, what: &'static str, source: io::Error) -> HostsError {
        trouble(self.target, what, source)
    }

    fn half_written(&self, source: io::Error, copy: &Path) -> HostsError {
        HostsError::Io {
            path: self.target.to_path_buf(),
            what: "cannot be written in place",
            copy: Some(copy.to_path_buf()),
            source,
        }
    }
}

/// Whether every byte is as it was or as it is to be: what a write in place looks like until it ends.
fn is_mixed(now: &[u8], old: &[u8], new: &[u8]) -> bool {
    let shortest = old.len().min(new.len());
    let of_either =
        |(at, byte): (usize, &u8)| [old, new].iter().any(|text| text.get(at) == Some(byte));
    now.len() >= shortest && now.iter().enumerate().all(of_either)
}

#[cfg(unix)]
fn has_other_names(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    metadata.nlink() > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::is_mixed;

    #[test]
    fn a_write_that_ended_at_any_byte_is_known_for_one() {
        let (short, long) =
            (b"127.0.0.1 localhost\n".as_slice(), b"127.0.0.1 localhost\n203.0.113.7 a.b\n");
        for (old, new) in [(short, long.as_slice()), (long.as_slice(), short)] {
            for at in 0..=new.len() {
                let now = [&new[..at], old.get(at..).unwrap_or_default()].concat();
                assert!(is_mixed(&now, old, new), "{at}");
            }
        }
    }

    #[test]
    fn what_somebody_else_wrote_is_no_such_write() {
        let (old, new) = (b"one\ntwo\n", b"one\ntwo\nthree\n");
        for now in [
            b"".as_slice(),
            b"one\n",
            b"zero\none\ntwo\n",
            b"one\ntwo\nfour!\n",
            b"one\ntwo\nthree\nmore\n",
        ] {
            assert!(!is_mixed(now, old, new), "{now:?}");
        }
    }
}
