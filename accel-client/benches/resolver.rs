//! What a lane adds to a new connection, side by side with the resolver that the AWS SDK uses without one: hyper-util's, which asks the
//! system on a thread of its own. Its name is in the hosts file, so that no name server is asked: its best case.
//!
//! `cargo bench --package accel-lane-client --features aws,hyper`

#![expect(clippy::print_stdout, reason = "a bench reports on stdout")]
#![expect(clippy::disallowed_methods, reason = "what is measured is real time")]

use std::time::{Duration, Instant};

use accel_client::{Lane, Options, Settings};
use aws_smithy_runtime_api::client::dns::ResolveDns as _;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service as _;

const HOST: &str = "runtime.sagemaker.ap-southeast-3.amazonaws.com";
const LOOKUPS: usize = 200_000;
const SYSTEM_LOOKUPS: usize = 5_000;
const CONNECTIONS: usize = 5_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(run());
}

async fn run() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it listens").port();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let lane = Lane::with(settings(20, port), Options::default());
    lane.resolve(HOST).await.expect("the lane answers");

    let through = many(LOOKUPS, async || drop(lane.resolve_dns(HOST).await)).await;
    let other = many(LOOKUPS, async || _ = lane.carries("sts.amazonaws.com", 443)).await;
    let system = many(SYSTEM_LOOKUPS, async || {
        let name: Name = "localhost".parse().expect("it is a name");
        drop(GaiResolver::new().call(name).await);
    })
    .await;
    let dialled = many(CONNECTIONS, async || drop(lane.dial(HOST, port).await)).await;
    let plain = many(CONNECTIONS, async || {
        let stream = TcpStream::connect(("127.0.0.1", port)).await;
        drop(stream.map(|stream| stream.set_nodelay(true)));
    })
    .await;

    println!("a lane of 20 services, microseconds     p50     p99    mean");
    row("lookup of the lane's host", &through);
    row("lookup of another name, before the system", &other);
    row("the SDK's default resolver, hosts file", &system);
    row("connection by Lane::dial", &dialled);
    row("connection to the address alone", &plain);
}

/// A lane of so many services, of which the last one is called: the longest way through the table.
fn settings(services: usize, port: u16) -> Settings {
    let entry = |host: &str| {
        format!(
            r#"{{ "hosts": ["{host}"], "ports": [{port}], "addresses": ["127.0.0.1"], "allow_private": true }}"#
        )
    };
    let mut entries: Vec<_> =
        (1..services).map(|number| entry(&format!("service-{number}.amazonaws.com"))).collect();
    entries.push(entry(HOST));
    let text =
        format!(r#"{{ "schema": "accel.lane-outputs.v1", "entries": [{}] }}"#, entries.join(","));
    Settings::parse(&text).expect("the settings are good")
}

async fn many(times: usize, work: impl AsyncFn()) -> Vec<Duration> {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        work().await;
        took.push(began.elapsed());
    }
    took
}

fn row(what: &str, took: &[Duration]) {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
    let at = |percent: usize| micros(sorted[(sorted.len() - 1) * percent / 100]);
    let count = u32::try_from(sorted.len()).expect("there are fewer");
    let mean = micros(sorted.iter().sum::<Duration>() / count);
    println!("{what:<42} {:>7.2} {:>7.2} {mean:>7.2}", at(50), at(99));
}
