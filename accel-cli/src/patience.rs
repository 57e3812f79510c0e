//! Calls that are made without the engine, and must not fail for what time mends: a throttle, a lost answer.

use std::time::Duration;

use accel_core::engine::policy::{Next, Verb, next};
use accel_core::{Error, ErrorKind};
use tokio::time::{Instant, sleep};

use crate::run::Session;
use crate::trouble::Outcome;

/// How long before the next try of a call that was refused for now.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How long the cloud may hide what exists, unless the run says otherwise.
const WINDOW_SECS: u32 = 30;

pub(crate) fn secs(secs: u32) -> Duration {
    Duration::from_secs(secs.into())
}

/// Calls until it succeeds, or a person is needed, or the run's limit for retries has passed. Nothing, if it is gone.
pub(crate) async fn patiently<T>(
    session: &Session<'_>,
    verb: Verb,
    call: impl AsyncFn() -> Result<T, Error>,
) -> Outcome<Option<T>> {
    let limits = session.limits();
    let (began, mut refused) = (Instant::now(), None::<ErrorKind>);
    loop {
        let error = match call().await {
            Ok(value) => return Ok(Some(value)),
            Err(error) => error,
        };
        let window_secs = limits.window_secs.unwrap_or(WINDOW_SECS);
        if error.kind() == ErrorKind::NotYet && began.elapsed() > secs(window_secs) {
            // A killed run may have removed it, and the look that showed it may have been late.
            return Ok(None);
        }
        let limit_secs = match next(verb, error.kind()) {
            Next::Done | Next::Gone => return Ok(None),
            Next::Retry | Next::SlowDown | Next::NotYet | Next::Doubt => limits.retry_secs,
            Next::Wait => limits.in_use_secs,
            Next::Look | Next::Halt | Next::Stop => return Err(error.into()),
        };
        if began.elapsed() > secs(limit_secs) {
            return Err(error.into());
        }
        if refused.replace(error.kind()) != Some(error.kind()) {
            session.terminal.say(&format!("again in a while: {error}"));
        }
        sleep(AGAIN_AFTER).await;
    }
}
