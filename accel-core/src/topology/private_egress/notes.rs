//! What people should read before a private egress is made: what it changes for others, how calls leave, what was not checked.

use std::collections::BTreeSet;

use super::existing::routes;
use super::plan::{Plan, Table};
use super::{INTERNET, foreign, plan};
use crate::backend::{Before, Network, NetworkEndpoint, NetworkTable};
use crate::id::Zone;
use crate::spec::{Internet, PolicyWord, Way};
use crate::topology::Known;

pub(super) fn notes(plan: &Plan<'_>, known: &Known<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(endpoint) = &known.offer.endpoint {
        notes.push(format!("the calls go to {endpoint}, not to the provider's own API"));
    }
    if let Some(network) = plan.existing {
        changes(plan, network, &mut notes);
    }
    ways(plan, &mut notes);
    internet(plan, &mut notes);
    policies(plan, &mut notes);
    notes.extend(known.offer.not_checked.iter().map(|what| format!("not checked: {what}")));
    notes
}

/// What changes in a network that is not ours, and for whom.
fn changes(plan: &Plan<'_>, network: &Network, notes: &mut Vec<String>) {
    let private = plan.endpoints.iter().filter(|endpoint| endpoint.service.spec.private_dns);
    let labels: Vec<&str> = private.map(|endpoint| endpoint.label).collect();
    if !labels.is_empty() {
        let all: Vec<&str> = network.subnets.iter().map(|subnet| subnet.id.as_str()).collect();
        notes.push(format!(
            "changes {}: the names of {} lead to the endpoints from every subnet ({})",
            network.id,
            labels.join(", "),
            all.join(", ")
        ));
    }
    for table in &plan.tables {
        match network.tables.iter().find(|it| it.id == table.site) {
            Some(theirs) => table_changes(plan, network, table, theirs, notes),
            None => own_table(network, table, notes),
        }
    }
    if !plan.gateways.is_empty() {
        notes.push(
            "connections to the services of gateway endpoints that are open when their routes change are cut: \
             clients open new ones"
                .to_owned(),
        );
    }
}

fn table_changes(
    plan: &Plan<'_>,
    network: &Network,
    table: &Table,
    theirs: &NetworkTable,
    notes: &mut Vec<String>,
) {
    let leads = plan.gateways.iter().filter(|it| !it.theirs.contains_key(&table.site));
    let mut routes: Vec<String> = leads.map(|it| format!("a route to {}", it.label)).collect();
    if let Some(nat) = plan.nat_of(table) {
        routes.push(match &table.was {
            Some(was) => format!(
                "{INTERNET} through nat.{} in place of {was}, which cleanup puts back",
                nat.zone
            ),
            None => format!("{INTERNET} through nat.{}", nat.zone),
        });
    }
    if routes.is_empty() {
        return;
    }
    let served: Vec<&str> = network.served_by(theirs).map(|subnet| subnet.id.as_str()).collect();
    let main = if theirs.main { ", its main table" } else { "" };
    notes.push(format!(
        "changes {}{main}: {}; it serves {}",
        table.site,
        routes.join(", "),
        served.join(", ")
    ));
}

fn own_table(network: &Network, table: &Table, notes: &mut Vec<String>) {
    let Some(main) = network.main_table() else { return };
    let lost = routes(main);
    let lost = if lost.is_empty() {
        String::new()
    } else {
        format!("; out of its reach then: {}", lost.join(", "))
    };
    notes.push(format!(
        "changes {}: gets a route table of its own in place of the main one, {}, until cleanup{lost}",
        table.islands.join(", "),
        main.id
    ));
}

/// How calls leave the islands.
fn ways(plan: &Plan<'_>, notes: &mut Vec<String>) {
    let elsewhere = leave(plan);
    for (label, service) in &plan.checked.services {
        if service.spec.via != Way::Nat {
            continue;
        }
        notes.push(match taker(plan, label) {
            Some(taker) => {
                format!("calls to {label} go to {}, which has its names in this network", taker.id)
            }
            None => format!("calls to {label} leave through NAT: no endpoint is made for it"),
        });
    }
    for endpoint in &plan.endpoints {
        let label = endpoint.label;
        if !endpoint.service.spec.private_dns {
            let go = match taker(plan, label) {
                Some(taker) => format!("go to {}", taker.id),
                None => elsewhere.to_owned(),
            };
            notes.push(format!(
                "calls to {label} by its own names {go}: only the endpoint's names lead to it (private_dns = false)"
            ));
        }
        for zone in &endpoint.without {
            notes.push(format!(
                "{label} has no endpoint in {zone}: calls from there go to another zone's, and pay for transfer between zones"
            ));
        }
    }
    for gateway in &plan.gateways {
        if let Some(taker) = taker(plan, gateway.label) {
            notes.push(format!(
                "calls to {} by its own names go to {}, past the gateway endpoint and its policy",
                gateway.label, taker.id
            ));
        }
        for (table, other) in &gateway.theirs {
            notes.push(format!(
                "calls to {} from {table} go to {other} as before, which is not this deployment's: its policy holds there",
                gateway.label
            ));
        }
    }
    let gateways: Vec<&str> = plan.gateways.iter().map(|gateway| gateway.label).collect();
    if !gateways.is_empty() {
        notes.push(format!(
            "gateway endpoints take calls to {} in this region alone: calls to other regions {elsewhere}",
            gateways.join(", ")
        ));
    }
}

