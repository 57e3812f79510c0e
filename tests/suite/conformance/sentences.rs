//! The contract, sentence by sentence, and the promises that show each.
//!
//! A sentence that is added to the trait's documentation, or changed there, must be added or changed here too, or the suite fails.

/// Each sentence of the documentation of `NetworkBackend`, in order, and the promises that show it.
///
/// That there are no default bodies is shown by the compiler:
///
/// ```compile_fail,E0046
/// #[derive(Debug)]
/// struct Forgetful;
///
/// #[async_trait::async_trait]
/// impl accel_core::NetworkBackend for Forgetful {
///     fn name(&self) -> &'static str {
///         "forgetful"
///     }
/// }
/// ```
pub const SENTENCES: &[(&str, &[&str])] = &[
    (
        "A cloud that can hold the resources of [`crate::resource`].",
        &["contract::a_kind_is_known_or_unsupported"],
    ),
    (
        "Every verb makes its calls once: the engine owns all retries, so a provider's own must be switched off.",
        &["contract::every_call_is_made_once"],
    ),
    (
        "No verb waits for a state: the engine owns all waiting.",
        &["contract::no_verb_waits_for_a_state", "delete::starts_the_removal_and_returns"],
    ),
    (
        "An error says by its kind whether the call took effect ([`crate::ErrorKind`]).",
        &[
            "contract::every_call_is_made_once",
            "delete::of_what_is_in_use_is_refused_and_changes_nothing",
        ],
    ),
    ("When in doubt it is `Ambiguous`.", &["contract::a_lost_answer_is_ambiguous"]),
    (
        "A kind that the backend does not know is `Unsupported`.",
        &["contract::a_kind_is_known_or_unsupported"],
    ),
    ("There are no default bodies: a wrapper that forgets a verb does not compile.", &[]),
    (
        "A short stable name (`aws`, `sim`): written to the journal, and checked when a run goes on.",
        &["contract::the_name_is_short_and_stable"],
    ),
    (
        "What the cloud offers for planning.",
        &[
            "offer::names_the_zones_of_each_place",
            "offer::finds_a_service_by_its_short_and_its_full_name",
            "offer::says_who_calls_on_each_side",
            "offer::counts_what_is_used_of_each_quota",
            "offer::says_which_services_can_have_gateway_endpoints",
            "offer::shows_what_a_network_holds",
            "offer::leaves_out_what_is_gone_of_networks",
        ],
    ),
    (
        "What cannot be asked is listed as not checked, never an error.",
        &["offer::leaves_out_an_unknown_service", "offer::counts_what_is_used_of_each_quota"],
    ),
    (
        "Starts making it and returns as soon as it has an id: exactly one mutating call.",
        &["create::is_exactly_one_mutating_call", "contract::no_verb_waits_for_a_state"],
    ),
    (
        "Whatever can carry tags carries [`Request::tags`] from that call on.",
        &[
            "create::carries_the_ownership_tags_from_the_first_moment",
            "create::carries_every_tag_of_the_request",
        ],
    ),
    ("For a setting: sets the value.", &["setting::is_found_only_when_the_value_is_so"]),
    (
        "What an earlier create of this same request made, if anything: by tags, name or natural key, with equal content.",
        &[
            "find::finds_what_create_made",
            "find::finds_nothing_before_create",
            "find::does_not_find_other_content",
            "find::compares_content_and_not_tags_alone",
            "find::compares_what_references_have_become",
            "find::does_not_find_another_nodes",
            "find::does_not_find_another_deployments",
        ],
    ),
    (
        "For a setting: its id if the value is already so.",
        &["setting::is_found_only_when_the_value_is_so", "setting::has_one_id_however_it_was_set"],
    ),
    (
        "What is deleting, failed or gone is not found.",
        &[
            "find::does_not_find_what_is_deleting_or_gone",
            "peering_connection::of_overlapping_blocks_fails_and_leaves_nothing",
            "nat_gateway::without_an_internet_gateway_fails_with_its_code",
            "nat_gateway::that_is_deleted_is_gone_though_it_lingers",
        ],
    ),
    (
        "The phase of each, now, in the order asked; one that has vanished does not spoil the others.",
        &["read::answers_in_the_order_asked", "read::is_not_spoiled_by_what_has_vanished"],
    ),
    ("A target that is ready says its health too.", &["target::says_its_health"]),
    ("Starts removing it.", &["delete::starts_the_removal_and_returns"]),
    (
        "Removing what is gone succeeds.",
        &["delete::of_what_is_gone_succeeds", "delete::twice_succeeds"],
    ),
    (
        "A setting has nothing to remove, but for the other side of a peering connection, where it deletes the connection from that side.",
        &[
            "setting::is_forgotten_and_not_removed",
            "setting::of_a_peering_connection_deletes_it_from_the_other_side",
        ],
    ),
    (
        "Everything in the place that carries the deployment's tags, with its phase and the ids it refers to, and the untagged children of such things, found from either end.",
        &[
            "list::shows_everything_of_ours_once",
            "list::shows_each_thing_where_it_is",
            "list::shows_the_phase_that_read_says",
            "list::shows_what_each_thing_refers_to",
            "list::shows_a_strangers_child_of_our_thing",
            "list::shows_our_things_child_in_a_strangers_parent",
            "route::in_a_strangers_table_is_listed_with_both_ends",
            "route_table_association::with_a_strangers_subnet_is_listed",
            "endpoint_table::of_a_strangers_table_is_listed",
            "endpoint_table::is_no_route_in_a_list",
            "route_replacement::is_listed_by_the_receipt_of_its_nat_gateway",
            "list::never_shows_another_deployments_things",
        ],
    ),
    (
        "What is gone, or can only age out, is left out.",
        &[
            "list::leaves_out_what_is_gone",
            "nat_gateway::that_is_deleted_is_gone_though_it_lingers",
            "peering_connection::of_overlapping_blocks_fails_and_leaves_nothing",
        ],
    ),
    (
        "Kinds that are not asked for may be left out where that saves calls.",
        &["list::shows_all_of_the_kinds_asked_for"],
    ),
    (
        "The provider's ids of what a list of these kinds would begin from, in as few calls as can be: of everything in the place that carries the deployment's tags, but for what lies under a load balancer.",
        &["glance::shows_all_that_a_list_shows_with_our_tags"],
    ),
    (
        "It may show more (what is gone and has left a trace, what only bears a name like ours), never less.",
        &[
            "glance::shows_all_that_a_list_shows_with_our_tags",
            "glance::shows_a_peering_connection_where_it_has_our_tags",
            "glance::shows_tagged_things_of_unknown_kind",
        ],
    ),
    (
        "What still holds it; asked only when \"in use\" persists.",
        &[
            "blockers::says_what_holds_it_and_whose_that_is",
            "blockers::names_nothing_where_nothing_holds",
        ],
    ),
];
