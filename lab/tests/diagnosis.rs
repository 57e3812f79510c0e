//! Each way in which a lane fails, made on loopback with real sockets and real TLS, and what the diagnosis makes of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use accel_client::Settings;
use accel_client::diagnosis::{Cause, Diagnosis, Evidence, Sure, Whose, diagnose};
use accel_client::probe::{Ask, Attempt, Trust, attempt};
use accel_lab::{Answer, Authority, Identity, Lane, Seen, Service};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
const DIAL: &str = "lane-0123.elb.ap-southeast-1.amazonaws.com";
const DEADLINE: Duration = Duration::from_millis(1500);

/// A service behind a lane of two zones, and whom the client trusts.
struct Scene {
    authority: Authority,
    service: Service,
    lane: Lane,
    trust: Trust,
}

impl Scene {
    async fn new() -> Self {
        Self::answering(Answer::of_sagemaker_runtime).await
    }

    async fn answering(answers: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let authority = Authority::new();
        let identity = authority.identity(&[HOST]);
        Self::of(authority, &identity, answers).await
    }

    async fn presenting(identity: impl FnOnce(&Authority) -> Identity) -> Self {
        let authority = Authority::new();
        let identity = identity(&authority);
        Self::of(authority, &identity, Answer::of_sagemaker_runtime).await
    }

    async fn of(
        authority: Authority,
        identity: &Identity,
        answers: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let service = Service::start(identity, answers).await;
        let lane = Lane::start(2, service.address()).unwrap();
        let trust = Trust::system_and(&[authority.pem().as_bytes().to_vec()]).unwrap();
        Self { authority, service, lane, trust }
    }

    fn evidence(&self) -> Evidence {
        let settings = Settings::parse(&self.lane.settings(&[HOST])).unwrap();
        let service = Evidence::of_service(&settings, &settings.services[0], now());
        Evidence { dial: Some(DIAL.to_owned()), ..service }
    }

    async fn walk(&self, host: &str, address: SocketAddr) -> Attempt {
        attempt(&self.trust, host, address, Ask::Get, DEADLINE).await
    }

    /// Through every zone, and directly.
    async fn probed(&self, host: &str) -> Evidence {
        let mut lane = Vec::new();
        for zone in &self.lane.zones {
            lane.push(self.walk(host, zone.address()).await);
        }
        let direct = vec![self.walk(host, self.service.address()).await];
        Evidence { host: host.to_owned(), ..self.evidence() }.attempts(lane, direct)
    }
}

#[expect(clippy::disallowed_methods, reason = "certificates are verified by the wall clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

#[track_caller]
fn first(evidence: &Evidence, code: &str, sure: Sure) -> Diagnosis {
    let found = diagnose(evidence);
    let first = found.first().unwrap_or_else(|| panic!("nothing from {evidence:#?}")).clone();
    assert_eq!((first.code(), first.sure), (code, sure), "{found:#?}\n{evidence:#?}");
    first
}

#[tokio::test]
async fn a_lane_that_works_has_no_diagnosis() {
    assert_eq!(diagnose(&Scene::new().await.probed(HOST).await), []);
}

#[tokio::test]
async fn a_client_that_is_not_in_allow_meets_silence_at_every_zone() {
    let scene = Scene::new().await;
    for zone in &scene.lane.zones {
        zone.freeze().await.unwrap();
    }
    first(&scene.probed(HOST).await, "not-allowed", Sure::Likely);
}

#[tokio::test]
async fn a_lane_without_a_target_refuses_or_closes() {
    let scene = Scene::new().await;
    scene.lane.die().await;
    let evidence = scene.probed(HOST).await;
    first(&evidence, "no-healthy-target", Sure::Likely);
    first(&Evidence { healthy_targets: Some(0), ..evidence }, "no-healthy-target", Sure::Certain);

    let Scene { authority: _authority, service, lane, trust } = Scene::new().await;
    drop(service);
    let walked = attempt(&trust, HOST, lane.zones[0].address(), Ask::Get, DEADLINE).await;
    assert!(walked.connect.is_some(), "the zone itself still takes connections: {walked:?}");
    first(&Evidence::from(walked), "no-healthy-target", Sure::Likely);
}

#[tokio::test]
async fn one_zone_of_two_that_is_silent_is_named() {
    let scene = Scene::new().await;
    scene.lane.zones[1].freeze().await.unwrap();
    let found = first(&scene.probed(HOST).await, "some-zones", Sure::Certain);
    assert!(found.to_string().contains(&scene.lane.zones[1].address().to_string()), "{found}");
}

