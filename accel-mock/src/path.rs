//! The data plane: whether a packet that a client sends comes back.
//!
//! Source: Route tables and Security groups, Amazon VPC user guide; Target groups for your Network Load Balancers; VPC peering basics.

use std::net::Ipv4Addr;
use std::time::Duration;

use accel_core::resource::{Direction, Kind};

use crate::interface::{Holder, Interface};
use crate::kind::{Body, Listener, Target, TargetGroup, Via};
use crate::thing::{Key, State, Thing};
use crate::world::World;

/// What a health check would say of a target. Source: `TargetHealth`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// No listener uses its group.
    Unused,
    /// Its first checks are not over.
    Initial,
    /// It answers.
    Healthy,
    /// It does not, and why.
    Unhealthy(String),
}

/// Where a packet goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hop {
    Local,
    Internet,
    Peering(Key),
    Nat(Key),
}

impl World {
    /// Whether a client at an address can use a load balancer: every listener, in every zone, reaches a healthy target and back.
    ///
    /// # Errors
    /// The first thing in the way, in words.
    pub fn usable(&self, balancer: &str, client: Ipv4Addr) -> Result<(), String> {
        let thing = self.find(balancer).ok_or("there is no such load balancer")?;
        let Body::LoadBalancer(_) = &thing.body else {
            return Err(format!("{balancer} is no load balancer"));
        };
        if self.state(thing) != State::Ready {
            return Err(format!("{balancer} is {}", self.state(thing)));
        }
        let interfaces: Vec<&Interface> = self.interfaces_of_balancer(thing.key).collect();
        let listeners: Vec<&Listener> = self
            .children_of_kind(thing.key, Kind::Listener)
            .filter_map(|listener| self.listener(listener.key))
            .collect();
        if listeners.is_empty() || interfaces.is_empty() {
            return Err(format!("{balancer} has no listener or no interface"));
        }
        for interface in interfaces {
            for listener in &listeners {
                self.comes_in(interface, listener.port, client)?;
                self.reaches_a_target(interface, listener)?;
            }
        }
        Ok(())
    }

    /// What a health check would say of a target now.
    pub fn health(&self, target: &str) -> Health {
        let Some(thing) = self.find(target) else {
            return Health::Unhealthy("it is not registered".to_owned());
        };
        let Body::Target(body) = &thing.body else {
            return Health::Unhealthy("it is no target".to_owned());
        };
        self.health_of(thing, body)
    }

    /// Checks begin once it is registered, a listener uses its group and the load balancer is there. So many in a row make it healthy
    /// or unhealthy, counted from when the path became whole; that a path broke shows at once, for when it did is not kept.
    pub(crate) fn health_of(&self, thing: &Thing, body: &Target) -> Health {
        let listener = self.children_of_kind(body.group, Kind::Listener).next();
        let used = listener.and_then(|thing| Some((thing, self.listener(thing.key)?.balancer)));
        let (Some((listener, balancer)), Some(group)) = (used, self.target_group(body.group))
        else {
            return Health::Unused;
        };
        let registered = thing.life.born + self.settings.delays.target;
        let begun = registered.max(listener.life.born).max(self.thing(balancer).life.ready);
        let interval = Duration::from_secs(group.checks.interval_secs.into());
        let failed = begun + interval * group.checks.unhealthy.into();
        let trips =
            self.interfaces_of_balancer(balancer).map(|from| self.round_trip(from, body, group));
        match trips.collect::<Result<Vec<Duration>, String>>() {
            Err(why) if self.now >= failed => Health::Unhealthy(why),
            Err(_) => Health::Initial,
            Ok(whole) => {
                let whole = whole.into_iter().fold(begun, Duration::max);
                if self.now >= whole + interval * group.checks.healthy.into() {
                    Health::Healthy
                } else if whole >= failed {
                    Health::Unhealthy("its path has only just become whole".to_owned())
                } else {
                    Health::Initial
                }
            }
        }
    }

    /// The interfaces of a load balancer, found through its subnets: a look at all of the world's would be slow.
    fn interfaces_of_balancer(&self, balancer: Key) -> impl Iterator<Item = &Interface> {
        let subnets = self.balancer(balancer).map_or(&[][..], |balancer| &balancer.subnets);
        let all = subnets.iter().flat_map(|(subnet, _)| self.interfaces_in(*subnet));
        all.filter(move |interface| interface.owner == Holder::Thing(balancer))
    }

    fn comes_in(&self, to: &Interface, port: u16, client: Ipv4Addr) -> Result<(), String> {
        if to.public.is_none() {
            return Err(format!("{} has no public address", to.text));
        }
        if !self.lets_pass(&to.groups, Direction::Ingress, client, port) {
            return Err(format!("no group of {} lets {client} in on {port}", to.text));
        }
        match self.hop(to.subnet, client)? {
            (Hop::Internet, _) => Ok(()),
            (Hop::Local | Hop::Peering(_) | Hop::Nat(_), _) => {
                Err(format!("{} does not answer {client}", to.text))
            }
        }
    }

