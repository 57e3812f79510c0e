//! How to measure.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::names::{Names, SystemNames};

/// How to measure. [`Options::default`] is what `accel probe` does.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many pairs are measured of each service.
    pub pairs: u32,
    /// How many pairs are measured before and not counted: caches are filled, routes are learned.
    pub warm_ups: u32,
    /// The pause after every measurement.
    pub pause: Duration,
    /// How long one measurement may take, and one lookup of a name.
    pub deadline: Duration,
    /// Hosts to use in place of a service's first: needed for a service that has only patterns of hosts.
    pub hosts: Vec<String>,
    /// The direct address of a host, where this machine's resolver must not be asked for it.
    pub direct: BTreeMap<String, IpAddr>,
    /// How many bytes are uploaded besides, each time over a connection of its own.
    pub transfer: Option<u64>,
    /// What part of the direct median counts as no difference.
    pub margin: f64,
    /// What counts as no difference in any case.
    pub margin_floor: Duration,
    /// How often the pairs are drawn anew for the intervals.
    pub resamples: u32,
    /// Where chance begins: the same seed gives the same intervals of the same measurements.
    pub seed: u64,
    /// Who resolves names.
    pub names: Arc<dyn Names>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pairs: 100,
            warm_ups: 2,
            pause: Duration::from_millis(100),
            deadline: Duration::from_secs(10),
            hosts: Vec::new(),
            direct: BTreeMap::new(),
            transfer: None,
            margin: 0.05,
            margin_floor: Duration::from_millis(1),
            resamples: 2000,
            seed: 0,
            names: Arc::new(SystemNames),
        }
    }
}
