//! Setting: who may use an endpoint, of either kind.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::interface_endpoint::check_policy;
use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::thing::Key;
use crate::world::World;

/// Sets an endpoint's policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EndpointPolicy {
    /// The endpoint.
    pub endpoint: Key,
    /// The document.
    pub policy: String,
}

pub(super) fn asked(
    setting: &resource::EndpointPolicy,
    from: &Translator<'_>,
) -> Result<EndpointPolicy> {
    Ok(EndpointPolicy { endpoint: from.key(&setting.endpoint)?, policy: setting.policy.clone() })
}

impl Value for EndpointPolicy {
    fn parent(&self) -> Key {
        self.endpoint
    }

    /// Source: `ModifyVpcEndpoint`, `PolicyDocument`.
    fn set(&self, world: &mut World, ask: &Ask) -> Result<()> {
        world.need(self.endpoint)?;
        let interface = world.endpoint(self.endpoint).map(|endpoint| &endpoint.service);
        let gateway = world.gateway_endpoint(self.endpoint).map(|endpoint| &endpoint.service);
        let service = interface.or(gateway).map(String::as_str);
        let offer = world.settings.offers.service(&ask.place.region, service.unwrap_or_default());
        check_policy(offer.is_none_or(|offer| offer.policy_supported), &self.policy)?;
        if let Some(endpoint) = world.endpoint_mut(self.endpoint) {
            endpoint.policy = Some(self.policy.clone());
        } else if let Some(endpoint) = world.gateway_endpoint_mut(self.endpoint) {
            endpoint.policy = Some(self.policy.clone());
        }
        Ok(())
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        let interface = world.endpoint(self.endpoint).map(|endpoint| &endpoint.policy);
        let gateway = world.gateway_endpoint(self.endpoint).map(|endpoint| &endpoint.policy);
        if let Some(policy) = interface.or(gateway) {
            let is = policy.as_deref().unwrap_or("everybody may do everything");
            if !is_same_document(&self.policy, is) {
                found.field("policy", &self.policy.as_str(), &is);
            }
        }
    }
}

/// A cloud keeps a document's meaning, not its blanks.
fn is_same_document(a: &str, b: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    a == b || parse(a).is_some_and(|document| parse(b) == Some(document))
}
