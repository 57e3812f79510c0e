//! Settings of a deployment of this process.

use accel_core::topology::{LaneEntry, LaneOutputs};

use super::read::{Address, Document, Entry};
use super::{SETTINGS_SCHEMA, Settings, SettingsError};

impl TryFrom<&LaneOutputs> for Settings {
    type Error = SettingsError;

    /// The settings of a lane that has just been deployed.
    ///
    /// # Errors
    ///
    /// If its form is a later one, or it has no service yet.
    fn try_from(outputs: &LaneOutputs) -> Result<Self, SettingsError> {
        if outputs.schema != SETTINGS_SCHEMA {
            return Err(SettingsError::Schema(outputs.schema.clone()));
        }
        super::read::checked(Document {
            deployment: outputs.deployment.clone(),
            generation: outputs.generation.clone(),
            expires: outputs.expires.clone(),
            entries: outputs.entries.iter().map(entry).collect(),
        })
    }
}

fn entry(entry: &LaneEntry) -> Entry {
    Entry {
        service: entry.service.clone(),
        service_region: entry.service_region.to_string(),
        hosts: entry.hosts.clone(),
        ports: entry.ports.clone(),
        dial: Some(entry.dial.clone()),
        addresses: entry
            .addresses
            .iter()
            .map(|zone| Address::Alone(zone.address.to_string()))
            .collect(),
        allow_private: false,
    }
}
