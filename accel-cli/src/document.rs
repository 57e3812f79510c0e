//! Results as JSON documents. Each names its form in `schema`; later forms add fields, and never alter one.
//!
//! The outputs of a lane are a document of `accel-core`'s own (`accel.lane-outputs.v1`).

use std::collections::BTreeMap;

use accel_core::deployer::{Cleaned, CleanupReport, Deployment, Halt, Plan, Status};
use accel_core::engine::policy::Verb;
use accel_core::engine::{Stranger, Timeline};
use accel_core::topology::LaneOutputs;
use accel_core::{Calls, Error, Failure, Place, Problem, RemoteId};
use serde::Serialize;

use crate::inventory::Inventory;
use crate::permissions::Permissions;
use crate::prices::Estimate;
use crate::trouble::{Exit, Trouble};
use crate::usable::Usable;

/// What was called.
#[derive(Debug, Serialize)]
pub(crate) struct Counted {
    total: u32,
    mutating: u32,
    by_verb: BTreeMap<String, u32>,
}

impl From<&Calls> for Counted {
    fn from(calls: &Calls) -> Self {
        let by_verb = Verb::ALL.iter().map(|verb| (verb.to_string(), calls.of(*verb)));
        let by_verb = by_verb.filter(|(_, count)| *count > 0).collect();
        Self { total: calls.total(), mutating: calls.mutating(), by_verb }
    }
}

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
    outputs: Option<&'a LaneOutputs>,
    timeline: &'a Timeline,
    critical_path: Vec<&'a str>,
    usable: &'a Usable,
    calls: Counted,
    notes: &'a [String],
    strangers: &'a [Stranger],
    unknown: &'a [String],
}

pub(crate) fn deploy<'a>(made: &'a Deployment<LaneOutputs>, usable: &'a Usable) -> Deployed<'a> {
    let critical = made.timeline.critical_path();
    Deployed {
        schema: "accel.deploy.v1",
        deployment: made.id.as_str(),
        run: made.run.as_str(),
        outputs: made.outputs.as_ref(),
        timeline: &made.timeline,
        critical_path: critical.into_iter().map(|span| span.node.as_str()).collect(),
        usable,
        calls: Counted::from(&made.calls),
        notes: &made.notes,
        strangers: &made.strangers,
        unknown: &made.unknown,
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
    calls: Counted,
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
        calls: Counted::from(&report.calls),
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
    left: &'a [String],
    strangers: &'a [Stranger],
    calls: Option<Counted>,
}

pub(crate) fn failure(trouble: &Trouble) -> Failed<'_> {
    let mut document = Failed {
        schema: "accel.failure.v1",
        exit_code: trouble.exit as u8,
        kind: if trouble.exit == Exit::Interrupted { "stopped" } else { "input" },
        message: &trouble.what,
        reasons: &trouble.why,
        next: trouble.next.as_deref(),
        retry_helps: trouble.failure.as_ref().is_some_and(Failure::retry_helps),
        problems: &[],
        errors: Vec::new(),
        left: &[],
        strangers: &[],
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
        self.calls = Some(Counted::from(&halt.calls));
    }
}
