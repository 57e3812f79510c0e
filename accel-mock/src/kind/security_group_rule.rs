//! Security group rule.

use std::sync::Arc;

use accel_core::resource::{Direction, Kind, Resource, Traffic};
use accel_core::{Result, resource};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::security_group::check_description;
use super::{Answer, Body, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::Key;
use crate::world::World;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// The group.
    pub group: Key,
    /// Which way.
    pub direction: Direction,
    /// What passes.
    pub traffic: Traffic,
    /// The other end.
    pub peer: Ipv4Net,
    /// The text beside it.
    pub description: String,
}

pub(super) fn asked(
    rule: &resource::SecurityGroupRule,
    from: &Translator<'_>,
) -> Result<SecurityGroupRule> {
    let description = from.carried(|carried| {
        if let Resource::RuleDescription(text) = carried {
            Some(text.description.clone())
        } else {
            None
        }
    });
    Ok(SecurityGroupRule {
        group: from.key(&rule.group)?,
        direction: rule.direction,
        traffic: rule.traffic,
        peer: rule.peer.trunc(),
        description: description.unwrap_or_default(),
    })
}

impl Rules for SecurityGroupRule {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.group);
    }

    /// A group has each opening once, the one that it was born with included; 60 per direction.
    /// Source: `AuthorizeSecurityGroupIngress`; Amazon VPC quotas.
    fn check(&self, world: &World, _ask: &Ask) -> Result<Answer> {
        world.need(self.group)?;
        check_description(&self.description)?;
        let everything = Ipv4Net::default();
        let born_open = world.group(self.group).is_some_and(|group| group.born_open);
        let egress = self.direction == Direction::Egress;
        let is_born = egress && self.traffic == Traffic::All && self.peer == everything;
        let mut count = u32::from(born_open && egress);
        let mut duplicate = born_open && is_born;
        for other in world.children_of_kind(self.group, Kind::SecurityGroupRule) {
            let Body::SecurityGroupRule(rule) = &other.body else { continue };
            count += u32::from(rule.direction == self.direction);
            duplicate |= self.is_same_opening(rule);
        }
        if duplicate {
            return Err(refusal::conflict(
                "InvalidPermission.Duplicate",
                format!("the rule {} already exists", self.opening()),
            ));
        }
        if count >= world.settings.quotas.rules {
            return Err(refusal::quota(
                "RulesPerSecurityGroupLimitExceeded",
                "the group has no room for a rule",
            ));
        }
        Ok(Answer::New)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("sgr", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("group", self.group, is.group);
        if !self.is_same_opening(is) {
            found.push("opening", self.opening(), is.opening());
        }
    }

    fn show(&self, world: &World) -> String {
        format!("{} of {}", self.opening(), world.thing(self.group).text)
    }

    fn natural_key(&self) -> Option<String> {
        Some(self.opening())
    }
}

impl SecurityGroupRule {
    fn is_same_opening(&self, other: &Self) -> bool {
        self.direction == other.direction
            && self.traffic == other.traffic
            && self.peer == other.peer
    }

    fn opening(&self) -> String {
        format!("{} {} {}", self.direction, self.traffic, self.peer)
    }
}
