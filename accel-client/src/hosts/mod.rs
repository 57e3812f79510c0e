//! The lane in a hosts file: for every program of a machine at once, with nothing to configure in any of them.
//!
//! A lane is one [`HostsBlock`] between two markers; [`HostsFile`] puts it in, replaces it and takes it out. What stands outside the
//! markers belongs to others and stays as it is, byte for byte; taking a block out leaves the file as it was before it was put in.
//!
//! A block has one line per host and address, so that a client has every zone to try. What resolvers make of several lines of one name:
//!
//! | resolver | answers | order |
//! | --- | --- | --- |
//! | glibc | all of them (tried with 2.36) | as `getaddrinfo` sorts by RFC 6724: not to be relied on |
//! | musl | all of them, 48 at most; a line is read up to 511 bytes (`src/network/lookup_name.c`) | sorted likewise |
//! | Windows | all of them while the DNS Client service runs, else the first (technet.microsoft.com, cc787573) | not verified |
//! | macOS | all of them: `mDNSResponder` reads the file (hosts(5)) | not verified |
//!
//! None of them tries the next address by itself: that is the client's part, and most stay with the first one that answers.
//!
//! What such a file cannot do: patterns (`*.s3.…`), ports, health, and addresses that change. `accel connect` does all of these.
//! Deliberately absent: extended attributes. A file that is replaced by a new one gets those of the folder (`restorecon` sets `SELinux`'s
//! own); owner, mode, links and line endings are kept.

mod block;
mod file;
mod lock;
mod look_up;
mod text;
mod write;

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod text_tests;

use std::io;
use std::path::PathBuf;

pub use block::HostsBlock;
#[cfg(feature = "probe")]
pub(crate) use block::is_of_aws;
pub use file::{HostsChange, HostsFile, HostsWritten};
pub use look_up::{look_up, look_up_by};
pub use text::{hosts_lanes, hosts_with, hosts_without};

use crate::settings::Expired;

/// Why a hosts file is not changed. Nothing was written, but where a variant says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostsError {
    /// These settings cannot stand in a hosts file, for every one of these reasons.
    #[error("{}", .0.join("\n"))]
    Unfit(Vec<String>),
    /// The settings are too old.
    #[error(transparent)]
    Expired(#[from] Expired),
    /// The name whose answers are the lane's addresses has no answer that can be used.
    #[error("{name} has no address that can be used: {why}")]
    NoAddress {
        /// Which name.
        name: String,
        /// What was answered.
        why: String,
    },
    /// Markers without their counterpart, or lines of others between them.
    #[error("{}", lines(.0))]
    Broken(Vec<HostsLine>),
    /// Somebody else has lines for hosts of the lane: another lane, or whoever edits the file.
    #[error("{}", lines(.0))]
    Claimed(Vec<HostsLine>),
    /// The file holds several lanes, and none was named.
    #[error("the file holds {}: name one of them", .0.join(", "))]
    Several(Vec<String>),
    /// Too large for a hosts file, or not of single bytes.
    #[error("{path} is no hosts file: {why}", path = path.display())]
    NotText {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Whoever runs this may not write the file, or not in its folder.
    #[error("{path} may not be written by this user", path = path.display())]
    NotPermitted {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another program changes the file and does not end.
    #[error("{path} is being changed by another program", path = path.display())]
    Busy {
        /// Which file.
        path: PathBuf,
    },
    /// An earlier run was killed while it wrote in place, and somebody has changed the file since.
    #[error(
        "{path} was being written when an earlier run was killed, and has been changed since; \
         {copy} holds it as it was before: put right what is wrong, then remove the copy",
        path = path.display(), copy = copy.display()
    )]
    Interrupted {
        /// Which file.
        path: PathBuf,
        /// What it held.
        copy: PathBuf,
    },
    /// It cannot be read or written. If a copy is named, the file may be half written, and the next run puts it right.
    #[error(
        "{path} {what}{left}", path = path.display(),
        left = copy.as_ref().map(|copy| format!(": {} holds what it was", copy.display())).unwrap_or_default()
    )]
    Io {
        /// Which file.
        path: PathBuf,
        /// What could not be done.
        what: &'static str,
        /// What it held before, where it may be half written now.
        copy: Option<PathBuf>,
        /// What the system says.
        source: io::Error,
    },
}

/// A line of a hosts file that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostsLine {
    /// Its number; the first is 1.
    pub line: usize,
    /// What is wrong with it, and what to do.
    pub problem: String,
}

fn lines(problems: &[HostsLine]) -> String {
    let told = problems.iter().map(|at| format!("line {}: {}", at.line, at.problem));
    told.collect::<Vec<_>>().join("\n")
}
