//! A network that exists, as far as its spec lets one imagine it: in it, everything that the spec asks for can be built.

use accel_core::Place;
use accel_core::Zone;
use accel_core::backend::{Network, NetworkRoute, NetworkSubnet, NetworkTable};
use accel_core::spec::{
    ElasticIps, ExistingNetwork, ImplicitTable, Internet, PrivateEgress, Subnets,
};
use ipnet::Ipv4Net;

/// Any block: which it has, the spec does not say.
const BLOCK: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(10, 0, 0, 0), 8);

const INTERNET: &str = "0.0.0.0/0";

/// How many subnets a tag is taken to mark.
const TAGGED: usize = 2;

/// The islands and public subnets that the spec names, each with the tables that it speaks of.
pub(super) fn imagined(
    egress: &PrivateEgress,
    spec: &ExistingNetwork,
    place: &Place,
    zones: &[Zone],
) -> Network {
    let zones = &zones[..spread(egress, spec).clamp(1, zones.len())];
    let (islands, public) = (named(&spec.islands, "island"), named(&spec.public, "public"));
    let subnets = [&islands, &public];
    let subnets = subnets.into_iter().flat_map(|ids| ids.iter().zip(zones.iter().cycle()));
    let subnets = subnets.map(|(id, zone)| subnet(spec, id, zone)).collect();
    let replaced = spec.replace_default_route && egress.internet != Internet::None;
    let now = || if replaced { vec![route("where it leads now")] } else { Vec::new() };
    let main = NetworkTable { main: true, ..table("the main table", &[], now()) };
    let mut tables = vec![main, table("the public table", &public, vec![route("igw-")])];
    // The first island that may fall back on the main table does. Where each zone has a gateway, others need tables to lead there.
    let without = match (spec.implicit_table, egress.internet) {
        (ImplicitTable::Refuse, _) => 0,
        (ImplicitTable::Main, Internet::PerZone) => 1,
        (ImplicitTable::Main | ImplicitTable::Own, _) => islands.len(),
    };
    let own = |id: &String| table(&format!("the table of {id}"), std::slice::from_ref(id), now());
    tables.extend(islands.iter().skip(without).map(own));
    Network {
        place: place.clone(),
        id: spec.vpc.clone(),
        blocks: vec![BLOCK],
        dns_support: true,
        dns_hostnames: true,
        gateway: Some("igw-".to_owned()),
        subnets,
        tables,
        endpoints: Vec::new(),
        nats: Vec::new(),
    }
}

/// Over how many zones: where each zone has a gateway, as many as can have one.
fn spread(egress: &PrivateEgress, spec: &ExistingNetwork) -> usize {
    let count = |subnets: &Subnets| match subnets {
        Subnets::Ids(ids) => ids.len(),
        Subnets::Tagged(_) => TAGGED,
    };
    match (egress.internet, &egress.elastic_ips) {
        (Internet::PerZone, ElasticIps::Existing(addresses)) => addresses.len(),
        (Internet::PerZone, ElasticIps::Made | ElasticIps::Off) => {
            count(&spec.islands).min(count(&spec.public))
        }
        (Internet::None | Internet::One, _) => count(&spec.islands),
    }
}

fn named(subnets: &Subnets, what: &str) -> Vec<String> {
    match subnets {
        Subnets::Ids(ids) => ids.clone(),
        Subnets::Tagged(tag) => {
            (1..=TAGGED).map(|n| format!("{what} {n}, {} = {}", tag.tag, tag.value)).collect()
        }
    }
}

/// It carries every tag that the spec asks for, if the tag marks such subnets.
fn subnet(spec: &ExistingNetwork, id: &str, zone: &Zone) -> NetworkSubnet {
    let marks = [(&spec.islands, "island"), (&spec.public, "public")];
    let tags = marks.into_iter().filter_map(|(subnets, what)| match subnets {
        Subnets::Tagged(tag) if named(subnets, what).iter().any(|it| it == id) => {
            Some((tag.tag.clone(), tag.value.clone()))
        }
        Subnets::Tagged(_) | Subnets::Ids(_) => None,
    });
    NetworkSubnet {
        id: id.to_owned(),
        zone: zone.clone(),
        block: BLOCK,
        free: u32::MAX,
        public_addresses: false,
        tags: tags.collect(),
    }
}

fn table(id: &str, subnets: &[String], routes: Vec<NetworkRoute>) -> NetworkTable {
    let (id, subnets) = (id.to_owned(), subnets.to_vec());
    NetworkTable { id, main: false, subnets, routes, deployment: None }
}

fn route(target: &str) -> NetworkRoute {
    NetworkRoute {
        destination: INTERNET.to_owned(),
        target: target.to_owned(),
        active: true,
        propagated: false,
    }
}
