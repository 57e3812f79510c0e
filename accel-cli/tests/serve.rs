//! `accel cloud serve`, run as a user runs it; whoever calls it is as simple as a client can be.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/running.rs"]
mod running;
#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use running::Running;
use support::{Bench, finish};

/// A server; dropped, it is killed.
struct Serving(Running);

impl Serving {
    fn start(bench: &Bench, options: &str) -> Self {
        let line = format!("cloud serve --listen 127.0.0.1:0 --json {options}");
        Self(Running::start(bench.program(&line), include_str!("../schemas/cloud.v1.json")))
    }

    fn said(&self, field: &str) -> &str {
        self.0.said(field)
    }

    /// What it answers; nothing if it breaks the connection off.
    fn ask(&self, head: &str, body: &str) -> String {
        let address = self.said("url").strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head = format!("{head}\r\nHost: {address}\r\nConnection: close");
        write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn call(&self, form: &str) -> String {
        let scope = "Credential=AKIAEXAMPLE/20260101/eu-west-1/ec2/aws4_request";
        let signed = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={:064}", 0);
        let head = format!("POST / HTTP/1.1\r\nAuthorization: {signed}");
        self.ask(&head, &format!("Version=2016-11-15&Action={form}"))
    }

    fn control(&self, what: &str) -> String {
        let token = self.said("token");
        self.ask(&format!("GET /_cloud/{what} HTTP/1.1\r\nAuthorization: Bearer {token}"), "")
    }
}

#[test]
fn it_serves_until_it_is_interrupted_and_tells_what_it_does_not_know() {
    let bench = Bench::new();
    let serving = Serving::start(&bench, "");
    let page = format!("{}/_cloud/#token={}", serving.said("url"), serving.said("token"));
    assert_eq!((serving.said("schema"), serving.said("page")), ("accel.cloud.v1", page.as_str()));
    let made = serving.call("CreateVpc&CidrBlock=10.0.0.0/16");
    assert!(made.contains("<state>pending</state>") && made.contains("111122223333"), "{made}");
    let refused = serving.call("RunInstances");
    assert!(refused.contains("RunInstances"), "{refused}");
    assert!(serving.control("world").contains("10.0.0.0/16"));
    let (code, told) = serving.0.interrupt();
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("ec2:RunInstances") && !told.contains("ec2:CreateVpc"), "{told}");
    assert!(told.ends_with("2 calls, 1 of them mutating, 1 with something unknown\n"), "{told}");
}

#[test]
fn with_a_file_the_cloud_outlives_the_server_and_other_programs_see_it() {
    let bench = Bench::new();
    bench.done("deploy lane.toml --yes");
    let serving = Serving::start(&bench, "--cloud cloud.json --speed 1000");
    assert!(
        serving.control("world").contains("network load balancer"),
        "{}",
        serving.control("world")
    );
    let _made = serving.call("CreateVpc&CidrBlock=10.77.0.0/16");
    drop(serving);
    let again = Serving::start(&bench, "--cloud cloud.json");
    assert!(again.control("world").contains("10.77.0.0/16"));
}

#[test]
fn a_schedule_says_what_goes_wrong() {
    let bench = Bench::new();
    bench.write("faults", "CreateVpc#1=reset-after\nDescribe*=throttle\n");
    let serving = Serving::start(&bench, "--schedule faults -v");
    assert_eq!(serving.call("CreateVpc&CidrBlock=10.0.0.0/16"), "");
    assert!(serving.control("world").contains("10.0.0.0/16"), "it has taken effect");
    assert!(serving.call("DescribeVpcs").contains("RequestLimitExceeded"));
    let (_, told) = serving.0.interrupt();
    assert!(told.contains("ec2:CreateVpc  200  fault: reset-after"), "{told}");
}

#[test]
fn keys_decide_who_is_let_in_and_whose_everything_is() {
    let bench = Bench::new();
    bench.write("keys.toml", "[AKIAEXAMPLE]\naccount = '444455556666'\n");
    let serving = Serving::start(&bench, "--keys keys.toml");
    assert!(serving.call("CreateVpc&CidrBlock=10.0.0.0/16").contains("444455556666"));
    bench.write("keys.toml", "[AKIAEXAMPLE]\naccount = '444455556666'\nsecret = 'another'\n");
    let serving = Serving::start(&bench, "--keys keys.toml");
    let refused = serving.call("CreateVpc&CidrBlock=10.0.0.0/16");
    assert!(refused.starts_with("HTTP/1.1 40"), "{refused}");
    assert!(!serving.control("world").contains("10.0.0.0/16"));
}

#[test]
fn what_cannot_be_served_is_said_before_anything_listens() {
    let bench = Bench::new();
    bench.write("wrong", "CreateVpc=explode");
    bench.write("cloud.json", "{}");
    bench.write("short", "[AKIAEXAMPLE]\naccount = '1234'\n");
    let taken = Serving::start(&bench, "");
    let taken = taken.said("url").strip_prefix("http://").unwrap();
    for (options, reason) in [
        ("--schedule missing", "missing cannot be read"),
        ("--schedule wrong", "explode"),
        ("--keys wrong", "wrong is no file of access keys"),
        ("--keys short", "AKIAEXAMPLE.account"),
        ("--cloud cloud.json", "cloud.json cannot be used as a simulated cloud"),
        ("--speed 0", "--speed"),
        ("--listen here", "--listen"),
        (&format!("--listen {taken}"), "nothing can listen at"),
    ] {
        let said = finish(bench.program(&format!("cloud serve {options}"))).ended(2);
        assert!(said.stderr.contains(reason), "{options}: {}", said.stderr);
        assert_eq!(said.stdout, "", "{options}");
    }
}
