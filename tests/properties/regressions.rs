//! Cases that have failed once, each under the promise that it broke.

use crate::history::play;

/// One service in one zone, without public addresses of its own.
const SMALL: &str = r#"spec {
    "name": "lane", "service_region": "ap-southeast-3", "entry_region": "ap-southeast-1",
    "services": [{"name": "sqs", "ports": [8443]}], "allow": [{"cidr": "203.0.113.0/24"}],
    "zones": 1, "elastic_ips": "off", "path_mtu": false
}"#;

/// Three services in three zones.
const LARGE: &str = r#"spec {
    "name": "lane", "service_region": "ap-southeast-3", "entry_region": "ap-southeast-1",
    "services": [
        {"name": "email-smtp", "without_policy": true},
        {"name": "sagemaker.runtime", "ports": [9443]},
        {"name": "sqs", "ports": [443, 8443]}
    ],
    "allow": [{"cidr": "203.0.113.0/24"}], "zones": 3, "elastic_ips": "off", "path_mtu": false
}"#;

/// Plays a case that is written as it is printed.
fn replay(text: &str) {
    let played = play(&text.parse().unwrap());
    if let Err(why) = played.end {
        panic!("{}\n{why}", played.log);
    }
}

/// Plays these steps of a spec on a kind of cloud.
fn check(cloud: &str, journal: &str, spec: &str, steps: &[&str]) {
    let spec = spec.replace('\n', "");
    replay(&format!("cloud {cloud}\n{journal}\n{spec}\n{}", steps.join("\n")));
}

/// Plays the case in the file that the environment names: for a failure that was printed elsewhere.
#[test]
fn a_case_from_a_file() {
    let Ok(path) = std::env::var("CASE") else { return };
    replay(&std::fs::read_to_string(path).unwrap());
}

const CLEAR: &str = "lag=off pace=instant latency=0";
const WITH: &str = "journal";
const WITHOUT: &str = "no journal";

#[test]
fn tags_that_a_killed_run_did_not_write_are_written() {
    check(CLEAR, WITHOUT, SMALL, &["deploy 15=crash-before"]);
}

#[test]
fn what_a_killed_run_saw_accepted_and_then_failed_makes_room() {
    check(CLEAR, WITHOUT, LARGE, &["deploy 15=crash-before create:subnet#1=fail"]);
}

#[test]
fn what_is_refused_for_ever_leaves_room_for_a_look() {
    let cloud = "lag=usual pace=instant latency=0 throttling";
    check(cloud, WITHOUT, LARGE, &["deploy", "cleanup 40=crash-after"]);
}

#[test]
fn a_name_with_another_number_of_attempts_in_it_is_as_asked() {
    check(
        "lag=usual pace=instant latency=0",
        WITHOUT,
        LARGE,
        &["deploy", "cleanup 30=crash-after"],
    );
}

#[test]
fn a_route_that_leads_elsewhere_is_made_anew() {
    check(CLEAR, WITH, SMALL, &["deploy", "drift reroute 0"]);
}

#[test]
fn a_deploy_that_halted_at_a_look_is_not_complete() {
    check(CLEAR, WITH, SMALL, &["deploy", "drift delete 13", "deploy read#1=refuse:in-use"]);
}

#[test]
fn a_route_through_what_others_have_deleted_is_made_anew() {
    check("lag=usual pace=instant latency=0", WITHOUT, LARGE, &["deploy", "drift delete 18"]);
}

#[test]
fn targets_that_show_only_after_their_endpoint_has_gone_go_too() {
    replay(
        r#"
        cloud lag=worst pace=instant latency=40 not:tags-are-parameters
        no journal
        spec {"allow":[{"cidr":"203.0.113.0/24"}],"entry_cidr":"100.64.0.0/22","entry_region":"ap-northeast-1","idle_timeout_secs":60,"name":"lane","path_mtu":false,"service_cidr":"172.16.4.0/24","service_region":"us-east-1","services":[{"name":"sqs","ports":[9443]}],"zones":3}
        deploy 71=crash-after
        deploy 22=crash-after
        deploy
        spec {"zones":1}
        deploy
        "#,
    );
}

