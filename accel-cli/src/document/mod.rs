//! Results as JSON documents. Each names its form in `schema`; later forms add fields, and never alter one.
//!
//! Outputs are documents of `accel-core`'s own (`accel.lane-outputs.v1`, `accel.egress-outputs.v1`).

mod clients;
mod furnished;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use accel_core::deployer::{Cleaned, CleanupReport, Deployment, Halt, Left, Plan, Status};
use accel_core::engine::{Stranger, Timeline};
use accel_core::resource::Kind;
use accel_core::spec::AnyOutputs;
use accel_core::{AccountId, Calls, Error, Failure, NodeName, Place, Problem, RemoteId};
use serde::Serialize;

pub(crate) use clients::{
    Connected, HostsAction, HostsDocument, Recipe, diagnosed, hosts, hosts_block,
};
pub(crate) use furnished::{Furnished, ISLANDS, PUBLIC, furnished};

use crate::data_path::DataPath;
use crate::inventory::Inventory;
use crate::permissions::Permissions;
use crate::prices::Estimate;
use crate::trouble::{Exit, Trouble};
use crate::usable::Usable;
use crate::verified::Verified;

#[derive(Debug, Serialize)]
pub(crate) struct Planned<'a> {
    schema: &'static str,
    changes_anything: bool,
    plan: &'a Plan,
    monthly: &'a Estimate,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<&'a Permissions>,
}

pub(crate) fn plan<'a>(
    plan: &'a Plan,
    monthly: &'a Estimate,
    permissions: Option<&'a Permissions>,
) -> Planned<'a> {
    let changes_anything = !plan.is_empty();
    Planned { schema: "accel.plan.v1", changes_anything, plan, monthly, permissions }
}

#[derive(Debug, Serialize)]
pub(crate) struct Deployed<'a> {
    schema: &'static str,
    deployment: &'a str,
    run: &'a str,
    outputs: Option<&'a AnyOutputs>,
    timeline: Times<'a>,
    critical_path: Vec<&'a str>,
    usable: &'a Usable,
    /// Only where there is something to verify, and somebody waited for that.
    #[serde(skip_serializing_if = "Verified::is_empty")]
    findings: &'a Verified,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_path: Option<&'a DataPath>,
    calls: Calls,
    notes: &'a [String],
    strangers: &'a [Stranger],
    unknown: &'a [String],
}

pub(crate) fn deploy<'a>(
    made: &'a Deployment<AnyOutputs>,
    usable: &'a Usable,
    data_path: Option<&'a DataPath>,
) -> Deployed<'a> {
    let critical = made.timeline.critical_path();
    Deployed {
        schema: "accel.deploy.v1",
        deployment: made.id.as_str(),
        run: made.run.as_str(),
        outputs: made.outputs.as_ref(),
        timeline: Times::of(&made.timeline),
        critical_path: critical.into_iter().map(|span| span.node.as_str()).collect(),
        usable,
        findings: usable.verified(),
        data_path,
        calls: made.calls,
        notes: &made.notes,
        strangers: &made.strangers,
        unknown: &made.unknown,
    }
}

/// A timeline. All times are whole milliseconds since the run began.
#[derive(Debug, Serialize)]
struct Times<'a> {
    spans: Vec<NodeTimes<'a>>,
    total_ms: u128,
}

#[derive(Debug, Serialize)]
struct NodeTimes<'a> {
    node: &'a NodeName,
    kind: Kind,
    started_ms: Option<u128>,
    existed_ms: Option<u128>,
    ready_ms: Option<u128>,
    critical: bool,
}

impl<'a> Times<'a> {
    fn of(timeline: &'a Timeline) -> Self {
        let millis = |time: Option<Duration>| time.map(|time| time.as_millis());
        let spans = timeline.spans.iter().map(|span| NodeTimes {
            node: &span.node,
            kind: span.kind,
            started_ms: millis(span.started),
            existed_ms: millis(span.existed),
            ready_ms: millis(span.ready),
            critical: span.critical,
        });
        Self { spans: spans.collect(), total_ms: timeline.total.as_millis() }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Stated<'a> {
    schema: &'static str,
    as_asked: bool,
    /// Targets that do not answer their health checks: no difference from what was asked, and yet nobody is served by them.
    unhealthy: Vec<&'a str>,
    status: &'a Status,
}

pub(crate) fn status(status: &Status) -> Stated<'_> {
    let unhealthy = status.unhealthy().map(|(node, _)| node.as_str()).collect();
    Stated { schema: "accel.status.v1", as_asked: status.as_asked(), unhealthy, status }
}

#[derive(Debug, Serialize)]
pub(crate) struct Listed<'a> {
    schema: &'static str,
    #[serde(flatten)]
    inventory: &'a Inventory,
}

pub(crate) fn inventory(inventory: &Inventory) -> Listed<'_> {
    Listed { schema: "accel.inventory.v1", inventory }
}

