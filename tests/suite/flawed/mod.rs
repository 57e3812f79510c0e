//! Backends that break one promise each, to show that the suite notices: a test that cannot fail shows nothing.

mod flaws;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use accel_core::backend::{
    Blocker, Difference, Found, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Ready,
    Request, Scope,
};
use accel_core::resource::{Attributes, Health, Kind, Repeat};
use accel_core::{DeploymentId, Error, ErrorKind, RemoteId, Result, tags};
use accel_mock::Cloud;
use async_trait::async_trait;

pub use flaws::{FLAWS, Flaw};

/// The simulated cloud behind a backend with a flaw.
#[derive(Debug)]
pub struct Flawed {
    cloud: Cloud,
    flaw: Flaw,
    seen: Mutex<BTreeSet<RemoteId>>,
}

impl Flawed {
    /// A backend with this flaw.
    pub fn new(cloud: Cloud, flaw: Flaw) -> Self {
        Self { cloud, flaw, seen: Mutex::default() }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    /// Whether it is listed for the first time.
    fn is_new(&self, id: &RemoteId) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone())
    }

    fn as_read(&self, item: &ReadItem<'_>, phase: Result<Phase>) -> Result<Phase> {
        let Phase::Ready(mut ready) = phase? else {
            return Err(Error::new(ErrorKind::Invalid, "only called with what is ready"));
        };
        if self.has(Flaw::HidesAttributes) {
            ready.attributes = Attributes::Plain;
        }
        if self.has(Flaw::HidesHealth) {
            ready.health = None;
        }
        if self.has(Flaw::FindsAllHealthy) && item.id.kind == Kind::Target {
            ready.health = Some(Health::Healthy);
        }
        if self.has(Flaw::SeesNoDifference) {
            ready.differs.clear();
        }
        if self.has(Flaw::SeesDifferences) && item.request.is_some() {
            let difference = Difference {
                field: "color".to_owned(),
                asked: "red".to_owned(),
                is: "blue".to_owned(),
            };
            ready.differs.push(difference);
        }
        Ok(Phase::Ready(ready))
    }

    fn as_listed(&self, mut found: Found) -> Option<Found> {
        let is_new = self.is_new(&found.id);
        let hides = (self.has(Flaw::ListsTaggedThings) && found.tags.is_empty())
            || (self.has(Flaw::ListsNothingThatGoes) && found.phase == Phase::Deleting);
        if hides {
            return None;
        }
        if self.has(Flaw::TagsLater) && is_new {
            found.tags.clear();
        }
        if self.has(Flaw::ForgetsTheRun) {
            found.tags.remove(tags::RUN);
        }
        if self.has(Flaw::ListsNoReferences) {
            found.refs.clear();
        }
        if self.has(Flaw::ReadsNoReceipts)
            && let Some((route, _)) = found.id.as_str().split_once('<')
        {
            found.id = RemoteId::new(Kind::Route, found.id.place.clone(), route);
        }
        if self.has(Flaw::ListsNoKeys) {
            found.key = None;
        }
        if self.has(Flaw::ListsEverythingReady) {
            found.phase = Phase::Ready(Ready::new(Attributes::Plain));
        }
        Some(found)
    }

    async fn find_by_name(&self, request: &Request<'_>) -> Result<Option<RemoteId>> {
        let list = self.cloud.list(Scope::all(&request.owner.deployment, request.place)).await?;
        let named = list.found.into_iter().find(|found| {
            found.tags.get(tags::NODE).map(String::as_str) == Some(request.owner.node.as_str())
                && found.id.kind == request.kind()
        });
        Ok(named.map(|found| found.id))
    }
}

