//! An estimate as lines for people.

use std::fmt;

use accel_core::spec::Way;

use super::ways::{EndpointKind, WayCosts};
use super::{Basis, Cause, Estimate, Line, Ways};
use crate::render::text::prose;

/// The sign of a price that nobody has looked up.
const ABOUT: char = '~';

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = if self.complete { "about" } else { "at least" };
        let Self { currency, hours, .. } = self;
        writeln!(f, "{least} {currency} {:.2} a month ({hours} h) without traffic", self.idle)?;
        self.lines_of(Cause::Idle, f)?;
        if let Some(traffic) = &self.traffic {
            let more = traffic.requests + traffic.responses;
            writeln!(f, "{least} {currency} {more:.2} a month for {}", traffic.asked)?;
            writeln!(f, "  requests {:.2}", traffic.requests)?;
            self.lines_of(Cause::Requests, f)?;
            writeln!(f, "  responses {:.2}", traffic.responses)?;
            self.lines_of(Cause::Responses, f)?;
            writeln!(f, "{least} {currency} {:.2} a month in all", self.total)?;
        }
        if let Some(ways) = &self.ways {
            if ways.moving_gb > 0 {
                let gb = ways.moving_gb;
                writeln!(
                    f,
                    "{least} {currency} {:.2} a month for the {gb} GB of the spec",
                    ways.moving
                )?;
                self.lines_of(Cause::Moving, f)?;
                writeln!(f, "{least} {currency} {:.2} a month in all", self.total)?;
            }
            writeln!(f, "{ways}")?;
        }
        write!(f, "list prices, table of {}", self.table_date)?;
        if self.lines.iter().any(|line| line.basis == Basis::Memory) {
            write!(f, "; {ABOUT} from memory, not looked up")?;
        }
        writeln!(f)?;
        self.not_covered.iter().try_for_each(|what| writeln!(f, "not covered: {what}"))
    }
}

/// `0.0252`, `0.013`, `0.10`: at least cents, no idle zeros.
fn unit_price(price: f64) -> String {
    let digits = format!("{price:.4}");
    let keep = digits.len() - 2;
    let (cents, rest) = digits.split_at(keep);
    format!("{cents}{}", rest.trim_end_matches('0'))
}

impl Estimate {
    fn lines_of(&self, cause: Cause, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = if cause == Cause::Idle { 2 } else { 4 };
        self.lines.iter().filter(|line| line.cause == cause).try_for_each(|line| {
            let about = if line.basis == Basis::Memory { ABOUT } else { ' ' };
            let Line { quantity, unit, price, amount, region, .. } = line;
            let name = line.item.name();
            let price = unit_price(*price);
            writeln!(
                f,
                "{:indent$}{name:<width$} {region:<15} {quantity:>7} {unit:<2} × {about}{price:<6} {amount:>10.2}",
                "",
                width = 38 - indent,
            )
        })
    }
}

/// A table of the services, and what must be known to read it.
impl fmt::Display for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.services.is_empty() {
            writeln!(f, "a month of each service, either way (* as the spec has it)")?;
            let width = self.services.iter().map(|it| it.service.chars().count()).max();
            let width = width.unwrap_or_default().max("service".len());
            writeln!(f, "  {:width$}  {:>8}  {:>12}  {:>12}", "service", "GB", "endpoint", "NAT")?;
            self.services.iter().try_for_each(|it| writeln!(f, "  {}", it.row(width)))?;
            let say = |what: &String| writeln!(f, "{}", prose("  assumed: ", what));
            self.assumptions.iter().try_for_each(say)?;
        }
        write!(f, "{}", prose("still through NAT: ", &self.still_through_nat()))
    }
}

impl Ways {
    fn still_through_nat(&self) -> String {
        if !self.nat_stands {
            return "nothing of this deployment's; there is no NAT gateway".to_owned();
        }
        let mut all = self.through_nat.clone();
        all.push(match self.internet_gb {
            0 => "the internet".to_owned(),
            gb => format!("the internet ({gb} GB)"),
        });
        format!("{}, and what the notes name", all.join(", "))
    }
}

impl WayCosts {
    fn row(&self, width: usize) -> String {
        let amount = |way: Way, amount: Option<f64>| {
            let amount = amount.map_or_else(|| "no price".to_owned(), |it| format!("{it:.2}"));
            format!("{amount} {}", if self.chosen == way { '*' } else { ' ' })
        };
        let endpoint = amount(Way::Endpoint, self.endpoint);
        let nat = amount(Way::Nat, self.nat);
        let Self { service, gb, .. } = self;
        format!("{service:width$}  {gb:>8}  {endpoint:>12}  {nat:>12}  {}", self.remark())
            .trim_end()
            .to_owned()
    }

    fn remark(&self) -> String {
        match (self.endpoint_kind, self.break_even_gb) {
            (EndpointKind::Gateway, _) => "a gateway endpoint is free".to_owned(),
            (EndpointKind::Interface, Some(gb)) => match self.cheaper {
                Some(Way::Endpoint) => format!("the endpoint is cheaper, from {gb:.0} GB on"),
                Some(Way::Nat) => format!("NAT is cheaper, up to {gb:.0} GB"),
                None => String::new(),
            },
            (EndpointKind::Interface, None) => match self.cheaper {
                Some(Way::Endpoint) => "the endpoint is cheaper".to_owned(),
                Some(Way::Nat) => "NAT is cheaper at any amount".to_owned(),
                None => String::new(),
            },
        }
    }
}