#[derive(Debug, Serialize)]
pub(crate) struct CleanedUp<'a> {
    schema: &'static str,
    deployment: &'a str,
    run: &'a str,
    /// Whether there was anything: nothing found is no proof that something was removed.
    found_anything: bool,
    removed: usize,
    /// What was left on purpose.
    kept: &'a [RemoteId],
    places: &'a [Place],
    took_ms: u128,
    calls: Calls,
    strangers: &'a [Stranger],
    unknown: &'a [String],
}

pub(crate) fn cleanup(report: &CleanupReport) -> CleanedUp<'_> {
    let (found_anything, removed) = match report.outcome {
        Cleaned::NothingLeft { removed } => (true, removed),
        Cleaned::NothingFound => (false, 0),
    };
    CleanedUp {
        schema: "accel.cleanup.v1",
        deployment: report.id.as_str(),
        run: report.run.as_str(),
        found_anything,
        removed,
        kept: &report.kept,
        places: &report.places,
        took_ms: report.took.as_millis(),
        calls: report.calls,
        strangers: &report.strangers,
        unknown: &report.unknown,
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct SeedCleaned<'a> {
    schema: &'static str,
    removed: &'a [RemoteId],
    already_gone: &'a [RemoteId],
}

pub(crate) fn seed_cleanup<'a>(
    removed: &'a [RemoteId],
    already_gone: &'a [RemoteId],
) -> SeedCleaned<'a> {
    SeedCleaned { schema: "accel.seed-cleanup.v1", removed, already_gone }
}

#[derive(Debug, Serialize)]
pub(crate) struct Written<'a> {
    schema: &'static str,
    format: String,
    text: &'a str,
}

/// What is a text in itself: a picture, a script.
pub(crate) fn text(format: String, text: &str) -> Written<'_> {
    Written { schema: "accel.text.v1", format, text }
}

/// A simulated cloud that is being served.
#[derive(Debug, Serialize)]
pub(crate) struct Served<'a> {
    schema: &'static str,
    /// For `AWS_ENDPOINT_URL`.
    url: String,
    /// For the control endpoint.
    token: &'a str,
    /// In a browser; it holds the token.
    page: String,
    /// Of every access key.
    account: &'a str,
}

impl<'a> Served<'a> {
    pub(crate) fn new(address: SocketAddr, token: &'a str, account: &'a AccountId) -> Self {
        let url = format!("http://{address}");
        let page = format!("{url}/_cloud/#token={token}");
        Self { schema: "accel.cloud.v1", url, token, page, account: account.as_str() }
    }
}

/// What a person does with it.
impl fmt::Display for Served<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, page, account, .. } = self;
        writeln!(f, "a simulated cloud listens at {url}, account {account}")?;
        writeln!(
            f,
            "  clients   export AWS_ENDPOINT_URL={url} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
        )?;
        writeln!(f, "  browser   {page}")?;
        write!(f, "  stop      Ctrl-C")
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Failed<'a> {
    schema: &'static str,
    exit_code: u8,
    /// `spec`, `refused`, `halted`, `stopped`, or `input` for what never got that far.
    kind: &'static str,
    message: &'a str,
    reasons: &'a [String],
    next: Option<&'a str>,
    retry_helps: bool,
    problems: &'a [Problem],
    errors: Vec<&'a Error>,
    /// What is still there and was to go, and what holds it.
    left: &'a [Left],
    strangers: &'a [Stranger],
    /// What was made all the same.
    nodes: Vec<NodeId<'a>>,
    /// What clients can use of it already.
    outputs: Option<&'a AnyOutputs>,
    calls: Option<Calls>,
}

/// What a node has become.
#[derive(Debug, Serialize)]
struct NodeId<'a> {
    node: &'a NodeName,
    id: &'a RemoteId,
}

pub(crate) fn failure(trouble: &Trouble) -> Failed<'_> {
    let mut document = Failed {
        schema: "accel.failure.v1",
        exit_code: trouble.exit.code(),
        kind: if trouble.exit == Exit::Interrupted { "stopped" } else { "input" },
        message: &trouble.what,
        reasons: &trouble.why,
        next: trouble.next.as_deref(),
        retry_helps: trouble.failure.as_ref().is_some_and(Failure::retry_helps),
        problems: &[],
        errors: Vec::new(),
        left: &[],
        strangers: &[],
        nodes: Vec::new(),
        outputs: trouble.outputs.as_deref(),
        calls: None,
    };
    match &trouble.failure {
        None => {}
        Some(Failure::Spec(problems)) => {
            document.kind = "spec";
            document.problems = problems;
        }
        Some(Failure::Refused(error)) => {
            document.kind = "refused";
            document.errors.push(error);
        }
        Some(Failure::Halted(halt)) => document.halted("halted", halt),
        Some(Failure::Stopped(halt)) => document.halted("stopped", halt),
        Some(_) => document.kind = "other",
    }
    document
}

impl<'a> Failed<'a> {
    fn halted(&mut self, kind: &'static str, halt: &'a Halt) {
        self.kind = kind;
        self.errors = halt.errors.iter().collect();
        self.left = &halt.left;
        self.strangers = &halt.strangers;
        self.nodes =
            halt.nodes.iter().map(|(node, bound)| NodeId { node, id: &bound.id }).collect();
        self.calls = Some(halt.calls);
    }
}
