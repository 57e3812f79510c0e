//! What the clients of a lane are told.

use std::fmt;
use std::net::SocketAddr;

use accel_client::Settings;
use accel_client::diagnosis::{self, Sure};
use accel_client::hosts::{HostsChange, HostsWritten};
use serde::Serialize;

use crate::args::{Connect, FallbackTo};
use crate::symptoms::Finding;

/// How a client uses a lane, for a program that puts it into place.
#[derive(Debug, Serialize)]
pub(crate) struct Recipe<'a> {
    schema: &'static str,
    deployment: &'a str,
    generation: &'a str,
    /// What to call the file.
    file_name: &'static str,
    text: &'a str,
}

impl<'a> Recipe<'a> {
    pub(crate) fn new(settings: &'a Settings, file_name: &'static str, text: &'a str) -> Self {
        let Settings { deployment, generation, .. } = settings;
        Self { schema: "accel.client.v1", deployment, generation, file_name, text }
    }
}

/// A lane that can be used through a local proxy.
#[derive(Debug, Serialize)]
pub(crate) struct Connected {
    schema: &'static str,
    /// For `HTTPS_PROXY` and the like.
    proxy: String,
    deployment: String,
    generation: String,
    /// What it carries, each `host:port`.
    carries: Vec<String>,
    /// Whether everything else is let through.
    pass_through: bool,
    /// Whether calls go the public way while no address of the lane answers.
    falls_back: bool,
}

impl Connected {
    pub(crate) fn new(address: SocketAddr, settings: &Settings, args: &Connect) -> Self {
        let carried = settings.services.iter().flat_map(|service| {
            let ports = service.ports.iter();
            ports.flat_map(|port| service.hosts.iter().map(move |host| format!("{host}:{port}")))
        });
        Self {
            schema: "accel.connect.v1",
            proxy: format!("http://{address}"),
            deployment: settings.deployment.clone(),
            generation: settings.generation.clone(),
            carries: carried.collect(),
            pass_through: args.pass_through,
            falls_back: args.fallback == FallbackTo::Public,
        }
    }
}

/// What a person does with it.
impl fmt::Display for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the lane is open at {}", self.proxy)?;
        for carried in &self.carries {
            writeln!(f, "  carries   {carried}")?;
        }
        let others = if self.pass_through { "go where the system says" } else { "are refused" };
        writeln!(f, "  others    {others}")?;
        writeln!(f, "  clients   export HTTPS_PROXY={}, or the client's own setting", self.proxy)?;
        writeln!(f, "  health    curl {}/", self.proxy)?;
        write!(f, "  stop      Ctrl-C")
    }
}

/// Why calls through a lane fail.
#[derive(Debug, Serialize)]
pub(crate) struct Diagnosed<'a> {
    schema: &'static str,
    well: bool,
    services: Vec<DiagnosedService<'a>>,
}

#[derive(Debug, Serialize)]
struct DiagnosedService<'a> {
    service: &'a str,
    host: &'a str,
    /// Through how many of the addresses that were asked an answer came.
    answering: usize,
    asked: usize,
    /// Null where its own name has no address.
    direct_works: Option<bool>,
    /// What became of each attempt that found no answer.
    faults: &'a [String],
    /// Whether what the client said, if anything, is understood.
    recognised: bool,
    diagnoses: Vec<Diagnosis>,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    code: &'static str,
    sure: &'static str,
    message: String,
    next: String,
}

pub(crate) fn diagnosed(findings: &[Finding]) -> Diagnosed<'_> {
    let diagnosis = |found: &diagnosis::Diagnosis| Diagnosis {
        code: found.code(),
        sure: match found.sure {
            Sure::Certain => "certain",
            Sure::Likely => "likely",
            Sure::Possible => "possible",
        },
        message: found.cause.to_string(),
        next: found.cause.what_to_do(),
    };
    let services = findings.iter().map(|finding| DiagnosedService {
        service: &finding.service,
        host: &finding.host,
        answering: finding.answering,
        asked: finding.asked,
        direct_works: finding.direct,
        faults: &finding.faults,
        recognised: !finding.is_unrecognised,
        diagnoses: finding.diagnoses.iter().map(diagnosis).collect(),
    });
    let well = findings.iter().all(Finding::is_well);
    Diagnosed { schema: "accel.diagnosis.v1", well, services: services.collect() }
}

/// What was to be done with a hosts file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HostsAction {
    Print,
    Apply,
    Remove,
    Check,
}

#[derive(Debug, Serialize)]
pub(crate) struct HostsDocument<'a> {
    schema: &'static str,
    action: HostsAction,
    /// Nothing where no file was asked about.
    file: Option<String>,
    lane: Option<&'a str>,
    /// Whether the file holds something else now, or would after `--apply`.
    changed: bool,
    written: &'static str,
    interrupted: bool,
    removed: Vec<String>,
    added: Vec<String>,
    looked_up: &'a [String],
    /// Only where it is what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<&'a str>,
}

pub(crate) fn hosts<'a>(
    action: HostsAction,
    change: &'a HostsChange,
    looked_up: &'a [String],
) -> HostsDocument<'a> {
    let (removed, added) = change.lines();
    HostsDocument {
        schema: "accel.hosts.v1",
        action,
        file: Some(change.file.display().to_string()),
        lane: change.lane.as_deref(),
        changed: change.is_change(),
        written: match change.written {
            HostsWritten::Nothing => "nothing",
            HostsWritten::Replaced => "replaced",
            HostsWritten::InPlace => "in-place",
        },
        interrupted: change.finished,
        removed,
        added,
        looked_up,
        block: None,
    }
}

/// The block alone.
pub(crate) fn hosts_block<'a>(
    block: &'a str,
    lane: &'a str,
    looked_up: &'a [String],
) -> HostsDocument<'a> {
    HostsDocument {
        schema: "accel.hosts.v1",
        action: HostsAction::Print,
        file: None,
        lane: Some(lane),
        changed: false,
        written: "nothing",
        interrupted: false,
        removed: Vec::new(),
        added: Vec::new(),
        looked_up,
        block: Some(block),
    }
}
