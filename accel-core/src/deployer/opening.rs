//! How every run begins: the records and a look at every place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Deployer;
use super::check::owned;
use super::report::Failure;
use crate::backend::{Found, Offer, OfferQuery};
use crate::engine::{Beginning, Driver, Ledger, State, Stranger, evolve};
use crate::error::{ErrorKind, Problem};
use crate::graph::Graph;
use crate::id::{AccountId, DeploymentId, Place, RunId, Side};
use crate::journal::{Entry, FORMAT, Journal, Purpose, Started};
use crate::resource::Kind;
use crate::spec::Day;
use crate::tags::{Ownership, Stamp};
use crate::topology::{Built, Kept, Known, Topology};

/// What a caller pins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pins {
    pub(super) accounts: Vec<(Side, AccountId)>,
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

/// What a run is for, and where it looks.
pub(crate) struct Goal {
    pub(crate) purpose: Purpose,
    pub(crate) deployment: DeploymentId,
    pub(crate) places: Vec<Place>,
    /// The kinds to look for in a place; in others, all.
    pub(crate) scope: BTreeMap<Place, Vec<Kind>>,
}

/// Loads the records, looks at every place, and checks. What is to be asked of the cloud depends on what is there. Changes nothing, and
/// writes no record.
pub(crate) async fn open<'a>(
    deployer: &Deployer<'a>,
    goal: Goal,
    query: impl FnOnce(&[Kept]) -> OfferQuery,
    pins: &Pins,
) -> Result<Opened<'a>, Failure> {
    let Goal { purpose, deployment, places, scope } = goal;
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
    driver.revoke_foreign = deployer.revoke_foreign;
    driver.state = state;
    driver.scope = scope;
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
    query: impl FnOnce(&[Kept]) -> OfferQuery,
) -> Result<Opened<'_>, Failure> {
    let (mut found, mut unknown) = driver.list(&places).await?;
    let query = query(&kept(&driver.deployment, &found));
    // A new deployment needs room for everything; what else needs is known once there is a graph.
    let room = if found.is_empty() { query.room } else { Vec::new() };
    let offer = driver.ask(&OfferQuery { room, ..query }).await?;
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

/// Opens a run that may make something, and builds the graph; nothing is changed yet. Limits and guard rails count only for what is to
/// be made: a run that finds everything there asks for none.
pub(super) async fn prepare<'a, T: Topology>(
    deployer: &Deployer<'a>,
    topology: &T,
) -> Result<(Opened<'a>, Built), Failure> {
    let scope = topology.places().into_iter().map(|place| (place.clone(), topology.kinds(&place)));
    let (mut opened, kept, first) = build(deployer, topology, scope.collect()).await?;
    let mut room = if opened.found.is_empty() { Vec::new() } else { topology.query(&kept).room };
    if let Ok(built) = &first {
        let nodes = built.graph.nodes().iter();
        let new: BTreeSet<(&Place, Kind)> = nodes
            .filter(|node| {
                !kept.iter().any(|it| it.node == node.name && it.fingerprint == node.fingerprint)
            })
            .map(|node| (&node.place, node.kind()))
            .collect();
        room.retain(|(place, kind)| new.contains(&(place, *kind)));
    }
    if room.is_empty() {
        return Ok((opened, first.map_err(Failure::Spec)?));
    }
    // All problems at once: those of the limits too, where there are others already.
    let query = OfferQuery { room, ..OfferQuery::default() };
    let limits = opened.driver.ask(&query).await?;
    opened.offer = std::mem::take(&mut opened.offer).with_room(limits);
    let built = opened.build(deployer, topology, &kept).map_err(Failure::Spec)?;
    Ok((opened, built))
}

/// Opens a run that makes nothing and looks for everything, and builds the graph.
pub(super) async fn survey<'a, T: Topology>(
    deployer: &Deployer<'a>,
    topology: &T,
) -> Result<(Opened<'a>, Built), Failure> {
    let (opened, _, built) = build(deployer, topology, BTreeMap::new()).await?;
    Ok((opened, built.map_err(Failure::Spec)?))
}

type Building<'a> = (Opened<'a>, Vec<Kept>, Result<Built, Vec<Problem>>);

async fn build<'a, T: Topology>(
    deployer: &Deployer<'a>,
    topology: &T,
    scope: BTreeMap<Place, Vec<Kind>>,
) -> Result<Building<'a>, Failure> {
    let problems = topology.check();
    if !problems.is_empty() {
        return Err(Failure::Spec(problems));
    }
    let deployment = topology.deployment().map_err(|problem| Failure::Spec(vec![problem]))?;
    let places = topology.places();
    let goal = Goal { purpose: Purpose::Deploy, deployment, places, scope };
    let query = |kept: &[Kept]| topology.query(kept);
    let opened = open(deployer, goal, query, &Pins::of(topology)).await?;
    let kept = opened.kept();
    let built = opened.build(deployer, topology, &kept);
    Ok((opened, kept, built))
}

impl Opened<'_> {
    fn build<T: Topology>(
        &self,
        deployer: &Deployer<'_>,
        topology: &T,
        kept: &[Kept],
    ) -> Result<Built, Vec<Problem>> {
        let today = Day::from_unix_ms(deployer.clock.now_ms());
        topology.build(&Known { offer: &self.offer, kept, today: Some(today) })
    }

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

    /// What the opening look means for a graph; nothing is written.
    pub(crate) fn foresee(
        &self,
        deployer: &Deployer<'_>,
        graph: Graph,
    ) -> Result<Beginning, Failure> {
        Ok(self.driver.foresee(&self.started, graph, &self.found, deployer.adopt)?)
    }

    /// What exists, for choices that must stick.
    pub(crate) fn kept(&self) -> Vec<Kept> {
        kept(&self.driver.deployment, &self.found)
    }
}

fn kept(deployment: &DeploymentId, found: &[Found]) -> Vec<Kept> {
    let kept = |(found, tags): (&Found, Ownership<'_>)| Kept {
        node: tags.owner.node,
        place: found.id.place.clone(),
        kind: found.id.kind,
        fingerprint: tags.owner.fingerprint,
        note: tags.keep.map(str::to_owned),
    };
    owned(deployment, found).map(kept).collect()
}
