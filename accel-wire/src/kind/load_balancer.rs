//! Network load balancers.

use accel_core::resource::{Attributes, Kind};
use accel_mock::{Body, LoadBalancer, Sight, State, Thing};

use super::balancing::{Page, arn_of, named};
use crate::action::{Act, Action, Turn, View};
use crate::asked::Asked;
use crate::refusal::{Refusal, Result};
use crate::service::Service::LoadBalancing;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(LoadBalancing, "CreateLoadBalancer", create),
    Action::looks(LoadBalancing, "DescribeLoadBalancers", describe),
    Action::changes(LoadBalancing, "DeleteLoadBalancer", delete),
];

/// A create, as it was asked.
#[derive(Debug)]
struct Wanted {
    name: String,
    /// Each with its elastic IP.
    subnets: Vec<(String, Option<String>)>,
    groups: Vec<String>,
    internet_facing: bool,
}

fn create(asked: &Asked<'_>) -> Result<Act> {
    let kind = asked.text("Type").unwrap_or_else(|| "application".to_owned());
    if kind != "network" {
        return Err(Refusal::not_simulated(format!("Type={kind}")));
    }
    asked.only("IpAddressType", "ipv4")?;
    asked.only("EnablePrefixForIpv6SourceNat", "off")?;
    let mut subnets: Vec<_> = asked.texts("Subnets").into_iter().map(|it| (it, None)).collect();
    for mapping in asked.items("SubnetMappings") {
        subnets.push((mapping.need("SubnetId")?, mapping.text("AllocationId")));
    }
    let scheme = asked.text("Scheme").unwrap_or_else(|| "internet-facing".to_owned());
    let wanted = Wanted {
        name: asked.need("Name")?,
        subnets,
        groups: asked.texts("SecurityGroups"),
        internet_facing: scheme == "internet-facing",
    };
    check_name(&wanted.name)?;
    let tags = asked.tags("Tags")?;
    Ok(Box::new(move |turn| {
        let body = Body::LoadBalancer(wanted.body(turn)?);
        let key = turn.make(body, tags, None)?;
        turn.show(|view, xml| {
            let thing = view.thing(key);
            xml.members("LoadBalancers", [thing], |xml, thing| {
                show(view, thing, view.world.state(thing), xml);
            });
        });
        Ok(())
    }))
}

/// Source: `CreateLoadBalancer`, `Name`.
pub(super) fn check_name(name: &str) -> Result<()> {
    let fits = name.len() <= 32
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.starts_with("internal-");
    if fits {
        return Ok(());
    }
    let message = format!("The name '{name}' must be 1 to 32 letters, digits and hyphens");
    Err(Refusal::new("ValidationError", message))
}

impl Wanted {
    fn body(self, turn: &Turn<'_>) -> Result<LoadBalancer> {
        let (world, caller) = (&*turn.world, turn.caller);
        let mut subnets = Vec::with_capacity(self.subnets.len());
        for (subnet, address) in &self.subnets {
            let code = Some("SubnetNotFound");
            let subnet = world.require(caller, Kind::Subnet, subnet, code)?.key();
            let address = match address {
                None => None,
                Some(id) => {
                    let code = Some("AllocationIdNotFound");
                    Some(world.require(caller, Kind::ElasticIp, id, code)?.key())
                }
            };
            subnets.push((subnet, address));
        }
        let mut groups = Vec::with_capacity(self.groups.len());
        for id in &self.groups {
            let code = Some("InvalidSecurityGroup");
            groups.push(world.require(caller, Kind::SecurityGroup, id, code)?.key());
        }
        let Self { name, internet_facing, .. } = self;
        Ok(LoadBalancer {
            name,
            subnets,
            groups,
            internet_facing,
            deletion_protection: false,
            cross_zone: false,
        })
    }
}

