//! Time that can be watched: a deploy of a minute and a half, shown in a second and a half.
//!
//! Everything runs on tokio's paused clock, which jumps to the next moment at which anything happens. So the engine's waits, windows
//! and limits keep their real lengths, and so do the times that are printed; only the person who watches waits less.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use tokio::time::Instant;

/// How often simulated and real time are compared, in real time.
const TICK: Duration = Duration::from_millis(2);

/// Runs a program as fast as the machine can, in simulated time.
///
/// # Errors
/// If no runtime can be made.
pub fn in_virtual_time<T>(program: impl Future<Output = T>) -> io::Result<T> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    Ok(runtime.enable_time().start_paused(true).build()?.block_on(program))
}

/// Runs a program in simulated time that passes at most so many times as fast as real time.
///
/// # Errors
/// If no runtime can be made.
pub fn at_speed<T>(speed: u32, program: impl Future<Output = T>) -> io::Result<T> {
    in_virtual_time(async {
        tokio::select! {
            biased;
            done = program => done,
            never = hold_back(speed) => match never {},
        }
    })
}

/// Holds the thread whenever simulated time is ahead. It never pushes: on a slow machine everything takes longer to watch, and is told
/// with the same times.
async fn hold_back(speed: u32) -> Infallible {
    let (began, really_began) = (Instant::now(), real_now());
    loop {
        tokio::time::sleep(TICK * speed).await;
        let due = began.elapsed() / speed;
        hold(due.saturating_sub(real_now().duration_since(really_began)));
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
        let began = real_now();
        let minute = async { tokio::time::sleep(Duration::from_secs(60)).await };
        at_speed(600, minute).unwrap();
        let took = real_now().duration_since(began);
        assert!(took >= Duration::from_millis(50) && took < Duration::from_secs(30), "{took:?}");
    }
}
