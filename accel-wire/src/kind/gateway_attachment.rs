//! Attachments of internet gateways.

use accel_core::resource::Kind;
use accel_mock::{Body, GatewayAttachment};

use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::Result;
use crate::service::Service::Ec2;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "AttachInternetGateway", attach),
    Action::changes(Ec2, "DetachInternetGateway", detach),
];

fn attach(asked: &Asked<'_>) -> Result<Act> {
    let (gateway, vpc) = (asked.need("InternetGatewayId")?, asked.need("VpcId")?);
    Ok(Box::new(move |turn| {
        let (world, caller) = (&*turn.world, turn.caller);
        let gateway = world.require(caller, Kind::InternetGateway, &gateway, None)?.key();
        let vpc = world.require(caller, Kind::Vpc, &vpc, None)?.key();
        let body = Body::GatewayAttachment(GatewayAttachment { gateway, vpc });
        turn.make(body, [].into(), None)?;
        turn.done();
        Ok(())
    }))
}

fn detach(asked: &Asked<'_>) -> Result<Act> {
    let (gateway, vpc) = (asked.need("InternetGatewayId")?, asked.need("VpcId")?);
    Ok(Box::new(move |turn| {
        let (world, caller) = (&mut *turn.world, turn.caller);
        world.require(caller, Kind::InternetGateway, &gateway, None)?;
        world.require(caller, Kind::Vpc, &vpc, None)?;
        world.unmake(caller, Kind::GatewayAttachment, &format!("{gateway}/{vpc}"))?;
        turn.done();
        Ok(())
    }))
}
