//! Security group.

use std::sync::Arc;

use accel_core::resource::Kind;
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Body, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// The VPC.
    pub vpc: Key,
    /// Its name, unique in the VPC whatever the case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether the rule with which it was born, and which lets everything out, is still there.
    pub born_open: bool,
}

pub(super) fn asked(
    group: &resource::SecurityGroup,
    from: &Translator<'_>,
) -> Result<SecurityGroup> {
    Ok(SecurityGroup {
        vpc: from.key(&group.vpc)?,
        name: from.request.name(),
        description: group.description.clone(),
        born_open: true,
    })
}

/// The name of the group that comes with a VPC; nobody else may use it. Source: `CreateSecurityGroup`.
pub(crate) const DEFAULT_GROUP: &str = "default";

/// Whether a text may describe a group or a rule. Source: `CreateSecurityGroup`, `IpRange`.
pub(super) fn check_description(text: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if text.len() > 255 || !text.chars().all(fits) {
        return Err(refusal::invalid(
            "InvalidParameterValue",
            "a description has at most 255 of a-z, A-Z, 0-9, space and ._-:/()#,@[]+=&;{}!$*",
        ));
    }
    Ok(())
}

impl Rules for SecurityGroup {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.vpc);
    }

    /// The name is unique in its VPC without regard to case; it must have a description; 2,500 per region.
    /// Source: `CreateSecurityGroup`; Amazon VPC quotas.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        world.need(self.vpc)?;
        if self.name.eq_ignore_ascii_case(DEFAULT_GROUP) {
            return Err(refusal::invalid(
                "InvalidParameterValue",
                "cannot use reserved security group name: default",
            ));
        }
        check_description(&self.description)?;
        if self.description.is_empty() {
            return Err(refusal::invalid("MissingParameter", "a group needs a description"));
        }
        let same_name = |other: &&Thing| matches!(&other.body, Body::SecurityGroup(other) if other.name.eq_ignore_ascii_case(&self.name));
        let mut groups = world.children_of_kind(self.vpc, Kind::SecurityGroup);
        if let Some(other) = groups.find(same_name) {
            return Err(refusal::conflict(
                "InvalidGroup.Duplicate",
                format!("the group {} already exists: {}", self.name, other.text),
            ));
        }
        let used = world.population(&ask.account, &ask.place.region, Kind::SecurityGroup);
        if used >= world.settings.quotas.groups {
            return Err(refusal::quota(
                "SecurityGroupLimitExceeded",
                "the region has no room for a security group",
            ));
        }
        Ok(Answer::New)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("sg", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("vpc", self.vpc, is.vpc);
        found.field("description", &self.description, &is.description);
    }

    fn show(&self, world: &World) -> String {
        let open = if self.born_open { ", lets everything out" } else { "" };
        format!("{} of {}{open}", self.name, world.thing(self.vpc).text)
    }

    /// No interface may be in it, and the default one goes with its VPC. Source: `DeleteSecurityGroup`.
    fn blocked(&self, world: &World, thing: &Thing) -> Result<()> {
        if self.name == DEFAULT_GROUP {
            return Err(refusal::invalid(
                "CannotDelete",
                format!("{} is the default group of its VPC", thing.text),
            ));
        }
        let mut interfaces = world.interfaces_of_vpc(self.vpc);
        interfaces.find(|i| i.groups.contains(&thing.key)).map_or(Ok(()), |interface| {
            Err(refusal::in_use(
                "DependencyViolation",
                format!("{} has a dependent object: {}", thing.text, interface.text),
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;

    use super::*;
    use crate::testing::{Deployer, refused, run};

    #[test]
    fn a_name_is_unique_in_its_vpc_whatever_the_case() {
        run(async {
            let deployer = Deployer::instant("service.group").await;
            let again = refused(deployer.create("service.group").await);
            assert_eq!(again, (ErrorKind::Conflict, "InvalidGroup.Duplicate".to_owned()));
            let id = deployer.remote("service.group");
            let name = deployer.cloud.inspect(|world| {
                let Body::SecurityGroup(group) = world.find(id.as_str()).unwrap().body() else {
                    panic!("a group");
                };
                group.name.to_uppercase()
            });
            deployer.cloud.delete(&id).await.unwrap();
            let vpc = deployer.remote("service.vpc");
            deployer.cloud.meddle(|world| world.add_foreign_group(vpc.as_str(), &name));
            let again = refused(deployer.create("service.group").await);
            assert_eq!(again, (ErrorKind::Conflict, "InvalidGroup.Duplicate".to_owned()));
            assert_eq!(deployer.find("service.group").await, Ok(None));
        });
    }

    #[test]
    fn it_lets_everything_out_until_that_is_closed() {
        run(async {
            let mut deployer = Deployer::instant("service.group").await;
            assert_eq!(deployer.find("service.group.closed").await, Ok(None));
            deployer.deploy_to("service.group.closed").await;
            assert!(deployer.find("service.group.closed").await.unwrap().is_some());
        });
    }

    #[test]
    fn an_interface_holds_it() {
        run(async {
            let deployer = Deployer::instant("service.endpoint").await;
            let id = deployer.remote("service.group");
            let answer = refused(deployer.cloud.delete(&id).await);
            assert_eq!(answer, (ErrorKind::InUse, "DependencyViolation".to_owned()));
        });
    }
}
