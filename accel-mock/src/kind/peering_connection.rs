//! VPC peering connection.

use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::Kind;
use accel_core::tags::Tags;
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Body, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, State, Thing};
use crate::world::World;

/// A peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringConnection {
    /// The VPC that asks.
    pub requester: Key,
    /// The VPC that is asked.
    pub accepter: Key,
    /// When it was accepted.
    pub accepted: Option<Duration>,
    /// Its tags on the accepter's side.
    pub accepter_tags: Tags,
    /// Whether the request must fail, whatever else.
    pub doomed: bool,
}

/// The states of a peering connection, in their order. Source: VPC peering connection lifecycle, Amazon VPC user guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeeringState {
    /// On its way to the other side.
    Initiating,
    /// The other side can accept it.
    PendingAcceptance,
    /// Accepted, not carrying traffic yet.
    Provisioning,
    /// Carrying traffic.
    Active,
    /// Being removed.
    Deleting,
    /// Failed, expired or deleted: it can be neither accepted nor deleted, and ages out.
    Over,
}

pub(super) fn asked(
    peering: &resource::PeeringConnection,
    from: &Translator<'_>,
) -> Result<PeeringConnection> {
    Ok(PeeringConnection {
        requester: from.key(&peering.requester)?,
        accepter: from.key(&peering.accepter)?,
        accepted: None,
        accepter_tags: Tags::new(),
        doomed: false,
    })
}

impl Rules for PeeringConnection {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.requester);
        visit(self.accepter);
    }

    /// The same ordered pair answers with the connection that there is, tags unchanged; the swapped pair makes another that can not be
    /// accepted; overlapping blocks are accepted and fail later. 50 active and 25 requested per VPC.
    /// Source: `CreateVpcPeeringConnection`; VPC peering basics and quotas.
    fn check(&self, world: &World, _ask: &Ask) -> Result<Answer> {
        world.need(self.requester)?;
        if !world.settings.doubts.peering_to_unseen_fails {
            world.need(self.accepter)?;
        }
        let (mut active, mut requested) = (0, 0);
        for other in world.children_of_kind(self.requester, Kind::PeeringConnection) {
            let Body::PeeringConnection(peering) = &other.body else { continue };
            let state = peering.state_of(world, other);
            let same = peering.requester == self.requester && peering.accepter == self.accepter;
            if same && state < PeeringState::Deleting {
                return Ok(Answer::Same(other.key));
            }
            active += u32::from(state == PeeringState::Active);
            requested += u32::from(state < PeeringState::Provisioning);
        }
        if active >= world.settings.quotas.peerings {
            return Err(refusal::quota(
                "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
                "the VPC has no room for a peering connection",
            ));
        }
        if requested >= world.settings.quotas.peering_requests {
            return Err(refusal::quota(
                "OutstandingVpcPeeringConnectionLimitExceeded",
                "the VPC has too many requests that wait",
            ));
        }
        Ok(Answer::New)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("pcx", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("requester", self.requester, is.requester);
        found.thing("accepter", self.accepter, is.accepter);
    }

    fn show(&self, world: &World) -> String {
        let text = |key: Key| world.thing(key).text.as_ref().to_owned();
        let accepted = if self.accepted.is_some() { "accepted" } else { "not accepted" };
        format!("{} to {}, {accepted}", text(self.requester), text(self.accepter))
    }

    /// What has failed or expired is only a trace: it cannot be deleted and goes by itself.
    fn state(&self, world: &World, thing: &Thing, state: State) -> State {
        if self.state_of(world, thing) == PeeringState::Over { State::Gone } else { state }
    }

    /// A request to a VPC that nobody could see is taken and fails. Which it is, is decided when it is made.
    fn arrive(&self, world: &mut World, key: Key) {
        let unseen = world.need(self.accepter).is_err();
        if let Some(peering) = world.peering_mut(key) {
            peering.doomed = unseen;
        }
    }
}

