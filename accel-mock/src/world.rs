//! The world: everything that exists, and the few operations that change it.
//!
//! Ordered maps, ids from a counter, no randomness, no clock of its own: whoever enters the world says what time it is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use accel_core::resource::Kind;
use accel_core::tags::{self, Tags};
use accel_core::{AccountId, Region, RemoteId, Result};
use serde::{Deserialize, Serialize};

use crate::agenda::Event;
use crate::ask::{Ask, Demand};
use crate::interface::Interface;
use crate::kind::{Answer, Body, RouteName, Via, missing};
use crate::pairs;
use crate::refusal;
use crate::settings::Settings;
use crate::sight::{Seen, Sight};
use crate::thing::{Key, Life, State, Thing};
use crate::throttle::Bucket;
use crate::token::Token;

/// Everything that exists.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    /// What kind of cloud it is; not kept in a file, so that whoever opens one decides.
    #[serde(skip)]
    pub(crate) settings: Settings,
    pub(crate) now: Duration,
    /// The number of the current call.
    pub(crate) call: u64,
    pub(crate) calls_begun: u64,
    pub(crate) things: Vec<Thing>,
    /// By subnet and address.
    #[serde(with = "pairs")]
    pub(crate) interfaces: BTreeMap<(Key, Ipv4Addr), Interface>,
    #[serde(with = "pairs")]
    pub(crate) tokens: BTreeMap<(AccountId, Region, String), Token>,
    #[serde(with = "pairs")]
    pub(crate) agenda: BTreeMap<(Duration, u64), Event>,
    pub(crate) agenda_count: u64,
    pub(crate) unknown: Vec<Unknown>,
    /// Until when a thing counts as used by a kind of child that is gone.
    #[serde(with = "pairs")]
    pub(crate) held: BTreeMap<(Key, Kind), Duration>,
    /// Until when a VPC's private DNS name stays taken.
    #[serde(with = "pairs")]
    pub(crate) held_names: BTreeMap<(Key, String), Duration>,
    /// Where a route led before its target was replaced, and since when it does not: for a while, a look still sees that.
    #[serde(with = "pairs", default)]
    pub(crate) retargeted: BTreeMap<Key, (Via, Duration)>,
    #[serde(with = "pairs")]
    pub(crate) buckets: BTreeMap<(AccountId, Region, String), Bucket>,
    #[serde(with = "pairs")]
    by_text: BTreeMap<Arc<str>, Key>,
    #[serde(with = "pairs")]
    by_deployment: BTreeMap<String, BTreeSet<Key>>,
    #[serde(with = "pairs")]
    pub(crate) names: BTreeMap<(AccountId, Region, Kind, String), Key>,
    #[serde(with = "pairs")]
    census: BTreeMap<(AccountId, Region, Kind), u32>,
}

