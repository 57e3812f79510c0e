//! Ready is not usable: clients can be served once every target answers.

use std::time::Duration;

use accel_core::engine::policy::Verb;
use accel_core::event::{Event, NodeStep, Timed};
use accel_core::resource::{Direction, Health};
use accel_core::spec::Acceleration;
use accel_core::topology::LaneOutputs;
use accel_core::{Deployer, Deployment, Failure, Stop};
use accel_mock::Settings;
use accel_tests::harness::{Stage, jakarta, virtually};
use tokio::sync::mpsc;

use crate::support::{deployed, entries, id_of, journal, mutations_since, stage, standing};

const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// A stage on which the lane has just been deployed.
async fn fresh(spec: &Acceleration, journal: bool) -> (Stage, Deployment<LaneOutputs>) {
    let stage = stage(spec, journal);
    let made = deployed(stage.deploy(spec).await);
    (stage, made)
}

/// Takes away what the load balancer may send, so that no check is ever answered.
fn cut(stage: &Stage) {
    let group = id_of(&stage.cloud, "entry.ap-southeast-1.group");
    stage.cloud.meddle(|world| {
        let goes_out = |thing: &&accel_mock::Thing| {
            let accel_mock::Body::SecurityGroupRule(rule) = thing.body() else { return false };
            rule.direction == Direction::Egress && world.thing(rule.group).id() == group
        };
        let rules: Vec<String> =
            world.live().filter(goes_out).map(|thing| thing.id().to_owned()).collect();
        assert!(!rules.is_empty(), "there is one to the endpoint's network");
        for rule in &rules {
            world.vanish(rule);
        }
    });
}

/// The simulated cloud judges the whole path: what it calls healthy, clients can use.
#[test]
fn what_is_called_usable_is_usable() {
    virtually(async {
        let spec = jakarta();
        let (stage, made) = fresh(&spec, true).await;
        let answers = |stage: &Stage| {
            let balancer =
                made.nodes[&"entry.ap-southeast-1.balancer.sagemaker.runtime".into()].id.clone();
            stage.cloud.inspect(|w| w.usable(balancer.as_str(), [203, 0, 113, 7].into()))
        };
        assert!(answers(&stage).is_err(), "the first checks are not over");
        let usable = stage.deployer().usable(&made, FIVE_MINUTES).await.unwrap();
        assert!(usable.is_usable(), "{usable}");
        assert_eq!(usable.targets.len(), 2);
        assert_eq!(answers(&stage), Ok(()));
        let waited = usable.waited.as_secs();
        assert!((1..30).contains(&waited), "two checks, ten seconds apart: {waited} s");
        assert!(usable.calls.of(Verb::Read) <= 8, "{}", usable.calls);
        assert_eq!(usable.calls.total(), usable.calls.of(Verb::Read));
    });
}

/// A deploy looks once more before it ends: if that shows every target healthy, nobody asks again.
#[test]
fn nothing_is_called_when_the_last_look_has_shown_it() {
    virtually(async {
        for journal in [true, false] {
            let spec = jakarta();
            let stage = standing(&spec, journal).await;
            tokio::time::sleep(Duration::from_secs(60)).await;
            let again = deployed(stage.deploy(&spec).await);
            let before = stage.cloud.call_count();
            let usable = stage.deployer().usable(&again, FIVE_MINUTES).await.unwrap();
            assert!(usable.is_usable(), "{usable}");
            assert_eq!((usable.calls.total(), usable.waited), (0, Duration::ZERO));
            assert_eq!(stage.cloud.call_count(), before);
        }
    });
}

/// What was seen before the last change is not believed: here a rule went, and the deploy put it back.
#[test]
fn what_was_seen_before_a_change_is_asked_again() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        cut(&stage);
        // A listing may show for a while what is gone.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let mended = deployed(stage.deploy(&spec).await);
        assert!(mended.calls.mutating() > 0);
        let usable = stage.deployer().usable(&mended, FIVE_MINUTES).await.unwrap();
        assert!(usable.is_usable(), "{usable}");
        assert!(usable.waited > Duration::ZERO, "its checks begin anew");
    });
}

/// It ends at the time given, and says what is missing and what is likely behind it. Nothing is changed meanwhile.
#[test]
fn what_never_answers_is_named_at_the_deadline() {
    virtually(async {
        let spec = jakarta();
        let (stage, made) = fresh(&spec, true).await;
        cut(&stage);
        let (first, written) = (stage.cloud.calls().len(), entries(&journal(&stage)).await.len());
        let began = tokio::time::Instant::now();
        let usable = stage.deployer().usable(&made, FIVE_MINUTES).await.unwrap();
        assert!(!usable.is_usable());
        let took = began.elapsed();
        assert!(took >= FIVE_MINUTES && took < FIVE_MINUTES + Duration::from_secs(1), "{took:?}");
        assert_eq!(usable.missing().count(), 2);
        let timeout = |health: &Health| matches!(health, Health::Unhealthy { reason, .. } if reason == "Target.Timeout");
        assert!(usable.missing().all(|(_, health)| timeout(health)), "{usable}");
        let causes = usable.likely_causes();
        assert!(causes.len() == 1 && causes[0].contains("security group"), "{causes:?}");
        assert!(mutations_since(&stage.cloud, first).is_empty());
        assert_eq!(entries(&journal(&stage)).await.len(), written, "health is in no record");
        let polls = stage.cloud.calls().len() - first;
        assert!((50..80).contains(&polls), "half a second, doubling, at most 5: {polls}");
    });
}

