//! The suite itself: no sentence of the contract and no kind is without a promise.

use std::sync::Arc;

use accel_core::resource::{Describe as _, Kind};
use accel_core::{NetworkBackend, Side};
use accel_mock::Lag;
use accel_tests::conformance::{NoControls, PROMISES, SENTENCES, Stop, Subject, promise, run};
use accel_tests::flawed::{FLAWS, Flawed};
use accel_tests::samples::{Lane, Site};
use accel_tests::simulator::{in_virtual_time, subject, subject_behind};

/// The documentation of the trait and of its verbs, as prose.
fn contract() -> String {
    let source = include_str!("../accel-core/src/backend.rs");
    let start = source.find("/// A cloud that can hold").expect("the trait is documented");
    let (contract, _) = source[start..].split_once("\n}\n").expect("the trait ends");
    let prose: Vec<&str> = contract
        .lines()
        .filter_map(|line| line.trim().strip_prefix("///"))
        .map(|line| line.trim().trim_start_matches("* "))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    prose.join(" ")
}

/// The table of sentences is the documentation, word for word.
#[test]
fn every_sentence_of_the_contract_has_its_promises() {
    let table: Vec<&str> = SENTENCES.iter().map(|(sentence, _)| *sentence).collect();
    assert_eq!(table.join(" "), contract());
    for name in SENTENCES.iter().flat_map(|(_, promises)| *promises) {
        assert!(PROMISES.iter().any(|promise| promise.name == *name), "{name} is no promise");
    }
}

#[test]
fn every_promise_has_a_name_of_its_own() {
    let mut names: Vec<&str> = PROMISES.iter().map(|promise| promise.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// A kind's group is named like its file, which is named like the kind.
#[test]
fn every_kind_has_promises_of_its_own() {
    for kind in Kind::ALL {
        let group = serde_json::to_value(kind).expect("a kind is a word");
        let group = format!("{}::", group.as_str().expect("a kind is a word"));
        assert!(PROMISES.iter().any(|it| it.name.starts_with(&group)), "{kind} has no promise");
    }
}

#[test]
fn every_sample_is_of_its_kind_and_differs_from_the_other() {
    let service = Site::new(Side::Service, "ap-southeast-3");
    let entry = Site::new(Side::Entry, "ap-southeast-1");
    let lane = Lane::new(&service, &entry, "com.amazonaws.ap-southeast-3.sagemaker.runtime");
    for kind in Kind::ALL {
        let sample = &lane.graph.node(lane.sample(*kind)).resource;
        assert_eq!(sample.kind(), *kind);
        if let Some(other) = lane.other(*kind) {
            assert_eq!(other.kind(), *kind);
            assert_ne!(other, *sample);
        }
    }
}

/// A backend that breaks a promise is told so by that promise, and not as a skip.
#[test]
fn every_flaw_is_noticed() {
    let missed: Vec<String> = FLAWS
        .iter()
        .filter_map(|(flaw, name)| {
            let behind = |cloud| -> Arc<dyn NetworkBackend> { Arc::new(Flawed::new(cloud, *flaw)) };
            let subject = subject_behind(Lag::OFF, behind);
            let verdict = in_virtual_time(promise(name).check(&subject));
            let noticed = matches!(verdict, Err(Stop::Failed(_)));
            (!noticed).then(|| format!("{flaw:?} at {name}: {verdict:?}"))
        })
        .collect();
    assert_eq!(missed, Vec::<String>::new());
}

/// One promise after the other on one cloud: none leaves anything that breaks the next.
#[test]
fn the_whole_suite_gives_one_report() {
    let report = in_virtual_time(run(&subject(Lag::default())));
    assert_eq!(report.verdicts.len(), PROMISES.len());
    assert_eq!((report.failed().count(), report.skipped().count()), (0, 0), "{report}");
}

/// A cloud that lets a test do nothing is told, promise by promise, what could not be shown and why.
#[test]
fn what_cannot_be_shown_is_reported_as_skipped() {
    let subject = Subject { controls: Arc::new(NoControls), ..subject(Lag::OFF) };
    let report = in_virtual_time(run(&subject));
    assert_eq!(report.failed().count(), 0, "{report}");
    let skipped: Vec<&str> = report.skipped().map(|(name, _)| name).collect();
    let expected = [
        "contract::every_call_is_made_once",
        "contract::a_lost_answer_is_ambiguous",
        "contract::looking_changes_nothing",
        "create::is_exactly_one_mutating_call",
        "list::reports_tagged_things_of_unknown_kind",
        "glance::shows_tagged_things_of_unknown_kind",
        "blockers::names_a_strangers_interface_in_our_subnet",
        "security_group_rule::of_a_stranger_is_listed_without_tags",
    ];
    assert_eq!(skipped, expected);
}

/// On a simulated cloud that hides nothing.
mod consistent {
    use accel_mock::Lag;
    use accel_tests::simulator::subject;

    accel_tests::conformance_tests!(|promise| promise.check_in_virtual_time(&subject(Lag::OFF)));
}

/// On one that hides what is new, shows what is gone, and changes its mind.
mod eventually_consistent {
    use accel_mock::Lag;
    use accel_tests::simulator::subject;

    accel_tests::conformance_tests!(
        |promise| promise.check_in_virtual_time(&subject(Lag::default()))
    );
}

/// On one that hides everything until just before the window ends.
mod barely_consistent {
    use accel_mock::Lag;
    use accel_tests::simulator::subject;

    accel_tests::conformance_tests!(|promise| promise.check_in_virtual_time(&subject(Lag::worst())));
}
