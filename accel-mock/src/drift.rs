//! What others do to the world behind our back. Nothing here is a call, and nothing is checked.

use std::net::Ipv4Addr;

use accel_core::resource::{DEFAULT_IDLE_TIMEOUT_SECS, Direction, Traffic};
use accel_core::tags::Tags;
use accel_core::{AccountId, Place};
use ipnet::Ipv4Net;

use crate::ask::{Ask, Demand};
use crate::interface::{Holder, Interface};
use crate::kind::{Body, Listener, Route, SecurityGroup, SecurityGroupRule, Subnet, Target, Via};
use crate::thing::Key;
use crate::world::{Unknown, World};

impl World {
    /// Adds anything, and says its id.
    pub fn add(&mut self, account: &AccountId, place: &Place, body: Body, tags: Tags) -> String {
        let ask = Ask {
            demand: Demand::Thing(body),
            place: place.clone(),
            account: account.clone(),
            tags,
            token: None,
            fails: false,
        };
        let key = self.insert(ask);
        self.thing(key).id().to_owned()
    }

    /// Removes a thing, with whatever the cloud takes along.
    ///
    /// # Panics
    /// If there is no such thing: the test is wrong.
    pub fn vanish(&mut self, id: &str) {
        let key = self.key_of(id);
        self.remove(key);
    }

    /// Changes a thing in place.
    ///
    /// # Panics
    /// If there is no such thing.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Body)) {
        let key = self.key_of(id);
        self.unlink(key);
        change(&mut self.things[key.index()].body);
        self.relink(key);
    }

    /// Sets tags of a thing.
    ///
    /// # Panics
    /// If there is no such thing.
    pub fn tag(&mut self, id: &str, tags: Tags) {
        let key = self.key_of(id);
        self.things[key.index()].tags.extend(tags);
        self.index_tags(key);
    }

    /// Copies all tags of one thing to another, as automatic taggers do.
    ///
    /// # Panics
    /// If one of them does not exist.
    pub fn copy_tags(&mut self, from: &str, to: &str) {
        let tags = self.thing(self.key_of(from)).tags.clone();
        self.tag(to, tags);
    }

    /// Puts somebody else's subnet into a VPC.
    ///
    /// # Panics
    /// If there is no such VPC.
    pub fn add_foreign_subnet(&mut self, vpc: &str, cidr: Ipv4Net) -> String {
        let key = self.key_of(vpc);
        let zone = self.settings.offers.zones_of(&self.thing(key).place.region).remove(0);
        self.add_beside(key, Body::Subnet(Subnet { vpc: key, cidr, zone, public_addresses: false }))
    }

    /// Puts somebody else's group into a VPC.
    ///
    /// # Panics
    /// If there is no such VPC.
    pub fn add_foreign_group(&mut self, vpc: &str, name: &str) -> String {
        let key = self.key_of(vpc);
        let (name, description) = (name.to_owned(), "somebody else's".to_owned());
        let group = SecurityGroup { vpc: key, name, description, born_open: true };
        self.add_beside(key, Body::SecurityGroup(group))
    }

    /// Opens a group.
    ///
    /// # Panics
    /// If there is no such group.
    pub fn add_foreign_rule(
        &mut self,
        group: &str,
        direction: Direction,
        traffic: Traffic,
        peer: Ipv4Net,
    ) -> String {
        let group = self.key_of(group);
        let description = String::new();
        let rule = SecurityGroupRule { group, direction, traffic, peer, description };
        self.add_beside(group, Body::SecurityGroupRule(rule))
    }

    /// Adds a route through something that accel does not know.
    ///
    /// # Panics
    /// If there is no such table.
    pub fn add_foreign_route(&mut self, table: &str, destination: Ipv4Net, via: &str) -> String {
        let table = self.key_of(table);
        let route = Route { table, destination, via: Via::Foreign(via.to_owned()) };
        self.add_beside(table, Body::Route(route))
    }

    /// Adds a listener to a load balancer.
    ///
    /// # Panics
    /// If there is no such balancer or target group.
    pub fn add_foreign_listener(&mut self, balancer: &str, port: u16, group: &str) -> String {
        let (balancer, group) = (self.key_of(balancer), self.key_of(group));
        let idle_timeout_secs = DEFAULT_IDLE_TIMEOUT_SECS;
        let listener = Listener { balancer, port, group, idle_timeout_secs };
        self.add_beside(balancer, Body::Listener(listener))
    }

    /// Puts somebody else's interface into a subnet, and says its id.
    ///
    /// # Panics
    /// If there is no such subnet, or it has no free address.
    pub fn add_foreign_interface(&mut self, subnet: &str, what: &str, public: bool) -> String {
        let key = self.key_of(subnet);
        let address = self.next_free(key).expect("a subnet with a free address");
        let vpc = self.subnet(key).expect("a subnet").vpc;
        let text = format!("eni-foreign-{address}");
        self.plug(Interface {
            text: text.clone(),
            owner: Holder::Foreign(what.to_owned()),
            subnet: key,
            vpc,
            address,
            public: public.then_some(Ipv4Addr::new(198, 51, 100, 7)),
            elastic_ip: None,
            groups: Vec::new(),
            gone: None,
        });
        text
    }

    /// Takes an interface away.
    pub fn remove_interface(&mut self, id: &str) {
        self.interfaces.retain(|_, interface| interface.text != id);
    }

    /// Registers another address instead of a target's, and says the new target's id.
    ///
    /// # Panics
    /// If there is no such target.
    pub fn change_target(&mut self, id: &str, address: Ipv4Addr) -> String {
        let key = self.key_of(id);
        let Body::Target(target) = self.thing(key).body.clone() else {
            panic!("{id} is no target");
        };
        self.remove(key);
        self.add_beside(target.group, Body::Target(Target { address, ..target }))
    }

    /// Adds a tagged thing of a kind that accel does not know.
    pub fn add_unknown(&mut self, account: &AccountId, place: &Place, id: &str, tags: Tags) {
        let (account, region) = (account.clone(), place.region.clone());
        self.unknown.push(Unknown { account, region, text: id.to_owned(), tags });
    }

    fn key_of(&self, id: &str) -> Key {
        self.find(id).unwrap_or_else(|| panic!("there is no {id}")).key
    }

    /// Adds a thing without tags in the place of another.
    fn add_beside(&mut self, parent: Key, body: Body) -> String {
        let (account, place) =
            (self.thing(parent).account.clone(), self.thing(parent).place.clone());
        self.add(&account, &place, body, Tags::new())
    }
}
