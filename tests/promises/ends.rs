//! Promise 10: a run ends, and what time cannot fix ends in a clear halt.

use std::collections::BTreeSet;

use accel_core::graph::NodeId;
use accel_core::{ErrorKind, Graph, NodeName};
use accel_mock::{Schedule, Verdict};
use accel_tests::harness::{End, Stage, jakarta, virtually};

use crate::support::{assert_stands, deployed, halt, settings, stage};

/// How many calls a deploy makes at most once nothing goes wrong any more: twice those of one without any trouble, and those of the
/// looks of two windows.
const CALLS_MAX: u64 = 2 * 80 + 40;

/// Everything goes wrong for a while, in one way; then nothing does.
#[test]
fn once_faults_stop_the_run_ends_within_a_stated_number_of_calls() {
    let troubles = [
        "*=refuse:throttled",
        "*=refuse:unavailable",
        "create=refuse:ambiguous",
        "create=lose",
        "create=drop",
        "create=late:9000",
        "create=refuse:not-yet",
        "create=refuse:conflict",
        "create=refuse:in-use",
        "read=refuse:throttled",
        "list=refuse:unavailable",
    ];
    for trouble in troubles {
        for (journal, secs) in [(true, 5), (false, 5), (true, 20), (false, 20)] {
            virtually(async {
                let spec = jakarta();
                let stage = stage(&spec, journal);
                stage.cloud.set_schedule(trouble.parse().unwrap());
                let calm = async {
                    tokio::time::sleep(std::time::Duration::from_secs(secs)).await;
                    stage.calm();
                    let left = stage.cloud.call_count();
                    std::future::pending::<()>().await;
                    left
                };
                // The calls of the trouble itself do not count: what counts begins when it ends.
                let mut seen = 0;
                let end = tokio::select! {
                    biased;
                    end = stage.deploy(&spec) => end,
                    left = calm => { seen = left; End::Killed }
                };
                assert!(end.reached(), "{trouble} for {secs} s: {end:?}");
                let calls = stage.cloud.calls();
                let after = calls.iter().filter(|call| call.at.as_secs() >= secs).count();
                assert!(after as u64 <= CALLS_MAX + seen, "{trouble} for {secs} s: {after} calls");
                assert_stands(&stage, &spec).await;
            });
        }
    }
}

fn depends(graph: &Graph, on: NodeId) -> BTreeSet<NodeId> {
    let mut dependants = BTreeSet::from([on]);
    for id in graph.ids() {
        if graph.node(id).edges().iter().any(|edge| dependants.contains(&edge.to)) {
            dependants.insert(id);
        }
    }
    dependants
}

/// Refuses one create, and says of which node.
async fn refuse(stage: &Stage, kind: ErrorKind, nth: u64) -> Option<NodeName> {
    let spec = jakarta();
    // The numbers of calls are the same in every run: the first run tells which call makes the node.
    let first = {
        let twin = Stage::new(settings(), &spec, stage.journal.is_some());
        deployed(twin.deploy(&spec).await);
        let mut creates = twin.cloud.calls();
        creates.retain(|call| call.verb == accel_mock::Verb::Create);
        creates.into_iter().nth(usize::try_from(nth).unwrap())?
    };
    stage.cloud.set_schedule(Schedule::one(first.number, Verdict::Refuse(kind)));
    first.node
}

const FOR_A_PERSON: [ErrorKind; 5] = [
    ErrorKind::Quota,
    ErrorKind::Denied,
    ErrorKind::Expired,
    ErrorKind::Invalid,
    ErrorKind::Unsupported,
];

/// What a person must do next is said for every kind that a person must fix.
#[test]
fn a_halt_says_what_to_do_next() {
    for kind in FOR_A_PERSON {
        virtually(async {
            let stage = stage(&jakarta(), true);
            let name = refuse(&stage, kind, 0).await;
            let halt = halt(stage.deployer().deploy(&jakarta()).await);
            assert!(halt.errors[0].what_next().is_some(), "{kind} of {name:?}: {}", halt.errors[0]);
        });
    }
}
