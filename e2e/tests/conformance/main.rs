//! The AWS backend, held to what every backend promises, against two clouds that speak AWS's protocol: one that others wrote, and one
//! that keeps AWS's rules.

// The one test that takes minutes starts first: tests start in the order of their names.
mod by_the_rules;
mod rig;

use std::sync::Arc;

use accel_aws::Aws;
use accel_core::{NetworkBackend, Side};
use accel_tests::samples::Site;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sts::config::Credentials;

const SERVICE: &str = "ap-southeast-3";
const ENTRY: &str = "ap-southeast-1";

fn sites() -> [Site; 2] {
    [Site::new(Side::Service, SERVICE), Site::new(Side::Entry, ENTRY)]
}

/// The AWS backend with an access key, for the cloud at `url`.
fn backend(url: &str, key: &str) -> Arc<dyn NetworkBackend> {
    let credentials = Credentials::new(key, "secret", None, None, "a test");
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(SERVICE))
        .endpoint_url(url)
        .credentials_provider(credentials);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let config = runtime.expect("a runtime starts").block_on(loader.load());
    Arc::new(Aws::new(&config))
}