    fn reaches_a_target(&self, from: &Interface, listener: &Listener) -> Result<(), String> {
        let mut why = "its target group has no targets".to_owned();
        for target in self.children_of_kind(listener.group, Kind::Target) {
            match self.health(target.id()) {
                Health::Healthy => return Ok(()),
                Health::Unused => "the target is unused".clone_into(&mut why),
                Health::Initial => "the target's first checks are not over".clone_into(&mut why),
                Health::Unhealthy(reason) => why = reason,
            }
        }
        Err(format!("from {}: {why}", from.text))
    }

    /// From a balancer's interface to a target and back: since when that works.
    fn round_trip(
        &self,
        from: &Interface,
        to: &Target,
        group: &TargetGroup,
    ) -> Result<Duration, String> {
        if group.preserve_client_ip {
            return Err("client addresses are kept, so replies do not come back".to_owned());
        }
        let Target { address, port, .. } = *to;
        let out = self
            .passes_since(&from.groups, Direction::Egress, address, port)
            .ok_or_else(|| format!("no group of {} lets it out to {address}", from.text))?;
        let (hop, routed) = self.hop(from.subnet, address)?;
        let vpc = self.after(hop, from.vpc, address)?;
        let target = self.interfaces_of_vpc(vpc).find(|i| i.address == address);
        let target = target.ok_or_else(|| format!("nobody has the address {address}"))?;
        let Holder::Thing(owner) = &target.owner else {
            return Err(format!("{address} is somebody else's"));
        };
        let owner = self.thing(*owner);
        if self.state(owner) != State::Ready {
            return Err(format!("{} is not available", owner.text));
        }
        let within = self
            .passes_since(&target.groups, Direction::Ingress, from.address, port)
            .ok_or_else(|| format!("no group of {} lets {} in", target.text, from.address))?;
        let (hop, routed_back) = self.hop(target.subnet, from.address)?;
        if self.after(hop, vpc, from.address)? != from.vpc {
            return Err("replies go to another VPC".to_owned());
        }
        Ok([out, routed, within, routed_back].into_iter().fold(owner.life.ready, Duration::max))
    }

    /// The VPC that a packet is in after a hop.
    fn after(&self, hop: Hop, vpc: Key, address: Ipv4Addr) -> Result<Key, String> {
        match hop {
            Hop::Local => Ok(vpc),
            Hop::Internet => Err(format!("{address} is sent to the internet")),
            Hop::Nat(key) => Err(format!("{address} is sent through {}", self.thing(key).text)),
            Hop::Peering(key) => self
                .peering(key)
                .and_then(|peering| peering.far_side(vpc))
                .filter(|far| self.vpc(*far).is_some_and(|far| far.cidr.contains(&address)))
                .ok_or_else(|| format!("{address} is not on the other side")),
        }
    }

    /// The most specific route of a subnet's table for an address, and since when it carries packets; the VPC's own block is always
    /// local.
    pub(crate) fn hop(&self, subnet: Key, address: Ipv4Addr) -> Result<(Hop, Duration), String> {
        let body = self.subnet(subnet).ok_or("there is no such subnet")?;
        if self.vpc(body.vpc).is_some_and(|vpc| vpc.cidr.contains(&address)) {
            return Ok((Hop::Local, Duration::ZERO));
        }
        let text = &self.thing(subnet).text;
        let association = self.children_of_kind(subnet, Kind::RouteTableAssociation).next();
        let table = self.table_of(subnet).ok_or_else(|| format!("{text} has no table of ours"))?;
        let best = self
            .children_of_kind(table, Kind::Route)
            .filter_map(|thing| Some((thing, self.route(thing.key)?)))
            .filter(|(_, route)| route.destination.contains(&address))
            .max_by_key(|(_, route)| route.destination.prefix_len());
        let (thing, route) = best.ok_or_else(|| format!("{text} has no route to {address}"))?;
        if route.is_black_hole(self) {
            return Err(format!("the route of {text} to {address} is a black hole"));
        }
        let stands = association.map_or(Duration::ZERO, |association| association.life.ready);
        let since = thing.life.ready.max(stands);
        match &route.via {
            Via::Gateway(_) => Ok((Hop::Internet, since)),
            Via::Peering(key) => {
                let accepted = self.peering(*key).and_then(|peering| peering.accepted);
                let active = accepted.unwrap_or_default() + self.settings.delays.acceptance;
                Ok((Hop::Peering(*key), since.max(active)))
            }
            Via::Nat(key) => Ok((Hop::Nat(*key), since)),
            Via::Foreign(what) => Err(format!("{address} is sent to {what}")),
        }
    }

    /// The table that serves a subnet: its own, or else the VPC's main one.
    pub(crate) fn table_of(&self, subnet: Key) -> Option<Key> {
        let association = self.children_of_kind(subnet, Kind::RouteTableAssociation).next();
        let own = association.and_then(|thing| self.association(thing.key)).map(|it| it.table);
        own.or_else(|| self.main_table(self.subnet(subnet)?.vpc))
    }
}
