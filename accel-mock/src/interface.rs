//! Network interfaces: what endpoints and load balancers put into subnets, and what blocks nearly every removal.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::thing::Key;
use crate::world::World;

/// One network interface.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Interface {
    pub(crate) text: String,
    pub(crate) owner: Holder,
    pub(crate) subnet: Key,
    pub(crate) vpc: Key,
    pub(crate) address: Ipv4Addr,
    pub(crate) public: Option<Ipv4Addr>,
    pub(crate) elastic_ip: Option<Key>,
    pub(crate) groups: Vec<Key>,
    /// When it goes; its owner may be gone before.
    pub(crate) gone: Option<Duration>,
}

/// Who has put an interface there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// A thing of this world.
    Thing(Key),
    /// Something that accel knows nothing of, in words.
    Foreign(String),
}

impl Interface {
    /// The provider's id.
    pub fn id(&self) -> &str {
        &self.text
    }

    /// Who has put it there.
    pub fn holder(&self) -> &Holder {
        &self.owner
    }

    /// Its subnet.
    pub fn subnet(&self) -> Key {
        self.subnet
    }

    /// The VPC of its subnet.
    pub fn vpc(&self) -> Key {
        self.vpc
    }

    /// The elastic IP that is its public address.
    pub fn elastic_ip(&self) -> Option<Key> {
        self.elastic_ip
    }

    /// Its private address.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Its public address.
    pub fn public_address(&self) -> Option<Ipv4Addr> {
        self.public
    }

    /// The groups that guard it.
    pub fn groups(&self) -> &[Key] {
        &self.groups
    }
}

impl World {
    /// All interfaces that are there now.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.interfaces.values().filter(|i| i.gone.is_none_or(|gone| gone > self.now))
    }

    /// The interfaces in a subnet.
    pub(crate) fn interfaces_in(&self, subnet: Key) -> impl Iterator<Item = &Interface> {
        let from = (subnet, Ipv4Addr::UNSPECIFIED);
        let to = (subnet, Ipv4Addr::BROADCAST);
        self.interfaces
            .range(from..=to)
            .map(|(_, interface)| interface)
            .filter(|i| i.gone.is_none_or(|gone| gone > self.now))
    }

    /// The interfaces in all subnets of a VPC.
    pub(crate) fn interfaces_of_vpc(&self, vpc: Key) -> impl Iterator<Item = &Interface> {
        self.children(vpc)
            .filter(|child| child.kind() == accel_core::resource::Kind::Subnet)
            .flat_map(|subnet| self.interfaces_in(subnet.key))
    }

    /// Puts an interface into a subnet.
    pub(crate) fn plug(&mut self, interface: Interface) {
        self.interfaces.insert((interface.subnet, interface.address), interface);
    }

    /// Sets when the interfaces of a thing go.
    pub(crate) fn unplug(&mut self, owner: Key, subnets: impl Iterator<Item = Key>, at: Duration) {
        for subnet in subnets {
            let from = (subnet, Ipv4Addr::UNSPECIFIED);
            let to = (subnet, Ipv4Addr::BROADCAST);
            for (_, interface) in self.interfaces.range_mut(from..=to) {
                if interface.owner == Holder::Thing(owner) {
                    interface.gone = Some(at);
                }
            }
        }
    }

    /// Whether an address of a subnet can be given away: inside its block, not one of the five that the cloud keeps, and free.
    ///
    /// Source: Subnet CIDR blocks, Amazon VPC user guide (the first four and the last address are reserved).
    pub(crate) fn is_free(&self, subnet: Key, address: Ipv4Addr) -> bool {
        let Some(cidr) = self.subnet(subnet).map(|s| s.cidr) else { return false };
        let first = u32::from(cidr.network());
        let offset = u32::from(address).wrapping_sub(first);
        let size = u32::from(cidr.broadcast()) - first;
        let kept = offset < 4 || offset == size;
        let taken = self
            .interfaces
            .get(&(subnet, address))
            .is_some_and(|i| i.gone.is_none_or(|gone| gone > self.now));
        cidr.contains(&address) && !kept && !taken
    }

    /// The lowest free address of a subnet.
    pub fn next_free(&self, subnet: Key) -> Option<Ipv4Addr> {
        let cidr = self.subnet(subnet)?.cidr;
        let first = u32::from(cidr.network());
        let last = u32::from(cidr.broadcast());
        (first + 4..last).map(Ipv4Addr::from).find(|address| self.is_free(subnet, *address))
    }

    /// How many addresses of a subnet are free.
    pub fn free_addresses(&self, subnet: Key) -> usize {
        let Some(cidr) = self.subnet(subnet).map(|s| s.cidr) else { return 0 };
        let size = 1_usize << (32 - cidr.prefix_len());
        size.saturating_sub(5).saturating_sub(self.interfaces_in(subnet).count())
    }
}
