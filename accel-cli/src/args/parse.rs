//! Values of the command line, read once.

use std::path::PathBuf;
use std::time::Duration;

use accel_core::{DeploymentId, InvalidName, Place, Region, Side};

/// Where records are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Journal {
    /// Nowhere.
    None,
    /// In this directory.
    In(PathBuf),
}

#[expect(clippy::unnecessary_wraps, reason = "the form that clap asks for")]
pub(super) fn journal(text: &str) -> Result<Journal, String> {
    Ok(if text == "none" { Journal::None } else { Journal::In(text.into()) })
}

pub(super) fn name(text: &str) -> Result<DeploymentId, InvalidName> {
    DeploymentId::parse(text)
}

/// `service=ap-southeast-3`
pub(super) fn place(text: &str) -> Result<Place, String> {
    match text.split_once('=') {
        Some(("service", region)) if is_region(region) => Ok(Place::new(Side::Service, region)),
        Some(("entry", region)) if is_region(region) => Ok(Place::new(Side::Entry, region)),
        Some(_) | None => Err("write it like service=ap-southeast-3,entry=ap-southeast-1".into()),
    }
}

/// `eu-central-1`
pub(super) fn region(text: &str) -> Result<Region, String> {
    let wrong = || format!("{text:?} is no region; write it like eu-central-1");
    is_region(text).then(|| Region::from(text)).ok_or_else(wrong)
}

fn is_region(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    text.contains('-') && text.bytes().all(plain)
}

/// Whole seconds, minutes or hours: what is shorter than a second is no window of any cloud, and no time to wait for one.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration of 1s to 24h; write it like 5s or 2m");
    let end = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let secs = match unit {
        "s" => Some(number),
        "m" | "min" => number.checked_mul(60),
        "h" => number.checked_mul(3600),
        _ => None,
    };
    let secs = secs.filter(|secs| (1..=24 * 3600).contains(secs)).ok_or_else(wrong)?;
    Ok(Duration::from_secs(secs))
}

/// Whole hours, days or weeks, up to ten years: what is handed out is to be used, and to end.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    const HOURS_MAX: u64 = 10 * 366 * 24;
    let wrong =
        || format!("{text:?} is no duration of 1h to ten years; write it like 12h, 30d or 8w");
    let end = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let hours = match unit {
        "h" => Some(number),
        "d" => number.checked_mul(24),
        "w" => number.checked_mul(7 * 24),
        _ => None,
    };
    let hours = hours.filter(|hours| (1..=HOURS_MAX).contains(hours)).ok_or_else(wrong)?;
    Ok(Duration::from_secs(hours * 3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_a_limit() {
        for (text, secs) in [("5s", 5), ("2m", 120), ("24h", 86_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(secs)), "{text}");
        }
        for text in ["", "5", "s", "0s", "25h", "1.5s", "-1s", "5 s", "99999999999999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lifetimes_have_a_unit_and_an_end() {
        for (text, hours) in [("1h", 1), ("30d", 720), ("8w", 1344)] {
            assert_eq!(lifetime(text), Ok(Duration::from_secs(hours * 3600)), "{text}");
        }
        for text in ["", "0d", "30", "5m", "11000w", "99999999999999999999d"] {
            assert!(lifetime(text).is_err(), "{text}");
        }
    }

    #[test]
    fn places_name_their_side() {
        assert_eq!(place("entry=eu-west-1"), Ok(Place::new(Side::Entry, "eu-west-1")));
        for text in ["", "eu-west-1", "entry=", "exit=eu-west-1", "entry=EU", "entry=a b-c"] {
            assert!(place(text).is_err(), "{text}");
        }
    }
}
