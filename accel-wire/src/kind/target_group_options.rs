//! Attributes of target groups.

use accel_core::resource::Kind;
use accel_mock::{Setting, TargetGroupOptions, Thing};

use super::balancing::{
    check_fixed, describe_attributes, named, parse, read_attributes, show_attributes,
};
use super::target_group::of;
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::Result;
use crate::service::Service::LoadBalancing;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::looks(LoadBalancing, "DescribeTargetGroupAttributes", describe),
    Action::changes(LoadBalancing, "ModifyTargetGroupAttributes", modify),
];

const PRESERVE: &str = "preserve_client_ip.enabled";
const DELAY: &str = "deregistration_delay.timeout_seconds";

/// What a group of a network load balancer has besides, with its defaults. Source: `TargetGroupAttribute`.
const FIXED: &[(&str, &str)] = &[
    ("proxy_protocol_v2.enabled", "false"),
    ("stickiness.enabled", "false"),
    ("stickiness.type", "source_ip"),
    ("deregistration_delay.connection_termination.enabled", "false"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ("target_health_state.unhealthy.connection_termination.enabled", "true"),
    ("target_health_state.unhealthy.draining_interval_seconds", "0"),
];

fn describe(asked: &Asked<'_>) -> Result<Act> {
    describe_attributes(asked, "TargetGroupArn", Kind::TargetGroup, show)
}

fn modify(asked: &Asked<'_>) -> Result<Act> {
    let (arn, attributes) = (asked.need("TargetGroupArn")?, read_attributes(asked)?);
    Ok(Box::new(move |turn| {
        let thing = named(turn, Kind::TargetGroup, &arn)?;
        let (key, is) = (thing.key(), of(thing));
        let mut options = TargetGroupOptions {
            group: key,
            preserve_client_ip: is.preserve_client_ip,
            deregistration_delay_secs: is.deregistration_delay_secs,
        };
        for (name, value) in &attributes {
            match name.as_str() {
                PRESERVE => options.preserve_client_ip = parse(name, value)?,
                DELAY => options.deregistration_delay_secs = parse(name, value)?,
                name => check_fixed(name, value, FIXED)?,
            }
        }
        turn.world.set(turn.caller, Setting::TargetGroupOptions(options))?;
        turn.show(|view, xml| show(view.thing(key), xml));
        Ok(())
    }))
}

fn show(thing: &Thing, xml: &mut Xml) {
    let is = of(thing);
    let attributes = [
        (DELAY, is.deregistration_delay_secs.to_string()),
        (PRESERVE, is.preserve_client_ip.to_string()),
    ];
    show_attributes(&attributes, FIXED, xml);
}