#[test]
fn targets_of_an_endpoint_that_goes_before_it_is_ready_go_too() {
    let steps = ["deploy read#1=crash-before", r#"spec {"zones":2}"#];
    check("lag=off pace=slow latency=0", WITHOUT, SMALL, &steps);
}

#[test]
fn a_half_built_copy_goes_though_it_holds_what_the_other_half_needs() {
    let own = SMALL.replace(r#""zones": 1, "elastic_ips": "off""#, r#""zones": 2"#);
    let steps = ["deploy 38=crash-after", "deploy 102=crash-after", "wait 60"];
    check("lag=worst pace=instant latency=0", WITHOUT, &own, &steps);
}

#[test]
fn a_value_that_others_have_changed_is_set_again() {
    check(CLEAR, WITH, SMALL, &["deploy", "drift reset 7"]);
}

#[test]
fn duplicates_that_only_the_first_look_shows_are_removed() {
    check(
        "lag=worst pace=instant latency=40 not:peering-to-unseen-fails",
        WITH,
        SMALL,
        &[
            "deploy stop@31",
            "forget",
            "deploy 155=crash-after",
            "drift reset 0",
            "deploy 26=refuse:in-use",
        ],
    );
}

#[test]
fn what_a_killed_cleanup_would_have_removed_is_not_ours_in_a_deploy() {
    let steps = ["deploy stop@29", "drift rule 0", "cleanup 4=crash-after", "deploy"];
    check(CLEAR, WITH, SMALL, &steps);
}

#[test]
fn an_empty_journal_knows_nothing() {
    replay(
        r#"
        cloud lag=usual pace=usual latency=40
        journal
        spec {"allow":[{"cidr":"203.0.113.0/24"}],"cross_zone":true,"entry_cidr":"192.168.1.0/24","entry_region":"ap-southeast-1","idle_timeout_secs":60,"name":"lane","service_cidr":"192.168.0.0/24","service_region":"ap-southeast-3","services":[{"name":"s3","ports":[9443]},{"name":"sagemaker.runtime"},{"name":"sqs","ports":[443,9443]}]}
        deploy 129=crash-after
        drift delete 80
        deploy
        cleanup 50=crash-after
        deploy stop@109
        forget
        "#,
    );
}

#[test]
fn a_gateway_is_moved_to_a_new_network() {
    let blocks = r#"spec {"entry_cidr":"10.65.0.0/20","service_cidr":"10.64.0.0/20"}"#;
    check(CLEAR, WITHOUT, SMALL, &["deploy", blocks, "deploy"]);
}

#[test]
fn targets_go_with_the_endpoint_whose_addresses_they_are() {
    check(CLEAR, WITHOUT, SMALL, &["deploy", r#"spec {"zones":2}"#, "deploy"]);
}

#[test]
fn a_balancer_of_a_copy_gives_back_the_address_that_the_other_needs() {
    let own = LARGE.replace(r#""zones": 3, "elastic_ips": "off""#, r#""zones": 1"#);
    let own = own.replace(r#"{"name": "email-smtp", "without_policy": true},"#, "");
    let steps = ["deploy 52=crash-after", "deploy delete#1=crash-before", "deploy"];
    check("lag=worst pace=instant latency=0", WITHOUT, &own, &steps);
}

#[test]
fn a_value_is_set_again_though_the_journal_knows_only_the_latest_run() {
    let steps = ["deploy stop@42", "forget", "deploy", "drift reset 16"];
    check("lag=usual pace=instant latency=0", WITH, SMALL, &steps);
}

#[test]
fn a_foreign_listener_stays_though_it_leads_to_a_group_that_goes() {
    replay(
        r#"
        cloud lag=off pace=instant latency=0
        no journal
        spec {"allow":[{"cidr":"203.0.113.0/24"}],"elastic_ips":"off","entry_region":"ap-southeast-1","name":"lane","path_mtu":false,"service_region":"ap-southeast-3","services":[{"name":"sagemaker.runtime","ports":[9443]},{"name":"sqs","ports":[8443]}],"zones":1}
        deploy
        drift listener 47
        spec {"services":[{"name":"sqs","ports":[8443]}]}
        deploy
        "#,
    );
}

#[test]
fn a_deploy_after_a_killed_cleanup_does_not_wait_for_itself() {
    let own = SMALL.replace(
        r#""zones": 1, "elastic_ips": "off", "path_mtu": false"#,
        r#""elastic_ips": "off""#,
    );
    let steps = ["deploy", "forget", "cleanup delete#1=crash-before", "deploy"];
    check(CLEAR, WITH, &own, &steps);
}

#[test]
fn what_lies_in_a_network_that_others_deleted_is_still_ours() {
    let own = SMALL.replace("[8443]", "[443, 9443]").replace(r#", "path_mtu": false"#, "");
    let steps = ["deploy", "cleanup 14=refuse:conflict", "drift delete 32"];
    check("lag=off pace=usual latency=0", WITHOUT, &own, &steps);
}

#[test]
fn targets_that_a_killed_deploy_made_go_with_their_endpoint() {
    let own = SMALL.replace(r#""zones": 1, "elastic_ips": "off""#, r#""zones": 2"#);
    let steps = ["deploy", "cleanup 13=crash-after", "deploy 17=crash-after"];
    let steps = [&steps[..], &[r#"spec {"zones":3}"#]].concat();
    check(CLEAR, WITHOUT, &own, &steps);
}

/// The balancers stand in a network whose gateway's attachment the look does not show; another gateway is shown with one.
#[test]
fn the_gateway_on_which_balancers_depend_stays_though_a_look_shows_more_of_another() {
    for (second, third) in [(46, 100), (47, 97), (47, 99), (47, 101)] {
        replay(&format!(
            r#"
            cloud lag=worst pace=instant latency=0
            journal
            spec {{"allow":[{{"cidr":"198.51.100.0/25"}}],"elastic_ips":"off","entry_region":"ap-southeast-1","name":"lane","service_region":"ap-southeast-3","services":[{{"name":"s3","ports":[443]}},{{"name":"sqs","ports":[8443]}}]}}
            deploy 95=crash-after
            forget
            spec {{"allow":[{{"cidr":"198.51.100.0/25"}},{{"cidr":"203.0.113.0/24"}}]}}
            deploy {second}=crash-before
            deploy {third}=crash-after
            deploy
            "#
        ));
    }
}

/// The endpoint and the balancer are made while their subnets are still pending, and a subnet then fails under them.
#[test]
fn a_subnet_that_fails_under_what_stands_in_it_is_made_again() {
    let own = SMALL.replace(r#""zones": 1, "elastic_ips": "off""#, r#""zones": 2"#);
    for subnet in 1..=4 {
        for journal in [WITH, WITHOUT] {
            let step = format!("deploy create:subnet#{subnet}=fail");
            check("lag=off pace=usual latency=0", journal, &own, &[&step]);
        }
    }
}
