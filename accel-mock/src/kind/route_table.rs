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

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// The VPC.
    pub vpc: Key,
    /// Whether it came with its VPC, and serves the subnets that have no other.
    #[serde(default)]
    pub main: bool,
}

pub(super) fn asked(table: &resource::RouteTable, from: &Translator<'_>) -> Result<RouteTable> {
    Ok(RouteTable { vpc: from.key(&table.vpc)?, main: false })
}

impl Rules for RouteTable {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.vpc);
    }

    /// 200 per VPC, its main table among them. Source: `CreateRouteTable`; Amazon VPC quotas.
    fn check(&self, world: &World, _ask: &Ask) -> Result<Answer> {
        world.need(self.vpc)?;
        let tables = world.children_of_kind(self.vpc, Kind::RouteTable);
        let used = tables.filter(|table| !table.body.comes_with_vpc()).count();
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

    /// No subnet may be associated with it, and the main one goes with its VPC. Whether a gateway endpoint holds it is not documented.
    /// Source: `DeleteRouteTable`.
    fn blocked(&self, world: &World, thing: &Thing) -> Result<()> {
        if self.main {
            return Err(refusal::in_use(
                "DependencyViolation",
                format!("{} is the main route table of its VPC", thing.text),
            ));
        }
        let associations = world.children_of_kind(thing.key, Kind::RouteTableAssociation);
        let endpoints = world
            .children_of_kind(thing.key, Kind::EndpointTable)
            .filter(|_| world.settings.doubts.endpoint_holds_table);
        associations.chain(endpoints).next().map_or(Ok(()), |holder| {
            Err(refusal::in_use(
                "DependencyViolation",
                format!("{} has dependencies: {}", thing.text, holder.text),
            ))
        })
    }
}
