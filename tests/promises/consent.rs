//! The user's word for one thing each: what others have opened goes, what is protected goes, addresses stay.

use accel_core::deployer::Cleaned;
use accel_core::resource::{Direction, Kind, Traffic};
use accel_mock::{Schedule, Verb, Verdict};
use accel_tests::harness::{Stage, jakarta, virtually};
use std::time::Duration;

use crate::support::{
    allow, assert_nothing_left, changed, deployed, each, id_of, mutations_since, standing,
};

const NLB: &str = "entry.ap-southeast-1.balancer.sagemaker.runtime";

/// Puts somebody else's rule, route and listener into our things.
fn intrude(stage: &Stage) -> Vec<String> {
    let group = id_of(&stage.cloud, "entry.ap-southeast-1.group");
    let table = id_of(&stage.cloud, "entry.ap-southeast-1.route-table");
    let balancer = id_of(&stage.cloud, NLB);
    let targets = id_of(&stage.cloud, "entry.ap-southeast-1.target-group.sagemaker.runtime.443");
    let peer = "192.0.2.0/24".parse().unwrap();
    stage.cloud.meddle(|world| {
        vec![
            world.add_foreign_rule(&group, Direction::Ingress, Traffic::Tcp(22), peer),
            world.add_foreign_route(&table, peer, "vgw-1"),
            world.add_foreign_listener(&balancer, 8443, &targets),
        ]
    })
}

fn is_there(stage: &Stage, id: &str) -> bool {
    stage.cloud.inspect(|world| world.find(id).is_some_and(|thing| thing.removed().is_none()))
}

#[test]
fn what_others_have_put_into_our_things_goes_on_the_users_word_and_nothing_else_changes() {
    for journal in [true, false] {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, journal).await;
            let foreign = intrude(&stage);
            tokio::time::sleep(Duration::from_secs(60)).await;
            let first = stage.cloud.calls().len();
            let deployer = stage.deployer().revoke_foreign(true);
            assert_eq!(deployer.plan(&spec).await.unwrap().strangers, []);
            deployer.deploy(&spec).await.unwrap();
            let mutations = mutations_since(&stage.cloud, first);
            assert_eq!(mutations.len(), foreign.len(), "{mutations:?}");
            assert!(mutations.iter().all(|call| call.verb == Verb::Delete), "{mutations:?}");
            assert!(foreign.iter().all(|id| !is_there(&stage, id)));
            assert!(stage.deployer().status(&spec).await.unwrap().as_asked());
        });
    }
}

#[test]
fn what_is_protected_goes_on_the_users_word() {
    for journal in [true, false] {
        virtually(async {
            let spec = changed(|spec| spec.protected = true);
            let stage = standing(&spec, journal).await;
            stage.deployer().cleanup(&spec).await.unwrap_err();
            let report = stage.deployer().unprotect(true).cleanup(&spec).await.unwrap();
            assert!(matches!(report.outcome, Cleaned::NothingLeft { .. }), "{report:?}");
            assert_eq!(stage.cloud.inspect(|world| world.live().count()), 0);
        });
    }
}

#[test]
fn addresses_that_are_kept_are_all_that_is_left_and_serve_the_next_deploy() {
    for journal in [true, false] {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, journal).await;
            let report = stage.deployer().keep_addresses(true).cleanup(&spec).await.unwrap();
            let left = || -> Vec<String> {
                let name = |thing: &accel_mock::Thing| thing.id().to_owned();
                stage.cloud.inspect(|world| world.live().map(name).collect())
            };
            let kept: Vec<String> = report.kept.iter().map(ToString::to_string).collect();
            assert_eq!((kept.len(), &kept), (2, &left()));
            allow(&stage, &[&spec]);
            let made = deployed(stage.deploy(&spec).await);
            let used = made.nodes.values().filter(|bound| bound.id.kind == Kind::ElasticIp);
            let mut used: Vec<String> = used.map(|bound| bound.id.to_string()).collect();
            used.sort();
            assert_eq!(used, kept);
            let report = deployed(stage.cleanup(&spec).await);
            assert!(report.kept.is_empty() && left().is_empty(), "{report:?}");
        });
    }
}

