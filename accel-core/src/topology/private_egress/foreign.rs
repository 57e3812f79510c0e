//! Whose a thing of the network is, and what others have made that calls reach before anything of ours.

use std::collections::BTreeMap;

use super::plan::{Plan, Table};
use crate::backend::{Network, NetworkEndpoint};
use crate::id::{DeploymentId, Region};
use crate::resource::Kind;
use crate::spec::text;

/// Somebody's endpoint to which the names of a service lead in the whole network.
pub(super) fn has_names_of<'n>(
    network: &'n Network,
    ours: Option<&DeploymentId>,
    region: &Region,
    label: &str,
) -> Option<&'n NetworkEndpoint> {
    network.endpoints.iter().find(|it| {
        let same = text::service_label(&it.service, region);
        is_of_others(it, ours) && it.private_dns && same.is_ok_and(|it| it == label)
    })
}

/// The gateway endpoints of others to which tables lead already, by table: a table leads to one of a service.
pub(super) fn gateways_of_others(plan: &Plan<'_>, service: &str) -> BTreeMap<String, String> {
    let Some(network) = plan.existing else { return BTreeMap::new() };
    let ours = plan.deployment();
    let same = |it: &&NetworkEndpoint| {
        it.kind == Kind::GatewayEndpoint && it.service == service && is_of_others(it, ours.as_ref())
    };
    let others: Vec<&NetworkEndpoint> = network.endpoints.iter().filter(same).collect();
    let leads = |table: &Table| {
        let other = others.iter().find(|it| it.tables.contains(&table.site))?;
        Some((table.site.clone(), other.id.clone()))
    };
    plan.tables.iter().filter(|table| !table.ours).filter_map(leads).collect()
}

fn is_of_others(endpoint: &NetworkEndpoint, ours: Option<&DeploymentId>) -> bool {
    !is_ours(endpoint.deployment.as_ref(), ours)
}

/// Whether what carries this deployment's tags is of ours.
pub(super) fn is_ours(carried: Option<&DeploymentId>, ours: Option<&DeploymentId>) -> bool {
    carried.is_some() && carried == ours
}

/// Whether the target of a route is a NAT gateway of ours.
pub(super) fn is_our_nat(network: &Network, ours: Option<&DeploymentId>, target: &str) -> bool {
    let nat = network.nats.iter().find(|nat| nat.id == target);
    nat.is_some_and(|nat| is_ours(nat.deployment.as_ref(), ours))
}
