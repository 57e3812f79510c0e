//! Promise 10: a run ends, and what time cannot fix ends in a clear halt.

use std::collections::BTreeSet;

use accel_core::graph::NodeId;
use accel_core::resource::Kind;
use accel_core::{ErrorKind, Graph, Limits, NodeName, Side};
use accel_mock::{Rule, Schedule, Settings, Verb, Verdict};
use accel_tests::harness::{End, Stage, jakarta, virtually};

use crate::support::{assert_stands, deployed, each, halt, is_done, settings, stage};

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

/// One rule for each kind and side that a whole deploy makes something of.
fn creates() -> Vec<Rule> {
    let calls = virtually(async {
        let stage = stage(&jakarta(), true);
        deployed(stage.deploy(&jakarta()).await);
        stage.cloud.calls()
    });
    let made = calls.iter().filter(|call| call.verb == Verb::Create && is_done(call));
    let sorts: BTreeSet<(Option<Kind>, Option<Side>)> =
        made.map(|call| (call.kind, call.place.as_ref().map(|place| place.side))).collect();
    let rule = |(kind, side)| {
        let (verb, verdict) = (Some(Verb::Create), Verdict::Pass);
        Rule { verb, kind, side, region: None, nth: None, verdict }
    };
    sorts.into_iter().map(rule).collect()
}

/// Refuses every create of a sort.
fn refuse(stage: &Stage, rule: &Rule, kind: ErrorKind) {
    let rule = Rule { verdict: Verdict::Refuse(kind), ..rule.clone() };
    stage.cloud.set_schedule(Schedule { calls: Vec::new(), rules: vec![rule] });
}

/// The nodes whose creates were refused.
fn refused(stage: &Stage) -> BTreeSet<NodeName> {
    let calls = stage.cloud.calls();
    let refused = calls.iter().filter(|call| call.verdict != Verdict::Pass);
    refused.filter_map(|call| call.node.clone()).collect()
}

fn dependants(graph: &Graph, on: &BTreeSet<NodeName>) -> BTreeSet<NodeId> {
    let mut dependants: BTreeSet<_> = on.iter().filter_map(|name| graph.find(name)).collect();
    for id in graph.ids() {
        if graph.node(id).edges().iter().any(|edge| dependants.contains(&edge.to)) {
            dependants.insert(id);
        }
    }
    dependants
}

const FOR_A_PERSON: [ErrorKind; 5] = [
    ErrorKind::Quota,
    ErrorKind::Denied,
    ErrorKind::Expired,
    ErrorKind::Invalid,
    ErrorKind::Unsupported,
];

/// For each sort of create: a halt that names each node, its place and the provider's code, with all that is independent of them done.
#[test]
fn what_cannot_be_fixed_by_time_ends_in_a_clear_halt() {
    let rules = creates();
    assert!(rules.len() > 20, "a lane has many sorts of creates");
    each(rules.iter().flat_map(|rule| FOR_A_PERSON.map(|kind| (rule, kind))), |(rule, kind)| {
        virtually(async {
            let spec = jakarta();
            let stage = stage(&spec, true);
            refuse(&stage, rule, *kind);
            let halt = halt(stage.deployer().deploy(&spec).await);
            let (graph, refused) = (stage.graph(&spec).await, refused(&stage));
            let named: Option<BTreeSet<_>> =
                halt.errors.iter().map(|error| error.about().cloned()).collect();
            assert_eq!(named, Some(refused.clone()), "{:?}", halt.errors);
            for error in &halt.errors {
                assert_eq!(error.kind(), *kind);
                assert_eq!(error.provider_code(), Some("Scheduled"));
                let node = graph.node(graph.find(error.about().unwrap()).unwrap());
                assert!(error.to_string().contains(&node.place.to_string()), "{error}");
            }
            assert!(!halt.retry_helps);
            let dependants = dependants(&graph, &refused);
            for id in graph.ids() {
                let name = &graph.node(id).name;
                assert_eq!(halt.nodes.contains_key(name), !dependants.contains(&id), "{name}");
            }
            assert_eq!(stage.violations(), []);
            stage.calm();
            deployed(stage.deploy(&spec).await);
            assert_stands(&stage, &spec).await;
        });
    });
}

/// What a person must do next is said for every kind that a person must fix.
#[test]
fn a_halt_says_what_to_do_next() {
    let rules = creates();
    each(FOR_A_PERSON, |kind| {
        virtually(async {
            let stage = stage(&jakarta(), true);
            refuse(&stage, &rules[0], *kind);
            let halt = halt(stage.deployer().deploy(&jakarta()).await);
            assert!(halt.errors[0].what_next().is_some(), "{}", halt.errors[0]);
        });
    });
}

/// Trouble that never ends: within the limit for retries, a halt, and one that says that running again may help.
#[test]
fn trouble_that_never_ends_ends_in_a_halt() {
    let troubles =
        ["throttled", "unavailable", "ambiguous", "not-yet"].map(|k| format!("refuse:{k}"));
    each(troubles.into_iter().chain(["drop".to_owned()]), |trouble| {
        virtually(async {
            let stage = Stage::new(Settings { log: false, ..settings() }, &jakarta(), true);
            stage.cloud.set_schedule(format!("create:vpc@entry={trouble}").parse().unwrap());
            let limits = Limits { retry_secs: 100, ..Limits::default() };
            let deployer = stage.deployer().limits(limits);
            let limit = std::time::Duration::from_secs(1000);
            let end = tokio::time::timeout(limit, deployer.deploy(&jakarta())).await;
            let halt = halt(end.expect("the run ends"));
            assert!(halt.nodes.keys().any(|name| name.as_str().starts_with("service.endpoint")));
        });
    });
}
