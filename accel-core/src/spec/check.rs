//! All checks that need no cloud: from text as it was written to values that can be trusted, or every problem at once.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::common::{self, Problems};
use super::{Acceleration, Day, ElasticIps, openness, text};
use crate::error::Problem;
use crate::id::{DeploymentId, Place, Side};

/// A resource takes 50 tags; fifteen are kept for accel's own. Source: AWS, Tag your Amazon EC2 resources, tag restrictions.
const TAGS_MAX: usize = 35;

/// Every VPC block is cut into this many subnets, one per letter of a zone's name: a to h.
pub(crate) const ZONE_SLOTS: u8 = 8;

/// The most zones that a lane can have: no region has more.
const ZONES_MAX: u8 = 6;

/// Addresses of a subnet that the cloud keeps: the first four and the last. Source: Amazon VPC, subnet sizing.
const RESERVED_ADDRESSES: usize = 5;

/// Free addresses that a subnet must have when an internet-facing load balancer is made. Source: Network Load Balancers, subnets.
const BALANCER_NEEDS_FREE: usize = 8;

/// A spec without faults, read.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) spec: &'a Acceleration,
    pub(crate) deployment: DeploymentId,
    pub(crate) service: Place,
    pub(crate) entry: Place,
    pub(crate) service_cidr: Ipv4Net,
    pub(crate) entry_cidr: Ipv4Net,
    /// By label: no order of the user's reaches the graph.
    pub(crate) services: BTreeMap<String, CheckedService<'a>>,
    /// By block.
    pub(crate) allow: Vec<Opening<'a>>,
    /// The user's own policy, canonical.
    pub(crate) policy: Option<String>,
}

/// One service, read.
#[derive(Debug)]
pub(crate) struct CheckedService<'a> {
    /// Its path in the spec, for problems that the cloud's offer brings.
    pub(crate) path: String,
    /// The name as it was written: what the offer is asked for.
    pub(crate) asked: &'a str,
    pub(crate) ports: BTreeSet<u16>,
    pub(crate) without_policy: bool,
    pub(crate) elastic_ips: &'a ElasticIps,
}

/// One block of clients, read.
#[derive(Debug, Clone)]
pub(crate) struct Opening<'a> {
    pub(crate) cidr: Ipv4Net,
    pub(crate) label: Option<&'a str>,
    pub(crate) until: Option<Day>,
}

/// Reads a spec, or says everything that is wrong with it.
pub(crate) fn check(spec: &Acceleration) -> Result<Checked<'_>, Vec<Problem>> {
    let mut found = Problems::default();
    let deployment = found.keep("name", DeploymentId::parse(&spec.name).map_err(|e| e.to_string()));
    regions(spec, &mut found);
    let service_cidr = found.keep("service_cidr", text::vpc_block(&spec.service_cidr));
    let entry_cidr = found.keep("entry_cidr", text::vpc_block(&spec.entry_cidr));
    if let (Some(service), Some(entry)) = (service_cidr, entry_cidr) {
        blocks(spec, service, entry, &mut found);
    }
    let services = services(spec, &mut found);
    elastic_ips(spec, &mut found);
    let allow = openings(spec, &mut found);
    let policy = spec.policy.as_ref().and_then(|text| found.keep("policy", text::policy(text)));
    common::callers(&spec.callers, spec.policy.is_some(), &mut found);
    accounts(spec, &mut found);
    common::tags(&spec.tags, TAGS_MAX, &mut found);
    numbers(spec, &mut found);
    match (deployment, service_cidr, entry_cidr) {
        (Some(deployment), Some(service_cidr), Some(entry_cidr)) if found.0.is_empty() => {
            Ok(Checked {
                spec,
                deployment,
                service: Place::new(Side::Service, spec.service_region.clone()),
                entry: Place::new(Side::Entry, spec.entry_region.clone()),
                service_cidr,
                entry_cidr,
                services,
                allow,
                policy,
            })
        }
        _ => Err(found.0),
    }
}

fn regions(spec: &Acceleration, found: &mut Problems) {
    common::region("service_region", &spec.service_region, found);
    common::region("entry_region", &spec.entry_region, found);
    let (service, entry) = (spec.service_region.partition(), spec.entry_region.partition());
    if service != entry {
        let where_each_is = format!(
            "{} is in partition {entry}, {} in {service}",
            spec.entry_region, spec.service_region
        );
        let message = format!("{where_each_is}: networks of two partitions cannot be joined");
        found.at("entry_region", message);
    }
}

fn blocks(spec: &Acceleration, service: Ipv4Net, entry: Ipv4Net, found: &mut Problems) {
    if service.contains(&entry) || entry.contains(&service) {
        found.at(
            "entry_cidr",
            format!(
                "{entry} overlaps service_cidr {service}: overlapping networks cannot be peered"
            ),
        );
    }
    let count = spec.services.len();
    let room = |cidr: Ipv4Net| (1_usize << (32 - cidr.prefix_len())) / usize::from(ZONE_SLOTS);
    for (path, cidr, spare) in
        [("service_cidr", service, 0), ("entry_cidr", entry, BALANCER_NEEDS_FREE - 1)]
    {
        let fit = room(cidr).saturating_sub(RESERVED_ADDRESSES + spare);
        if count > fit {
            let room = format!("{cidr} has subnets with room for {fit} of the {count} services");
            found.at(path, format!("{room}: take a larger block"));
        }
    }
}

