//! Setting: the acceptance of a peering connection.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Differences, PeeringState, Value};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::sight::Sight;
use crate::thing::Key;
use crate::world::World;

/// Accepts a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PeeringAcceptance {
    /// The connection.
    pub peering: Key,
}

pub(super) fn asked(
    setting: &resource::PeeringAcceptance,
    from: &Translator<'_>,
) -> Result<PeeringAcceptance> {
    Ok(PeeringAcceptance { peering: from.key(&setting.peering)? })
}

const MISSING: &str = "InvalidVpcPeeringConnectionID.NotFound";

/// On the accepter's side a request is there only once it has arrived, and only in the accepter's own account and region.
/// Source: `AcceptVpcPeeringConnection`.
pub(super) fn reach(world: &World, peering: Key, ask: &Ask) -> Result<PeeringState> {
    // A request that is over stays visible for hours: it is there, in the wrong state.
    let thing = world.thing(peering);
    if !world.has_spread(peering, thing.life.born, Sight::Id) {
        return Err(refusal::not_yet(MISSING, format!("{} does not exist", thing.text)));
    }
    let Some(body) = world.peering(peering) else {
        return Err(refusal::invalid(MISSING, "not a peering connection"));
    };
    let accepter = world.thing(body.accepter);
    if accepter.account != ask.account || accepter.place.region != ask.place.region {
        return Err(refusal::invalid(
            "OperationNotPermitted",
            format!("incorrect region or account for {}", thing.text),
        ));
    }
    match body.state_of(world, thing) {
        PeeringState::Initiating => {
            Err(refusal::not_yet(MISSING, format!("{} does not exist", thing.text)))
        }
        state @ (PeeringState::PendingAcceptance
        | PeeringState::Provisioning
        | PeeringState::Active
        | PeeringState::Deleting
        | PeeringState::Over) => Ok(state),
    }
}

impl Value for PeeringAcceptance {
    fn parent(&self) -> Key {
        self.peering
    }

    /// A request can be accepted once it waits for it, and not while the same two VPCs are joined the other way round.
    /// Source: `AcceptVpcPeeringConnection`; Error codes for the Amazon EC2 API, `VpcPeeringConnectionAlreadyExists`,
    /// `InvalidStateTransition`.
    fn set(&self, world: &mut World, ask: &Ask) -> Result<()> {
        let state = reach(world, self.peering, ask)?;
        let twin = world.peering(self.peering).is_some_and(|p| p.has_twin(world, self.peering));
        match state {
            PeeringState::PendingAcceptance if twin => Err(refusal::conflict(
                "VpcPeeringConnectionAlreadyExists",
                "the two VPCs are peered in the other direction",
            )),
            PeeringState::PendingAcceptance => {
                let now = world.now;
                if let Some(peering) = world.peering_mut(self.peering) {
                    peering.accepted = Some(now);
                }
                Ok(())
            }
            PeeringState::Provisioning | PeeringState::Active
                if world.settings.doubts.repeat_acceptance =>
            {
                Ok(())
            }
            PeeringState::Provisioning | PeeringState::Active => Err(refusal::conflict(
                "InvalidStateTransition",
                "the peering connection has been accepted already",
            )),
            PeeringState::Initiating | PeeringState::Deleting | PeeringState::Over => {
                Err(refusal::invalid("InvalidStateTransition", "the peering connection is over"))
            }
        }
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        let accepted = world.peering(self.peering).is_some_and(|p| p.accepted.is_some());
        found.field("accepted", &true, &accepted);
    }
}
