//! Attributes of listeners.

use accel_core::resource::Kind;
use accel_mock::{ListenerOptions, Setting, Thing};

use super::balancing::{
    check_fixed, describe_attributes, named, parse, read_attributes, show_attributes,
};
use super::listener::of;
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::Result;
use crate::service::Service::LoadBalancing;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::looks(LoadBalancing, "DescribeListenerAttributes", describe),
    Action::changes(LoadBalancing, "ModifyListenerAttributes", modify),
];

const IDLE: &str = "tcp.idle_timeout.seconds";

fn describe(asked: &Asked<'_>) -> Result<Act> {
    describe_attributes(asked, "ListenerArn", Kind::Listener, show)
}

fn modify(asked: &Asked<'_>) -> Result<Act> {
    let (arn, attributes) = (asked.need("ListenerArn")?, read_attributes(asked)?);
    Ok(Box::new(move |turn| {
        let thing = named(turn, Kind::Listener, &arn)?;
        let (listener, mut idle_timeout_secs) = (thing.key(), of(thing).idle_timeout_secs);
        for (name, value) in &attributes {
            match name.as_str() {
                IDLE => idle_timeout_secs = parse(name, value)?,
                name => check_fixed(name, value, &[])?,
            }
        }
        let options = ListenerOptions { listener, idle_timeout_secs };
        turn.world.set(turn.caller, Setting::ListenerOptions(options))?;
        turn.show(|view, xml| show(view.thing(listener), xml));
        Ok(())
    }))
}

fn show(thing: &Thing, xml: &mut Xml) {
    show_attributes(&[(IDLE, of(thing).idle_timeout_secs.to_string())], &[], xml);
}
