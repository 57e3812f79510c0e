//! Network interfaces, which services put into subnets.

use accel_core::resource::{Attributes, Kind};
use accel_mock::{Body, Holder, Interface, Key, State};

use super::availability_zone::zone_id;
use crate::action::{Action, View};
use crate::family::{Family, Row, Rows, describe};
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[Action::looks(Ec2, "DescribeNetworkInterfaces", |asked| {
    asked.only("IncludeManagedResources", "false")?;
    describe(&INTERFACES, asked)
})];

/// Who has attached it, and asked for it: the service. Source: Requester-managed network interfaces, Amazon EC2 user guide.
const OWNER: &str = "amazon-aws";

static INTERFACES: Family = Family {
    ids: "NetworkInterfaceId",
    missing: "InvalidNetworkInterfaceID.NotFound",
    also: &[],
    set: "networkInterfaceSet",
    filters: &[
        ("network-interface-id", |row| vec![row.id.clone()]),
        ("vpc-id", |row| vec![row.view.id(of(row).vpc()).to_owned()]),
        ("subnet-id", |row| vec![row.thing.id().to_owned()]),
        ("group-id", groups),
        ("groups", groups),
        ("description", |row| vec![description(row)]),
        ("private-ip-address", |row| vec![of(row).address().to_string()]),
        ("addresses.private-ip-address", |row| vec![of(row).address().to_string()]),
        ("interface-type", |row| vec![interface_type(row).to_owned()]),
        ("status", |_| vec!["in-use".to_owned()]),
        ("requester-managed", |_| vec!["true".to_owned()]),
        ("association.allocation-id", |row| {
            of(row).elastic_ip().map(|key| row.view.id(key).to_owned()).into_iter().collect()
        }),
        ("availability-zone", zone),
        ("attachment.instance-owner-id", |_| vec![OWNER.to_owned()]),
        ("attachment.status", |_| vec!["attached".to_owned()]),
    ],
    rows: Rows::Parts(|view, _| {
        let all = view.world.interfaces().filter_map(|it| row(view, it));
        all.collect()
    }),
    show,
};

fn row<'w>(view: View<'w>, interface: &'w Interface) -> Option<Row<'w>> {
    let subnet = view.thing(interface.subnet());
    let row = Row::new(view, subnet, State::Ready);
    let id = interface.id().to_owned();
    let interface = Some(interface);
    view.caller.is_at(subnet).then_some(Row { id, interface, own: false, ..row })
}

fn of<'w>(row: &Row<'w>) -> &'w Interface {
    row.interface.expect("a row of interfaces")
}

fn groups(row: &Row<'_>) -> Vec<String> {
    of(row).groups().iter().map(|key| row.view.id(*key).to_owned()).collect()
}

fn zone(row: &Row<'_>) -> Vec<String> {
    let Body::Subnet(subnet) = row.thing.body() else { return Vec::new() };
    vec![subnet.zone.to_string()]
}

fn interface_type(row: &Row<'_>) -> &'static str {
    let is = |key: Key, kind| row.view.thing(key).kind() == kind;
    match of(row).holder() {
        Holder::Thing(key) if is(*key, Kind::LoadBalancer) => "network_load_balancer",
        Holder::Thing(key) if is(*key, Kind::NatGateway) => "nat_gateway",
        Holder::Thing(_) => "vpc_endpoint",
        Holder::Foreign(_) => "interface",
    }
}

/// Whose it is. Source: Requester-managed network interfaces, Amazon EC2 user guide.
fn description(row: &Row<'_>) -> String {
    match of(row).holder() {
        Holder::Thing(key) => {
            let thing = row.view.thing(*key);
            match row.view.world.attributes(thing) {
                Attributes::LoadBalancer(it) => format!("ELB {}", it.metric_name),
                Attributes::NatGateway(_) => format!("Interface for NAT Gateway {}", thing.id()),
                Attributes::Plain | Attributes::InterfaceEndpoint(_) | Attributes::ElasticIp(_) => {
                    format!("VPC Endpoint Interface {}", thing.id())
                }
            }
        }
        Holder::Foreign(text) => text.clone(),
    }
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    let (interface, view) = (of(row), row.view);
    let account = row.thing.account();
    xml.field("networkInterfaceId", &row.id);
    xml.field("subnetId", row.thing.id());
    xml.field("vpcId", view.id(interface.vpc()));
    if let Body::Subnet(subnet) = row.thing.body() {
        xml.field("availabilityZone", &subnet.zone);
        xml.field("availabilityZoneId", zone_id(view, &view.caller.region, &subnet.zone));
    }
    xml.field("description", description(row));
    xml.field("ownerId", account);
    xml.field("requesterId", OWNER);
    xml.field("requesterManaged", true);
    xml.field("status", "in-use");
    xml.field("interfaceType", interface_type(row));
    // Both pass on packets that are not for them. Source: NAT gateway basics; Requester-managed network interfaces.
    let passes_on = ["network_load_balancer", "nat_gateway"].contains(&interface_type(row));
    xml.field("sourceDestCheck", !passes_on);
    xml.field("privateIpAddress", interface.address());
    xml.set("groupSet", interface.groups(), |xml, key| super::show_group(view, *key, xml));
    xml.group("attachment", |xml| {
        xml.field("attachmentId", super::derived("ela-attach", &row.id));
        xml.field("instanceOwnerId", OWNER);
        xml.field("deviceIndex", 1);
        xml.field("status", "attached");
        xml.field("deleteOnTermination", false);
    });
    show_association(row, xml);
    xml.set("privateIpAddressesSet", [interface.address()], |xml, address| {
        xml.field("privateIpAddress", address);
        xml.field("primary", true);
        show_association(row, xml);
    });
    xml.group("ipv6AddressesSet", |_| ());
    xml.group("tagSet", |_| ());
}

fn show_association(row: &Row<'_>, xml: &mut Xml) {
    let interface = of(row);
    let Some(public) = interface.public_address() else { return };
    xml.group("association", |xml| {
        xml.field("publicIp", public);
        match interface.elastic_ip() {
            None => xml.field("ipOwnerId", "amazon"),
            Some(key) => {
                let id = row.view.id(key);
                xml.field("ipOwnerId", row.thing.account());
                xml.field("allocationId", id);
                xml.field("associationId", super::derived("eipassoc", id));
            }
        }
    });
}
