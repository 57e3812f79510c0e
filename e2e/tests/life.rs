//! A lane from its first deploy to its cleanup.

use accel_e2e::{Lane, Preset, SPEC};

use crate::cloud;

#[test]
fn a_lane_is_built_changed_and_removed_without_a_trace() {
    let cloud = cloud!();
    let lane = Lane::new(&cloud, SPEC);
    let _built = lane.deploy().ends_with(0);
    lane.verify();

    cloud.count_anew();
    let _again = lane.deploy().ends_with(0);
    assert_eq!(cloud.stats().mutations, Vec::<String>::new(), "a second deploy changes nothing");
    lane.verify();

    let balancer = |lane: &Lane<'_>| {
        let things = lane.cloud.inventory();
        things.into_iter().find(|thing| thing.kind == "load-balancer").expect("there is one")
    };
    let before = balancer(&lane);
    lane.change(&SPEC.replace("203.0.113.0/24", "198.51.100.0/25"));
    let _changed = lane.deploy().ends_with(0);
    lane.verify();
    assert_eq!(balancer(&lane), before, "who may connect is changed in place");

    let _removed = lane.cleanup().ends_with(0);
    lane.leaves_nothing();
}

#[test]
fn a_lane_with_nearly_every_option_is_what_its_spec_says() {
    let cloud = cloud!();
    let spec = SPEC.to_owned()
        + r#"
label = "office"
[[allow]]
cidr = "198.51.100.7/32"
[[services]]
name = "sqs"
ports = [443, 8443]
[health_check]
interval_secs = 30
healthy = 3
unhealthy = 3
[tags]
team = "vision"
"#;
    let spec = format!(
        "zones = 3\nelastic_ips = \"off\"\nidle_timeout_secs = 600\npath_mtu = false\ncross_zone = true\n{spec}"
    );
    let lane = Lane::new(&cloud, &spec);
    let _built = lane.deploy().ends_with(0);
    lane.verify();
    let _removed = lane.cleanup().ends_with(0);
    lane.leaves_nothing();
}

#[test]
fn far_away_and_slow_it_still_ends_where_it_should() {
    let cloud = cloud!();
    cloud.slow(40, Preset::Scaled);
    cloud.set(&serde_json::json!({
        "endpoint_delete_s": 4, "balancer_interfaces_s": 4, "peering_visible_s": 2, "target_healthy_s": 3,
    }));
    let lane = Lane::new(&cloud, SPEC).window("5s");
    let _built = lane.deploy().ends_with(0);
    lane.verify();
    let _removed = lane.cleanup().ends_with(0);
    lane.leaves_nothing();
}
