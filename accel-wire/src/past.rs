//! The world as it was a while ago: for answers that are stale on purpose.

use std::collections::VecDeque;
use std::time::Duration;

use accel_mock::World;

use crate::fault::{Faults, Trouble};

/// The most copies that are kept. With more changes than that in the longest time asked for, what is shown is younger than that.
const COPIES_MAX: usize = 256;

/// Copies of the world after each change by a call, as long as a rule asks for them; without one, there are none.
///
/// A copy runs on by itself: what only time brings is in none of them.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// How far back somebody may look.
    window: Duration,
    copies: VecDeque<World>,
}

impl Past {
    /// What the rules need from now on. Nobody sees what was before.
    pub(crate) fn beginning(faults: &Faults, world: &World) -> Self {
        let ages = faults.rules.iter().filter_map(|rule| match rule.trouble {
            Trouble::Stale(ms) => Some(Duration::from_millis(ms.into())),
            Trouble::Delay(_)
            | Trouble::Throttle
            | Trouble::Refuse(_)
            | Trouble::FailBefore
            | Trouble::FailAfter
            | Trouble::ResetBefore
            | Trouble::ResetAfter
            | Trouble::Truncate
            | Trouble::Late(_)
            | Trouble::HangBefore
            | Trouble::HangAfter => None,
        });
        let mut past = Self { window: ages.max().unwrap_or_default(), ..Self::default() };
        past.note(world);
        past
    }

    /// Remembers the world after a change.
    pub(crate) fn note(&mut self, world: &World) {
        if self.window.is_zero() {
            return;
        }
        let oldest = world.now().saturating_sub(self.window);
        // The one before the oldest time is what that time looked like.
        while self.copies.get(1).is_some_and(|next| next.now() <= oldest)
            || self.copies.len() >= COPIES_MAX
        {
            self.copies.pop_front();
        }
        self.copies.push_back(world.clone());
    }

    /// The world so long ago, or as far back as there is a copy.
    pub(crate) fn look_back(&self, world: &World, age: Duration) -> Option<World> {
        let at = world.now().saturating_sub(age);
        let before = self.copies.iter().rev().find(|copy| copy.now() <= at);
        let earlier = before.or(self.copies.front())?;
        Some(world.as_it_was(earlier, at))
    }
}
