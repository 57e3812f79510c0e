//! Network ACLs: every VPC has its default one, which lets everything pass, and there are no others.

use accel_core::resource::Kind;
use accel_mock::{Body, Sight};

use crate::action::Action;
use crate::family::{Family, Row, Rows, describe};
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] =
    &[Action::looks(Ec2, "DescribeNetworkAcls", |asked| describe(&ACLS, asked))];

static ACLS: Family = Family {
    ids: "NetworkAclId",
    missing: "InvalidNetworkAclID.NotFound",
    also: &[],
    set: "networkAclSet",
    filters: &[
        ("network-acl-id", |row| vec![row.id.clone()]),
        ("vpc-id", |row| vec![row.thing.id().to_owned()]),
        ("default", |_| vec!["true".to_owned()]),
        ("association.subnet-id", subnets),
        ("owner-id", |row| vec![row.thing.account().to_string()]),
    ],
    rows: Rows::Parts(|view, sight| {
        let vpcs = view.world.shown(view.caller, Kind::Vpc, sight);
        vpcs.map(|(vpc, _)| Row::part(view, "acl", vpc)).collect()
    }),
    show,
};

fn subnets(row: &Row<'_>) -> Vec<String> {
    let parts = row.view.world.shown_parts(row.thing.key(), Kind::Subnet, Sight::List);
    let subnets = parts.filter(|(part, _)| matches!(part.body(), Body::Subnet(_)));
    subnets.map(|(part, _)| part.id().to_owned()).collect()
}

/// Source: Default network ACL, Amazon VPC user guide.
fn show(row: &Row<'_>, xml: &mut Xml) {
    xml.field("networkAclId", &row.id);
    xml.field("vpcId", row.thing.id());
    xml.field("ownerId", row.thing.account());
    xml.field("default", true);
    let entries = [
        (100, "allow", false),
        (32767, "deny", false),
        (100, "allow", true),
        (32767, "deny", true),
    ];
    xml.set("entrySet", entries, |xml, (number, action, egress)| {
        xml.field("ruleNumber", number);
        xml.field("protocol", "-1");
        xml.field("ruleAction", action);
        xml.field("egress", egress);
        xml.field("cidrBlock", "0.0.0.0/0");
    });
    xml.set("associationSet", subnets(row), |xml, subnet| {
        xml.field("networkAclAssociationId", super::derived("aclassoc", &subnet));
        xml.field("networkAclId", &row.id);
        xml.field("subnetId", subnet);
    });
    xml.group("tagSet", |_| ());
}
