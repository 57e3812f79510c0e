//! What stays taken for a while after its holder is gone.

use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::Kind;
use accel_core::{AccountId, Place, RemoteId};

use crate::ask::{Ask, Demand};
use crate::interface::Interface;
use crate::kind::Differences;
use crate::sight::Sight;
use crate::thing::{Key, State, Thing};
use crate::world::World;

impl World {
    /// Keeps a thing in use by a kind of child that is gone.
    pub(crate) fn hold(&mut self, key: Key, by: Kind, until: Duration) {
        if until > self.now {
            self.held.insert((key, by), until);
        }
    }

    pub(crate) fn is_released(&self, key: Key, by: Kind) -> bool {
        self.held.get(&(key, by)).is_none_or(|until| *until <= self.now)
    }

    /// Keeps a private DNS name of a VPC taken.
    pub(crate) fn hold_name(&mut self, vpc: Key, name: &str, until: Duration) {
        self.held_names.insert((vpc, name.to_owned()), until);
    }

    pub(crate) fn is_name_held(&self, vpc: Key, name: &str) -> bool {
        let until = self.held_names.iter().find(|((key, held), _)| *key == vpc && held == name);
        until.is_some_and(|(_, until)| *until > self.now)
    }

    /// The interface that an elastic IP is associated with.
    pub fn holder_of_address(&self, address: Key) -> Option<&Interface> {
        let balancers = self.children_of_kind(address, Kind::LoadBalancer);
        let of_balancers = balancers
            .filter_map(|balancer| self.balancer(balancer.key))
            .flat_map(|balancer| balancer.subnets.iter().map(|(subnet, _)| *subnet));
        let nats = self.children_of_kind(address, Kind::NatGateway);
        let of_nats = nats.filter_map(|nat| self.nat(nat.key)).map(|nat| nat.subnet);
        let subnets = of_balancers.chain(of_nats);
        let mut interfaces = subnets.flat_map(|subnet| self.interfaces_in(subnet));
        interfaces.find(|interface| interface.elastic_ip == Some(address))
    }

    /// The internet gateway of a VPC.
    pub fn gateway_of(&self, vpc: Key) -> Option<Key> {
        let attachment = self.children_of_kind(vpc, Kind::GatewayAttachment).next()?;
        self.attachment(attachment.key).map(|attachment| attachment.gateway)
    }

    /// What has a name that only one can have.
    pub(crate) fn named(&self, ask: &Ask, kind: Kind, name: &str) -> Option<&Thing> {
        let scope = (ask.account.clone(), ask.place.region.clone(), kind, name.to_owned());
        let thing = self.thing(*self.names.get(&scope)?);
        matches!(self.state(thing), State::Pending | State::Ready | State::Failed).then_some(thing)
    }

    /// Whether a create asks for what a thing already is.
    pub(crate) fn is_repeat(&self, ask: &Ask, is: &Thing) -> bool {
        let Demand::Thing(asked) = &ask.demand else { return false };
        let mut differences = Differences::new(self);
        asked.compare(&is.body, &mut differences);
        let same_tags = !self.settings.doubts.tags_are_parameters || ask.tags == is.tags;
        differences.found.is_empty() && same_tags
    }

    /// A thing's id, as somebody in a place sees it: what is in the same account and region is in that place.
    pub(crate) fn id_in(&self, key: Key, viewer: Viewer<'_>) -> RemoteId {
        let thing = self.thing(key);
        let place = if viewer.is_at(thing) { viewer.place } else { &thing.place };
        match self.route_seen(thing, Sight::List) {
            Some((kind, text)) => RemoteId::new(kind, place.clone(), text),
            None => RemoteId::new(thing.kind(), place.clone(), Arc::clone(&thing.text)),
        }
    }
}

/// Somebody who looks: an account's credentials in a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewer<'a> {
    pub(crate) account: &'a AccountId,
    pub(crate) place: &'a Place,
}

impl Viewer<'_> {
    /// Whether a thing is in the account and region of the viewer. A cloud knows no sides.
    pub(crate) fn is_at(self, thing: &Thing) -> bool {
        thing.place.region == self.place.region && thing.account == *self.account
    }
}
