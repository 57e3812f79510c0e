//! Replacement: shown, consented to, in order; protection; the plan's digest.

use accel_core::deployer::Change;
use accel_core::resource::Kind;
use accel_core::spec::{Acceleration, Allow, ElasticIps};
use accel_core::{ErrorKind, NodeName};
use accel_mock::{Body, Call, Verb};
use accel_tests::harness::{jakarta, virtually};

use crate::order::{CHANGES, Named};
use crate::support::{
    allow, assert_nothing_left, assert_stands, changed, consenting, deployed, each, id_of, is_done,
    mutations_since, refusal, replace, standing, two_services,
};

fn three_zones() -> Acceleration {
    changed(|spec| spec.zones = 3)
}

#[test]
fn replacement_needs_consent_for_each_node_from_which_it_follows() {
    virtually(async {
        let (spec, more) = (jakarta(), three_zones());
        let stage = standing(&spec, true).await;
        allow(&stage, &[&spec, &more]);
        let first = stage.cloud.calls().len();
        let plan = stage.deployer().plan(&more).await.unwrap();
        let roots = plan.replaced_roots();
        assert!(roots.iter().any(|root| root.contains("balancer")), "{plan}");
        assert!(roots.iter().any(|root| root.contains("endpoint")), "{plan}");
        // None, and all but one of them.
        let partial = (0..roots.len()).map(|left| {
            let mut some = roots.clone();
            (some.remove(left), some)
        });
        for (missing, some) in partial.chain([(roots[0].clone(), Vec::new())]) {
            let error = refusal(consenting(&stage, some).deploy(&more).await);
            assert_eq!(error.kind(), ErrorKind::Refused);
            assert!(error.message().contains(&missing), "{error}");
        }
        assert!(mutations_since(&stage.cloud, first).is_empty());
        consenting(&stage, roots).deploy(&more).await.unwrap();
        allow(&stage, &[&more]);
        assert_stands(&stage, &more).await;
    });
}

/// Neither adoption nor taking over nor consent to something else is consent to a replacement.
#[test]
fn nothing_else_consents_to_a_replacement() {
    virtually(async {
        let (spec, more) = (jakarta(), three_zones());
        let stage = standing(&spec, true).await;
        let first = stage.cloud.calls().len();
        let digest = stage.deployer().plan(&more).await.unwrap().digest;
        let runs = [
            stage.deployer().adopt(true).take_over(true),
            stage.deployer().expect(digest),
            consenting(&stage, vec!["service.vpc".to_owned(), "no.such.node".to_owned()]),
        ];
        for run in runs {
            assert_eq!(refusal(run.deploy(&more).await).kind(), ErrorKind::Refused);
        }
        assert!(mutations_since(&stage.cloud, first).is_empty());
    });
}

/// What is replaced because of something else needs no consent of its own.
#[test]
fn what_follows_needs_no_consent_of_its_own() {
    virtually(async {
        let stage = standing(&jakarta(), true).await;
        let other = changed(|spec| spec.service_cidr = "10.9.0.0/16".into());
        let plan = stage.deployer().plan(&other).await.unwrap();
        let vpc = plan.nodes.iter().find(|node| node.node.as_str() == "service.vpc").unwrap();
        assert_eq!((vpc.change, vpc.follows), (Change::Replace, false), "{plan}");
        assert_eq!(plan.replaced_roots(), ["service.vpc"], "{plan}");
    });
}

fn position(calls: &[Call], verb: Verb, is_it: impl Fn(&Call) -> bool) -> usize {
    let is_it = |call: &Call| call.verb == verb && is_done(call) && is_it(call);
    calls.iter().position(is_it).unwrap_or_else(|| panic!("no such call in {calls:#?}"))
}

