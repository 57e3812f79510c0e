//! A route whose target is replaced. It is no thing of its own: the route is, in whose table ever it stands, and this is a value of it.
//! How routes are named says more about them than a cloud knows, so that is here too.

use std::time::Duration;

use accel_core::backend::Request;
use accel_core::resource::{Kind, Resource};
use accel_core::tags;
use accel_core::{Error, ErrorKind, RemoteId, Result, resource};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Differences, Route, Value, Via};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::sight::{Seen, Sight};
use crate::thing::{Key, State, Thing};
use crate::world::World;

/// Sends a route through a NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteReplacement {
    /// The route.
    pub route: Key,
    /// The NAT gateway.
    pub nat: Key,
    /// The id of what it led to before.
    pub was: String,
}

pub(super) fn asked(
    it: &resource::RouteReplacement,
    from: &Translator<'_>,
) -> Result<RouteReplacement> {
    let table = from.key(&it.table)?;
    let nat = from.key(&it.nat)?;
    let route = from.world.route_to(table, it.destination.trunc());
    let route = route.ok_or_else(|| no_route(it.destination))?.key;
    Ok(RouteReplacement { route, nat, was: it.was.clone() })
}

/// Source: `ReplaceRoute`; the code is not documented, and taken from other people's answers.
pub(super) fn no_route(destination: Ipv4Net) -> Error {
    let why = format!("there is no route defined for {destination}");
    refusal::invalid("InvalidParameterValue", why)
}

impl Value for RouteReplacement {
    fn parent(&self) -> Key {
        self.route
    }

    /// The cloud asks nobody what was there before. Source: `ReplaceRoute`.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        let thing = world.thing(self.route);
        let Some(route) = world.route(self.route).cloned() else {
            return Err(refusal::invalid("InvalidParameterValue", "not a route"));
        };
        if world.look(thing, Sight::Id) == Seen::Nothing {
            let why = format!("there is no route defined for {}", route.destination);
            return Err(refusal::not_yet("InvalidParameterValue", why));
        }
        world.replace_route(&Route { via: Via::Nat(self.nat), ..route })
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        let is = world.via_seen(world.thing(self.route), Sight::List);
        let is = is.map(|via| world.target_text(via)).unwrap_or_default();
        found.field("nat", &world.thing(self.nat).text.as_ref(), &is.as_str());
    }
}

/// The parts of a route's id: `rtb-1/0.0.0.0/0`, and where they are told, `@nat-2` for the NAT gateway that it leads to and `<igw-3` for
/// what it led to before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RouteName<'a> {
    /// The cloud's own: table and destination.
    pub(crate) route: &'a str,
    pub(crate) nat: Option<&'a str>,
    pub(crate) was: Option<&'a str>,
}

impl<'a> RouteName<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        let Some((route, rest)) = text.split_once('@') else {
            return Self { route: text, nat: None, was: None };
        };
        match rest.split_once('<') {
            Some((nat, was)) => Self { route, nat: Some(nat), was: Some(was) },
            None => Self { route, nat: Some(rest), was: None },
        }
    }
}

/// The id of the route that a request has made or changed, if it leads to a NAT gateway.
pub(crate) fn name_of(route: &Thing, request: &Request<'_>) -> Option<String> {
    let name = |nat| format!("{}@{}", route.text, request.inputs.id(nat));
    if let Resource::RouteReplacement(asked) = request.resource {
        return Some(format!("{}<{}", name(&asked.nat), asked.was));
    }
    let Resource::Route(resource::Route { via: resource::Via::Nat(nat), .. }) = request.resource
    else {
        return None;
    };
    Some(name(nat))
}

impl World {
    /// The route of a table to a destination.
    pub fn route_to(&self, table: Key, destination: Ipv4Net) -> Option<&Thing> {
        let is_it = |thing: &&Thing| {
            self.route(thing.key).is_some_and(|route| route.destination == destination)
        };
        self.children_of_kind(table, Kind::Route).find(is_it)
    }

    /// Where a look sees a route lead: for a while after a change, where it led before.
    pub(crate) fn via_seen<'w>(&'w self, route: &'w Thing, sight: Sight) -> Option<&'w Via> {
        let is = &self.route(route.key)?.via;
        match self.retargeted.get(&route.key) {
            Some((was, at)) if !self.has_spread(route.key, *at, sight) => Some(was),
            Some(_) | None => Some(is),
        }
    }

