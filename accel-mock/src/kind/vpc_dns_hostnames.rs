//! Setting: DNS hostnames of a VPC.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::thing::Key;
use crate::world::World;

/// Turns them on, or off.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VpcDnsHostnames {
    /// The VPC.
    pub vpc: Key,
    /// Whether they are on from now on.
    pub on: bool,
}

pub(super) fn asked(
    setting: &resource::VpcDnsHostnames,
    from: &Translator<'_>,
) -> Result<VpcDnsHostnames> {
    Ok(VpcDnsHostnames { vpc: from.key(&setting.vpc)?, on: true })
}

impl Value for VpcDnsHostnames {
    fn parent(&self) -> Key {
        self.vpc
    }

    /// One attribute per call. Source: `ModifyVpcAttribute`.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        world.need(self.vpc)?;
        if let Some(vpc) = world.vpc_mut(self.vpc) {
            vpc.dns_hostnames = self.on;
        }
        Ok(())
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        if let Some(vpc) = world.vpc(self.vpc) {
            found.field("dns_hostnames", &self.on, &vpc.dns_hostnames);
        }
    }
}