/// A call that is refused for now, or has no answer, says nothing about a target.
#[test]
fn an_answer_that_does_not_come_is_waited_for() {
    virtually(async {
        let spec = jakarta();
        let (stage, made) = fresh(&spec, true).await;
        let now_and_then = "read:target#1=refuse:throttled read:target#2=lose read:target#4=drop \
                            read:target#5=refuse-item:1:unavailable";
        stage.cloud.set_schedule(now_and_then.parse().unwrap());
        let usable = stage.deployer().usable(&made, FIVE_MINUTES).await.unwrap();
        assert!(usable.is_usable(), "{usable}");
        stage.cloud.set_schedule("read:target=refuse:denied".parse().unwrap());
        let made = Deployment { health: [].into(), ..made };
        let denied = stage.deployer().usable(&made, FIVE_MINUTES).await;
        assert!(matches!(denied, Err(Failure::Refused(_))), "{denied:?}");
    });
}

/// What is gone cannot become healthy, and is not called healthy because it was.
#[test]
fn a_target_that_somebody_removes_is_not_registered() {
    virtually(async {
        let spec = jakarta();
        let (stage, made) = fresh(&spec, true).await;
        let (node, _) =
            made.nodes.iter().find(|(node, _)| node.as_str().contains(".target.")).unwrap();
        stage.cloud.meddle(|world| world.vanish(made.nodes[node].id.as_str()));
        let usable = stage.deployer().usable(&made, Duration::from_secs(60)).await.unwrap();
        assert_eq!(usable.targets[node], Health::not_registered());
        assert_eq!(usable.missing().count(), 1, "the other one answers");
    });
}

/// Each change of a target's health is told once, on the clock of the deploy.
#[test]
fn an_observer_hears_what_is_waited_for() {
    virtually(async {
        let spec = jakarta();
        let (stage, made) = fresh(&spec, true).await;
        let (tx, mut rx) = mpsc::channel(100);
        stage.deployer().events(tx).usable(&made, FIVE_MINUTES).await.unwrap();
        let mut heard = Vec::new();
        while let Ok(Timed { at, event }) = rx.try_recv() {
            assert!(at >= made.timeline.total, "{at:?}");
            let Event::Node { step: NodeStep::Checked { health, usual_secs }, .. } = event else {
                panic!("nothing else happens: {event}");
            };
            assert_eq!(usual_secs, Some(30));
            heard.push(health);
        }
        assert_eq!(heard, [Health::Initial, Health::Initial, Health::Healthy, Health::Healthy]);
    });
}

/// Somebody who asks to stop is not kept waiting.
#[test]
fn a_stop_handle_ends_the_wait() {
    virtually(async {
        let spec = jakarta();
        let (stage, made) = fresh(&spec, true).await;
        cut(&stage);
        let stop = Stop::default();
        let ask = async {
            tokio::time::sleep(Duration::from_secs(40)).await;
            stop.ask();
        };
        let began = tokio::time::Instant::now();
        let deployer: Deployer<'_> = stage.deployer().stop(&stop);
        let (end, ()) = tokio::join!(deployer.usable(&made, FIVE_MINUTES), ask);
        assert!(matches!(end, Err(Failure::Stopped(_))), "{end:?}");
        assert_eq!(began.elapsed().as_secs(), 40);
    });
}

/// Unhealthy is not drift: the lane is as asked, a deploy has nothing to do, and status says it all the same.
#[test]
fn unhealthy_is_no_difference_from_what_was_asked() {
    virtually(async {
        let spec = jakarta();
        let stage = standing(&spec, true).await;
        let (first, before) = (stage.cloud.calls().len(), entries(&journal(&stage)).await.len());
        // The endpoint's side is not ours to see: here nobody answers any more.
        stage.cloud.meddle(|world| {
            let all: Vec<String> = world.interfaces().map(|it| it.id().to_owned()).collect();
            all.iter().filter(|id| id.starts_with("eni")).for_each(|id| {
                let there =
                    world.interfaces().find(|it| it.id() == *id && it.public_address().is_none());
                if there.is_some() {
                    world.remove_interface(id);
                }
            });
        });
        tokio::time::sleep(Duration::from_secs(60)).await;
        let status = stage.deployer().status(&spec).await.unwrap();
        assert!(status.as_asked(), "{status}");
        assert_eq!(status.unhealthy().count(), 2, "{status}");
        assert!(status.to_string().contains("unhealthy, Target.Timeout"), "{status}");
        let again = deployed(stage.deploy(&spec).await);
        assert_eq!(again.calls.mutating(), 0);
        assert_eq!(again.health.len(), 2);
        assert!(mutations_since(&stage.cloud, first).is_empty());
        let records: Vec<_> = entries(&journal(&stage)).await.split_off(before);
        assert!(!records.iter().any(|entry| format!("{entry:?}").contains("Timeout")));
    });
}

/// Nothing to check, nothing to wait for.
#[test]
fn what_has_no_target_is_usable_at_once() {
    virtually(async {
        let spec = jakarta();
        let (stage, mut made) = fresh(&spec, true).await;
        made.nodes.retain(|node, _| !node.as_str().contains(".target."));
        let usable = stage.deployer().usable(&made, FIVE_MINUTES).await.unwrap();
        assert!(usable.is_usable() && usable.calls.total() == 0, "{usable}");
    });
}

/// Without waiting at all: one look, and what it shows.
#[test]
fn no_time_is_one_look() {
    virtually(async {
        let spec = jakarta();
        let stage = Stage::new(Settings { log: true, ..crate::support::settings() }, &spec, true);
        let made = Deployment { health: [].into(), ..deployed(stage.deploy(&spec).await) };
        let usable = stage.deployer().usable(&made, Duration::ZERO).await.unwrap();
        assert_eq!(usable.calls.total(), 1);
        assert!(usable.targets.values().all(|health| *health == Health::Initial), "{usable}");
    });
}