#[async_trait]
impl NetworkBackend for Flawed {
    fn name(&self) -> &'static str {
        self.cloud.name()
    }

    async fn offer(&self, query: &OfferQuery) -> Result<Offer> {
        let mut offer = self.cloud.offer(query).await?;
        if self.has(Flaw::FailsOnUnknownService) && offer.services.len() < query.services.len() {
            return Err(Error::new(ErrorKind::Invalid, "a service is unknown"));
        }
        if self.has(Flaw::KnowsShortNames) {
            offer.services.retain(|service| service.asked != service.full_name);
        }
        if self.has(Flaw::OffersEveryZone) {
            for service in &mut offer.services {
                service.zones = self
                    .cloud
                    .inspect(|world| world.settings().offers.zones_of(&service.place.region));
            }
        }
        if self.has(Flaw::OffersNoNetworks) {
            offer.networks.clear();
        }
        Ok(offer)
    }

    async fn create<'a>(&self, mut request: Request<'a>) -> Result<RemoteId> {
        if self.has(Flaw::CarriesNothing) {
            request.carried = &[];
        }
        if self.has(Flaw::LooksFirst)
            && request.kind().facts().repeat == Repeat::None
            && let Some(id) = self.cloud.find(request).await?
        {
            return Ok(id);
        }
        let mut answer = self.cloud.create(request).await;
        let again = match &answer {
            Err(error) => {
                self.has(Flaw::Retries)
                    && matches!(error.kind(), ErrorKind::Throttled | ErrorKind::Unavailable)
            }
            Ok(_) => self.has(Flaw::CallsTwice),
        };
        if again {
            answer = self.cloud.create(request).await;
        }
        if self.has(Flaw::WaitsForReady) {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        answer.map_err(|error| match (self.flaw, error.kind()) {
            (Flaw::KnowsTooMuch, ErrorKind::Ambiguous) => {
                Error::new(ErrorKind::Unavailable, "nothing happened, surely")
            }
            (Flaw::CallsNotYetInvalid, ErrorKind::NotYet) => {
                Error::new(ErrorKind::Invalid, "the input does not exist")
            }
            _ => error,
        })
    }

    async fn find<'a>(&self, request: Request<'a>) -> Result<Option<RemoteId>> {
        let facts = request.kind().facts();
        if self.has(Flaw::FindsNothing) {
            return Ok(None);
        }
        if self.has(Flaw::FindsByName) && facts.taggable {
            return self.find_by_name(&request).await;
        }
        if self.has(Flaw::FindsAnySetting) && facts.setting {
            let place = request.place.clone();
            return Ok(Some(RemoteId::new(request.kind(), place, "whatever it is")));
        }
        self.cloud.find(request).await
    }

    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>> {
        let mut answers = self.cloud.read(items).await;
        let gone = |answer: &Result<Phase>| matches!(answer, Ok(Phase::Gone));
        if self.has(Flaw::SpoilsBatches) && items.len() > 1 && answers.iter().any(gone) {
            let error = Error::new(ErrorKind::NotFound, "one of these does not exist");
            return items.iter().map(|_| Err(error.clone())).collect();
        }
        if self.has(Flaw::ReadsBackwards) {
            answers.reverse();
        }
        let pairs = items.iter().zip(answers);
        let ready = |answer: &Result<Phase>| matches!(answer, Ok(Phase::Ready(_)));
        pairs
            .map(|(item, answer)| if ready(&answer) { self.as_read(item, answer) } else { answer })
            .collect()
    }

    async fn delete(&self, id: &RemoteId) -> Result<()> {
        if self.has(Flaw::DeletesNothing) {
            return Ok(());
        }
        if self.has(Flaw::DeletesOnce) && !id.kind.facts().setting {
            let there = self.cloud.inspect(|world| world.find(id.as_str()).is_some());
            if !there {
                return Err(Error::new(ErrorKind::NotFound, "it does not exist"));
            }
        }
        if self.has(Flaw::WaitsForGone) {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        if self.has(Flaw::DeletesWhateverIsThere)
            && let Some(plain) = plain_route(id)
        {
            return self.cloud.delete(&plain).await;
        }
        self.cloud.delete(id).await.map_err(|error| {
            if self.has(Flaw::CallsInUseConflict) && error.kind() == ErrorKind::InUse {
                Error::new(ErrorKind::Conflict, "something holds it")
            } else {
                error
            }
        })
    }

    async fn list<'a>(&self, scope: Scope<'a>) -> Result<Listing> {
        let mut listing = self.cloud.list(scope).await?;
        if self.has(Flaw::ListsByPrefix) {
            let alike = DeploymentId::parse(&format!("{}-n", scope.deployment));
            if let Ok(alike) = alike {
                let alike = Scope { deployment: &alike, ..scope };
                listing.found.extend(self.cloud.list(alike).await?.found);
            }
        }
        if self.has(Flaw::ListsEndpointsRoutes) {
            let tables = listing.found.iter().filter(|it| it.id.kind == Kind::EndpointTable);
            let routes: Vec<Found> = tables.cloned().map(as_route).collect();
            listing.found.extend(routes);
        }
        listing.found = listing.found.into_iter().filter_map(|it| self.as_listed(it)).collect();
        Ok(listing)
    }

    async fn glance<'a>(&self, scope: Scope<'a>) -> Result<BTreeSet<String>> {
        let mut shown = self.cloud.glance(scope).await?;
        if self.has(Flaw::OverlooksAtAGlance) {
            shown.pop_first();
        }
        Ok(shown)
    }

    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>> {
        let mut blockers = self.cloud.blockers(id).await?;
        if self.has(Flaw::BlamesNobody) && id.kind != Kind::ElasticIp {
            blockers.clear();
        }
        if self.has(Flaw::BlamesStrangers) {
            for blocker in &mut blockers {
                blocker.deployment = None;
            }
        }
        Ok(blockers)
    }
}

/// The route that an id names, wherever it leads.
fn plain_route(id: &RemoteId) -> Option<RemoteId> {
    let (route, _) = id.as_str().split_once('@')?;
    Some(RemoteId::new(Kind::Route, id.place.clone(), route))
}

/// What a table shows of a gateway endpoint.
fn as_route(table: Found) -> Found {
    let id = RemoteId::new(Kind::Route, table.id.place.clone(), format!("{}/pl-1", table.refs[1]));
    Found { id, key: Some("pl-1".to_owned()), ..table }
}
