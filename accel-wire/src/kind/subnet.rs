//! Subnets.

use accel_core::resource::Kind;
use accel_core::{Region, Zone};
use accel_mock::{Body, State, Subnet};

use super::availability_zone::zone_id;
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::Result;
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateSubnet", create),
    Action::looks(Ec2, "DescribeSubnets", |asked| describe(&SUBNETS, asked)),
    Action::changes(Ec2, "ModifySubnetAttribute", modify),
    Action::changes(Ec2, "DeleteSubnet", |asked| super::delete(asked, "SubnetId", Kind::Subnet)),
];

static SUBNETS: Family = Family {
    ids: "SubnetId",
    missing: "InvalidSubnetID.NotFound",
    also: &[],
    set: "subnetSet",
    filters: &[
        ("subnet-id", |row| vec![row.id.clone()]),
        ("vpc-id", |row| vec![row.view.id(of(row).vpc).to_owned()]),
        ("cidr-block", |row| vec![of(row).cidr.to_string()]),
        ("availability-zone", |row| vec![of(row).zone.to_string()]),
        ("state", |row| vec![state(row).to_owned()]),
        ("owner-id", |row| vec![row.thing.account().to_string()]),
        ("default-for-az", |_| vec!["false".to_owned()]),
        ("map-public-ip-on-launch", |row| vec![of(row).public_addresses.to_string()]),
    ],
    rows: Rows::Things(Kind::Subnet),
    show,
};

fn create(asked: &Asked<'_>) -> Result<Act> {
    let (vpc, cidr) = (asked.need("VpcId")?, asked.parse("CidrBlock")?);
    let zone = asked.text("AvailabilityZone").map(Zone::new);
    let tags = asked.tags_for("subnet")?;
    Ok(Box::new(move |turn| {
        let vpc = turn.world.require(turn.caller, Kind::Vpc, &vpc, None)?.key();
        // Without one, the cloud selects one. Source: `CreateSubnet`, `AvailabilityZone`.
        let region: &Region = &turn.caller.region;
        let first = || turn.world.settings().offers.zones_of(region).into_iter().next();
        let zone = zone.or_else(first).unwrap_or_else(|| Zone::new(region.to_string()));
        let key = turn.make(
            Body::Subnet(Subnet { vpc, cidr, zone, public_addresses: false }),
            tags,
            None,
        )?;
        turn.show(|view, xml| {
            let row = Row::new(view, view.thing(key), State::Pending);
            xml.group("subnet", |xml| show(&row, xml));
        });
        Ok(())
    }))
}

/// One attribute per call, and only the one that says whether a subnet is public. Source: `ModifySubnetAttribute`.
fn modify(asked: &Asked<'_>) -> Result<Act> {
    let id = asked.need("SubnetId")?;
    let public: bool = asked.part("MapPublicIpOnLaunch").parse("Value")?;
    Ok(Box::new(move |turn| {
        turn.world.require(turn.caller, Kind::Subnet, &id, None)?;
        turn.world.change(&id, |body| {
            if let Body::Subnet(subnet) = body {
                subnet.public_addresses = public;
            }
        });
        turn.done();
        Ok(())
    }))
}

fn of<'w>(row: &Row<'w>) -> &'w Subnet {
    let Body::Subnet(subnet) = row.thing.body() else { unreachable!("a row of subnets") };
    subnet
}

fn state(row: &Row<'_>) -> &'static str {
    match row.state {
        State::Pending => "pending",
        State::Failed => "failed",
        State::Ready | State::Deleting | State::Gone => "available",
    }
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    let (subnet, region) = (of(row), &row.view.caller.region);
    let account = row.thing.account();
    let arn = super::arn(region, account, "ec2", &format!("subnet/{}", row.id));
    xml.field("subnetId", &row.id);
    xml.field("subnetArn", arn);
    xml.field("state", state(row));
    xml.field("ownerId", account);
    xml.field("vpcId", row.view.id(subnet.vpc));
    xml.field("cidrBlock", subnet.cidr);
    xml.group("ipv6CidrBlockAssociationSet", |_| ());
    xml.field("availableIpAddressCount", row.view.world.free_addresses(row.thing.key()));
    xml.field("availabilityZone", &subnet.zone);
    xml.field("availabilityZoneId", zone_id(row.view, region, &subnet.zone));
    xml.field("defaultForAz", false);
    xml.field("mapPublicIpOnLaunch", subnet.public_addresses);
    xml.field("assignIpv6AddressOnCreation", false);
    xml.field("mapCustomerOwnedIpOnLaunch", false);
    xml.field("enableDns64", false);
    xml.field("ipv6Native", false);
    xml.group("privateDnsNameOptionsOnLaunch", |xml| {
        xml.field("hostnameType", "ip-name");
        xml.field("enableResourceNameDnsARecord", false);
        xml.field("enableResourceNameDnsAAAARecord", false);
    });
    row.show_tags(xml);
}
