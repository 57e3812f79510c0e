//! AWS, with the environment, profiles and roles that every AWS tool uses.

use accel_core::NetworkBackend;

use crate::args;
use crate::escape;
use crate::trouble::Outcome;

/// Whose credentials.
#[derive(Debug, Clone)]
pub(crate) struct Profiles {
    service: Option<String>,
    entry: Option<String>,
}

impl Profiles {
    pub(super) fn of(args: &args::Cloud) -> Self {
        let entry = args.entry_profile.clone().or_else(|| args.profile.clone());
        Self { service: args.profile.clone(), entry }
    }

    /// A backend of its own.
    pub(crate) async fn aws(&self) -> accel_aws::Aws {
        let Self { service, entry } = self.clone();
        accel_aws::from_env(accel_aws::Profiles { service, entry }).await
    }

    pub(super) fn options(&self) -> String {
        let mut options = String::new();
        if let Some(service) = &self.service {
            options.push_str(" --profile ");
            options.push_str(&escape::shell(service));
        }
        if let Some(entry) =
            self.entry.as_ref().filter(|entry| self.service.as_ref() != Some(*entry))
        {
            options.push_str(" --entry-profile ");
            options.push_str(&escape::shell(entry));
        }
        options
    }
}

pub(super) async fn open(profiles: &Profiles) -> Outcome<Box<dyn NetworkBackend>> {
    Ok(Box::new(profiles.aws().await))
}
