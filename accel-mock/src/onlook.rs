//! What somebody sees who looks at the world itself, and no client does: what refers to what, what still lingers and until when, and
//! what clients have not heard of yet.

use std::time::Duration;

use accel_core::resource::Kind;

use crate::interface::Interface;
use crate::kind::Body;
use crate::sight::Sight;
use crate::thing::{Key, State, Thing};
use crate::world::{World, parents};

/// How far the news of the last thing that happened to a thing has spread: that it was made, or that its removal was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// No look of that sort knows it.
    Hidden,
    /// One look knows it, the next may not.
    Flickering,
    /// Every look knows it.
    Known,
}

impl Thing {
    /// From when it is no longer pending, since the world's birth.
    pub fn ready(&self) -> Duration {
        self.life.ready
    }

    /// When it, and everything that lingers of it, is gone, if its removal was accepted.
    pub fn ends(&self) -> Option<Duration> {
        self.life.gone
    }
}

impl Interface {
    /// When it goes, if its owner's removal was accepted. Its owner may be gone before.
    pub fn ends(&self) -> Option<Duration> {
        self.gone
    }
}

impl World {
    /// Everything that a thing refers to, in the order in which a listing shows it.
    pub fn refers_to(&self, thing: &Thing) -> Vec<Key> {
        parents(&thing.body)
    }

    /// What a thing is, for people; its id and its kind are not repeated.
    pub fn described(&self, thing: &Thing) -> String {
        thing.body.rules().show(self)
    }

    /// How far the last thing that happened to a thing has spread.
    pub fn news(&self, thing: &Thing, sight: Sight) -> News {
        let lag = &self.settings.lag;
        let age = self.now.saturating_sub(thing.life.deleting.unwrap_or(thing.life.born));
        let hidden = match sight {
            Sight::Id => lag.by_id,
            Sight::List => lag.by_list,
        };
        if age >= lag.settled {
            News::Known
        } else if age >= hidden {
            News::Flickering
        } else {
            News::Hidden
        }
    }

    /// What is gone, and what a look may show nevertheless: its removal has not spread, or it is the trace of a peering
    /// connection or a NAT gateway.
    pub fn traces(&self) -> impl Iterator<Item = &Thing> {
        self.things.iter().filter(|thing| {
            let unheard =
                || thing.life.deleting.is_some() && self.news(thing, Sight::List) != News::Known;
            let is_peering = matches!(thing.body, Body::PeeringConnection(_));
            self.state(thing) == State::Gone
                && (if is_peering {
                    self.is_traced(thing)
                } else {
                    self.lingers(thing, Sight::List) || unheard()
                })
        })
    }

    /// What counts as used although the user is gone: the thing, the user's kind, and until when.
    pub fn held(&self) -> impl Iterator<Item = (Key, Kind, Duration)> {
        let held = self.held.iter().map(|((key, by), until)| (*key, *by, *until));
        held.filter(|(_, _, until)| *until > self.now)
    }

    /// Private DNS names that stay taken although their endpoint is gone: the VPC, the name, and until when.
    pub fn held_names(&self) -> impl Iterator<Item = (Key, &str, Duration)> {
        let held = self.held_names.iter().map(|((vpc, name), until)| (*vpc, name.as_str(), *until));
        held.filter(|(_, _, until)| *until > self.now)
    }
}

#[cfg(test)]
mod tests {
    use accel_core::NetworkBackend as _;

    use super::*;
    use crate::testing::{Deployer, run, secs};
    use crate::{Delays, Lag, Settings};

    #[test]
    fn news_spread_by_id_before_they_do_in_lists() {
        run(async {
            let deployer = Deployer::with(Settings { delays: Delays::NONE, ..lagging() }, "").await;
            let id = deployer.create("service.vpc").await.unwrap();
            let news = || {
                deployer.cloud.inspect(|world| {
                    let thing = world.find(id.as_str()).unwrap();
                    (world.news(thing, Sight::Id), world.news(thing, Sight::List))
                })
            };
            assert_eq!(news(), (News::Hidden, News::Hidden));
            secs(2).await;
            assert_eq!(news(), (News::Flickering, News::Hidden));
            secs(30).await;
            assert_eq!(news(), (News::Known, News::Known));
        });
    }

    #[test]
    fn what_is_gone_leaves_a_trace_until_everybody_knows() {
        run(async {
            let deployer = Deployer::with(lagging(), "service.vpc").await;
            secs(30).await;
            let traces = || deployer.cloud.inspect(|world| world.traces().count());
            assert_eq!(traces(), 0);
            deployer.cloud.delete(&deployer.remote("service.vpc")).await.unwrap();
            assert_eq!(traces(), 1);
            secs(30).await;
            assert_eq!(traces(), 0);
        });
    }

    #[test]
    fn interfaces_outlive_their_endpoint_and_say_until_when() {
        run(async {
            let deployer = Deployer::with(Settings::fast(), "service.endpoint").await;
            let ends = || {
                deployer
                    .cloud
                    .inspect(|world| world.interfaces().map(Interface::ends).collect::<Vec<_>>())
            };
            assert!(ends().iter().all(Option::is_none) && !ends().is_empty());
            deployer.cloud.delete(&deployer.remote("service.endpoint")).await.unwrap();
            let (now, names) =
                deployer.cloud.inspect(|world| (world.now(), world.held_names().count()));
            assert!(ends().iter().all(|ends| ends.is_some_and(|ends| ends > now)));
            assert_eq!(names, 0, "its names are held once it is gone");
        });
    }

    fn lagging() -> Settings {
        Settings { lag: Lag::default(), ..Settings::fast() }
    }
}
