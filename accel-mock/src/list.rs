//! What a list shows: everything that carries a deployment's tags, and the untagged children of that.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use accel_core::backend::{Found, Listing, Scope};
use accel_core::resource::Kind;
use accel_core::tags::{self, Tags};
use accel_core::{AccountId, DeploymentId, RemoteId};
use std::sync::Arc;

use crate::hold::Viewer;
use crate::kind::Body;
use crate::sight::Sight;
use crate::thing::{Key, State, Thing};
use crate::world::World;

/// What is listed, newest first: an engine must not rely on any order.
type Shown = BTreeMap<Reverse<(Key, Kind)>, Found>;

impl World {
    pub(crate) fn list_of(&self, scope: Scope<'_>, account: &AccountId) -> Listing {
        let Scope { deployment, place, kinds } = scope;
        let viewer = Viewer { account, place };
        let mut shown = Shown::new();
        let mut ours = Vec::new();
        for thing in self.of_deployment(deployment.as_str()) {
            if viewer.is_at(thing) && self.is_listed(thing) && is_tagged(&thing.tags, deployment) {
                ours.push(thing);
                self.show(&mut shown, thing, viewer);
            }
            self.show_other_side(&mut shown, thing, viewer, deployment);
        }
        for parent in ours {
            for child in self.children(parent.key).chain(self.led_to(parent.key)) {
                let bare = !is_tagged(&child.tags, deployment) && self.seems_to(child, parent);
                if bare && is_part_of(child.kind(), parent.kind()) && self.is_listed(child) {
                    self.show(&mut shown, child, viewer);
                }
                if parent.kind() == Kind::Vpc {
                    self.show_other_side(&mut shown, child, viewer, deployment);
                }
            }
        }
        // As strict as may be: what was not asked for is left out.
        let asked = |found: &Found| kinds.contains(&found.id.kind);
        Listing {
            found: shown.into_values().filter(asked).collect(),
            unknown: self.unknown_of(deployment, viewer).collect(),
        }
    }

    /// The ids that tags lead to, of what is there and of what has left a trace.
    pub(crate) fn glance_of(&self, scope: Scope<'_>, account: &AccountId) -> BTreeSet<String> {
        let Scope { deployment, place, .. } = scope;
        let viewer = Viewer { account, place };
        let listing = self.list_of(scope, account);
        let carries =
            |found: &Found| is_tagged(&found.tags, deployment) && found.id.kind != Kind::Listener;
        let there = listing.found.iter().filter(|found| carries(found));
        let mut shown: BTreeSet<String> =
            there.map(|found| found.id.as_str().to_owned()).chain(listing.unknown).collect();
        let traces = self.of_deployment(deployment.as_str()).filter(|thing| {
            let stays = matches!(
                thing.kind(),
                Kind::PeeringConnection
                    | Kind::InterfaceEndpoint
                    | Kind::GatewayEndpoint
                    | Kind::NatGateway
            );
            stays && viewer.is_at(thing) && self.has_spread(thing.key, thing.life.born, Sight::List)
        });
        shown.extend(traces.map(|thing| thing.text.to_string()));
        shown
    }

    fn unknown_of(
        &self,
        deployment: &DeploymentId,
        viewer: Viewer<'_>,
    ) -> impl Iterator<Item = String> {
        let unknown = self.unknown.iter().filter(move |thing| {
            thing.account == *viewer.account
                && thing.region == viewer.place.region
                && is_tagged(&thing.tags, deployment)
        });
        unknown.map(|thing| thing.text.clone())
    }

    /// A load balancer's entry is gone at once, whatever lingers of it. Source: `DeleteLoadBalancer`.
    fn is_listed(&self, thing: &Thing) -> bool {
        match self.look(thing, Sight::List).state() {
            State::Gone => false,
            State::Deleting => thing.kind() != Kind::LoadBalancer,
            State::Pending | State::Ready | State::Failed => true,
        }
    }

