//! Interface endpoints: how one is asked for, and what it shows.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use accel_core::resource::{Attributes, Kind};
use accel_mock::{Body, InterfaceEndpoint};

use super::endpoint;
use crate::action::{Act, Turn};
use crate::asked::Asked;
use crate::family::Row;
use crate::refusal::Result;
use crate::xml::Xml;

/// A create, as it was asked.
#[derive(Debug)]
struct Wanted {
    vpc: String,
    service: String,
    subnets: Vec<String>,
    addresses: BTreeMap<String, Ipv4Addr>,
    groups: Vec<String>,
    private_dns: bool,
    policy: Option<String>,
}

pub(super) fn create(asked: &Asked<'_>) -> Result<Act> {
    asked.only("IpAddressType", "ipv4")?;
    asked.part("DnsOptions").only("DnsRecordIpType", "ipv4")?;
    let (mut subnets, mut addresses) = (asked.texts("SubnetId"), BTreeMap::new());
    for configuration in asked.items("SubnetConfiguration") {
        let subnet = configuration.need("SubnetId")?;
        if let Some(address) = configuration.parsed("Ipv4")? {
            addresses.insert(subnet.clone(), address);
        }
        if !subnets.contains(&subnet) {
            subnets.push(subnet);
        }
    }
    let wanted = Wanted {
        vpc: asked.need("VpcId")?,
        service: asked.need("ServiceName")?,
        subnets,
        addresses,
        groups: asked.texts("SecurityGroupId"),
        // Source: `CreateVpcEndpoint`, `PrivateDnsEnabled` ("Default: true").
        private_dns: asked.parsed("PrivateDnsEnabled")?.unwrap_or(true),
        policy: asked.text("PolicyDocument"),
    };
    let (token, tags) = (asked.text("ClientToken"), asked.tags_for("vpc-endpoint")?);
    Ok(Box::new(move |turn| {
        let body = Body::InterfaceEndpoint(wanted.body(turn)?);
        let key = turn.make(body, tags, token.clone())?;
        endpoint::show_made(turn, key, token);
        Ok(())
    }))
}

impl Wanted {
    fn body(self, turn: &Turn<'_>) -> Result<InterfaceEndpoint> {
        let (world, caller) = (&*turn.world, turn.caller);
        let vpc = world.require(caller, Kind::Vpc, &self.vpc, None)?.key();
        let mut subnets = Vec::with_capacity(self.subnets.len());
        for id in &self.subnets {
            let key = world.require(caller, Kind::Subnet, id, None)?.key();
            subnets.push((key, self.addresses.get(id).copied()));
        }
        let mut groups = Vec::with_capacity(self.groups.len());
        for id in &self.groups {
            groups.push(world.require(caller, Kind::SecurityGroup, id, None)?.key());
        }
        if groups.is_empty() {
            // Source: `CreateVpcEndpoint`, `SecurityGroupIds`: the default group of the VPC.
            groups.extend(world.default_group(vpc));
        }
        let Self { service, private_dns, policy, .. } = self;
        Ok(InterfaceEndpoint { vpc, service, subnets, groups, private_dns, policy })
    }
}

/// What only such an endpoint has; of another it is empty. Source: `VpcEndpoint`.
pub(super) fn show(row: &Row<'_>, xml: &mut Xml) {
    let (view, body) = (row.view, row.thing.body());
    let endpoint = if let Body::InterfaceEndpoint(it) = body { Some(it) } else { None };
    let (subnets, groups) = endpoint.map_or((&[][..], &[][..]), |it| (&it.subnets, &it.groups));
    xml.values("subnetIdSet", subnets.iter().map(|(key, _)| view.id(*key)));
    xml.set("groupSet", groups, |xml, key| super::show_group(view, *key, xml));
    xml.field("privateDnsEnabled", endpoint.is_some_and(|it| it.private_dns));
    let interfaces = view.world.interfaces_of(row.thing.key());
    xml.values("networkInterfaceIdSet", interfaces.map(accel_mock::Interface::id));
    let names = if let Attributes::InterfaceEndpoint(it) = view.world.attributes(row.thing) {
        it.dns_names
    } else {
        Vec::new()
    };
    xml.set("dnsEntrySet", names, |xml, name| {
        xml.field("dnsName", name);
        xml.field("hostedZoneId", "Z00000000000000000000");
    });
    if endpoint.is_some() {
        xml.field("ipAddressType", "ipv4");
        xml.group("dnsOptions", |xml| xml.field("dnsRecordIpType", "ipv4"));
    }
}
