//! In what time a command runs: the machine's, or a simulated one that can be watched.
//!
//! A simulated cloud runs on tokio's paused clock, which jumps to the next moment at which anything happens. So the engine's waits,
//! windows and limits keep their real lengths, and so do the times that are told; only the person who watches waits less.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use tokio::runtime::Builder;

/// How often simulated and real time are compared, in real time.
const TICK: Duration = Duration::from_millis(2);

/// Runs a program in real time.
#[cfg(feature = "aws")]
pub(super) fn in_real_time<T>(program: impl Future<Output = T>) -> io::Result<T> {
    Ok(Builder::new_current_thread().enable_all().build()?.block_on(program))
}

/// Runs a program in simulated time, at most so many times as fast as real time; 0 for as fast as the machine can.
pub(super) fn at_speed<T>(speed: u32, program: impl Future<Output = T>) -> io::Result<T> {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        tokio::select! {
            biased;
            done = program => done,
            never = hold_back(speed), if speed > 0 => match never {},
        }
    }))
}

/// Holds the thread whenever simulated time is ahead. It never pushes: what a slow machine, or a question to a person, has cost is not
/// caught up with.
async fn hold_back(speed: u32) -> Infallible {
    loop {
        let began = real_now();
        tokio::time::sleep(TICK * speed).await;
        hold(TICK.saturating_sub(real_now().duration_since(began)));
    }
}

#[expect(clippy::disallowed_methods, reason = "tokio's clock is the simulated one here")]
fn real_now() -> std::time::Instant {
    std::time::Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "an async sleep would take simulated time")]
fn hold(real: Duration) {
    std::thread::sleep(real);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bounds are wide, because the machine may be busy: a test of direction, not of precision.
    #[test]
    fn a_minute_takes_neither_no_time_nor_a_minute() {
        let took = |speed| {
            let began = real_now();
            let minute = async { tokio::time::sleep(Duration::from_secs(60)).await };
            at_speed(speed, minute).unwrap();
            real_now().duration_since(began)
        };
        assert!((Duration::from_millis(50)..Duration::from_secs(30)).contains(&took(600)));
        assert!(took(0) < Duration::from_secs(30));
    }
}
