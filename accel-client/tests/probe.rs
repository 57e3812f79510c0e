//! The probe against a lane on loopback, where what is measured is known.

#![cfg(feature = "probe")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use accel_client::Settings;
use accel_client::probe::{
    Judgement, Layer, Options, Refusal, Stage, Trust, probe, probe_and_tell, verify,
};
use accel_lab::{Answer, Authority, Identity, Lane, Seen, Service};

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
const ZONES: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 21), Ipv4Addr::new(127, 0, 0, 22)];

/// A service with a lane to it, on one port.
struct Scene {
    authority: Authority,
    service: Service,
    lane: Lane,
}

impl Scene {
    async fn new(answers: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let authority = Authority::new();
        let service = Service::start(&authority.identity(&[HOST]), answers).await;
        let port = service.address().port();
        let lane = Lane::start_at(&ZONES, port, service.address(), None).expect("a lane");
        Self { authority, service, lane }
    }

    /// On the direct way answers come later.
    async fn with_slow_direct_way(by: Duration) -> Self {
        let is_direct = |seen: &Seen| seen.from.ip() == IpAddr::from([127, 0, 0, 1]);
        Self::new(move |seen| {
            let answer = Answer::unsigned();
            if is_direct(seen) { answer.after(by) } else { answer }
        })
        .await
    }

    fn settings(&self) -> Settings {
        Settings::parse(&self.lane.settings(&[HOST])).expect("settings")
    }

    fn trust(&self) -> Trust {
        Trust::system_and(&[self.authority.pem().into()]).expect("an authority")
    }
}

fn options(pairs: u32) -> Options {
    let direct = [(HOST.to_owned(), IpAddr::from([127, 0, 0, 1]))].into();
    Options { pairs, direct, pause: Duration::ZERO, resamples: 500, ..Options::default() }
}

#[tokio::test]
async fn a_lane_is_faster_by_what_its_answers_come_sooner() {
    let scene = Scene::with_slow_direct_way(Duration::from_millis(40)).await;
    let mut told = Vec::new();
    let report = probe_and_tell(&scene.settings(), &scene.trust(), &options(24), |step| {
        told.push((step.done, step.pair.is_some()));
    })
    .await;
    let found = &report.services[0];
    assert_eq!(found.verdict.judgement, Judgement::Faster, "{}", found.verdict);
    let difference = found.stage(Stage::FirstByte).unwrap().difference.p50.value;
    assert!((-50.0..=-35.0).contains(&difference), "{difference}");
    let connect = found.stage(Stage::Connect).unwrap().difference.p50.value;
    assert!(connect.abs() < 5.0, "{connect}");
    assert_eq!((found.lane.answered, found.direct.answered), (24, 24));
    assert_eq!(found.lane.statuses, [(403, 24)].into());
    assert!(found.lane.request_id.is_some());
    assert_eq!(told.first(), Some(&(0, false)), "a warm-up is told, and not counted");
    assert_eq!(told.last(), Some(&(24, true)));
    assert_eq!((&*report.deployment, &*report.generation), ("lab", "1"));
}

#[tokio::test]
async fn the_ways_take_turns_and_so_do_the_zones() {
    let scene = Scene::new(|_| Answer::unsigned()).await;
    let report = probe(&scene.settings(), &scene.trust(), &options(12)).await;
    let found = &report.services[0];
    let first: Vec<_> = found.pairs.iter().map(|pair| pair.direct_first).collect();
    assert_eq!(first, [true, false].repeat(6));
    for zone in &found.zones {
        assert_eq!((zone.measured, zone.answered), (6, 6), "{}", zone.address);
        let of_zone = |direct_first| {
            let here = found.pairs.iter().filter(|pair| {
                pair.direct_first == direct_first && pair.lane.attempt.address == Some(zone.address)
            });
            here.count()
        };
        assert_eq!((of_zone(true), of_zone(false)), (3, 3), "{}", zone.address);
    }
    let seen = scene.service.seen();
    assert_eq!(seen.len(), 28, "two pairs to warm up, and twelve");
    for request in seen {
        assert_eq!(request.sni.as_deref(), Some(HOST));
        assert!(request.host().starts_with(HOST) && request.authorization().is_empty());
    }
}

#[tokio::test]
async fn ways_of_the_same_length_are_the_same() {
    let scene = Scene::new(|_| Answer::unsigned().after(Duration::from_millis(20))).await;
    let margin_floor = Duration::from_millis(10);
    let options = Options { margin_floor, ..options(24) };
    let report = probe(&scene.settings(), &scene.trust(), &options).await;
    let verdict = &report.services[0].verdict;
    assert_eq!(verdict.judgement, Judgement::Same, "{verdict}");
}

#[tokio::test]
async fn failures_are_counted_with_their_kind_and_spoil_the_verdict() {
    let scene = Scene::with_slow_direct_way(Duration::from_millis(40)).await;
    scene.lane.zones[1].die().await;
    let report = probe(&scene.settings(), &scene.trust(), &options(24)).await;
    let found = &report.services[0];
    assert_eq!((found.lane.answered, found.lane.failed(), found.direct.failed()), (12, 12, 0));
    let failures = &found.lane.failures[0];
    assert_eq!((failures.count, failures.fault.layer), (12, Layer::Connect));
    assert_eq!(failures.address, Some(scene.lane.zones[1].address()));
    assert_eq!((found.zones[0].answered, found.zones[1].answered), (12, 0));
    assert_eq!(found.verdict.judgement, Judgement::Unclear, "{}", found.verdict);
    assert!(found.verdict.to_string().contains("failed in 12 of 24"), "{}", found.verdict);
}

