//! Rust programs through a lane, over real TLS: the AWS SDK, hyper and reqwest, each as its users set it up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use accel_client::hyper::LaneConnector;
use accel_client::{Answer as Addresses, Fallback, Lane, Names, Options, Settings, aws};
use accel_lab::{Answer, Authority, Service, lane};
use aws_sdk_sagemakerruntime::config::retry::RetryConfig;
use aws_sdk_sagemakerruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sagemakerruntime::primitives::Blob;
use aws_sdk_sagemakerruntime::{Client, Config};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::sleep;

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
const PATH: &str = "/endpoints/echo/invocations";

/// The system's answer for every name: the service itself, as if it were public.
#[derive(Debug)]
struct Public(IpAddr);

impl Names for Public {
    fn lookup<'a>(&'a self, _: &'a str) -> Addresses<'a> {
        Box::pin(async { Ok(vec![self.0]) })
    }
}

/// A lane to a service, which can also be reached directly on the lane's port.
struct Bench {
    authority: Authority,
    service: Service,
    lane: lane::Lane,
    public: Service,
}

impl Bench {
    async fn new() -> Self {
        let authority = Authority::new();
        Self::with(authority, |authority| authority.identity(&[HOST]), None).await
    }

    async fn with(
        authority: Authority,
        identity: impl Fn(&Authority) -> accel_lab::Identity,
        forgets_after: Option<Duration>,
    ) -> Self {
        let identity = identity(&authority);
        let service = Service::start(&identity, Answer::of_sagemaker_runtime).await;
        // Each test has zones of its own, on a port that is also free where the public way ends.
        for _ in 0..20 {
            let zones = [1, 2].map(|last| Ipv4Addr::new(127, 3, free(), last));
            let lane = lane::Lane::start_at(&zones, 0, service.address(), forgets_after).unwrap();
            let public = SocketAddr::from((Ipv4Addr::LOCALHOST, lane.port()));
            let public = Service::start_at(public, &identity, Answer::of_sagemaker_runtime).await;
            if let Ok(public) = public {
                return Self { authority, service, lane, public };
            }
        }
        panic!("no port is free at three addresses");
    }

    fn options(&self) -> Options {
        Options::default()
            .patience(Duration::from_millis(300))
            .check_every(Duration::from_millis(100))
            .names(Public(self.public.address().ip()))
    }

    fn lane(&self, options: Options) -> Lane {
        Lane::with(Settings::parse(&self.lane.settings(&[HOST])).unwrap(), options)
    }

    fn trust(&self) -> TlsContext {
        let store = TrustStore::empty().with_pem_certificate(self.authority.pem().as_bytes());
        TlsContext::builder().with_trust_store(store).build().unwrap()
    }

    fn sdk(&self, lane: &Lane) -> Client {
        self.sdk_with(aws::http_client_with(lane, self.trust()))
    }

    fn sdk_with(&self, http: aws_smithy_runtime_api::client::http::SharedHttpClient) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-southeast-3"))
            .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
            // Only the port is not the service's own: a test cannot have 443.
            .endpoint_url(format!("https://{HOST}:{}", self.lane.port()))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
            .http_client(http);
        Client::from_conf(config.build())
    }

    fn url(&self) -> String {
        format!("https://{HOST}:{}{PATH}", self.lane.port())
    }
}

