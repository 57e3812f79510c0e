//! Target groups.

use accel_core::resource::Kind;
use accel_mock::{Body, Checks, Key, Sight, TargetGroup, Thing};

use super::balancing::{Page, arn_of, named};
use super::load_balancer::check_name;
use crate::action::{Act, Action, View};
use crate::asked::Asked;
use crate::refusal::{Refusal, Result};
use crate::service::Service::LoadBalancing;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(LoadBalancing, "CreateTargetGroup", create),
    Action::looks(LoadBalancing, "DescribeTargetGroups", describe),
    Action::changes(LoadBalancing, "DeleteTargetGroup", delete),
];

fn create(asked: &Asked<'_>) -> Result<Act> {
    let kind = asked.text("TargetType").unwrap_or_else(|| "instance".to_owned());
    if kind != "ip" {
        return Err(Refusal::not_simulated(format!("TargetType={kind}")));
    }
    asked.only("Protocol", "TCP")?;
    asked.only("IpAddressType", "ipv4")?;
    let (name, vpc) = (asked.need("Name")?, asked.need("VpcId")?);
    check_name(&name)?;
    let port = asked.parse("Port")?;
    let checks = AskedChecks::read(asked)?.over(Checks::default());
    let tags = asked.tags("Tags")?;
    Ok(Box::new(move |turn| {
        // Source: terraform-aws-modules/terraform-aws-alb#294.
        let vpc = turn.world.require(turn.caller, Kind::Vpc, &vpc, None).map_err(|_| {
            Refusal::new("ValidationError", format!("The VPC ID '{vpc}' is not found"))
        })?;
        let vpc = vpc.key();
        let body = TargetGroup {
            name,
            vpc,
            port,
            checks,
            preserve_client_ip: false,
            deregistration_delay_secs: 300,
        };
        let key = turn.make(Body::TargetGroup(body), tags, None)?;
        turn.show(|view, xml| {
            xml.members("TargetGroups", [view.thing(key)], |xml, it| show(view, it, xml));
        });
        Ok(())
    }))
}

/// What a request says of health checks.
#[derive(Debug, Clone, Copy)]
pub(super) struct AskedChecks {
    interval_secs: Option<u16>,
    healthy: Option<u8>,
    unhealthy: Option<u8>,
}

impl AskedChecks {
    pub(super) fn read(asked: &Asked<'_>) -> Result<Self> {
        for (name, value) in [
            ("HealthCheckProtocol", "TCP"),
            ("HealthCheckPort", "traffic-port"),
            ("HealthCheckEnabled", "true"),
            ("HealthCheckTimeoutSeconds", "10"),
        ] {
            asked.only(name, value)?;
        }
        Ok(Self {
            interval_secs: asked.parsed("HealthCheckIntervalSeconds")?,
            healthy: asked.parsed("HealthyThresholdCount")?,
            unhealthy: asked.parsed("UnhealthyThresholdCount")?,
        })
    }

    /// What is not named stays as it is.
    pub(super) fn over(self, is: Checks) -> Checks {
        Checks {
            interval_secs: self.interval_secs.unwrap_or(is.interval_secs),
            healthy: self.healthy.unwrap_or(is.healthy),
            unhealthy: self.unhealthy.unwrap_or(is.unhealthy),
        }
    }
}

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let (arns, names) = (asked.texts("TargetGroupArns"), asked.texts("Names"));
    let balancer = asked.text("LoadBalancerArn");
    let page = Page::read(asked)?;
    Ok(Box::new(move |turn| {
        let view = turn.view();
        let sight = if arns.is_empty() { Sight::List } else { Sight::Id };
        for arn in &arns {
            named(turn, Kind::TargetGroup, arn)?;
        }
        let balancer = match &balancer {
            Some(arn) => Some(named(turn, Kind::LoadBalancer, arn)?.key()),
            None => None,
        };
        let all = view.world.shown(view.caller, Kind::TargetGroup, sight);
        let all: Vec<&Thing> = all.map(|(thing, _)| thing).collect();
        if let Some(name) = names.iter().find(|name| all.iter().all(|it| of(it).name != **name)) {
            let message = format!("One or more target groups not found: {name}");
            return Err(Refusal::new("TargetGroupNotFound", message));
        }
        let asked_for = |thing: &&Thing| {
            (arns.is_empty() || arns.contains(&arn_of(view, thing)))
                && (names.is_empty() || names.contains(&of(thing).name))
                && balancer.is_none_or(|key| balancers(view, thing).contains(&key))
        };
        let found = all.into_iter().filter(asked_for).collect();
        let mut xml = Xml::default();
        page.show(found, "TargetGroups", &mut xml, |xml, thing| show(view, thing, xml));
        turn.answer.xml = xml;
        Ok(())
    }))
}

fn delete(asked: &Asked<'_>) -> Result<Act> {
    let arn = asked.need("TargetGroupArn")?;
    Ok(Box::new(move |turn| {
        let id = named(turn, Kind::TargetGroup, &arn)?.id().to_owned();
        Ok(turn.world.unmake(turn.caller, Kind::TargetGroup, &id)?)
    }))
}

pub(super) fn of(thing: &Thing) -> &TargetGroup {
    let Body::TargetGroup(group) = thing.body() else { unreachable!("a target group") };
    group
}

/// The load balancers whose listeners lead to a group.
fn balancers(view: View<'_>, thing: &Thing) -> Vec<Key> {
    let listeners = view.world.shown_parts(thing.key(), Kind::Listener, Sight::List);
    let mut balancers = Vec::new();
    for (listener, _) in listeners {
        if let Body::Listener(it) = listener.body()
            && !balancers.contains(&it.balancer)
        {
            balancers.push(it.balancer);
        }
    }
    balancers
}

pub(super) fn show(view: View<'_>, thing: &Thing, xml: &mut Xml) {
    let group = of(thing);
    xml.field("TargetGroupArn", arn_of(view, thing));
    xml.field("TargetGroupName", &group.name);
    xml.field("Protocol", "TCP");
    xml.field("Port", group.port);
    xml.field("VpcId", view.id(group.vpc));
    xml.field("HealthCheckProtocol", "TCP");
    xml.field("HealthCheckPort", "traffic-port");
    xml.field("HealthCheckEnabled", true);
    xml.field("HealthCheckIntervalSeconds", group.checks.interval_secs);
    xml.field("HealthCheckTimeoutSeconds", 10);
    xml.field("HealthyThresholdCount", group.checks.healthy);
    xml.field("UnhealthyThresholdCount", group.checks.unhealthy);
    let arns = balancers(view, thing).into_iter().map(|key| arn_of(view, view.thing(key)));
    xml.member_values("LoadBalancerArns", arns);
    xml.field("TargetType", "ip");
    xml.field("IpAddressType", "ipv4");
}