    /// When a route was last led elsewhere.
    pub fn retargeted(&self, route: &Thing) -> Option<Duration> {
        self.retargeted.get(&route.key).map(|(_, at)| *at)
    }

    /// The id of what a route leads to.
    pub fn target_text(&self, via: &Via) -> String {
        via.key().map_or_else(|| via.to_string(), |key| self.thing(key).text.to_string())
    }

    /// The kind and the id of a route as a look sees it: one that leads to a NAT gateway says so, and is a replacement if that has a
    /// receipt for it.
    pub(crate) fn route_seen(&self, route: &Thing, sight: Sight) -> Option<(Kind, String)> {
        let Via::Nat(nat) = self.via_seen(route, sight)? else { return None };
        let nat = self.thing(*nat);
        let name = format!("{}@{}", route.text, nat.text);
        let mut receipts = tags::receipts(&nat.tags);
        let before = receipts.find(|(place, _)| *place == route.text.as_ref());
        Some(match before {
            Some((_, was)) if was != tags::NOTHING_BEFORE => {
                (Kind::RouteReplacement, format!("{name}<{was}"))
            }
            Some(_) | None => (Kind::Route, name),
        })
    }

    /// The routes that a look may still see lead to something, though they do not any more.
    pub(crate) fn led_to(&self, target: Key) -> impl Iterator<Item = &Thing> {
        let were = self.retargeted.iter().filter(move |(_, (was, _))| was.key() == Some(target));
        were.map(|(route, _)| self.thing(*route)).filter(|it| self.state(it) != State::Gone)
    }

    /// Whether a route leads to the NAT gateway that its name says, if it says one.
    pub(crate) fn leads_there(&self, via: Option<&Via>, name: RouteName<'_>) -> bool {
        name.nat.is_none_or(
            |nat| matches!(via, Some(Via::Nat(key)) if self.thing(*key).text.as_ref() == nat),
        )
    }

    /// Gives a route its old target back, if it is seen to lead where the replacement sent it. That it is seen to lead to its old
    /// target proves nothing: a look may show what was before the replacement. The call itself asks for no condition.
    pub(crate) fn put_back(&mut self, id: &RemoteId) -> Result<()> {
        let name = RouteName::parse(id.as_str());
        let key = self.by_id(name.route).map(|route| route.key);
        let (Some(was), Some(key)) = (name.was, key) else { return Ok(()) };
        let Some(route) = self.route(key).cloned() else { return Ok(()) };
        let seen = self.via_seen(self.thing(key), Sight::Id);
        let is_back = seen.is_some_and(|via| self.target_text(via) == was);
        if self.state(self.thing(key)) == State::Gone || !(is_back || self.leads_there(seen, name))
        {
            return Ok(());
        }
        let back = self.target_named(was);
        let there = back.as_ref().is_some_and(|via| self.is_there(via));
        let back = back.ok_or_else(|| refusal::invalid("InvalidParameterValue", "it is gone"));
        back.and_then(|via| self.replace_route(&Route { via, ..route })).map_err(|error| {
            if there && error.kind() == ErrorKind::NotYet {
                return error;
            }
            let why = format!(
                "{} cannot be led back to {was}, which is not there any more ({}): point the route elsewhere, or delete it",
                name.route,
                error.message()
            );
            let code = error.provider_code().unwrap_or_default().to_owned();
            Error::new(ErrorKind::Invalid, why).code(code)
        })
    }

    /// The target that an id names; `None` if it is gone. Which parameter of `ReplaceRoute` it takes is said by its prefix.
    fn target_named(&self, id: &str) -> Option<Via> {
        let foreign = || Via::Foreign(id.to_owned());
        if id.starts_with("eni-") {
            return self.interfaces().any(|it| it.text == id).then(foreign);
        }
        let Some(thing) = self.by_id(id) else { return Some(foreign()) };
        let (kind, key) = (thing.kind(), thing.key);
        Some(if kind == Kind::InternetGateway {
            Via::Gateway(key)
        } else if kind == Kind::PeeringConnection {
            Via::Peering(key)
        } else if kind == Kind::NatGateway {
            Via::Nat(key)
        } else {
            foreign()
        })
    }

