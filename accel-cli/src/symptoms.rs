//! What can be seen of a lane from this machine, and what is wrong by that.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use accel_client::diagnosis::{Diagnosis, Evidence, diagnose, of_text};
use accel_client::probe::{self, Ask, Attempt, Trust, Verified};
use accel_client::{Names as _, Service, Settings, SystemNames};
use futures_util::future::join_all;
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
    /// What became of each attempt that found no answer.
    pub(crate) faults: Vec<String>,
    /// Whether what the client said tells nothing.
    pub(crate) is_unrecognised: bool,
    pub(crate) diagnoses: Vec<Diagnosis>,
}

impl Finding {
    /// Whether nothing is wrong that shows.
    pub(crate) fn is_well(&self) -> bool {
        self.diagnoses.is_empty() && !self.is_unrecognised
    }
}

/// What is asked, and what is known besides.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) trust: &'a Trust,
    /// Hosts to ask for in place of a service's first.
    pub(crate) hosts: &'a [String],
    /// What the client said.
    pub(crate) said: &'a str,
    /// Whether clients find the lane by name.
    pub(crate) by_name: bool,
}

/// Asks through every address of every service once, and once directly. Where settings have expired the lane's addresses may be a
/// stranger's: they are not asked.
pub(crate) async fn look(question: &Question<'_>) -> Vec<Finding> {
    let Question { settings, trust, hosts, .. } = question;
    let hosts = hosts.to_vec();
    let options = probe::Options { deadline: PATIENCE, hosts, ..probe::Options::default() };
    let verified = match settings.valid_at(now()) {
        Ok(()) => probe::verify(settings, trust, &options).await,
        Err(_) => Vec::new(),
    };
    let services = settings.services.iter().map(|service| {
        let of_service = verified.iter().filter(|verified| verified.service == service.name);
        finding(question, service, of_service)
    });
    join_all(services).await
}

async fn finding<'a>(
    question: &Question<'_>,
    service: &Service,
    verified: impl Iterator<Item = &'a Verified>,
) -> Finding {
    let Question { settings, trust, hosts, said, by_name } = question;
    let mut evidence = Evidence::of_service(settings, service, now());
    let covers = |host: &&String| service.hosts.iter().any(|known| known.covers(host));
    if let Some(host) = hosts.iter().find(covers) {
        evidence.host.clone_from(host);
    }
    let (lane, unresolved): (Vec<Attempt>, Vec<Attempt>) = verified
        .map(|verified| verified.attempt.clone())
        .partition(|attempt| attempt.address.is_some());
    let name = service.dial.clone().unwrap_or_else(|| service.name.clone());
    evidence.unresolved = unresolved
        .into_iter()
        .filter_map(|attempt| Some((name.clone(), attempt.fault?.message)))
        .collect();
    let host = evidence.host.clone();
    let port = service.ports.first().copied().unwrap_or(443);
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
    (*said).clone_into(&mut evidence.text);
    evidence.environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if *by_name {
        if found.is_empty() {
            evidence.unresolved.push((host.clone(), "there is no answer".to_owned()));
        }
        evidence.resolved = found;
    }
    let faults = lane.iter().chain(&direct).filter_map(fault).collect();
    Finding {
        service: service.name.clone(),
        host,
        answering,
        asked,
        direct: direct_works,
        faults,
        is_unrecognised: !said.is_empty() && of_text(said).is_empty(),
        diagnoses: diagnose(&evidence.attempts(lane, direct)),
    }
}

fn fault(attempt: &Attempt) -> Option<String> {
    Some(format!("{}: {}", attempt.address?, attempt.fault.as_ref()?))
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