/// The new endpoint and all that leads to it come before the old one goes.
#[test]
fn additions_come_before_the_removals_that_they_replace() {
    virtually(async {
        for (to, node, kind) in [
            (three_zones(), "service.endpoint.sagemaker.runtime", Kind::InterfaceEndpoint),
            (
                changed(|spec| spec.elastic_ips = ElasticIps::Off),
                "entry.ap-southeast-1.balancer.sagemaker.runtime",
                Kind::LoadBalancer,
            ),
            (changed(|spec| spec.service_cidr = "10.9.0.0/16".into()), "service.vpc", Kind::Vpc),
        ] {
            let stage = standing(&jakarta(), true).await;
            allow(&stage, &[&jakarta(), &to]);
            let old = id_of(&stage.cloud, node);
            let first = stage.cloud.calls().len();
            replace(&stage, &to).await.unwrap();
            let calls = stage.cloud.calls().split_off(first);
            let made = position(&calls, Verb::Create, |call| {
                call.node.as_ref().is_some_and(|name| name.as_str() == node)
            });
            let gone = position(&calls, Verb::Delete, |call| {
                call.kind == Some(kind) && call.id.as_deref() == Some(&*old)
            });
            assert!(made < gone, "{node} is removed before it is made anew");
        }
    });
}

/// The first call that changes anything closes what is to be closed, whatever else there is to do.
#[test]
fn a_removal_that_narrows_access_waits_for_nothing() {
    virtually(async {
        let wide = changed(|spec| spec.allow.push(Allow::new("198.51.100.0/24")));
        for to in [jakarta(), two_services(), three_zones()] {
            let stage = standing(&wide, true).await;
            allow(&stage, &[&wide, &to]);
            let rule = id_of(
                &stage.cloud,
                "entry.ap-southeast-1.entry-rule.ingress.tcp/443.198.51.100.0/24",
            );
            let first = stage.cloud.calls().len();
            replace(&stage, &to).await.unwrap();
            let calls = mutations_since(&stage.cloud, first);
            assert_eq!(calls[0].id.as_deref(), Some(&*rule), "{}", calls[0]);
        }
    });
}

#[test]
fn a_deploy_that_expects_a_digest_refuses_any_other_plan() {
    virtually(async {
        let (spec, more) = (jakarta(), two_services());
        let stage = standing(&spec, true).await;
        let first = stage.cloud.calls().len();
        let plan = stage.deployer().plan(&more).await.unwrap();
        let again = stage.deployer().plan(&more).await.unwrap();
        assert_eq!(plan.digest, again.digest, "the same plan has the same digest");
        let other = changed(|spec| spec.allow.push(Allow::new("198.51.100.0/24")));
        let error = refusal(stage.deployer().expect(&plan.digest).deploy(&other).await);
        assert_eq!(error.kind(), ErrorKind::Refused);
        // Somebody else has changed what the plan was made for.
        stage.cloud.meddle(|world| world.vanish(&id_of_world(world, "service.route-table")));
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let another = crate::support::stage(&spec, false);
        let error = refusal(another.deployer().expect(&plan.digest).deploy(&more).await);
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(mutations_since(&stage.cloud, first).is_empty());
        assert!(mutations_since(&another.cloud, 0).is_empty());
    });
    virtually(async {
        let stage = standing(&jakarta(), true).await;
        allow(&stage, &[&two_services()]);
        let plan = stage.deployer().plan(&two_services()).await.unwrap();
        stage.deployer().expect(plan.digest).deploy(&two_services()).await.unwrap();
        assert_stands(&stage, &two_services()).await;
    });
}

fn id_of_world(world: &accel_mock::World, node: &str) -> String {
    let is_it = |thing: &&accel_mock::Thing| {
        thing.tags().get(accel_core::tags::NODE).is_some_and(|name| name == node)
    };
    world.live().find(is_it).unwrap().id().to_owned()
}

