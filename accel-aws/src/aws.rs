//! The backend's value and how it is built.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use accel_core::{Place, Side};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_types::service_config::ServiceConfigKey;

use crate::call::At;
use crate::clients::Clients;
use crate::view::Moment;

/// AWS as a backend. Clones share clients.
#[derive(Debug, Clone)]
pub struct Aws {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) clients: Clients,
    /// Both sides call with the same credentials.
    one_account: bool,
    /// Grows with every call that changes something.
    pub(crate) changes: AtomicU64,
    /// What the last look of each place has shown.
    pub(crate) moments: Mutex<BTreeMap<Place, Moment>>,
}

impl Aws {
    /// One account for both sides. The configuration's region does not matter: every place names its own.
    pub fn new(config: &SdkConfig) -> Self {
        Self::build(config, config, true)
    }

    /// Two accounts: one that holds the side of the service, one that holds the side of the clients.
    pub fn with_sides(service: &SdkConfig, entry: &SdkConfig) -> Self {
        Self::build(service, entry, false)
    }

    fn build(service: &SdkConfig, entry: &SdkConfig, one_account: bool) -> Self {
        let inner = Inner {
            clients: Clients::new(service, entry),
            one_account,
            changes: AtomicU64::default(),
            moments: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn at<'a>(&'a self, place: &'a Place) -> At<'a> {
        At { aws: &self.inner, place }
    }

    /// Whether both sides call with the same credentials.
    pub(crate) fn same_account(&self, a: Side, b: Side) -> bool {
        a == b || self.inner.one_account
    }

    /// The API endpoints that are not AWS's own, set for one API or for all.
    pub(crate) fn endpoints(&self) -> BTreeSet<String> {
        [Side::Service, Side::Entry]
            .into_iter()
            .flat_map(|side| endpoints_of(self.inner.clients.config(side)))
            .collect()
    }
}

/// As the SDK reads them: an endpoint of one API counts for more than one of all. Source: Service-specific endpoints, AWS SDKs and
/// Tools reference guide.
fn endpoints_of(config: &SdkConfig) -> Vec<String> {
    let of_one = |service: &str| {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        config.service_config()?.load_config(key.ok()?)
    };
    let of_all = || config.endpoint_url().map(str::to_owned);
    let apis = ["EC2", "Elastic Load Balancing v2"];
    apis.into_iter().filter_map(|api| of_one(api).or_else(of_all)).collect()
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("clients", &self.clients).finish_non_exhaustive()
    }
}

/// The profiles of the two sides in the shared configuration files. `None` is what the environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profiles {
    /// Of the side of the service.
    pub service: Option<String>,
    /// Of the side of the clients; that of the service if there is none.
    pub entry: Option<String>,
}

/// The backend from the standard settings of AWS programs: environment, shared configuration files, roles, single sign-on,
/// `AWS_ENDPOINT_URL`. Reads them, and calls nothing.
pub async fn from_env(profiles: Profiles) -> Aws {
    let service = load(profiles.service.as_deref()).await;
    match profiles.entry {
        Some(entry) if profiles.service.as_ref() != Some(&entry) => {
            Aws::with_sides(&service, &load(Some(&entry)).await)
        }
        Some(_) | None => Aws::new(&service),
    }
}

async fn load(profile: Option<&str>) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    loader.load().await
}
