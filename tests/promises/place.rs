//! Promises 15 and 16: the right deployment in the right place, or nothing.

use std::collections::BTreeSet;

use accel_core::backend::{
    Blocker, Listing, NetworkBackend, Offer, OfferQuery, Phase, ReadItem, Request, Scope,
};
use accel_core::deployer::Cleaned;
use accel_core::journal::{Entry, FORMAT, Journal as _, MemoryJournal, Purpose, Record, Started};
use accel_core::spec::Acceleration;
use accel_core::tags::{self, Stamp, Tags};
use accel_core::{Deployer, Error, ErrorKind, Place, RemoteId, Result, Side, Topology as _};
use accel_mock::Cloud;
use accel_tests::harness::{Stage, jakarta, virtually};
use async_trait::async_trait;

use crate::support::{
    assert_nothing_left, changed, deployed, each, id, id_of, journal, mutations_since, refusal,
    settings, stage, standing,
};

/// What deploy, plan, status and cleanup of a spec are refused with; nothing is changed.
async fn refusals(deployer: &Deployer<'_>, cloud: &Cloud, spec: &Acceleration) -> Vec<Error> {
    let first = cloud.calls().len();
    let mut errors = vec![refusal(deployer.deploy(spec).await)];
    errors.push(refusal(deployer.plan(spec).await));
    errors.push(refusal(deployer.status(spec).await));
    errors.push(refusal(deployer.cleanup(spec).await));
    let mutations = mutations_since(cloud, first);
    assert!(mutations.is_empty(), "{mutations:?}");
    errors
}

fn assert_all(errors: &[Error], words: &[&str]) {
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        let text = error.to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert!(error.what_next().is_some(), "{text}");
    }
}

#[test]
fn another_account_than_the_pinned_one_stops_everything() {
    virtually(async {
        for pinned in [
            changed(|spec| spec.account = Some("444455556666".into())),
            changed(|spec| spec.entry_account = Some("444455556666".into())),
            changed(|spec| spec.service_account = Some("444455556666".into())),
        ] {
            let stage = stage(&pinned, true);
            let errors = refusals(&stage.deployer(), &stage.cloud, &pinned).await;
            assert_all(&errors, &["444455556666", "111122223333"]);
        }
    });
}

#[test]
fn another_account_than_the_recorded_one_stops_everything() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        for (service, entry) in [("444455556666", "444455556666"), ("111122223333", "444455556666")]
        {
            let other = stage.cloud.as_accounts(service, entry);
            let shared = journal(&stage);
            let deployer = Deployer::new(&other).journal(&*shared).adopt(true).take_over(true);
            assert_all(&refusals(&deployer, &stage.cloud, &spec).await, &["444455556666"]);
        }
    });
}

/// Two sides, two accounts: the side that is the same shows what the other one's account was.
#[test]
fn another_account_than_the_tagged_one_stops_everything() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, false).await;
        let other = stage.cloud.as_accounts("111122223333", "444455556666");
        let deployer = Deployer::new(&other).adopt(true);
        assert_all(&refusals(&deployer, &stage.cloud, &spec).await, &["444455556666"]);
    });
}

/// One region of two has changed: what stands says where the rest of it is.
#[test]
fn another_set_of_regions_stops_a_deploy() {
    let others = [
        changed(|spec| spec.entry_region = "eu-west-1".into()),
        changed(|spec| spec.service_region = "eu-west-1".into()),
    ];
    each([(0, true), (0, false), (1, true), (1, false)], |&(other, journal)| {
        virtually(async {
            let stage = standing(&jakarta(), journal).await;
            let first = stage.cloud.calls().len();
            let error = refusal(stage.deployer().deploy(&others[other]).await);
            assert_all(&[error], &["ap-southeast", "eu-west-1"]);
            assert!(mutations_since(&stage.cloud, first).is_empty());
        });
    });
}

