//! What still holds a thing that is to be deleted.

use accel_core::backend::Blocker;
use accel_core::resource::Kind;
use accel_core::tags;
use accel_core::{AccountId, RemoteId};

use crate::interface::{Holder, Interface};
use crate::sight::{Seen, Sight};
use crate::thing::{Key, Thing};
use crate::world::World;

impl World {
    /// Interfaces with their owners, and things that depend on it. Whoever asks sees only what has spread.
    pub(crate) fn blockers_of(&self, id: &RemoteId, account: &AccountId) -> Vec<Blocker> {
        let Some(key) = self.resolve(id, account) else { return Vec::new() };
        let mut blockers: Vec<Blocker> =
            self.interfaces_that_hold(key).iter().map(|i| self.interface_as_blocker(i)).collect();
        let children =
            self.children(key).filter(|child| self.holds(child.kind(), self.thing(key).kind()));
        let visible = children.filter(|child| self.look(child, Sight::List) != Seen::Nothing);
        blockers.extend(visible.map(|child| Blocker {
            id: child.text.as_ref().to_owned(),
            what: child.kind().to_string(),
            deployment: child.tags.get(tags::DEPLOYMENT).cloned(),
            usual_secs: child.life.deleting.and(child.kind().facts().gone).map(|t| t.usual_secs),
        }));
        blockers.sort();
        blockers.dedup();
        blockers
    }

    fn interfaces_that_hold(&self, key: Key) -> Vec<&Interface> {
        let thing = self.thing(key);
        match thing.kind() {
            Kind::Vpc => self.interfaces_of_vpc(key).collect(),
            Kind::Subnet => self.interfaces_in(key).collect(),
            Kind::SecurityGroup => {
                let vpc = self.group(key).map(|group| group.vpc);
                let all = vpc.into_iter().flat_map(|vpc| self.interfaces_of_vpc(vpc));
                all.filter(|i| i.groups.contains(&key)).collect()
            }
            Kind::GatewayAttachment => {
                let vpc = attached_vpc(thing);
                let all = vpc.into_iter().flat_map(|vpc| self.interfaces_of_vpc(vpc));
                all.filter(|i| i.public.is_some()).collect()
            }
            Kind::ElasticIp => self.holder_of_address(key).into_iter().collect(),
            Kind::InternetGateway
            | Kind::RouteTable
            | Kind::RouteTableAssociation
            | Kind::Route
            | Kind::SecurityGroupRule
            | Kind::InterfaceEndpoint
            | Kind::PeeringConnection
            | Kind::LoadBalancer
            | Kind::TargetGroup
            | Kind::Target
            | Kind::Listener
            | Kind::NatGateway
            | Kind::GatewayEndpoint
            | Kind::EndpointTable
            | Kind::RouteReplacement
            | Kind::VpcDnsHostnames
            | Kind::ClosedEgress
            | Kind::PeeringAcceptance
            | Kind::PeeringTags
            | Kind::EndpointPolicy
            | Kind::HealthCheck
            | Kind::TargetGroupOptions
            | Kind::LoadBalancerOptions
            | Kind::ListenerOptions
            | Kind::RuleDescription
            | Kind::ExtraTags => Vec::new(),
        }
    }

    /// A service's interface says in its description whose it is, and carries no tags of its owner.
    /// Source: `NetworkInterface`; Requester-managed network interfaces, Amazon EC2 user guide.
    fn interface_as_blocker(&self, interface: &Interface) -> Blocker {
        let (what, owner) = match &interface.owner {
            Holder::Thing(key) => {
                let owner = self.thing(*key);
                let what = format!("network interface of {} {}", owner.kind(), owner.text);
                (what, Some(owner))
            }
            Holder::Foreign(what) => (format!("network interface of {what}"), None),
        };
        let times = owner.and_then(|owner| owner.kind().facts().gone);
        Blocker {
            id: interface.text.clone(),
            what,
            deployment: owner.and_then(|owner| owner.tags.get(tags::DEPLOYMENT).cloned()),
            usual_secs: times.map(|times| times.usual_secs),
        }
    }

    /// Which children keep which parents from being removed.
    fn holds(&self, child: Kind, parent: Kind) -> bool {
        match parent {
            Kind::Vpc => child != Kind::TargetGroup,
            Kind::InternetGateway => child == Kind::GatewayAttachment,
            Kind::RouteTable => {
                let endpoint = self.settings.doubts.endpoint_holds_table;
                child == Kind::RouteTableAssociation || endpoint && child == Kind::EndpointTable
            }
            Kind::TargetGroup => child == Kind::Listener,
            Kind::Subnet
            | Kind::GatewayAttachment
            | Kind::RouteTableAssociation
            | Kind::Route
            | Kind::SecurityGroup
            | Kind::SecurityGroupRule
            | Kind::InterfaceEndpoint
            | Kind::PeeringConnection
            | Kind::ElasticIp
            | Kind::LoadBalancer
            | Kind::Target
            | Kind::Listener
            | Kind::NatGateway
            | Kind::GatewayEndpoint
            | Kind::EndpointTable
            | Kind::RouteReplacement
            | Kind::VpcDnsHostnames
            | Kind::ClosedEgress
            | Kind::PeeringAcceptance
            | Kind::PeeringTags
            | Kind::EndpointPolicy
            | Kind::HealthCheck
            | Kind::TargetGroupOptions
            | Kind::LoadBalancerOptions
            | Kind::ListenerOptions
            | Kind::RuleDescription
            | Kind::ExtraTags => false,
        }
    }
}

/// The last thing that an attachment refers to is its VPC.
fn attached_vpc(attachment: &Thing) -> Option<Key> {
    let mut vpc = None;
    attachment.body.rules().refs(&mut |key| vpc = Some(key));
    vpc
}
