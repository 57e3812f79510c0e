//! A cloud that refuses: throttling, expired credentials, missing permissions.

use accel_e2e::{Fault, Lane, Mode, SPEC};

use crate::cloud;

#[test]
fn a_storm_of_throttling_only_slows_it() {
    let cloud = cloud!();
    let lane = Lane::new(&cloud, SPEC);
    let storm = || {
        let every_third = Fault::new(Mode::Refuse).with("every", 3);
        let now_and_then = Fault::new(Mode::Refuse).with("count", "all").with("probability", 0.1);
        cloud.break_at([every_third, now_and_then]);
    };
    storm();
    let _built = lane.deploy().ends_with(0);
    cloud.mend();
    lane.verify();
    storm();
    let _removed = lane.cleanup().ends_with(0);
    lane.leaves_nothing();
}

#[test]
fn credentials_that_expire_in_the_middle_are_named_and_new_ones_go_on() {
    let cloud = cloud!();
    for position in [5, 25, 45] {
        cloud.empty();
        let lane = Lane::new(&cloud, SPEC);
        cloud.break_at([Fault::new(Mode::Expire).with("count", "all").with("after", position)]);
        let stopped = lane.deploy();
        assert_eq!(stopped.code(), Some(1), "{}", stopped.stderr);
        assert!(stopped.stderr.to_lowercase().contains("expired"), "{}", stopped.stderr);
        cloud.mend();
        let _built = lane.deploy().ends_with(0);
        lane.verify();
        let _removed = lane.cleanup().ends_with(0);
        lane.leaves_nothing();
    }
}

#[test]
fn a_denied_action_is_named_and_what_was_built_can_be_removed() {
    let cloud = cloud!();
    for (action, at_cleanup) in [
        ("ec2:CreateVpcEndpoint", false),
        ("elasticloadbalancing:CreateLoadBalancer", false),
        ("ec2:DeleteVpcEndpoints", true),
    ] {
        cloud.empty();
        let lane = Lane::new(&cloud, SPEC);
        let denied = Fault::new(Mode::Deny).with("always", true).with("actions", vec![action]);
        let stopped = if at_cleanup {
            let _built = lane.deploy().ends_with(0);
            cloud.break_at([denied]);
            lane.cleanup()
        } else {
            cloud.break_at([denied]);
            lane.deploy()
        };
        assert_eq!(stopped.code(), Some(1), "{action}: {}", stopped.stderr);
        assert!(stopped.stderr.contains(action), "{}", stopped.stderr);
        cloud.mend();
        let _removed = lane.cleanup().ends_with(0);
        lane.leaves_nothing();
    }
}
