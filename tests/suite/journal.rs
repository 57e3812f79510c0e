//! The conformance suite of journals: one function per promise of [`Journal`]'s documentation.
//!
//! Whoever keeps journals in a database of their own runs all of it with one call of [`check`], against an empty store. Crashes of
//! the machine are beyond it: what it cannot take away, it cannot test.

#![expect(
    clippy::missing_panics_doc,
    reason = "a promise that is not kept is a panic, in all of them"
)]

use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::sync::Arc;

use accel_core::graph::Graph;
use accel_core::journal::{
    APPEND_ENTRIES_MAX, Appended, ENTRY_BYTES_MAX, Entry, FORMAT, ItemId, Journal, Purpose, Record,
    Seen, Started, encode,
};
use accel_core::resource::{
    Attributes, BalancerAttributes, ElasticIpAttributes, EndpointAttributes, EndpointInterface,
    Kind, Slot, Subnet, Vpc,
};
use accel_core::tags::Stamp;
use accel_core::{DeploymentId, Error, ErrorKind, NodeName, Place, RemoteId, Result, Side};
use async_trait::async_trait;

/// Where the journals come from.
#[async_trait]
pub trait Store: Debug + Sync {
    /// Opens the journal of a deployment: an empty one the first time, later the same one again.
    ///
    /// A store with a lock may answer `Fenced` while an earlier handle of that deployment is alive.
    async fn open(&self, deployment: &DeploymentId) -> Result<Arc<dyn Journal>>;
}

/// Every promise.
///
/// # Panics
/// At the first promise that is not kept.
pub async fn check(store: &dyn Store) {
    a_new_journal_is_empty(store).await;
    positions_are_dense_from_0(store).await;
    an_append_writes_at_exactly_the_position_of_its_first_entry_or_not_at_all(store).await;
    an_append_is_all_or_nothing(store).await;
    an_append_of_nothing_is_done(store).await;
    load_gives_the_entries_from_a_position_on(store).await;
    what_load_gives_never_changes_it_only_grows(store).await;
    what_append_said_is_done_survives_a_reopening(store).await;
    every_record_comes_back_as_it_was_written(store).await;
    an_entry_of_the_largest_size_is_taken(store).await;
    an_entry_beyond_the_largest_size_is_refused(store).await;
    an_append_of_the_most_entries_is_taken(store).await;
    an_append_of_too_many_entries_is_refused(store).await;
    two_handles_fence_each_other(store).await;
    of_two_appends_at_once_one_is_done(store).await;
    two_deployments_do_not_mix(store).await;
}

/// Nothing is loaded from a journal that nobody wrote to.
pub async fn a_new_journal_is_empty(store: &dyn Store) {
    let journal = open(store, "new").await;
    assert_eq!(load(&journal, 0).await, []);
}

/// The first append is at 0, the next straight after its last entry.
pub async fn positions_are_dense_from_0(store: &dyn Store) {
    let journal = open(store, "dense").await;
    assert_eq!(append(&journal, &beats(0, 1)).await, Appended::Done);
    assert_eq!(append(&journal, &beats(1, 3)).await, Appended::Done);
    assert_eq!(append(&journal, &beats(4, 1)).await, Appended::Done);
    assert_eq!(load(&journal, 0).await, beats(0, 5));
}

/// A position that is taken, and one beyond the end, are conflicts; neither changes anything.
pub async fn an_append_writes_at_exactly_the_position_of_its_first_entry_or_not_at_all(
    store: &dyn Store,
) {
    let journal = open(store, "exact").await;
    assert_eq!(append(&journal, &beats(1, 1)).await, Appended::Conflict, "beyond an empty log");
    assert_eq!(append(&journal, &beats(0, 3)).await, Appended::Done);
    for taken in 0..3 {
        assert_eq!(append(&journal, &beats(taken, 1)).await, Appended::Conflict, "at {taken}");
    }
    for beyond in [4, 5, 1000, u64::MAX] {
        assert_eq!(append(&journal, &beats(beyond, 1)).await, Appended::Conflict, "at {beyond}");
    }
    assert_eq!(load(&journal, 0).await, beats(0, 3));
    assert_eq!(append(&journal, &beats(3, 1)).await, Appended::Done);
}

/// Of an append that conflicts with its first entry alone, or that has a gap in it, nothing is written.
pub async fn an_append_is_all_or_nothing(store: &dyn Store) {
    let journal = open(store, "whole").await;
    assert_eq!(append(&journal, &beats(0, 2)).await, Appended::Done);
    assert_eq!(append(&journal, &beats(1, 3)).await, Appended::Conflict, "it overlaps the end");
    assert_eq!(load(&journal, 0).await, beats(0, 2));

    let gap = [beats(2, 1), beats(4, 1)].concat();
    assert_eq!(refusal(&journal, &gap).await.kind(), ErrorKind::Invalid, "a gap");
    let backwards = [beats(2, 2), beats(2, 1)].concat();
    assert_eq!(refusal(&journal, &backwards).await.kind(), ErrorKind::Invalid, "a step back");
    assert_eq!(load(&journal, 0).await, beats(0, 2));
}