    /// Whether a child looks as if it referred to its parent: a route's target may have been replaced.
    fn seems_to(&self, child: &Thing, parent: &Thing) -> bool {
        match (self.route(child.key), self.via_seen(child, Sight::List)) {
            (Some(route), Some(via)) => route.table == parent.key || via.key() == Some(parent.key),
            (None, _) | (_, None) => true,
        }
    }

    fn show(&self, shown: &mut Shown, thing: &Thing, viewer: Viewer<'_>) {
        let mut refs = Vec::new();
        if let (Some(route), Some(via)) = (self.route(thing.key), self.via_seen(thing, Sight::List))
        {
            refs.extend([Some(route.table), via.key()].into_iter().flatten());
        } else {
            thing.body.rules().refs(&mut |key| refs.push(key));
        }
        let refs = refs.into_iter().map(|key| self.id_in(key, viewer)).collect();
        let found = Found {
            id: self.id_in(thing.key, viewer),
            tags: thing.tags.clone(),
            phase: self.phase(thing, self.look(thing, Sight::List), viewer),
            refs,
            key: self.key_shown(shown, thing),
        };
        shown.insert(Reverse((thing.key, thing.kind())), found);
    }

    /// As strict as may be: the service of an endpoint that is not listed itself is not told.
    fn key_shown(&self, shown: &Shown, thing: &Thing) -> Option<String> {
        let Body::EndpointTable(it) = &thing.body else {
            return thing.body.rules().natural_key();
        };
        let listed = shown.contains_key(&Reverse((it.endpoint, Kind::GatewayEndpoint)));
        let endpoint = self.gateway_endpoint(it.endpoint).filter(|_| listed);
        endpoint.map(|endpoint| endpoint.service.clone())
    }

    /// A live connection on the accepter's side, if it is tagged there or its VPC there is ours.
    fn show_other_side(
        &self,
        shown: &mut Shown,
        thing: &Thing,
        viewer: Viewer<'_>,
        deployment: &DeploymentId,
    ) {
        let Body::PeeringConnection(peering) = &thing.body else { return };
        let accepter = self.thing(peering.accepter);
        let ours =
            is_tagged(&peering.accepter_tags, deployment) || is_tagged(&accepter.tags, deployment);
        let arrived = thing.life.ready;
        let visible = self.now >= arrived && self.has_spread(thing.key, arrived, Sight::List);
        if !viewer.is_at(accepter) || !ours || !visible || !self.is_listed(thing) {
            return;
        }
        let place = viewer.place.clone();
        let found = Found {
            id: RemoteId::new(Kind::PeeringTags, place, Arc::clone(&thing.text)),
            tags: peering.accepter_tags.clone(),
            phase: self.phase(thing, self.look(thing, Sight::List), viewer),
            refs: [thing.key, peering.requester, peering.accepter]
                .map(|key| self.id_in(key, viewer))
                .to_vec(),
            key: None,
        };
        shown.insert(Reverse((thing.key, Kind::PeeringTags)), found);
    }
}

/// Tags are compared exactly: a cloud's own filters know wildcards.
pub(crate) fn is_tagged(tags: &Tags, deployment: &DeploymentId) -> bool {
    tags.get(tags::DEPLOYMENT).map(String::as_str) == Some(deployment.as_str())
}

/// What a list shows because the other end is ours: what can carry no tags, and what others have put into our things.
fn is_part_of(child: Kind, parent: Kind) -> bool {
    matches!(
        (child, parent),
        (
            Kind::Route,
            Kind::RouteTable | Kind::InternetGateway | Kind::PeeringConnection | Kind::NatGateway
        ) | (Kind::EndpointTable, Kind::GatewayEndpoint | Kind::RouteTable)
            | (Kind::GatewayAttachment, Kind::InternetGateway | Kind::Vpc)
            | (Kind::RouteTableAssociation, Kind::RouteTable | Kind::Subnet)
            | (Kind::Target, Kind::TargetGroup)
            | (Kind::SecurityGroupRule, Kind::SecurityGroup)
            | (Kind::Listener, Kind::LoadBalancer | Kind::TargetGroup)
    )
}