#[tokio::test]
async fn an_upload_is_measured_over_connections_of_its_own() {
    let scene = Scene::new(|seen| {
        let wait = if seen.body.is_empty() { 0 } else { 15 };
        Answer::unsigned().after(Duration::from_millis(wait))
    })
    .await;
    let options = Options { transfer: Some(100_000), ..options(12) };
    let report = probe(&scene.settings(), &scene.trust(), &options).await;
    let found = &report.services[0];
    let transfer = found.stage(Stage::Transfer).unwrap();
    assert_eq!(transfer.pairs, 12);
    assert!(transfer.lane.p50.value >= 15.0, "{transfer:?}");
    assert!(found.stage(Stage::FirstByte).unwrap().lane.p50.value < 15.0);
    let uploads = scene.service.seen().iter().filter(|seen| seen.body.len() == 100_000).count();
    assert_eq!(uploads, 28);
}

#[tokio::test]
async fn a_name_that_leads_to_the_lane_itself_is_no_direct_way() {
    let scene = Scene::new(|_| Answer::unsigned()).await;
    let direct = [(HOST.to_owned(), IpAddr::V4(ZONES[0]))].into();
    let report = probe(&scene.settings(), &scene.trust(), &Options { direct, ..options(3) }).await;
    let found = &report.services[0];
    assert_eq!((found.direct.answered, found.lane.answered), (0, 3));
    assert_eq!(found.direct.failures[0].fault.layer, Layer::Dns);
    assert!(found.direct.failures[0].fault.message.contains("the lane itself"));
    assert_eq!(found.verdict.judgement, Judgement::Unclear);
}

#[tokio::test]
async fn patterns_need_a_host() {
    let scene = Scene::new(|_| Answer::unsigned()).await;
    let pattern = "*.sagemaker.ap-southeast-3.amazonaws.com";
    let settings = Settings::parse(&scene.lane.settings(&[pattern])).unwrap();
    let report = probe(&settings, &scene.trust(), &options(1)).await;
    assert!(report.services.is_empty());
    assert!(report.left_out["sagemaker.runtime"].contains(pattern), "{:?}", report.left_out);
    let options = Options { hosts: vec![HOST.to_owned()], ..options(1) };
    let report = probe(&settings, &scene.trust(), &options).await;
    assert_eq!(report.services[0].lane.answered, 1);
}

#[tokio::test]
async fn every_address_is_verified_and_says_what_ails_it() {
    let scene = Scene::new(|_| Answer::unsigned()).await;
    let settings = scene.settings();
    let well = verify(&settings, &scene.trust(), &options(0)).await;
    assert!(well.len() == 2 && well.iter().all(accel_client::probe::Verified::is_well));

    scene.lane.zones[1].die().await;
    let half = verify(&settings, &scene.trust(), &options(0)).await;
    assert!(half[0].is_well() && !half[1].is_well());
    assert_eq!(half[1].attempt.fault.as_ref().unwrap().layer, Layer::Connect);
    assert_eq!(half[1].attempt.address.unwrap().ip(), IpAddr::V4(ZONES[1]));
}

/// What a client that trusts `trusted` says of a server that says it is somebody else.
async fn refused(trusted: &Authority, identity: &Identity) -> accel_client::probe::Fault {
    let service = Service::start(identity, |_| Answer::unsigned()).await;
    let SocketAddr::V4(address) = service.address() else { panic!("it is served on IPv4") };
    let settings = accel_lab::settings(&[HOST], address.port(), &[*address.ip()]);
    let settings = Settings::parse(&settings.to_string()).unwrap();
    let trust = Trust::system_and(&[trusted.pem().into()]).unwrap();
    let verified = verify(&settings, &trust, &options(0)).await;
    assert!(service.seen().is_empty(), "nothing is asked of a stranger");
    verified.into_iter().next().unwrap().attempt.fault.expect("it is refused")
}

#[tokio::test]
async fn a_refused_certificate_says_whose_it_is() {
    let authority = Authority::new();
    let other = refused(&authority, &authority.identity(&["other.example.com"])).await;
    assert_eq!((other.layer, other.refusal), (Layer::Tls, Some(Refusal::OtherName)));
    assert_eq!(other.presented.as_ref().unwrap().names, ["other.example.com"]);
    assert!(other.to_string().contains("other.example.com, issued by"), "{other}");

    let expired = refused(&authority, &authority.expired(&[HOST])).await;
    assert_eq!(expired.refusal, Some(Refusal::Expired));
    assert!(expired.presented.unwrap().not_after.is_some());

    let stranger = refused(&authority, &Authority::new().identity(&[HOST])).await;
    assert_eq!(stranger.refusal, Some(Refusal::UnknownIssuer), "{stranger}");
    assert_eq!(stranger.presented.unwrap().names, [HOST]);
}