/// One ARN or name that is not there fails the whole call.
fn describe(asked: &Asked<'_>) -> Result<Act> {
    let (arns, names) = (asked.texts("LoadBalancerArns"), asked.texts("Names"));
    let page = Page::read(asked)?;
    Ok(Box::new(move |turn| {
        let view = turn.view();
        let sight = if arns.is_empty() { Sight::List } else { Sight::Id };
        for arn in &arns {
            named(turn, Kind::LoadBalancer, arn)?;
        }
        let all: Vec<(&Thing, State)> =
            view.world.shown(view.caller, Kind::LoadBalancer, sight).collect();
        if let Some(name) =
            names.iter().find(|name| all.iter().all(|(it, _)| of(it).name != **name))
        {
            let message = format!("Load balancers '[{name}]' not found");
            return Err(Refusal::new("LoadBalancerNotFound", message));
        }
        let asked_for = |thing: &Thing| {
            (arns.is_empty() || arns.contains(&arn_of(view, thing)))
                && (names.is_empty() || names.contains(&of(thing).name))
        };
        let found = all.iter().map(|(thing, _)| *thing).filter(|thing| asked_for(thing)).collect();
        let state = |thing: &Thing| all.iter().find(|(it, _)| it.key() == thing.key());
        let mut xml = Xml::default();
        page.show(found, "LoadBalancers", &mut xml, |xml, thing| {
            let state = state(thing).map_or(State::Ready, |(_, state)| *state);
            show(view, thing, state, xml);
        });
        turn.answer.xml = xml;
        Ok(())
    }))
}

/// What is not there is as asked. Source: `DeleteLoadBalancer`.
fn delete(asked: &Asked<'_>) -> Result<Act> {
    let arn = asked.need("LoadBalancerArn")?;
    Ok(Box::new(move |turn| {
        let Ok(thing) = named(turn, Kind::LoadBalancer, &arn) else { return Ok(()) };
        let id = thing.id().to_owned();
        Ok(turn.world.unmake(turn.caller, Kind::LoadBalancer, &id)?)
    }))
}

pub(super) fn of(thing: &Thing) -> &LoadBalancer {
    let Body::LoadBalancer(balancer) = thing.body() else { unreachable!("a load balancer") };
    balancer
}

fn show(view: View<'_>, thing: &Thing, state: State, xml: &mut Xml) {
    let balancer = of(thing);
    let Attributes::LoadBalancer(attributes) = view.world.attributes(thing) else {
        unreachable!("the attributes of a load balancer")
    };
    let subnet = |key| view.world.subnet(key);
    let vpc = balancer.subnets.first().and_then(|(key, _)| subnet(*key)).map(|it| it.vpc);
    let code = match state {
        State::Pending => "provisioning",
        State::Failed => "failed",
        State::Ready | State::Deleting | State::Gone => "active",
    };
    xml.field("LoadBalancerArn", arn_of(view, thing));
    xml.field("LoadBalancerName", &balancer.name);
    xml.field("DNSName", attributes.dns_name);
    xml.field("CanonicalHostedZoneId", "Z00000000000000000000");
    xml.field("CreatedTime", view.birth.after(thing.created()));
    let scheme = if balancer.internet_facing { "internet-facing" } else { "internal" };
    xml.field("Scheme", scheme);
    xml.maybe("VpcId", vpc.map(|key| view.id(key)));
    xml.group("State", |xml| {
        xml.field("Code", code);
        if state == State::Failed {
            xml.maybe("Reason", thing.failure());
        }
    });
    xml.field("Type", "network");
    xml.members("AvailabilityZones", &balancer.subnets, |xml, (key, address)| {
        xml.maybe("ZoneName", subnet(*key).map(|subnet| &subnet.zone));
        xml.field("SubnetId", view.id(*key));
        xml.members("LoadBalancerAddresses", *address, |xml, address| {
            xml.field("IpAddress", view.world.address_of(address));
            xml.field("AllocationId", view.id(address));
        });
    });
    xml.member_values("SecurityGroups", balancer.groups.iter().map(|key| view.id(*key)));
    xml.field("IpAddressType", "ipv4");
}
