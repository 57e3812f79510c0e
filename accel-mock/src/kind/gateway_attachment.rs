//! Attachment of an internet gateway to a VPC.

use std::sync::Arc;

use accel_core::resource::Kind;
use accel_core::{Result, resource};
use serde::{Deserialize, Serialize};

use super::{Answer, Differences, Rules};
use crate::ask::{Ask, Translator};
use crate::refusal;
use crate::thing::{Key, Thing};
use crate::world::World;

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayAttachment {
    /// The gateway.
    pub gateway: Key,
    /// The VPC.
    pub vpc: Key,
}

pub(super) fn asked(
    attachment: &resource::GatewayAttachment,
    from: &Translator<'_>,
) -> Result<GatewayAttachment> {
    Ok(GatewayAttachment {
        gateway: from.key(&attachment.gateway)?,
        vpc: from.key(&attachment.vpc)?,
    })
}

impl Rules for GatewayAttachment {
    fn refs(&self, visit: &mut dyn FnMut(Key)) {
        visit(self.gateway);
        visit(self.vpc);
    }

    /// A gateway has one VPC and a VPC one gateway. Source: `AttachInternetGateway`; Error codes for the Amazon EC2 API,
    /// `Resource.AlreadyAssociated`.
    fn check(&self, world: &World, _ask: &Ask) -> Result<Answer> {
        world.need(self.gateway)?;
        world.need(self.vpc)?;
        if let Some(other) = world.children_of_kind(self.gateway, Kind::GatewayAttachment).next() {
            return Err(refusal::conflict(
                "Resource.AlreadyAssociated",
                format!("the gateway is attached: {}", other.text),
            ));
        }
        if world.children_of_kind(self.vpc, Kind::GatewayAttachment).next().is_some() {
            // The code alone says nothing: callers read the words. Source: as seen in public logs of `AttachInternetGateway`.
            return Err(refusal::conflict(
                "InvalidParameterValue",
                format!(
                    "Network {} already has an internet gateway attached",
                    world.thing(self.vpc).text
                ),
            ));
        }
        Ok(Answer::New)
    }

    fn text(&self, world: &World, _key: Key) -> Arc<str> {
        format!("{}/{}", world.thing(self.gateway).text, world.thing(self.vpc).text).into()
    }

    fn compare(&self, is: &Self, found: &mut Differences<'_>) {
        found.thing("gateway", self.gateway, is.gateway);
        found.thing("vpc", self.vpc, is.vpc);
    }

    fn show(&self, _world: &World) -> String {
        String::new()
    }

    /// No interface of the VPC may have a public address. Source: `DetachInternetGateway`.
    fn blocked(&self, world: &World, _thing: &Thing) -> Result<()> {
        let public = world.interfaces_of_vpc(self.vpc).find(|i| i.public.is_some());
        public.map_or(Ok(()), |interface| {
            Err(refusal::in_use(
                "DependencyViolation",
                format!(
                    "network {} has mapped public addresses: {}",
                    world.thing(self.vpc).text,
                    interface.text
                ),
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use accel_core::ErrorKind;
    use accel_core::NetworkBackend as _;
    use accel_core::{Ref, resource};

    use crate::testing::{Deployer, entry, refused, run, secs};
    use crate::{Lag, Settings};

    #[test]
    fn a_gateway_has_one_vpc_and_a_vpc_one_gateway() {
        run(async {
            let deployer = Deployer::instant("entry.attachment").await;
            let again = refused(deployer.create("entry.attachment").await);
            assert_eq!(again, (ErrorKind::Conflict, "Resource.AlreadyAssociated".to_owned()));
            let other = resource::InternetGateway {};
            let other = deployer.also("other", &entry(), other).await.unwrap();
            let attachment = resource::GatewayAttachment {
                gateway: Ref::existing(other),
                vpc: deployer.to("entry.vpc"),
            };
            let second = refused(deployer.also("second", &entry(), attachment).await);
            assert_eq!(second.0, ErrorKind::Conflict);
        });
    }

    #[test]
    fn it_stays_while_an_interface_has_a_public_address() {
        run(async {
            let settings = Settings { lag: Lag::OFF, ..Settings::fast() };
            let deployer = Deployer::with(settings, "entry.balancer").await;
            let id = deployer.remote("entry.attachment");
            deployer.cloud.delete(&deployer.remote("entry.balancer")).await.unwrap();
            let answer = refused(deployer.cloud.delete(&id).await);
            assert_eq!(answer, (ErrorKind::InUse, "DependencyViolation".to_owned()));
            let blockers = deployer.cloud.blockers(&id).await.unwrap();
            assert_eq!(blockers[0].deployment.as_deref(), Some("lane"));
            secs(46).await;
            deployer.cloud.delete(&id).await.unwrap();
        });
    }
}
