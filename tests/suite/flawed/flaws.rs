//! The ways to break the contract, and the promises that notice.

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
    /// Offers no networks.
    OffersNoNetworks,
    /// Takes no look at where a route leads before it removes it.
    DeletesWhateverIsThere,
    /// Takes every route through a NAT gateway for one that it has made.
    ReadsNoReceipts,
    /// Lists the routes to gateway endpoints as routes.
    ListsEndpointsRoutes,
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
    (Flaw::OffersNoNetworks, "offer::shows_what_a_network_holds"),
    (Flaw::DeletesWhateverIsThere, "route::is_left_where_somebody_has_pointed_it_elsewhere"),
    (Flaw::DeletesWhateverIsThere, "route_replacement::puts_back_what_was_there"),
    (Flaw::DeletesWhateverIsThere, "route_replacement::leaves_what_somebody_has_pointed_elsewhere"),
    (Flaw::ReadsNoReceipts, "route_replacement::is_listed_by_the_receipt_of_its_nat_gateway"),
    (Flaw::ListsEndpointsRoutes, "endpoint_table::is_no_route_in_a_list"),
    (Flaw::ListsTaggedThings, "endpoint_table::of_a_strangers_table_is_listed"),
    (Flaw::ListsTaggedThings, "route::in_a_strangers_table_is_listed_with_both_ends"),
    (Flaw::ListsEverythingReady, "nat_gateway::without_an_internet_gateway_fails_with_its_code"),
];
