//! The world as the provider's own API has it: actions of a caller on things, by their ids.
//!
//! The backend speaks the engine's language: verbs, kinds, nodes. Whoever speaks the provider's language (a server of its wire
//! protocol) comes in here. Both meet in the same rules: a create is an [`Ask`], a removal asks `blocked`, a look goes through
//! `sight`. What a VPC brings along (its main table, its default group) is made here alone, since the engine's requests never name
//! it.

use std::time::Duration;

use accel_core::resource::{Api, Attributes, Kind};
use accel_core::tags::Tags;
use accel_core::{AccountId, Error, ErrorKind, Place, Region, Result, Side};

use crate::ask::{Ask, Demand};
use crate::cloud::Cloud;
use crate::hold::Viewer;
use crate::interface::{Holder, Interface};
use crate::kind::{
    Body, DEFAULT_GROUP, PeeringState, RouteTable, SecurityGroup, Setting, missing, public_address,
};
use crate::refusal;
use crate::settings::Settings;
use crate::sight::Sight;
use crate::thing::{Key, State, Thing};
use crate::token::Token;
use crate::world::World;

/// For how long a peering connection that is over is still shown. Source: VPC peering connection lifecycle ("2 hours").
const PEERING_TRACE: Duration = Duration::from_secs(2 * 3600);

/// Who calls, and where: a cloud knows accounts and regions, no sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account of the credentials.
    pub account: AccountId,
    /// The region of the endpoint.
    pub region: Region,
}

impl Caller {
    /// Whether a thing is in the caller's account and region.
    pub fn is_at(&self, thing: &Thing) -> bool {
        thing.account == self.account && thing.place.region == self.region
    }

    fn place(&self) -> Place {
        Place::new(Side::Service, self.region.clone())
    }
}

impl Cloud {
    /// The account that owns everything unless somebody says otherwise.
    pub fn account(&self) -> &AccountId {
        &self.accounts.service
    }

    /// One call of an action: it has a number, and sees what a call of that number sees.
    pub fn action<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        self.meddle(|world| {
            world.calls_begun += 1;
            world.call = world.calls_begun;
            act(world)
        })
    }

    /// Empties the cloud and gives it other settings; nothing remembers what was.
    pub fn reset(&self, settings: Settings) {
        self.meddle(|world| *world = World::new(settings));
    }
}

impl World {
    /// The number of the current call.
    pub fn call_number(&self) -> u64 {
        self.call
    }

    /// The world as it was at a time, for a look of the present call: `earlier` is a copy from before that time, and nobody has changed
    /// anything in between but time.
    #[must_use]
    pub fn as_it_was(&self, earlier: &Self, at: Duration) -> Self {
        let mut past = earlier.clone();
        past.settings = self.settings.clone();
        past.call = self.call;
        past.enter(at);
        past
    }

    /// What is checked before a request is looked at: that the account has opted into the region, and how often it calls.
    pub fn admit(
        &mut self,
        caller: &Caller,
        action: &'static str,
        api: Api,
        mutating: bool,
    ) -> Result<()> {
        if self.settings.offers.closed_regions.contains(&caller.region) {
            let why = format!("the account has not opted into {}", caller.region);
            return Err(Error::new(ErrorKind::Denied, why).code("OptInRequired"));
        }
        self.throttle_action(action, api, mutating, &caller.account, &caller.place())
    }

