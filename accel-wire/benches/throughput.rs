//! How many describes per second one core answers, over loopback: `cargo bench -p accel-lane-wire`. Nothing here fails; it reports.
//!
//! The server has one thread, the clients another; each client sends its next request when it has the answer to the last. What the
//! server's thread has spent on its core is beside what has passed: on a busy machine only the first says much.

#![expect(clippy::print_stdout, reason = "a report is printed")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use accel_core::tags::Tags;
use accel_core::{Region, Zone};
use accel_mock::{Body, Caller, Cloud, Key, Quotas, Settings, Subnet, Vpc};
use accel_wire::{Options, Server};
use ipnet::Ipv4Net;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::time::Instant;

const REGION: &str = "eu-west-1";
/// With 99 subnets, a main table and a default group in each, a hundred VPCs are 10,200 resources.
const VPCS: u8 = 100;
const SUBNETS: u8 = 99;
/// For how long each figure is measured.
const SPAN: Duration = Duration::from_secs(3);

fn main() {
    println!("{:<44}{:>12}{:>12}{:>14}", "describes per second", "measured", "per core", "answer");
    // First of all: what the calls leave behind is not counted.
    let before = resident();
    let full = cloud();
    let vpc = fill(&full, VPCS, SUBNETS);
    let memory = resident().zip(before).map(|(after, before)| after.saturating_sub(before));
    let empty = cloud();
    measure("an empty world, DescribeVpcs by id", &empty, &by_id(&fill(&empty, 1, 0)));
    measure("10,000 resources, DescribeVpcs by id", &full, &by_id(&vpc));
    measure("10,000 resources, DescribeVpcs by tag", &full, &by_tag());
    measure("10,000 resources, DescribeSubnets, 1000 each", &full, &page(1000));
    measure("10,000 resources, DescribeSubnets, all", &full, &all());
    if let Some(memory) = memory {
        println!("memory of 10,000 resources: {memory} KiB");
    }
}

fn by_id(vpc: &str) -> String {
    format!("Action=DescribeVpcs&Version=2016-11-15&VpcId.1={vpc}")
}

fn by_tag() -> String {
    "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=tag%3Alane&Filter.1.Value.1=7".to_owned()
}

fn page(size: u32) -> String {
    format!("Action=DescribeSubnets&Version=2016-11-15&MaxResults={size}")
}

fn all() -> String {
    "Action=DescribeSubnets&Version=2016-11-15".to_owned()
}

fn cloud() -> Cloud {
    let quotas = Quotas { vpcs: 1000, default_vpcs: 0, subnets: 1000, ..Quotas::default() };
    Cloud::new(Settings { quotas, ..Settings::instant() })
}

/// Adds VPCs with subnets, and gives the id of the first.
fn fill(cloud: &Cloud, vpcs: u8, subnets: u8) -> String {
    let caller = Caller { account: cloud.account().clone(), region: Region::from(REGION) };
    let ids = (0..vpcs).map(|number| {
        cloud.action(|world| {
            let mut make =
                |body, tags| world.make(&caller, body, tags, None).expect("there is room");
            let cidr = block(number, 0, 16);
            let tags = Tags::from([("lane".to_owned(), number.to_string())]);
            let vpc: Key =
                make(Body::Vpc(Vpc { cidr, dns_hostnames: false, dns_support: true }), tags);
            for part in 0..subnets {
                let zone = Zone::from(format!("{REGION}a"));
                let cidr = block(number, part, 24);
                let subnet = Subnet { vpc, cidr, zone, public_addresses: false };
                make(Body::Subnet(subnet), Tags::new());
            }
            world.thing(vpc).id().to_owned()
        })
    });
    ids.collect::<Vec<_>>().swap_remove(0)
}

fn block(first: u8, second: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new(Ipv4Addr::new(10, first, second, 0), prefix).expect("a prefix of 16 or 24")
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("there is a runtime")
}

/// Measures one request with one connection and with eight.
fn measure(figure: &str, cloud: &Cloud, body: &str) {
    for connections in [1, 8] {
        let served = serve(cloud.clone());
        let (answers, bytes) = runtime().block_on(load(served.address, body, connections));
        drop(served.stop);
        let spent = served.thread.join().expect("the server has not panicked");
        let second = |time: Duration| f64::from(answers) / time.as_secs_f64();
        let core = spent.map_or("unknown".to_owned(), |spent| format!("{:.0}", second(spent)));
        let what = format!("{figure}, N={connections}");
        println!("{what:<52}{:>8.0}{core:>10}{bytes:>10} B", second(SPAN));
    }
}

/// A server on a thread of its own.
struct Served {
    address: SocketAddr,
    /// Dropped, it ends.
    stop: oneshot::Sender<()>,
    /// Gives the time that it has spent on its core.
    thread: thread::JoinHandle<Option<Duration>>,
}

fn serve(cloud: Cloud) -> Served {
    let (tell, told) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            tell.send(listener.local_addr().expect("it listens")).expect("somebody waits");
            let server = Server::new(cloud, Options::default()).expect("there are random numbers");
            tokio::select! {
                _ = server.serve(listener) => {}
                _ = stopped => {}
            }
        });
        spent_on_a_core()
    });
    Served { address: told.recv().expect("it has started"), stop, thread }
}

/// The number of answers within the span, and the length of one.
async fn load(address: SocketAddr, body: &str, connections: u32) -> (u32, usize) {
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=AKIABENCH/20260101/{REGION}/ec2/aws4_request, \
         SignedHeaders=host, Signature=00\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let end = Instant::now() + SPAN;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..connections {
        clients.spawn(client(address, request.clone(), end));
    }
    let all = clients.join_all().await;
    (all.iter().map(|(answers, _)| answers).sum(), all[0].1)
}

async fn client(address: SocketAddr, request: String, end: Instant) -> (u32, usize) {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.set_nodelay(true).expect("a socket of TCP");
    let (mut answers, mut length, mut buffer) = (0, 0, Vec::new());
    while Instant::now() < end {
        stream.write_all(request.as_bytes()).await.expect("it reads");
        length = answer(&mut stream, &mut buffer).await;
        answers += 1;
    }
    (answers, length)
}

/// Reads one answer, and gives the length of its body.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.expect("it answers");
        assert!(read > 0, "it answers in full");
        let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).expect("headers are text");
        assert!(text.starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(buffer));
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|it| it.parse().ok()).expect("it has a length");
        buffer.reserve(length);
        while buffer.len() < head + 4 + length {
            assert!(stream.read_buf(buffer).await.expect("it answers") > 0, "it answers in full");
        }
        return length;
    }
}

/// The time that this thread has spent on a core so far. Source: scheduler statistics, the Linux kernel's documentation.
fn spent_on_a_core() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// The memory in use, in KiB, where the system tells. Source: `proc(5)`, `VmRSS` of `/proc/self/status`.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
