//! Points in time, as the provider writes them.

use std::time::Duration;

use accel_core::{Clock as _, SystemClock};

/// When the world was born, on the calendar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Birth(Duration);

impl Birth {
    /// Of a world that is so old now.
    pub(crate) fn of_age(age: Duration) -> Self {
        let now = Duration::from_millis(SystemClock.now_ms());
        Self(now.saturating_sub(age))
    }

    /// When that was, since the Unix epoch.
    pub(crate) fn at(self) -> Duration {
        self.0
    }

    /// The date and time so long after it.
    pub(crate) fn after(self, since: Duration) -> String {
        date_time((self.0 + since).as_secs())
    }
}

/// A time since the Unix epoch as `YYYYMMDDTHHMMSSZ`.
pub(crate) fn basic_date_time(since: Duration) -> String {
    date_time(since.as_secs()).replace(['-', ':'], "").replace(".000", "")
}

/// Seconds since the Unix epoch as `YYYY-MM-DDTHH:MM:SS.000Z`.
fn date_time(secs: u64) -> String {
    let (mut year, mut day) = (1970, secs / 86_400);
    while day >= days_in(year) {
        day -= days_in(year);
        year += 1;
    }
    let mut month = 1;
    for days in [31, days_in(year) - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    let (hour, minute, second) = (secs / 3600 % 24, secs / 60 % 60, secs % 60);
    format!("{year}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}.000Z", day + 1)
}

fn days_in(year: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{basic_date_time, date_time};

    /// As `date --utc --date @SECONDS` prints them.
    #[test]
    fn seconds_become_dates() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_767_225_599, "2025-12-31T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(date_time(secs), text);
        }
        assert_eq!(basic_date_time(Duration::from_millis(951_782_399_999)), "20000228T235959Z");
    }
}
