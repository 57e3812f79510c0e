//! What people should read before a lane is made: what it opens, what it refuses, what was not checked.

use super::plan::Plan;

use crate::id::Side;
use crate::spec::{ElasticIps, Opening};
use crate::topology::{Known, sticky};

pub(super) fn notes(plan: &Plan<'_>, known: &Known<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(endpoint) = &known.offer.endpoint {
        notes.push(format!("the calls go to {endpoint}, not to the provider's own API"));
    }
    openings(plan, known, &mut notes);
    policies(plan, known, &mut notes);
    stays(plan, &mut notes);
    notes.extend(known.offer.not_checked.iter().map(|what| format!("not checked: {what}")));
    notes
}

fn openings(plan: &Plan<'_>, known: &Known<'_>, notes: &mut Vec<String>) {
    for lane in &plan.lanes {
        let ports: Vec<String> = lane.service.ports.iter().map(u16::to_string).collect();
        let blocks: Vec<String> = plan.open.iter().map(describe).collect();
        let who = if blocks.is_empty() { "nobody".to_owned() } else { blocks.join(", ") };
        notes.push(format!("{} is open on port {} to {who}", lane.label, ports.join(", ")));
    }
    for opening in &plan.ended {
        notes.push(format!("{} is left out: its time is over", describe(opening)));
    }
    if known.today.is_none() && plan.open.iter().any(|opening| opening.until.is_some()) {
        notes.push("not checked: whether the time of an allow entry is over (no clock)".to_owned());
    }
    if plan.checked.spec.path_mtu {
        notes.push(
            "ICMP \"fragmentation needed\" may come in from anywhere, so that large packets get through (path_mtu)".to_owned(),
        );
    }
}

fn describe(opening: &Opening<'_>) -> String {
    let mut text = opening.cidr.to_string();
    if let Some(label) = opening.label {
        text = format!("{text} ({label})");
    }
    if let Some(until) = opening.until {
        text = format!("{text} until {until}");
    }
    text
}

fn policies(plan: &Plan<'_>, known: &Known<'_>, notes: &mut Vec<String>) {
    let spec = plan.checked.spec;
    for lane in plan.lanes.iter().filter(|lane| lane.policy.is_none()) {
        notes.push(format!(
            "{} supports no endpoint policy: whoever may connect can use it with any account's credentials",
            lane.label
        ));
    }
    if plan.checked.policy.is_some() || plan.lanes.iter().all(|lane| lane.policy.is_none()) {
        return;
    }
    let own = known.offer.caller(Side::Service).map(|caller| caller.account.to_string());
    let accounts = own.into_iter().chain(spec.callers.accounts.iter().map(ToString::to_string));
    let mut who: Vec<String> = accounts.map(|account| format!("account {account}")).collect();
    who.extend(spec.callers.org.iter().map(|org| format!("organisation {org}")));
    notes.push(format!(
        "only credentials of {} are let through; refused are those of others, unsigned calls, and URLs that others have presigned",
        who.join(", ")
    ));
}

fn stays(plan: &Plan<'_>, notes: &mut Vec<String>) {
    for lane in &plan.lanes {
        if !lane.outlived.is_empty() {
            let zones = sticky::write_zones(&lane.outlived).replace(' ', ", ");
            notes.push(format!(
                "{} stays in {zones}, though it is no longer offered there",
                lane.label
            ));
        }
        if *lane.service.elastic_ips == ElasticIps::Off {
            notes.push(format!(
                "the public addresses of {} change when its load balancer is replaced",
                lane.label
            ));
        }
    }
}
