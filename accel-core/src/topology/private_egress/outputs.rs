//! What users of a private egress need: where to put functions, how their calls leave, and from which addresses.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::names;
use crate::id::{Region, Zone};
use crate::resource::{Attributes, EndpointAttributes};
use crate::spec::{self, CheckedEgress, CheckedEgressService, PrivateEgress, Subnets, Way};
use crate::topology::Made;

/// The form of [`EgressOutputs`]. Changes add fields; they never alter one.
pub const EGRESS_OUTPUTS_SCHEMA: &str = "accel.egress-outputs.v1";

/// What users of a private egress need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EgressOutputs {
    /// [`EGRESS_OUTPUTS_SCHEMA`].
    pub schema: String,
    /// The deployment.
    pub deployment: String,
    /// Where it is.
    pub region: Region,
    /// The network.
    pub vpc: String,
    /// Whether every service of the spec has its way.
    pub complete: bool,
    /// The subnets for functions, by id.
    pub islands: Vec<EgressIsland>,
    /// How calls to each service leave, by name.
    pub services: Vec<EgressRoute>,
    /// The public addresses from which calls to the internet come, by zone: what others put on their lists.
    pub addresses: Vec<EgressAddress>,
}

/// A private subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EgressIsland {
    /// Its id.
    pub subnet: String,
    /// Its zone, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
}

/// How calls to one service leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EgressRoute {
    /// The service's short name.
    pub service: String,
    /// The way.
    pub path: EgressPath,
    /// The endpoint's id: what a policy can require as the source of a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The service's own host names.
    pub hosts: Vec<String>,
    /// The endpoint's names, for calls that are to go through it whatever the service's own names lead to.
    pub endpoint_names: Vec<String>,
}

/// A way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EgressPath {
    /// A route of the islands' tables.
    GatewayEndpoint,
    /// Addresses in the network.
    InterfaceEndpoint,
    /// Like everything that goes to the internet.
    Nat,
}

/// The public address of a NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EgressAddress {
    /// The gateway's zone.
    pub zone: Zone,
    /// The address.
    pub address: Ipv4Addr,
}

/// The outputs as far as they exist; nothing while there is no network.
pub(super) fn outputs(spec: &PrivateEgress, made: &Made<'_>) -> Option<EgressOutputs> {
    let checked = spec::check_egress(spec).ok()?;
    let existing = spec.network.as_ref().map(|network| network.vpc.clone());
    let vpc = existing.or_else(|| made.id(names::VPC).map(ToString::to_string))?;
    let services: Vec<EgressRoute> = checked
        .services
        .iter()
        .filter_map(|(label, service)| route(label, service, made))
        .collect();
    let addresses = made.starting_with(names::NATS).filter_map(|(zone, bound)| {
        let Some(Attributes::NatGateway(nat)) = &bound.attributes else { return None };
        Some(EgressAddress { zone: Zone::from(zone), address: nat.address })
    });
    Some(EgressOutputs {
        schema: EGRESS_OUTPUTS_SCHEMA.to_owned(),
        deployment: spec.name.clone(),
        region: spec.region.clone(),
        vpc,
        complete: services.len() == checked.services.len(),
        islands: islands(&checked, made),
        services,
        addresses: addresses.collect(),
    })
}

fn route(label: &str, service: &CheckedEgressService<'_>, made: &Made<'_>) -> Option<EgressRoute> {
    let interface = made.id(&names::endpoint(label));
    let gateway = made.id(&names::gateway(label));
    let path = match (service.spec.via, interface, gateway) {
        (Way::Nat, ..) => EgressPath::Nat,
        (Way::Endpoint, Some(_), _) => EgressPath::InterfaceEndpoint,
        (Way::Endpoint, None, Some(_)) => EgressPath::GatewayEndpoint,
        (Way::Endpoint, None, None) => return None,
    };
    let endpoint_names = match made.attributes(&names::endpoint(label)) {
        Some(Attributes::InterfaceEndpoint(EndpointAttributes { dns_names, .. })) => {
            dns_names.clone()
        }
        Some(_) | None => Vec::new(),
    };
    let offer = made.offer.service(&service.spec.name);
    Some(EgressRoute {
        service: label.to_owned(),
        path,
        endpoint: interface.or(gateway).map(ToString::to_string),
        hosts: offer.map(|offer| offer.hosts.clone()).unwrap_or_default(),
        endpoint_names,
    })
}

/// The islands, made or named.
pub(super) fn islands(checked: &CheckedEgress<'_>, made: &Made<'_>) -> Vec<EgressIsland> {
    let Some(existing) = &checked.spec.network else {
        let made = made.starting_with(names::ISLANDS);
        let island = |(zone, bound): (&str, &crate::backend::Bound)| EgressIsland {
            subnet: bound.id.to_string(),
            zone: Some(Zone::from(zone)),
        };
        return made.map(island).collect();
    };
    let network = made.offer.network(&existing.vpc);
    let found = network.map(|network| network.named(&existing.islands)).unwrap_or_default();
    let mut zones: BTreeMap<String, Option<Zone>> = BTreeMap::new();
    if let Subnets::Ids(ids) = &existing.islands {
        zones.extend(ids.iter().map(|id| (id.clone(), None)));
    }
    zones.extend(found.into_iter().map(|it| (it.id.clone(), Some(it.zone.clone()))));
    zones.into_iter().map(|(subnet, zone)| EgressIsland { subnet, zone }).collect()
}
