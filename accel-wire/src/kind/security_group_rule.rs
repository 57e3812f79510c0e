//! Security group rules: what authorizes, revokes and shows them.

use accel_core::resource::{Direction, Kind, Traffic};
use accel_core::tags::Tags;
use accel_mock::{Body, ClosedEgress, SecurityGroupRule, Setting, Sight, State, Thing};
use ipnet::Ipv4Net;

use crate::action::{Act, Action, Turn, View};
use crate::asked::Asked;
use crate::family::{Family, Row, Rows, describe};
use crate::refusal::{Refusal, Result};
use crate::service::Service::Ec2;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(Ec2, "AuthorizeSecurityGroupIngress", |asked| {
        authorize(asked, Direction::Ingress)
    }),
    Action::changes(Ec2, "AuthorizeSecurityGroupEgress", |asked| {
        authorize(asked, Direction::Egress)
    }),
    Action::changes(Ec2, "RevokeSecurityGroupIngress", |asked| revoke(asked, Direction::Ingress)),
    Action::changes(Ec2, "RevokeSecurityGroupEgress", |asked| revoke(asked, Direction::Egress)),
    Action::looks(Ec2, "DescribeSecurityGroupRules", |asked| describe(&RULES, asked)),
];

static RULES: Family = Family {
    ids: "SecurityGroupRuleId",
    missing: "InvalidSecurityGroupRuleId.NotFound",
    also: &[],
    set: "securityGroupRuleSet",
    filters: &[
        ("security-group-rule-id", |row| vec![row.id.clone()]),
        ("group-id", |row| vec![group_of(row).id().to_owned()]),
    ],
    rows: Rows::Parts(|view, sight| {
        let groups = view.world.shown(view.caller, Kind::SecurityGroup, sight);
        groups.flat_map(|(group, _)| of_group(view, group, sight)).collect()
    }),
    show,
};

/// What a rule lets pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) direction: Direction,
    pub(super) traffic: Traffic,
    pub(super) peer: Ipv4Net,
    pub(super) description: Option<String>,
}

impl Opening {
    fn is_same(&self, other: &Self) -> bool {
        self.direction == other.direction
            && self.traffic == other.traffic
            && self.peer == other.peer
    }
}

/// The rules of a group, the one with which it was born included.
pub(super) fn of_group<'w>(view: View<'w>, group: &'w Thing, sight: Sight) -> Vec<Row<'w>> {
    let born_open = matches!(group.body(), Body::SecurityGroup(it) if it.born_open);
    let born = born_open.then(|| Row::part(view, "sgr", group));
    let parts = view.world.shown_parts(group.key(), Kind::SecurityGroupRule, sight);
    born.into_iter().chain(parts.map(|(rule, state)| Row::new(view, rule, state))).collect()
}

/// The opening of a row: of a group, that of its birth. Source: `CreateSecurityGroup`.
pub(super) fn opening(row: &Row<'_>) -> Opening {
    if let Body::SecurityGroupRule(rule) = row.thing.body() {
        Opening {
            direction: rule.direction,
            traffic: rule.traffic,
            peer: rule.peer,
            description: (!rule.description.is_empty()).then(|| rule.description.clone()),
        }
    } else {
        Opening {
            direction: Direction::Egress,
            traffic: Traffic::All,
            peer: Ipv4Net::default(),
            description: None,
        }
    }
}

fn group_of<'w>(row: &Row<'w>) -> &'w Thing {
    let rule = row.view.world.rule(row.thing.key());
    rule.map_or(row.thing, |rule| row.view.thing(rule.group))
}

fn authorize(asked: &Asked<'_>, direction: Direction) -> Result<Act> {
    let group = asked.need("GroupId")?;
    let (openings, rest) = read_openings(asked, direction)?;
    if let Some(rest) = rest {
        return Err(Refusal::not_simulated(rest));
    }
    if openings.is_empty() {
        return Err(Refusal::missing("IpPermissions"));
    }
    let tags = asked.tags_for("security-group-rule")?;
    Ok(Box::new(move |turn| {
        let group = turn.world.require(turn.caller, Kind::SecurityGroup, &group, None)?.key();
        let rule = |it: Opening| {
            let Opening { direction, traffic, peer, description } = it;
            let description = description.unwrap_or_default();
            let rule = SecurityGroupRule { group, direction, traffic, peer, description };
            (Body::SecurityGroupRule(rule), tags.clone())
        };
        let rules: Vec<(Body, Tags)> = openings.into_iter().map(rule).collect();
        let made = turn.world.make_all(turn.caller, rules)?;
        turn.done();
        turn.show(|view, xml| {
            xml.set("securityGroupRuleSet", made, |xml, key| {
                show(&Row::new(view, view.thing(key), State::Ready), xml);
            });
        });
        Ok(())
    }))
}

