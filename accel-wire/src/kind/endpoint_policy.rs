//! What of an interface endpoint can be changed: its policy.

use accel_core::resource::Kind;
use accel_mock::{EndpointPolicy, Setting};

use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;

pub(super) const ACTIONS: &[Action] = &[Action::changes(Ec2, "ModifyVpcEndpoint", modify)];

fn modify(asked: &Asked<'_>) -> Result<Act> {
    let endpoint = asked.need("VpcEndpointId")?;
    asked.only("ResetPolicy", "false")?;
    let policy = asked.text("PolicyDocument");
    Ok(Box::new(move |turn| {
        let (world, caller) = (&mut *turn.world, turn.caller);
        let endpoint = world.require(caller, Kind::InterfaceEndpoint, &endpoint, None)?.key();
        let policy = policy.ok_or_else(|| Refusal::missing("PolicyDocument"))?;
        world.set(caller, Setting::EndpointPolicy(EndpointPolicy { endpoint, policy }))?;
        turn.done();
        Ok(())
    }))
}
