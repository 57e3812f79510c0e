//! Cleanup: make the cloud equal to the empty graph, or to one of the addresses that are kept, and prove it.

use std::collections::{BTreeMap, BTreeSet};

use super::Deployer;
use super::opening::{Goal, Opened, Pins, open};
use super::report::{Cleaned, CleanupReport, Failure};
use super::unprotect::unprotect;
use crate::backend::{OfferQuery, Phase};
use crate::engine::{Item, Paused, Step, Stranger};
use crate::error::Error;
use crate::event::Event;
use crate::graph::Graph;
use crate::id::{DeploymentId, Place, RemoteId};
use crate::journal::Purpose;
use crate::resource::{ElasticIp, Kind};

pub(super) async fn cleanup(
    deployer: &Deployer<'_>,
    deployment: DeploymentId,
    places: Vec<Place>,
    pins: &Pins,
) -> Result<CleanupReport, Failure> {
    let who = OfferQuery { places: places.clone(), ..OfferQuery::default() };
    let goal = Goal { purpose: Purpose::Cleanup, deployment, places, scope: BTreeMap::new() };
    let mut opened = open(deployer, goal, |_| who, pins).await?;
    let is_protected = opened.protected();
    if is_protected && !deployer.unprotect {
        return Err(Failure::refused(
            "the deployment is protected",
            "deploy it with protected = false first, or say that it may go all the same",
        ));
    }
    let known = opened.driver.state.items.iter().any(Item::live);
    let before = removed(&opened);
    let kept = if deployer.keep_addresses { addresses(&opened) } else { Graph::default() };
    let beginning = opened.foresee(deployer, kept)?;
    let seen = opened.driver.begin(beginning).await?;
    opened.strangers = seen.strangers;
    let items = &opened.driver.state.items;
    let wanted = items.iter().filter(|item| item.wanted()).count();
    let going = items.iter().filter(|item| !item.wanted() && item.live()).count();
    opened.driver.tell(Event::Began { wanted, existing: wanted, going });
    let ready = if is_protected { unprotect(&mut opened).await } else { Ok(()) };
    let done = match ready {
        Ok(()) => certify(deployer, &mut opened).await,
        Err(error) => Err(error),
    };
    opened.end(done).await?;
    Ok(report(&opened, known, before))
}

/// The addresses that are there, as a graph: what a cleanup that keeps them still wants. Only those of which the tags say the same as
/// the graph would, so that keeping one is no call.
fn addresses(opened: &Opened<'_>) -> Graph {
    let mut graph = Graph::default();
    for (found, tags) in opened.tags().filter(|(found, _)| found.id.kind == Kind::ElasticIp) {
        let node = tags.owner.node.clone();
        let is_there = matches!(found.phase, Phase::Pending | Phase::Ready(_));
        if !is_there || graph.find(&node).is_some() {
            continue;
        }
        let mut with = graph.clone();
        let address = with.add(node.clone(), &found.id.place, ElasticIp {});
        if let Some(note) = tags.keep {
            with.keep(&address, note);
        }
        let asked = with.find(&node).map(|id| with.node(id).fingerprint);
        if asked == Some(tags.owner.fingerprint) {
            graph = with;
        }
    }
    graph
}

/// How many things the records know that are gone, settings aside.
fn removed(opened: &Opened<'_>) -> usize {
    let gone =
        |item: &&Item| item.step == Step::Gone && item.id.is_some() && !item.kind.facts().setting;
    opened.driver.state.items.iter().filter(gone).count()
}

/// What earlier runs removed is not counted again.
fn report(opened: &Opened<'_>, known: bool, before: usize) -> CleanupReport {
    let removed = removed(opened) - before;
    let wanted = opened.driver.state.items.iter().filter(|item| item.wanted() && item.exists());
    let mut kept: Vec<RemoteId> = wanted.filter_map(|item| item.id.clone()).collect();
    kept.sort();
    let nothing = removed == 0 && !known && kept.is_empty();
    let mut strangers: BTreeSet<Stranger> = opened.driver.agenda.elsewhere.clone();
    strangers.extend(opened.strangers.iter().cloned());
    // What a first look took for somebody's, a later one may have known as ours.
    let items = &opened.driver.state.items;
    let is_ours =
        |id: &RemoteId| items.iter().any(|it| it.id.as_ref().is_some_and(|of| of.same(id)));
    strangers.retain(|it| !is_ours(&it.id));
    CleanupReport {
        id: opened.driver.deployment.clone(),
        run: opened.driver.stamp.run.clone(),
        outcome: if nothing { Cleaned::NothingFound } else { Cleaned::NothingLeft { removed } },
        kept,
        places: opened.places.clone(),
        calls: opened.calls(),
        strangers: strangers.into_iter().collect(),
        unknown: opened.unknown.clone(),
        took: opened.driver.began.elapsed(),
    }
}

/// Removes until a look shows nothing of ours that comes one window and one call's deadline after the run began, or later, and a window
/// after its last removal: by then everything shows that a killed run had still been making, and nothing that is gone.
async fn certify(deployer: &Deployer<'_>, opened: &mut Opened<'_>) -> Result<Paused, Error> {
    let driver = &mut opened.driver;
    let window = driver.limits.longest_window_ms();
    if !driver.recorded {
        // Without all records, what a killed run made last is known only once a listing must show it.
        driver.agenda.relist_after = Some(window);
    }
    let mut rounds = 0;
    while rounds < driver.limits.rounds {
        let paused = driver.work().await?;
        rounds += u32::from(paused == Paused::Quiet);
        let halted = driver.state.ids().any(|id| driver.agenda.turn(id).halted.is_some());
        if paused == Paused::Stopped || (paused == Paused::Quiet && halted) {
            return Ok(paused);
        }
        let goes_on = paused == Paused::Quiet && driver.reached();
        if goes_on {
            let settled = window + driver.limits.call_ms().max(driver.agenda.removed_at);
            driver.tell_looking(settled);
            driver.rest(settled).await?;
            if driver.stop.asked() {
                return Ok(Paused::Stopped);
            }
            if driver.shows_only_what_is_known(&opened.places).await? {
                // What was strange lay in what is gone, but for what refers to that from elsewhere.
                opened.strangers.clear();
                opened.unknown.clear();
                return Ok(Paused::Quiet);
            }
        }
        let (found, unknown) = driver.list(&opened.places).await?;
        opened.unknown = unknown;
        let seen = driver.take_in(&found, deployer.adopt).await?;
        opened.strangers = seen.strangers;
        if goes_on && seen.records.is_empty() && !seen.unsettled && driver.reached() {
            return Ok(Paused::Quiet);
        }
        if seen.unsettled {
            let until = driver.now() + window / 3;
            driver.rest(until).await?;
        }
    }
    Err(driver.does_not_settle())
}
