//! Time that can be watched: a deploy of a minute and a half, shown in a second and a half.
//!
//! On tokio's paused clock a program jumps to the next moment at which anything happens. So the engine's waits, windows and limits keep
//! their real lengths, and so do the times that are told; only the person who watches waits less.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// How often simulated and real time are compared, in real time.
const TICK: Duration = Duration::from_millis(2);

/// Runs a program in simulated time that passes at most so many times as fast as real time; 0 for as fast as the machine can. It needs
/// tokio's clock to be paused (`start_paused`), and holds its thread whenever simulated time is ahead.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use std::time::Duration;
/// accel_mock::at_speed(600, tokio::time::sleep(Duration::from_secs(60))).await; // a tenth of a second
/// # }
/// ```
pub async fn at_speed<T>(speed: u32, program: impl Future<Output = T>) -> T {
    let (mut program, mut brake) = (pin!(program), pin!(brake(speed)));
    poll_fn(|context| {
        let end = program.as_mut().poll(context);
        if end.is_pending() && speed > 0 {
            match brake.as_mut().poll(context) {
                Poll::Ready(never) => match never {},
                Poll::Pending => {}
            }
        }
        end
    })
    .await
}

/// It never pushes: what a slow machine, or a question to a person, has cost is not caught up with.
async fn brake(speed: u32) -> Infallible {
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
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                at_speed(speed, tokio::time::sleep(Duration::from_secs(60))).await;
            });
            real_now().duration_since(began)
        };
        assert!((Duration::from_millis(50)..Duration::from_secs(30)).contains(&took(600)));
        assert!(took(0) < Duration::from_secs(30));
    }
}
