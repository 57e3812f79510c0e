//! How every run begins: the records, a look at every place, and the checks that it is the right deployment in the right place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::report::{Calls, Failure, Halt, time_fixes};
use super::{Deployer, plan};
use crate::backend::{Bound, Found, Offer, OfferQuery};
use crate::engine::{Beginning, Driver, Ledger, State, Step, Stranger, evolve};
use crate::error::ErrorKind;
use crate::graph::Graph;
use crate::id::{AccountId, DeploymentId, NodeName, Place, RunId, Side};
use crate::journal::{Entry, FORMAT, Journal, Purpose, Started};
use crate::tags::{DEPLOYMENT, Ownership, SCHEMA, Stamp, unknown_schema};
use crate::topology::{Kept, Topology};

/// What a caller pins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pins {
    accounts: Vec<(Side, AccountId)>,
}

impl Pins {
    pub(crate) fn of<T: Topology>(topology: &T) -> Self {
        let sides = [Side::Service, Side::Entry].into_iter();
        Self {
            accounts: sides
                .filter_map(|side| Some((side, topology.account(side)?.clone())))
                .collect(),
        }
    }
}

/// A run that has looked around and may begin.
pub(crate) struct Opened<'a> {
    pub(crate) driver: Driver<'a>,
    pub(crate) found: Vec<Found>,
    pub(crate) unknown: Vec<String>,
    pub(crate) offer: Offer,
    pub(crate) places: Vec<Place>,
    pub(crate) by: String,
    pub(crate) strangers: Vec<Stranger>,
    pub(crate) started: Started,
}

/// Loads the records, looks at every place, and checks. Changes nothing, and writes no record.
pub(crate) async fn open<'a>(
    deployer: &Deployer<'a>,
    purpose: Purpose,
    deployment: DeploymentId,
    places: Vec<Place>,
    query: OfferQuery,
    pins: &Pins,
) -> Result<Opened<'a>, Failure> {
    let entries = match deployer.journal {
        Some(journal) => journal.load(0).await?,
        None => Vec::new(),
    };
    let run = deployer.run.clone().unwrap_or_else(RunId::fresh);
    let state = fold(&entries);
    check_lease(deployer, &state, &entries, &run)?;
    let next = entries.last().map_or(0, |entry| entry.seq + 1);
    let ledger = Ledger::new(deployer.journal, Arc::clone(&deployer.clock), run.clone(), next);
    let stamp = Stamp { run, by: String::new(), places: places.clone(), accounts: Vec::new() };
    let mut driver =
        Driver::new(deployer.backend, deployment, ledger, deployer.limits.clone(), stamp);
    driver.events.clone_from(&deployer.events);
    driver.stop = deployer.stop.clone();
    driver.state = state;
    let mut opened = look(driver, purpose, places, query).await?;
    if let Some(by) = &deployer.by {
        opened.by.clone_from(by);
    }
    opened.check(pins, deployer)?;
    opened.stamp(purpose);
    Ok(opened)
}

pub(crate) fn fold(entries: &[Entry]) -> State {
    let mut state = State::default();
    for entry in entries {
        evolve(&mut state, &entry.record);
    }
    state
}

/// Whoever wrote last holds the deployment for a while; wall clocks only tell when it is worth trying to take it over.
fn check_lease(
    deployer: &Deployer<'_>,
    state: &State,
    entries: &[Entry],
    run: &RunId,
) -> Result<(), Failure> {
    let exclusive = deployer.journal.is_some_and(Journal::exclusive);
    let Some(last) = entries.last().filter(|last| !state.ended && last.run != *run) else {
        return Ok(());
    };
    let silent_ms = deployer.clock.now_ms().saturating_sub(last.at_ms);
    let lease_ms = u64::from(deployer.limits.lease_secs) * 1000;
    if exclusive || deployer.take_over || silent_ms >= lease_ms {
        return Ok(());
    }
    Err(Failure::Refused(
        crate::Error::new(
            ErrorKind::Fenced,
            format!("run {} is at work; it wrote {} s ago", last.run, silent_ms / 1000),
        )
        .advice(format!(
            "let it finish, or try again in {} s, or say that it is over (take over)",
            (lease_ms - silent_ms).div_ceil(1000)
        )),
    ))
}