impl PeeringConnection {
    /// Where the connection is in its life.
    pub(crate) fn state_of(&self, world: &World, thing: &Thing) -> PeeringState {
        let now = world.now;
        let delays = &world.settings.delays;
        let active = self.accepted.map(|accepted| accepted + delays.acceptance);
        match thing.life.state(now) {
            State::Gone | State::Failed => PeeringState::Over,
            State::Deleting => PeeringState::Deleting,
            State::Pending => PeeringState::Initiating,
            State::Ready if self.doomed || self.overlaps(world) => PeeringState::Over,
            State::Ready => match active {
                Some(active) if active <= now => PeeringState::Active,
                Some(_) => PeeringState::Provisioning,
                None if now >= thing.life.born + delays.peering_expiry => PeeringState::Over,
                None => PeeringState::PendingAcceptance,
            },
        }
    }

    /// Blocks must not overlap. Source: VPC peering basics, limitations.
    fn overlaps(&self, world: &World) -> bool {
        let cidr = |key: Key| world.vpc(key).map(|vpc| vpc.cidr);
        match (cidr(self.requester), cidr(self.accepter)) {
            (Some(a), Some(b)) => a.contains(&b) || b.contains(&a),
            (None, _) | (_, None) => true,
        }
    }

    /// Whether another connection of the two VPCs, in the other direction, is there already. Source: Error codes for the Amazon EC2
    /// API, `VpcPeeringConnectionAlreadyExists`.
    pub(crate) fn has_twin(&self, world: &World, key: Key) -> bool {
        world.children_of_kind(self.accepter, Kind::PeeringConnection).any(|other| {
            let Body::PeeringConnection(peering) = &other.body else { return false };
            let state = peering.state_of(world, other);
            other.key != key
                && peering.requester == self.accepter
                && peering.accepter == self.requester
                && matches!(state, PeeringState::Provisioning | PeeringState::Active)
        })
    }