#[tokio::test]
async fn a_connection_that_the_load_balancer_forgot_is_told_by_its_idle_time() {
    let scene = Scene::new().await;
    let limit = Duration::from_millis(300);
    let zone = ["127.0.0.31".parse().unwrap()];
    let lane = Lane::start_at(&zone, 0, scene.service.address(), Some(limit)).unwrap();
    let tcp = TcpStream::connect(lane.zones[0].address()).await.unwrap();
    let tls = tokio_rustls::TlsConnector::from(Arc::new(scene.authority.client()));
    let name = ServerName::try_from(HOST).unwrap();
    let mut stream = tls.connect(name, tcp).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nhost: {HOST}\r\n\r\n");
    let mut answer = [0; 1024];
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(stream.read(&mut answer).await.unwrap() > 0);
    let began = tokio::time::Instant::now();
    while lane.zones[0].forgotten() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let idle = began.elapsed();
    let read = match stream.write_all(request.as_bytes()).await {
        Ok(()) => stream.read(&mut answer).await,
        Err(error) => Err(error),
    };
    let failed = match read {
        Ok(0) => std::io::Error::from(ErrorKind::UnexpectedEof),
        Ok(_) => panic!("the connection was not forgotten"),
        Err(error) => error,
    };
    let evidence = Evidence {
        text: failed.to_string(),
        idle: Some(idle),
        idle_limit: Some(limit),
        ..scene.evidence()
    };
    first(&evidence, "idle-reset", Sure::Certain);
}

#[tokio::test]
async fn a_wrong_certificate_is_refused_and_said_to_be_whose_it_is() {
    let other = Authority::new();
    for (identity, whose) in [
        (None, Whose::Interceptor),
        (Some("sqs.ap-southeast-3.amazonaws.com"), Whose::AnotherService),
        (Some("www.example.com"), Whose::Stranger),
    ] {
        let scene = Scene::presenting(|ours| match identity {
            Some(name) => ours.identity(&[name]),
            None => other.identity(&[HOST]),
        });
        let found = first(&scene.await.probed(HOST).await, "wrong-certificate", Sure::Certain);
        let Cause::WrongCertificate { whose: seen, presented, .. } = &found.cause else {
            panic!("{found}")
        };
        assert_eq!(*seen, whose, "{found}");
        assert!(presented.is_some(), "{found}");
    }
}

#[tokio::test]
async fn the_load_balancers_name_in_the_url_is_found_by_the_certificate() {
    let scene = Scene::new().await;
    let found = first(&scene.probed(DIAL).await, "wrong-certificate", Sure::Certain);
    assert!(found.to_string().contains("endpoint_url"), "{found}");
    assert!(found.to_string().contains(HOST), "{found}");
}

#[tokio::test]
async fn an_expired_certificate_is_this_machines_clock_if_another_server_disagrees() {
    let scene = Scene::presenting(|ours| ours.expired(&[HOST])).await;
    let mut evidence = scene.probed(HOST).await;
    evidence.direct.clear();
    first(&evidence, "machine-clock", Sure::Likely);
    let old = |_: &Seen| Answer::unsigned().header("date", "Tue, 01 Dec 2020 00:00:00 GMT");
    for (other, sure) in
        [(Scene::answering(old).await, Sure::Certain), (Scene::new().await, Sure::Possible)]
    {
        evidence.direct = vec![other.walk(HOST, other.service.address()).await];
        first(&evidence, "machine-clock", sure);
    }
}

#[tokio::test]
async fn the_endpoint_policy_is_known_by_the_answer() {
    let refuses = |_: &Seen| {
        Answer::new(403).header("x-amzn-errortype", "AccessDeniedException").json(
            r#"{"Message":"User: arn:aws:iam::1:user/u is not authorized to perform: sagemaker:InvokeEndpoint because no VPC endpoint policy allows the sagemaker:InvokeEndpoint action"}"#,
        )
    };
    let scene = Scene::answering(refuses).await;
    let found = first(&scene.probed(HOST).await, "endpoint-policy", Sure::Certain);
    assert!(found.to_string().contains("sagemaker:InvokeEndpoint"), "{found}");
}

/// The service sees a zone's address where it would see the client's: as behind an endpoint.
#[tokio::test]
async fn a_condition_on_the_clients_address_refuses_through_the_lane_alone() {
    let by_address = |seen: &Seen| {
        if seen.from.ip() == std::net::Ipv4Addr::LOCALHOST {
            return Answer::new(200).json("{}");
        }
        Answer::new(403).header("x-amzn-errortype", "AccessDeniedException").json(
            r#"{"Message":"User: arn:aws:iam::1:user/u is not authorized to perform: sagemaker:InvokeEndpoint on resource: r with an explicit deny in an identity-based policy"}"#,
        )
    };
    let scene = Scene::answering(by_address).await;
    let mut evidence = scene.probed(HOST).await;
    first(&evidence, "source-ip", Sure::Possible);
    let direct = evidence.direct[0].answer.as_ref().map(|answer| answer.status);
    evidence.direct_works = Some(direct == Some(200));
    let found = first(&evidence, "source-ip", Sure::Likely);
    assert!(found.to_string().contains("aws:SourceVpce"), "{found}");
}

