//! What is there and no deployment's, field by field: the same before a deployment and after its cleanup, byte for byte.

use std::fmt::{Debug, Write as _};

use accel_core::tags::{self, Tags};

use crate::interface::{Holder, Interface};
use crate::kind::Body;
use crate::thing::Thing;
use crate::world::World;

impl World {
    /// Everything that no deployment has made, as text, in the order in which it was made: each thing with all its fields and tags, its
    /// state, and what follows from others (how many addresses of a subnet are free, whether a route is a black hole). What can carry no
    /// tags is a deployment's if anything that it refers to is.
    pub fn inventory(&self) -> String {
        let mut text = String::new();
        let mut line = |line: String| {
            writeln!(text, "{line}").expect("a string takes everything");
        };
        for thing in self.live().filter(|thing| !self.is_deployed(thing)) {
            line(self.inventory_line(thing));
        }
        let deployed = |interface: &&Interface| match interface.owner {
            Holder::Thing(owner) => self.is_deployed(self.thing(owner)),
            Holder::Foreign(_) => false,
        };
        for interface in self.interfaces().filter(|interface| !deployed(interface)) {
            line(self.with_ids(interface));
        }
        for unknown in self.unknown.iter().filter(|it| !carries_a_deployment(&it.tags)) {
            line(format!("{unknown:?}"));
        }
        text
    }

    fn is_deployed(&self, thing: &Thing) -> bool {
        if thing.kind().facts().taggable {
            return carries_a_deployment(&thing.tags);
        }
        let parents = self.refers_to(thing);
        parents.iter().any(|parent| carries_a_deployment(&self.thing(*parent).tags))
    }

    fn inventory_line(&self, thing: &Thing) -> String {
        let free = if let Body::Subnet(_) = thing.body {
            format!(", {} addresses free", self.free_addresses(thing.key))
        } else {
            String::new()
        };
        let Thing { account, place, text, tags, body, .. } = thing;
        format!(
            "{account} {} {text} {}: {} {:?}, {}{free}",
            place.region,
            self.state(thing),
            self.with_ids(body),
            **tags,
            self.described(thing),
        )
    }

    /// All fields, with ids where the world has numbers.
    fn with_ids(&self, it: &impl Debug) -> String {
        let text = format!("{it:?}");
        let mut parts = text.split("Key(");
        let mut named = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let number = part.split_once(')').and_then(|(number, rest)| {
                let key = crate::thing::Key(number.parse().ok()?);
                Some((self.thing(key), rest))
            });
            match number {
                Some((thing, rest)) => named.extend([&thing.text, rest]),
                None => named.extend(["Key(", part]),
            }
        }
        named
    }
}

fn carries_a_deployment(tags: &Tags) -> bool {
    tags.contains_key(tags::DEPLOYMENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Deployer, entry, lane, run};
    use crate::{Blueprint, Cloud, Lag, Settings, Via};

    fn office() -> (Cloud, crate::Premises) {
        let cloud = Cloud::new(Settings { lag: Lag::OFF, ..Settings::fast() });
        let premises = cloud.add_network(&Blueprint::usual(&entry(), 2)).unwrap();
        (cloud, premises)
    }

    #[test]
    fn what_a_deployment_makes_and_removes_is_not_in_it() {
        let (cloud, premises) = office();
        let before = cloud.inspect(World::inventory);
        for id in [&premises.vpc, &premises.subnets["island.a"], &premises.tables["public"]] {
            assert!(before.contains(id.as_str()), "{before}");
        }
        assert!(!before.contains("Key("), "{before}");
        run(async {
            let mut deployer = Deployer::new(&cloud, "lane", lane());
            deployer.deploy().await;
            assert_eq!(cloud.inspect(World::inventory), before);
            deployer.clean_up().await;
        });
        assert_eq!(cloud.inspect(World::inventory), before);
    }

    /// Whatever somebody changes shows.
    #[test]
    fn every_change_of_what_is_somebodys_shows() {
        let (cloud, premises) = office();
        let mut seen = vec![cloud.inspect(World::inventory)];
        let mut see = |change: &dyn Fn(&mut World)| {
            cloud.meddle(change);
            let now = cloud.inspect(World::inventory);
            assert!(!seen.contains(&now), "nothing shows:\n{now}");
            seen.push(now);
        };
        let island = premises.subnets["island.a"].clone();
        see(&|world| world.tag(&island, Tags::from([("a".to_owned(), "b".to_owned())])));
        see(&|world| drop(world.add_foreign_interface(&island, "a machine", false)));
        see(&|world| {
            world.change(&premises.vpc, |body| {
                let Body::Vpc(vpc) = body else { panic!("a VPC") };
                vpc.dns_support = false;
            });
        });
        let route = format!("{}/0.0.0.0/0", premises.tables["public"]);
        see(&|world| {
            world.change(&route, |body| {
                let Body::Route(route) = body else { panic!("a route") };
                route.via = Via::Foreign("eni-1".to_owned());
            });
        });
        see(&|world| world.vanish(&route));
    }
}
