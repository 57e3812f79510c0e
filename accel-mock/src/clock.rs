//! The time that passes in a world: on tokio's clock, never backwards.

use std::time::Duration;

use tokio::time::Instant;

/// Counts the time that passes on tokio's clock, so that a test that pauses that clock also pauses the world.
///
/// A world may outlive a runtime (a killed run and the next one), and each paused runtime has a clock of its own that starts at the
/// real now. So only differences count, and a clock that jumped back counts as one that stood still.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    seen: Option<Instant>,
}

impl Clock {
    /// What has passed since the last look.
    pub(crate) fn elapsed(&mut self) -> Duration {
        let now = Instant::now();
        let seen = self.seen.replace(now).unwrap_or(now);
        now.saturating_duration_since(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The world's time goes on from one paused runtime to the next.
    #[test]
    fn time_survives_its_runtime() {
        let mut clock = Clock::default();
        let mut passed = Duration::ZERO;
        for _ in 0..3 {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(async {
                passed += clock.elapsed();
                tokio::time::sleep(Duration::from_secs(100)).await;
                passed += clock.elapsed();
            });
        }
        assert!(passed >= Duration::from_secs(300), "{passed:?}");
    }
}