/// What a plan says is what a deploy does.
#[test]
fn a_deploy_does_what_its_plan_says() {
    each(CHANGES.iter().map(Named), |Named((_, from, to))| {
        virtually(async {
            let (from, to) = (from(), to());
            let stage = standing(&from, true).await;
            allow(&stage, &[&from, &to]);
            let plan = stage.deployer().plan(&to).await.unwrap();
            let first = stage.cloud.calls().len();
            replace(&stage, &to).await.unwrap();
            let calls = mutations_since(&stage.cloud, first);
            let mut made: Vec<&NodeName> = calls
                .iter()
                .filter(|call| call.verb == Verb::Create && is_done(call))
                .filter(|call| !call.kind.unwrap().facts().setting)
                .filter_map(|call| call.node.as_ref())
                .collect();
            let mut planned: Vec<&NodeName> = plan
                .nodes
                .iter()
                .filter(|node| matches!(node.change, Change::Make | Change::Replace))
                .map(|node| &node.node)
                .collect();
            made.sort();
            planned.sort();
            assert_eq!(made, planned, "{plan}");
        });
    });
}

#[test]
fn a_protected_deployment_refuses_cleanup_and_replacement() {
    for journal in [true, false] {
        virtually(async {
            let protected = changed(|spec| spec.protected = true);
            let stage = standing(&protected, journal).await;
            let first = stage.cloud.calls().len();
            let more = Acceleration { zones: 3, ..protected.clone() };
            let also_off = Acceleration { zones: 3, ..jakarta() };
            for error in [
                refusal(stage.deployer().cleanup(&protected).await),
                // The tags decide, whatever the caller says.
                refusal(stage.deployer().cleanup(&jakarta()).await),
                refusal(replace(&stage, &more).await),
                refusal(replace(&stage, &also_off).await),
            ] {
                assert_eq!(error.kind(), ErrorKind::Refused);
                assert!(error.to_string().contains("protected"), "{error}");
            }
            assert!(mutations_since(&stage.cloud, first).is_empty());
            let balancer = id_of(&stage.cloud, "entry.ap-southeast-1.balancer.sagemaker.runtime");
            let guarded = |world: &accel_mock::World| {
                let body = world.find(&balancer).unwrap().body().clone();
                matches!(body, Body::LoadBalancer(balancer) if balancer.deletion_protection)
            };
            assert!(stage.cloud.inspect(guarded));
            deployed(stage.deploy(&jakarta()).await);
            assert!(!stage.cloud.inspect(guarded));
            deployed(stage.cleanup(&jakarta()).await);
            assert_nothing_left(&stage);
        });
    }
}

/// A target's address is the endpoint's own: if that is another than the pin, the target is made anew without anybody's word.
#[test]
fn a_target_whose_address_is_another_is_replaced_without_consent() {
    for journal in [true, false] {
        virtually(async {
            let spec = jakarta();
            let stage = crate::support::stage(&spec, journal);
            let meddle = async {
                tokio::time::sleep(std::time::Duration::from_secs(25)).await;
                let endpoint = id_of(&stage.cloud, "service.endpoint.sagemaker.runtime");
                stage.cloud.meddle(|world| {
                    world.change(&endpoint, |body| {
                        if let Body::InterfaceEndpoint(endpoint) = body {
                            endpoint.subnets[0].1 = Some("10.1.3.3".parse().unwrap());
                        }
                    });
                });
            };
            let deployer = stage.deployer();
            let (end, ()) = tokio::join!(deployer.deploy(&spec), meddle);
            end.unwrap();
            let addresses: Vec<String> = stage.cloud.inspect(|world| {
                let targets = world.live().filter_map(|thing| {
                    let Body::Target(target) = thing.body() else { return None };
                    Some(target.address.to_string())
                });
                targets.collect()
            });
            assert_eq!(addresses.len(), 2, "{addresses:?}");
            assert!(addresses.contains(&"10.1.3.3".to_owned()), "{addresses:?}");
            let again = deployed(stage.deploy(&spec).await);
            assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
        });
    }
}
