//! Promise 1: intents come before calls.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use accel_core::journal::{Appended, Entry, ItemId, Journal, MemoryJournal, Record};
use accel_core::{Error, ErrorKind, Failure, Fingerprint, NodeName, RemoteId, Result};
use accel_tests::harness::{Stage, jakarta, virtually};
use async_trait::async_trait;

use crate::support::{
    Called, Guard, Guarded, Wrongs, allow, assert_nothing_left, assert_stands, entries, journal,
    stage, two_services,
};

/// What the records say of each item, as far as an intent is concerned.
#[derive(Debug, Default)]
struct Intents {
    items: Vec<Item>,
    creating: BTreeSet<usize>,
    deleting: BTreeSet<usize>,
}

#[derive(Debug)]
struct Item {
    name: NodeName,
    fingerprint: Option<Fingerprint>,
    id: Option<RemoteId>,
    is_over: bool,
}

fn index(item: ItemId) -> usize {
    let number = serde_json::to_value(item).unwrap().as_u64().unwrap();
    usize::try_from(number).unwrap()
}

impl Intents {
    fn read(entries: &[Entry]) -> Self {
        let mut intents = Self::default();
        for entry in entries {
            intents.take(&entry.record);
        }
        intents
    }

    fn take(&mut self, record: &Record) {
        match record {
            Record::Planned { graph } => self.plan(graph),
            Record::Intended { item, .. } => {
                self.creating.insert(index(*item));
            }
            Record::Deleting { item } => {
                self.deleting.insert(index(*item));
            }
            Record::Created { item, id, .. } => self.named(*item, id),
            Record::Found { item, seen } => match item {
                Some(item) => self.named(*item, &seen.id),
                None => self.items.push(Item {
                    name: seen.node.clone(),
                    fingerprint: seen.fingerprint,
                    id: Some(seen.id.clone()),
                    is_over: false,
                }),
            },
            Record::Refused { item, .. } | Record::Doubtful { item } => {
                self.creating.remove(&index(*item));
            }
            Record::Gone { item } => {
                self.deleting.remove(&index(*item));
                self.items[index(*item)].is_over = true;
            }
            Record::Replaced { .. } | Record::Lost { .. } => {
                panic!("nothing breaks and nothing vanishes in these histories")
            }
            Record::Started(_)
            | Record::Ready { .. }
            | Record::Going { .. }
            | Record::Halted { .. }
            | Record::Beat
            | Record::Ended { .. } => {}
            _ => panic!("an unknown record"),
        }
    }

    fn named(&mut self, item: ItemId, id: &RemoteId) {
        self.creating.remove(&index(item));
        self.items[index(item)].id = Some(id.clone());
    }

    /// A node keeps its item; what is new comes behind, in the order of the graph.
    fn plan(&mut self, graph: &accel_core::Graph) {
        let mut wanted = BTreeSet::new();
        for node in graph.nodes() {
            let is_it = |item: &Item| {
                !item.is_over
                    && item.name == node.name
                    && item.fingerprint == Some(node.fingerprint)
            };
            wanted.insert(self.items.iter().position(is_it).unwrap_or_else(|| {
                self.items.push(Item {
                    name: node.name.clone(),
                    fingerprint: Some(node.fingerprint),
                    id: None,
                    is_over: false,
                });
                self.items.len() - 1
            }));
        }
        for (index, item) in self.items.iter_mut().enumerate() {
            let is_forgotten = item.id.as_ref().is_none_or(|id| id.kind.facts().setting);
            item.is_over |= !wanted.contains(&index) && is_forgotten;
        }
    }

    fn is_open(&self, call: Called<'_>) -> bool {
        match (call.node, call.id) {
            (Some(node), _) => self.creating.iter().any(|item| self.items[*item].name == *node),
            (None, Some(id)) => {
                self.deleting.iter().any(|item| self.items[*item].id.as_ref() == Some(id))
            }
            (None, None) => false,
        }
    }
}

/// Looks into the journal before every call that may change something.
#[derive(Debug)]
struct Reader {
    journal: Arc<MemoryJournal>,
    wrongs: Wrongs,
    calls: AtomicUsize,
}

#[async_trait]
impl Guard for Reader {
    async fn before(&self, call: Called<'_>) {
        if !call.verb.is_mutating() {
            return;
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let intents = Intents::read(&entries(&self.journal).await);
        if !intents.is_open(call) {
            self.wrongs.add(format!("{call:?} without an open intent"));
        }
    }
}

/// Through a deploy, a change, and a cleanup, with answers lost and calls refused on the way.
#[test]
fn nothing_is_called_before_its_intent_is_durable() {
    let schedules =
        ["", "create#5=lose create#14=refuse:throttled delete#3=lose delete#7=refuse:unavailable"];
    for schedule in schedules {
        virtually(async {
            let (spec, more) = (jakarta(), two_services());
            let stage = stage(&spec, true);
            allow(&stage, &[&more]);
            let reader = Reader {
                journal: journal(&stage),
                wrongs: Wrongs::default(),
                calls: AtomicUsize::new(0),
            };
            let guarded = Guarded { cloud: stage.cloud.clone(), guard: reader };
            let deployer = || {
                let clocked = accel_core::Deployer::new(&guarded).adopt(true).take_over(true);
                clocked.journal(&*guarded.guard.journal)
            };
            for goal in [&spec, &more, &spec] {
                stage.cloud.set_schedule(schedule.parse().unwrap());
                deployer().deploy(goal).await.unwrap();
                assert_stands(&stage, goal).await;
            }
            stage.cloud.set_schedule(schedule.parse().unwrap());
            deployer().cleanup(&spec).await.unwrap();
            assert_nothing_left(&stage);
            assert!(guarded.guard.calls.load(Ordering::Relaxed) > 60);
            guarded.guard.wrongs.assert_none(schedule);
        });
    }
}

/// What goes wrong with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// It fails, and nothing is written.
    Fails,
    /// Somebody else has written that position.
    Taken,
    /// It is written, and the answer is lost.
    AnswerLost,
    /// It is not written, and there is no answer.
    Dropped,
    /// From here on it neither writes nor answers.
    Silent,
}

