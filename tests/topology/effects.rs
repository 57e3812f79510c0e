//! What a change of each field does to a lane that exists: nothing, a setting in place, or a replacement, in which order and with what
//! for the clients. Found by comparing graphs, as a deploy does.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use accel_core::backend::{Bound, Inputs, Offer};
use accel_core::graph::{NodeId, To};
use accel_core::resource::{Describe, Kind, Slot};
use accel_core::spec::{Acceleration, Allow, ElasticIps, HealthCheck, Service};
use accel_core::{Graph, Node, RemoteId};

use crate::support::{build_with, golden, jakarta, kept, offer};

/// What a deploy would do to one graph to make it another.
#[derive(Default)]
struct Effect {
    set: BTreeSet<Kind>,
    made: BTreeSet<Kind>,
    removed: BTreeSet<Kind>,
    /// Made before the old one goes.
    renewed: BTreeSet<Kind>,
    /// The old one must go first.
    interrupted: BTreeSet<Kind>,
}

/// Ids that say what they stand for, so that the same thing has the same id in both graphs.
fn bound(graph: &Graph) -> Vec<(NodeId, Bound)> {
    let id = |node: &Node| {
        let text = format!("{}@{}", node.name, node.fingerprint);
        RemoteId::new(node.kind(), node.place.clone(), text)
    };
    graph.ids().map(|n| (n, Bound { id: id(graph.node(n)), attributes: None })).collect()
}

fn slots(node: &Node, bound: &[(NodeId, Bound)]) -> Vec<Slot> {
    node.resource.slots(&Inputs::new(bound))
}

/// Ids of what only one thing at a time may refer to.
fn exclusive(node: &Node, bound: &[(NodeId, Bound)]) -> BTreeSet<RemoteId> {
    let mut ids = BTreeSet::new();
    node.resource.clone().refs(&mut |link| {
        ids.insert(match link.to {
            To::Node(id) => bound[id.index()].1.id.clone(),
            To::Existing(id) => id.clone(),
        });
    });
    ids.retain(|id| id.kind.facts().exclusive);
    ids
}

fn effect(old: &Graph, new: &Graph) -> Effect {
    let (old_bound, new_bound) = (bound(old), bound(new));
    let mut effect = Effect::default();
    let leaving: Vec<&Node> = old
        .nodes()
        .iter()
        .filter(|n| new.find(&n.name).is_none_or(|id| new.node(id).fingerprint != n.fingerprint))
        .collect();
    for node in &leaving {
        if new.find(&node.name).is_none() && !node.kind().facts().setting {
            effect.removed.insert(node.kind());
        }
    }
    for node in new.nodes() {
        let before = old.find(&node.name).map(|id| old.node(id));
        let needed_by = |gone: &&&Node| {
            let held = slots(gone, &old_bound);
            let collides =
                slots(node, &new_bound).iter().any(|s| held.iter().any(|h| h.collides(s)));
            collides || !exclusive(gone, &old_bound).is_disjoint(&exclusive(node, &new_bound))
        };
        let parent_is_the_same = node.resource.parent().is_none_or(|parent| {
            let parent = new.node(parent);
            let before = old.find(&parent.name).map(|id| old.node(id).fingerprint);
            before == Some(parent.fingerprint)
        });
        match before {
            Some(before) if before.fingerprint == node.fingerprint => {}
            // With a new parent, a setting is no change of its own.
            _ if node.kind().facts().setting => {
                if parent_is_the_same {
                    effect.set.insert(node.kind());
                }
            }
            Some(_) if leaving.iter().any(|gone| needed_by(&gone)) => {
                effect.interrupted.insert(node.kind());
            }
            Some(_) => {
                effect.renewed.insert(node.kind());
            }
            None => {
                effect.made.insert(node.kind());
            }
        }
    }
    effect
}

/// Kinds without which no connection passes.
const CARRIES_TRAFFIC: [Kind; 12] = [
    Kind::Vpc,
    Kind::Subnet,
    Kind::GatewayAttachment,
    Kind::RouteTableAssociation,
    Kind::Route,
    Kind::InterfaceEndpoint,
    Kind::PeeringConnection,
    Kind::LoadBalancer,
    Kind::TargetGroup,
    Kind::Target,
    Kind::Listener,
    Kind::SecurityGroupRule,
];

impl Effect {
    fn write(&self, text: &mut String) {
        let kinds = |kinds: &BTreeSet<Kind>| {
            kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
        };
        let parts = [
            ("sets in place", &self.set),
            ("makes", &self.made),
            ("removes", &self.removed),
            ("makes anew, then removes the old", &self.renewed),
            ("removes the old, then makes anew", &self.interrupted),
        ];
        if parts.iter().all(|(_, set)| set.is_empty()) {
            text.push_str("  no change\n");
        }
        for (what, set) in parts.into_iter().filter(|(_, set)| !set.is_empty()) {
            writeln!(text, "  {what}: {}", kinds(set)).unwrap();
        }
        let outage = self.interrupted.iter().any(|kind| CARRIES_TRAFFIC.contains(kind));
        let ended = |kind| {
            let sets = [&self.removed, &self.renewed, &self.interrupted];
            sets.iter().any(|set| set.contains(&kind))
        };
        writeln!(text, "  outage: {}", if outage { "yes" } else { "no" }).unwrap();
        if ended(Kind::LoadBalancer) {
            writeln!(text, "  clients: the old name ends").unwrap();
        }
        if ended(Kind::ElasticIp) {
            writeln!(text, "  clients: old addresses end").unwrap();
        }
        if self.removed.contains(&Kind::Listener) {
            writeln!(text, "  clients: an old port closes").unwrap();
        }
    }
}