async fn look(
    mut driver: Driver<'_>,
    purpose: Purpose,
    mut places: Vec<Place>,
    query: OfferQuery,
) -> Result<Opened<'_>, Failure> {
    let ((mut found, mut unknown), offer) = driver.look_around(&places, &query).await?;
    if purpose == Purpose::Cleanup {
        extend(&mut driver, &mut places, &mut found, &mut unknown).await?;
    }
    let caller =
        offer.caller(Side::Entry).or_else(|| offer.callers.first().map(|(_, caller)| caller));
    let by = caller.map(|caller| caller.identity.clone()).unwrap_or_default();
    let partition = caller.map(|caller| caller.partition.clone()).unwrap_or_default();
    let started = Started {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        backend: driver.backend.name().to_owned(),
        purpose,
        partition,
        stamp: (*driver.stamp).clone(),
    };
    Ok(Opened { driver, found, unknown, offer, places, by, strangers: Vec::new(), started })
}

/// A deployment may be larger than its caller remembers: its own tags name all its places.
async fn extend(
    driver: &mut Driver<'_>,
    places: &mut Vec<Place>,
    found: &mut Vec<Found>,
    unknown: &mut Vec<String>,
) -> Result<(), Failure> {
    loop {
        let named = found.iter().filter_map(|found| Ownership::read(&found.tags));
        let named = named.filter(|tags| tags.owner.deployment == driver.deployment);
        let more: BTreeSet<Place> =
            named.flat_map(|tags| tags.places()).filter(|place| !places.contains(place)).collect();
        if more.is_empty() {
            return Ok(());
        }
        let more: Vec<Place> = more.into_iter().collect();
        let (new, strange) = driver.list(&more).await?;
        found.extend(new);
        unknown.extend(strange);
        places.extend(more);
    }
}

