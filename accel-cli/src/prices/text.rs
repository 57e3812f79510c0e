//! An estimate as lines for people.

use std::fmt;

use super::{Basis, Cause, Estimate, Line};

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