/// It conflicts with nothing.
pub async fn an_append_of_nothing_is_done(store: &dyn Store) {
    let journal = open(store, "nothing").await;
    assert_eq!(append(&journal, &[]).await, Appended::Done);
    assert_eq!(append(&journal, &beats(0, 1)).await, Appended::Done);
    assert_eq!(append(&journal, &[]).await, Appended::Done);
    assert_eq!(load(&journal, 0).await, beats(0, 1));
}

/// Oldest first, whether or not the position is the first of an append; nothing from the end on.
pub async fn load_gives_the_entries_from_a_position_on(store: &dyn Store) {
    let journal = open(store, "from").await;
    append(&journal, &beats(0, 3)).await;
    append(&journal, &beats(3, 2)).await;
    for from in 0..5 {
        assert_eq!(load(&journal, from).await, beats(from, 5 - from), "from {from}");
    }
    assert_eq!(load(&journal, 5).await, []);
    assert_eq!(load(&journal, u64::MAX).await, []);
}

/// Whatever is tried in between, an earlier load is the beginning of a later one.
pub async fn what_load_gives_never_changes_it_only_grows(store: &dyn Store) {
    let journal = open(store, "grows").await;
    let mut before = Vec::new();
    for next in 0..5 {
        append(&journal, &from_run("run-b", beats(next / 2, 2))).await;
        append(&journal, &beats(before.len() as u64, next % 3)).await;
        let now = load(&journal, 0).await;
        assert!(now.starts_with(&before), "{before:?} became {now:?}");
        before = now;
    }
}

/// Another process sees all of it, and goes on where it ends.
pub async fn what_append_said_is_done_survives_a_reopening(store: &dyn Store) {
    let mut journal = open(store, "survives").await;
    for next in 0..4 {
        assert_eq!(append(&journal, &beats(2 * next, 2)).await, Appended::Done);
        drop(journal);
        journal = open(store, "survives").await;
        assert_eq!(load(&journal, 0).await, beats(0, 2 * next + 2));
    }
}

/// With all its fields, and with text that needs escaping.
pub async fn every_record_comes_back_as_it_was_written(store: &dyn Store) {
    let journal = open(store, "records").await;
    let entries = entries_of_every_record();
    assert_eq!(append(&journal, &entries).await, Appended::Done);
    assert_eq!(load(&journal, 0).await, entries);
    drop(journal);
    assert_eq!(load(&open(store, "records").await, 0).await, entries);
}

/// [`ENTRY_BYTES_MAX`] bytes of JSON, exactly.
pub async fn an_entry_of_the_largest_size_is_taken(store: &dyn Store) {
    let journal = open(store, "largest").await;
    let entries = [of_size(ENTRY_BYTES_MAX)];
    assert_eq!(append(&journal, &entries).await, Appended::Done);
    assert!(load(&journal, 0).await == entries, "the largest entry came back changed");
}

/// One byte more is refused, with everything that was to be appended with it.
pub async fn an_entry_beyond_the_largest_size_is_refused(store: &dyn Store) {
    let journal = open(store, "larger").await;
    let too_large = [of_size(ENTRY_BYTES_MAX + 1)];
    assert_eq!(refusal(&journal, &too_large).await.kind(), ErrorKind::Invalid);
    let with_another = [too_large.to_vec(), beats(1, 1)].concat();
    assert_eq!(refusal(&journal, &with_another).await.kind(), ErrorKind::Invalid);
    assert_eq!(load(&journal, 0).await, []);
}

/// [`APPEND_ENTRIES_MAX`] entries, exactly.
pub async fn an_append_of_the_most_entries_is_taken(store: &dyn Store) {
    let journal = open(store, "most").await;
    let most = beats(0, APPEND_ENTRIES_MAX as u64);
    assert_eq!(append(&journal, &most).await, Appended::Done);
    assert_eq!(load(&journal, 0).await, most);
}

/// One entry more is refused.
pub async fn an_append_of_too_many_entries_is_refused(store: &dyn Store) {
    let journal = open(store, "more").await;
    let more = beats(0, APPEND_ENTRIES_MAX as u64 + 1);
    assert_eq!(refusal(&journal, &more).await.kind(), ErrorKind::Invalid);
    assert_eq!(load(&journal, 0).await, []);
}

