//! Looks at whole places: the first one, the listings in between, and the last.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Driver;
use super::begin::Beginning;
use super::call::{look_up, persist};
use crate::backend::{Found, Listing, Offer, OfferQuery, Phase, ReadItem, Scope};
use crate::engine::agenda::Moment;
use crate::engine::policy::Verb;
use crate::engine::reconcile::{Context, Reconciled, reconcile};
use crate::engine::state::{Item, Step};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{NodeName, Place, RemoteId};
use crate::journal::{ItemId, Record};
use crate::resource::Kind;

/// A thing, and what a look by its id said.
type Seen = (RemoteId, Result<Phase>);

impl Driver<'_> {
    /// Lists every place, each with retries.
    pub(crate) async fn list(&mut self, places: &[Place]) -> Result<(Vec<Found>, Vec<String>)> {
        let (backend, limits) = (self.backend, self.limits.clone());
        let deployment = self.deployment.clone();
        let asked_at = self.now();
        let lists = places.iter().map(|place| {
            let (deployment, limits, kinds) = (&deployment, &limits, self.kinds_in(place));
            async move {
                let scope = Scope { deployment, place, kinds: &kinds };
                persist(limits, Verb::List, || backend.list(scope))
                    .await
                    .map_err(|error| error.place(place.clone()))
            }
        });
        let answers: Vec<Result<Listing>> = futures_util::future::join_all(lists).await;
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for answer in answers {
            self.count(Verb::List);
            let mut listing = answer?;
            found.append(&mut listing.found);
            unknown.append(&mut listing.unknown);
        }
        self.agenda.listed_at = asked_at;
        let health = |it: &Found| Some((it.id.clone(), it.phase.health()?.clone()));
        self.health.extend(found.iter().filter_map(health));
        self.agenda.relist = false;
        Ok((found, unknown))
    }

    /// The kinds to look for in a place: those that it may have, and those that it is known to have.
    fn kinds_in(&self, place: &Place) -> Vec<Kind> {
        let Some(scope) = self.scope.get(place) else { return Kind::ALL.to_vec() };
        let here = self.state.items.iter().filter(|item| item.live() && item.place == *place);
        let kinds: BTreeSet<Kind> =
            here.map(|item| item.kind).chain(scope.iter().copied()).collect();
        kinds.into_iter().collect()
    }

    /// Whether a glance at every place shows all that is known, and nothing else: then a listing would show nothing new.
    pub(crate) async fn shows_only_what_is_known(&mut self, places: &[Place]) -> Result<bool> {
        let (backend, limits) = (self.backend, self.limits.clone());
        let deployment = self.deployment.clone();
        let glances = places.iter().map(|place| {
            let (deployment, limits, kinds) = (&deployment, &limits, self.kinds_in(place));
            async move {
                let scope = Scope { deployment, place, kinds: &kinds };
                persist(limits, Verb::Glance, || backend.glance(scope))
                    .await
                    .map_err(|error| error.place(place.clone()))
            }
        });
        let answers: Vec<Result<BTreeSet<String>>> = futures_util::future::join_all(glances).await;
        let mut all = true;
        for (place, answer) in places.iter().zip(answers) {
            self.count(Verb::Glance);
            all &= self.explains(place, &answer?);
        }
        Ok(all)
    }

    /// Whether the ids of a place are those that are known: what is there, and traces of what this run has removed, on whichever side.
    /// "Gone" of what may have been younger than the window proves nothing: the cloud may have said so of what it did not show yet.
    fn explains(&self, place: &Place, shown: &BTreeSet<String>) -> bool {
        let named =
            |item: &Item, text: &str| item.id.as_ref().is_some_and(|id| id.as_str() == text);
        let is_known = |text: &String| {
            self.state.ids().any(|id| {
                let item = self.state.item(id);
                let turn = self.agenda.turn(id);
                let old = turn.known + self.limits.window_ms(item.kind);
                let is_trace = turn.went.is_some_and(|went| went >= old);
                ((item.live() && item.place == *place) || is_trace) && named(item, text)
            })
        };
        let is_missing = |item: &Item| {
            item.place == *place
                && item.exists()
                && item.kind.facts().shows_at_a_glance()
                && !shown.iter().any(|text| named(item, text))
        };
        shown.iter().all(is_known) && !self.state.items.iter().any(is_missing)
    }

    /// Whether a look at what a glance does not show, and what is taken to be ready as soon as it is made, finds all of it so.
    pub(crate) async fn stands(&mut self) -> Result<bool> {
        let (backend, limits) = (self.backend, self.limits.clone());
        let unseen = |id: &ItemId| {
            let facts = self.state.item(*id).kind.facts();
            facts.ready.is_none() && !facts.setting && !facts.shows_at_a_glance()
        };
        let unseen: Vec<ItemId> = self.state.by_node.iter().copied().filter(unseen).collect();
        let looks = self.stamp.places.iter().map(|place| {
            let here = unseen.iter().filter(|id| self.state.item(**id).place == *place);
            let asked =
                here.filter_map(|id| Some((self.state.item(*id).id.clone()?, self.request(*id))));
            let (asked, limits): (Vec<_>, _) = (asked.collect(), &limits);
            async move {
                let items = asked.iter().map(|(id, request)| {
                    let request = Some(request.borrow());
                    ReadItem { id, request }
                });
                let items: Vec<ReadItem<'_>> = items.collect();
                let answers = match items.as_slice() {
                    [] => Vec::new(),
                    items => look_up(backend, limits, items).await?,
                };
                Ok(asked.into_iter().map(|(id, _)| id).zip(answers).collect())
            }
        });
        let answers: Vec<Result<Vec<Seen>>> = futures_util::future::join_all(looks).await;
        let mut all = true;
        for answer in answers {
            let phases = answer?;
            if !phases.is_empty() {
                self.count(Verb::Read);
            }
            for (id, phase) in phases {
                all &= matches!(phase, Ok(Phase::Ready(_)));
                self.health
                    .extend(phase.ok().and_then(|phase| Some((id, phase.health()?.clone()))));
            }
        }
        Ok(all)
    }

    /// What the cloud offers, with retries.
    pub(crate) async fn ask(&mut self, query: &OfferQuery) -> Result<Offer> {
        self.count(Verb::Offer);
        let (backend, limits) = (self.backend, self.limits.clone());
        persist(&limits, Verb::Offer, || backend.offer(query)).await
    }

    /// Reads everything that is wanted, each with what was asked for it: one batch per place.
    pub(crate) async fn read_all(&mut self) -> Result<Vec<(Option<RemoteId>, Phase)>> {
        let mut phases = vec![(None, Phase::Gone); self.state.by_node.len()];
        for place in self.stamp.places.clone() {
            let here: Vec<usize> = (0..phases.len())
                .filter(|node| self.state.item(self.state.by_node[*node]).place == place)
                .collect();
            let mut batch = Vec::new();
            for node in here {
                let id = self.state.by_node[node];
                let request = self.request(id);
                let remote = match &self.state.item(id).id {
                    Some(remote) => Some(remote.clone()),
                    None if self.settable(id) => {
                        self.count(Verb::Find);
                        let (backend, limits) = (self.backend, self.limits.clone());
                        persist(&limits, Verb::Find, || backend.find(request.borrow())).await?
                    }
                    None => None,
                };
                if let Some(remote) = remote {
                    batch.push((node, remote, request));
                }
            }
            let items: Vec<ReadItem<'_>> = batch
                .iter()
                .map(|(_, id, request)| ReadItem { id, request: Some(request.borrow()) })
                .collect();
            let answers = look_up(self.backend, &self.limits, &items).await?;
            self.count(Verb::Read);
            for ((node, remote, _), answer) in batch.iter().zip(answers) {
                phases[*node] = (Some(remote.clone()), answer?);
            }
        }
        Ok(phases)
    }

    /// What the records know, the opening look did not show, and a look by its id says is gone. A plan shows it as to be made; a run
    /// believes it only after looks over a window.
    pub(crate) async fn vanished(&mut self, beginning: &Beginning) -> Result<BTreeSet<NodeName>> {
        let mut vanished = BTreeSet::new();
        for place in self.stamp.places.clone() {
            let here = beginning.seen.missing.iter().map(|id| beginning.state.item(*id));
            let missing: Vec<(&NodeName, &RemoteId)> = here
                .filter(|item| item.place == place)
                .filter_map(|item| Some((&item.name, item.id.as_ref()?)))
                .collect();
            if missing.is_empty() {
                continue;
            }
            let items: Vec<ReadItem<'_>> =
                missing.iter().map(|(_, id)| ReadItem { id, request: None }).collect();
            let answers = look_up(self.backend, &self.limits, &items).await?;
            self.count(Verb::Read);
            let gone = missing.iter().zip(answers).filter(|(_, answer)| *answer == Ok(Phase::Gone));
            vanished.extend(gone.map(|((name, _), _)| (*name).clone()));
        }
        Ok(vanished)
    }

    /// No listing shows the values of settings: where records say that they are set, one read per place tells which of them somebody
    /// has changed since.
    pub(crate) async fn recheck(&mut self) -> Result<()> {
        let mut changed = Vec::new();
        for place in self.stamp.places.clone() {
            let here = |id: &ItemId| {
                let item = self.state.item(*id);
                item.place == place && item.step == Step::Ready && self.settable(*id)
            };
            let ids: Vec<ItemId> = self.state.by_node.iter().copied().filter(here).collect();
            let asked: Vec<_> = ids.iter().map(|id| (*id, self.request(*id))).collect();
            let items = asked.iter().filter_map(|(id, request)| {
                let id = self.state.item(*id).id.as_ref()?;
                Some(ReadItem { id, request: Some(request.borrow()) })
            });
            let items: Vec<ReadItem<'_>> = items.collect();
            if items.is_empty() {
                continue;
            }
            let answers = look_up(self.backend, &self.limits, &items).await?;
            self.count(Verb::Read);
            for (id, answer) in ids.iter().zip(answers) {
                if matches!(answer, Ok(Phase::Ready(ready)) if !ready.differs.is_empty()) {
                    changed.push(Record::Lost { item: *id });
                }
            }
        }
        self.record(&changed).await
    }

    /// A setting all of whose parents exist: only a look can tell its value.
    pub(super) fn settable(&self, id: ItemId) -> bool {
        let item = self.state.item(id);
        let Some(node) = item.node.filter(|_| item.kind.facts().setting) else { return false };
        let mut edges = self.state.graph.node(node).edges().iter();
        edges.all(|edge| self.state.item(self.state.item_of(edge.to)).exists())
    }

    /// How many calls of this run may have changed the cloud.
    pub(crate) fn mutations(&self) -> u32 {
        let mutating = Verb::ALL.iter().filter(|verb| verb.mutates());
        mutating.map(|verb| self.agenda.calls[*verb as usize]).sum()
    }

    /// Whether this run has called anything that may have changed the cloud, or is in doubt about something. Without records, one
    /// look at what exists is doubt: a listing may still show what another run has deleted.
    pub(crate) fn changed(&self) -> bool {
        self.mutations() > 0
            || !self.recorded
            || self.agenda.relist
            || self.state.items.iter().any(|item| item.step == Step::Intended)
    }

    /// Waits, unless somebody asks to stop; writes that it is alive.
    pub(crate) async fn rest(&mut self, until: Moment) -> Result<()> {
        while self.now() < until && !self.stop.asked() {
            self.wait(until).await?;
        }
        Ok(())
    }

    /// Whether every wanted node is ready and nothing that is to go is left.
    pub(crate) fn reached(&self) -> bool {
        self.unreached().next().is_none()
    }

    /// What is still to be made, to become ready or to go.
    pub(crate) fn unreached(&self) -> impl Iterator<Item = &Item> {
        let settled = |item: &Item| match item.node {
            Some(_) => item.step == Step::Ready,
            None => matches!(item.step, Step::Gone | Step::Absent),
        };
        // What halted while it was looked at may not be there any more, whatever is recorded.
        let done = move |id: &ItemId| {
            settled(self.state.item(*id)) && self.agenda.turn(*id).halted.is_none()
        };
        self.state.ids().filter(move |id| !done(id)).map(|id| self.state.item(id))
    }

    /// The end of a run that looks again and again and comes no nearer to its goal.
    pub(crate) fn does_not_settle(&self) -> Error {
        let what = |item: &Item| format!("{} is {}", item.name, item.step);
        let left: Vec<String> = self.unreached().map(what).collect();
        let left = if left.is_empty() {
            "every look shows something new".to_owned()
        } else {
            left.join(", ")
        };
        Error::new(ErrorKind::Failed, format!("the cloud does not settle: {left}"))
            .advice("look whether something else changes this deployment, then run again")
    }

    /// Holds a listing against the state, and writes what it means.
    pub(crate) async fn take_in(&mut self, found: &[Found], adopt: bool) -> Result<Reconciled> {
        let mut context = Context {
            deployment: &self.deployment,
            run: &self.stamp.run,
            adopt,
            revoke_foreign: self.revoke_foreign,
            opening: false,
            journalled: self.ledger.in_use(),
            now: self.now(),
            limits: &self.limits,
            first_seen: &mut self.first_seen,
        };
        let state = Cow::Borrowed(&self.state);
        let (seen, state) = reconcile(state, &self.agenda, found, &mut context)?;
        let changed = match state {
            Cow::Owned(state) => Some(state),
            Cow::Borrowed(_) => None,
        };
        if let Some(state) = changed {
            let known = self.state.items.len();
            self.record_with(&seen.records, state).await?;
            let now = self.now();
            for id in self.state.ids().skip(known) {
                self.agenda.turn_mut(id).known = now;
            }
        }
        self.take_note(&seen);
        self.look_at_networks(&seen.networks).await?;
        Ok(seen)
    }

    async fn look_at_networks(&mut self, networks: &BTreeSet<RemoteId>) -> Result<()> {
        if networks.is_empty() {
            return Ok(());
        }
        let items: Vec<ReadItem<'_>> =
            networks.iter().map(|id| ReadItem { id, request: None }).collect();
        let answers = look_up(self.backend, &self.limits, &items).await?;
        self.count(Verb::Read);
        for (network, answer) in networks.iter().zip(answers) {
            // What could not be seen is asked for again by the next listing.
            if let Ok(phase) = answer {
                self.agenda.networks.insert(network.clone(), phase != Phase::Gone);
            }
        }
        Ok(())
    }

    /// What is missing is looked at, and what is not ours is named when something is in the way.
    pub(super) fn take_note(&mut self, seen: &Reconciled) {
        self.agenda.strangers.clone_from(&seen.strangers);
        self.agenda.elsewhere.extend(seen.elsewhere.iter().cloned());
        self.agenda.receipts.extend(seen.receipts.iter().cloned());
        for id in &seen.missing {
            self.agenda.turn_mut(*id).suspect = true;
        }
    }
}