/// A journal in which one append meets trouble.
#[derive(Debug)]
struct Troubled {
    journal: Arc<MemoryJournal>,
    appends: AtomicUsize,
    at: usize,
    trouble: Trouble,
    /// The append has met an end that nothing may follow.
    is_over: AtomicBool,
}

#[async_trait]
impl Journal for Troubled {
    fn exclusive(&self) -> bool {
        false
    }

    async fn load(&self, from: u64) -> Result<Vec<Entry>> {
        self.journal.load(from).await
    }

    async fn append(&self, entries: &[Entry]) -> Result<Appended> {
        let number = self.appends.fetch_add(1, Ordering::Relaxed) + 1;
        if number < self.at || (number > self.at && self.trouble != Trouble::Silent) {
            return self.journal.append(entries).await;
        }
        match self.trouble {
            Trouble::Fails => {
                self.is_over.store(true, Ordering::Relaxed);
                Err(Error::new(ErrorKind::Journal, "the disk is full"))
            }
            Trouble::Taken => {
                self.is_over.store(true, Ordering::Relaxed);
                let (seq, at_ms) = (entries[0].seq, entries[0].at_ms);
                let theirs =
                    Entry { seq, at_ms, run: "somebody-else".into(), record: Record::Beat };
                self.journal.append(&[theirs]).await?;
                self.journal.append(entries).await
            }
            Trouble::AnswerLost => {
                self.journal.append(entries).await?;
                Ok(Appended::Doubtful)
            }
            Trouble::Dropped => Ok(Appended::Doubtful),
            Trouble::Silent => {
                self.is_over.store(true, Ordering::Relaxed);
                Ok(Appended::Doubtful)
            }
        }
    }
}

/// Notes calls that come after the end.
#[derive(Debug)]
struct AfterTheEnd {
    journal: Arc<Troubled>,
    wrongs: Wrongs,
}

#[async_trait]
impl Guard for AfterTheEnd {
    async fn before(&self, call: Called<'_>) {
        if self.journal.is_over.load(Ordering::Relaxed) {
            self.wrongs.add(format!("{call:?}"));
        }
    }
}

/// One deploy whose journal meets trouble at one append; whether it got there at all.
async fn troubled(stage: &Stage, at: usize, trouble: Trouble) -> bool {
    let spec = jakarta();
    let journal = Arc::new(Troubled {
        journal: journal(stage),
        appends: AtomicUsize::new(0),
        at,
        trouble,
        is_over: AtomicBool::new(false),
    });
    let guard = AfterTheEnd { journal: Arc::clone(&journal), wrongs: Wrongs::default() };
    let guarded = Guarded { cloud: stage.cloud.clone(), guard };
    let end = accel_core::Deployer::new(&guarded).journal(&*journal).deploy(&spec).await;
    let met = journal.appends.load(Ordering::Relaxed) >= at;
    let expected = match trouble {
        Trouble::AnswerLost | Trouble::Dropped => None,
        Trouble::Fails | Trouble::Silent => Some(ErrorKind::Journal),
        Trouble::Taken => Some(ErrorKind::Fenced),
    };
    let kind = match &end {
        Ok(_) => None,
        Err(Failure::Refused(error)) => Some(error.kind()),
        Err(other) => panic!("{trouble:?} at {at}: {other}"),
    };
    assert_eq!(kind, expected.filter(|_| met), "{trouble:?} at {at}: {end:?}");
    guarded.guard.wrongs.assert_none(format_args!("after {trouble:?} at append {at}"));
    met
}

/// At every append of a deploy: nothing is called any more, and the next run goes on from there.
#[test]
fn nothing_is_called_after_an_append_that_failed() {
    let troubles = [Trouble::Fails, Trouble::Taken, Trouble::Silent];
    for trouble in troubles.into_iter().chain([Trouble::AnswerLost, Trouble::Dropped]) {
        let mut at = 1;
        while virtually(async {
            let stage = stage(&jakarta(), true);
            let met = troubled(&stage, at, trouble).await;
            if at % 5 == 0 {
                crate::support::deployed(stage.deploy(&jakarta()).await);
                assert_stands(&stage, &jakarta()).await;
            }
            met
        }) {
            at += 1;
        }
        assert!(at > 20, "a deploy appends often");
    }
}
