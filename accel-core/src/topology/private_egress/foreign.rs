//! What others have made in the network and calls reach before anything of ours.

use crate::backend::{Network, NetworkEndpoint};
use crate::id::{DeploymentId, Region};
use crate::spec::text;

/// Somebody's endpoint to which the names of a service lead in the whole network.
pub(super) fn has_names_of<'n>(
    network: &'n Network,
    ours: Option<&DeploymentId>,
    region: &Region,
    label: &str,
) -> Option<&'n NetworkEndpoint> {
    network.endpoints.iter().find(|it| {
        let theirs = it.deployment.is_none() || it.deployment.as_ref() != ours;
        let same = text::service_label(&it.service, region);
        theirs && it.private_dns && same.is_ok_and(|it| it == label)
    })
}
