//! How a target group checks its targets.

use accel_core::resource::Kind;
use accel_mock::{HealthCheck, Setting};

use super::balancing::named;
use super::target_group::{AskedChecks, of, show};
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::Result;
use crate::service::Service::LoadBalancing;

pub(super) const ACTIONS: &[Action] =
    &[Action::changes(LoadBalancing, "ModifyTargetGroup", modify)];

fn modify(asked: &Asked<'_>) -> Result<Act> {
    let (arn, asked) = (asked.need("TargetGroupArn")?, AskedChecks::read(asked)?);
    Ok(Box::new(move |turn| {
        let thing = named(turn, Kind::TargetGroup, &arn)?;
        let (group, checks) = (thing.key(), asked.over(of(thing).checks));
        turn.world.set(turn.caller, Setting::HealthCheck(HealthCheck { group, checks }))?;
        turn.show(|view, xml| {
            xml.members("TargetGroups", [view.thing(group)], |xml, it| show(view, it, xml));
        });
        Ok(())
    }))
}
