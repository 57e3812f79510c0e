//! Who calls.

use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::Result;
use crate::service::Service::Sts;

pub(super) const ACTIONS: &[Action] = &[Action::looks(Sts, "GetCallerIdentity", get)];

#[expect(clippy::unnecessary_wraps, reason = "every action's parameters are read so")]
fn get(_asked: &Asked<'_>) -> Result<Act> {
    Ok(Box::new(|turn| {
        turn.show(|view, xml| {
            let (account, partition) = (&view.caller.account, view.caller.region.partition());
            let known = view.world.settings().offers.identities.get(account).cloned();
            let usual = || format!("arn:{partition}:iam::{account}:user/accel");
            xml.field("Arn", known.unwrap_or_else(usual));
            xml.field("UserId", "AIDACKCEVSQ6C2EXAMPLE");
            xml.field("Account", account);
        });
        Ok(())
    }))
}
