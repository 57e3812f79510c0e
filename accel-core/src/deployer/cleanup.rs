//! Cleanup: make the cloud equal to the empty graph, and prove it.

use super::Deployer;
use super::opening::{Opened, Pins, open};
use super::report::{Cleaned, CleanupReport, Failure};
use crate::backend::OfferQuery;
use crate::engine::{Item, Paused, Step};
use crate::error::Error;
use crate::event::Event;
use crate::graph::Graph;
use crate::id::{DeploymentId, Place};
use crate::journal::Purpose;

pub(super) async fn cleanup(
    deployer: &Deployer<'_>,
    deployment: DeploymentId,
    places: Vec<Place>,
    pins: &Pins,
) -> Result<CleanupReport, Failure> {
    let query = OfferQuery { places: places.clone(), ..OfferQuery::default() };
    let mut opened = open(deployer, Purpose::Cleanup, deployment, places, query, pins).await?;
    if opened.protected() {
        return Err(Failure::refused(
            "the deployment is protected",
            "deploy it with protected = false first, then clean up",
        ));
    }
    let known = opened.driver.state.items.iter().any(Item::live);
    let before = removed(&opened);
    let beginning = opened.foresee(deployer, Graph::default())?;
    let seen = opened.driver.begin(beginning).await?;
    opened.strangers = seen.strangers;
    let going = opened.driver.state.items.iter().filter(|item| item.live()).count();
    opened.driver.tell(Event::Began { wanted: 0, existing: 0, going });
    let done = certify(deployer, &mut opened).await;
    opened.end(done).await?;
    Ok(report(&opened, known, before))
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
    let nothing = removed == 0 && !known;
    CleanupReport {
        id: opened.driver.deployment.clone(),
        run: opened.driver.stamp.run.clone(),
        outcome: if nothing { Cleaned::NothingFound } else { Cleaned::NothingLeft { removed } },
        places: opened.places.clone(),
        calls: opened.calls(),
        strangers: opened.strangers.clone(),
        unknown: opened.unknown.clone(),
        took: opened.driver.began.elapsed(),
    }
}

/// Removes until two listings, one window and one call's deadline apart, show nothing of ours.
async fn certify(deployer: &Deployer<'_>, opened: &mut Opened<'_>) -> Result<Paused, Error> {
    let driver = &mut opened.driver;
    let gap = driver.limits.longest_window_ms() + driver.limits.call_ms();
    if !driver.recorded {
        // Without all records, what a killed run made last is known only once a listing must show it.
        driver.agenda.relist_after = Some(driver.limits.longest_window_ms());
    }
    let mut empty_since = None;
    let mut rounds = 0;
    while rounds < driver.limits.rounds {
        let paused = driver.work().await?;
        rounds += u32::from(paused == Paused::Quiet);
        let halted = driver.state.ids().any(|id| driver.agenda.turn(id).halted.is_some());
        if paused == Paused::Stopped || (paused == Paused::Quiet && halted) {
            return Ok(paused);
        }
        if let (Paused::Quiet, Some(since)) = (paused, empty_since) {
            driver.tell_looking(since + gap);
            driver.rest(since + gap).await?;
            if driver.stop.asked() {
                return Ok(Paused::Stopped);
            }
        }
        let (found, unknown) = driver.list(&opened.places).await?;
        opened.unknown = unknown;
        let seen = driver.take_in(&found, deployer.adopt).await?;
        opened.strangers = seen.strangers;
        let now = driver.now();
        let empty = seen.records.is_empty() && !seen.unsettled && driver.reached();
        match empty_since {
            Some(since) if empty && paused == Paused::Quiet && now >= since + gap => {
                return Ok(Paused::Quiet);
            }
            Some(_) if empty => {}
            Some(_) | None => empty_since = empty.then_some(now),
        }
        if seen.unsettled {
            let until = now + driver.limits.longest_window_ms() / 3;
            driver.rest(until).await?;
        }
    }
    Err(driver.does_not_settle())
}
