//! Who can see what: the lag between what is and what a look shows.

use std::time::Duration;

use accel_core::resource::Kind;

use crate::thing::{Key, State, Thing};
use crate::world::World;

/// How a look finds a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// By its id: the first to become consistent.
    Id,
    /// By tag, name or filter.
    List,
}

/// What a look shows of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing, though it may well exist.
    Nothing,
    /// As it is.
    Is(State),
    /// As it was before its removal.
    Was(State),
}

impl Seen {
    /// The state shown, if anything is.
    pub(crate) fn state(self) -> State {
        match self {
            Self::Nothing => State::Gone,
            Self::Is(state) | Self::Was(state) => state,
        }
    }

    /// Whether it looks usable.
    pub(crate) fn is_live(self) -> bool {
        matches!(self.state(), State::Pending | State::Ready)
    }
}

impl World {
    /// What a look shows of a thing now.
    pub(crate) fn look(&self, thing: &Thing, sight: Sight) -> Seen {
        if !self.has_spread(thing.key, thing.life.born, sight) {
            return Seen::Nothing;
        }
        match thing.life.deleting {
            Some(removed) if !self.has_spread(thing.key, removed, sight) => {
                Seen::Was(self.before_removal(thing))
            }
            Some(_) | None => Seen::Is(self.state(thing)),
        }
    }

    /// What a look by an id of some kind shows: on its other side, a peering connection is there once it has arrived.
    pub(crate) fn look_as(&self, thing: &Thing, kind: Kind) -> Seen {
        if kind == Kind::PeeringTags && self.now < thing.life.ready {
            return Seen::Nothing;
        }
        self.look(thing, Sight::Id)
    }

    /// Whether the news of something that happened to a thing reaches this look.
    ///
    /// Which look misses it between the first sight and `settled` derives from the thing and the number of the call, so that a run
    /// can be repeated exactly.
    pub(crate) fn has_spread(&self, key: Key, since: Duration, sight: Sight) -> bool {
        let lag = &self.settings.lag;
        let age = self.now.saturating_sub(since);
        if age >= lag.settled {
            return true;
        }
        let hidden = match sight {
            Sight::Id => lag.by_id,
            Sight::List => lag.by_list,
        };
        age >= hidden && !flaps(key, self.call)
    }
}

/// One look in four misses.
fn flaps(key: Key, call: u64) -> bool {
    let call = u32::try_from(call % u64::from(u32::MAX)).unwrap_or(0);
    let mixed = (key.0.wrapping_mul(0x9E37_79B1)) ^ call.wrapping_mul(0x85EB_CA6B);
    (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D) >> 30 == 0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use accel_core::backend::{Phase, ReadItem, Scope};
    use accel_core::{ErrorKind, NetworkBackend as _, RemoteId};

    use crate::testing::{Deployer, refused, run, secs, service};
    use crate::{Lag, Settings};

    fn slow() -> Settings {
        let lag = Lag {
            by_id: Duration::from_secs(5),
            by_list: Duration::from_secs(10),
            settings: Duration::from_secs(5),
            settled: Duration::from_secs(20),
        };
        Settings { lag, ..Settings::instant() }
    }

    async fn phase(deployer: &Deployer, id: &RemoteId) -> Phase {
        let items = [ReadItem { id, request: None }];
        deployer.cloud.read(&items).await.remove(0).unwrap()
    }

    #[test]
    fn what_is_new_is_seen_by_id_before_it_is_found() {
        run(async {
            let deployer = Deployer::with(slow(), "").await;
            let id = deployer.create("service.vpc").await.unwrap();
            assert_eq!(phase(&deployer, &id).await, Phase::Gone);
            secs(6).await;
            let mut sights = Vec::new();
            for _ in 0..20 {
                sights.push(phase(&deployer, &id).await != Phase::Gone);
                assert_eq!(deployer.find("service.vpc").await, Ok(None));
            }
            assert!(sights.contains(&true) && sights.contains(&false), "{sights:?}");
            secs(14).await;
            for _ in 0..20 {
                assert_ne!(phase(&deployer, &id).await, Phase::Gone);
                assert_eq!(deployer.find("service.vpc").await, Ok(Some(id.clone())));
            }
        });
    }

    #[test]
    fn a_create_that_refers_to_what_is_not_seen_must_wait() {
        run(async {
            let mut deployer = Deployer::with(slow(), "").await;
            let id = deployer.create("service.vpc").await.unwrap();
            let bound = accel_core::backend::Bound { id, attributes: None };
            deployer.bound.push((deployer.id("service.vpc"), bound));
            let answer = refused(deployer.create("service.subnet").await);
            assert_eq!(answer, (ErrorKind::NotYet, "InvalidVpcID.NotFound".to_owned()));
            secs(20).await;
            deployer.create("service.subnet").await.unwrap();
        });
    }

    /// The trap: a cloud that does not see it says that it is not there, which is what a delete wants to hear.
    #[test]
    fn deleting_what_is_not_seen_succeeds_and_deletes_nothing() {
        run(async {
            let deployer = Deployer::with(slow(), "").await;
            let id = deployer.create("service.vpc").await.unwrap();
            assert_eq!(deployer.cloud.delete(&id).await, Ok(()));
            assert!(deployer.cloud.inspect(|world| world.find(id.as_str()).is_some()));
            secs(20).await;
            assert_eq!(deployer.cloud.delete(&id).await, Ok(()));
            assert!(deployer.cloud.inspect(|world| world.find(id.as_str()).is_none()));
        });
    }

    #[test]
    fn what_is_gone_is_still_seen_for_a_while() {
        run(async {
            let deployer = Deployer::with(slow(), "service.vpc").await;
            let id = deployer.remote("service.vpc");
            secs(20).await;
            deployer.cloud.delete(&id).await.unwrap();
            assert!(matches!(phase(&deployer, &id).await, Phase::Ready(_)));
            let listed = || async {
                let listing = deployer
                    .cloud
                    .list(Scope::all(&deployer.deployment, &service()))
                    .await
                    .unwrap();
                listing.found.iter().any(|found| found.id == id)
            };
            assert!(listed().await);
            secs(20).await;
            assert!(!listed().await);
            assert_eq!(phase(&deployer, &id).await, Phase::Gone);
        });
    }

    #[test]
    fn a_changed_setting_reads_as_before_for_a_while() {
        run(async {
            let deployer = Deployer::with(slow(), "service.group").await;
            secs(20).await;
            deployer.create("service.group.closed").await.unwrap();
            assert_eq!(deployer.find("service.group.closed").await, Ok(None));
            secs(5).await;
            while deployer.find("service.group.closed").await == Ok(None) {
                secs(1).await;
            }
        });
    }

    #[test]
    fn the_same_calls_see_the_same() {
        let trace = || {
            run(async {
                let mut deployer = Deployer::with(Settings::default(), "").await;
                deployer.deploy().await;
                deployer.clean_up().await;
                crate::as_text(&deployer.cloud.calls())
            })
        };
        assert_eq!(trace(), trace());
    }
}
