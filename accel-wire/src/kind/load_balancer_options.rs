//! Attributes of load balancers.

use accel_core::resource::Kind;
use accel_mock::{LoadBalancerOptions, Setting, Thing};

use super::balancing::{
    check_fixed, describe_attributes, named, parse, read_attributes, show_attributes,
};
use super::load_balancer::of;
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::Result;
use crate::service::Service::LoadBalancing;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::looks(LoadBalancing, "DescribeLoadBalancerAttributes", describe),
    Action::looks(LoadBalancing, "DescribeCapacityReservation", describe_capacity),
    Action::changes(LoadBalancing, "ModifyLoadBalancerAttributes", modify),
];

const PROTECTION: &str = "deletion_protection.enabled";
const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";

/// What a network load balancer has besides, with its defaults. Source: `LoadBalancerAttribute`.
const FIXED: &[(&str, &str)] = &[
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.prefix", ""),
    ("ipv6.deny_all_igw_traffic", "false"),
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("zonal_shift.config.enabled", "false"),
];

fn describe(asked: &Asked<'_>) -> Result<Act> {
    describe_attributes(asked, "LoadBalancerArn", Kind::LoadBalancer, show)
}

/// Nobody has reserved any, for there is no action that does.
fn describe_capacity(asked: &Asked<'_>) -> Result<Act> {
    let arn = asked.need("LoadBalancerArn")?;
    Ok(Box::new(move |turn| named(turn, Kind::LoadBalancer, &arn).map(drop)))
}

fn modify(asked: &Asked<'_>) -> Result<Act> {
    let (arn, attributes) = (asked.need("LoadBalancerArn")?, read_attributes(asked)?);
    Ok(Box::new(move |turn| {
        let thing = named(turn, Kind::LoadBalancer, &arn)?;
        let (key, is) = (thing.key(), of(thing));
        let mut options = LoadBalancerOptions {
            balancer: key,
            deletion_protection: is.deletion_protection,
            cross_zone: is.cross_zone,
        };
        for (name, value) in &attributes {
            match name.as_str() {
                PROTECTION => options.deletion_protection = parse(name, value)?,
                CROSS_ZONE => options.cross_zone = parse(name, value)?,
                name => check_fixed(name, value, FIXED)?,
            }
        }
        turn.world.set(turn.caller, Setting::LoadBalancerOptions(options))?;
        turn.show(|view, xml| show(view.thing(key), xml));
        Ok(())
    }))
}

fn show(thing: &Thing, xml: &mut Xml) {
    let is = of(thing);
    let attributes =
        [(PROTECTION, is.deletion_protection.to_string()), (CROSS_ZONE, is.cross_zone.to_string())];
    show_attributes(&attributes, FIXED, xml);
}
