//! `accel diagnose`, run as a user runs it, on lanes of loopback that are well, half dead, and somebody else's.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each test crate uses a part")]
mod support;

use std::process::Stdio;

use accel_lab::{Answer, Authority, Lane, Service};
use serde_json::Value;
use support::{Bench, Said, finish};
use tokio::task::spawn_blocking;

/// A name under which the lane's service is asked for; no name server knows it, so the direct way has no address.
const HOST: &str = "runtime.sagemaker.nowhere-1.amazonaws.invalid";

struct Site {
    bench: Bench,
    authority: Authority,
    _service: Service,
    lane: Lane,
}

impl Site {
    async fn new(certificate_of: &str) -> Self {
        let (bench, authority) = (Bench::new(), Authority::new());
        let identity = authority.identity(&[certificate_of]);
        let service = Service::start(&identity, |_| Answer::unsigned()).await;
        let lane = Lane::start(2, service.address()).unwrap();
        bench.write("lane.json", &lane.settings(&[HOST]));
        Self { bench, authority, _service: service, lane }
    }

    async fn diagnose(&self, line: &str, variables: &[(&str, &str)]) -> Said {
        let mut program = self.bench.program(&format!("diagnose --settings lane.json {line}"));
        program.env("SSL_CERT_FILE", self.authority.pem_file()).envs(variables.iter().copied());
        spawn_blocking(move || finish(program)).await.unwrap()
    }
}

fn codes(said: &Said) -> Vec<String> {
    let document = said.json();
    let schema: Value = serde_json::from_str(include_str!("../schemas/diagnosis.v1.json")).unwrap();
    jsonschema::validate(&schema, &document).unwrap();
    let found = document["services"][0]["diagnoses"].as_array().unwrap();
    found.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_is_well_is_said_to_be() {
    let site = Site::new(HOST).await;
    let said = site.diagnose("", &[]).await.ended(0);
    assert!(said.stdout.contains("2 of 2 addresses of the lane answer"), "{}", said.stdout);
    assert!(said.stdout.contains("nothing is wrong that shows here"), "{}", said.stdout);
    assert!(codes(&site.diagnose("--json", &[]).await.ended(0)).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_zone_a_proxy_and_the_words_of_a_client_are_each_told_with_what_to_do() {
    let site = Site::new(HOST).await;
    site.lane.zones[1].die().await;
    let proxy = [("HTTPS_PROXY", "http://proxy.example.com:3128")];
    site.diagnose("--json --said-in said", &proxy).await.ended(2);
    let words = "AccessDeniedException: not authorized to perform: sagemaker:InvokeEndpoint because no VPC endpoint policy \
                 allows the sagemaker:InvokeEndpoint action";
    site.bench.write("said", words);
    let said = site.diagnose("--json --said-in said", &proxy).await.ended(1);
    let found = codes(&said);
    for code in ["some-zones", "endpoint-policy", "bypassed-by-proxy"] {
        assert!(found.iter().any(|known| known == code), "{code}: {found:?}");
    }
    let text = site.diagnose("", &proxy).await.ended(1);
    assert!(text.stdout.contains("1 of 2 addresses"), "{}", text.stdout);
    assert!(text.stdout.contains("  do: "), "{}", text.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_somebody_else_is_named() {
    let site = Site::new("proxy.example.com").await;
    let said = site.diagnose("--json", &[]).await.ended(1);
    assert!(codes(&said).contains(&"wrong-certificate".to_owned()), "{}", said.stdout);
    assert!(said.stdout.contains("proxy.example.com"), "{}", said.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_and_what_cannot_be_asked_are_said_so() {
    let site = Site::new(HOST).await;
    let said = site.diagnose("--said blah", &[]).await.ended(1);
    assert!(said.stdout.contains("not recognised"), "{}", said.stdout);
    let by_name = site.diagnose("--json --by-name", &[]).await.ended(1);
    assert!(codes(&by_name).contains(&"name-unresolved".to_owned()), "{}", by_name.stdout);

    let expired =
        site.bench.read("lane.json").replacen('{', r#"{ "expires": "2020-01-01T00:00:00Z", "#, 1);
    site.bench.write("lane.json", &expired);
    let before = site.lane.connections();
    let said = site.diagnose("--json", &[]).await.ended(1);
    assert!(codes(&said).contains(&"settings-expired".to_owned()), "{}", said.stdout);
    assert_eq!(site.lane.connections(), before, "the addresses may be a stranger's by now");

    site.bench.write("lane.json", &site.lane.settings(&["*.nowhere-1.amazonaws.invalid"]));
    let said = site.diagnose("", &[]).await.ended(2);
    assert!(said.stderr.contains("--host"), "{}", said.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_has_said_can_be_piped_in() {
    let site = Site::new(HOST).await;
    let mut program = site.bench.program("diagnose --settings lane.json --json --said-in -");
    program.env("SSL_CERT_FILE", site.authority.pem_file()).stdin(Stdio::piped());
    let ended = spawn_blocking(move || {
        let mut child = program.spawn().unwrap();
        let text = b"RequestTimeTooSkewed: The difference between the request time and the current time is too large.";
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text).unwrap();
        child.wait_with_output().unwrap()
    });
    let output = ended.await.unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let said = Said { code: output.status.code().unwrap(), stdout, stderr: String::new() };
    assert!(codes(&said.ended(1)).contains(&"signature-clock".to_owned()));
}
