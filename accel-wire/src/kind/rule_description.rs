//! The texts beside security group rules.

use accel_core::resource::{Direction, Kind};
use accel_mock::{RuleDescription, Setting};

use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "UpdateSecurityGroupRuleDescriptionsIngress", |asked| {
        update(asked, Direction::Ingress)
    }),
    Action::changes(Ec2, "UpdateSecurityGroupRuleDescriptionsEgress", |asked| {
        update(asked, Direction::Egress)
    }),
];

fn update(asked: &Asked<'_>, direction: Direction) -> Result<Act> {
    let group = asked.need("GroupId")?;
    let mut texts = Vec::new();
    for item in asked.items("SecurityGroupRuleDescription") {
        let description = item.text("Description").unwrap_or_default();
        texts.push((item.need("SecurityGroupRuleId")?, description));
    }
    if texts.is_empty() {
        return Err(Refusal::missing("SecurityGroupRuleDescription"));
    }
    Ok(Box::new(move |turn| {
        let caller = turn.caller;
        let group = turn.world.require(caller, Kind::SecurityGroup, &group, None)?.key();
        for (id, description) in texts {
            let thing = turn.world.require(caller, Kind::SecurityGroupRule, &id, None)?;
            let rule = turn.world.rule(thing.key());
            let is_there =
                rule.is_some_and(|rule| rule.group == group && rule.direction == direction);
            if !is_there {
                let message = format!("The rule '{id}' is not in that direction of the group.");
                return Err(Refusal::new("InvalidSecurityGroupRuleId.NotFound", message));
            }
            let rule = thing.key();
            let setting = Setting::RuleDescription(RuleDescription { rule, description });
            turn.world.set(caller, setting)?;
        }
        turn.done();
        Ok(())
    }))
}
