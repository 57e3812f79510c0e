//! Promises 2 to 5 and 11: what is made and removed in which order, and what it looks like at every moment in between.

use std::collections::BTreeMap;

use accel_core::graph::{Need, Role};
use accel_core::resource::{Describe as _, Kind};
use accel_core::spec::{Acceleration, Allow, ElasticIps, Service};
use accel_core::{AccountId, Graph};
use accel_mock::{Call, Lag, Settings, Verb};
use accel_tests::harness::{Stage, jakarta, virtually};

use crate::support::{
    allow, assert_nothing_left, assert_stands, changed, deployed, each, graph, is_done,
    mutations_since, replace, settings, stage, standing, two_services,
};

/// A lane that stands, and what it is to become.
pub(crate) type Change = (&'static str, fn() -> Acceleration, fn() -> Acceleration);

pub(crate) const CHANGES: &[Change] = &[
    ("nothing", jakarta, jakarta),
    ("a service more", jakarta, two_services),
    ("a service less", two_services, jakarta),
    ("another service", jakarta, || changed(|s| s.services = vec![Service::new("sqs")])),
    ("a port more", jakarta, || changed(|s| s.services[0].ports.push(8443))),
    ("a block more", jakarta, || changed(|s| s.allow.push(Allow::new("198.51.100.0/24")))),
    ("another block", jakarta, || changed(|s| s.allow = vec![Allow::new("198.51.100.0/24")])),
    ("a label", jakarta, || changed(|s| s.allow[0].label = Some("the plant".to_owned()))),
    ("a caller", jakarta, || changed(|s| s.callers.accounts.push(AccountId::from("444455556666")))),
    ("no path MTU", jakarta, || changed(|s| s.path_mtu = false)),
    ("a tag", jakarta, || changed(|s| drop(s.tags.insert("team".into(), "vision".into())))),
    ("another timeout", jakarta, || changed(|s| s.idle_timeout_secs = 600)),
    ("another check", jakarta, || changed(|s| s.health_check.interval_secs = 30)),
    ("protection", jakarta, || changed(|s| s.protected = true)),
    ("a zone more", jakarta, || changed(|s| s.zones = 3)),
    ("a zone less", || changed(|s| s.zones = 3), jakarta),
    ("no elastic IPs", jakarta, || changed(|s| s.elastic_ips = ElasticIps::Off)),
    ("another service network", jakarta, || changed(|s| s.service_cidr = "10.9.0.0/16".into())),
    ("another entry network", jakarta, || changed(|s| s.entry_cidr = "10.8.0.0/16".into())),
];

/// A change that prints as its name.
pub(crate) struct Named<'a>(pub(crate) &'a Change);

impl std::fmt::Debug for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.0)
    }
}