/// Another partition has other regions, and never the same account.
#[test]
fn another_partition_stops_everything() {
    virtually(async {
        let stage = standing(&jakarta(), true).await;
        let china = changed(|spec| {
            (spec.service_region, spec.entry_region) =
                ("cn-north-1".into(), "cn-northwest-1".into());
        });
        let errors = refusals(&stage.deployer(), &stage.cloud, &china).await;
        assert_all(&errors, &["aws-cn"]);
    });
}

/// A spec cannot join two partitions.
#[test]
fn two_partitions_cannot_be_joined() {
    virtually(async {
        let spec = changed(|spec| spec.service_region = "cn-north-1".into());
        let stage = Stage::new(settings(), &spec, true);
        let end = stage.deployer().deploy(&spec).await;
        assert!(matches!(end, Err(accel_core::Failure::Spec(_))), "{end:?}");
        assert!(mutations_since(&stage.cloud, 0).is_empty());
    });
}

/// The same cloud under another name.
#[derive(Debug)]
struct Renamed(Cloud);

#[async_trait]
impl NetworkBackend for Renamed {
    fn name(&self) -> &'static str {
        "other"
    }

    async fn offer(&self, query: &OfferQuery) -> Result<Offer> {
        self.0.offer(query).await
    }

    async fn create<'a>(&self, request: Request<'a>) -> Result<RemoteId> {
        self.0.create(request).await
    }

    async fn find<'a>(&self, request: Request<'a>) -> Result<Option<RemoteId>> {
        self.0.find(request).await
    }

    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>> {
        self.0.read(items).await
    }

    async fn delete(&self, id: &RemoteId) -> Result<()> {
        self.0.delete(id).await
    }

    async fn list<'a>(&self, scope: Scope<'a>) -> Result<Listing> {
        self.0.list(scope).await
    }

    async fn glance<'a>(&self, scope: Scope<'a>) -> Result<BTreeSet<String>> {
        self.0.glance(scope).await
    }

    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>> {
        self.0.blockers(id).await
    }
}

#[test]
fn another_backend_than_the_recorded_one_stops_everything() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        let (other, shared) = (Renamed(stage.cloud.clone()), journal(&stage));
        let deployer = Deployer::new(&other).journal(&*shared).adopt(true).take_over(true);
        assert_all(&refusals(&deployer, &stage.cloud, &spec).await, &["sim", "other"]);
    });
}

/// Made by a newer accel: the version of the tags is all that can be relied on.
#[test]
fn a_newer_tag_schema_stops_everything() {
    let newer: [&[(&str, &str)]; 3] = [
        &[(tags::TAG_SCHEMA, "2")],
        &[(tags::TAG_SCHEMA, "2"), (tags::FINGERPRINT, "v2:another-form")],
        &[(tags::TAG_SCHEMA, "2.1")],
    ];
    each(newer, |newer| {
        virtually(async {
            let spec = jakarta();
            let stage = standing(&spec, false).await;
            let group = id_of(&stage.cloud, "service.group");
            let newer: Tags =
                newer.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
            stage.cloud.meddle(|world| world.tag(&group, newer));
            let errors = refusals(&stage.deployer(), &stage.cloud, &spec).await;
            assert_all(&errors, &["schema 2", &group]);
        });
    });
}

fn started(format: u32) -> Started {
    let places = jakarta().places();
    let stamp = Stamp { run: "r".into(), by: "me".into(), places, accounts: Vec::new() };
    Started {
        format,
        version: "9.1.0".to_owned(),
        backend: "sim".to_owned(),
        purpose: Purpose::Deploy,
        partition: "aws".to_owned(),
        stamp,
    }
}

#[test]
fn a_newer_journal_format_stops_everything() {
    virtually(async {
        let spec = jakarta();
        let stage = stage(&spec, true);
        let newer = MemoryJournal::default();
        let record = |seq, record| Entry { seq, at_ms: 0, run: "r".into(), record };
        let first = record(0, Record::Started(started(FORMAT + 1)));
        newer.append(&[first, record(1, Record::Ended { reached: true })]).await.unwrap();
        let deployer = stage.deployer().journal(&newer);
        let errors = refusals(&deployer, &stage.cloud, &spec).await;
        assert_all(&errors, &[&format!("format {}", FORMAT + 1), "9.1.0"]);
    });
}