type Change = fn(&mut Acceleration, &mut Offer);

/// One change of every field, on the first example (or on a variant of it that the title names).
const CHANGES: &[(&str, Change)] = &[
    ("the offer grows by a zone", |s, o| {
        for (place, zones) in &mut o.zones {
            zones.insert(0, format!("{}d", place.region).as_str().into());
        }
        o.services[0].zones.insert(0, format!("{}d", s.service_region).as_str().into());
    }),
    ("the offer loses every zone", |_, o| {
        o.zones.iter_mut().for_each(|(_, zones)| zones.clear());
        o.services[0].zones.clear();
    }),
    ("service_region", |s, o| {
        s.service_region = "eu-central-1".into();
        *o = offer(s);
    }),
    ("entry_region", |s, o| {
        s.entry_region = "sa-east-1".into();
        *o = offer(s);
    }),
    ("services: one more on the same port", |s, o| {
        s.services.insert(0, "kms".into());
        *o = offer(s);
    }),
    ("services: short name to full name", |s, o| {
        s.services[0].name = "com.amazonaws.ap-southeast-3.sagemaker.runtime".into();
        *o = offer(s);
    }),
    ("services: another one instead", |s, o| {
        s.services = vec![Service::new("sqs")];
        *o = offer(s);
    }),
    ("services.ports: one more", |s, _| s.services[0].ports.push(8443)),
    ("services.ports: another one", |s, _| s.services[0].ports = vec![8443]),
    ("services.without_policy", |s, _| s.services[0].without_policy = true),
    ("services.elastic_ips: off", |s, _| s.services[0].elastic_ips = Some(ElasticIps::Off)),
    ("allow: one more", |s, _| s.allow.push("198.51.100.0/24".into())),
    ("allow: another one", |s, _| s.allow = vec!["198.51.100.0/24".into()]),
    ("allow.label", |s, _| s.allow[0].label = Some("office".into())),
    ("allow.label: on another block, which is new", |s, _| {
        s.allow.push(Allow { label: Some("office".into()), ..Allow::new("198.51.100.0/24") });
    }),
    ("allow.until: in the future", |s, _| s.allow[0].until = Some("2027-03-31".into())),
    ("allow.until: today", |s, _| s.allow[0].until = Some("2026-11-21".into())),
    ("allow.until: yesterday", |s, _| s.allow[0].until = Some("2026-11-20".into())),
    ("allow_internet", |s, _| s.allow_internet = true),
    ("elastic_ips: off", |s, _| s.elastic_ips = ElasticIps::Off),
    ("elastic_ips: existing", |s, _| {
        let ids = ["eipalloc-0a1b2c3d", "eipalloc-0a1b2c3e"];
        s.elastic_ips = ElasticIps::Existing(ids.map(str::to_owned).to_vec());
    }),
    ("zones: one more", |s, _| s.zones = 3),
    ("zones: one less", |s, _| s.zones = 1),
    ("service_cidr", |s, _| s.service_cidr = "10.8.0.0/16".into()),
    ("entry_cidr", |s, _| s.entry_cidr = "10.9.0.0/16".into()),
    ("callers.accounts", |s, _| s.callers.accounts.push("444455556666".into())),
    ("callers.org", |s, _| s.callers.org = Some("o-a1b2c3d4e5".into())),
    ("policy", |s, _| s.policy = Some("{\"Statement\": []}".into())),
    ("account", |s, _| s.account = Some("111122223333".into())),
    ("service_account, entry_account", |s, _| {
        s.service_account = Some("111122223333".into());
        s.entry_account = Some("111122223333".into());
    }),
    ("protected", |s, _| s.protected = true),
    ("tags", |s, _| s.tags = [("team".to_owned(), "vision".to_owned())].into()),
    ("path_mtu", |s, _| s.path_mtu = false),
    ("idle_timeout_secs", |s, _| s.idle_timeout_secs = 600),
    ("health_check", |s, _| {
        s.health_check = HealthCheck { interval_secs: 30, healthy: 3, unhealthy: 4 };
    }),
    ("cross_zone", |s, _| s.cross_zone = true),
];

#[test]
fn every_field_has_the_effect_that_is_written() {
    let mut text = String::new();
    for (title, change) in CHANGES {
        let (mut spec, mut offer) = (jakarta(), offer(&jakarta()));
        let old = build_with(&spec, &offer, &[]).unwrap().graph;
        change(&mut spec, &mut offer);
        let new = build_with(&spec, &offer, &kept(&old)).expect(title).graph;
        writeln!(text, "{title}").unwrap();
        effect(&old, &new).write(&mut text);
    }
    golden("effects", &text);
}

/// The table above leaves no field out. A name is no change: it is another deployment.
#[test]
fn every_field_is_in_the_table() {
    let spec = serde_json::to_value(jakarta().allow(Allow::default())).unwrap();
    let fields = spec.as_object().unwrap().keys().filter(|field| *field != "name");
    for field in fields {
        let is_listed =
            |(title, _): &&(&str, Change)| title.split([',', ':', '.', ' ']).any(|w| w == field);
        assert!(CHANGES.iter().any(|change| is_listed(&change)), "{field}");
    }
}
