//! Backends that break one promise each, to show that the suite notices: a test that cannot fail shows nothing.

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

/// A way to break the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Retries by itself, as providers' SDKs do.
    Retries,
    /// Says that a lost call had no effect.
    KnowsTooMuch,
    /// Waits for a state in its create.
    WaitsForReady,
    /// Waits for a state in its delete.
    WaitsForGone,
    /// Makes two calls in one create.
    CallsTwice,
    /// Looks for an earlier one in its create.
    LooksFirst,
    /// Writes the tags a moment later.
    TagsLater,
    /// Forgets one of the tags.
    ForgetsTheRun,
    /// Says that an input that is not visible yet is wrong.
    CallsNotYetInvalid,
    /// Says that what is in use is in conflict.
    CallsInUseConflict,
    /// Ignores first values of settings.
    CarriesNothing,
    /// Finds by node name alone.
    FindsByName,
    /// Finds settings whatever their value.
    FindsAnySetting,
    /// Finds nothing, ever.
    FindsNothing,
    /// Answers in another order.
    ReadsBackwards,
    /// Fails a batch for one vanished id.
    SpoilsBatches,
    /// Says no attributes.
    HidesAttributes,
    /// Never compares.
    SeesNoDifference,
    /// Calls everything different.
    SeesDifferences,
    /// Says no health.
    HidesHealth,
    /// Calls every target healthy.
    FindsAllHealthy,
    /// Fails when the thing is gone already.
    DeletesOnce,
    /// Deletes nothing.
    DeletesNothing,
    /// Lists no untagged children.
    ListsTaggedThings,
    /// Lists no references.
    ListsNoReferences,
    /// Lists no keys.
    ListsNoKeys,
    /// Lists deployments whose names begin alike.
    ListsByPrefix,
    /// Lists the phase that was hoped for.
    ListsEverythingReady,
    /// Lists nothing that is going.
    ListsNothingThatGoes,
    /// Shows less at a glance than there is.
    OverlooksAtAGlance,
    /// Names no blockers.
    BlamesNobody,
    /// Does not say whose a blocker is.
    BlamesStrangers,
    /// Fails where a service is unknown.
    FailsOnUnknownService,
    /// Offers nothing by its full name.
    KnowsShortNames,
    /// Offers all zones for every service.
    OffersEveryZone,
}

/// Each flaw, and a promise that it breaks.
pub const FLAWS: &[(Flaw, &str)] = &[
    (Flaw::Retries, "contract::every_call_is_made_once"),
    (Flaw::KnowsTooMuch, "contract::a_lost_answer_is_ambiguous"),
    (Flaw::WaitsForReady, "contract::no_verb_waits_for_a_state"),
    (Flaw::WaitsForGone, "delete::starts_the_removal_and_returns"),
    (Flaw::CallsTwice, "create::is_exactly_one_mutating_call"),
    (Flaw::LooksFirst, "repeat::without_any_makes_another"),
    (Flaw::TagsLater, "create::carries_the_ownership_tags_from_the_first_moment"),
    (Flaw::ForgetsTheRun, "create::carries_every_tag_of_the_request"),
    (Flaw::CallsNotYetInvalid, "create::with_an_unknown_input_is_not_yet"),
    (Flaw::CallsInUseConflict, "delete::of_what_is_in_use_is_refused_and_changes_nothing"),
    (Flaw::CallsInUseConflict, "vpc::is_held_by_what_lies_in_it"),
    (Flaw::CarriesNothing, "setting::is_set_by_its_parents_create_where_that_carries_it"),
    (Flaw::FindsByName, "find::does_not_find_other_content"),
    (Flaw::FindsByName, "find::compares_content_and_not_tags_alone"),
    (Flaw::FindsByName, "find::compares_what_references_have_become"),
    (Flaw::FindsByName, "find::does_not_find_what_is_deleting_or_gone"),
    (Flaw::FindsAnySetting, "setting::is_found_only_when_the_value_is_so"),
    (Flaw::FindsAnySetting, "vpc_dns_hostnames::are_off_in_a_new_vpc"),
    (Flaw::FindsNothing, "find::finds_what_create_made"),
    (Flaw::ReadsBackwards, "read::answers_in_the_order_asked"),
    (Flaw::SpoilsBatches, "read::is_not_spoiled_by_what_has_vanished"),
    (Flaw::HidesAttributes, "read::says_ready_with_every_attribute"),
    (Flaw::HidesAttributes, "interface_endpoint::has_the_pinned_addresses"),
    (Flaw::HidesAttributes, "load_balancer::has_the_addresses_asked_for"),
    (Flaw::SeesNoDifference, "read::says_how_it_differs_from_what_is_asked"),
    (Flaw::SeesDifferences, "read::says_that_nothing_differs_from_what_was_asked"),
    (Flaw::HidesHealth, "target::says_its_health"),
    (Flaw::FindsAllHealthy, "target::says_its_health"),
    (Flaw::DeletesOnce, "delete::of_what_is_gone_succeeds"),
    (Flaw::DeletesNothing, "delete::ends_with_the_thing_gone"),
    (Flaw::ListsTaggedThings, "list::shows_everything_of_ours_once"),
    (Flaw::ListsTaggedThings, "list::shows_a_strangers_child_of_our_thing"),
    (Flaw::ListsNoReferences, "list::shows_what_each_thing_refers_to"),
    (Flaw::ListsNoKeys, "list::shows_the_key_that_the_request_says"),
    (Flaw::ListsByPrefix, "list::never_shows_another_deployments_things"),
    (Flaw::ListsEverythingReady, "list::shows_what_is_deleting_until_it_is_gone"),
    (Flaw::ListsNothingThatGoes, "list::shows_what_is_deleting_until_it_is_gone"),
    (Flaw::OverlooksAtAGlance, "glance::shows_all_that_a_list_shows_with_our_tags"),
    (Flaw::BlamesNobody, "blockers::says_what_holds_it_and_whose_that_is"),
    (Flaw::BlamesNobody, "subnet::is_held_by_the_interfaces_in_it"),
    (Flaw::BlamesStrangers, "blockers::says_what_holds_it_and_whose_that_is"),
    (Flaw::FailsOnUnknownService, "offer::leaves_out_an_unknown_service"),
    (Flaw::KnowsShortNames, "offer::finds_a_service_by_its_short_and_its_full_name"),
    (Flaw::OffersEveryZone, "offer::leaves_out_zones_that_lack_the_service"),
];

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
