//! Security groups.

use accel_core::resource::{Direction, Kind};
use accel_mock::{Body, SecurityGroup};

use super::security_group_rule::{self as rules, Opening};
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::Result;
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "CreateSecurityGroup", create),
    Action::looks(Ec2, "DescribeSecurityGroups", |asked| describe(&GROUPS, asked)),
    Action::changes(Ec2, "DeleteSecurityGroup", delete),
];

static GROUPS: Family = Family {
    ids: "GroupId",
    missing: "InvalidGroup.NotFound",
    also: &[("GroupName", "group-name")],
    set: "securityGroupInfo",
    filters: &[
        ("group-id", |row| vec![row.id.clone()]),
        ("group-name", |row| vec![of(row).name.clone()]),
        ("description", |row| vec![of(row).description.clone()]),
        ("vpc-id", |row| vec![row.view.id(of(row).vpc).to_owned()]),
        ("owner-id", |row| vec![row.thing.account().to_string()]),
    ],
    rows: Rows::Things(Kind::SecurityGroup),
    show,
};

fn create(asked: &Asked<'_>) -> Result<Act> {
    let (name, description) = (asked.need("GroupName")?, asked.need("GroupDescription")?);
    // Without one it is the default VPC, which this cloud has none of.
    let vpc = asked.need("VpcId")?;
    let tags = asked.tags_for("security-group")?;
    Ok(Box::new(move |turn| {
        let vpc = turn.world.require(turn.caller, Kind::Vpc, &vpc, None)?.key();
        let group = SecurityGroup { vpc, name, description, born_open: true };
        let key = turn.make(Body::SecurityGroup(group), tags, None)?;
        turn.show(|view, xml| {
            let row = Row::new(view, view.thing(key), accel_mock::State::Ready);
            xml.field("groupId", &row.id);
            xml.field("securityGroupArn", arn(&row));
            row.show_tags(xml);
        });
        Ok(())
    }))
}

fn delete(asked: &Asked<'_>) -> Result<Act> {
    let group = asked.need("GroupId")?;
    Ok(Box::new(move |turn| {
        turn.world.unmake(turn.caller, Kind::SecurityGroup, &group)?;
        turn.done();
        turn.answer.xml.field("groupId", group);
        Ok(())
    }))
}

pub(super) fn of<'w>(row: &Row<'w>) -> &'w SecurityGroup {
    let Body::SecurityGroup(group) = row.thing.body() else { unreachable!("a row of groups") };
    group
}

fn arn(row: &Row<'_>) -> String {
    let (region, account) = (&row.view.caller.region, row.thing.account());
    super::arn(region, account, "ec2", &format!("security-group/{}", row.id))
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    let group = of(row);
    xml.field("groupId", &row.id);
    xml.field("groupName", &group.name);
    xml.field("groupDescription", &group.description);
    xml.field("securityGroupArn", arn(row));
    xml.field("ownerId", row.thing.account());
    xml.field("vpcId", row.view.id(group.vpc));
    let openings = rules::of_group(row.view, row.thing, accel_mock::Sight::List);
    let openings: Vec<Opening> = openings.iter().map(rules::opening).collect();
    show_openings("ipPermissions", Direction::Ingress, &openings, xml);
    show_openings("ipPermissionsEgress", Direction::Egress, &openings, xml);
    row.show_tags(xml);
}

/// Rules of one direction, those that let the same pass in one element.
fn show_openings(name: &str, direction: Direction, openings: &[Opening], xml: &mut Xml) {
    let of_direction = openings.iter().filter(|it| it.direction == direction);
    let mut kinds: Vec<(&Opening, Vec<&Opening>)> = Vec::new();
    for opening in of_direction {
        match kinds.iter_mut().find(|(first, _)| first.traffic == opening.traffic) {
            Some((_, all)) => all.push(opening),
            None => kinds.push((opening, vec![opening])),
        }
    }
    xml.set(name, kinds, |xml, (first, all)| {
        rules::show_traffic(first.traffic, false, xml);
        xml.group("groups", |_| ());
        xml.set("ipRanges", all, |xml, it| {
            xml.field("cidrIp", it.peer);
            xml.maybe("description", it.description.as_ref());
        });
        xml.group("ipv6Ranges", |_| ());
        xml.group("prefixListIds", |_| ());
    });
}
