//! Where the two ways to a service begin: which host is asked for, and which addresses are dialled.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Fault, Layer, Options};
use crate::{HostName, Service};

/// One service with the host that stands for all of its hosts.
#[derive(Debug, Clone)]
pub(super) struct Course<'a> {
    pub(super) service: &'a Service,
    pub(super) host: String,
    pub(super) port: u16,
}

/// A name's addresses, and how long they took; no time where nobody was asked.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) addresses: Vec<IpAddr>,
    pub(super) took: Option<Duration>,
}

impl<'a> Course<'a> {
    /// The host that the options name for this service, else its first that is no pattern.
    pub(super) fn of(service: &'a Service, options: &Options) -> Result<Self, String> {
        let covered = |host: &&String| service.hosts.iter().any(|known| known.covers(host));
        let named = options.hosts.iter().find(covered).cloned();
        let first =
            || service.hosts.iter().find(|host| !host.is_pattern()).map(HostName::to_string);
        let host = named.or_else(first).ok_or_else(|| {
            let patterns: Vec<_> = service.hosts.iter().map(HostName::as_str).collect();
            format!("name a host with --host: {} stands for many", patterns.join(", "))
        })?;
        let port = service.ports.first().copied().unwrap_or(443);
        Ok(Self { service, host, port })
    }

    /// The service's own addresses. Where they are the lane's, the direct way cannot be measured.
    pub(super) async fn direct(&self, lane: &[IpAddr], options: &Options) -> Result<Found, Fault> {
        let found = match options.direct.get(&self.host) {
            Some(address) => Found { addresses: vec![*address], took: None },
            None => lookup(&self.host, options).await?,
        };
        if let Some(address) = found.addresses.iter().find(|address| lane.contains(address)) {
            let message = format!(
                "{} leads to the lane itself here ({address}): take it out of the hosts file, or say the service's own address",
                self.host
            );
            return Err(Fault::new(Layer::Dns, message));
        }
        Ok(found)
    }

    /// The lane's addresses: those that are pinned, else the answers for the name to dial. That name is looked up in any case, to
    /// measure it.
    pub(super) async fn lane(&self, options: &Options) -> Result<Found, Fault> {
        let pinned: Vec<_> = self.service.addresses.iter().copied().map(IpAddr::V4).collect();
        let answer = match &self.service.dial {
            Some(dial) => Some(lookup(dial, options).await),
            None => None,
        };
        if !pinned.is_empty() {
            let took = answer.and_then(Result::ok).and_then(|found| found.took);
            return Ok(Found { addresses: pinned, took });
        }
        let Some(answer) = answer else {
            return Err(Fault::new(Layer::Dns, "the settings name neither addresses nor a name"));
        };
        let Found { addresses, took } = answer?;
        let mut believed: Vec<_> = addresses
            .iter()
            .copied()
            .filter(|address| self.service.believe(*address).is_ok())
            .collect();
        believed.sort_unstable();
        if believed.is_empty() {
            let told: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            let message = format!("no answer can be a lane's address: {}", told.join(", "));
            return Err(Fault::new(Layer::Dns, message));
        }
        Ok(Found { addresses: believed, took })
    }

    pub(super) fn socket(&self, address: IpAddr) -> SocketAddr {
        SocketAddr::new(address, self.port)
    }
}

async fn lookup(name: &str, options: &Options) -> Result<Found, Fault> {
    let began = Instant::now();
    let fault = match timeout(options.deadline, options.names.lookup(name)).await {
        Ok(Ok(addresses)) if !addresses.is_empty() => {
            return Ok(Found { addresses, took: Some(began.elapsed()) });
        }
        Ok(Ok(_)) => Fault::new(Layer::Dns, "no address"),
        Ok(Err(error)) => Fault::of_io(Layer::Dns, &error),
        Err(_) => Fault::timed_out(Layer::Dns, options.deadline),
    };
    Err(Fault { message: format!("{name}: {}", fault.message), ..fault })
}

/// The services that can be measured, and why others cannot.
pub(super) fn courses<'a>(
    services: &'a [Service],
    options: &Options,
) -> (Vec<Course<'a>>, BTreeMap<String, String>) {
    let mut courses = Vec::new();
    let mut left_out = BTreeMap::new();
    for service in services {
        match Course::of(service, options) {
            Ok(course) => courses.push(course),
            Err(why) => drop(left_out.insert(service.name.clone(), why)),
        }
    }
    (courses, left_out)
}