/// In a place where it never was, and where it is not any more.
#[test]
fn finding_nothing_is_never_reported_as_cleaned() {
    virtually(async {
        for journal in [true, false] {
            let stage = stage(&jakarta(), journal);
            let report = deployed(stage.cleanup(&jakarta()).await);
            assert_eq!(report.outcome, Cleaned::NothingFound);
        }
        let elsewhere = changed(|spec| {
            (spec.service_region, spec.entry_region) = ("eu-west-1".into(), "us-east-1".into());
        });
        let stage = standing(&jakarta(), false).await;
        let report = deployed(stage.cleanup(&elsewhere).await);
        assert_eq!(report.outcome, Cleaned::NothingFound);
    });
}

/// The records of what was there once are no find.
#[test]
fn finding_nothing_after_a_cleanup_is_not_reported_as_cleaned() {
    for journal in [false, true] {
        virtually(async {
            let stage = standing(&jakarta(), journal).await;
            let first = deployed(stage.cleanup(&jakarta()).await);
            assert!(matches!(first.outcome, Cleaned::NothingLeft { removed: 30.. }), "{first:?}");
            let second = deployed(stage.cleanup(&jakarta()).await);
            assert_eq!(second.outcome, Cleaned::NothingFound, "journal {journal}");
        });
    }
}

/// A deployment may be larger than its caller remembers.
#[test]
fn cleanup_extends_to_the_places_that_tags_name() {
    let spec = jakarta();
    for known in [0, 1] {
        virtually(async {
            let stage = standing(&spec, false).await;
            let place = spec.places().remove(known);
            let report = stage.deployer().cleanup_named(&id(&spec), &[place]).await.unwrap();
            assert_eq!(report.places.len(), 2);
            assert_nothing_left(&stage);
        });
    }
}

/// In the wrong place alone, and with the journal at hand, the records name the right ones.
#[test]
fn cleanup_extends_to_the_places_that_records_name() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        let wrong = [Place::new(Side::Entry, "eu-west-1")];
        let end = stage.deployer().cleanup_named(&id(&spec), &wrong).await;
        match end {
            Ok(report) => {
                assert_ne!(report.outcome, Cleaned::NothingFound, "{report:?}");
                assert_nothing_left(&stage);
            }
            Err(why) => assert!(why.to_string().contains("ap-southeast"), "{why}"),
        }
    });
}

/// Made by an older accel, whose fingerprints were the same and whose other tags knew less.
#[test]
fn a_newer_accel_with_the_same_spec_replaces_nothing() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, false).await;
        stage.cloud.meddle(|world| {
            let things: Vec<(String, Tags)> = world
                .live()
                .filter(|thing| !thing.tags().is_empty())
                .map(|thing| (thing.id().to_owned(), thing.tags().clone()))
                .collect();
            for (id, _) in things {
                let older =
                    [(tags::RUN, "a-run-of-long-ago"), (tags::NAME, "an older way to name")];
                world.tag(&id, older.map(|(key, value)| (key.into(), value.into())).into());
            }
        });
        let plan = stage.deployer().plan(&spec).await.unwrap();
        assert!(plan.is_empty(), "{plan}");
        let again = deployed(stage.deploy(&spec).await);
        assert_eq!(again.calls.mutating(), 0, "{}", again.calls);
    });
}

/// The caller and an endpoint that is not the provider's own are named before anything is called.
#[test]
fn an_endpoint_that_is_not_the_providers_is_named_in_the_plan() {
    virtually(async {
        let spec = jakarta();
        let stage = stage(&spec, true);
        stage
            .cloud
            .adjust(|settings| settings.offers.endpoint = Some("http://localhost:5000".into()));
        let plan = stage.deployer().plan(&spec).await.unwrap();
        assert!(plan.to_string().contains("http://localhost:5000"), "{plan}");
    });
}
