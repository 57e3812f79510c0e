//! Every decision of the topology: which subnets, tables, zones, policies. What cannot be decided is a problem.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use super::{conflicts, existing, foreign, names, zones};
use crate::backend::{Network, ServiceOffer};
use crate::error::Problem;
use crate::id::{Place, Side, Zone};
use crate::resource::Kind;
use crate::spec::{
    CheckedEgress, CheckedEgressService, CheckedTarget, ElasticIps, Internet, PolicyWord, Way,
};
use crate::topology::{Kept, Known, policy, sticky};

/// A spec with every decision taken.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) checked: &'a CheckedEgress<'a>,
    /// What exists, where that was asked for.
    pub(super) existing: Option<&'a Network>,
    /// By name.
    pub(super) islands: Vec<Island>,
    /// The route tables that serve them, by name.
    pub(super) tables: Vec<Table>,
    /// Interface endpoints, by label.
    pub(super) endpoints: Vec<Endpoint<'a>>,
    /// Gateway endpoints, by label.
    pub(super) gateways: Vec<Gateway<'a>>,
    /// NAT gateways, by zone.
    pub(super) nats: Vec<Nat>,
}

/// One private subnet.
#[derive(Debug, Clone)]
pub(super) struct Island {
    /// What names of nodes are made from: its zone, or its id where it exists.
    pub(super) site: String,
    pub(super) zone: Zone,
    pub(super) block: Ipv4Net,
}

/// A route table that serves islands.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// What names of nodes are made from: the site of its one island, or its id where it is not ours.
    pub(super) site: String,
    pub(super) ours: bool,
    /// The islands that it serves, by site.
    pub(super) islands: Vec<String>,
    /// That of its islands' zones whose NAT gateway serves it, where each has one.
    pub(super) zone: Zone,
    /// What its default route leads to now, where that is not ours and is to be replaced.
    pub(super) was: Option<String>,
}

/// One service with an interface endpoint.
#[derive(Debug)]
pub(super) struct Endpoint<'a> {
    pub(super) label: &'a str,
    pub(super) service: &'a CheckedEgressService<'a>,
    pub(super) full_name: String,
    /// The islands in which it has an address, one per zone, by site.
    pub(super) sites: Vec<String>,
    /// Zones of islands in which it has none.
    pub(super) without: BTreeSet<Zone>,
    /// None where the service supports none.
    pub(super) policy: Option<String>,
}

/// One service with a gateway endpoint.
#[derive(Debug)]
pub(super) struct Gateway<'a> {
    pub(super) label: &'a str,
    pub(super) full_name: String,
    pub(super) policy: Option<String>,
    /// Tables that lead to another's gateway endpoint of the service already, and which: they lead to ours not as well.
    pub(super) theirs: BTreeMap<String, String>,
}

/// One NAT gateway.
#[derive(Debug, Clone)]
pub(super) struct Nat {
    pub(super) zone: Zone,
    pub(super) stands_in: Public,
    /// The allocation of an address that is the user's own.
    pub(super) address: Option<String>,
}

/// A public subnet.
#[derive(Debug, Clone)]
pub(super) enum Public {
    /// To be made.
    New(Ipv4Net),
    /// By id.
    Existing(String),
}

/// Takes every decision; nothing, where the network that should exist cannot be seen.
pub(super) fn plan<'a>(
    checked: &'a CheckedEgress<'a>,
    known: &Known<'a>,
    problems: &mut Vec<Problem>,
) -> Option<Plan<'a>> {
    let mut plan = Plan {
        checked,
        existing: None,
        islands: Vec::new(),
        tables: Vec::new(),
        endpoints: Vec::new(),
        gateways: Vec::new(),
        nats: Vec::new(),
    };
    match checked.network {
        CheckedTarget::New { cidr } => plan.new_network(cidr, known, problems),
        CheckedTarget::Existing(spec) => {
            let Some(network) = known.offer.network(&spec.vpc) else {
                let region = &checked.place.region;
                let message = format!("{region} has no VPC {} that the caller can see", spec.vpc);
                problems.push(Problem::new("network.vpc", message));
                return None;
            };
            plan.existing = Some(network);
            existing::network(&mut plan, spec, network, known, problems);
        }
    }
    for (label, service) in &checked.services {
        plan.service(label, service, known, problems);
    }
    plan.addresses(known.kept, problems);
    if let (Some(network), CheckedTarget::Existing(_)) = (plan.existing, checked.network) {
        conflicts::conflicts(&plan, network, problems);
        conflicts::room(&plan, network, known, problems);
        conflicts::receipts(&plan, problems);
    }
    Some(plan)
}

/// The halves of a zone's block: the island's, and the public subnet's, which is kept free while there is none.
pub(super) fn halves(cidr: Ipv4Net, zone: &Zone, place: &Place) -> Option<(Ipv4Net, Ipv4Net)> {
    let block = sticky::block(cidr, zone, &place.region)?;
    let mut halves = block.subnets(block.prefix_len() + 1).ok()?;
    Some((halves.next()?, halves.next()?))
}

