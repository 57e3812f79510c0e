//! What a client must know of a lane: the document that `accel outputs --json` prints, or as much of it as somebody writes by hand.

#[cfg(feature = "deployment")]
mod deployment;
mod host;
mod read;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use host::HostName;

use crate::address;

/// The form of the document. Later forms add fields; they never alter one.
pub const SETTINGS_SCHEMA: &str = "accel.lane-outputs.v1";

/// The largest file of settings that is read, in bytes. A lane with every service of AWS stays far below it.
pub(crate) const BYTES_MAX: u64 = 1 << 20;

/// What a client must know of a lane.
///
/// The smallest document names the form, and of each service its hosts and either a name to dial or addresses:
///
/// ```
/// use accel_client::Settings;
///
/// let settings = Settings::parse(
///     r#"{
///         "schema": "accel.lane-outputs.v1",
///         "entries": [{
///             "hosts": ["runtime.sagemaker.ap-southeast-3.amazonaws.com"],
///             "dial": "lane-0123.elb.ap-southeast-1.amazonaws.com"
///         }]
///     }"#,
/// )?;
/// assert_eq!(settings.services[0].ports, [443]);
/// # Ok::<(), accel_client::SettingsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The deployment; empty where the document names none.
    pub deployment: String,
    /// Differs whenever a client must change something; empty where the document names none.
    pub generation: String,
    /// From when on these settings are no longer used.
    pub expires: Option<SystemTime>,
    /// One per service. No host is in two.
    pub services: Vec<Service>,
}

/// How to reach one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// What to call it in messages.
    pub name: String,
    /// The service's own host names, which clients keep using.
    pub hosts: Vec<HostName>,
    /// The ports that the lane takes, ascending. There is at least one.
    pub ports: Vec<u16>,
    /// A name whose answers are the lane's addresses: that of the load balancer, or one of the user's own.
    pub dial: Option<String>,
    /// The lane's addresses. Where there are any, they are pinned: answers that are not among them are ignored.
    pub addresses: Vec<Ipv4Addr>,
    /// Whether addresses of private networks are believed: the lane is reached through one, or this is a test.
    pub allow_private: bool,
    /// The region for which requests are signed; empty where the document names none.
    pub region: String,
}

impl Service {
    /// An answer for the name to dial, if it can be a lane's address; else why it is ignored.
    pub(crate) fn believe(&self, answer: IpAddr) -> Result<Ipv4Addr, &'static str> {
        let IpAddr::V4(address) = answer else { return Err("is not IPv4, which a lane is") };
        match address::not_public(address) {
            Some(why) if !self.allow_private => Err(why),
            Some(_) | None if !self.addresses.is_empty() && !self.addresses.contains(&address) => {
                Err("is not in the settings: the lane may have been built anew")
            }
            Some(_) | None => Ok(address),
        }
    }
}

impl Settings {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// If it is none, or names another form; else with every problem it has.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        read::settings(text)
    }

    /// Reads a file: up to 1 MiB.
    ///
    /// # Errors
    ///
    /// As [`Settings::parse`], and if the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        read::file(path)
    }

    /// The service whose host this is.
    pub fn service(&self, host: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.hosts.iter().any(|known| known.covers(host)))
    }

    /// Whether these settings may be used at that time.
    ///
    /// # Errors
    ///
    /// If they have expired.
    pub fn valid_at(&self, now: SystemTime) -> Result<(), Expired> {
        match self.expires {
            Some(at) if at <= now => Err(Expired { at }),
            Some(_) | None => Ok(()),
        }
    }
}

/// These settings are too old to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// Since when.
    pub at: SystemTime,
}

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::try_from(self.at) {
            Ok(at) => write!(f, "the lane's settings expired at {at:.0}")?,
            Err(_) => f.write_str("the lane's settings expired")?,
        }
        f.write_str(": take new ones with `accel outputs SPEC --json`")
    }
}

impl std::error::Error for Expired {}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{path} cannot be read", path = path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no JSON, or not what settings look like.
    #[error("not the settings of a lane: {0}")]
    Malformed(String),
    /// Its form is none that this version knows.
    #[error(
        "its `schema` is {0:?}, and this version of accel reads settings of {SETTINGS_SCHEMA:?}"
    )]
    Schema(String),
    /// Fields that cannot be used, every one of them.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

/// One field that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which one, for example `entries[0].hosts[1]`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
