//! Setting: attributes of a listener. A new one forgets idle connections after 350 seconds.

use serde::{Deserialize, Serialize};

use super::{Describe, Facts, Kind, Visit};
use crate::graph::{Need, Ref, Role};

/// Sets attributes of a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerOptions {
    /// The listener.
    pub listener: Ref<super::Listener>,
    /// Seconds after which an idle connection is forgotten: 60 to 6000.
    pub idle_timeout_secs: u16,
}

pub(super) const FACTS: Facts = Facts {
    api: super::Api::LoadBalancing,
    throttle: super::Throttle::LoadBalancing,
    ..super::SETTING
};

impl Describe for ListenerOptions {
    fn kind(&self) -> Kind {
        Kind::ListenerOptions
    }

    fn refs(&mut self, visit: Visit<'_>) {
        visit(self.listener.link(Need::Exists, Role::Holds));
    }

    fn carried(&self) -> bool {
        self.idle_timeout_secs == DEFAULT_IDLE_TIMEOUT_SECS
    }
}

/// The idle timeout of a new listener. Source: `ModifyListenerAttributes`, `tcp.idle_timeout.seconds`.
pub const DEFAULT_IDLE_TIMEOUT_SECS: u16 = 350;
