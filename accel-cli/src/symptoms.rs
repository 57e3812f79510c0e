//! What can be seen of a lane from this machine, and what is wrong by that.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use accel_client::diagnosis::{Diagnosis, Evidence, diagnose};
use accel_client::probe::{self, Ask, Attempt, Trust, Verified};
use accel_client::{Names as _, Service, Settings, SystemNames};
use tokio::time::timeout;

/// How long one answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What was found out about one service.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) service: String,
    pub(crate) host: String,
    /// Through how many addresses of how many an answer came.
    pub(crate) answering: usize,
    pub(crate) asked: usize,
    /// How the direct way is; nothing where it has no address.
    pub(crate) direct: Option<bool>,
    pub(crate) diagnoses: Vec<Diagnosis>,
}

/// Asks through every address of every service once, and once directly.
pub(crate) async fn look(
    settings: &Settings,
    trust: &Trust,
    said: &str,
    by_name: bool,
) -> Vec<Finding> {
    let options = probe::Options { deadline: PATIENCE, ..probe::Options::default() };
    let verified = probe::verify(settings, trust, &options).await;
    let mut findings = Vec::new();
    for service in &settings.services {
        let of_service = verified.iter().filter(|verified| verified.service == service.name);
        findings.push(finding(settings, service, of_service, trust, said, by_name).await);
    }
    findings
}

async fn finding<'a>(
    settings: &Settings,
    service: &Service,
    verified: impl Iterator<Item = &'a Verified>,
    trust: &Trust,
    said: &str,
    by_name: bool,
) -> Finding {
    let mut evidence = Evidence::of_service(settings, service, now());
    let (lane, unresolved): (Vec<Attempt>, Vec<Attempt>) = verified
        .map(|verified| verified.attempt.clone())
        .partition(|attempt| attempt.address.is_some());
    let name = service.dial.clone().unwrap_or_else(|| service.name.clone());
    evidence.unresolved = unresolved
        .into_iter()
        .filter_map(|attempt| Some((name.clone(), attempt.fault?.message)))
        .collect();
    let host = evidence.host.clone();
    let port = service.ports[0];
    let found = public(&host).await;
    let direct = match found.first() {
        Some(address) => {
            let address = SocketAddr::new(*address, port);
            vec![probe::attempt(trust, &host, address, Ask::Get, PATIENCE).await]
        }
        None => Vec::new(),
    };
    let answering = lane.iter().filter(|attempt| attempt.is_answered()).count();
    let asked = lane.len();
    let direct_works = direct.first().map(Attempt::is_answered);
    said.clone_into(&mut evidence.text);
    evidence.environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if by_name {
        evidence.resolved = found;
    }
    let diagnoses = diagnose(&evidence.attempts(lane, direct));
    Finding {
        service: service.name.clone(),
        host,
        answering,
        asked,
        direct: direct_works,
        diagnoses,
    }
}

/// What this machine's resolver says of the service's own host. A pattern has no address, and a silent name server says nothing.
async fn public(host: &str) -> Vec<IpAddr> {
    let found = timeout(PATIENCE, SystemNames.lookup(host)).await;
    found.ok().and_then(Result::ok).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "clocks are compared: that is what it is for")]
fn now() -> SystemTime {
    SystemTime::now()
}
