//! What users of a lane need: names, addresses, hosts and ports, in a form that programs can rely on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::names;
use crate::id::{Region, Zone};
use crate::resource::Attributes;
use crate::spec::{self, Acceleration, CheckedService};
use crate::topology::Made;

/// The form of [`LaneOutputs`]. Changes add fields; they never alter one.
pub const LANE_OUTPUTS_SCHEMA: &str = "accel.lane-outputs.v1";

/// What users of a deployed lane need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LaneOutputs {
    /// [`LANE_OUTPUTS_SCHEMA`].
    pub schema: String,
    /// The deployment.
    pub deployment: String,
    /// Changes whenever a client must change something: a name, an address, an endpoint. Sixteen hexadecimal digits.
    pub generation: String,
    /// Whether every service of the spec is in `entries`.
    pub complete: bool,
    /// From when on clients no longer use this (RFC 3339), if whoever hands it out has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// One per service that can be dialled, by name.
    pub entries: Vec<LaneEntry>,
}

/// How to reach one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LaneEntry {
    /// The service's short name.
    pub service: String,
    /// Its full name.
    pub full_name: String,
    /// Where it is; requests are signed for this region.
    pub service_region: Region,
    /// Where its clients come in.
    pub entry_region: Region,
    /// The name to dial. It is not the name in URL, TLS and signature: that stays one of `hosts`.
    pub dial: String,
    /// The addresses behind that name, by zone, as far as known.
    pub addresses: Vec<ZoneAddress>,
    /// The service's own host names, which clients keep using; a leading `*.` stands for any one label.
    pub hosts: Vec<String>,
    /// The ports that are open.
    pub ports: Vec<u16>,
    /// The endpoint's id: what a policy can require as the source of a call.
    pub endpoint: String,
    /// The load balancer's name in metrics.
    pub metric_name: String,
}

/// One public address of a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneAddress {
    /// The zone.
    pub zone: Zone,
    /// The address.
    pub address: Ipv4Addr,
}

/// The outputs as far as they exist; nothing while no service can be dialled.
pub(super) fn outputs(spec: &Acceleration, made: &Made<'_>) -> Option<LaneOutputs> {
    let checked = spec::check(spec).ok()?;
    let entry =
        |(label, service): (&String, &CheckedService<'_>)| entry(spec, label, service, made);
    let entries: Vec<LaneEntry> = checked.services.iter().filter_map(entry).collect();
    if entries.is_empty() {
        return None;
    }
    Some(LaneOutputs {
        schema: LANE_OUTPUTS_SCHEMA.to_owned(),
        deployment: checked.deployment.to_string(),
        generation: generation(&entries),
        complete: entries.len() == checked.services.len(),
        expires: None,
        entries,
    })
}

fn entry(
    spec: &Acceleration,
    label: &str,
    service: &CheckedService<'_>,
    made: &Made<'_>,
) -> Option<LaneEntry> {
    let balancer = names::balancer(&spec.entry_region, label);
    let Attributes::LoadBalancer(balancer) = made.attributes(&balancer)? else { return None };
    let endpoint = made.id(&names::endpoint(label))?;
    let offer = made.offer.service(service.asked)?;
    let mut addresses: BTreeMap<Zone, Ipv4Addr> = balancer.addresses.iter().cloned().collect();
    for (zone, bound) in made.starting_with(&names::addresses(&spec.entry_region, label)) {
        if let Some(Attributes::ElasticIp(known)) = &bound.attributes
            && !zone.contains('.')
        {
            addresses.insert(Zone::from(zone), known.address);
        }
    }
    let addresses = addresses.into_iter().map(|(zone, address)| ZoneAddress { zone, address });
    Some(LaneEntry {
        service: label.to_owned(),
        full_name: offer.full_name.clone(),
        service_region: spec.service_region.clone(),
        entry_region: spec.entry_region.clone(),
        dial: balancer.dns_name.clone(),
        addresses: addresses.collect(),
        hosts: offer.hosts.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect(),
        ports: service.ports.iter().copied().collect(),
        endpoint: endpoint.to_string(),
        metric_name: balancer.metric_name.clone(),
    })
}

fn generation(entries: &[LaneEntry]) -> String {
    let text = serde_json::to_vec(entries).expect("outputs are plain data");
    let digest = Sha256::digest(&text);
    let bits = digest[..8].try_into().expect("a digest has 32 bytes");
    format!("{:016x}", u64::from_be_bytes(bits))
}