impl Opened<'_> {
    fn stamp(&mut self, purpose: Purpose) {
        let accounts =
            self.offer.callers.iter().map(|(side, caller)| (*side, caller.account.clone()));
        let stamp = Stamp {
            run: self.driver.stamp.run.clone(),
            by: self.by.clone(),
            places: self.places.clone(),
            accounts: accounts.collect(),
        };
        self.started.purpose = purpose;
        self.started.stamp = stamp.clone();
        self.driver.stamp = stamp.into();
    }

    /// The tags of what is of this deployment.
    fn tags(&self) -> impl Iterator<Item = (&Found, Ownership<'_>)> {
        self.found
            .iter()
            .filter_map(|found| Some((found, Ownership::read(&found.tags)?)))
            .filter(|(_, tags)| tags.owner.deployment == self.driver.deployment)
    }

    fn check(&self, pins: &Pins, deployer: &Deployer<'_>) -> Result<(), Failure> {
        self.check_schema()?;
        self.check_records()?;
        self.check_accounts(pins)?;
        if self.started.purpose == Purpose::Deploy {
            self.check_places()?;
        }
        if deployer.adopt { Ok(()) } else { self.check_makers() }
    }

    fn check_schema(&self) -> Result<(), Failure> {
        let name = self.driver.deployment.as_str();
        let ours = |found: &&Found| found.tags.get(DEPLOYMENT).is_some_and(|tag| tag == name);
        for found in self.found.iter().filter(ours) {
            if let Some(schema) = unknown_schema(&found.tags) {
                return Err(Failure::refused(
                    format!(
                        "{} has tags of schema {schema}; this accel knows up to {SCHEMA}",
                        found.id
                    ),
                    "use the newer accel that made it",
                ));
            }
        }
        Ok(())
    }

    fn check_records(&self) -> Result<(), Failure> {
        let Some(last) = self.driver.state.runs.last() else { return Ok(()) };
        if last.format > FORMAT {
            return Err(Failure::refused(
                format!("the journal has format {}; this accel knows up to {FORMAT}", last.format),
                format!("use accel {} or newer", last.version),
            ));
        }
        let backend = self.driver.backend.name();
        if last.backend != backend {
            return Err(Failure::refused(
                format!("the journal is of backend {}, not {backend}", last.backend),
                "use the journal of this backend, or another directory",
            ));
        }
        let partition = &self.started.partition;
        if last.partition != *partition && !partition.is_empty() {
            return Err(Failure::refused(
                format!("the journal is of partition {}, not {partition}", last.partition),
                "use the credentials and regions of that partition, or another name",
            ));
        }
        Ok(())
    }

    /// What stands, and what the records know, says where the deployment is: a deploy elsewhere would leave it behind.
    fn check_places(&self) -> Result<(), Failure> {
        let state = &self.driver.state;
        let stands = state.items.iter().any(|item| item.live() || item.step == Step::Intended);
        let last = state.runs.last().filter(|_| stands);
        let recorded = last.map(|run| run.stamp.places.clone()).unwrap_or_default();
        let mut named = self.tags().flat_map(|(_, tags)| tags.places()).chain(recorded);
        let Some(left_out) = named.find(|place| !self.places.contains(place)) else {
            return Ok(());
        };
        let asked: Vec<String> = self.places.iter().map(ToString::to_string).collect();
        Err(Failure::refused(
            format!("the deployment is also in {left_out}, but asked for is {}", asked.join(", ")),
            "clean it up where it is, or choose another name",
        ))
    }

    /// The accounts that call must be those that are pinned, recorded and written on what exists.
    fn check_accounts(&self, pins: &Pins) -> Result<(), Failure> {
        let recorded = self.driver.state.runs.last().map(|last| last.stamp.accounts.clone());
        let tagged = self.tags().flat_map(|(_, tags)| tags.accounts()).collect::<Vec<_>>();
        let sources = [
            ("is pinned to", pins.accounts.clone()),
            ("is recorded in", recorded.unwrap_or_default()),
            ("was made in", tagged),
        ];
        for (what, accounts) in sources {
            for (side, account) in accounts {
                match self.offer.caller(side) {
                    Some(caller) if caller.account != account => {
                        return Err(Failure::refused(
                            format!(
                                "the {side} side {what} account {account}, but the caller is in {}",
                                caller.account
                            ),
                            "use the credentials of that account; nothing was changed",
                        ));
                    }
                    Some(_) | None => {}
                }
            }
        }
        Ok(())
    }

    /// Deployments of one name of two people must not melt together.
    fn check_makers(&self) -> Result<(), Failure> {
        let by = crate::tags::fit(&self.by);
        let stranger = |(_, tags): &(&Found, Ownership<'_>)| {
            let known = tags.run.as_ref().is_some_and(|run| self.driver.state.knows_run(run));
            !known && tags.by != Some(by.as_str())
        };
        let Some((found, tags)) = self.tags().find(stranger) else { return Ok(()) };
        let count = self.tags().filter(stranger).count();
        Err(Failure::refused(
            format!(
                "{count} things of this deployment were made by {}, run {} (first: {} {})",
                tags.by.unwrap_or("somebody"),
                tags.run.as_ref().map_or("unknown", RunId::as_str),
                found.id.kind,
                found.id
            ),
            "choose another name, or say that they are yours (adopt)",
        ))
    }

    /// What the opening look means for a graph; nothing is written.
    pub(crate) fn foresee(
        &self,
        deployer: &Deployer<'_>,
        graph: Graph,
    ) -> Result<Beginning, Failure> {
        Ok(self.driver.foresee(&self.started, graph, &self.found, deployer.adopt)?)
    }

    /// Whether what exists says that it is protected.
    pub(crate) fn protected(&self) -> bool {
        self.tags().any(|(_, tags)| tags.protected)
    }

    /// What exists, for choices that must stick.
    pub(crate) fn kept(&self) -> Vec<Kept> {
        let kept = |(found, tags): (&Found, Ownership<'_>)| Kept {
            node: tags.owner.node,
            place: found.id.place.clone(),
            kind: found.id.kind,
            fingerprint: tags.owner.fingerprint,
            note: tags.keep.map(str::to_owned),
        };
        self.tags().map(kept).collect()
    }

    /// Everything known when a run ends before its goal.
    pub(crate) fn halt(&mut self) -> Halt {
        let driver = &self.driver;
        let halted = driver.state.ids().filter_map(|id| driver.agenda.turn(id).halted.clone());
        let errors: Vec<_> = halted.collect();
        let left = driver.state.items.iter().filter(|item| !item.wanted() && item.live());
        Halt {
            retry_helps: errors.iter().any(|error| time_fixes(error.kind())),
            errors,
            nodes: self.nodes(),
            left: left
                .map(|item| {
                    format!("{} {}", item.kind, item.id.as_ref().map_or("", |id| id.as_str()))
                })
                .collect(),
            timeline: driver.timeline.clone(),
            calls: self.calls(),
            strangers: self.strangers.clone(),
        }
    }

    pub(crate) fn calls(&self) -> Calls {
        Calls::new(self.driver.agenda.calls)
    }

    pub(crate) fn nodes(&self) -> BTreeMap<NodeName, Bound> {
        plan::nodes(&self.driver.state)
    }
}
