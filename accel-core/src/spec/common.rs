//! What the checks of every spec share: how problems are gathered, and the fields that every spec has.

use std::collections::{BTreeMap, BTreeSet};

use super::{Callers, text};
use crate::error::Problem;
use crate::id::{AccountId, Region};

/// A load balancer takes 50 listeners. Source: Quotas for your Network Load Balancers.
const PORTS_MAX: usize = 50;

/// What was found so far, in the order of the fields.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub(super) fn at(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem::new(path, message));
    }

    /// The value, or a note of why there is none.
    pub(super) fn keep<T>(&mut self, path: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.at(path, message)).ok()
    }
}

pub(super) fn region(path: &str, region: &Region, found: &mut Problems) {
    if !text::is_region(region.as_str()) {
        let message =
            format!("{:?} is no region name; write it like ap-southeast-3", region.as_str());
        found.at(path, message);
    }
}

pub(super) fn account(path: impl Into<String>, account: Option<&AccountId>, found: &mut Problems) {
    if let Some(account) = account.filter(|account| !text::is_account(account.as_str())) {
        found.at(path, format!("{:?} is no account: twelve digits", account.as_str()));
    }
}

pub(super) fn ports(path: &str, ports: &[u16], found: &mut Problems) -> BTreeSet<u16> {
    let mut set = BTreeSet::new();
    if ports.is_empty() || ports.len() > PORTS_MAX {
        found.at(format!("{path}.ports"), format!("name 1 to {PORTS_MAX} ports, like 443"));
    }
    for (index, port) in ports.iter().enumerate() {
        let path = || format!("{path}.ports[{index}]");
        if *port == 0 {
            found.at(path(), "0 is no port");
        }
        if !set.insert(*port) {
            found.at(path(), format!("{port} is listed twice"));
        }
    }
    set
}

pub(super) fn callers(callers: &Callers, has_policy: bool, found: &mut Problems) {
    for (index, id) in callers.accounts.iter().enumerate() {
        account(format!("callers.accounts[{index}]"), Some(id), found);
    }
    if let Some(org) = &callers.org
        && !text::is_organisation(org)
    {
        found.at("callers.org", format!("{org:?} is no organisation; write it like o-a1b2c3d4e5"));
    }
    if has_policy && *callers != Callers::default() {
        found.at("callers", "has no effect beside a policy of your own: say it there");
    }
}

/// The user's tags, of which so many have room.
pub(super) fn tags(tags: &BTreeMap<String, String>, most: usize, found: &mut Problems) {
    if tags.len() > most {
        let count = tags.len();
        found.at("tags", format!("has {count} tags, but only {most} have room beside accel's own"));
    }
    for (key, value) in tags {
        if let Some(fault) = text::tag_fault(key, value) {
            found.at(format!("tags[{key:?}]"), fault);
        }
    }
}
