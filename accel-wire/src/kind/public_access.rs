//! Guard rails: whether the internet is kept out of every VPC of an account.

use accel_core::backend::Guard;

use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::Result;
use crate::service::Service::Ec2;

pub(super) const ACTIONS: &[Action] =
    &[Action::looks(Ec2, "DescribeVpcBlockPublicAccessOptions", describe)];

#[expect(clippy::unnecessary_wraps, reason = "every action's parameters are read so")]
fn describe(_asked: &Asked<'_>) -> Result<Act> {
    Ok(Box::new(|turn| {
        turn.show(|view, xml| {
            let caller = view.caller;
            let guards = &view.world.settings().offers.guards;
            let guard = guards.iter().find(|(place, _)| place.region == caller.region);
            xml.group("vpcBlockPublicAccessOptions", |xml| {
                xml.field("awsAccountId", &caller.account);
                xml.field("awsRegion", &caller.region);
                xml.field("state", "default-state");
                let mode = match guard {
                    Some((_, Guard::BlockIngress)) => "block-ingress",
                    Some((_, Guard::BlockBidirectional)) => "block-bidirectional",
                    None => "off",
                };
                xml.field("internetGatewayBlockMode", mode);
                xml.field("managedBy", "account");
                xml.field("exclusionsAllowed", "allowed");
            });
        });
        Ok(())
    }))
}
