//! What a lane costs in a month, from a dated table of list prices.
//!
//! A price that is not in the table is never guessed: what needs it is named as not covered, and the total says that it is a lower bound.

mod lines;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod traffic;

use std::collections::BTreeMap;

use accel_core::Graph;
use serde::Serialize;

pub(crate) use table::{Basis, Item};
pub(crate) use traffic::Traffic;

use lines::Bill;
use table::Table;

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

/// The monthly cost of a graph, with so much traffic.
pub(crate) fn estimate(graph: &Graph, traffic: Option<Traffic>) -> Estimate {
    estimate_with(&Table::bundled(), graph, traffic)
}

fn estimate_with(table: &Table, graph: &Graph, traffic: Option<Traffic>) -> Estimate {
    let mut bill = Bill::new(table);
    bill.standing(graph);
    if let Some(traffic) = traffic {
        bill.moving(graph, traffic);
    }
    let complete = bill.missing.is_empty();
    let sum = |cause: Option<Cause>| {
        let of_it = bill.lines.iter().filter(|line| cause.is_none_or(|cause| line.cause == cause));
        // Amounts are whole cents; so is their sum.
        cents(of_it.map(|line| line.amount).sum())
    };
    let cost = |asked| TrafficCost {
        asked,
        requests: sum(Some(Cause::Requests)),
        responses: sum(Some(Cause::Responses)),
    };
    let source = |line: &Line| {
        let source = table.sources.get(&line.source)?;
        Some((line.source.clone(), SourceUsed { basis: source.basis, what: source.what.clone() }))
    };
    Estimate {
        table_date: table.date.clone(),
        currency: table.currency.clone(),
        hours: HOURS,
        idle: sum(Some(Cause::Idle)),
        traffic: traffic.map(cost),
        total: sum(None),
        complete,
        sources: bill.lines.iter().filter_map(source).collect(),
        not_covered: bill.not_covered(graph, traffic),
        lines: bill.lines,
    }
}

/// Rounded to whole cents.
fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
