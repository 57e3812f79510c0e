//! Promise 9: what is there is left alone.

use accel_core::Topology as _;
use accel_core::engine::policy::Verb;
use accel_core::resource::Kind;
use accel_core::spec::Service;
use accel_mock::{Schedule, Settings, Verdict};
use accel_tests::harness::{Stage, jakarta, virtually};

use crate::order::{CHANGES, Named};
use crate::support::{
    allow, changed, deployed, each, replace, settings, stage, standing, two_services,
};

#[test]
fn a_second_deploy_of_the_same_spec_makes_no_mutating_call() {
    for journal in [true, false] {
        for spec in [jakarta(), two_services()] {
            virtually(async {
                let stage = standing(&spec, journal).await;
                for _ in 0..2 {
                    let again = deployed(stage.deploy(&spec).await);
                    assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
                    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
                }
            });
        }
    }
}

/// A deployment of which there was nothing is listed once; after that, a glance at each place tells whether anything is there that this
/// run has not made.
#[test]
fn a_new_deployment_is_listed_once_and_glanced_at_in_the_end() {
    for journal in [true, false] {
        virtually(async {
            let spec = jakarta();
            let stage = stage(&spec, journal);
            let made = deployed(stage.deploy(&spec).await);
            let places = u32::try_from(spec.places().len()).unwrap();
            assert_eq!(made.calls.of(Verb::List), places, "{}", made.calls);
            assert_eq!(made.calls.of(Verb::Glance), places, "{}", made.calls);
        });
    }
}

/// What the last look shows beside it is not left there: another machine has begun the same, unseen, and died.
#[test]
fn a_stray_that_shows_late_is_found_at_a_glance() {
    virtually(async {
        let spec = jakarta();
        let dead = stage(&spec, false);
        dead.cloud.set_schedule("create:vpc@entry=late:20000".parse().unwrap());
        let cut = dead.deploy(&spec);
        assert!(tokio::time::timeout(std::time::Duration::from_secs(5), cut).await.is_err());
        dead.cloud.set_schedule(Schedule::default());
        let made = deployed(dead.deploy(&spec).await);
        assert!(made.calls.of(Verb::List) > 2, "{}", made.calls);
        crate::support::assert_stands(&dead, &spec).await;
    });
}

/// Whoever made it, and whether anybody remembers: a journal that was lost, or one that comes later.
#[test]
fn another_journal_changes_nothing() {
    for (before, after) in [(true, false), (false, true), (true, true)] {
        virtually(async {
            let spec = jakarta();
            let mut stage = standing(&spec, before).await;
            stage.journal = after.then(std::sync::Arc::default);
            let again = deployed(stage.deploy(&spec).await);
            assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
        });
    }
}

#[test]
fn after_every_change_the_same_spec_makes_no_mutating_call() {
    each(CHANGES.iter().map(Named), |Named((_, from, to))| {
        virtually(async {
            let (from, to) = (from(), to());
            let stage = standing(&from, true).await;
            allow(&stage, &[&from, &to]);
            replace(&stage, &to).await.unwrap_or_else(|why| panic!("{why}"));
            let again = deployed(stage.deploy(&to).await);
            assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
        });
    });
}

/// After every kind of stumble of the first run, killed ones too: once it is there, it is there.
#[test]
fn after_every_kind_of_resume_the_same_spec_makes_no_mutating_call() {
    let verdicts = [Verdict::CrashAfter, Verdict::Lose, Verdict::Fail, Verdict::Late(4_000)];
    let cases = (1..80).flat_map(|at| verdicts.map(|verdict| (at, verdict)));
    each(cases.flat_map(|case| [(case, true), (case, false)]), |&((at, verdict), journal)| {
        virtually(async {
            let spec = jakarta();
            let stage = Stage::new(Settings::fast(), &spec, journal);
            stage.cloud.set_schedule(Schedule::one(at, verdict));
            drop(stage.deploy(&spec).await);
            stage.calm();
            deployed(stage.deploy(&spec).await);
            let again = deployed(stage.deploy(&spec).await);
            assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
        });
    });
}

/// A cloud that offers one zone more, or one less, or none any more.
#[test]
fn what_exists_stays_when_the_offer_changes() {
    for letters in ["abcdef", "c", ""] {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, letters.len() % 2 == 0).await;
            stage.cloud.adjust(|settings| {
                for region in [&spec.service_region, &spec.entry_region] {
                    let zones =
                        letters.chars().map(|letter| format!("{region}{letter}").as_str().into());
                    settings.offers.zones.insert(region.clone(), zones.collect());
                }
            });
            let again = deployed(stage.deploy(&spec).await);
            assert_eq!(again.calls.mutating(), 0, "zones {letters:?}: {}", again.calls);
        });
    }
}

/// Services in another order, or one more, touch no other service's nodes.
#[test]
fn what_exists_stays_when_services_come_and_are_reordered() {
    virtually(async {
        let stage = stage(&two_services(), true);
        deployed(stage.deploy(&two_services()).await);
        let reordered = changed(|spec| spec.services.insert(0, Service::new("sqs")));
        let again = deployed(stage.deploy(&reordered).await);
        assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
        let third = changed(|spec| {
            spec.services = vec!["kms".into(), "sqs".into(), "sagemaker.runtime".into()];
        });
        let plan = stage.deployer().plan(&third).await.unwrap();
        assert_eq!(plan.replaced_roots(), [""; 0]);
        let touched = plan.nodes.iter().filter(|node| {
            let is_of_another =
                ["sqs", "sagemaker.runtime"].iter().any(|label| node.node.as_str().contains(label));
            is_of_another && node.change != accel_core::deployer::Change::Keep
        });
        let touched: Vec<_> = touched.filter(|node| node.kind != Kind::ExtraTags).collect();
        assert!(touched.is_empty(), "{touched:?}");
        assert!(settings().log);
    });
}