    /// The other VPC of the connection.
    pub(crate) fn far_side(&self, vpc: Key) -> Option<Key> {
        if vpc == self.requester {
            Some(self.accepter)
        } else {
            (vpc == self.accepter).then_some(self.requester)
        }
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::Ref;
    use accel_core::backend::{Bound, Phase, ReadItem, Scope};
    use accel_core::resource::{self, Kind};
    use accel_core::tags::{DEPLOYMENT, NODE};

    use crate::testing::{Deployer, entry, lane, net, refused, run, secs, service};
    use crate::{Lag, Settings};

    fn swapped(deployer: &Deployer) -> resource::PeeringConnection {
        resource::PeeringConnection {
            requester: deployer.to("service.vpc"),
            accepter: deployer.to("entry.vpc"),
            accepter_place: entry(),
        }
    }

    #[test]
    fn the_same_pair_is_the_same_connection_with_its_old_tags() {
        run(async {
            let deployer = Deployer::instant("peering").await;
            let mut other = Deployer::new(&deployer.cloud, "other", lane());
            other.bound.clone_from(&deployer.bound);
            let id = deployer.remote("peering");
            assert_eq!(other.create("peering").await, Ok(id.clone()));
            let owner = deployer
                .cloud
                .inspect(|world| world.find(id.as_str()).unwrap().tags().get(DEPLOYMENT).cloned());
            assert_eq!(owner.as_deref(), Some("lane"));
            assert_eq!(other.find("peering").await, Ok(None));
        });
    }

    #[test]
    fn the_swapped_pair_can_be_asked_for_but_not_accepted() {
        run(async {
            let deployer = Deployer::instant("peering.acceptance").await;
            let id = deployer.also("swapped", &service(), swapped(&deployer)).await.unwrap();
            assert_ne!(id, deployer.remote("peering"));
            let accept = resource::PeeringAcceptance { peering: Ref::existing(id) };
            let answer = refused(deployer.also("accept", &entry(), accept).await);
            let code = "VpcPeeringConnectionAlreadyExists".to_owned();
            assert_eq!(answer, (ErrorKind::Conflict, code));
        });
    }

    /// It is accepted, and fails; what is left of it can only age out.
    #[test]
    fn overlapping_blocks_fail_later() {
        run(async {
            let settings = Settings { lag: Lag::OFF, ..Settings::fast() };
            let deployer = Deployer::with(settings, "entry.vpc").await;
            let vpc = resource::Vpc { cidr: net("10.1.0.0/20") };
            let vpc = deployer.also("overlapping", &entry(), vpc).await.unwrap();
            let peering = resource::PeeringConnection {
                requester: Ref::existing(vpc),
                accepter: deployer.to("service.vpc"),
                accepter_place: service(),
            };
            let id = deployer.also("peering", &entry(), peering).await.unwrap();
            let read = || async {
                let item = ReadItem { id: &id, request: None };
                deployer.cloud.read(&[item]).await.remove(0)
            };
            assert_eq!(read().await, Ok(Phase::Pending));
            secs(2).await;
            assert_eq!(read().await, Ok(Phase::Gone));
            assert_eq!(deployer.cloud.delete(&id).await, Ok(()));
            let accept = resource::PeeringAcceptance { peering: Ref::existing(id) };
            let answer = refused(deployer.also("accept", &service(), accept).await);
            assert_eq!(answer, (ErrorKind::Invalid, "InvalidStateTransition".to_owned()));
            let listing =
                deployer.cloud.list(Scope::all(&deployer.deployment, &entry())).await.unwrap();
            assert!(listing.found.iter().all(|f| f.id.kind != Kind::PeeringConnection));
        });
    }

    #[test]
    fn a_request_arrives_is_accepted_and_then_carries_traffic() {
        run(async {
            let settings = Settings { lag: Lag::OFF, ..Settings::fast() };
            let mut deployer = Deployer::with(settings, "entry.attachment").await;
            let id = deployer.create("peering").await.unwrap();
            let bound = Bound { id, attributes: None };
            deployer.bound.push((deployer.id("peering"), bound));
            let early = refused(deployer.create("peering.acceptance").await);
            let code = "InvalidVpcPeeringConnectionID.NotFound".to_owned();
            assert_eq!(early, (ErrorKind::NotYet, code));
            secs(2).await;
            deployer.deploy_to("peering.tags").await;
            let id = deployer.create("peering.acceptance").await.unwrap();
            let read = || async {
                let item = ReadItem { id: &id, request: None };
                deployer.cloud.read(&[item]).await.remove(0).unwrap()
            };
            assert_eq!(read().await, Phase::Pending);
            secs(3).await;
            assert!(matches!(read().await, Phase::Ready(_)));
        });
    }

    #[test]
    fn a_request_that_nobody_accepts_expires() {
        run(async {
            let deployer = Deployer::instant("peering").await;
            secs(7 * 24 * 3600).await;
            assert_eq!(deployer.read("peering").await, Phase::Gone);
            let code = "InvalidStateTransition".to_owned();
            let answer = refused(deployer.create("peering.acceptance").await);
            assert_eq!(answer, (ErrorKind::Invalid, code));
        });
    }

    #[test]
    fn tags_are_kept_per_side_and_either_side_can_end_it() {
        run(async {
            let deployer = Deployer::instant("peering.acceptance").await;
            let id = deployer.remote("peering.tags");
            assert_eq!(id.as_str(), deployer.remote("peering").as_str());
            let listing =
                deployer.cloud.list(Scope::all(&deployer.deployment, &service())).await.unwrap();
            let shown = listing.found.iter().find(|found| found.id == id).unwrap();
            assert_eq!(shown.tags[NODE], "peering.tags");
            assert_eq!(shown.refs[0], deployer.remote("peering"));
            deployer.cloud.delete(&id).await.unwrap();
            assert_eq!(deployer.read("peering").await, Phase::Gone);
        });
    }

    #[test]
    fn whether_accepting_again_succeeds_is_in_doubt() {
        run(async {
            let mut settings = Settings::instant();
            for repeat in [true, false] {
                settings.doubts.repeat_acceptance = repeat;
                let deployer = Deployer::with(settings.clone(), "peering.acceptance").await;
                assert_eq!(deployer.create("peering.acceptance").await.is_ok(), repeat);
            }
        });
    }
}
