//! What a look answers: finding what a request has made, and reading phases.

use accel_core::backend::{Difference, Phase, ReadItem, Ready, Request};
use accel_core::resource::{Attributes, Kind};
use accel_core::tags::{self, Tags};
use accel_core::{Fingerprint, Owner, RemoteId};

use crate::ask::{Accounts, Demand, Translator};
use crate::hold::Viewer;
use crate::kind::{Body, Differences, PeeringState, Setting};
use crate::sight::{Seen, Sight};
use crate::thing::{Key, State, Thing};
use crate::world::World;

impl World {
    /// What an earlier create of the same request made.
    pub(crate) fn find_made(&self, request: &Request<'_>, accounts: &Accounts) -> Option<Key> {
        // A request whose references are not there has made nothing.
        let demand = Translator { world: self, accounts, request }.demand().ok()?;
        match demand {
            Demand::Setting(setting) => {
                let parent = setting.value().parent();
                let thing = self.thing(parent);
                let live = self.look(thing, Sight::Id).is_live();
                (live && self.differences_of_setting(&setting).is_empty()).then_some(parent)
            }
            Demand::Thing(body) => {
                let viewer =
                    Viewer { account: accounts.of(request.place.side), place: request.place };
                let is_it = |thing: &&Thing| {
                    thing.kind() == body.kind()
                        && viewer.is_at(thing)
                        && self.look(thing, Sight::List).is_live()
                        && self.route(thing.key).map(|route| &route.via)
                            == self.via_seen(thing, Sight::List)
                        && self.is_equal(&body, thing)
                };
                let found = if body.kind().facts().taggable {
                    let deployment = request.owner.deployment.as_str();
                    let mut ours = self.of_deployment(deployment);
                    ours.find(|t| is_owned(&t.tags, request.owner) && is_it(t))
                } else {
                    self.children(first_ref(&body)?).find(is_it)
                };
                found.map(|thing| thing.key)
            }
        }
    }

    fn is_equal(&self, asked: &Body, thing: &Thing) -> bool {
        let mut differences = Differences::new(self);
        asked.compare(&thing.body, &mut differences);
        differences.found.is_empty()
    }

    /// How a setting's value differs; for a while after a change, a look still shows the value from before.
    fn differences_of_setting(&self, setting: &Setting) -> Vec<Difference> {
        let value = setting.value();
        let mut differences = Differences::new(self);
        value.compare(self, &mut differences);
        let changed = &self.thing(value.parent()).changed;
        let stale = changed.iter().any(|(kind, at)| {
            *kind == setting.kind() && self.now < *at + self.settings.lag.settings
        });
        if stale && differences.found.is_empty() {
            let earlier = || "the value from before".to_owned();
            differences.push(setting.kind().name(), "the new value".to_owned(), earlier());
        }
        differences.found
    }

    /// The phase of one thing now.
    pub(crate) fn read_one(&self, item: &ReadItem<'_>, accounts: &Accounts) -> Phase {
        let account = accounts.of(item.id.place.side);
        let Some(key) = self.resolve(item.id, account) else { return Phase::Gone };
        let thing = self.thing(key);
        let seen = self.look_as(thing, item.id.kind);
        let demand = match &item.request {
            Some(request) => Translator { world: self, accounts, request }.demand().ok(),
            None => None,
        };
        if item.id.kind.facts().setting {
            return self.read_setting(thing, seen, item.id, demand.as_ref());
        }
        let mut phase = self.phase(thing, seen, Viewer { account, place: &item.id.place });
        let mut differences = Differences::new(self);
        match demand {
            Some(Demand::Thing(asked)) => asked.compare(&thing.body, &mut differences),
            Some(Demand::Setting(setting)) => {
                let value = setting.value();
                differences.thing("route", value.parent(), key);
                value.compare(self, &mut differences);
            }
            None => {}
        }
        if let Phase::Ready(ready) = &mut phase {
            ready.differs = differences.found;
        }
        phase
    }

    fn read_setting(
        &self,
        thing: &Thing,
        seen: Seen,
        id: &RemoteId,
        demand: Option<&Demand>,
    ) -> Phase {
        if !seen.is_live() {
            return if seen.state() == State::Deleting { Phase::Deleting } else { Phase::Gone };
        }
        if id.kind == Kind::PeeringAcceptance
            && let Body::PeeringConnection(p) = &thing.body
        {
            match p.state_of(self, thing) {
                // Before it is accepted, and when it is over, there is no acceptance.
                PeeringState::Initiating | PeeringState::PendingAcceptance | PeeringState::Over => {
                    return Phase::Gone;
                }
                PeeringState::Provisioning => return Phase::Pending,
                PeeringState::Deleting => return Phase::Deleting,
                PeeringState::Active => {}
            }
        }
        let mut ready = Ready::new(Attributes::Plain);
        if let Some(Demand::Setting(setting)) = demand {
            ready.differs = self.differences_of_setting(setting);
        }
        Phase::Ready(ready)
    }

    /// What a look calls the state of a thing.
    pub(crate) fn phase(&self, thing: &Thing, seen: Seen, viewer: Viewer<'_>) -> Phase {
        match seen.state() {
            State::Pending => Phase::Pending,
            State::Ready => {
                let rules = thing.body.rules();
                let health = rules.health(self, thing);
                Phase::Ready(Ready { health, ..Ready::new(rules.attributes(self, thing, viewer)) })
            }
            State::Failed => {
                let why = thing.life.fails.clone();
                let why = why.unwrap_or_else(|| "what it stands in has failed".to_owned());
                Phase::Failed { why }
            }
            State::Deleting => Phase::Deleting,
            State::Gone => Phase::Gone,
        }
    }
}

/// Whether tags name this owner.
pub(crate) fn is_owned(tags: &Tags, owner: &Owner) -> bool {
    let text = |tag: &str| tags.get(tag).map(String::as_str);
    text(tags::DEPLOYMENT) == Some(owner.deployment.as_str())
        && text(tags::NODE) == Some(owner.node.as_str())
        && text(tags::FINGERPRINT).and_then(Fingerprint::parse) == Some(owner.fingerprint)
}

fn first_ref(body: &Body) -> Option<Key> {
    let mut first = None;
    body.rules().refs(&mut |key| {
        first.get_or_insert(key);
    });
    first
}
