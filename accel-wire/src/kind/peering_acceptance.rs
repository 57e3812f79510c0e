//! The acceptance of a VPC peering connection.

use accel_core::resource::Kind;
use accel_mock::{PeeringAcceptance, Setting};

use super::peering_connection;
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::Result;
use crate::service::Service::Ec2;

pub(super) const ACTIONS: &[Action] = &[Action::changes(Ec2, "AcceptVpcPeeringConnection", accept)];

fn accept(asked: &Asked<'_>) -> Result<Act> {
    let peering = asked.need("VpcPeeringConnectionId")?;
    Ok(Box::new(move |turn| {
        let (world, caller) = (&mut *turn.world, turn.caller);
        let peering = world.require(caller, Kind::PeeringConnection, &peering, None)?.key();
        world.set(caller, Setting::PeeringAcceptance(PeeringAcceptance { peering }))?;
        turn.show(|view, xml| peering_connection::show_one(view, peering, xml));
        Ok(())
    }))
}