/// Kills a run at a call, before its effect or after it.
fn crash(stage: &Stage, at: u64) {
    let call = stage.cloud.call_count() + at;
    let verdict = if at.is_multiple_of(2) { Verdict::CrashBefore } else { Verdict::CrashAfter };
    stage.cloud.set_schedule(Schedule::one(call, verdict));
}

/// Somebody else's things beside ours, which nobody has said a word about: a subnet, and a group with a rule.
fn settle_beside(stage: &Stage) -> Vec<String> {
    let vpc = id_of(&stage.cloud, "entry.ap-southeast-1.vpc");
    stage.cloud.meddle(|world| {
        let subnet = world.add_foreign_subnet(&vpc, "10.2.224.0/24".parse().unwrap());
        let group = world.add_foreign_group(&vpc, "theirs");
        let peer = "192.0.2.0/24".parse().unwrap();
        let rule = world.add_foreign_rule(&group, Direction::Ingress, Traffic::Tcp(22), peer);
        vec![subnet, group, rule]
    })
}

/// The word is given to one run: what that run did not come to stays until it is given again.
#[test]
fn killed_at_any_call_only_what_a_run_had_the_word_for_goes() {
    let cases = (1..=CALLS).flat_map(|at| [(at, true), (at, false)]);
    let killed = std::cell::Cell::new(0);
    each(cases.flat_map(|case| [(case, true), (case, false)]), |&((at, journal), word)| {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, journal).await;
            let (foreign, others) = (intrude(&stage), settle_beside(&stage));
            tokio::time::sleep(Duration::from_secs(60)).await;
            let first = stage.cloud.calls().len();
            let there = |ids: &[String]| -> Vec<String> {
                ids.iter().filter(|id| is_there(&stage, id)).cloned().collect()
            };
            crash(&stage, at);
            let run = stage.deployer().revoke_foreign(true);
            let reached = stage.until_killed(run.deploy(&spec)).await.reached();
            killed.set(killed.get() + u64::from(!reached));
            stage.calm();
            let left = there(&foreign);
            stage.deployer().revoke_foreign(word).deploy(&spec).await.unwrap();
            assert_eq!(there(&foreign), if word { Vec::new() } else { left }, "the word: {word}");
            stage.deployer().revoke_foreign(true).deploy(&spec).await.unwrap();
            assert_eq!((there(&foreign), there(&others)), (Vec::new(), others.clone()));
            for call in mutations_since(&stage.cloud, first) {
                let is_it = |id: &String| call.id.as_deref() == Some(id);
                let meant = call.verb == Verb::Delete && foreign.iter().any(is_it);
                assert!(meant, "nobody said a word about {call}");
            }
        });
    });
    assert!(killed.get() > 40, "only {} runs were killed", killed.get());
}

/// More than a cleanup makes.
const CALLS: u64 = 60;

#[test]
fn killed_at_any_call_a_protected_deployment_goes_when_asked_again() {
    let cases = (1..=CALLS).flat_map(|at| [(at, true), (at, false)]);
    each(cases, |&(at, journal)| {
        virtually(async {
            let spec = changed(|spec| spec.protected = true);
            let stage = standing(&spec, journal).await;
            crash(&stage, at);
            let first = stage.deployer().unprotect(true);
            let killed = !stage.until_killed(first.cleanup(&spec)).await.reached();
            stage.calm();
            assert!(killed || at > 20, "a cleanup makes more calls than {at}");
            stage.deployer().unprotect(true).cleanup(&spec).await.unwrap();
            assert_nothing_left(&stage);
        });
    });
}

#[test]
fn killed_at_any_call_addresses_that_are_to_be_kept_are_kept() {
    let cases = (1..=CALLS).flat_map(|at| [(at, true), (at, false)]);
    each(cases, |&(at, journal)| {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, journal).await;
            crash(&stage, at);
            let first = stage.deployer().keep_addresses(true);
            let killed = !stage.until_killed(first.cleanup(&spec)).await.reached();
            stage.calm();
            assert!(killed || at > 20, "a cleanup makes more calls than {at}");
            let report = stage.deployer().keep_addresses(true).cleanup(&spec).await.unwrap();
            let left = stage.cloud.inspect(|world| world.live().count());
            assert_eq!((report.kept.len(), left), (2, 2), "{at}");
            deployed(stage.cleanup(&spec).await);
            assert_nothing_left(&stage);
        });
    });
}
