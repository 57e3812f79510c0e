//! Route table.

use std::sync::Arc;

use accel_core::resource::Kind;
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// A route table that is not its VPC's main one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// The VPC.
    pub vpc: Key,
}

pub(super) fn asked(table: &resource::RouteTable, from: &Translator<'_>) -> Result<RouteTable> {
    Ok(RouteTable { vpc: from.key(&table.vpc)? })
}

impl Rules for RouteTable {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.vpc);
    }

    /// 200 per VPC, its main table among them. Source: `CreateRouteTable`; Amazon VPC quotas.
    fn check(&self, world: &World, _ask: &Ask) -> Result<Answer> {
        world.need(self.vpc)?;
        let used = world.children_of_kind(self.vpc, Kind::RouteTable).count();
        if used + 1 >= world.settings.quotas.tables as usize {
            return Err(refusal::quota(
                "RouteTableLimitExceeded",
                "the VPC has no room for a route table",
            ));
        }
        Ok(Answer::New)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("rtb", key)
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("vpc", self.vpc, is.vpc);
    }

    fn show(&self, world: &World) -> String {
        format!("of {}", world.thing(self.vpc).text)
    }

    /// No subnet may be associated with it. Source: `DeleteRouteTable`.
    fn blocked(&self, world: &World, thing: &Thing) -> Result<()> {
        let association = world.children_of_kind(thing.key, Kind::RouteTableAssociation).next();
        association.map_or(Ok(()), |association| {
            Err(refusal::in_use(
                "DependencyViolation",
                format!("{} has dependencies: {}", thing.text, association.text),
            ))
        })
    }
}