    /// The things of a kind that a caller is shown, each in the state that it is shown in.
    pub fn shown<'w>(
        &'w self,
        caller: &'w Caller,
        kind: Kind,
        sight: Sight,
    ) -> impl Iterator<Item = (&'w Thing, State)> {
        let of_kind = self.things.iter().filter(move |thing| thing.kind() == kind);
        of_kind.filter_map(move |thing| Some((thing, self.shows(caller, thing, sight)?)))
    }

    /// The thing of a kind that an id names, if a caller is shown it.
    pub fn shown_by_id(&self, caller: &Caller, kind: Kind, id: &str) -> Option<(&Thing, State)> {
        let thing = self.by_id(id).filter(|thing| thing.kind() == kind)?;
        Some((thing, self.shows(caller, thing, Sight::Id)?))
    }

    /// What refers to a thing and is shown, by kind. It is where its parent is.
    pub fn shown_parts(
        &self,
        parent: Key,
        kind: Kind,
        sight: Sight,
    ) -> impl Iterator<Item = (&Thing, State)> {
        let parts = self.thing(parent).children.iter().map(|key| self.thing(*key));
        parts.filter(move |part| part.kind() == kind).filter_map(move |part| {
            let state = self.look(part, sight).state();
            (state != State::Gone).then_some((part, state))
        })
    }

    /// Tagged things of kinds that nobody here makes, by id.
    pub fn strangers<'w>(
        &'w self,
        caller: &'w Caller,
    ) -> impl Iterator<Item = (&'w str, &'w Tags)> {
        let here = self
            .unknown
            .iter()
            .filter(|it| it.account == caller.account && it.region == caller.region);
        here.map(|it| (it.text.as_str(), &it.tags))
    }

    fn shows(&self, caller: &Caller, thing: &Thing, sight: Sight) -> Option<State> {
        if let Body::PeeringConnection(_) = &thing.body {
            return self.shows_peering(caller, thing, sight);
        }
        if !caller.is_at(thing) {
            return None;
        }
        match self.look(thing, sight).state() {
            State::Gone => self.lingers(thing, sight).then_some(State::Gone),
            // Its entry is gone at once, whatever lingers of it. Source: `DeleteLoadBalancer`.
            State::Deleting if thing.kind() == Kind::LoadBalancer => None,
            state @ (State::Pending | State::Ready | State::Failed | State::Deleting) => {
                Some(state)
            }
        }
    }

    /// Whether it is deleted and still shown as that: a NAT gateway is, for about an hour. Source: `DeleteNatGateway`.
    pub(crate) fn lingers(&self, thing: &Thing, sight: Sight) -> bool {
        let trace = self.settings.delays.nat_trace;
        let since = thing.life.gone.filter(|_| thing.kind() == Kind::NatGateway);
        since.is_some_and(|gone| self.now < gone + trace)
            && self.has_spread(thing.key, thing.life.born, sight)
    }

    /// A connection is shown on both sides, on the accepter's once it has arrived; and for hours after it is over.
    fn shows_peering(&self, caller: &Caller, thing: &Thing, sight: Sight) -> Option<State> {
        let Body::PeeringConnection(peering) = &thing.body else { return None };
        let arrived = self.now >= thing.life.ready
            && self.has_spread(thing.key, thing.life.ready, sight)
            && caller.is_at(self.thing(peering.accepter));
        let here = caller.is_at(thing) && self.has_spread(thing.key, thing.life.born, sight);
        if !here && !arrived {
            return None;
        }
        match peering.state_of(self, thing) {
            PeeringState::Over => self.is_traced(thing).then_some(State::Gone),
            PeeringState::Initiating
            | PeeringState::PendingAcceptance
            | PeeringState::Provisioning
            | PeeringState::Active
            | PeeringState::Deleting => Some(self.look(thing, sight).state()),
        }
    }

    /// Whether a peering connection that is over is still shown.
    pub(crate) fn is_traced(&self, thing: &Thing) -> bool {
        self.now < self.over_since(thing) + PEERING_TRACE
    }

    fn over_since(&self, thing: &Thing) -> Duration {
        let expired = thing.life.born + self.settings.delays.peering_expiry;
        let failed = thing.failure().is_some() || self.is_impossible(thing);
        thing.life.gone.unwrap_or(if failed { thing.life.ready } else { expired })
    }

    fn is_impossible(&self, thing: &Thing) -> bool {
        let Body::PeeringConnection(peering) = &thing.body else { return false };
        self.now < thing.life.born + self.settings.delays.peering_expiry
            && peering.state_of(self, thing) == PeeringState::Over
    }

    /// The state of a peering connection, in the provider's words. Source: `VpcPeeringConnectionStateReason`.
    pub fn peering_status(&self, thing: &Thing) -> (&'static str, &'static str) {
        let Body::PeeringConnection(peering) = &thing.body else {
            return ("failed", "not a peering connection");
        };
        match peering.state_of(self, thing) {
            PeeringState::Initiating => ("initiating-request", "Initiating Request"),
            PeeringState::PendingAcceptance => ("pending-acceptance", "Pending Acceptance"),
            PeeringState::Provisioning => ("provisioning", "Provisioning"),
            PeeringState::Active => ("active", "Active"),
            PeeringState::Deleting => ("deleting", "Deleting"),
            PeeringState::Over if thing.life.deleting.is_some() => ("deleted", "Deleted"),
            PeeringState::Over if thing.failure().is_some() || self.is_impossible(thing) => {
                ("failed", "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range")
            }
            PeeringState::Over => ("expired", "Expired"),
        }
    }

    /// The thing that an id names, if the caller is shown it.
    ///
    /// # Errors
    /// That it does not exist, with the provider's code: the usual one of its kind, if none is given.
    pub fn require(
        &self,
        caller: &Caller,
        kind: Kind,
        id: &str,
        code: Option<&'static str>,
    ) -> Result<&Thing> {
        let shown = self.shown_by_id(caller, kind, id);
        shown.map(|(thing, _)| thing).ok_or_else(|| {
            refusal::not_yet(code.unwrap_or(missing(kind)), format!("{id} does not exist"))
        })
    }

    /// The thing that an id names in somebody's account and region, seen yet or not.
    ///
    /// # Errors
    /// That it does not exist.
    pub fn refer(&self, owner: &Caller, kind: Kind, id: &str) -> Result<&Thing> {
        let thing = self.by_id(id).filter(|thing| thing.kind() == kind && owner.is_at(thing));
        thing.ok_or_else(|| refusal::not_yet(missing(kind), format!("{id} does not exist")))
    }

    /// What an earlier call with that token made.
    pub fn made_with_token(&self, caller: &Caller, token: &str) -> Option<Key> {
        let scope = (caller.account.clone(), caller.region.clone(), token.to_owned());
        self.tokens.get(&scope).map(Token::made)
    }

    /// Makes one thing, or answers with the one that there is.
    ///
    /// # Errors
    /// What the cloud's rules say, with the provider's code.
    pub fn make(
        &mut self,
        caller: &Caller,
        body: Body,
        tags: Tags,
        token: Option<String>,
    ) -> Result<Key> {
        check_tags(&tags)?;
        let before = self.things.len();
        let key = self.demand(ask(caller, Demand::Thing(body), tags, token))?;
        if self.things.len() > before && self.thing(key).kind() == Kind::Vpc {
            self.furnish(caller, key);
        }
        Ok(key)
    }

    /// Makes several things in one call: all or none. Only for kinds that bring nothing along.
    ///
    /// # Errors
    /// The first refusal; nothing was made then.
    pub fn make_all(&mut self, caller: &Caller, all: Vec<(Body, Tags)>) -> Result<Vec<Key>> {
        let mut made = Vec::with_capacity(all.len());
        let mut new = Vec::new();
        for (body, tags) in all {
            let before = self.things.len();
            match self.make(caller, body, tags, None) {
                Ok(key) => {
                    made.push(key);
                    new.extend((self.things.len() > before).then_some(key));
                }
                Err(error) => {
                    for key in new.into_iter().rev() {
                        self.retract(key);
                    }
                    return Err(error);
                }
            }
        }
        Ok(made)
    }

    /// What a VPC brings along. Source: `CreateVpc`; Default security groups; Main route table, Amazon VPC user guide.
    fn furnish(&mut self, caller: &Caller, vpc: Key) {
        let table = Body::RouteTable(RouteTable { vpc, main: true });
        let group = Body::SecurityGroup(SecurityGroup {
            vpc,
            name: DEFAULT_GROUP.to_owned(),
            description: "default VPC security group".to_owned(),
            born_open: true,
        });
        for body in [table, group] {
            self.insert(ask(caller, Demand::Thing(body), Tags::new(), None));
        }
    }

    /// Sets a value.
    ///
    /// # Errors
    /// What the cloud's rules say, with the provider's code.
    pub fn set(&mut self, caller: &Caller, setting: Setting) -> Result<()> {
        self.demand(ask(caller, Demand::Setting(setting), Tags::new(), None)).map(drop)
    }

    /// Starts removing a thing. What is being removed already is as asked.
    ///
    /// # Errors
    /// That it does not exist, or what holds it.
    pub fn unmake(&mut self, caller: &Caller, kind: Kind, id: &str) -> Result<()> {
        let thing = self.require(caller, kind, id, None)?;
        let key = thing.key;
        if let Body::PeeringConnection(peering) = &thing.body
            && peering.state_of(self, thing) == PeeringState::Over
        {
            // Clients read in these words that it is over. Source: `resourceVPCPeeringConnectionDelete` of Terraform's AWS provider.
            let is = self.peering_status(thing).0;
            let why = format!(
                "Invalid state transition for {id}, attempted to transition from {is} to deleting"
            );
            return Err(refusal::invalid("InvalidStateTransition", why));
        }
        if thing.life.deleting.is_some() {
            return Ok(());
        }
        thing.body.rules().blocked(self, thing)?;
        self.remove(key);
        Ok(())
    }

    /// Takes an elastic IP away from what has it. Here only services have any, and nobody else can take them away.
    /// Source: `DisassociateAddress`; Error codes for the Amazon EC2 API, `InvalidAssociationID.NotFound`, `AuthFailure`.
    ///
    /// # Errors
    /// That there is no such association, or that it is a service's.
    pub fn disassociate_address(
        &self,
        caller: &Caller,
        address: &str,
        association: &str,
    ) -> Result<()> {
        let missing = "InvalidAssociationID.NotFound";
        let thing = self.require(caller, Kind::ElasticIp, address, Some(missing))?;
        if self.holder_of_address(thing.key).is_none() {
            return Err(refusal::not_yet(missing, format!("{association} does not exist")));
        }
        let why = format!("{association} belongs to a service");
        Err(Error::new(ErrorKind::Denied, why).code("AuthFailure"))
    }

    /// Takes tags away from a thing; a value, if one is given, must agree.
    pub fn untag(&mut self, key: Key, other_side: bool, tag: &str, value: Option<&str>) {
        let mut tags = std::mem::take(self.tags_mut(key, other_side));
        if value.is_none_or(|value| tags.get(tag).is_some_and(|is| is == value)) {
            tags.remove(tag);
        }
        *self.tags_mut(key, other_side) = tags;
        self.index_tags(key);
    }

    fn tags_mut(&mut self, key: Key, other_side: bool) -> &mut Tags {
        let thing = &mut self.things[key.index()];
        if let (Body::PeeringConnection(peering), true) = (&mut thing.body, other_side) {
            &mut peering.accepter_tags
        } else {
            &mut thing.tags
        }
    }

    /// The interfaces of a thing.
    pub fn interfaces_of(&self, holder: Key) -> impl Iterator<Item = &Interface> {
        self.interfaces().filter(move |interface| *interface.holder() == Holder::Thing(holder))
    }

    /// The public address of an elastic IP.
    pub fn address_of(&self, elastic_ip: Key) -> std::net::Ipv4Addr {
        public_address(elastic_ip, 0)
    }

    /// The table of the subnets of a VPC that have no other.
    pub fn main_table(&self, vpc: Key) -> Option<Key> {
        let is_main = |table: &&Thing| table.body.comes_with_vpc();
        self.children_of_kind(vpc, Kind::RouteTable).find(is_main).map(|table| table.key)
    }

    /// The group of what is in a VPC and has no other.
    pub fn default_group(&self, vpc: Key) -> Option<Key> {
        let is_default = |group: &&Thing| group.body.comes_with_vpc();
        self.children_of_kind(vpc, Kind::SecurityGroup).find(is_default).map(|group| group.key)
    }

    /// What is known of a thing once it is ready.
    pub fn attributes(&self, thing: &Thing) -> Attributes {
        let viewer = Viewer { account: &thing.account, place: &thing.place };
        thing.body.rules().attributes(self, thing, viewer)
    }
}

fn ask(caller: &Caller, demand: Demand, tags: Tags, token: Option<String>) -> Ask {
    let account = caller.account.clone();
    Ask { demand, place: caller.place(), account, tags, token, fails: false }
}

/// 50 tags per thing; `aws:` is the provider's own. Source: `CreateTags`, restrictions; Error codes for the Amazon EC2 API.
fn check_tags(tags: &Tags) -> Result<()> {
    if tags.keys().any(|key| key.starts_with("aws:") || key.len() > 128) {
        return Err(refusal::invalid("InvalidTagKey.Malformed", "a tag's key is not allowed"));
    }
    if tags.len() > 50 {
        return Err(refusal::quota("TagLimitExceeded", "a thing has at most 50 tags"));
    }
    Ok(())
}