fn revoke(asked: &Asked<'_>, direction: Direction) -> Result<Act> {
    let group = asked.need("GroupId")?;
    let ids = asked.texts("SecurityGroupRuleId");
    let (openings, rest) = read_openings(asked, direction)?;
    if ids.is_empty() && openings.is_empty() && rest.is_none() {
        return Err(Refusal::missing("IpPermissions"));
    }
    Ok(Box::new(move |turn| {
        let thing = turn.world.require(turn.caller, Kind::SecurityGroup, &group, None)?;
        let rows = of_group(turn.view(), thing, Sight::Id);
        let rows: Vec<_> =
            rows.into_iter().filter(|row| opening(row).direction == direction).collect();
        let mut found: Vec<(String, bool)> = Vec::new();
        for id in &ids {
            let row = rows.iter().find(|row| row.id == *id);
            let code = "InvalidSecurityGroupRuleId.NotFound";
            let missing =
                || Refusal::new(code, format!("The security group rule ID '{id}' does not exist"));
            found.push(row.map(|row| (row.id.clone(), row.own)).ok_or_else(missing)?);
        }
        for wanted in &openings {
            let row = rows.iter().find(|row| opening(row).is_same(wanted));
            found.push(row.map(|row| (row.id.clone(), row.own)).ok_or_else(not_there)?);
        }
        // What this cloud has no rules for is in no group of it.
        if rest.is_some() {
            return Err(not_there());
        }
        let group = thing.key();
        for (id, own) in &found {
            remove(turn, group, id, *own)?;
        }
        turn.done();
        Ok(())
    }))
}

/// Source: Error codes for the Amazon EC2 API, `InvalidPermission.NotFound`.
fn not_there() -> Refusal {
    let message = "The specified rule does not exist in this security group.";
    Refusal::new("InvalidPermission.NotFound", message)
}

fn remove(turn: &mut Turn<'_>, group: accel_mock::Key, id: &str, own: bool) -> Result<()> {
    if own {
        turn.world.unmake(turn.caller, Kind::SecurityGroupRule, id)?;
    } else {
        turn.world.set(turn.caller, Setting::ClosedEgress(ClosedEgress { group }))?;
    }
    Ok(())
}

/// What a request opens or closes, and what of it this cloud has no rules for.
fn read_openings(
    asked: &Asked<'_>,
    direction: Direction,
) -> Result<(Vec<Opening>, Option<String>)> {
    let mut openings = Vec::new();
    let mut rest = None;
    // The parameters of old are one permission with one range.
    if let Some(peer) = asked.parsed::<Ipv4Net>("CidrIp")? {
        let traffic = read_traffic(asked)?;
        openings.push(Opening { direction, traffic, peer, description: None });
    }
    for permission in asked.items("IpPermissions") {
        let traffic = read_traffic(&permission)?;
        for range in permission.items("IpRanges") {
            let (peer, description) = (range.parse("CidrIp")?, range.text("Description"));
            openings.push(Opening { direction, traffic, peer, description });
        }
        for (list, member) in
            [("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId"), ("Groups", "GroupId")]
        {
            for other in permission.items(list) {
                rest = Some(format!("{list}.{member}={}", other.need(member)?));
            }
        }
    }
    for opening in &mut openings {
        opening.peer = opening.peer.trunc();
    }
    Ok((openings, rest))
}

/// Source: `IpPermission`: -1 is every protocol; of ICMP, the ports are type and code.
fn read_traffic(asked: &Asked<'_>) -> Result<Traffic> {
    let protocol = asked.need("IpProtocol")?;
    let (from, to): (Option<i32>, Option<i32>) =
        (asked.parsed("FromPort")?, asked.parsed("ToPort")?);
    match (protocol.as_str(), from, to) {
        ("-1" | "all", _, _) => Ok(Traffic::All),
        ("tcp" | "6", Some(from), Some(to)) if from == to => {
            let port =
                u16::try_from(from).map_err(|_| Refusal::value("FromPort", &from.to_string()))?;
            Ok(Traffic::Tcp(port))
        }
        ("icmp" | "1", Some(3), Some(4)) => Ok(Traffic::FragmentationNeeded),
        (protocol, from, to) => Err(Refusal::not_simulated(format!(
            "a rule for protocol {protocol} and ports {} to {}",
            from.unwrap_or(-1),
            to.unwrap_or(-1)
        ))),
    }
}

/// The protocol and the ports; a rule has ports even where they mean nothing, a permission does not.
pub(super) fn show_traffic(traffic: Traffic, always_ports: bool, xml: &mut Xml) {
    let (protocol, ports) = match traffic {
        Traffic::Tcp(port) => ("tcp", Some((i32::from(port), i32::from(port)))),
        Traffic::FragmentationNeeded => ("icmp", Some((3, 4))),
        Traffic::All => ("-1", always_ports.then_some((-1, -1))),
    };
    xml.field("ipProtocol", protocol);
    xml.maybe("fromPort", ports.map(|(from, _)| from));
    xml.maybe("toPort", ports.map(|(_, to)| to));
}

fn show(row: &Row<'_>, xml: &mut Xml) {
    let (opening, group) = (opening(row), group_of(row));
    let (region, account) = (&row.view.caller.region, group.account());
    let resource = format!("security-group-rule/{}", row.id);
    xml.field("securityGroupRuleId", &row.id);
    xml.field("securityGroupRuleArn", super::arn(region, account, "ec2", &resource));
    xml.field("groupId", group.id());
    xml.field("groupOwnerId", account);
    xml.field("isEgress", opening.direction == Direction::Egress);
    show_traffic(opening.traffic, true, xml);
    xml.field("cidrIpv4", opening.peer);
    xml.maybe("description", opening.description.as_ref());
    row.show_tags(xml);
}
