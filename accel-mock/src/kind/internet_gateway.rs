//! Internet gateway.

use std::sync::Arc;

use accel_core::resource::Kind;
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Differences, Rules, numbered};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// An internet gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternetGateway {}

#[expect(clippy::unnecessary_wraps, reason = "every kind's translation has this shape")]
pub(super) fn asked(
    _gateway: &resource::InternetGateway,
    _from: &Translator<'_>,
) -> Result<InternetGateway> {
    Ok(InternetGateway {})
}

impl Rules for InternetGateway {
    fn refs(&self, _visit: &mut dyn FnMut(Key)) {}

    /// Five per region; the default VPC has one. Source: Amazon VPC quotas.
    fn check(&self, world: &World, ask: &Ask) -> Result<Answer> {
        let quotas = &world.settings.quotas;
        let used = world.population(&ask.account, &ask.place.region, Kind::InternetGateway);
        if used + quotas.default_vpcs >= quotas.gateways {
            return Err(refusal::quota(
                "InternetGatewayLimitExceeded",
                "the region has no room for an internet gateway",
            ));
        }
        Ok(Answer::New)
    }

    fn text(&self, _world: &World, key: Key) -> Arc<str> {
        numbered("igw", key)
    }

    fn compare(&self, _is: &Self, _found: &mut Differences<'_>) {}

    fn show(&self, _world: &World) -> String {
        String::new()
    }

    /// It must be detached. A route through it does not hold it and becomes a black hole. Source: `DeleteInternetGateway`.
    fn blocked(&self, world: &World, thing: &Thing) -> Result<()> {
        let attachment = world.children_of_kind(thing.key, Kind::GatewayAttachment).next();
        attachment.map_or(Ok(()), |attachment| {
            Err(refusal::in_use(
                "DependencyViolation",
                format!("{} is attached: {}", thing.text, attachment.text),
            ))
        })
    }
}