/// The second handle cannot be opened, or whoever comes second to a position conflicts.
pub async fn two_handles_fence_each_other(store: &dyn Store) {
    let first = open(store, "handles").await;
    let Some(second) = open_second(store, "handles").await else { return };
    assert_eq!(append(&first, &beats(0, 1)).await, Appended::Done);
    assert_eq!(append(&second, &from_run("run-b", beats(0, 1))).await, Appended::Conflict);
    assert_eq!(load(&second, 0).await, beats(0, 1));
    assert_eq!(append(&second, &beats(1, 1)).await, Appended::Done);
    assert_eq!(append(&first, &from_run("run-b", beats(1, 1))).await, Appended::Conflict);
    assert_eq!(load(&first, 0).await, beats(0, 2));
}

/// Exactly one, and what is loaded is what that one wrote.
pub async fn of_two_appends_at_once_one_is_done(store: &dyn Store) {
    let first = open(store, "at-once").await;
    let second = open_second(store, "at-once").await.unwrap_or_else(|| Arc::clone(&first));
    for position in 0..8 {
        let (ours, theirs) = (beats(position, 1), from_run("run-b", beats(position, 1)));
        let (one, other) = tokio::join!(append(&first, &ours), append(&second, &theirs));
        let winner = match (one, other) {
            (Appended::Done, Appended::Conflict) => ours,
            (Appended::Conflict, Appended::Done) => theirs,
            both => panic!("at {position} both writers were told {both:?}"),
        };
        assert_eq!(load(&first, position).await, winner);
    }
}

/// Each deployment has positions of its own.
pub async fn two_deployments_do_not_mix(store: &dyn Store) {
    let (one, other) = (open(store, "mix-a").await, open(store, "mix-b").await);
    assert_eq!(append(&one, &beats(0, 2)).await, Appended::Done);
    assert_eq!(append(&other, &from_run("run-b", beats(0, 1))).await, Appended::Done);
    assert_eq!(load(&one, 0).await, beats(0, 2));
    assert_eq!(load(&other, 0).await, from_run("run-b", beats(0, 1)));
}

fn id(name: &str) -> DeploymentId {
    DeploymentId::parse(name).expect("the suite's names are valid")
}

async fn open(store: &dyn Store, name: &str) -> Arc<dyn Journal> {
    store.open(&id(name)).await.expect("a journal that nobody has open can be opened")
}

/// A second handle, unless the store allows one at a time.
async fn open_second(store: &dyn Store, name: &str) -> Option<Arc<dyn Journal>> {
    match store.open(&id(name)).await {
        Ok(journal) => Some(journal),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
            assert!(error.what_next().is_some(), "{error} does not say what to do");
            None
        }
    }
}

async fn load(journal: &Arc<dyn Journal>, from: u64) -> Vec<Entry> {
    journal.load(from).await.expect("the journal can be read")
}

async fn append(journal: &Arc<dyn Journal>, entries: &[Entry]) -> Appended {
    journal.append(entries).await.expect("the journal can be written")
}

async fn refusal(journal: &Arc<dyn Journal>, entries: &[Entry]) -> Error {
    journal.append(entries).await.expect_err("the append breaks a rule")
}

/// Entries at consecutive positions.
pub fn beats(first: u64, count: u64) -> Vec<Entry> {
    (0..count).map(|n| entry(first.saturating_add(n), Record::Beat)).collect()
}

fn from_run(run: &str, entries: Vec<Entry>) -> Vec<Entry> {
    entries.into_iter().map(|entry| Entry { run: run.into(), ..entry }).collect()
}

fn entry(seq: u64, record: Record) -> Entry {
    Entry { seq, at_ms: 1_767_225_600_000, run: "run-a".into(), record }
}

fn of_size(bytes: usize) -> Entry {
    let item = item(0);
    let why = |len: usize| entry(0, Record::Replaced { item, why: "x".repeat(len) });
    let frame = encode(&[why(0)]).expect("a small entry is within the limits")[0].len();
    why(bytes - frame)
}

/// One entry of every record, with every field set, and with none of the optional ones.
pub fn entries_of_every_record() -> Vec<Entry> {
    let records = [started(), planned(), found(), lean(), ready(), outcomes(), ends()].concat();
    (0..).zip(records).map(|(seq, record)| entry(seq, record)).collect()
}

fn item(index: u32) -> ItemId {
    serde_json::from_value(index.into()).expect("an item is a number")
}

fn place() -> Place {
    Place::new(Side::Entry, "ap-southeast-1")
}

fn remote(kind: Kind, id: &str) -> RemoteId {
    RemoteId::new(kind, place(), id)
}

