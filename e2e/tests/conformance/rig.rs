//! On the local AWS of the folder `rig`. Each promise is checked in an account of its own, so that all of them can be checked at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use accel_core::resource::Traffic;
use accel_core::tags::Tags;
use accel_core::{ErrorKind, Place, RemoteId, Zone};
use accel_e2e::{Cloud, Fault, LocalAws as _, Mode, text_of};
use accel_tests::conformance::{Controls, Patience, Promise, Stranger, Subject};
use async_trait::async_trait;

use crate::{SERVICE, backend, sites};

accel_tests::conformance_tests!(crate::rig::check);

pub(crate) fn check(promise: &Promise) {
    static CLOUD: OnceLock<Option<Cloud>> = OnceLock::new();
    static KEYS: AtomicU64 = AtomicU64::new(1);
    let Some(cloud) = CLOUD.get_or_init(start) else { return };
    // The last twelve digits are the account.
    let key = format!("AKIA{:012}", KEYS.fetch_add(1, Ordering::Relaxed));
    promise.check_in_real_time(&subject(cloud, key));
}

/// A local AWS in which one zone lacks the service.
fn start() -> Option<Cloud> {
    let cloud = Cloud::start()?;
    let lacking = serde_json::json!({ "sagemaker.runtime": [barred().as_str()] });
    cloud.set(&serde_json::json!({ "missing_zones": lacking }));
    Some(cloud)
}

fn barred() -> Zone {
    Zone::new(format!("{SERVICE}c"))
}

fn subject(cloud: &'static Cloud, key: String) -> Subject {
    let [service, entry] = sites();
    let backend = backend(&cloud.url(), &key);
    Subject {
        barred_zone: Some(barred()),
        // Nothing is hidden there and nothing takes time.
        // A backend may share its looks for half a second.
        patience: Patience {
            poll: Duration::from_millis(100),
            window: Duration::from_millis(600),
            slack: Duration::from_secs(5),
        },
        controls: Arc::new(Local { cloud, key }),
        ..Subject::new(backend, service, entry)
    }
}

/// What a local AWS lets a test do, in one account.
#[derive(Debug)]
struct Local {
    cloud: &'static Cloud,
    key: String,
}

impl Local {
    fn next_mutating(&self, mode: Mode) {
        let fault = Fault::new(mode).with("always", true).with("times", 1);
        self.cloud.add_fault(&fault.with("access_key", self.key.as_str()));
    }

    /// Calls an action as a stranger in the same account, and gives the text of the answer's first element of that name.
    fn call(&self, place: &Place, form: &str, element: &str) -> String {
        let form = format!("Version=2016-11-15&{form}");
        let answer = self.cloud.call(&self.key, place.region.as_str(), &form);
        text_of(&answer, element).to_owned()
    }
}

#[async_trait]
impl Controls for Local {
    fn mutations(&self) -> Option<u64> {
        let last = self.key.get(self.key.len() - 4..).expect("a key is longer");
        let stats = self.cloud.stats().whole;
        Some(stats["mutating_by_key"][last].as_u64().unwrap_or(0))
    }

    fn refuse_next(&self, kind: ErrorKind) -> Option<()> {
        let mode = if kind == ErrorKind::Throttled {
            Mode::Refuse
        } else if kind == ErrorKind::Unavailable {
            Mode::Busy
        } else {
            return None;
        };
        self.next_mutating(mode);
        Some(())
    }

    fn lose_next(&self) -> Option<()> {
        self.next_mutating(Mode::Lose);
        Some(())
    }

    async fn strange_interface(&self, subnet: &RemoteId) -> Option<Stranger> {
        let form = format!("Action=CreateNetworkInterface&SubnetId={}", subnet.as_str());
        let id = self.call(&subnet.place, &form, "networkInterfaceId");
        Some(Stranger { place: subnet.place.clone(), id })
    }

    async fn strange_rule(&self, group: &RemoteId, traffic: Traffic) -> Option<Stranger> {
        let Traffic::Tcp(port) = traffic else { return None };
        let form = format!(
            "Action=AuthorizeSecurityGroupIngress&GroupId={}&IpPermissions.1.IpProtocol=tcp\
             &IpPermissions.1.FromPort={port}&IpPermissions.1.ToPort={port}\
             &IpPermissions.1.IpRanges.1.CidrIp=192.0.2.0/24",
            group.as_str(),
        );
        let id = self.call(&group.place, &form, "securityGroupRuleId");
        Some(Stranger { place: group.place.clone(), id })
    }

    async fn strange_kind(&self, place: &Place, tags: &Tags) -> Option<Stranger> {
        let form = "Action=CreateDhcpOptions&DhcpConfiguration.1.Key=domain-name\
                    &DhcpConfiguration.1.Value.1=example.com";
        let id = self.call(place, form, "dhcpOptionsId");
        let tags = tags.iter().zip(1..).map(|((key, value), number)| {
            format!("&Tag.{number}.Key={}&Tag.{number}.Value={}", escaped(key), escaped(value))
        });
        let form = format!("Action=CreateTags&ResourceId.1={id}{}", tags.collect::<String>());
        self.call(place, &form, "requestId");
        Some(Stranger { place: place.clone(), id })
    }

    async fn take_away(&self, stranger: &Stranger) {
        let Stranger { place, id } = stranger;
        let form = if id.starts_with("eni-") {
            format!("Action=DeleteNetworkInterface&NetworkInterfaceId={id}")
        } else if id.starts_with("dopt-") {
            format!("Action=DeleteDhcpOptions&DhcpOptionsId={id}")
        } else {
            let of = format!("Action=DescribeSecurityGroupRules&SecurityGroupRuleId.1={id}");
            let group = self.call(place, &of, "groupId");
            format!("Action=RevokeSecurityGroupIngress&GroupId={group}&SecurityGroupRuleId.1={id}")
        };
        self.call(place, &form, "requestId");
    }
}

/// As a form holds it.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let escape = |byte| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(escape).collect()
}
