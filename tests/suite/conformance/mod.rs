//! The conformance suite: what every backend promises, one short test per promise.
//!
//! The folder `verbs` holds the promises of the trait's documentation; each file beside it holds those of one kind. To run
//! everything on a backend and look at the report:
//!
//! ```no_run
//! # async fn example(subject: accel_tests::conformance::Subject) {
//! let report = accel_tests::conformance::run(&subject).await;
//! assert_eq!(report.failed().count(), 0, "{report}");
//! # }
//! ```
//!
//! To see each promise by name in `cargo test`:
//!
//! ```
//! # fn main() {}
//! # fn my_subject() -> accel_tests::conformance::Subject {
//! #     accel_tests::simulator::subject(accel_mock::Lag::OFF)
//! # }
//! accel_tests::conformance_tests!(|promise| promise.check_in_real_time(&my_subject()));
//! ```

mod promises;
mod report;
mod sentences;
mod subject;
mod verbs;

mod closed_egress;
mod elastic_ip;
mod endpoint_policy;
mod endpoint_table;
mod extra_tags;
mod gateway_attachment;
mod gateway_endpoint;
mod health_check;
mod host;
mod interface_endpoint;
mod internet_gateway;
mod listener;
mod listener_options;
mod load_balancer;
mod load_balancer_options;
mod nat_gateway;
mod peering_acceptance;
mod peering_connection;
mod peering_tags;
mod route;
mod route_replacement;
mod route_table;
mod route_table_association;
mod rule_description;
mod security_group;
mod security_group_rule;
mod subnet;
mod target;
mod target_group;
mod target_group_options;
mod vpc;
mod vpc_dns_hostnames;

use std::future::Future;
use std::pin::Pin;

use accel_core::backend::Phase;
use accel_core::resource::{Kind, Resource};
use accel_core::{Error, ErrorKind, RemoteId};

pub use promises::PROMISES;
pub use report::{Report, Stop, Verdict};
pub(crate) use report::{ensure, ensure_eq};
pub use sentences::SENTENCES;
pub use subject::{Controls, NoControls, Patience, Stranger, Subject};

use crate::lab::Lab;

/// One promise and its test.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    /// The group and the promise (`find::finds_what_create_made`).
    pub name: &'static str,
    test: Test,
}

type Test = for<'l, 's> fn(&'l mut Lab<'s>) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'l>>;

/// Checks every promise, one after the other.
pub async fn run(subject: &Subject) -> Report {
    let mut report = Report::default();
    for promise in PROMISES {
        report.verdicts.push((promise.name, promise.check(subject).await));
    }
    report
}

impl Promise {
    /// Checks the promise under a deployment of its own, and removes what the check made however it ended.
    ///
    /// # Errors
    /// Why the promise is broken or cannot be checked.
    pub async fn check(&self, subject: &Subject) -> Verdict {
        // The position in the list tells the deployments of different promises apart.
        let number = PROMISES.iter().take_while(|promise| promise.name != self.name).count();
        let mut lab = Lab::open(subject, &format!("{}-{number:03}", subject.prefix)).await?;
        let verdict = (self.test)(&mut lab).await;
        let cleared = lab.clear().await;
        verdict.and(cleared)
    }

    /// Checks the promise on tokio's paused clock, for a simulated cloud.
    ///
    /// # Panics
    /// If the promise is broken, or cannot be checked and is no known skip.
    pub fn check_in_virtual_time(&self, subject: &Subject) {
        self.check_on(tokio::runtime::Builder::new_current_thread().start_paused(true), subject);
    }

    /// Checks the promise in real time, for a cloud behind a network.
    ///
    /// # Panics
    /// If the promise is broken, or cannot be checked and is no known skip.
    pub fn check_in_real_time(&self, subject: &Subject) {
        self.check_on(&mut tokio::runtime::Builder::new_current_thread(), subject);
    }

    /// A test that passes has shown something, or the subject says beforehand that it cannot.
    fn check_on(&self, runtime: &mut tokio::runtime::Builder, subject: &Subject) {
        let runtime = runtime.enable_all().build().expect("a runtime starts");
        let known = subject.skips.contains(&self.name);
        match runtime.block_on(self.check(subject)) {
            Ok(()) => assert!(!known, "{} is kept: it is no skip any more", self.name),
            Err(Stop::Skipped(_)) if known => {}
            Err(stop) => panic!("{}: {stop}", self.name),
        }
    }
}

/// The promise of that name.
///
/// # Panics
/// If there is none.
pub fn promise(name: &str) -> &'static Promise {
    PROMISES.iter().find(|promise| promise.name == name).expect("the promise is in the list")
}

/// A create is refused because of something that exists: in use or conflict, for the policy treats both alike.
fn in_the_way(error: &Error) -> Verdict {
    is_one_of(error, &[ErrorKind::Conflict, ErrorKind::InUse])
}

/// A request is wrong.
fn invalid(error: &Error) -> Verdict {
    is_one_of(error, &[ErrorKind::Invalid])
}

fn is_one_of(error: &Error, kinds: &[ErrorKind]) -> Verdict {
    ensure!(kinds.contains(&error.kind()), "the error is {error}, none of {kinds:?}");
    Ok(())
}

/// A promise needs a control that the subject has not.
fn cannot<T>(answer: Option<T>, what: &str) -> Result<T, Stop> {
    answer.ok_or_else(|| Stop::Skipped(format!("the subject cannot {what}")))
}

/// While the holder is there, a thing is in use: its delete is refused, it stays, and what holds it is named.
async fn holds(lab: &Lab<'_>, held: impl crate::lab::Pick, holder: &RemoteId) -> Verdict {
    lab.settle().await;
    let id = lab.id(held);
    let kind = id.kind;
    match lab.backend().delete(&id).await {
        Ok(()) => ensure!(false, "the {kind} is deleted under the {} {holder}", holder.kind),
        Err(error) => is_one_of(&error, &[ErrorKind::InUse])?,
    }
    let phase = lab.phase(&id).await?;
    ensure!(matches!(phase, Phase::Ready(_)), "after a refused delete the {kind} is {phase:?}");
    let blockers = lab.backend().blockers(&id).await?;
    let ours = lab.deployment.as_str();
    let named = blockers.iter().any(|blocker| {
        let text = holder.as_str();
        let by_id = blocker.id == text || blocker.what.contains(text);
        by_id || blocker.deployment.as_deref() == Some(ours)
    });
    ensure!(named, "{blockers:?} do not name the {} {holder} that holds the {kind}", holder.kind);
    Ok(())
}

/// A create is refused as wrong, for each of these contents of a kind.
async fn refuses_each(
    lab: &mut Lab<'_>,
    kind: Kind,
    contents: impl IntoIterator<Item = Resource>,
) -> Verdict {
    lab.make_needs(kind).await?;
    lab.settle().await;
    for (number, content) in contents.into_iter().enumerate() {
        // Under a name of its own: no token and no name of an earlier create.
        let asked = lab.asked(kind).named(&format!("wrong.{number}")).with(content).bare();
        invalid(&lab.refused(&asked).await?)?;
    }
    Ok(())
}
