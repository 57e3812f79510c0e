//! The whole world as text: stable, and readable by the person who must find out what went wrong.

use std::fmt::{self, Write as _};

use accel_core::tags;

use crate::interface::{Holder, Interface};
use crate::thing::{State, Thing};
use crate::world::World;

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Gone => "gone",
        })
    }
}

impl World {
    /// Everything that is there, by account and region, in the order in which it was made.
    pub fn snapshot(&self) -> String {
        let mut text =
            format!("time {:.3} s, {} calls\n", self.now.as_secs_f64(), self.calls_begun);
        let mut realms: Vec<_> =
            self.live().map(|t| (t.account.clone(), t.place.region.clone())).collect();
        realms.sort();
        realms.dedup();
        for (account, region) in realms {
            writeln!(text, "\n{region} of {account}").expect("a string takes everything");
            let here = |t: &&Thing| t.account == account && t.place.region == region;
            for thing in self.live().filter(here) {
                text.push_str(&self.thing_line(thing));
            }
            let here = |i: &&Interface| here(&self.thing(i.subnet));
            for interface in self.interfaces().filter(here) {
                text.push_str(&self.interface_line(interface));
            }
        }
        text
    }

    fn thing_line(&self, thing: &Thing) -> String {
        let owner = match (thing.tags.get(tags::DEPLOYMENT), thing.tags.get(tags::NODE)) {
            (Some(deployment), Some(node)) => format!(" [{deployment}/{node}]"),
            (Some(deployment), None) => format!(" [{deployment}]"),
            (None, _) => String::new(),
        };
        let (state, what) = (self.state(thing), thing.body.rules().show(self));
        let line = format!("  {:<16} {:<9}{}: {what}", thing.text, state, thing.kind());
        format!("{}{owner}\n", line.trim_end_matches([':', ' ']))
    }

    fn interface_line(&self, interface: &Interface) -> String {
        let holder = match &interface.owner {
            Holder::Thing(key) => self.thing(*key).text.as_ref(),
            Holder::Foreign(what) => what,
        };
        let public = interface.public.map(|public| format!(" ({public})")).unwrap_or_default();
        let going = interface.gone.map(|at| format!(", gone at {:.3} s", at.as_secs_f64()));
        format!(
            "  {:<16} interface {}{public} in {} of {holder}{}\n",
            interface.text,
            interface.address,
            self.thing(interface.subnet).text,
            going.unwrap_or_default()
        )
    }
}