/// With the clouds that differ in what they hide.
fn clouds() -> [(&'static str, Lag); 3] {
    [("no lag", Lag::OFF), ("usual lag", Lag::default()), ("worst lag", Lag::worst())]
}

/// When each node became something, by the log.
fn births(calls: &[Call]) -> BTreeMap<&str, &Call> {
    let made = calls.iter().filter(|call| call.verb == Verb::Create && is_done(call));
    let mut births = BTreeMap::new();
    for call in made {
        births.entry(call.node.as_ref().unwrap().as_str()).or_insert(call);
    }
    births
}

fn early_creates(calls: &[Call], graph: &Graph) -> Vec<String> {
    let births = births(calls);
    let mut early = Vec::new();
    for call in calls.iter().filter(|call| call.verb == Verb::Create) {
        let node = graph.node(graph.find(call.node.as_ref().unwrap()).unwrap());
        for edge in node.edges() {
            let parent = graph.node(edge.to);
            // What a create carries is there with its parent.
            if parent.resource.carried() {
                continue;
            }
            let birth = births.get(parent.name.as_str());
            if birth.is_none_or(|birth| birth.number > call.number) {
                early.push(format!("{call} before {}", parent.name));
            }
        }
    }
    early
}

/// With every create refused once, or its answer lost.
#[test]
fn a_resource_is_created_only_when_what_it_refers_to_exists() {
    let mut schedules = vec![String::new()];
    for nth in 1..40 {
        schedules.push(format!("create#{nth}=lose"));
        schedules.push(format!("create#{nth}=refuse:unavailable"));
    }
    let cases = clouds().into_iter().flat_map(|cloud| schedules.iter().map(move |s| (cloud, s)));
    each(cases, |((_, lag), schedule)| {
        virtually(async {
            let spec = jakarta();
            let stage = Stage::new(Settings { lag: *lag, ..settings() }, &spec, true);
            stage.cloud.set_schedule(schedule.parse().unwrap());
            deployed(stage.deploy(&spec).await);
            let graph = graph(&stage, &spec).await;
            // No edge of this vocabulary asks for more than existence.
            let mut edges = graph.nodes().iter().flat_map(accel_core::Node::edges);
            assert!(edges.all(|edge| edge.need == Need::Exists));
            assert_eq!(early_creates(&stage.cloud.calls(), &graph), [""; 0]);
        });
    });
}

/// Every step of every change, watched by the oracle: promises 3, 4, 6 and 11.
fn nothing_is_wrong_at_any_step(journal: bool) {
    let cases =
        clouds().into_iter().flat_map(|cloud| CHANGES.iter().map(move |c| (cloud, Named(c))));
    each(cases, |((_, lag), Named((_, from, to)))| {
        virtually(async {
            let (from, to) = (from(), to());
            let stage = Stage::new(Settings { lag: *lag, ..settings() }, &from, journal);
            deployed(stage.deploy(&from).await);
            assert_eq!(stage.violations(), [], "while it is made");
            allow(&stage, &[&from, &to]);
            replace(&stage, &to).await.unwrap_or_else(|why| panic!("{why}"));
            assert_eq!(stage.violations(), [], "while it changes");
            allow(&stage, &[&to]);
            assert_stands(&stage, &to).await;
            let end = Acceleration { protected: false, ..to };
            deployed(stage.deploy(&end).await);
            deployed(stage.cleanup(&end).await);
            assert_nothing_left(&stage);
        });
    });
}

#[test]
fn nothing_is_wrong_at_any_step_of_any_change_with_a_journal() {
    nothing_is_wrong_at_any_step(true);
}

#[test]
fn nothing_is_wrong_at_any_step_of_any_change_without_a_journal() {
    nothing_is_wrong_at_any_step(false);
}

/// The kinds that are deleted in a cleanup of the whole lane, in order.
fn deletes(calls: &[Call]) -> Vec<Kind> {
    let deletes = calls.iter().filter(|call| call.verb == Verb::Delete && is_done(call));
    deletes.map(|call| call.kind.unwrap()).collect()
}

#[test]
fn a_resource_is_deleted_only_when_nothing_of_ours_that_refers_to_it_is_left() {
    for journal in [true, false] {
        virtually(async {
            let spec = two_services();
            let stage = standing(&spec, journal).await;
            let first = stage.cloud.calls().len();
            deployed(stage.cleanup(&spec).await);
            // The oracle has watched every step.
            assert_nothing_left(&stage);
            let deletes = deletes(&mutations_since(&stage.cloud, first));
            let vanishing = deletes.iter().filter(|kind| kind.facts().vanishes_with.is_some());
            assert_eq!(
                vanishing.collect::<Vec<_>>(),
                [&Kind::Listener; 0],
                "they go by themselves"
            );
        });
    }
}

/// Load balancers before anything else, then endpoints, as soon as no target of ours refers to them.
#[test]
fn billed_resources_go_first() {
    virtually(async {
        let spec = two_services();
        let stage = standing(&spec, true).await;
        let first = stage.cloud.calls().len();
        deployed(stage.cleanup(&spec).await);
        let mut deletes = deletes(&mutations_since(&stage.cloud, first));
        deletes.dedup();
        let first = [Kind::LoadBalancer, Kind::Target, Kind::InterfaceEndpoint];
        assert_eq!(deletes[..3], first, "{deletes:?}");
        assert!(deletes[3..].iter().all(|kind| !first.contains(kind)), "{deletes:?}");
    });
}

/// From its first moment on, seen by the oracle after every call, with every create's answer lost.
#[test]
fn every_taggable_resource_carries_its_owner_from_its_first_moment() {
    for journal in [true, false] {
        virtually(async {
            let stage = stage(&jakarta(), journal);
            stage.cloud.set_schedule("create=lose".parse().unwrap());
            let limited = accel_core::Limits { retry_secs: 120, ..stage.limits.clone() };
            let end = stage.deployer().limits(limited).deploy(&jakarta()).await;
            drop(end);
            assert!(stage.cloud.inspect(|world| world.live().count()) > 0);
            assert_eq!(stage.violations(), []);
        });
    }
}

/// Also after doubles: every create's answer is lost once.
#[test]
fn at_quiescence_there_is_at_most_one_live_resource_per_node_and_none_without_a_node() {
    let verdicts = ["lose", "drop", "late:4000", "fail"];
    let cases = (1..40).flat_map(|nth| verdicts.map(|verdict| format!("create#{nth}={verdict}")));
    each(cases.flat_map(|case| [(case.clone(), true), (case, false)]), |(schedule, journal)| {
        virtually(async {
            let spec = jakarta();
            let stage = stage(&spec, *journal);
            stage.cloud.set_schedule(schedule.parse().unwrap());
            deployed(stage.deploy(&spec).await);
            assert_stands(&stage, &spec).await;
        });
    });
}

/// In no intermediate state, of no change, of no cloud; the oracle is told of both specs while the one becomes the other.
#[test]
fn in_no_intermediate_state_is_anything_in_use_open_to_more_than_the_spec_says() {
    virtually(async {
        let wide = changed(|spec| spec.allow.push(Allow::new("198.51.0.0/16")));
        let stage = standing(&wide, true).await;
        allow(&stage, &[&jakarta(), &wide]);
        deployed(stage.deploy(&jakarta()).await);
        // From here on, the old block is too much.
        allow(&stage, &[&jakarta()]);
        assert_stands(&stage, &jakarta()).await;
        let open = stage.cloud.inspect(accel_mock::World::exposures);
        assert!(!open.iter().any(|it| matches!(it, accel_mock::Exposure::Unguarded { .. })));
        assert!(!open.iter().any(|it| matches!(it, accel_mock::Exposure::OpenPolicy { .. })));
        assert!(
            !open.iter().any(|it| matches!(it, accel_mock::Exposure::Opening { born: true, .. }))
        );
    });
}

/// The role of an edge says whether the cloud keeps it; the order holds for all three.
#[test]
fn order_alone_orders_too() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        let graph = graph(&stage, &spec).await;
        let calls = stage.cloud.calls();
        let births = births(&calls);
        let mut seen = 0;
        for node in graph.nodes().iter().filter(|node| !node.resource.carried()) {
            for edge in node.edges().iter().filter(|edge| edge.role == Role::After) {
                let parent = &graph.node(edge.to).name;
                assert!(births[parent.as_str()].number < births[node.name.as_str()].number);
                seen += 1;
            }
        }
        assert!(seen >= 5, "the lane has nodes that come after others");
    });
}
