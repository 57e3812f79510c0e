//! Targets, and how healthy they are.

use std::net::Ipv4Addr;

use accel_core::resource::Kind;
use accel_core::tags::Tags;
use accel_mock::{Body, Health, Sight, Target, Thing};

use super::balancing::named;
use super::target_group::of;
use crate::action::{Act, Action};
use crate::asked::Asked;
use crate::refusal::{Refusal, Result};
use crate::service::Service::LoadBalancing;
use crate::xml::Xml;

pub(super) const ACTIONS: &[Action] = &[
    Action::changes(LoadBalancing, "RegisterTargets", register),
    Action::changes(LoadBalancing, "DeregisterTargets", deregister),
    Action::looks(LoadBalancing, "DescribeTargetHealth", describe),
];

/// A target of every zone. Source: `TargetDescription`, `AvailabilityZone`.
const EVERY_ZONE: &str = "all";

/// A target, as it was asked; without a port it has its group's.
#[derive(Debug)]
struct Wanted {
    address: Ipv4Addr,
    port: Option<u16>,
    every_zone: bool,
}

impl Wanted {
    fn read(asked: &Asked<'_>) -> Result<Vec<Self>> {
        let mut targets = Vec::new();
        for item in asked.items("Targets") {
            let zone = item.text("AvailabilityZone");
            if let Some(zone) = zone.as_deref().filter(|zone| *zone != EVERY_ZONE) {
                return Err(Refusal::not_simulated(format!("AvailabilityZone={zone}")));
            }
            let id = item.need("Id")?;
            let address = id.parse().map_err(|_| {
                Refusal::new("ValidationError", format!("'{id}' is no IPv4 address"))
            })?;
            targets.push(Self { address, port: item.parsed("Port")?, every_zone: zone.is_some() });
        }
        Ok(targets)
    }

    fn is(&self, target: &Target) -> bool {
        self.address == target.address && self.port.is_none_or(|port| port == target.port)
    }
}

fn register(asked: &Asked<'_>) -> Result<Act> {
    let (arn, targets) = (asked.need("TargetGroupArn")?, Wanted::read(asked)?);
    if targets.is_empty() {
        return Err(Refusal::missing("Targets"));
    }
    Ok(Box::new(move |turn| {
        let thing = named(turn, Kind::TargetGroup, &arn)?;
        let (group, usual) = (thing.key(), of(thing).port);
        let body = |it: &Wanted| {
            let (address, every_zone) = (it.address, it.every_zone);
            let port = it.port.unwrap_or(usual);
            (Body::Target(Target { group, address, port, every_zone }), Tags::new())
        };
        let bodies = targets.iter().map(body).collect();
        turn.world.make_all(turn.caller, bodies)?;
        Ok(())
    }))
}

/// What is not registered is as asked. Source: `DeregisterTargets`.
fn deregister(asked: &Asked<'_>) -> Result<Act> {
    let (arn, targets) = (asked.need("TargetGroupArn")?, Wanted::read(asked)?);
    if targets.is_empty() {
        return Err(Refusal::missing("Targets"));
    }
    Ok(Box::new(move |turn| {
        let group = named(turn, Kind::TargetGroup, &arn)?.key();
        let parts = turn.world.shown_parts(group, Kind::Target, Sight::Id);
        let is_named = |part: &Thing| {
            let target = turn.world.target(part.key());
            target.is_some_and(|it| targets.iter().any(|wanted| wanted.is(it)))
        };
        let ids = parts.filter(|(part, _)| is_named(part)).map(|(part, _)| part.id().to_owned());
        for id in ids.collect::<Vec<_>>() {
            turn.world.unmake(turn.caller, Kind::Target, &id)?;
        }
        Ok(())
    }))
}

fn describe(asked: &Asked<'_>) -> Result<Act> {
    let (arn, wanted) = (asked.need("TargetGroupArn")?, Wanted::read(asked)?);
    Ok(Box::new(move |turn| {
        let view = turn.view();
        let group = named(turn, Kind::TargetGroup, &arn)?.key();
        let mut xml = Xml::default();
        let parts = view.world.shown_parts(group, Kind::Target, Sight::Id);
        let parts: Vec<_> = parts
            .filter_map(|(part, _)| {
                let target = view.world.target(part.key())?;
                Some((target, view.world.health(part.id())))
            })
            .filter(|(it, _)| wanted.is_empty() || wanted.iter().any(|wanted| wanted.is(it)))
            .collect();
        let unknown = wanted.iter().filter(|it| !parts.iter().any(|(is, _)| it.is(is)));
        xml.group("TargetHealthDescriptions", |xml| {
            for (it, health) in &parts {
                xml.group("member", |xml| show(it, health, xml));
            }
            for it in unknown {
                xml.group("member", |xml| show_unknown(it, xml));
            }
        });
        turn.answer.xml = xml;
        Ok(())
    }))
}

fn show(it: &Target, health: &Health, xml: &mut Xml) {
    // Source: `TargetHealth`, `State` and `Reason`.
    let (state, reason, description) = match health {
        Health::Unused => (
            "unused",
            Some("Target.NotInUse"),
            Some("Target group is not configured to receive traffic from the load balancer"),
        ),
        Health::Initial => (
            "initial",
            Some("Elb.InitialHealthChecking"),
            Some("Initial health checks in progress"),
        ),
        Health::Healthy => ("healthy", None, None),
        Health::Unhealthy(why) => {
            ("unhealthy", Some("Target.FailedHealthChecks"), Some(why.as_str()))
        }
    };
    xml.group("Target", |xml| {
        xml.field("Id", it.address);
        xml.field("Port", it.port);
        xml.maybe("AvailabilityZone", it.every_zone.then_some(EVERY_ZONE));
    });
    xml.field("HealthCheckPort", it.port);
    xml.group("TargetHealth", |xml| {
        xml.field("State", state);
        xml.maybe("Reason", reason);
        xml.maybe("Description", description);
    });
}

/// A target that was asked for and is not registered. Source: `TargetHealth`, `Target.NotRegistered`.
fn show_unknown(it: &Wanted, xml: &mut Xml) {
    xml.group("Target", |xml| {
        xml.field("Id", it.address);
        xml.maybe("Port", it.port);
    });
    xml.group("TargetHealth", |xml| {
        xml.field("State", "unused");
        xml.field("Reason", "Target.NotRegistered");
        xml.field("Description", "Target is not registered to the target group");
    });
}