/// A part of an address that no other test of this process has.
fn free() -> u8 {
    use std::sync::atomic::{AtomicU8, Ordering};
    static NEXT: AtomicU8 = AtomicU8::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

async fn call(client: &Client) -> Result<Vec<u8>, String> {
    let body = Blob::new("ping");
    let sent = client.invoke_endpoint().endpoint_name("echo").body(body).send().await;
    let answer = sent.map_err(|error| format!("{error:?}"))?;
    Ok(answer.body.unwrap_or_default().into_inner())
}

#[tokio::test]
async fn the_sdk_calls_through_the_lane_under_the_services_own_name() {
    let bench = Bench::new().await;
    let lane = bench.lane(bench.options());
    assert_eq!(call(&bench.sdk(&lane)).await.unwrap(), b"ping");
    let seen = bench.service.seen();
    let [request] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(request.sni.as_deref(), Some(HOST));
    assert_eq!(request.host(), format!("{HOST}:{}", bench.lane.port()));
    assert!(request.authorization().contains("/ap-southeast-3/sagemaker/aws4_request"), "{seen:?}");
    assert!(
        request.authorization().contains("SignedHeaders=")
            && request.authorization().contains("host")
    );
    assert_eq!((bench.public.connections(), lane.counters().resolved), (0, 1));
}

#[tokio::test]
async fn a_connection_that_is_kept_alive_asks_the_lane_for_nothing() {
    let bench = Bench::new().await;
    let lane = bench.lane(bench.options());
    let sdk = bench.sdk(&lane);
    for _ in 0..20 {
        call(&sdk).await.unwrap();
    }
    assert_eq!((lane.counters().resolved, bench.service.seen().len()), (1, 20));
}

#[tokio::test]
async fn a_wrong_certificate_is_refused() {
    let other =
        Bench::with(Authority::new(), |authority| authority.identity(&["other.example.com"]), None);
    let expired = Bench::with(Authority::new(), |authority| authority.expired(&[HOST]), None);
    let stranger = Bench::with(Authority::new(), |_| Authority::new().identity(&[HOST]), None);
    for bench in [other.await, expired.await, stranger.await] {
        let lane = bench.lane(bench.options().fallback(Fallback::Public));
        let error = call(&bench.sdk(&lane)).await.unwrap_err();
        assert!(error.to_lowercase().contains("certificate"), "{error}");
        let error = hyper_call(&bench, &lane).await.unwrap_err();
        assert!(error.to_lowercase().contains("certificate"), "{error}");
        let error = reqwest_call(&bench, &lane).await.unwrap_err();
        assert!(error.to_lowercase().contains("certificate"), "{error}");
        assert!(bench.service.seen().is_empty() && bench.public.seen().is_empty());
    }
}

#[tokio::test]
async fn one_zone_dies_in_the_middle_and_no_call_fails() {
    let bench = Bench::new().await;
    let lane = bench.lane(bench.options());
    let sdk = bench.sdk(&lane);
    for round in 0..12 {
        match round {
            3 => bench.lane.zones[0].die().await,
            6 => {
                bench.lane.zones[0].revive().await.unwrap();
                // It is found again within the time that it was set aside for.
                sleep(Duration::from_millis(1500)).await;
            }
            8 => bench.lane.zones[1].die().await,
            _ => {}
        }
        assert_eq!(call(&sdk).await.unwrap(), b"ping", "call {round}");
        assert!(hyper_call(&bench, &lane).await.is_ok(), "call {round}");
        assert!(reqwest_call(&bench, &lane).await.is_ok(), "call {round}");
    }
    assert_eq!(bench.public.connections(), 0);
}

#[tokio::test]
async fn a_zone_that_falls_silent_is_overtaken() {
    let bench = Bench::new().await;
    let lane = bench.lane(bench.options());
    bench.lane.zones[0].freeze().await.unwrap();
    for _ in 0..4 {
        assert!(hyper_call(&bench, &lane).await.is_ok());
        assert_eq!(call(&bench.sdk(&lane)).await.unwrap(), b"ping");
    }
    assert_eq!(bench.public.connections(), 0);
}

#[tokio::test]
async fn with_all_zones_dead_a_call_fails_and_with_the_callers_word_it_goes_the_public_way() {
    let bench = Bench::new().await;
    bench.lane.die().await;
    let strict = bench.lane(bench.options());
    assert!(call(&bench.sdk(&strict)).await.is_err());
    assert!(hyper_call(&bench, &strict).await.unwrap_err().contains("no address of the lane"));
    assert!(reqwest_call(&bench, &strict).await.is_err());
    assert_eq!(bench.public.connections(), 0);

    let lenient = bench.lane(bench.options().fallback(Fallback::Public));
    assert_eq!(call(&bench.sdk(&lenient)).await.unwrap(), b"ping");
    assert!(hyper_call(&bench, &lenient).await.is_ok());
    assert!(reqwest_call(&bench, &lenient).await.is_ok());
    let seen = bench.public.seen();
    assert!(seen.len() == 3 && seen.iter().all(|call| call.sni.as_deref() == Some(HOST)));
}

#[tokio::test]
async fn a_lane_that_was_built_anew_is_used_without_a_restart() {
    let bench = Bench::new().await;
    let file = bench.authority.folder().join("lane.json");
    std::fs::write(&file, bench.lane.settings(&[HOST])).unwrap();
    let lane = Lane::from_file(&file, bench.options()).unwrap();
    let sdk = bench.sdk(&lane);
    assert!(call(&sdk).await.is_ok());
    let moved = [1, 2].map(|last| Ipv4Addr::new(127, 4, free(), last));
    let port = bench.lane.port();
    let anew = lane::Lane::start_at(&moved, port, bench.service.address(), None).unwrap();
    std::fs::write(&file, anew.settings(&[HOST])).unwrap();
    bench.lane.die().await;
    // Who only resolves is not told what failed: it is looked at the file once in a second.
    let mut calls = 0;
    while call(&sdk).await.is_err() {
        calls += 1;
        assert!(calls < 15, "{:?}", lane.status());
        sleep(Duration::from_millis(200)).await;
    }
    assert!(anew.connections() > 0 && bench.public.connections() == 0);
}

#[tokio::test]
async fn a_connection_is_given_up_before_the_load_balancer_forgets_it() {
    let forgets = Duration::from_secs(1);
    let identity = |authority: &Authority| authority.identity(&[HOST]);
    let bench = Bench::with(Authority::new(), identity, Some(forgets)).await;
    // What the crate sets is below what a load balancer remembers; here both are scaled.
    assert!(aws::POOL_IDLE < Duration::from_secs(350));
    let client = |idle| {
        let builder = aws_smithy_http_client::Builder::new()
            .pool_idle_timeout(idle)
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(bench.trust());
        let lane = bench.lane(bench.options());
        let sdk = bench.sdk_with(builder.build_with_resolver(lane));
        let config = sdk.config().to_builder().retry_config(RetryConfig::disabled()).build();
        Client::from_conf(config)
    };
    let [below, above] = [forgets / 3, forgets * 100].map(client);
    for sdk in [&below, &above] {
        assert!(call(sdk).await.is_ok());
    }
    sleep(forgets * 2).await;
    assert!(call(&below).await.is_ok());
    let reset = call(&above).await.unwrap_err();
    assert!(
        reset.to_lowercase().contains("reset"),
        "a test that cannot fail shows nothing: {reset}"
    );
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>>;

fn hyper_call<'a>(bench: &'a Bench, lane: &'a Lane) -> Sent<'a> {
    Box::pin(async {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(bench.authority.client())
            .https_only()
            .enable_http1()
            .wrap_connector(LaneConnector::new(lane.clone()));
        let client: HyperClient<_, Full<Bytes>> = HyperClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector);
        let answer =
            client.get(bench.url().parse().unwrap()).await.map_err(|error| chain(&error))?;
        Ok(answer.status().to_string())
    })
}

fn reqwest_call<'a>(bench: &'a Bench, lane: &'a Lane) -> Sent<'a> {
    Box::pin(async {
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::new(lane.clone()))
            .no_proxy()
            .tls_backend_preconfigured(bench.authority.client())
            .build()
            .map_err(|error| chain(&error))?;
        let answer = client.get(bench.url()).send().await.map_err(|error| chain(&error))?;
        Ok(answer.status().to_string())
    })
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The recipe as it is printed, but for its settings.
#[path = "../../accel-client/src/recipe/templates/lane.rs"]
#[expect(dead_code, unreachable_pub, reason = "a file for others; its settings are a mark here")]
#[expect(clippy::needless_raw_string_hashes, reason = "settings have quotation marks")]
mod recipe;

#[tokio::test]
async fn the_recipe_finds_out_whether_calls_would_go_around_the_lane() {
    let bench = Bench::new().await;
    let lane = bench.lane(bench.options().fallback(Fallback::Public));
    recipe::check(&lane).await.unwrap();
    bench.lane.die().await;
    let around = recipe::check(&lane).await.unwrap_err().to_string();
    assert!(around.contains("which is not the lane's"), "{around}");
}