fn started() -> Vec<Record> {
    let places = vec![place(), Place::new(Side::Service, "us-east-1")];
    let accounts = vec![(Side::Entry, "111122223333".into())];
    let stamp =
        Stamp { run: "run-a".into(), by: "Zoë \"z\" <z@example.com>".into(), places, accounts };
    [Purpose::Deploy, Purpose::Cleanup]
        .map(|purpose| {
            Record::Started(Started {
                format: FORMAT,
                version: "0.1.0".into(),
                backend: "sim".into(),
                purpose,
                partition: "aws".into(),
                stamp: stamp.clone(),
            })
        })
        .to_vec()
}

fn planned() -> Vec<Record> {
    let mut graph = Graph::default();
    let cidr = "10.2.0.0/16".parse().expect("a network");
    let vpc = graph.add("entry.vpc", &place(), Vpc { cidr });
    let cidr = "10.2.0.0/20".parse().expect("a network");
    let zone = "ap-southeast-1a".into();
    let after = [&vpc.any()];
    let subnet = Subnet { vpc: vpc.clone(), cidr, zone };
    let subnet = graph.add_after("entry.subnet.a", &place(), subnet, &after);
    graph.keep(&subnet, "a");
    vec![
        Record::Planned { graph: graph.into() },
        Record::Planned { graph: Graph::default().into() },
    ]
}

fn found() -> Vec<Record> {
    let vpc = remote(Kind::Vpc, "vpc-1");
    let seen = Seen {
        id: remote(Kind::Subnet, "subnet-1"),
        node: NodeName::from("entry.subnet.a"),
        fingerprint: accel_core::Fingerprint::parse("00112233445566ff"),
        run: Some("run-0".into()),
        holds: vec![vpc.clone()],
        key: Some("10.2.0.0/20".into()),
    };
    let block = "10.2.0.0/20".parse().expect("a network");
    let slots = vec![
        Slot::Block { scope: vpc.clone(), block },
        Slot::Key { scope: vpc.clone(), key: "association".into() },
    ];
    let key = Some("10.2.0.0/20".into());
    vec![
        Record::Found { item: Some(item(1)), seen },
        Record::Intended { item: item(1), attempt: 2, holds: vec![vpc], key, slots },
        Record::Created {
            item: item(1),
            id: remote(Kind::Subnet, "subnet-2"),
            carried: vec![item(2)],
        },
    ]
}

/// The records with optional fields, without them.
fn lean() -> Vec<Record> {
    let id = remote(Kind::Vpc, "vpc-1");
    let node = NodeName::from("entry.vpc");
    let seen =
        Seen { id: id.clone(), node, fingerprint: None, run: None, holds: vec![], key: None };
    let item = item(0);
    vec![
        Record::Found { item: None, seen },
        Record::Intended { item, attempt: 0, holds: vec![], key: None, slots: vec![] },
        Record::Created { item, id, carried: vec![] },
    ]
}

fn ready() -> Vec<Record> {
    let address = Ipv4Addr::new(10, 1, 0, 10);
    let interfaces = vec![EndpointInterface { subnet: remote(Kind::Subnet, "subnet-1"), address }];
    let dns_names = vec!["vpce-1.sts.us-east-1.vpce.amazonaws.com".into()];
    let balancer = BalancerAttributes {
        dns_name: "accel-lane-1.elb.ap-southeast-1.amazonaws.com".into(),
        metric_name: "net/accel-lane-1/1".into(),
        addresses: vec![("ap-southeast-1a".into(), address)],
    };
    [
        Attributes::Plain,
        Attributes::InterfaceEndpoint(EndpointAttributes { interfaces, dns_names }),
        Attributes::ElasticIp(ElasticIpAttributes { address }),
        Attributes::LoadBalancer(balancer),
    ]
    .map(|attributes| Record::Ready { item: item(0), attributes })
    .to_vec()
}

fn outcomes() -> Vec<Record> {
    let item = item(0);
    vec![
        Record::Doubtful { item },
        Record::Refused { item, spent: false },
        Record::Refused { item, spent: true },
        Record::Replaced { item, why: "line\nbreak, \"quote\", \\, \u{0}, \u{1f6e4}".into() },
        Record::Lost { item },
        Record::Deleting { item },
        Record::Going { item },
        Record::Gone { item },
    ]
}

fn ends() -> Vec<Record> {
    let error = Error::new(ErrorKind::Quota, "the region has no room for another VPC")
        .code("VpcLimitExceeded")
        .request_id("request-1")
        .operation("CreateVpc")
        .node(NodeName::from("entry.vpc"))
        .place(place())
        .advice("raise the VPC quota, then run deploy again");
    vec![
        Record::Halted { item: item(0), error },
        Record::Halted { item: item(1), error: Error::new(ErrorKind::Failed, "gave up") },
        Record::Beat,
        Record::Ended { reached: false },
        Record::Ended { reached: true },
    ]
}
