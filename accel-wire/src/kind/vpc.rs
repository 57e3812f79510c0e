//! VPCs.

use accel_core::resource::Kind;
use accel_core::tags::Tags;
use accel_mock::{Body, State, Vpc};

use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::Result;
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateVpc", create),
    Action::looks(Ec2, "DescribeVpcs", |asked| describe(&VPCS, asked)),
    Action::changes(Ec2, "DeleteVpc", |asked| super::delete(asked, "VpcId", Kind::Vpc)),
];

static VPCS: Family = Family {
    ids: "VpcId",
    missing: "InvalidVpcID.NotFound",
    also: &[],
    set: "vpcSet",
    filters: &[
        ("vpc-id", |row| vec![row.id.clone()]),
        ("cidr", |row| vec![of(row).cidr.to_string()]),
        ("cidr-block-association.cidr-block", |row| vec![of(row).cidr.to_string()]),
        ("state", |row| vec![state(row).to_owned()]),
        ("owner-id", |row| vec![row.thing.account().to_string()]),
        ("is-default", |_| vec!["false".to_owned()]),
        ("isDefault", |_| vec!["false".to_owned()]),
    ],
    rows: Rows::Things(Kind::Vpc),
    show,
};

fn create(asked: &Asked<'_>) -> Result<Act> {
    let cidr = asked.parse("CidrBlock")?;
    asked.only("InstanceTenancy", "default")?;
    asked.only("AmazonProvidedIpv6CidrBlock", "false")?;
    let tags: Tags = asked.tags_for("vpc")?;
    Ok(Box::new(move |turn| {
        let key = turn.make(
            Body::Vpc(Vpc { cidr, dns_hostnames: false, dns_support: true }),
            tags,
            None,
        )?;
        turn.show(|view, xml| {
            let row = Row::new(view, view.thing(key), State::Pending);
            xml.group("vpc", |xml| show(&row, xml));
        });
        Ok(())
    }))
}

fn of<'w>(row: &Row<'w>) -> &'w Vpc {
    let Body::Vpc(vpc) = row.thing.body() else { unreachable!("a row of VPCs") };
    vpc
}

fn state(row: &Row<'_>) -> &'static str {
    if row.state == State::Pending { "pending" } else { "available" }
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    let cidr = of(row).cidr;
    xml.field("vpcId", &row.id);
    xml.field("ownerId", row.thing.account());
    xml.field("state", state(row));
    xml.field("cidrBlock", cidr);
    xml.set("cidrBlockAssociationSet", [cidr], |xml, cidr| {
        xml.field("associationId", super::derived("vpc-cidr-assoc", &row.id));
        xml.field("cidrBlock", cidr);
        xml.group("cidrBlockState", |xml| xml.field("state", "associated"));
    });
    xml.field("dhcpOptionsId", "default");
    xml.field("instanceTenancy", "default");
    xml.field("isDefault", false);
    row.show_tags(xml);
}
