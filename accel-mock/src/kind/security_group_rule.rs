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

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::backend::Scope;

    use super::*;
    use crate::testing::{Deployer, entry, refused, run, service};

    #[test]
    fn a_group_has_each_opening_once() {
        run(async {
            let mut deployer = Deployer::instant("service.group.ingress").await;
            let again = refused(deployer.create("service.group.ingress").await);
            assert_eq!(again, (ErrorKind::Conflict, "InvalidPermission.Duplicate".to_owned()));
            let everything = |deployer: &Deployer| resource::SecurityGroupRule {
                group: deployer.to("entry.group"),
                direction: Direction::Egress,
                traffic: Traffic::All,
                peer: Ipv4Net::default(),
            };
            deployer.deploy_to("entry.group").await;
            let rule = everything(&deployer);
            let born = refused(deployer.also("all", &entry(), rule).await);
            assert_eq!(born, (ErrorKind::Conflict, "InvalidPermission.Duplicate".to_owned()));
            deployer.deploy_to("entry.group.closed").await;
            let rule = everything(&deployer);
            deployer.also("all", &entry(), rule).await.unwrap();
        });
    }

    #[test]
    fn what_others_open_is_listed_and_goes_with_the_group() {
        run(async {
            let deployer = Deployer::instant("service.group").await;
            let group = deployer.remote("service.group");
            let foreign = deployer.cloud.meddle(|world| {
                world.add_foreign_rule(
                    group.as_str(),
                    Direction::Ingress,
                    Traffic::Tcp(22),
                    Ipv4Net::default(),
                )
            });
            let listing =
                deployer.cloud.list(Scope::all(&deployer.deployment, &service())).await.unwrap();
            let shown = listing.found.iter().find(|found| found.id.as_str() == foreign).unwrap();
            assert_eq!(shown.key.as_deref(), Some("ingress tcp/22 0.0.0.0/0"));
            assert_eq!((shown.tags.len(), &shown.refs), (0, &vec![group.clone()]));
            deployer.cloud.delete(&group).await.unwrap();
            assert!(deployer.cloud.inspect(|world| world.find(&foreign).is_none()));
        });
    }
}
