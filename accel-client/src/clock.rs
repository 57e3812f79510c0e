//! The wall clock: only to see whether settings have expired.

use std::time::SystemTime;

#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
