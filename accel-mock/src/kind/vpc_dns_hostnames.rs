//! Setting: DNS hostnames of a VPC.

use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Differences, Value};
use crate::ask::{Ask, Translator};
use crate::thing::Key;
use crate::world::World;

/// Turns them on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VpcDnsHostnames {
    vpc: Key,
}

pub(super) fn asked(
    setting: &resource::VpcDnsHostnames,
    from: &Translator<'_>,
) -> Result<VpcDnsHostnames> {
    Ok(VpcDnsHostnames { vpc: from.key(&setting.vpc)? })
}

impl Value for VpcDnsHostnames {
    fn parent(&self) -> Key {
        self.vpc
    }

    /// One attribute per call. Source: `ModifyVpcAttribute`.
    fn set(&self, world: &mut World, _ask: &Ask) -> Result<()> {
        world.need(self.vpc)?;
        if let Some(vpc) = world.vpc_mut(self.vpc) {
            vpc.dns_hostnames = true;
        }
        Ok(())
    }

    fn compare(&self, world: &World, found: &mut Differences<'_>) {
        if let Some(vpc) = world.vpc(self.vpc) {
            found.field("dns_hostnames", &true, &vpc.dns_hostnames);
        }
    }
}