/// Somebody's endpoint that takes the calls to a service.
fn taker<'p>(plan: &'p Plan<'_>, label: &str) -> Option<&'p NetworkEndpoint> {
    let (network, ours) = (plan.existing?, plan.deployment());
    foreign::has_names_of(network, ours.as_ref(), &plan.checked.place.region, label)
}

/// What becomes of calls that no endpoint takes.
fn leave(plan: &Plan<'_>) -> &'static str {
    if plan.checked.spec.internet != Internet::None {
        return "leave through NAT";
    }
    match plan.tables.iter().filter(|table| way_out(plan, table).is_some()).count() {
        0 => "have no way out",
        some if some == plan.tables.len() => "leave as before",
        _ => "leave as before, where there is a way out",
    }
}

/// Where a table leads the internet when this deployment has no way of its own: somewhere of its owner's, as before or again.
fn way_out<'p>(plan: &'p Plan<'_>, table: &Table) -> Option<&'p str> {
    let network = plan.existing?;
    let theirs = network.tables.iter().find(|it| it.id == table.site)?;
    let route = theirs.route(INTERNET)?;
    let ours = foreign::is_our_nat(network, plan.deployment().as_ref(), &route.target);
    if !ours {
        return Some(&route.target);
    }
    match network.before(&table.site, route) {
        Before::Was(was) => Some(was),
        Before::Nothing | Before::Unknown => None,
    }
}

fn internet(plan: &Plan<'_>, notes: &mut Vec<String>) {
    match plan.checked.spec.internet {
        Internet::None => without_internet(plan, notes),
        Internet::One | Internet::PerZone => {
            notes.push(
                "everything that no endpoint takes leaves through NAT, and pays for each GB"
                    .to_owned(),
            );
            let crossing: BTreeSet<&str> =
                plan.tables.iter().flat_map(|table| crossing(plan, table)).collect();
            let crossing: Vec<&str> = crossing.into_iter().collect();
            if !crossing.is_empty() {
                notes.push(format!(
                    "islands in {} lead to a NAT gateway in another zone: they depend on it, and pay for transfer between zones",
                    crossing.join(", ")
                ));
            }
        }
    }
}

fn without_internet(plan: &Plan<'_>, notes: &mut Vec<String>) {
    let (mut kept, mut closed) = (Vec::new(), Vec::new());
    for table in &plan.tables {
        match way_out(plan, table) {
            Some(target) => kept.push(format!("{} leads {INTERNET} to {target}", table.site)),
            None => closed.extend(table.islands.iter().map(String::as_str)),
        }
    }
    if kept.is_empty() {
        let none = "there is no way to the internet: everything that no endpoint takes fails";
        return notes.push(none.to_owned());
    }
    notes.push(format!("everything that no endpoint takes leaves as before: {}", kept.join(", ")));
    if !closed.is_empty() {
        notes.push(format!(
            "there is no way to the internet from {}: what no endpoint takes fails there",
            closed.join(", ")
        ));
    }
}

/// The zones of a table's islands that lead to a NAT gateway in another.
fn crossing<'p>(plan: &'p Plan<'_>, table: &'p Table) -> impl Iterator<Item = &'p str> {
    let nat = plan.nat_of(table).map(|nat| &nat.zone);
    let crosses = move |zone: &&Zone| nat.is_some_and(|nat| nat != *zone);
    plan.zones_of(table).filter(crosses).map(Zone::as_str)
}

fn policies(plan: &Plan<'_>, notes: &mut Vec<String>) {
    let with = |word: PolicyWord| {
        let all = plan.checked.services.iter().filter(|(label, service)| {
            let has = plan.endpoints.iter().any(|it| it.label == *label && it.policy.is_some())
                || plan.gateways.iter().any(|it| it.label == *label && it.policy.is_some());
            has && service.policy.as_ref() == Some(&word)
        });
        all.map(|(label, _)| label.as_str()).collect::<Vec<_>>().join(", ")
    };
    let own = with(PolicyWord::OwnAccount);
    if !own.is_empty() {
        notes.push(format!(
            "the endpoints of {own} let through credentials of the own account and of callers alone: refused are those \
             of others, unsigned calls (public buckets, package mirrors), and URLs that others have presigned"
        ));
    }
    let open = with(PolicyWord::Anybody);
    if !open.is_empty() {
        notes.push(format!("the endpoints of {open} let everybody's credentials through"));
    }
    let bare = plan::without_policy(plan);
    if !bare.is_empty() {
        notes.push(format!(
            "{} support no endpoint policy: whoever is in the network can use them with any account's credentials",
            bare.join(", ")
        ));
    }
}
