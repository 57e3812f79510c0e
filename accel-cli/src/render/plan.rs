//! Plans.

use accel_core::deployer::{Change, Plan, PlannedNode};
use accel_core::engine::Stranger;
use accel_core::resource::Kind;
use accel_core::{NodeName, Place};

use super::text::{about, prose, wrap};

/// What a deploy would do: per place what is made, each replacement and removal by name, and what the topology wants people to read.
pub(crate) fn plan(plan: &Plan) -> String {
    let mut lines = vec![format!("plan of {}: {}", plan.deployment, headline(plan))];
    for (sign, change) in [('+', Change::Make), ('=', Change::Set)] {
        for place in places(plan) {
            let kinds = kinds(plan, change, place);
            if !kinds.is_empty() {
                let verb = if change == Change::Make { "make" } else { setting(plan) };
                let kinds = kinds.join(",\n");
                lines.push(wrap(&format!("  {sign} {verb} in {place}: "), kinds.split('\n')));
            }
        }
    }
    lines.extend(plan.nodes.iter().filter_map(named));
    lines.extend(clients(plan));
    lines.extend(consent(plan));
    lines.extend(plan.notes.iter().map(|note| prose("  note: ", note)));
    lines.extend(plan.strangers.iter().map(|stranger| not_ours("  not ours: ", stranger)));
    if !plan.is_empty() {
        lines.push(format!("usually takes about {}", about(plan.usual_secs.into())));
    }
    lines.push(format!("digest {}", plan.digest));
    lines.join("\n")
}

/// A setting is looked at, and set where it is not so yet; where nothing else is to do, it most likely is.
fn setting(plan: &Plan) -> &'static str {
    if plan.is_empty() { "check" } else { "set" }
}

fn headline(plan: &Plan) -> String {
    let to_set = format!("to {}", setting(plan));
    let counts = [
        (Change::Make, "to make"),
        (Change::Set, to_set.as_str()),
        (Change::Replace, "to replace"),
        (Change::Delete, "to delete"),
        (Change::Keep, "as they are"),
    ];
    let counts = counts.into_iter().map(|(change, what)| (plan.count(change), what));
    let some = counts.filter(|(count, _)| *count > 0);
    let some: Vec<String> = some.map(|(count, what)| format!("{count} {what}")).collect();
    if plan.is_empty() { format!("nothing to do, {}", some.join(", ")) } else { some.join(", ") }
}

/// The places of a plan, in the order in which they are first needed.
fn places(plan: &Plan) -> Vec<&Place> {
    let mut places: Vec<&Place> = Vec::new();
    for node in &plan.nodes {
        if !places.contains(&&node.place) {
            places.push(&node.place);
        }
    }
    places
}

/// The kinds that a change touches in a place, with their numbers, in the order of making.
fn kinds(plan: &Plan, change: Change, place: &Place) -> Vec<String> {
    let nodes = plan.nodes.iter().filter(|node| node.change == change && node.place == *place);
    let mut kinds: Vec<(Kind, usize)> = Vec::new();
    for node in nodes {
        match kinds.iter_mut().find(|(kind, _)| *kind == node.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((node.kind, 1)),
        }
    }
    let kind = |(kind, count): &(Kind, usize)| match count {
        1 => kind.to_string(),
        _ => format!("{count} x {kind}"),
    };
    kinds.iter().map(kind).collect()
}

/// What is replaced or deleted is worth a line of its own.
fn named(node: &PlannedNode) -> Option<String> {
    let (sign, what) = match node.change {
        Change::Make | Change::Set | Change::Keep => return None,
        Change::Delete => ('-', "deleted".to_owned()),
        Change::Replace if node.follows => ('!', "made anew, because of another".to_owned()),
        Change::Replace if node.outage => ('!', format!("made anew; {}", outage(node.kind))),
        Change::Replace => ('!', "made anew; the new one comes first".to_owned()),
    };
    let id = node.id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    Some(format!("  {sign} {}: {}{id}, {what}", node.node, node.kind))
}

/// How long nothing is there: the old one goes, then the new one becomes ready.
fn outage(kind: Kind) -> String {
    let facts = kind.facts();
    let secs =
        |times: Option<accel_core::resource::Times>| times.map_or(1, |times| times.usual_secs);
    let secs = secs(facts.gone) + secs(facts.ready);
    format!("the old one goes first: an outage of about {}", about(secs.into()))
}

/// What only the user's word for each node allows.
fn consent(plan: &Plan) -> Option<String> {
    let roots = plan.replaced_roots();
    let options: Vec<String> = roots.iter().map(|node| format!("--allow-replace {node}")).collect();
    let say = "  ! a replacement needs your word; deploy with: ";
    (!roots.is_empty()).then(|| wrap(say, options.iter().map(String::as_str)))
}

/// What those who use the lane must do about it.
fn clients(plan: &Plan) -> Vec<String> {
    let goes = |kind: Kind| {
        let ends = |node: &&PlannedNode| matches!(node.change, Change::Replace | Change::Delete);
        plan.nodes.iter().filter(ends).any(|node| node.kind == kind)
    };
    let says = [
        (Kind::LoadBalancer, "the name to dial changes: give them the new outputs"),
        (Kind::ElasticIp, "an address ends: whoever lists it must be told"),
        (Kind::InterfaceEndpoint, "the endpoint's id changes: policies that name it must be told"),
    ];
    let says = says.into_iter().filter(|(kind, _)| goes(*kind));
    says.map(|(_, what)| prose("  ! clients: ", what)).collect()
}

/// Nodes that the plan would replace and nobody has allowed.
pub(crate) fn not_allowed(plan: &Plan, allowed: &[NodeName]) -> Vec<String> {
    let is_allowed = |node: &String| allowed.iter().any(|allowed| allowed.as_str() == node);
    plan.replaced_roots().into_iter().filter(|node| !is_allowed(node)).collect()
}

/// Something that is not ours.
pub(crate) fn not_ours(label: &str, stranger: &Stranger) -> String {
    let (id, why) = (&stranger.id, &stranger.why);
    prose(label, &format!("{} {id} in {}: {why}", id.kind, id.place))
}
