//! What the feature `mockall` of the core adds: a mock of the backend.

use accel_core::backend::{Listing, MockNetworkBackend, NetworkBackend as _};
use accel_core::deployer::Change;
use accel_core::{Error, ErrorKind, Failure, Topology as _};
use accel_mock::{Cloud, Settings};
use accel_tests::harness::{jakarta, virtually};

/// A cloud in which there is nothing, as somebody's test of their own program would write it.
async fn empty_cloud() -> MockNetworkBackend {
    let offer = Cloud::new(Settings::fast()).offer(&jakarta().query(&[])).await;
    let mut cloud = MockNetworkBackend::new();
    cloud.expect_name().return_const("mine");
    cloud.expect_offer().returning(move |_| offer.clone());
    cloud.expect_list().returning(|_| Ok(Listing::default()));
    cloud.expect_glance().returning(|_| Ok(std::collections::BTreeSet::new()));
    cloud
}

#[test]
fn a_plan_makes_no_mutating_call() {
    virtually(async {
        let mut cloud = empty_cloud().await;
        cloud.expect_create().never();
        cloud.expect_delete().never();
        let plan = accel_core::plan(&cloud, &jakarta()).await.expect("it can be planned");
        assert_eq!(plan.count(Change::Make) + plan.count(Change::Set), plan.nodes.len());
    });
}

#[test]
fn a_mock_can_refuse() {
    virtually(async {
        let mut cloud = empty_cloud().await;
        cloud.expect_create().returning(|_| Err(Error::new(ErrorKind::Denied, "not you")));
        let Err(Failure::Halted(halt)) = accel_core::deploy(&cloud, &jakarta()).await else {
            panic!("nothing could be made");
        };
        assert!(halt.errors.iter().all(|error| error.kind() == ErrorKind::Denied));
        assert!(halt.nodes.is_empty());
    });
}
