//! A hosts file on disk.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::lock::lock;
use super::write::{Step, Writer, beside};
use super::{HostsBlock, HostsError, hosts_lanes, hosts_with, hosts_without};

/// The largest hosts file that is read: block lists have some megabytes.
const BYTES_MAX: u64 = 64 << 20;

/// A hosts file. Its methods block, for milliseconds where nobody else writes the file.
///
/// A link is followed, and what it points to is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostsFile {
    path: PathBuf,
}

/// What a run has made of a hosts file, or would make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostsChange {
    /// The file itself, behind all links.
    pub file: PathBuf,
    /// The lane that it was about; none where nothing was named and no lane is in the file.
    pub lane: Option<String>,
    /// What it held.
    pub before: Vec<u8>,
    /// What it holds now, or would hold.
    pub after: Vec<u8>,
    /// How it was written.
    pub written: HostsWritten,
    /// An earlier run was killed while it wrote in place: that write has been ended, or is still to be ended where nothing was written.
    pub finished: bool,
}

/// How a hosts file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostsWritten {
    /// Not at all: it holds what it should, or nothing was to be written.
    Nothing,
    /// A new file took its name.
    Replaced,
    /// In place, with a copy beside it meanwhile: its name could not be taken.
    InPlace,
}

impl HostsFile {
    /// The file of that name. It must be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Puts the block in, in the place of the lane's old one. A file that holds exactly this block already is not written.
    ///
    /// # Errors
    ///
    /// As [`HostsError`] says.
    pub fn apply(&self, block: &HostsBlock) -> Result<HostsChange, HostsError> {
        self.change(&anything, |text| Ok((Some(block.lane().to_owned()), hosts_with(text, block)?)))
    }

    /// Takes out the block of a lane; of the only one, if none is named.
    ///
    /// # Errors
    ///
    /// As [`HostsError`] says.
    pub fn remove(&self, lane: Option<&str>) -> Result<HostsChange, HostsError> {
        self.change(&anything, |text| {
            let lane = match lane {
                Some(lane) => Some(lane.to_owned()),
                None => only(hosts_lanes(text)?)?,
            };
            let after = lane.as_ref().map(|lane| hosts_without(text, lane)).transpose()?;
            Ok((lane, after.unwrap_or_else(|| text.to_vec())))
        })
    }

    /// What [`HostsFile::apply`] would do. Writes nothing, and needs no right to write.
    ///
    /// # Errors
    ///
    /// As [`HostsError`] says.
    pub fn compare(&self, block: &HostsBlock) -> Result<HostsChange, HostsError> {
        let file = self.target()?;
        let before = read(&file)?;
        let after = hosts_with(&before, block)?;
        let lane = Some(block.lane().to_owned());
        let finished = beside(&file, "backup").exists();
        Ok(HostsChange { file, lane, before, after, written: HostsWritten::Nothing, finished })
    }

    pub(super) fn change(
        &self,
        may: &dyn Fn(Step) -> io::Result<()>,
        edit: impl Fn(&[u8]) -> Result<(Option<String>, Vec<u8>), HostsError>,
    ) -> Result<HostsChange, HostsError> {
        let file = self.target()?;
        let lock = lock(&file)?;
        let writer = Writer { target: &file, may };
        let finished = writer.recover()?;
        let before = read(&file)?;
        let (lane, after) = edit(&before)?;
        let written = if after == before {
            HostsWritten::Nothing
        } else {
            writer.replace(&before, &after)?
        };
        drop(lock);
        Ok(HostsChange { file, lane, before, after, written, finished })
    }

    fn target(&self) -> Result<PathBuf, HostsError> {
        let found = |source| trouble(&self.path, "cannot be found", source);
        let file = fs::canonicalize(&self.path).map_err(found)?;
        if fs::metadata(&file).map_err(found)?.is_file() {
            Ok(file)
        } else {
            Err(HostsError::NotText { path: file, why: "it is no regular file" })
        }
    }
}

impl HostsChange {
    /// Whether the file is other than before, or would be.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }

    /// The lines that are gone, and those that have come.
    pub fn lines(&self) -> (Vec<String>, Vec<String>) {
        let split = |text: &[u8]| -> Vec<String> {
            String::from_utf8_lossy(text).lines().map(str::to_owned).collect()
        };
        let (before, after) = (split(&self.before), split(&self.after));
        let same = |pair: &(&String, &String)| pair.0 == pair.1;
        let first = before.iter().zip(&after).take_while(same).count();
        let (before, after) = (&before[first..], &after[first..]);
        let last = before.iter().rev().zip(after.iter().rev()).take_while(same).count();
        (before[..before.len() - last].to_vec(), after[..after.len() - last].to_vec())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what tests replace can fail")]
fn anything(_: Step) -> io::Result<()> {
    Ok(())
}

fn only(mut lanes: Vec<String>) -> Result<Option<String>, HostsError> {
    if lanes.len() > 1 { Err(HostsError::Several(lanes)) } else { Ok(lanes.pop()) }
}

/// A whole file of text in single bytes.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, HostsError> {
    let unreadable = |source| trouble(path, "cannot be read", source);
    let mut text = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(BYTES_MAX + 1).read_to_end(&mut text).map_err(unreadable)?;
    let not_text = |why| Err(HostsError::NotText { path: path.to_path_buf(), why });
    match () {
        () if text.len() as u64 > BYTES_MAX => not_text("it is larger than 64 MiB"),
        () if text.contains(&0) => {
            not_text("it has zero bytes: UTF-16, perhaps, which no resolver reads")
        }
        () => Ok(text),
    }
}

/// What a person can put right is told apart from the rest.
pub(super) fn trouble(path: &Path, what: &'static str, source: io::Error) -> HostsError {
    let path = path.to_path_buf();
    if source.kind() == io::ErrorKind::PermissionDenied {
        HostsError::NotPermitted { path, source }
    } else {
        HostsError::Io { path, what, copy: None, source }
    }
}
