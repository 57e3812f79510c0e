//! The world's time: what has passed since its birth, never backwards.

use std::time::Duration;

use tokio::time::Instant;

/// Counts the time that passes on tokio's clock, so that a test that pauses that clock also pauses the world.
///
/// A world may outlive a runtime (a killed run and the next one), and each paused runtime has a clock of its own that starts at the
/// real now. So only differences count, and a clock that jumped back counts as one that stood still.
#[derive(Debug)]
pub(crate) struct Clock {
    passed: Duration,
    seen: Option<Instant>,
    speed: u32,
}

impl Clock {
    pub(crate) fn new(speed: u32) -> Self {
        Self { passed: Duration::ZERO, seen: None, speed }
    }

    /// The time since birth.
    pub(crate) fn now(&mut self) -> Duration {
        let instant = Instant::now();
        if let Some(seen) = self.seen {
            self.passed += instant.saturating_duration_since(seen) * self.speed;
        }
        self.seen = Some(instant);
        self.passed
    }

    /// Lets time pass without waiting.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.passed += by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The world's time goes on from one paused runtime to the next.
    #[test]
    fn time_survives_its_runtime() {
        let mut clock = Clock::new(1);
        let mut last = Duration::ZERO;
        for _ in 0..3 {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            last = runtime.block_on(async {
                let before = clock.now();
                tokio::time::sleep(Duration::from_secs(100)).await;
                let after = clock.now();
                assert!(before >= last && after >= before + Duration::from_secs(100));
                after
            });
        }
        assert!(last >= Duration::from_secs(300));
    }
}
