//! What is open to whom: for the promise that nothing in use is ever open to more than the spec says.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use accel_core::resource::{Direction, Kind, Traffic};
use ipnet::Ipv4Net;
use serde_json::Value;

use crate::interface::Holder;
use crate::thing::{Key, State};
use crate::world::World;

/// Something that is open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exposure {
    /// A group that guards an interface lets something in from outside all VPCs of its account, or out to anywhere.
    Opening {
        /// The group's id.
        group: String,
        /// Which way.
        direction: Direction,
        /// What passes.
        traffic: Traffic,
        /// The other end.
        peer: Ipv4Net,
        /// Whether it is the rule that the cloud itself gave the group.
        born: bool,
    },
    /// An interface that no group guards.
    Unguarded {
        /// The interface's id.
        interface: String,
    },
    /// An endpoint's policy lets everybody do something.
    OpenPolicy {
        /// The endpoint's id.
        endpoint: String,
    },
}

impl World {
    /// Everything that is open now, however briefly.
    pub fn exposures(&self) -> Vec<Exposure> {
        let mut exposures = Vec::new();
        let mut groups = BTreeSet::new();
        for interface in self.interfaces() {
            groups.extend(interface.groups.iter().copied());
            // Nothing opens a connection to a NAT gateway's, and no group can guard it.
            // Source: NAT gateway basics, Amazon VPC user guide.
            let is_nat =
                matches!(interface.owner, Holder::Thing(owner) if self.nat(owner).is_some());
            if interface.groups.is_empty() && !is_nat {
                exposures.push(Exposure::Unguarded { interface: interface.text.clone() });
            }
        }
        for group in groups {
            self.openings(group, &mut exposures);
        }
        let open = self.live().filter(|thing| {
            let interface = self.endpoint(thing.key).map(|endpoint| &endpoint.policy);
            let gateway = self.gateway_endpoint(thing.key).map(|endpoint| &endpoint.policy);
            let policy = interface.or(gateway);
            policy.is_some_and(|policy| policy.as_deref().is_none_or(lets_everybody))
        });
        exposures
            .extend(open.map(|thing| Exposure::OpenPolicy { endpoint: thing.id().to_owned() }));
        exposures.sort();
        exposures
    }

    fn openings(&self, key: Key, exposures: &mut Vec<Exposure>) {
        let Some(group) = self.group(key) else { return };
        let id = self.thing(key).id();
        let mut add = |direction, traffic, peer, born| {
            let group = id.to_owned();
            exposures.push(Exposure::Opening { group, direction, traffic, peer, born });
        };
        if group.born_open {
            add(Direction::Egress, Traffic::All, Ipv4Net::default(), true);
        }
        for rule in self.rules_of(key) {
            if rule.direction == Direction::Egress || !self.is_inside(key, rule.peer) {
                add(rule.direction, rule.traffic, rule.peer, false);
            }
        }
    }

    fn rules_of(&self, group: Key) -> impl Iterator<Item = &crate::kind::SecurityGroupRule> {
        self.children_of_kind(group, Kind::SecurityGroupRule)
            .filter_map(|thing| self.rule(thing.key()))
    }

    /// Whether a block lies within one VPC of the account.
    fn is_inside(&self, group: Key, block: Ipv4Net) -> bool {
        let account = self.thing(group).account();
        self.live()
            .filter(|thing| thing.account() == account)
            .filter_map(|thing| self.vpc(thing.key()))
            .any(|vpc| vpc.cidr.contains(&block))
    }

    /// Whether groups let one TCP connection pass. Groups are stateful: replies always pass. Without any group everything does.
    pub(crate) fn lets_pass(
        &self,
        groups: &[Key],
        direction: Direction,
        peer: Ipv4Addr,
        port: u16,
    ) -> bool {
        self.passes_since(groups, direction, peer, port).is_some()
    }

    /// Since when they do.
    pub(crate) fn passes_since(
        &self,
        groups: &[Key],
        direction: Direction,
        peer: Ipv4Addr,
        port: u16,
    ) -> Option<Duration> {
        let fits =
            |traffic| matches!(traffic, Traffic::Tcp(p) if p == port) || traffic == Traffic::All;
        if groups.is_empty() {
            return Some(Duration::ZERO);
        }
        let ready = groups.iter().filter(|group| self.state(self.thing(**group)) == State::Ready);
        let since = ready.filter_map(|group| {
            let born_open = self.group(*group).is_some_and(|group| group.born_open);
            if born_open && direction == Direction::Egress {
                return Some(self.thing(*group).life.ready);
            }
            let rules = self.children_of_kind(*group, Kind::SecurityGroupRule);
            let fitting = rules.filter(|thing| {
                self.rule(thing.key).is_some_and(|rule| {
                    rule.direction == direction && rule.peer.contains(&peer) && fits(rule.traffic)
                })
            });
            fitting.map(|thing| thing.life.ready).min()
        });
        since.min()
    }
}

/// Whether a policy document lets every principal do something without a condition.
///
/// Source: IAM JSON policy elements, `Principal` (`"*"` and `{"AWS": "*"}` are everybody).
fn lets_everybody(policy: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(policy) else { return true };
    let one = document.get("Statement").cloned().unwrap_or_default();
    let statements = if let Value::Array(many) = one { many } else { vec![one] };
    statements.iter().any(|statement| {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let principal = statement.get("Principal");
        let named = principal.and_then(|principal| principal.get("AWS")).or(principal);
        let everybody = match named {
            Some(Value::String(name)) => name == "*",
            Some(Value::Array(many)) => many.iter().any(|one| one == "*"),
            Some(_) | None => false,
        };
        let conditions = statement.get("Condition").and_then(Value::as_object);
        allows && everybody && conditions.is_none_or(serde_json::Map::is_empty)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_open_when_everybody_may_and_nothing_is_required() {
        let check = |principal: &str, condition: &str| {
            lets_everybody(&format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"*"{condition}}}]}}"#
            ))
        };
        assert!(check(r#""*""#, ""));
        assert!(check(r#"{"AWS":"*"}"#, ""));
        assert!(check(r#"{"AWS":["111122223333","*"]}"#, r#","Condition":{}"#));
        assert!(!check(r#"{"AWS":"111122223333"}"#, ""));
        assert!(!lets_everybody(crate::testing::POLICY));
        assert!(lets_everybody("not a document"));
    }
}
