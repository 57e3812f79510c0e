//! Association of a subnet with a route table.

use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::Kind;
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Body, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::Key;
use crate::world::World;

/// An association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTableAssociation {
    /// The table.
    pub table: Key,
    /// The subnet.
    pub subnet: Key,
}

pub(super) fn asked(
    association: &resource::RouteTableAssociation,
    from: &Translator<'_>,
) -> Result<RouteTableAssociation> {
    Ok(RouteTableAssociation {
        table: from.key(&association.table)?,
        subnet: from.key(&association.subnet)?,
    })
}

impl Rules for RouteTableAssociation {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.table);
        visit(self.subnet);
    }

    /// A subnet has one association, and counts as associated for a while after it is gone.
    /// Source: `AssociateRouteTable`; Error codes for the Amazon EC2 API, `Resource.AlreadyAssociated`.
    fn check(&self, world: &World, _ask: &Ask) -> Result<Answer> {
        world.need(self.table)?;
        world.need(self.subnet)?;
        let table = world.table(self.table).map(|table| table.vpc);
        if table.is_none() || table != world.subnet(self.subnet).map(|subnet| subnet.vpc) {
            return Err(refusal::invalid(
                "InvalidParameterValue",
                "the table and the subnet belong to different networks",
            ));
        }
        let now = world.children_of_kind(self.subnet, Kind::RouteTableAssociation).next();
        let taken = "the subnet has an association already";
        match now {
            None if world.is_released(self.subnet, Kind::RouteTableAssociation) => Ok(Answer::New),
            Some(one)
                if world.settings.doubts.repeat_association
                    && one.body == Body::RouteTableAssociation(self.clone()) =>
            {
                Ok(Answer::Same(one.key))
            }
            None | Some(_) => Err(refusal::conflict("Resource.AlreadyAssociated", taken)),
        }
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("rtbassoc", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("table", self.table, is.table);
        found.thing("subnet", self.subnet, is.subnet);
    }

    fn show(&self, world: &World) -> String {
        format!("{} with {}", world.thing(self.subnet).text, world.thing(self.table).text)
    }

    fn leave(&self, world: &mut World, _key: Key, gone: Duration) {
        let until = gone + world.settings.delays.association_release;
        world.hold(self.subnet, Kind::RouteTableAssociation, until);
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;

    use crate::Settings;
    use crate::testing::{Deployer, refused, run};

    #[test]
    fn a_subnet_has_one_association() {
        run(async {
            let mut settings = Settings::instant();
            for (repeat, same) in [(false, false), (true, true)] {
                settings.doubts.repeat_association = repeat;
                let deployer = Deployer::with(settings.clone(), "service.association").await;
                let again = deployer.create("service.association").await;
                if same {
                    assert_eq!(again, Ok(deployer.remote("service.association")));
                } else {
                    let code = "Resource.AlreadyAssociated".to_owned();
                    assert_eq!(refused(again), (ErrorKind::Conflict, code));
                }
            }
        });
    }

    #[test]
    fn it_holds_its_table_and_goes_with_its_subnet() {
        run(async {
            let deployer = Deployer::instant("service.association").await;
            let table = deployer.remote("service.table");
            let answer = refused(deployer.cloud.delete(&table).await);
            assert_eq!(answer, (ErrorKind::InUse, "DependencyViolation".to_owned()));
            deployer.cloud.delete(&deployer.remote("service.subnet")).await.unwrap();
            deployer.cloud.delete(&table).await.unwrap();
        });
    }
}
