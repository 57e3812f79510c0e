//! What all resources of the load balancing API share: ARNs, pages and attributes.

use accel_core::resource::Kind;
use accel_mock::Thing;

use crate::action::{Act, Turn, View};
use crate::asked::Asked;
use crate::family::{id_in, number, token};
use crate::refusal::{Refusal, Result};
use crate::xml::Xml;

/// The ARN of a load balancer, target group or listener. Source: Resource types defined by Elastic Load Balancing V2.
pub(super) fn arn_of(view: View<'_>, thing: &Thing) -> String {
    let number = number(thing.id());
    let key = thing.key();
    let resource = if let Some(group) = view.world.target_group(key) {
        format!("targetgroup/{}/{number}", group.name)
    } else if let Some(listener) = view.world.listener(key) {
        let of = arn_of(view, view.thing(listener.balancer));
        let name = of.rsplit_once(":loadbalancer/").map_or("", |(_, name)| name);
        format!("listener/{name}/{number}")
    } else {
        let name = view.world.balancer(key).map_or("", |balancer| balancer.name.as_str());
        format!("loadbalancer/net/{name}/{number}")
    };
    super::arn(&thing.place().region, thing.account(), "elasticloadbalancing", &resource)
}

/// The thing that an ARN names, if it is of that kind and the caller is shown it.
pub(super) fn named<'w>(turn: &'w Turn<'_>, kind: Kind, arn: &str) -> Result<&'w Thing> {
    let number = arn.rsplit_once('/').map_or("", |(_, number)| number);
    let (of, prefix) = kind_of(arn);
    // An ARN of another kind names nothing of this one.
    let id = if of == kind { format!("{prefix}-{number}") } else { String::new() };
    let require = |id: &str| turn.world.require(turn.caller, kind, id, None);
    let thing = require(&id)
        .and_then(|thing| if arn_of(turn.view(), thing) == arn { Ok(thing) } else { require("") });
    thing.map_err(|error| Refusal {
        message: format!("One or more of '{arn}' not found"),
        ..Refusal::from(error)
    })
}

/// The kind of thing that an ARN is of, and how the world's ids of that kind begin.
pub(super) fn kind_of(arn: &str) -> (Kind, &'static str) {
    if arn.contains(":targetgroup/") {
        (Kind::TargetGroup, "tg")
    } else if arn.contains(":listener/") {
        (Kind::Listener, "lsn")
    } else {
        (Kind::LoadBalancer, "nlb")
    }
}

/// A page of a describe.
#[derive(Debug)]
pub(super) struct Page {
    size: usize,
    after: Option<String>,
}

impl Page {
    /// Source: `PageSize` (1 to 400), `Marker`.
    pub(super) fn read(asked: &Asked<'_>) -> Result<Self> {
        let size: usize = asked.parsed("PageSize")?.unwrap_or(400);
        if !(1..=400).contains(&size) {
            return Err(Refusal::new("ValidationError", "PageSize is 1 to 400"));
        }
        let marker = asked.text("Marker");
        let after = marker.map(|marker| {
            id_in(&marker).ok_or_else(|| Refusal::new("ValidationError", "Marker is none of ours"))
        });
        Ok(Self { size, after: after.transpose()? })
    }

    /// Writes the things of this page, and the way to the next.
    pub(super) fn show(
        &self,
        mut all: Vec<&Thing>,
        name: &str,
        xml: &mut Xml,
        mut write: impl FnMut(&mut Xml, &Thing),
    ) {
        all.sort_by_key(|thing| thing.key());
        let place = |thing: &Thing| number(thing.id()).to_owned();
        all.retain(|thing| self.after.as_ref().is_none_or(|after| place(thing) > *after));
        let more = all.len() > self.size;
        all.truncate(self.size);
        let next = all.last().filter(|_| more).map(|last| token(&place(last)));
        xml.members(name, all, |xml, thing| write(xml, thing));
        xml.maybe("NextMarker", next);
    }
}

/// A describe of the attributes of the one thing that a parameter names.
pub(super) fn describe_attributes(
    asked: &Asked<'_>,
    parameter: &str,
    kind: Kind,
    show: fn(&Thing, &mut Xml),
) -> Result<Act> {
    let arn = asked.need(parameter)?;
    Ok(Box::new(move |turn| {
        let mut xml = Xml::default();
        show(named(turn, kind, &arn)?, &mut xml);
        turn.answer.xml = xml;
        Ok(())
    }))
}

/// Attributes that were asked for.
pub(super) fn read_attributes(asked: &Asked<'_>) -> Result<Vec<(String, String)>> {
    let mut attributes = Vec::new();
    for item in asked.items("Attributes") {
        attributes.push((item.need("Key")?, item.text("Value").unwrap_or_default()));
    }
    if attributes.is_empty() {
        return Err(Refusal::missing("Attributes"));
    }
    Ok(attributes)
}

/// An attribute that this cloud has, but never with another value.
pub(super) fn check_fixed(key: &str, value: &str, fixed: &[(&str, &str)]) -> Result<()> {
    match fixed.iter().find(|(name, _)| *name == key) {
        Some((_, is)) if *is == value => Ok(()),
        Some(_) | None => Err(Refusal::not_simulated(format!("the attribute {key}={value}"))),
    }
}

pub(super) fn parse<T: std::str::FromStr>(key: &str, value: &str) -> Result<T> {
    let wrong = |_| Refusal::new("ValidationError", format!("'{value}' is no value of '{key}'"));
    value.parse().map_err(wrong)
}

pub(super) fn show_attributes(
    attributes: &[(&str, String)],
    fixed: &[(&str, &str)],
    xml: &mut Xml,
) {
    let fixed = fixed.iter().map(|(key, value)| (*key, (*value).to_owned()));
    xml.members("Attributes", attributes.iter().cloned().chain(fixed), |xml, (key, value)| {
        xml.field("Key", key);
        xml.field("Value", value);
    });
}