/// A tagged thing of a kind that accel does not know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Unknown {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) text: String,
    pub(crate) tags: Tags,
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            now: Duration::ZERO,
            call: 0,
            calls_begun: 0,
            things: Vec::new(),
            interfaces: BTreeMap::new(),
            tokens: BTreeMap::new(),
            agenda: BTreeMap::new(),
            agenda_count: 0,
            unknown: Vec::new(),
            held: BTreeMap::new(),
            held_names: BTreeMap::new(),
            retargeted: BTreeMap::new(),
            buckets: BTreeMap::new(),
            by_text: BTreeMap::new(),
            by_deployment: BTreeMap::new(),
            names: BTreeMap::new(),
            census: BTreeMap::new(),
        }
    }

    /// The time since the world's birth.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// What kind of cloud it is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Everything that is not gone, in the order in which it was made.
    pub fn live(&self) -> impl Iterator<Item = &Thing> {
        self.things.iter().filter(|thing| self.state(thing) != State::Gone)
    }

    /// The live thing with that id.
    pub fn find(&self, id: &str) -> Option<&Thing> {
        let name = RouteName::parse(id);
        let thing = self.thing(*self.by_text.get(name.route)?);
        let via = self.route(thing.key).map(|route| &route.via);
        (self.state(thing) != State::Gone && self.leads_there(via, name)).then_some(thing)
    }

    /// One thing, gone or not.
    pub fn thing(&self, key: Key) -> &Thing {
        &self.things[key.index()]
    }

    /// Where a thing is in its life.
    pub fn state(&self, thing: &Thing) -> State {
        match thing.life.state(self.now) {
            state @ (State::Pending | State::Ready) => thing.body.rules().state(self, thing, state),
            state @ (State::Failed | State::Deleting | State::Gone) => state,
        }
    }

    /// The state of what stands in other things: it fails with them.
    pub(crate) fn standing_in(
        &self,
        mut grounds: impl Iterator<Item = Key>,
        state: State,
    ) -> State {
        let failed = grounds.any(|ground| self.state(self.thing(ground)) == State::Failed);
        if failed { State::Failed } else { state }
    }

    pub(crate) fn before_removal(&self, thing: &Thing) -> State {
        thing.life.before_removal(thing.life.deleting.unwrap_or(self.now))
    }

    /// Does what one create asks, and says which thing it is about.
    pub(crate) fn demand(&mut self, ask: Ask) -> Result<Key> {
        match &ask.demand {
            Demand::Thing(_) => self.create(ask),
            Demand::Setting(setting) => {
                let setting = setting.clone();
                let value = setting.value();
                let parent = value.parent();
                value.set(self, &ask)?;
                if setting.kind().facts().setting {
                    self.note_change(parent, setting.kind());
                }
                Ok(parent)
            }
        }
    }

    fn create(&mut self, ask: Ask) -> Result<Key> {
        let Ask { demand: Demand::Thing(body), .. } = &ask else {
            unreachable!("only things are created")
        };
        if let Some(key) = self.replay(&ask, body)? {
            return Ok(key);
        }
        match body.rules().check(self, &ask)? {
            Answer::Same(key) => Ok(key),
            Answer::New => Ok(self.insert(ask)),
        }
    }

    /// Adds a thing that has passed all checks.
    pub(crate) fn insert(&mut self, ask: Ask) -> Key {
        let Ask { demand: Demand::Thing(body), place, account, tags, token, fails } = ask else {
            unreachable!("only things are inserted")
        };
        let key = Key(u32::try_from(self.things.len()).expect("fewer than 2^32 things"));
        let text = body.rules().text(self, key);
        if let Some(token) = token {
            let scope = (account.clone(), place.region.clone(), token);
            self.tokens.insert(scope, Token::new(key, &body, &tags, self.now));
        }
        let ready = self.now + self.settings.delays.ready(body.kind());
        let fails =
            (fails && can_fail(body.kind())).then(|| "internal failure of the provider".to_owned());
        let life = Life { born: self.now, ready, fails, deleting: None, gone: None };
        self.by_text.insert(Arc::clone(&text), key);
        self.count(&account, &place.region, body.kind(), 1);
        self.link(key, &body);
        if let Some(name) = body.rules().name() {
            let scope = (account.clone(), place.region.clone(), body.kind(), name.to_owned());
            self.names.insert(scope, key);
        }
        let thing = Thing {
            key,
            account,
            place,
            text,
            tags,
            body: body.clone(),
            life,
            children: Vec::new(),
            changed: Vec::new(),
        };
        self.things.push(thing);
        self.index_tags(key);
        body.rules().arrive(self, key);
        key
    }

    fn link(&mut self, key: Key, body: &Body) {
        for parent in parents(body) {
            let children = &mut self.things[parent.index()].children;
            if children.last() != Some(&key) {
                children.push(key);
            }
        }
    }

    /// Takes a thing out of what its parents know.
    pub(crate) fn unlink(&mut self, key: Key) {
        for parent in parents(&self.thing(key).body) {
            self.things[parent.index()].children.retain(|child| *child != key);
        }
    }

    pub(crate) fn relink(&mut self, key: Key) {
        let body = self.thing(key).body.clone();
        self.link(key, &body);
    }

    fn count(&mut self, account: &AccountId, region: &Region, kind: Kind, by: i32) {
        let count = self.census.entry((account.clone(), region.clone(), kind)).or_default();
        *count = count.saturating_add_signed(by);
    }

    /// How many of a kind there are in a region.
    pub(crate) fn population(&self, account: &AccountId, region: &Region, kind: Kind) -> u32 {
        self.census.get(&(account.clone(), region.clone(), kind)).copied().unwrap_or(0)
    }

    /// What refers to a thing and is not gone.
    pub(crate) fn children(&self, key: Key) -> impl Iterator<Item = &Thing> {
        let children = self.thing(key).children.iter().map(|child| self.thing(*child));
        children.filter(|child| self.state(child) != State::Gone)
    }

    pub(crate) fn children_of_kind(&self, key: Key, kind: Kind) -> impl Iterator<Item = &Thing> {
        self.children(key).filter(move |child| child.kind() == kind)
    }

    /// Starts removing what an id names. Removing what is gone, or what this call cannot see, succeeds and does nothing.
    pub(crate) fn delete(&mut self, id: &RemoteId, account: &AccountId) -> Result<()> {
        if id.kind.facts().setting && id.kind != Kind::PeeringTags {
            return Ok(());
        }
        if id.kind == Kind::RouteReplacement {
            return self.put_back(id);
        }
        let Some(key) = self.resolve(id, account) else { return Ok(()) };
        let thing = self.thing(key);
        let hidden = self.look_as(thing, id.kind) == Seen::Nothing;
        let leaving = matches!(self.state(thing), State::Deleting | State::Gone);
        if hidden || leaving {
            return Ok(());
        }
        let via = self.route(key).map(|route| &route.via);
        if !self.leads_there(via, RouteName::parse(id.as_str())) {
            return Ok(());
        }
        thing.body.rules().blocked(self, thing)?;
        self.remove(key);
        Ok(())
    }

    /// Removes a thing without asking anybody.
    pub(crate) fn remove(&mut self, key: Key) {
        let thing = self.thing(key);
        let kind = thing.kind();
        let body = thing.body.clone();
        for child in thing.children.clone() {
            let child_of = self.thing(child);
            let born_with = kind == Kind::Vpc && child_of.body.comes_with_vpc();
            if born_with || vanishes_with(child_of.kind(), kind) {
                self.remove(child);
            }
        }
        let gone = self.now + self.settings.delays.gone(kind);
        let life = &mut self.things[key.index()].life;
        life.deleting = Some(self.now);
        life.gone = Some(gone);
        self.release_name(key);
        body.rules().leave(self, key, gone);
        if gone <= self.now {
            self.bury(key);
        } else {
            self.plan(gone, Event::Bury(key));
        }
    }

    /// Takes back what was made last and nobody has seen, as if it had never been.
    pub(crate) fn retract(&mut self, key: Key) {
        debug_assert_eq!(key.index() + 1, self.things.len(), "only what was made last");
        self.unlink(key);
        self.release_name(key);
        self.forget(key);
        let thing = self.things.pop().expect("it was made");
        self.by_text.remove(&thing.text);
        self.count(&thing.account, &thing.place.region, thing.body.kind(), -1);
    }

    fn release_name(&mut self, key: Key) {
        let thing = self.thing(key);
        let Some(name) = thing.body.rules().name() else { return };
        let scope =
            (thing.account.clone(), thing.place.region.clone(), thing.kind(), name.to_owned());
        if self.names.get(&scope) == Some(&key) {
            self.names.remove(&scope);
        }
    }

    /// Takes a thing that is gone out of what its parents know.
    pub(crate) fn bury(&mut self, key: Key) {
        let thing = self.thing(key);
        let (account, region) = (thing.account.clone(), thing.place.region.clone());
        let kind = thing.kind();
        self.unlink(key);
        if matches!(kind, Kind::InterfaceEndpoint | Kind::LoadBalancer | Kind::NatGateway) {
            self.interfaces.retain(|_, i| i.gone.is_none_or(|gone| gone > self.now));
        }
        self.count(&account, &region, kind, -1);
        let lingers = (kind == Kind::NatGateway).then_some(self.settings.delays.nat_trace);
        let stays = self.settings.lag.settled.max(lingers.unwrap_or_default());
        if stays.is_zero() {
            self.forget(key);
        } else {
            self.plan(self.now + stays, Event::Forget(key));
        }
    }

    pub(crate) fn forget(&mut self, key: Key) {
        for name in self.deployments_of(key) {
            if let Some(keys) = self.by_deployment.get_mut(&name) {
                keys.remove(&key);
            }
        }
    }

    fn deployments_of(&self, key: Key) -> Vec<String> {
        let thing = self.thing(key);
        let names = [thing.tags.get(tags::DEPLOYMENT), thing.body.other_tags(tags::DEPLOYMENT)];
        names.into_iter().flatten().cloned().collect()
    }

    /// What an id names, gone or not, wherever it is.
    pub(crate) fn by_id(&self, id: &str) -> Option<&Thing> {
        self.by_text.get(id).map(|key| self.thing(*key))
    }

    /// The thing that an id names, in the account and region where it says; of a setting, its parent.
    pub(crate) fn resolve(&self, id: &RemoteId, account: &AccountId) -> Option<Key> {
        let setting = id.kind.facts().setting;
        let text = if setting && id.kind != Kind::PeeringTags {
            id.as_str().rsplit_once('/')?.0
        } else {
            id.as_str()
        };
        let name = RouteName::parse(text);
        let thing = self.thing(*self.by_text.get(name.route)?);
        if !self.leads_there(self.via_seen(thing, Sight::Id), name) {
            return None;
        }
        let is_at = |t: &Thing| t.account == *account && t.place.region == id.place.region;
        let there = thing.body.other_side().is_some_and(|other| is_at(self.thing(other)));
        let found = if id.kind == Kind::PeeringTags {
            there
        } else if setting {
            is_at(thing) || there
        } else {
            let is_replaced = id.kind == Kind::RouteReplacement && thing.kind() == Kind::Route;
            (id.kind == thing.kind() || is_replaced) && is_at(thing)
        };
        found.then_some(thing.key)
    }

    /// A thing that a call refers to: it must be there, and this call must see it.
    ///
    /// A cloud answers the same for what it does not show yet and for what never was.
    pub(crate) fn need(&self, key: Key) -> Result<&Thing> {
        self.need_as(key, missing(self.thing(key).kind()))
    }

    pub(crate) fn need_as(&self, key: Key, code: &'static str) -> Result<&Thing> {
        let thing = self.thing(key);
        let live = matches!(self.state(thing), State::Pending | State::Ready);
        if live && self.look(thing, Sight::Id) != Seen::Nothing {
            return Ok(thing);
        }
        Err(refusal::not_yet(code, format!("{} does not exist", thing.text)))
    }

    /// All things tagged for a deployment on either side, gone ones included while some look may still show them.
    pub(crate) fn of_deployment(&self, deployment: &str) -> impl Iterator<Item = &Thing> {
        let keys = self.by_deployment.get(deployment);
        keys.into_iter().flatten().map(|key| self.thing(*key))
    }

    pub(crate) fn index_tags(&mut self, key: Key) {
        for name in self.deployments_of(key) {
            self.by_deployment.entry(name).or_default().insert(key);
        }
    }

    /// Remembers that a setting of a thing has just changed.
    fn note_change(&mut self, parent: Key, kind: Kind) {
        let now = self.now;
        let changed = &mut self.things[parent.index()].changed;
        changed.retain(|(k, _)| *k != kind);
        changed.push((kind, now));
    }
}

