//! What a deployment costs in a month, from a dated table of list prices.
//!
//! A price that is not in the table is never guessed: what needs it is named as not covered, and the total says that it is a lower bound.

#[cfg(test)]
mod egress_tests;
mod lines;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod traffic;
mod ways;

use std::collections::BTreeMap;

use accel_core::backend::Offer;
use accel_core::{AnySpec, Graph, PrivateEgress};
use serde::Serialize;

pub(crate) use table::{Basis, Item};
pub(crate) use traffic::Traffic;
pub(crate) use ways::Ways;

use lines::Bill;
use table::Table;

use crate::input::Spec;
use crate::sketch;
use crate::trouble::{Outcome, Trouble};

/// The hours of an average month.
const HOURS: u32 = 730;

/// What a graph costs in a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Estimate {
    /// When the table was last looked after.
    pub(crate) table_date: String,
    /// Of all amounts.
    pub(crate) currency: String,
    /// The hours that a month is taken to have.
    pub(crate) hours: u32,
    /// One per thing that is paid for.
    pub(crate) lines: Vec<Line>,
    /// What it costs without any traffic.
    pub(crate) idle: f64,
    /// The traffic that is priced, if any was given.
    pub(crate) traffic: Option<TrafficCost>,
    /// The ways out of a private egress, compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ways: Option<Ways>,
    /// All of it.
    pub(crate) total: f64,
    /// Whether every price that it needs is in the table; else `total` is a lower bound.
    pub(crate) complete: bool,
    /// What is not in the amounts.
    pub(crate) not_covered: Vec<String>,
    /// Where the prices that were used are from, by the name that the lines give.
    pub(crate) sources: BTreeMap<String, SourceUsed>,
}

/// One thing that is paid for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Line {
    /// What it is.
    pub(crate) item: Item,
    /// Where it is paid.
    pub(crate) region: String,
    /// Why it is paid.
    pub(crate) cause: Cause,
    /// How many hours or GB.
    pub(crate) quantity: f64,
    /// `h` or `GB`.
    pub(crate) unit: &'static str,
    /// The price of one.
    pub(crate) price: f64,
    /// Quantity times price, in whole cents.
    pub(crate) amount: f64,
    /// How the price is known.
    pub(crate) basis: Basis,
    /// Where the price is from.
    pub(crate) source: String,
}

/// Why something is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    /// Because it exists.
    Idle,
    /// For what clients send.
    Requests,
    /// For what the service answers.
    Responses,
    /// For what passes, whichever way it goes.
    Moving,
}

/// What traffic costs, by direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TrafficCost {
    /// How much of it.
    #[serde(flatten)]
    pub(crate) asked: Traffic,
    /// What the requests cost.
    pub(crate) requests: f64,
    /// What the responses cost.
    pub(crate) responses: f64,
}

/// Where prices are from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SourceUsed {
    /// How they are known.
    pub(crate) basis: Basis,
    /// What it is.
    pub(crate) what: String,
}

/// Refuses an amount of traffic that the command line gives for what says its own.
pub(crate) fn check_traffic(spec: &Spec, traffic: Option<Traffic>) -> Outcome<()> {
    match &spec.topology {
        AnySpec::PrivateEgress(_) if traffic.is_some() => {
            Err(Trouble::input("--traffic-gb is for lanes; a private egress says its traffic in the spec")
                .next("give services[].gb_per_month and internet_gb_per_month there, and leave --traffic-gb out"))
        }
        AnySpec::PrivateEgress(_) | AnySpec::Acceleration(_) => Ok(()),
    }
}

/// The monthly cost of a spec, as far as the cloud has told what is there already; of a lane with so much traffic.
pub(crate) fn of(spec: &Spec, heard: Option<Offer>, traffic: Option<Traffic>) -> Outcome<Estimate> {
    match &spec.topology {
        AnySpec::Acceleration(_) => Ok(estimate(&sketch::graph(spec)?, traffic)),
        AnySpec::PrivateEgress(egress) => {
            let graph = sketch::graph_in(spec, heard.unwrap_or_default())?;
            let everything = sketch::graph_with_endpoints(spec, egress)?;
            Ok(estimate_egress(&Table::bundled(), egress, &graph, &everything))
        }
    }
}

/// The monthly cost of a lane's graph, with so much traffic.
fn estimate(graph: &Graph, traffic: Option<Traffic>) -> Estimate {
    estimate_with(&Table::bundled(), graph, traffic)
}

fn estimate_with(table: &Table, graph: &Graph, traffic: Option<Traffic>) -> Estimate {
    let mut bill = Bill::new(table);
    bill.standing(graph);
    if let Some(traffic) = traffic {
        bill.moving(graph, traffic);
    }
    let cost = |asked| TrafficCost {
        asked,
        requests: bill.sum(Some(Cause::Requests)),
        responses: bill.sum(Some(Cause::Responses)),
    };
    let (traffic_cost, not_covered) = (traffic.map(cost), bill.not_covered(graph, traffic));
    Estimate { traffic: traffic_cost, not_covered, ..bill.total() }
}

fn estimate_egress(
    table: &Table,
    spec: &PrivateEgress,
    graph: &Graph,
    everything: &Graph,
) -> Estimate {
    let mut bill = Bill::new(table);
    bill.standing(graph);
    let ways = bill.ways(spec, graph, everything);
    let not_covered = bill.not_covered_of_ways(spec);
    Estimate { ways: Some(ways), not_covered, ..bill.total() }
}

impl Bill<'_> {
    /// Amounts are whole cents; so is their sum.
    fn sum(&self, cause: Option<Cause>) -> f64 {
        let of_it = self.lines.iter().filter(|line| cause.is_none_or(|cause| line.cause == cause));
        cents(of_it.map(|line| line.amount).sum())
    }

    /// All of it.
    fn total(self) -> Estimate {
        let source = |line: &Line| {
            let source = self.table.sources.get(&line.source)?;
            let used = SourceUsed { basis: source.basis, what: source.what.clone() };
            Some((line.source.clone(), used))
        };
        Estimate {
            table_date: self.table.date.clone(),
            currency: self.table.currency.clone(),
            hours: HOURS,
            idle: self.sum(Some(Cause::Idle)),
            traffic: None,
            ways: None,
            total: self.sum(None),
            complete: self.missing.is_empty(),
            sources: self.lines.iter().filter_map(source).collect(),
            not_covered: Vec::new(),
            lines: self.lines,
        }
    }
}

/// Rounded to whole cents.
fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
