//! A calendar day, for entries that end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A day of the proleptic Gregorian calendar, written `2027-03-31`.
///
/// ```
/// use accel_core::spec::Day;
/// assert!(Day::parse("2028-02-29") < Day::parse("2028-03-01"));
/// assert_eq!(Day::parse("2027-02-29"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    year: u16,
    month: u8,
    of_month: u8,
}

impl Day {
    /// A day that the calendar has, in the years 1 to 9999.
    pub fn new(year: u16, month: u8, of_month: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=days).contains(&of_month)).then_some(Self {
            year,
            month,
            of_month,
        })
    }

    /// Reads `yyyy-mm-dd`: ten characters, digits and two hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        let shape = text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if !shape || text.len() != 10 {
            return None;
        }
        Self::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)
    }

    /// The day (UTC) of a moment, in milliseconds since 1970.
    ///
    /// ```
    /// use accel_core::spec::Day;
    /// assert_eq!(Some(Day::from_unix_ms(1_709_164_800_000)), Day::parse("2024-02-29"));
    /// ```
    pub fn from_unix_ms(ms: u64) -> Self {
        // Years that begin in March end with the leap day: 400 of them have 146,097 days.
        let days = ms / 86_400_000 + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march = (5 * of_year + 2) / 153;
        let of_month = of_year - (153 * march + 2) / 5 + 1;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let year = era * 400 + year + u64::from(month <= 2);
        let narrow = |n: u64| u8::try_from(n).unwrap_or(1);
        let year = u16::try_from(year).unwrap_or(9999).min(9999);
        Self { year, month: narrow(month), of_month: narrow(of_month) }
    }
}

impl TryFrom<String> for Day {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a day is written yyyy-mm-dd")
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_calendar_has_and_nothing_else() {
        for good in ["2026-11-21", "2000-02-29", "2028-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(Day::parse(good).map(|day| day.to_string()).as_deref(), Some(good));
        }
        let bad =
            ["", "2026-1-21", "2026-13-01", "2026-00-01", "2026-04-31", "1900-02-29", "0000-01-01"];
        for bad in bad.into_iter().chain(["2026-11-21 ", "+026-11-21", "2026/11/21", "２026-11-2"])
        {
            assert_eq!(Day::parse(bad), None, "{bad:?}");
        }
    }
}