/// Everything that it refers to.
pub(crate) fn parents(body: &Body) -> Vec<Key> {
    let mut parents = Vec::new();
    body.rules().refs(&mut |parent| parents.push(parent));
    parents
}

/// Kinds that a cloud accepts and may give up later. Source: `SubnetState`, `VpcEndpoint.State`, `VpcPeeringConnectionStateReason`,
/// `RouteTableAssociationState`, `LoadBalancerState`, `NatGatewayState`.
fn can_fail(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Subnet
            | Kind::InterfaceEndpoint
            | Kind::PeeringConnection
            | Kind::RouteTableAssociation
            | Kind::LoadBalancer
            | Kind::NatGateway
            | Kind::GatewayEndpoint
    )
}

/// What a cloud removes together with its parent. Source: `DeleteLoadBalancer`, `DeleteSecurityGroup`, `DeleteRouteTable`,
/// `DeleteSubnet`, `DeleteTargetGroup`, `DeleteVpcEndpoints` (the routes to a gateway endpoint).
fn vanishes_with(child: Kind, parent: Kind) -> bool {
    matches!(
        (child, parent),
        (Kind::Listener, Kind::LoadBalancer)
            | (Kind::SecurityGroupRule, Kind::SecurityGroup)
            | (Kind::Route, Kind::RouteTable)
            | (Kind::RouteTableAssociation, Kind::Subnet)
            | (Kind::Target, Kind::TargetGroup)
            | (Kind::EndpointTable, Kind::GatewayEndpoint | Kind::RouteTable)
    )
}
