//! Verified: what the cloud itself shows of the network, held against what the topology is for. No packet is sent.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Deployer;
use super::report::Failure;
use crate::backend::{Bound, Offer, OfferQuery};
use crate::engine::persist;
use crate::engine::policy::{Verb, backoff_ms};
use crate::id::NodeName;
use crate::topology::{Finding, Made, Topology};

/// The longest pause between two looks: what was made last shows within some seconds.
const PAUSE_MS_MAX: u64 = 5_000;

/// Looks until everything holds or the time is over. Nothing, for a topology that names no network.
pub(super) async fn verify<T: Topology>(
    deployer: &Deployer<'_>,
    topology: &T,
    nodes: &BTreeMap<NodeName, Bound>,
    within: Duration,
) -> Result<Vec<Finding>, Failure> {
    let nothing = Offer::default();
    let Some(network) = topology.network(&Made::new(&nothing, nodes)) else {
        return Ok(Vec::new());
    };
    let query = OfferQuery { networks: vec![network.clone()], ..OfferQuery::default() };
    let began = Instant::now();
    let mut looks = 0;
    loop {
        let ask = || deployer.backend.offer(&query);
        let offer = persist(&deployer.limits, Verb::Offer, ask).await?;
        let findings = match offer.network(&network.1) {
            Some(shown) => topology.verify(&Made::new(&offer, nodes), shown),
            None => vec![Finding {
                what: format!("{} is there", network.1),
                fault: Some(format!("{} shows nothing of it", network.0)),
            }],
        };
        let left = within.saturating_sub(began.elapsed());
        let holds = findings.iter().all(|finding| finding.fault.is_none());
        if holds || left.is_zero() || deployer.stop.asked() {
            return Ok(findings);
        }
        looks += 1;
        let pause = Duration::from_millis(backoff_ms(looks, PAUSE_MS_MAX, 0));
        // Either the pause ends or somebody asks to stop: the next look is the last then.
        drop(timeout(pause.min(left), deployer.stop.wait()).await);
    }
}
