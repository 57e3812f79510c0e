//! All checks of a private egress that need no cloud.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::{EgressService, ExistingNetwork, Internet, PrivateEgress, Subnets, Way};
use crate::error::Problem;
use crate::id::{DeploymentId, Place, Side};
use crate::spec::common::{self, Problems};
use crate::spec::{ElasticIps, text};

/// A resource takes 50 tags. What stands in somebody else's table has its receipt in one, so that fewer are left for the user.
/// Source: AWS, Tag your Amazon EC2 resources, tag restrictions.
const TAGS_MAX: usize = 20;

/// The most zones that a network can have: no region has more.
const ZONES_MAX: u8 = 6;

/// The smallest network: eight zones with two subnets, of which none is smaller than /28. Source: Amazon VPC, subnet sizing.
const SMALLEST: u8 = 24;

/// What is said of the way to the internet where there is none.
const IDLE: &str = "has no effect without internet: leave it out";

/// A spec without faults, read.
#[derive(Debug)]
pub(crate) struct CheckedEgress<'a> {
    pub(crate) spec: &'a PrivateEgress,
    pub(crate) place: Place,
    pub(crate) network: CheckedTarget<'a>,
    /// By label: no order of the user's reaches the graph.
    pub(crate) services: BTreeMap<String, CheckedEgressService<'a>>,
}

/// Where it is built.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CheckedTarget<'a> {
    New { cidr: Ipv4Net },
    Existing(&'a ExistingNetwork),
}

/// One service, read.
#[derive(Debug)]
pub(crate) struct CheckedEgressService<'a> {
    /// Its path in the spec, for problems that the cloud's offer brings.
    pub(crate) path: String,
    pub(crate) spec: &'a EgressService,
    pub(crate) ports: BTreeSet<u16>,
    /// What its endpoint lets through; none where nobody said it, of a service that is to have no policy.
    pub(crate) policy: Option<PolicyWord>,
}

/// What an endpoint lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PolicyWord {
    /// Principals of the own account, and of the callers.
    OwnAccount,
    /// Everything.
    Anybody,
    /// A document, canonical.
    Document(String),
}

impl PolicyWord {
    fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "own-account" => Ok(Self::OwnAccount),
            "anybody" => Ok(Self::Anybody),
            json if json.starts_with('{') => text::policy(json).map(Self::Document),
            _ => Err(format!(
                "{text:?} is no policy: write own-account, anybody, or a policy as JSON"
            )),
        }
    }
}

/// Reads a spec, or says everything that is wrong with it.
pub(crate) fn check(spec: &PrivateEgress) -> Result<CheckedEgress<'_>, Vec<Problem>> {
    let mut found = Problems::default();
    found.keep("name", DeploymentId::parse(&spec.name).map_err(|e| e.to_string()));
    common::region("region", &spec.region, &mut found);
    let network = network(spec, &mut found);
    let common = common_policy(spec, &mut found);
    let services = services(spec, common.as_ref(), &mut found);
    internet(spec, &services, &mut found);
    elastic_ips(spec, &mut found);
    let named =
        services.values().any(|it| matches!(it.policy, None | Some(PolicyWord::OwnAccount)));
    common::callers(&spec.callers, !named && !services.is_empty(), &mut found);
    common::account("account", spec.account.as_ref(), &mut found);
    common::tags(&spec.tags, TAGS_MAX, &mut found);
    match network {
        Some(network) if found.0.is_empty() => {
            let place = Place::new(Side::Service, spec.region.clone());
            Ok(CheckedEgress { spec, place, network, services })
        }
        _ => Err(found.0),
    }
}

fn network<'a>(spec: &'a PrivateEgress, found: &mut Problems) -> Option<CheckedTarget<'a>> {
    let Some(network) = &spec.network else {
        if !(1..=ZONES_MAX).contains(&spec.zones) {
            found.at("zones", format!("is {}, but must be 1 to {ZONES_MAX}", spec.zones));
        }
        let cidr = found.keep("cidr", text::vpc_block(&spec.cidr))?;
        if cidr.prefix_len() > SMALLEST {
            found.at(
                "cidr",
                format!("{cidr} must be a /16 to a /{SMALLEST}: each zone has two subnets in it"),
            );
        }
        return Some(CheckedTarget::New { cidr });
    };
    if !text::is_id(&network.vpc, "vpc-") {
        let message = format!("{:?} is no VPC; write it like vpc-0a1b2c3d4e5f60718", network.vpc);
        found.at("network.vpc", message);
    }
    let defaults = PrivateEgress::default();
    for (path, differs) in
        [("cidr", spec.cidr != defaults.cidr), ("zones", spec.zones != defaults.zones)]
    {
        if differs {
            found.at(path, "has no effect in a network that exists: leave it out");
        }
    }
    if network.islands == Subnets::default() {
        let like = "[\"subnet-0a1b2c3d4e5f60718\"], or { tag = \"tier\", value = \"island\" }";
        found.at("network.islands", format!("say which subnets: {like}"));
    }
    subnets("network.islands", &network.islands, found);
    subnets("network.public", &network.public, found);
    both_ways(network, found);
    if spec.internet != Internet::None && network.public == Subnets::default() {
        let message = "say in which public subnets the NAT gateways stand";
        found.at("network.public", message);
    }
    if spec.internet == Internet::None {
        for (path, said) in [
            ("network.replace_default_route", network.replace_default_route),
            ("network.public", network.public != Subnets::default()),
        ] {
            if said {
                found.at(path, IDLE);
            }
        }
    }
    Some(CheckedTarget::Existing(network))
}

