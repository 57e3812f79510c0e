//! Listeners.

use accel_core::resource::{DEFAULT_IDLE_TIMEOUT_SECS, Kind};
use accel_mock::{Body, Listener, Sight, Thing};

use super::balancing::{Page, arn_of, named};
use crate::action::{Act, Action, View};
use crate::asked::Asked;
use crate::refusal::{Refusal, Result};
use crate::service::Service::LoadBalancing;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(LoadBalancing, "CreateListener", create),
    Action::looks(LoadBalancing, "DescribeListeners", describe),
    Action::changes(LoadBalancing, "DeleteListener", delete),
];

fn create(asked: &Asked<'_>) -> Result<Act> {
    let balancer = asked.need("LoadBalancerArn")?;
    asked.only("Protocol", "TCP")?;
    let port = asked.parse("Port")?;
    let group = forwards_to(asked)?;
    let tags = asked.tags("Tags")?;
    Ok(Box::new(move |turn| {
        let balancer = named(turn, Kind::LoadBalancer, &balancer)?.key();
        let group = named(turn, Kind::TargetGroup, &group)?.key();
        let idle_timeout_secs = DEFAULT_IDLE_TIMEOUT_SECS;
        let body = Body::Listener(Listener { balancer, port, group, idle_timeout_secs });
        let key = turn.make(body, tags, None)?;
        turn.show(|view, xml| {
            xml.members("Listeners", [view.thing(key)], |xml, it| show(view, it, xml));
        });
        Ok(())
    }))
}

/// The one target group to which a request forwards everything; it may say so twice.
fn forwards_to(asked: &Asked<'_>) -> Result<String> {
    let mut groups = Vec::new();
    for action in asked.items("DefaultActions") {
        action.only("Type", "forward")?;
        action.only("Order", "1")?;
        groups.extend(action.text("TargetGroupArn"));
        let forward = action.part("ForwardConfig");
        forward.part("TargetGroupStickinessConfig").only("Enabled", "false")?;
        for target in forward.items("TargetGroups") {
            target.parsed::<u32>("Weight")?;
            groups.push(target.need("TargetGroupArn")?);
        }
    }
    groups.dedup();
    match groups.len() {
        1 => Ok(groups.remove(0)),
        0 => Err(Refusal::missing("DefaultActions")),
        _ => Err(Refusal::not_simulated("a listener with several target groups")),
    }
}

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let (arns, balancer) = (asked.texts("ListenerArns"), asked.text("LoadBalancerArn"));
    let page = Page::read(asked)?;
    if arns.is_empty() == balancer.is_none() {
        let message = "Specify either listener ARNs or a load balancer ARN";
        return Err(Refusal::new("ValidationError", message));
    }
    Ok(Box::new(move |turn| {
        let view = turn.view();
        let mut found = Vec::new();
        for arn in &arns {
            found.push(named(turn, Kind::Listener, arn)?);
        }
        if let Some(arn) = &balancer {
            let key = named(turn, Kind::LoadBalancer, arn)?.key();
            let parts = view.world.shown_parts(key, Kind::Listener, Sight::List);
            found.extend(parts.map(|(part, _)| part));
        }
        let mut xml = Xml::default();
        page.show(found, "Listeners", &mut xml, |xml, thing| show(view, thing, xml));
        turn.answer.xml = xml;
        Ok(())
    }))
}

fn delete(asked: &Asked<'_>) -> Result<Act> {
    let arn = asked.need("ListenerArn")?;
    Ok(Box::new(move |turn| {
        let id = named(turn, Kind::Listener, &arn)?.id().to_owned();
        Ok(turn.world.unmake(turn.caller, Kind::Listener, &id)?)
    }))
}

pub(super) fn of(thing: &Thing) -> &Listener {
    let Body::Listener(listener) = thing.body() else { unreachable!("a listener") };
    listener
}

fn show(view: View<'_>, thing: &Thing, xml: &mut Xml) {
    let listener = of(thing);
    let group = arn_of(view, view.thing(listener.group));
    xml.field("ListenerArn", arn_of(view, thing));
    xml.field("LoadBalancerArn", arn_of(view, view.thing(listener.balancer)));
    xml.field("Port", listener.port);
    xml.field("Protocol", "TCP");
    xml.members("DefaultActions", [group], |xml, group| {
        xml.field("Type", "forward");
        xml.field("TargetGroupArn", &group);
        xml.group("ForwardConfig", |xml| {
            xml.members("TargetGroups", [&group], |xml, group| {
                xml.field("TargetGroupArn", group);
                xml.field("Weight", 1);
            });
            xml.group("TargetGroupStickinessConfig", |xml| xml.field("Enabled", false));
        });
    });
}
