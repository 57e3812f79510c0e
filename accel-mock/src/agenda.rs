//! What happens at a time, whoever looks: the world catches up with it whenever somebody enters.

use std::time::Duration;

use accel_core::{AccountId, RemoteId};
use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::thing::Key;
use crate::world::World;

/// Something that happens at a time, whoever looks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Event {
    /// A thing whose removal was accepted is gone.
    Bury(Key),
    /// No look shows a gone thing any more.
    Forget(Key),
    /// A call whose answer never came takes effect after all.
    Create(Box<Ask>),
    /// A removal whose answer never came takes effect after all.
    Remove(RemoteId, AccountId),
}

impl World {
    /// Lets the world catch up with the time.
    pub(crate) fn enter(&mut self, now: Duration) {
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((at, _), event) = entry.remove_entry();
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(now);
    }

    pub(crate) fn plan(&mut self, at: Duration, event: Event) {
        self.agenda_count += 1;
        self.agenda.insert((at, self.agenda_count), event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Bury(key) => self.bury(key),
            Event::Forget(key) => self.forget(key),
            Event::Create(ask) => drop(self.demand(*ask)),
            Event::Remove(id, account) => drop(self.delete(&id, &account)),
        }
    }
}