    fn is_there(&self, via: &Via) -> bool {
        via.key()
            .is_none_or(|key| matches!(self.state(self.thing(key)), State::Pending | State::Ready))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use accel_core::backend::{Phase, ReadItem, Scope};
    use accel_core::resource::{Api, ExtraTags};
    use accel_core::{NetworkBackend as _, Ref};
    use ipnet::Ipv4Net;

    use super::*;
    use crate::testing::{Deployer, entry, net, refused, run, secs};
    use crate::{Blueprint, Lag, Leads, Premises, Settings};

    const PEER: &str = "192.0.2.0/24";

    /// A lane in a place where somebody has a network, too, whose island leads to the internet by a NAT gateway of theirs.
    async fn scene(settings: Settings) -> (Deployer, Premises) {
        let deployer = Deployer::with(settings, "").await;
        let mut blueprint = Blueprint::usual(&entry(), 1);
        blueprint.nats.insert("theirs".to_owned(), "public.a".to_owned());
        let island = blueprint.tables.get_mut("island.a").unwrap();
        island.routes.insert(Ipv4Net::default(), Leads::Nat("theirs".to_owned()));
        island.routes.insert(net(PEER), Leads::Foreign("eni-7".to_owned()));
        let premises = deployer.cloud.add_network(&blueprint).unwrap();
        (deployer, premises)
    }

    fn existing<K>(kind: Kind, id: &str) -> Ref<K> {
        Ref::existing(RemoteId::new(kind, entry(), id))
    }

    /// A NAT gateway of ours in their network, with a receipt for their default route.
    async fn nat(deployer: &Deployer, premises: &Premises) -> RemoteId {
        let address = deployer.also("address", &entry(), resource::ElasticIp {}).await.unwrap();
        secs(30).await;
        let nat = resource::NatGateway {
            subnet: existing(Kind::Subnet, &premises.subnets["public.a"]),
            address: Ref::existing(address),
        };
        let place = format!("{}/0.0.0.0/0", premises.tables["island.a"]);
        let receipt = (format!("{}{place}", tags::RECEIPT), premises.nats["theirs"].clone());
        // Its members are not looked at: the create of one of them carries it.
        let receipt = ExtraTags { members: vec![], tags: [receipt].into(), api: Api::Network };
        let id = deployer.also_with("nat", &entry(), nat, &[receipt.into()]).await.unwrap();
        secs(120).await;
        id
    }

    fn replacement(premises: &Premises, nat: &RemoteId) -> resource::RouteReplacement {
        resource::RouteReplacement {
            table: existing(Kind::RouteTable, &premises.tables["island.a"]),
            destination: Ipv4Net::default(),
            nat: Ref::existing(nat.clone()),
            was: premises.nats["theirs"].clone(),
        }
    }

    fn target(deployer: &Deployer, premises: &Premises) -> String {
        deployer.cloud.inspect(|world| {
            let table = world.find(&premises.tables["island.a"]).unwrap().key();
            let route = world.route_to(table, Ipv4Net::default()).unwrap();
            world.target_text(&world.route(route.key()).unwrap().via)
        })
    }

    #[test]
    fn a_route_is_taken_over_and_put_back() {
        run(async {
            let (deployer, premises) = scene(Settings::instant()).await;
            let before = deployer.cloud.inspect(World::inventory);
            let nat = nat(&deployer, &premises).await;
            let id = deployer.also("r", &entry(), replacement(&premises, &nat)).await.unwrap();
            let (table, theirs) = (&premises.tables["island.a"], &premises.nats["theirs"]);
            assert_eq!(id.as_str(), format!("{table}/0.0.0.0/0@{nat}<{theirs}"));
            assert_eq!(target(&deployer, &premises), nat.as_str());
            let again = deployer.also("r", &entry(), replacement(&premises, &nat)).await;
            assert_eq!(again, Ok(id.clone()));
            let listing =
                deployer.cloud.list(Scope::all(&deployer.deployment, &entry())).await.unwrap();
            let shown = listing.found.iter().find(|found| found.id == id).unwrap();
            assert_eq!((shown.refs[0].as_str(), &shown.refs[1]), (table.as_str(), &nat));
            deployer.cloud.delete(&id).await.unwrap();
            assert_eq!(target(&deployer, &premises), *theirs);
            deployer.cloud.delete(&nat).await.unwrap();
            assert_eq!(deployer.cloud.inspect(World::inventory), before);
        });
    }

    #[test]
    fn what_somebody_has_pointed_elsewhere_stays() {
        run(async {
            let (deployer, premises) = scene(Settings::instant()).await;
            let nat = nat(&deployer, &premises).await;
            let id = deployer.also("r", &entry(), replacement(&premises, &nat)).await.unwrap();
            deployer.cloud.meddle(|world| {
                let route = world.find(id.as_str()).unwrap().id().to_owned();
                world.change(&route, |body| {
                    let super::super::Body::Route(route) = body else { panic!("a route") };
                    route.via = Via::Foreign("eni-9".to_owned());
                });
            });
            deployer.cloud.delete(&id).await.unwrap();
            assert_eq!(target(&deployer, &premises), "eni-9");
            let item = ReadItem { id: &id, request: None };
            assert_eq!(deployer.cloud.read(&[item]).await.remove(0), Ok(Phase::Gone));
        });
    }

    #[test]
    fn what_is_gone_cannot_be_put_back() {
        run(async {
            let (deployer, premises) = scene(Settings::instant()).await;
            let nat = nat(&deployer, &premises).await;
            let id = deployer.also("r", &entry(), replacement(&premises, &nat)).await.unwrap();
            deployer.cloud.meddle(|world| world.vanish(&premises.nats["theirs"]));
            let error = deployer.cloud.delete(&id).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(error.message().contains("point the route elsewhere"), "{error}");
            assert_eq!(target(&deployer, &premises), nat.as_str());
        });
    }

    #[test]
    fn there_must_be_a_route_to_replace() {
        run(async {
            let (deployer, premises) = scene(Settings::instant()).await;
            let nat = nat(&deployer, &premises).await;
            let destination = net("198.51.100.0/24");
            let asked = resource::RouteReplacement { destination, ..replacement(&premises, &nat) };
            let answer = refused(deployer.also("r", &entry(), asked).await);
            assert_eq!(answer, (ErrorKind::Invalid, "InvalidParameterValue".to_owned()));
        });
    }

    /// A look sees the old target for a while, both ways.
    #[test]
    fn the_new_target_shows_after_a_while() {
        run(async {
            let lag = Lag {
                by_id: Duration::from_secs(5),
                by_list: Duration::from_secs(10),
                settings: Duration::ZERO,
                settled: Duration::from_secs(10),
            };
            let (deployer, premises) = scene(Settings { lag, ..Settings::fast() }).await;
            let nat = nat(&deployer, &premises).await;
            let id = deployer.also("r", &entry(), replacement(&premises, &nat)).await.unwrap();
            let phase = async || {
                let item = ReadItem { id: &id, request: None };
                deployer.cloud.read(&[item]).await.remove(0).unwrap()
            };
            let listed = async || {
                let place = entry();
                let scope = Scope::all(&deployer.deployment, &place);
                let listing = deployer.cloud.list(scope).await.unwrap();
                listing.found.iter().any(|found| found.id == id)
            };
            assert_eq!((phase().await, listed().await), (Phase::Gone, false));
            assert_eq!(target(&deployer, &premises), nat.as_str());
            secs(10).await;
            assert!(matches!(phase().await, Phase::Ready(_)) && listed().await);
            deployer.cloud.delete(&id).await.unwrap();
            assert_eq!(target(&deployer, &premises), premises.nats["theirs"]);
            assert!(matches!(phase().await, Phase::Ready(_)) && listed().await);
            secs(10).await;
            assert_eq!((phase().await, listed().await), (Phase::Gone, false));
            // A delete that still sees the old target puts it back all the same: its look may be older than the replacement.
            let again = deployer.also("r", &entry(), replacement(&premises, &nat)).await.unwrap();
            deployer.cloud.delete(&again).await.unwrap();
            assert_eq!(target(&deployer, &premises), premises.nats["theirs"]);
        });
    }

    #[test]
    fn a_name_says_as_much_as_it_must() {
        let parse = RouteName::parse;
        let (nat, was) = (Some("nat-2"), Some("igw-3"));
        let route = "rtb-1/0.0.0.0/0";
        assert_eq!(parse("rtb-1/0.0.0.0/0"), RouteName { route, nat: None, was: None });
        assert_eq!(parse("rtb-1/0.0.0.0/0@nat-2"), RouteName { route, nat, was: None });
        assert_eq!(parse("rtb-1/0.0.0.0/0@nat-2<igw-3"), RouteName { route, nat, was });
    }
}
