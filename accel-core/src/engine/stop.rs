//! A handle that asks a run to end gracefully: no new call that changes anything, then the answers in flight are written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Asks a run to stop. Clones ask the same run.
///
/// ```
/// let stop = accel_core::Stop::default();
/// let handle = stop.clone();
/// handle.ask();
/// assert!(stop.asked());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicBool,
    changed: Notify,
}

impl Stop {
    /// Asks the run to stop. What is in flight ends and is recorded; running again goes on from there.
    pub fn ask(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }

    /// Whether somebody asked.
    pub fn asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Returns when somebody asks; never, if somebody had asked before.
    pub(crate) async fn wait(&self) {
        let changed = self.0.changed.notified();
        if self.asked() {
            return std::future::pending().await;
        }
        changed.await;
    }
}
