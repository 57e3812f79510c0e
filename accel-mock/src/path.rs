//! The data plane: whether a packet that a client sends comes back.
//!
//! Source: Route tables and Security groups, Amazon VPC user guide; Target groups for your Network Load Balancers; VPC peering basics.

use std::net::Ipv4Addr;

use accel_core::resource::{Direction, Kind};

use crate::interface::{Holder, Interface};
use crate::kind::{Body, Listener, Route, Target, TargetGroup, Via};
use crate::thing::{Key, State};
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
enum Hop {
    Local,
    Internet,
    Peering(Key),
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
        let mine = Holder::Thing(thing.key);
        let interfaces: Vec<&Interface> = self.interfaces().filter(|i| i.owner == mine).collect();
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
        let Some(listener) = self.children_of_kind(body.group, Kind::Listener).next() else {
            return Health::Unused;
        };
        let since = thing.life.born.max(listener.life.born);
        if self.now < since + self.settings.delays.target {
            return Health::Initial;
        }
        let Some(balancer) = self.listener(listener.key).map(|listener| listener.balancer) else {
            return Health::Unused;
        };
        let Some(group) = self.target_group(body.group) else { return Health::Unused };
        let mine = Holder::Thing(balancer);
        let mut interfaces = self.interfaces().filter(|i| i.owner == mine);
        interfaces
            .find_map(|from| self.round_trip(from, body, group).err())
            .map_or(Health::Healthy, Health::Unhealthy)
    }

    fn comes_in(&self, to: &Interface, port: u16, client: Ipv4Addr) -> Result<(), String> {
        if to.public.is_none() {
            return Err(format!("{} has no public address", to.text));
        }
        if !self.lets_pass(&to.groups, Direction::Ingress, client, port) {
            return Err(format!("no group of {} lets {client} in on {port}", to.text));
        }
        match self.hop(to.subnet, client)? {
            Hop::Internet => Ok(()),
            Hop::Local | Hop::Peering(_) => Err(format!("{} does not answer {client}", to.text)),
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

    /// From a balancer's interface to a target and back.
    fn round_trip(&self, from: &Interface, to: &Target, group: &TargetGroup) -> Result<(), String> {
        if group.preserve_client_ip {
            return Err("client addresses are kept, so replies do not come back".to_owned());
        }
        let Target { address, port, .. } = *to;
        if !self.lets_pass(&from.groups, Direction::Egress, address, port) {
            return Err(format!("no group of {} lets it out to {address}", from.text));
        }
        let vpc = self.after(self.hop(from.subnet, address)?, from.vpc, address)?;
        let target = self.interfaces().find(|i| i.vpc == vpc && i.address == address);
        let target = target.ok_or_else(|| format!("nobody has the address {address}"))?;
        let Holder::Thing(owner) = &target.owner else {
            return Err(format!("{address} is somebody else's"));
        };
        if self.state(self.thing(*owner)) != State::Ready {
            return Err(format!("{} is not available", self.thing(*owner).text));
        }
        if !self.lets_pass(&target.groups, Direction::Ingress, from.address, port) {
            return Err(format!("no group of {} lets {} in", target.text, from.address));
        }
        let back = self.after(self.hop(target.subnet, from.address)?, vpc, from.address)?;
        if back == from.vpc { Ok(()) } else { Err("replies go to another VPC".to_owned()) }
    }

    /// The VPC that a packet is in after a hop.
    fn after(&self, hop: Hop, vpc: Key, address: Ipv4Addr) -> Result<Key, String> {
        match hop {
            Hop::Local => Ok(vpc),
            Hop::Internet => Err(format!("{address} is sent to the internet")),
            Hop::Peering(key) => self
                .peering(key)
                .and_then(|peering| peering.far_side(vpc))
                .filter(|far| self.vpc(*far).is_some_and(|far| far.cidr.contains(&address)))
                .ok_or_else(|| format!("{address} is not on the other side")),
        }
    }

    /// The most specific route of a subnet's table for an address; the VPC's own block is always local.
    fn hop(&self, subnet: Key, address: Ipv4Addr) -> Result<Hop, String> {
        let body = self.subnet(subnet).ok_or("there is no such subnet")?;
        if self.vpc(body.vpc).is_some_and(|vpc| vpc.cidr.contains(&address)) {
            return Ok(Hop::Local);
        }
        let text = &self.thing(subnet).text;
        let table = self
            .children_of_kind(subnet, Kind::RouteTableAssociation)
            .find_map(|thing| self.association(thing.key).map(|association| association.table))
            .or_else(|| self.main_table(body.vpc))
            .ok_or_else(|| format!("{text} has no table of ours"))?;
        let routes =
            self.children_of_kind(table, Kind::Route).filter_map(|thing| self.route(thing.key));
        let best = routes
            .filter(|route| route.destination.contains(&address))
            .max_by_key(|route| route.destination.prefix_len());
        let route: &Route = best.ok_or_else(|| format!("{text} has no route to {address}"))?;
        if route.is_black_hole(self) {
            return Err(format!("the route of {text} to {address} is a black hole"));
        }
        match &route.via {
            Via::Gateway(_) => Ok(Hop::Internet),
            Via::Peering(key) => Ok(Hop::Peering(*key)),
            Via::Foreign(what) => Err(format!("{address} is sent to {what}")),
        }
    }
}
