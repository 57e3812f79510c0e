//! How a lane is used.

use std::sync::Arc;
use std::time::Duration;

use crate::names::{Names, SystemNames};

/// What happens when no address of a lane answers, or its settings have expired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fallback {
    /// The call fails, and says why.
    #[default]
    Refuse,
    /// The call goes to the service's public address: under the same name, with the same certificate check.
    Public,
}

/// Less is more than a network can say, and more is as good as never.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How a lane is used. Times are between 10 ms and a day: what is shorter or longer is taken for that.
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) fallback: Fallback,
    pub(crate) check_every: Duration,
    pub(crate) resolve_every: Duration,
    pub(crate) patience: Duration,
    pub(crate) names: Arc<dyn Names>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fallback: Fallback::default(),
            check_every: Duration::from_secs(10),
            // The time to live of a load balancer's name.
            resolve_every: Duration::from_secs(60),
            patience: Duration::from_secs(2),
            names: Arc::new(SystemNames),
        }
    }
}

impl Options {
    /// What happens when no address answers; by default the call fails.
    #[must_use]
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = fallback;
        self
    }

    /// How old what is known of an address may be, while the lane is in use; by default 10 s. A lane that nobody uses is not checked.
    #[must_use]
    pub fn check_every(mut self, every: Duration) -> Self {
        self.check_every = every.clamp(SHORTEST, LONGEST);
        self
    }

    /// How old the answer of a name may be, while the lane is in use; by default 60 s.
    #[must_use]
    pub fn resolve_every(mut self, every: Duration) -> Self {
        self.resolve_every = every.clamp(SHORTEST, LONGEST);
        self
    }

    /// How long an address may take to answer before it is set aside; by default 2 s.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience.clamp(SHORTEST, LONGEST);
        self
    }

    /// Who resolves names, in place of the system.
    #[must_use]
    pub fn names(mut self, names: impl Names + 'static) -> Self {
        self.names = Arc::new(names);
        self
    }
}
