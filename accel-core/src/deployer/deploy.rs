//! Deploy: make the cloud equal to the graph, and look once more before saying so.

use std::collections::BTreeSet;

use super::Deployer;
use super::opening::{Opened, prepare};
use super::plan::{self, Plan};
use super::report::{Deployment, Failure};
use crate::backend::Bound;
use crate::engine::{Beginning, Item, Paused};
use crate::error::Error;
use crate::event::Event;
use crate::id::NodeName;
use crate::topology::{Made, Topology};

pub(super) async fn deploy<T: Topology>(
    deployer: &Deployer<'_>,
    topology: &T,
) -> Result<Deployment<T::Outputs>, Failure> {
    let (mut opened, built) = prepare(deployer, topology).await?;
    let beginning = opened.foresee(deployer, built.graph)?;
    let vanished = match &deployer.expect {
        Some(_) => opened.driver.vanished(&beginning).await?,
        // Only the digest shows it; what is missing is looked at anyway.
        None => BTreeSet::new(),
    };
    let plan = plan::of(&opened, &beginning, &vanished, built.notes);
    let is_new = opened.found.is_empty() && beginning.state.items.iter().all(Item::is_nothing);
    check_consent(deployer, topology, &opened, &plan)?;
    let unsettled = begin(&mut opened, beginning).await?;
    let done = rounds(deployer, &mut opened, unsettled, is_new).await;
    let total = opened.driver.began.elapsed();
    opened.driver.timeline.finish(&opened.driver.state, total);
    opened.end(done).await?;
    let nodes = opened.nodes();
    let health = |(name, node): (&NodeName, &Bound)| {
        Some((name.clone(), opened.driver.health.get(&node.id)?.clone()))
    };
    let health = nodes.iter().filter_map(health).collect();
    let outputs = topology.outputs(&Made::new(&opened.offer, &nodes));
    Ok(Deployment {
        calls: opened.calls(),
        health,
        id: opened.driver.deployment,
        run: opened.driver.stamp.run.clone(),
        outputs,
        timeline: opened.driver.timeline,
        strangers: opened.strangers,
        unknown: opened.unknown,
        notes: plan.notes,
        nodes,
    })
}

/// Replacement needs consent for each node from which it follows; protection and another plan than the expected one refuse.
fn check_consent<T: Topology>(
    deployer: &Deployer<'_>,
    topology: &T,
    opened: &Opened<'_>,
    plan: &Plan,
) -> Result<(), Failure> {
    if deployer.expect.as_ref().is_some_and(|expected| *expected != plan.digest) {
        return Err(Failure::refused(
            format!("the plan has digest {}, not the expected one", plan.digest),
            "look at the plan again; nothing was changed",
        ));
    }
    let roots = plan.replaced_roots();
    if !roots.is_empty() && (topology.protected() || opened.protected()) {
        return Err(Failure::refused(
            format!("the deployment is protected, and this would replace {}", roots.join(", ")),
            "deploy with protected = false first, or keep what would be replaced",
        ));
    }
    let refused: Vec<String> = roots
        .into_iter()
        .filter(|node| !deployer.allow_replace.iter().any(|allowed| allowed.as_str() == node))
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::refused(
        format!("this would replace {}, which interrupts the lane", refused.join(", ")),
        "look at the plan, then allow the replacement of these nodes",
    ))
}

/// The first records of a run, and what the opening look means; says whether that left something to be seen again.
async fn begin(opened: &mut Opened<'_>, beginning: Beginning) -> Result<bool, Failure> {
    let seen = opened.driver.begin(beginning).await?;
    opened.strangers = seen.strangers;
    opened.driver.recheck().await?;
    let state = &opened.driver.state;
    let existing = state.items.iter().filter(|item| item.wanted() && item.exists()).count();
    let going = state.items.iter().filter(|item| !item.wanted() && item.live()).count();
    let wanted = state.graph.len();
    opened.driver.tell(Event::Began { wanted, existing, going });
    Ok(seen.unsettled)
}

/// Works, looks for strays, and works again, until a look shows nothing new. For a deployment of which nothing was there and nothing
/// recorded, a glance is enough.
async fn rounds(
    deployer: &Deployer<'_>,
    opened: &mut Opened<'_>,
    mut unsettled: bool,
    is_new: bool,
) -> Result<Paused, Error> {
    let driver = &mut opened.driver;
    let window = driver.limits.longest_window_ms();
    let mut rounds = 0;
    while rounds < driver.limits.rounds {
        let paused = driver.work().await?;
        rounds += u32::from(paused == Paused::Quiet);
        let halted = driver.state.ids().any(|id| driver.agenda.turn(id).halted.is_some());
        let done = halted || !(driver.changed() || unsettled);
        if paused == Paused::Stopped || (paused == Paused::Quiet && done) {
            return Ok(paused);
        }
        if paused == Paused::Quiet {
            // What a killed run made may not show before a window has passed.
            let until = driver.agenda.look_after.max(window);
            driver.tell_looking(until);
            driver.rest(until).await?;
        }
        let places = driver.stamp.places.clone();
        // All there is was made by this run: news would be another thing beside it, or one that was given up.
        let glance = paused == Paused::Quiet && is_new;
        if glance && driver.shows_only_what_is_known(&places).await? && driver.stands().await? {
            return Ok(Paused::Quiet);
        }
        let (found, unknown) = driver.list(&places).await?;
        opened.unknown = unknown;
        let seen = driver.take_in(&found, deployer.adopt).await?;
        opened.strangers = seen.strangers;
        if paused == Paused::Quiet && seen.records.is_empty() && !seen.unsettled {
            // What the listing did not show is looked at by its id; if all of it is there, nothing new was found.
            let before = driver.mutations();
            let looked = driver.work().await?;
            if looked == Paused::Quiet && driver.mutations() == before && driver.reached() {
                return Ok(Paused::Quiet);
            }
        }
        unsettled = seen.unsettled;
        if paused == Paused::Quiet && (unsettled || seen.records.is_empty()) {
            driver.agenda.look_after = driver.now() + window / 3;
        }
    }
    Err(driver.does_not_settle())
}