fn services<'a>(
    spec: &'a Acceleration,
    found: &mut Problems,
) -> BTreeMap<String, CheckedService<'a>> {
    if spec.services.is_empty() {
        found.at("services", "name at least one service, like sagemaker.runtime");
    }
    let mut services: BTreeMap<String, CheckedService<'a>> = BTreeMap::new();
    for (index, service) in spec.services.iter().enumerate() {
        let path = format!("services[{index}]");
        let ports = common::ports(&path, &service.ports, found);
        let elastic_ips = service.elastic_ips.as_ref().unwrap_or(&spec.elastic_ips);
        let name = text::service_label(&service.name, &spec.service_region);
        let Some(label) = found.keep(&format!("{path}.name"), name) else { continue };
        if let Some(first) = services.get(&label) {
            let message = format!("is the same service as {}.name", first.path);
            found.at(format!("{path}.name"), message);
            continue;
        }
        let (asked, without_policy) = (service.name.as_str(), service.without_policy);
        let read = CheckedService { path, asked, ports, without_policy, elastic_ips };
        services.insert(label, read);
    }
    services
}

/// Every list of existing addresses. An address serves one load balancer, so that a list serves one service.
fn elastic_ips(spec: &Acceleration, found: &mut Problems) {
    let own = spec.services.iter().map(|service| service.elastic_ips.as_ref());
    let sharing = own.clone().filter(Option::is_none).count();
    if matches!(spec.elastic_ips, ElasticIps::Existing(_)) && sharing > 1 {
        let message = "a list can serve only one service: give each service a list of its own";
        found.at("elastic_ips", message);
    }
    let own = own.enumerate().filter_map(|(index, choice)| {
        choice.map(|choice| (format!("services[{index}].elastic_ips"), choice))
    });
    let mut seen = BTreeSet::new();
    for (path, choice) in own.chain([("elastic_ips".to_owned(), &spec.elastic_ips)]) {
        let ElasticIps::Existing(ids) = choice else { continue };
        if ids.len() != usize::from(spec.zones) {
            let counts = format!("has {} addresses for {} zones", ids.len(), spec.zones);
            found.at(&*path, format!("{counts}: give one per zone"));
        }
        for (position, id) in ids.iter().enumerate() {
            let path = || format!("{path}[{position}]");
            if !text::is_allocation(id) {
                let like = "write it like eipalloc-0a1b2c3d4e5f60718";
                found.at(path(), format!("{id:?} is no allocation id; {like}"));
            }
            if !seen.insert(id) {
                found.at(path(), format!("{id} is listed twice"));
            }
        }
    }
}

fn openings<'a>(spec: &'a Acceleration, found: &mut Problems) -> Vec<Opening<'a>> {
    if spec.allow.is_empty() {
        found.at("allow", "say who may connect, like 203.0.113.0/24: nobody may by default");
    }
    let mut openings: BTreeMap<Ipv4Net, Opening<'a>> = BTreeMap::new();
    for (index, allow) in spec.allow.iter().enumerate() {
        let path = format!("allow[{index}]");
        let day = |text: &String| {
            Day::parse(text).ok_or(format!("{text:?} is no day; write it like 2027-03-31"))
        };
        let until = allow.until.as_ref();
        let until = until.and_then(|text| found.keep(&format!("{path}.until"), day(text)));
        if let Some(fault) = allow.label.as_deref().and_then(text::label_fault) {
            found.at(format!("{path}.label"), fault);
        }
        let cidr = format!("{path}.cidr");
        let Some(block) = found.keep(&cidr, text::client_block(&allow.cidr)) else { continue };
        let opening = Opening { cidr: block, label: allow.label.as_deref(), until };
        if openings.insert(block, opening).is_some() {
            found.at(cidr, format!("{block} is listed twice"));
        }
    }
    let blocks: Vec<Ipv4Net> = openings.keys().copied().collect();
    let open = openness::addresses_in_union(&blocks);
    if open > openness::MOST_WITHOUT_CONSENT && !spec.allow_internet {
        let message = format!("adds up to {open} addresses, more than a whole /8");
        found.at("allow", format!("{message}: narrow it, or say allow_internet = true"));
    }
    openings.into_values().collect()
}

fn accounts(spec: &Acceleration, found: &mut Problems) {
    let pins = [
        ("account", &spec.account),
        ("service_account", &spec.service_account),
        ("entry_account", &spec.entry_account),
    ];
    for (path, pin) in pins {
        common::account(path, pin.as_ref(), found);
    }
    if spec.account.is_some() && (spec.service_account.is_some() || spec.entry_account.is_some()) {
        found.at("account", "is for both sides: leave it out where you pin a side of its own");
    }
}

fn numbers(spec: &Acceleration, found: &mut Problems) {
    let health = &spec.health_check;
    let ranges = [
        ("zones", u16::from(spec.zones), 1, u16::from(ZONES_MAX)),
        ("idle_timeout_secs", spec.idle_timeout_secs, 60, 6000),
        ("health_check.interval_secs", health.interval_secs, 5, 300),
        ("health_check.healthy", u16::from(health.healthy), 2, 10),
        ("health_check.unhealthy", u16::from(health.unhealthy), 2, 10),
    ];
    for (path, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            found.at(path, format!("is {value}, but must be {least} to {most}"));
        }
    }
}