impl Gateway<'_> {
    /// The tables that are to lead to it.
    pub(super) fn tables<'p>(&'p self, plan: &'p Plan<'_>) -> impl Iterator<Item = &'p Table> + 'p {
        plan.tables.iter().filter(|table| !self.theirs.contains_key(&table.site))
    }
}

impl<'a> Plan<'a> {
    fn new_network(&mut self, cidr: Ipv4Net, known: &Known<'_>, problems: &mut Vec<Problem>) {
        let (spec, place) = (self.checked.spec, &self.checked.place);
        let wanted = usize::from(spec.zones);
        let noted: Vec<_> = zones::noted_zones(known.kept, place).into_iter().collect();
        let zones = zones::choose_zones(self.checked, wanted, &noted, known);
        if zones.len() < wanted {
            let region = &place.region;
            let count = zones.len();
            let message =
                format!("only {count} of the zones of {region} can be used: set zones = {count}");
            problems.push(Problem::new("zones", message));
        }
        let nats: Vec<Zone> = match spec.internet {
            Internet::None => Vec::new(),
            Internet::One => zones::one_zone(zones.iter(), known.kept).into_iter().collect(),
            Internet::PerZone => zones.iter().cloned().collect(),
        };
        for zone in &zones {
            let Some((block, public)) = halves(cidr, zone, place) else { continue };
            let site = zone.to_string();
            self.islands.push(Island { site: site.clone(), zone: zone.clone(), block });
            let islands = vec![site.clone()];
            self.tables.push(Table { site, ours: true, islands, zone: zone.clone(), was: None });
            if nats.contains(zone) {
                let stands_in = Public::New(public);
                self.nats.push(Nat { zone: zone.clone(), stands_in, address: None });
            }
        }
    }

    fn service(
        &mut self,
        label: &'a str,
        service: &'a CheckedEgressService<'a>,
        known: &Known<'_>,
        problems: &mut Vec<Problem>,
    ) {
        if service.spec.via == Way::Nat {
            return;
        }
        let place = &self.checked.place;
        let Some(offer) = known.offer.service(&service.spec.name) else {
            let message = format!("{} has no service {}", place.region, service.spec.name);
            problems.push(Problem::new(format!("{}.name", service.path), message));
            return;
        };
        let policy = self.policy(service, offer, known, problems);
        let full_name = offer.full_name.clone();
        if offer.gateway {
            let theirs = foreign::gateways_of_others(self, &full_name);
            self.gateways.push(Gateway { label, full_name, policy, theirs });
            return;
        }
        let noted = noted_sites(known.kept, place, label);
        let (sites, without) = self.sites(offer, noted.as_deref());
        if sites.is_empty() && !self.islands.is_empty() {
            let zones: Vec<&str> = self.islands.iter().map(|it| it.zone.as_str()).collect();
            let message = format!("{label} can have an endpoint in none of {}", zones.join(", "));
            problems.push(Problem::new(format!("{}.name", service.path), message));
            return;
        }
        self.endpoints.push(Endpoint { label, service, full_name, sites, without, policy });
    }

    /// One island per zone in which the service is offered. What an earlier deploy decided for a zone stays: where it is, and where it
    /// is not, though it is offered there now.
    fn sites(&self, offer: &ServiceOffer, noted: Option<&str>) -> (Vec<String>, BTreeSet<Zone>) {
        let words: Vec<&str> = noted.unwrap_or_default().split(' ').collect();
        let mut sites = Vec::new();
        let mut without = BTreeSet::new();
        let zones: BTreeSet<&Zone> = self.islands.iter().map(|island| &island.zone).collect();
        for zone in zones {
            let mut here = self.islands.iter().filter(|island| island.zone == *zone);
            let stays = here.clone().find(|island| words.contains(&island.site.as_str()));
            let left_out = words.contains(&format!("{LEFT_OUT}{zone}").as_str());
            match stays.or_else(|| here.next()) {
                Some(island) if stays.is_some() || (offer.zones.contains(zone) && !left_out) => {
                    sites.push(island.site.clone());
                }
                Some(_) | None => {
                    without.insert(zone.clone());
                }
            }
        }
        (sites, without)
    }