#[tokio::test]
async fn a_signature_of_another_time_is_told_by_the_answer_and_by_its_date() {
    let late = |_: &Seen| {
        Answer::new(403).header("x-amzn-errortype", "InvalidSignatureException").json(
            r#"{"message":"Signature expired: 20261122T010000Z is now earlier than 20261122T013000Z (20261122T013500Z - 5 min.)"}"#,
        )
    };
    let evidence = Scene::answering(late).await.probed(HOST).await;
    let found = first(&evidence, "signature-clock", Sure::Certain);
    assert!(found.to_string().contains("2100 s behind"), "{found}");

    let ahead = |_: &Seen| Answer::unsigned().header("date", "Wed, 01 Jan 2020 00:00:00 GMT");
    let evidence = Scene::answering(ahead).await.probed(HOST).await;
    let found = first(&evidence, "signature-clock", Sure::Likely);
    assert!(found.to_string().contains(" ahead"), "{found}");
}

#[tokio::test]
async fn a_signature_for_the_load_balancers_name_does_not_match() {
    let authority = Authority::new();
    // A certificate with both names, so that the request gets through to be judged.
    let identity = authority.identity(&[HOST, DIAL]);
    let judge = |seen: &Seen| {
        if seen.host().starts_with(HOST) {
            return Answer::of_sagemaker_runtime(seen);
        }
        Answer::new(403).header("x-amzn-errortype", "SignatureDoesNotMatch").json(
            r#"{"message":"The request signature we calculated does not match the signature you provided."}"#,
        )
    };
    let scene = Scene::of(authority, &identity, judge).await;
    let found = first(&scene.probed(DIAL).await, "signed-for-another-host", Sure::Certain);
    assert!(found.to_string().contains(DIAL), "{found}");
    assert_eq!(diagnose(&scene.probed(HOST).await), []);
}

/// A real client that reads the variable goes to the proxy, and the lane sees nothing of it.
#[tokio::test]
async fn a_proxy_variable_leads_a_real_client_around_the_lane() {
    let scene = Scene::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let zone = scene.lane.zones[0].address();
    let curl = |exempt: &str| {
        let mut command = Command::new("curl");
        command
            .arg("--silent")
            .args(["--max-time", "10"])
            .arg("--cacert")
            .arg(scene.authority.pem_file());
        command.arg("--connect-to").arg(format!("{HOST}:443:{zone}"));
        command.arg(format!("https://{HOST}/")).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HTTPS_PROXY", &proxy).env("NO_PROXY", exempt);
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()
    };
    let mut around = match curl("") {
        Ok(child) => child,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "a part of the test that cannot run here")]
            {
                eprintln!("NOT RUN: curl cannot be started: {error}");
            }
            return;
        }
    };
    let (mut taken, _) = listener.accept().await.unwrap();
    let mut asked = [0; 7];
    taken.read_exact(&mut asked).await.unwrap();
    assert_eq!((&asked, scene.lane.connections()), (b"CONNECT", 0));
    drop(taken);
    tokio::task::spawn_blocking(move || around.wait()).await.unwrap().unwrap();

    let environment = |exempt: &str| Evidence {
        environment: [
            ("HTTPS_PROXY".to_owned(), "http://192.0.2.1:3128".to_owned()),
            ("NO_PROXY".to_owned(), exempt.to_owned()),
        ]
        .into(),
        ..scene.evidence()
    };
    first(&environment(""), "bypassed-by-proxy", Sure::Likely);
    let mut through = curl(HOST).unwrap();
    let ended = tokio::task::spawn_blocking(move || through.wait()).await.unwrap().unwrap();
    assert!(ended.success() && scene.lane.connections() == 1, "{ended}");
    assert_eq!(diagnose(&environment(HOST)), []);
}

#[tokio::test]
async fn an_address_of_the_systems_resolver_that_is_not_the_lanes_is_named() {
    let scene = Scene::new().await;
    let found = tokio::net::lookup_host(("localhost", 443)).await.unwrap();
    let resolved = found.map(|address| address.ip()).collect();
    let evidence = Evidence { resolved, ..scene.evidence() };
    let found = first(&evidence, "bypassed-by-address", Sure::Certain);
    assert!(
        found.to_string().contains("127.0.0.1") || found.to_string().contains("::1"),
        "{found}"
    );
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_named_with_what_the_resolver_says() {
    let scene = Scene::new().await;
    let name = "lane-0123.elb.invalid";
    let Err(why) = tokio::net::lookup_host((name, 443)).await else {
        panic!("a name below .invalid has an address here")
    };
    let unresolved = vec![(name.to_owned(), why.to_string())];
    let found =
        first(&Evidence { unresolved, ..scene.evidence() }, "name-unresolved", Sure::Certain);
    assert!(found.to_string().contains(&why.to_string()), "{found}");
}

#[tokio::test]
async fn settings_that_have_expired_are_said_to_be_so_even_while_the_lane_works() {
    let scene = Scene::new().await;
    let mut document = accel_lab::settings(&[HOST], scene.lane.port(), &scene.lane.addresses());
    document["expires"] = "2020-01-01T00:00:00Z".into();
    let settings = Settings::parse(&document.to_string()).unwrap();
    let known = Evidence::of_service(&settings, &settings.services[0], now());
    let probed = scene.probed(HOST).await;
    let evidence = known.attempts(probed.lane, probed.direct);
    first(&evidence, "settings-expired", Sure::Certain);
}
