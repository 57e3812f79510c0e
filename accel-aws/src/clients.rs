//! One client per API, side and region, made when it is first used.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use accel_core::{Place, Region, Side};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region as AwsRegion, SdkConfig};

/// How long one call may take. The engine's own limit for a call is as long, and holds for verbs of several calls too.
const CALL_DEADLINE: Duration = Duration::from_secs(30);
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// The clients of one backend.
pub(crate) struct Clients {
    service: SdkConfig,
    entry: SdkConfig,
    made: Mutex<BTreeMap<Place, Apis>>,
}

/// The APIs of one side in one region.
#[derive(Clone)]
pub(crate) struct Apis {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) quotas: aws_sdk_servicequotas::Client,
    pub(crate) sts: aws_sdk_sts::Client,
}

impl Clients {
    pub(crate) fn new(service: &SdkConfig, entry: &SdkConfig) -> Self {
        Self {
            service: without_retries(service),
            entry: without_retries(entry),
            made: Mutex::default(),
        }
    }

    pub(crate) fn at(&self, place: &Place) -> Apis {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Apis::new(self.config(place.side), &place.region);
        made.entry(place.clone()).or_insert_with(new).clone()
    }

    pub(crate) fn config(&self, side: Side) -> &SdkConfig {
        match side {
            Side::Service => &self.service,
            Side::Entry => &self.entry,
        }
    }
}

impl Apis {
    fn new(config: &SdkConfig, region: &Region) -> Self {
        let config = config.to_builder().region(AwsRegion::new(region.as_str().to_owned())).build();
        Self {
            ec2: aws_sdk_ec2::Client::new(&config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            quotas: aws_sdk_servicequotas::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
        }
    }
}

/// The engine owns all retries: a call that the SDK repeats after a lost answer may make a second resource.
fn without_retries(config: &SdkConfig) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_DEADLINE)
        .operation_timeout(CALL_DEADLINE)
        .build();
    config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts).build()
}

impl fmt::Debug for Clients {
    /// Configurations hold credentials: nothing of them is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Clients")
            .field("places", &made.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
