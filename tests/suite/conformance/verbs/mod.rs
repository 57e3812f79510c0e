//! The promises of the trait's documentation, one file per verb.

pub(super) mod blockers;
pub(super) mod contract;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod find;
pub(super) mod glance;
pub(super) mod list;
pub(super) mod offer;
pub(super) mod read;
pub(super) mod repeat;
pub(super) mod setting;

use accel_core::RemoteId;
use accel_core::resource::Kind;

use super::{Stop, cannot, ensure, ensure_eq, is_one_of};
use crate::lab::{Asked, Lab, listed};

/// The kinds that are things of their own, not values of others.
fn things() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| !kind.facts().setting)
}

/// The settings.
fn settings() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| kind.facts().setting)
}

/// Every live thing of ours with the owner of a request.
async fn with_owner(lab: &Lab<'_>, asked: &Asked) -> Result<Vec<RemoteId>, Stop> {
    let tags = asked.request().tags();
    let same = |key: &str, found: &accel_core::backend::Found| found.tags.get(key) == tags.get(key);
    let found = lab.list(&asked.place).await?;
    let ours = found.into_iter().filter(|found| {
        same(accel_core::tags::NODE, found) && same(accel_core::tags::FINGERPRINT, found)
    });
    Ok(ours.map(|found| found.id).collect())
}
