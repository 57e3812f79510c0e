//! Before a protected deployment goes: the provider's own protection of its load balancers comes off.

use std::time::Duration;

use tokio::time::Instant;

use super::opening::Opened;
use crate::backend::{Inputs, Request};
use crate::engine::policy::Verb;
use crate::engine::{Item, persist};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Ref;
use crate::id::{Owner, RemoteId};
use crate::resource::{Kind, LoadBalancerOptions};

/// Switches deletion protection off, once per load balancer. No record is needed: a setting may be set twice, and a run that is killed
/// here leaves a deployment that still says that it is protected.
pub(super) async fn unprotect(opened: &mut Opened<'_>) -> Result<()> {
    let driver = &mut opened.driver;
    let there = driver.state.items.iter().filter(|item| item.exists());
    let balancer = |item: &Item| {
        let id = item.id.clone().filter(|id| id.kind == Kind::LoadBalancer)?;
        let (deployment, node) = (driver.deployment.clone(), item.name.clone());
        Some((id, Owner { deployment, node, fingerprint: item.fingerprint? }))
    };
    let balancers: Vec<(RemoteId, Owner)> = there.filter_map(balancer).collect();
    for (id, owner) in balancers {
        let options = LoadBalancerOptions {
            balancer: Ref::existing(id.clone()),
            deletion_protection: false,
            cross_zone: false,
        };
        let resource = options.into();
        let request = Request {
            owner: &owner,
            place: &id.place,
            resource: &resource,
            inputs: Inputs::default(),
            carried: &[],
            stamp: &driver.stamp,
            keep: None,
            attempt: 0,
        };
        let began = Instant::now();
        let window = Duration::from_millis(driver.limits.longest_window_ms());
        let set = || async {
            let set = driver.backend.create(request).await;
            // A killed run may have deleted it, and the listing may still show it.
            set.map_err(|error| {
                let is_late = error.kind() == ErrorKind::NotYet && began.elapsed() > window;
                if is_late { gone(&id) } else { error }
            })
        };
        // As a delete may: it has the same effect however often it is sent.
        let set = persist(&driver.limits, Verb::Delete, set).await;
        driver.count(Verb::Create);
        match set {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

fn gone(id: &RemoteId) -> Error {
    Error::new(ErrorKind::NotFound, format!("{id} is not there"))
}
