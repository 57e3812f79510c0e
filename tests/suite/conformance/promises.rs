//! Every promise by name, once: a test function that is not in this list does not compile without a warning.

use super::verbs::{
    blockers, contract, create, delete, find, glance, list, offer, read, repeat, setting,
};
use super::{
    Promise, closed_egress, elastic_ip, endpoint_policy, endpoint_table, extra_tags,
    gateway_attachment, gateway_endpoint, health_check, interface_endpoint, internet_gateway,
    listener, listener_options, load_balancer, load_balancer_options, nat_gateway,
    peering_acceptance, peering_connection, peering_tags, route, route_replacement, route_table,
    route_table_association, rule_description, security_group, security_group_rule, subnet, target,
    target_group, target_group_options, vpc, vpc_dns_hostnames,
};

/// Hands the list to another macro, after the arguments given.
#[doc(hidden)]
#[macro_export]
macro_rules! each_promise {
    ($then:ident $($argument:tt)*) => {
        $crate::$then! {
            ($($argument)*)
            contract: [
                the_name_is_short_and_stable,
                every_call_is_made_once,
                a_lost_answer_is_ambiguous,
                no_verb_waits_for_a_state,
                looking_changes_nothing,
                a_kind_is_known_or_unsupported,
            ]
            offer: [
                names_the_zones_of_each_place,
                finds_a_service_by_its_short_and_its_full_name,
                leaves_out_zones_that_lack_the_service,
                leaves_out_an_unknown_service,
                says_who_calls_on_each_side,
                counts_what_is_used_of_each_quota,
                says_which_services_can_have_gateway_endpoints,
                shows_what_a_network_holds,
                leaves_out_what_is_gone_of_networks,
                answers_an_empty_query,
            ]
            create: [
                returns_an_id_that_read_knows,
                returns_an_id_of_the_kind_and_place_asked,
                is_exactly_one_mutating_call,
                carries_the_ownership_tags_from_the_first_moment,
                carries_every_tag_of_the_request,
                may_refer_to_what_exists_and_is_not_ours,
                with_an_unknown_input_is_not_yet,
            ]
            repeat: [
                with_a_token_never_makes_a_second,
                with_a_name_never_makes_a_second,
                with_a_key_never_makes_a_second,
                without_any_makes_another,
                in_another_attempt_makes_another,
                of_a_token_with_other_content_is_refused,
                of_a_setting_does_nothing,
            ]
            find: [
                finds_what_create_made,
                finds_nothing_before_create,
                does_not_find_other_content,
                compares_content_and_not_tags_alone,
                compares_what_references_have_become,
                does_not_find_another_nodes,
                does_not_find_another_deployments,
                does_not_find_what_is_deleting_or_gone,
            ]
            read: [
                answers_in_the_order_asked,
                answers_each_of_two_equal_items,
                answers_nothing_to_nothing,
                is_not_spoiled_by_what_has_vanished,
                says_gone_of_what_is_gone,
                says_ready_with_every_attribute,
                says_that_nothing_differs_from_what_was_asked,
                says_how_it_differs_from_what_is_asked,
                says_no_difference_without_a_request,
            ]
            delete: [
                of_what_is_gone_succeeds,
                twice_succeeds,
                starts_the_removal_and_returns,
                ends_with_the_thing_gone,
                of_what_is_in_use_is_refused_and_changes_nothing,
            ]
            list: [
                shows_everything_of_ours_once,
                shows_each_thing_where_it_is,
                shows_the_phase_that_read_says,
                shows_what_each_thing_refers_to,
                shows_the_key_that_the_request_says,
                shows_no_tags_of_what_cannot_carry_any,
                shows_a_strangers_child_of_our_thing,
                shows_our_things_child_in_a_strangers_parent,
                leaves_out_what_is_gone,
                shows_what_is_deleting_until_it_is_gone,
                never_shows_a_deployment_whose_name_begins_alike,
                never_shows_another_deployments_things,
                never_shows_a_strangers_tagged_thing_in_ours,
                shows_a_peering_connection_in_both_places,
                shows_a_peering_connection_before_its_other_side_has_tags,
                reports_tagged_things_of_unknown_kind,
                shows_all_of_the_kinds_asked_for,
                of_nothing_is_empty,
            ]
            glance: [
                shows_all_that_a_list_shows_with_our_tags,
                shows_a_peering_connection_where_it_has_our_tags,
                shows_tagged_things_of_unknown_kind,
                of_nothing_is_empty,
            ]
            blockers: [
                names_nothing_where_nothing_holds,
                says_what_holds_it_and_whose_that_is,
                says_how_long_what_goes_by_itself_stays,
                names_a_strangers_interface_in_our_subnet,
            ]
            setting: [
                is_found_only_when_the_value_is_so,
                is_set_by_its_parents_create_where_that_carries_it,
                has_one_id_however_it_was_set,
                is_forgotten_and_not_removed,
                of_a_peering_connection_deletes_it_from_the_other_side,
                is_gone_with_its_parent,
            ]
            vpc: [
                refuses_a_block_out_of_range,
                may_have_the_block_of_another,
                is_held_by_what_lies_in_it,
                over_the_limit_is_a_quota,
            ]
            subnet: [
                refuses_a_block_outside_its_vpc,
                refuses_an_unknown_zone,
                conflicts_with_another_nodes_block,
                is_held_by_the_interfaces_in_it,
                is_held_by_a_load_balancer,
                takes_its_association_along,
            ]
            internet_gateway: [
                is_made_and_removed_without_a_vpc,
                is_held_by_its_attachment,
            ]
            gateway_attachment: [
                conflicts_with_another_gateway_of_the_vpc,
                conflicts_with_another_vpc_of_the_gateway,
                is_held_by_public_addresses_in_the_vpc,
                leaves_gateway_and_vpc,
            ]
            route_table: [
                is_held_by_an_association,
                takes_its_routes_along,
                is_not_the_main_table,
            ]
            route_table_association: [
                conflicts_with_another_table_of_the_subnet,
                makes_room_for_another,
                with_a_strangers_subnet_is_listed,
            ]
            route: [
                conflicts_with_another_target_of_its_destination,
                stands_beside_a_route_to_another_destination,
                outlives_what_it_leads_to,
                in_a_strangers_table_is_listed_with_both_ends,
                is_left_where_somebody_has_pointed_it_elsewhere,
            ]
            security_group: [
                conflicts_with_another_content_of_its_name,
                is_held_by_the_interfaces_it_guards,
                takes_its_rules_along,
                has_another_name_in_another_attempt,
            ]
            security_group_rule: [
                is_told_apart_by_direction_traffic_and_peer,
                conflicts_with_another_nodes_equal_rule,
                is_removed_alone,
                of_a_stranger_is_listed_without_tags,
            ]
            interface_endpoint: [
                has_the_pinned_addresses,
                has_addresses_of_the_clouds_choice,
                refuses_an_unknown_service,
                refuses_two_subnets_in_one_zone,
                refuses_a_zone_that_lacks_the_service,
                refuses_an_address_outside_its_subnet,
                conflicts_with_another_holder_of_its_address,
                refuses_private_names_in_a_vpc_without_dns_hostnames,
                conflicts_with_another_holder_of_its_private_names,
                frees_its_addresses,
            ]
            peering_connection: [
                has_one_live_connection_per_pair,
                of_overlapping_blocks_fails_and_leaves_nothing,
                is_removed_before_it_is_accepted,
                makes_room_for_a_new_one,
            ]
            elastic_ip: [
                has_one_public_address,
                differs_from_another,
                is_held_by_a_load_balancer,
                is_held_by_a_nat_gateway,
                is_released_after_its_load_balancer,
            ]
            load_balancer: [
                has_the_addresses_asked_for,
                refuses_to_face_the_internet_without_a_gateway,
                refuses_two_subnets_in_one_zone,
                conflicts_with_another_holder_of_its_addresses,
                conflicts_with_another_content_of_its_name,
                takes_its_listeners_along,
                is_deleting_until_its_interfaces_are_gone,
                may_stay_inside_its_vpc,
            ]
            target_group: [
                conflicts_with_another_content_of_its_name,
                is_held_by_a_listener,
                is_not_held_by_its_targets,
                does_not_hold_its_vpc,
            ]
            target: [
                says_its_health,
                refuses_a_public_address,
                is_the_same_before_and_after_its_endpoint_is_ready,
                is_told_apart_by_address_and_port,
                does_not_hold_its_endpoint,
            ]
            listener: [
                is_made_while_its_balancer_is_pending,
                conflicts_with_another_group_of_its_port,
                conflicts_with_another_balancer_of_its_group,
                is_removed_alone,
            ]
            nat_gateway: [
                has_the_address_of_its_elastic_ip,
                without_an_internet_gateway_fails_with_its_code,
                conflicts_with_another_holder_of_its_address,
                holds_its_subnet_and_the_way_to_the_internet,
                leaves_the_routes_that_lead_to_it,
                that_is_deleted_is_gone_though_it_lingers,
            ]
            gateway_endpoint: [
                refuses_a_service_without_one,
                stands_beside_another_of_its_service,
                takes_its_tables_along,
            ]
            endpoint_table: [
                conflicts_with_another_endpoint_of_its_service,
                is_no_route_in_a_list,
                is_removed_alone,
                of_a_strangers_table_is_listed,
                stays_beside_another_services,
            ]
            route_replacement: [
                of_no_route_is_refused,
                puts_back_what_was_there,
                leaves_what_somebody_has_pointed_elsewhere,
                is_listed_by_the_receipt_of_its_nat_gateway,
                of_what_is_not_there_any_more_is_not_put_back,
            ]
            vpc_dns_hostnames: [
                are_off_in_a_new_vpc,
                are_of_one_vpc,
            ]
            closed_egress: [
                is_open_in_a_new_group,
                leaves_our_own_rules,
            ]
            peering_acceptance: [
                is_not_found_before_it_is_given,
                succeeds_once_the_other_place_knows_the_connection,
                ends_with_the_connection,
            ]
            peering_tags: [
                are_not_there_before_they_are_written,
                show_whose_the_connection_is_on_the_other_side,
                can_be_written_before_the_acceptance,
            ]
            endpoint_policy: [
                refuses_what_is_no_policy,
                is_compared_by_content,
                of_a_gateway_endpoint_is_compared_by_content,
            ]
            health_check: [
                refuses_values_out_of_range,
            ]
            target_group_options: [
                refuse_a_delay_out_of_range,
                are_not_there_before_they_are_set,
                differ_in_the_clients_address_alone,
            ]
            load_balancer_options: [
                protect_from_deletion,
            ]
            listener_options: [
                refuse_a_timeout_out_of_range,
            ]
            rule_description: [
                refuses_a_text_that_is_too_long,
                is_no_part_of_the_rule,
            ]
            extra_tags: [
                are_on_every_member_beside_the_owner,
                are_not_found_while_one_member_lacks_them,
                reach_load_balancing_too,
                reach_one_side_of_a_connection_alone,
            ]
        }
    };
}

/// One `#[test]` per promise, in a module per group. The argument is called with each promise: it says on what and how to check it.
/// See [`conformance`](crate::conformance) for an example.
#[macro_export]
macro_rules! conformance_tests {
    ($check:expr) => {
        $crate::each_promise! { promises_as_tests $check }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! promises_as_tests {
    (($check:expr) $($group:ident: [$($name:ident,)*])*) => {
        $(
            mod $group {
                use super::*;

                $(
                    #[test]
                    fn $name() {
                        let check: fn(&$crate::conformance::Promise) = $check;
                        let name = concat!(stringify!($group), "::", stringify!($name));
                        check($crate::conformance::promise(name));
                    }
                )*
            }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! promises_as_table {
    (() $($group:ident: [$($name:ident,)*])*) => {
        &[$($(Promise {
            name: concat!(stringify!($group), "::", stringify!($name)),
            test: |lab| Box::pin($group::$name(lab)),
        },)*)*]
    };
}

/// Every promise, the general ones first.
pub const PROMISES: &[Promise] = each_promise!(promises_as_table);
