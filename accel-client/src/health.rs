//! What is known of an address: does it answer, and how fast. Pure; time is passed in.

use std::time::Duration;

use tokio::time::Instant;

/// How long an address that has just failed is left alone, at first. It doubles with each failure.
const ASIDE_MIN: Duration = Duration::from_secs(1);
/// And at most. A zone that has come back is found within this time, as long as the lane is in use.
const ASIDE_MAX: Duration = Duration::from_secs(30);

/// What is known of one address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health {
    /// How long a connection takes: the newest measurement counts a quarter.
    pub(crate) rtt: Option<Duration>,
    /// How often it has failed since it last answered.
    pub(crate) failures: u32,
    /// When something was last heard, or not heard in time.
    heard: Option<Instant>,
}

impl Health {
    /// A connection was made. Returns whether that is news: it was set aside before.
    pub(crate) fn worked(&mut self, now: Instant, rtt: Duration) -> bool {
        self.rtt = Some(self.rtt.map_or(rtt, |known| (known * 3 + rtt) / 4));
        self.heard = Some(now);
        std::mem::take(&mut self.failures) > 0
    }

    /// None was made. Returns whether that is news.
    pub(crate) fn failed(&mut self, now: Instant) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.heard = Some(now);
        self.failures == 1
    }

    /// Whether others are tried first.
    pub(crate) fn is_aside(&self) -> bool {
        self.failures > 0
    }

    /// Whether it is known since then how this address is.
    pub(crate) fn is_known_since(&self, then: Instant) -> bool {
        self.heard.is_some_and(|heard| heard >= then)
    }

    /// Whether a check is due: what answers is asked every so often, what does not ever less often.
    pub(crate) fn is_due(&self, now: Instant, every: Duration) -> bool {
        let pause = match self.failures {
            0 => every,
            failures => (ASIDE_MIN * 2_u32.pow((failures - 1).min(10))).min(ASIDE_MAX),
        };
        self.heard.is_none_or(|heard| now >= heard + pause)
    }

    /// What sorts first is tried first: what answers before what nobody has asked before what failed; the fast before the slow; among
    /// what failed, what failed least.
    pub(crate) fn rank(&self) -> (u32, bool, Duration) {
        (self.failures, self.rtt.is_none(), self.rtt.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_fast_come_before_the_slow_before_the_unknown_before_those_that_failed() {
        let now = Instant::now();
        let [mut fast, mut slow, unknown, mut once, mut twice] =
            [(); 5].map(|()| Health::default());
        assert!(!fast.worked(now, 2 * MS));
        assert!(!slow.worked(now, 5 * MS));
        assert!(once.failed(now));
        assert!(twice.failed(now));
        assert!(!twice.failed(now));
        let ranks = [&fast, &slow, &unknown, &once, &twice].map(Health::rank);
        assert!(ranks.is_sorted(), "{ranks:?}");
    }

    #[test]
    fn what_failed_is_asked_ever_less_often_and_comes_back_with_one_answer() {
        let began = Instant::now();
        let mut health = Health::default();
        assert!(health.is_due(began, 5 * MS));
        let pauses = [1, 2, 4, 8, 16, 30, 30];
        for secs in pauses {
            health.failed(began);
            let due = began + Duration::from_secs(secs);
            assert!(health.is_due(due, MS) && !health.is_due(due - MS, MS), "{secs}");
        }
        assert!(health.worked(began, MS));
        assert!(!health.is_aside());
    }

    #[test]
    fn one_slow_answer_is_no_reason_to_change() {
        let now = Instant::now();
        let mut health = Health::default();
        for rtt in [4, 4, 8] {
            health.worked(now, rtt * MS);
        }
        assert_eq!(health.rtt, Some(5 * MS));
    }
}