    fn policy(
        &self,
        service: &CheckedEgressService<'_>,
        offer: &ServiceOffer,
        known: &Known<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<String> {
        if !offer.policy_supported {
            if !service.spec.without_policy {
                let message = format!(
                    "{} supports no endpoint policy: whoever is in the network could use it with any \
                     account's credentials; say without_policy = true if that may be",
                    offer.full_name
                );
                problems.push(Problem::new(format!("{}.without_policy", service.path), message));
            }
            return None;
        }
        match &service.policy {
            None => {
                let message = format!(
                    "is needed: {} supports an endpoint policy, and everybody's calls in the network move to it",
                    offer.full_name
                );
                problems.push(Problem::new(format!("{}.policy", service.path), message));
                None
            }
            Some(PolicyWord::Document(document)) => Some(document.clone()),
            Some(PolicyWord::Anybody) => Some(policy::open_endpoint_policy()),
            Some(PolicyWord::OwnAccount) => {
                let caller = known.offer.caller(Side::Service).map(|caller| &caller.account);
                let Some(account) = caller.or(self.checked.spec.account.as_ref()) else {
                    let message = "is needed for the endpoints' policy, because the caller's own could not be asked";
                    problems.push(Problem::new("account", message));
                    return None;
                };
                Some(policy::default_endpoint_policy(account, &self.checked.spec.callers))
            }
        }
    }

    /// A NAT gateway that stands keeps its own address; those that are free go to the others in the order of their zones.
    fn addresses(&mut self, kept: &[Kept], problems: &mut Vec<Problem>) {
        let ElasticIps::Existing(ids) = &self.checked.spec.elastic_ips else { return };
        if ids.len() != self.nats.len() {
            let counts =
                format!("has {} addresses for {} NAT gateways", ids.len(), self.nats.len());
            problems.push(Problem::new("elastic_ips", format!("{counts}: give one for each")));
        }
        let mut free: Vec<&String> = ids.iter().collect();
        for nat in &mut self.nats {
            let noted: Vec<&str> = noted_of_nat(kept, &nat.zone).collect();
            let stays = free.iter().position(|id| noted.contains(&id.as_str()));
            nat.address = stays.map(|index| free.remove(index).clone());
        }
        let without = self.nats.iter_mut().filter(|nat| nat.address.is_none());
        for (nat, id) in without.zip(free) {
            nat.address = Some(id.clone());
        }
    }

    /// The zones of the islands that a table serves.
    pub(super) fn zones_of<'p>(&'p self, table: &'p Table) -> impl Iterator<Item = &'p Zone> + 'p {
        let served = self.islands.iter().filter(|island| table.islands.contains(&island.site));
        served.map(|island| &island.zone)
    }

    /// The NAT gateway through which a table leads: the one of its zone, else the first.
    pub(super) fn nat_of(&self, table: &Table) -> Option<&Nat> {
        self.nats.iter().find(|nat| nat.zone == table.zone).or_else(|| self.nats.first())
    }

    /// The tables that lead through a NAT gateway.
    pub(super) fn served_by<'p>(&'p self, nat: &'p Nat) -> impl Iterator<Item = &'p Table> + 'p {
        let serves = |table: &&Table| self.nat_of(table).is_some_and(|it| it.zone == nat.zone);
        self.tables.iter().filter(serves)
    }

    /// The block that reaches the endpoints: everything in the network, for the services' names lead all of it there.
    pub(super) fn reaches(&self) -> Vec<Ipv4Net> {
        match (self.checked.network, self.existing) {
            (CheckedTarget::New { cidr }, _) => vec![cidr],
            (CheckedTarget::Existing(_), Some(network)) => network.blocks.clone(),
            (CheckedTarget::Existing(_), None) => Vec::new(),
        }
    }
}

/// What a NAT gateway's create notes of what it was given: the public subnet, if that is not ours, and the address.
pub(super) fn write_nat(nat: &Nat) -> String {
    let subnet = match &nat.stands_in {
        Public::New(_) => None,
        Public::Existing(id) => Some(id.as_str()),
    };
    subnet.into_iter().chain(nat.address.as_deref()).collect::<Vec<_>>().join(" ")
}

/// The words of that, for the NAT gateway that stands in a zone already.
pub(super) fn noted_of_nat<'k>(kept: &'k [Kept], zone: &Zone) -> impl Iterator<Item = &'k str> {
    let name = names::nat(zone);
    let of_node = move |it: &&Kept| it.kind == Kind::NatGateway && it.node.as_str() == name;
    let notes = kept.iter().filter(of_node).filter_map(|it| it.note.as_deref());
    notes.flat_map(|note| note.split(' '))
}

/// In a note: a zone in which the service was not offered.
const LEFT_OUT: char = '!';

/// Where an endpoint is, and where it is not: `subnet-1 subnet-2 !eu-central-1c`.
pub(super) fn write_sites(endpoint: &Endpoint<'_>) -> String {
    let without = endpoint.without.iter().map(|zone| format!("{LEFT_OUT}{zone}"));
    endpoint.sites.iter().cloned().chain(without).collect::<Vec<_>>().join(" ")
}

fn noted_sites(kept: &[Kept], place: &Place, label: &str) -> Option<String> {
    let name = names::endpoint(label);
    let of_node = |it: &&Kept| {
        it.kind == Kind::InterfaceEndpoint && it.place == *place && it.node.as_str() == name
    };
    kept.iter().filter(of_node).find_map(|it| it.note.clone())
}

/// Services with an endpoint that takes no policy.
pub(super) fn without_policy<'p>(plan: &'p Plan<'_>) -> Vec<&'p str> {
    let endpoints = plan.endpoints.iter().filter(|it| it.policy.is_none()).map(|it| it.label);
    let gateways = plan.gateways.iter().filter(|it| it.policy.is_none()).map(|it| it.label);
    endpoints.chain(gateways).collect()
}