fn subnets(path: &str, subnets: &Subnets, found: &mut Problems) {
    match subnets {
        Subnets::Ids(ids) => {
            let mut seen = BTreeSet::new();
            for (index, id) in ids.iter().enumerate() {
                let path = format!("{path}[{index}]");
                if !text::is_id(id, "subnet-") {
                    let like = "write it like subnet-0a1b2c3d4e5f60718";
                    found.at(path, format!("{id:?} is no subnet; {like}"));
                } else if !seen.insert(id) {
                    found.at(path, format!("{id} is listed twice"));
                }
            }
        }
        Subnets::Tagged(tag) if tag.tag.is_empty() => {
            found.at(format!("{path}.tag"), "name the tag's key");
        }
        Subnets::Tagged(_) => {}
    }
}

/// A subnet is an island or public.
fn both_ways(network: &ExistingNetwork, found: &mut Problems) {
    if let (Subnets::Ids(islands), Subnets::Ids(public)) = (&network.islands, &network.public) {
        for (index, id) in public.iter().enumerate().filter(|(_, id)| islands.contains(id)) {
            let path = format!("network.public[{index}]");
            found.at(
                path,
                format!("{id} is an island, too: a NAT gateway stands in a public subnet"),
            );
        }
    }
}

/// What all endpoints let through, unless a service says otherwise.
fn common_policy(spec: &PrivateEgress, found: &mut Problems) -> Option<PolicyWord> {
    match &spec.policy {
        Some(text) => found.keep("policy", PolicyWord::read(text)),
        None if spec.network.is_none() => Some(PolicyWord::OwnAccount),
        None => {
            let all = spec.services.iter().filter(|service| service.via == Way::Endpoint);
            if all.into_iter().any(|service| service.policy.is_none() && !service.without_policy) {
                let message = "say what the endpoints let through (own-account, anybody, or a policy as \
                               JSON): in a network that exists, everybody's calls move to them";
                found.at("policy", message);
            }
            None
        }
    }
}

fn services<'a>(
    spec: &'a PrivateEgress,
    common: Option<&PolicyWord>,
    found: &mut Problems,
) -> BTreeMap<String, CheckedEgressService<'a>> {
    let mut services: BTreeMap<String, CheckedEgressService<'a>> = BTreeMap::new();
    for (index, service) in spec.services.iter().enumerate() {
        let path = format!("services[{index}]");
        let ports = common::ports(&path, &service.ports, found);
        let own = service.policy.as_ref();
        let own = own.and_then(|it| found.keep(&format!("{path}.policy"), PolicyWord::read(it)));
        if service.via == Way::Nat {
            idle_with_nat(&path, service, found);
        }
        let name = text::service_label(&service.name, &spec.region);
        let Some(label) = found.keep(&format!("{path}.name"), name) else { continue };
        if let Some(first) = services.get(&label) {
            let message = format!("is the same service as {}.name", first.path);
            found.at(format!("{path}.name"), message);
            continue;
        }
        let policy = own.or_else(|| common.cloned());
        services.insert(label, CheckedEgressService { path, spec: service, ports, policy });
    }
    services
}

/// What is said of an endpoint, for a service that has none.
fn idle_with_nat(path: &str, service: &EgressService, found: &mut Problems) {
    let usual = EgressService::default();
    let said = [
        ("policy", service.policy.is_some()),
        ("ports", service.ports != usual.ports),
        ("private_dns", service.private_dns != usual.private_dns),
        ("without_policy", service.without_policy),
    ];
    for (field, _) in said.into_iter().filter(|(_, said)| *said) {
        let message = "has no effect: a service through NAT has no endpoint";
        found.at(format!("{path}.{field}"), message);
    }
}

fn internet(
    spec: &PrivateEgress,
    services: &BTreeMap<String, CheckedEgressService<'_>>,
    found: &mut Problems,
) {
    if spec.internet != Internet::None {
        return;
    }
    if spec.services.is_empty() {
        found.at(
            "services",
            "name a service, like sqs, or ask for internet: there is nothing to do",
        );
    }
    for service in services.values().filter(|service| service.spec.via == Way::Nat) {
        let message = "there is no NAT without internet: say internet = \"one\" or \"per-zone\"";
        found.at(format!("{}.via", service.path), message);
    }
}

fn elastic_ips(spec: &PrivateEgress, found: &mut Problems) {
    if spec.internet == Internet::None && spec.elastic_ips != ElasticIps::Made {
        found.at("elastic_ips", IDLE);
    }
    match &spec.elastic_ips {
        ElasticIps::Made => {}
        ElasticIps::Off if spec.internet == Internet::None => {}
        ElasticIps::Off => {
            found.at(
                "elastic_ips",
                "a NAT gateway needs a public address: made, or a list of yours",
            );
        }
        ElasticIps::Existing(ids) => {
            let mut seen = BTreeSet::new();
            for (index, id) in ids.iter().enumerate() {
                let path = format!("elastic_ips[{index}]");
                if !text::is_allocation(id) {
                    let like = "write it like eipalloc-0a1b2c3d4e5f60718";
                    found.at(path, format!("{id:?} is no allocation id; {like}"));
                } else if !seen.insert(id) {
                    found.at(path, format!("{id} is listed twice"));
                }
            }
        }
    }
}
