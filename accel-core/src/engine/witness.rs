//! Only in tests: what the live state was after every append, held against the fold of what the journal has.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::state::{State, evolve};
use crate::backend::{
    Blocker, Caller, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Ready, Request,
    Scope, ServiceOffer,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Place, RemoteId, Side};
use crate::journal::{Journal as _, MemoryJournal};
use crate::resource::{
    Attributes, BalancerAttributes, ElasticIpAttributes, EndpointAttributes, Kind,
};
use crate::{Acceleration, Deployer, Failure, Limits};

thread_local! {
    static SEEN: RefCell<Vec<(u64, State)>> = const { RefCell::new(Vec::new()) };
}

/// The driver has written and folded records; so many there are now.
pub(crate) fn saw(position: u64, state: &State) {
    SEEN.with_borrow_mut(|seen| seen.push((position, state.clone())));
}

/// A cloud that does what it is asked to, but for every so many calls, which fail in turn in all the ways there are.
#[derive(Debug)]
struct Obliging {
    calls: AtomicU32,
    fails_every: u32,
    deleted: Mutex<BTreeSet<RemoteId>>,
}

impl Obliging {
    fn stumble(&self) -> Result<u32> {
        const WAYS: [ErrorKind; 4] =
            [ErrorKind::Ambiguous, ErrorKind::Throttled, ErrorKind::NotYet, ErrorKind::Conflict];
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if call % self.fails_every == self.fails_every - 1 {
            let way = WAYS[(call / self.fails_every) as usize % WAYS.len()];
            return Err(Error::new(way, "it stumbles"));
        }
        Ok(call)
    }

    fn attributes(kind: Kind) -> Attributes {
        if kind == Kind::InterfaceEndpoint {
            let (interfaces, dns_names) = (Vec::new(), Vec::new());
            Attributes::InterfaceEndpoint(EndpointAttributes { interfaces, dns_names })
        } else if kind == Kind::ElasticIp {
            Attributes::ElasticIp(ElasticIpAttributes { address: [198, 18, 0, 1].into() })
        } else if kind == Kind::LoadBalancer {
            let (dns_name, metric_name) = ("lane.example".to_owned(), "net/lane/1".to_owned());
            let addresses = Vec::new();
            Attributes::LoadBalancer(BalancerAttributes { dns_name, metric_name, addresses })
        } else {
            Attributes::Plain
        }
    }
}

#[async_trait]
impl NetworkBackend for Obliging {
    fn name(&self) -> &'static str {
        "obliging"
    }

    async fn offer(&self, query: &OfferQuery) -> Result<Offer> {
        let (account, partition) = ("111122223333".into(), "aws".to_owned());
        let caller = Caller { account, partition, identity: "me".to_owned() };
        let zones =
            |place: &Place| ["a", "b"].map(|z| format!("{}{z}", place.region).as_str().into());
        let service = |(place, asked): &(Place, String)| ServiceOffer {
            asked: asked.clone(),
            full_name: format!("com.amazonaws.{}.{asked}", place.region),
            place: place.clone(),
            zones: zones(place).to_vec(),
            hosts: vec![format!("{asked}.example")],
            policy_supported: true,
            gateway: false,
        };
        Ok(Offer {
            callers: vec![(Side::Service, caller.clone()), (Side::Entry, caller)],
            services: query.services.iter().map(service).collect(),
            zones: query
                .places
                .iter()
                .map(|place| (place.clone(), zones(place).to_vec()))
                .collect(),
            ..Offer::default()
        })
    }

    async fn create<'a>(&self, request: Request<'a>) -> Result<RemoteId> {
        let call = self.stumble()?;
        Ok(RemoteId::new(request.kind(), request.place.clone(), format!("thing-{call}")))
    }

    async fn find<'a>(&self, _: Request<'a>) -> Result<Option<RemoteId>> {
        self.stumble().map(|_| None)
    }

    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>> {
        let read = |item: &ReadItem<'_>| {
            self.stumble()?;
            if self.deleted.lock().expect("no holder panics").contains(item.id) {
                return Ok(Phase::Gone);
            }
            Ok(Phase::Ready(Ready::new(Self::attributes(item.id.kind))))
        };
        items.iter().map(read).collect()
    }

    async fn delete(&self, id: &RemoteId) -> Result<()> {
        self.stumble()?;
        self.deleted.lock().expect("no holder panics").insert(id.clone());
        Ok(())
    }

    async fn list<'a>(&self, _: Scope<'a>) -> Result<Listing> {
        Ok(Listing::default())
    }

    async fn glance<'a>(&self, _: Scope<'a>) -> Result<BTreeSet<String>> {
        Ok(BTreeSet::new())
    }

    async fn blockers(&self, _: &RemoteId) -> Result<Vec<Blocker>> {
        Ok(Vec::new())
    }
}

fn spec() -> Acceleration {
    let text = r#"
        name = "lane"
        service_region = "ap-southeast-3"
        entry_region = "ap-southeast-1"
        services = [{ name = "sagemaker.runtime" }]
        allow = [{ cidr = "203.0.113.0/24" }]
    "#;
    Acceleration::from_toml(text).expect("a good spec")
}

/// Runs a deploy and a cleanup; gives the live states and the journal.
async fn history(fails_every: u32) -> (Vec<(u64, State)>, MemoryJournal) {
    SEEN.take();
    let journal = MemoryJournal::default();
    let cloud = Obliging { calls: AtomicU32::new(0), fails_every, deleted: Mutex::default() };
    let limits = Limits { retry_secs: 60, in_use_secs: 60, ..Limits::default() };
    let deployer = Deployer::new(&cloud).journal(&journal).limits(limits);
    // How they end is the cloud's affair.
    let ends: [Option<Failure>; 2] =
        [deployer.deploy(&spec()).await.err(), deployer.cleanup(&spec()).await.err()];
    drop(ends);
    (SEEN.take(), journal)
}

#[tokio::test(start_paused = true)]
async fn folding_the_journal_gives_the_live_state_after_every_record() {
    for fails_every in [u32::MAX, 7, 5, 3] {
        let (states, journal) = history(fails_every).await;
        let entries = journal.load(0).await.expect("it is in memory");
        assert!(entries.len() > 100, "a history has many records: {}", entries.len());
        let (mut folded, mut next) = (State::default(), 0);
        for (position, live) in &states {
            while next < *position {
                let index = usize::try_from(next).expect("a position");
                evolve(&mut folded, &entries[index].record);
                next += 1;
            }
            assert!(folded == *live, "after {position} records, failing every {fails_every}");
        }
        assert_eq!(next, entries.len() as u64);
    }
}
