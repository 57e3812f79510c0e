//! Connections: to the address that answers first, with the known best one a head start.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::upkeep::Place;
use super::{Fallback, Go, Inner, LaneError, Look, Unreachable};
use crate::event::Way;

/// How long an address has to answer before the next one is tried beside it (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);
/// How long a connection may be idle before it sends a keep-alive, and how often it does then. A Network Load Balancer forgets what is
/// idle for 350 s by default, for 60 s at least, and counts keep-alives as traffic (Elastic Load Balancing user guide, "Connection idle
/// timeout").
const KEEP_ALIVE: Duration = Duration::from_secs(45);

/// A connection.
#[derive(Debug)]
pub struct Dialled {
    /// The connection.
    pub stream: TcpStream,
    /// Where it goes.
    pub address: SocketAddr,
    /// Which way.
    pub way: Way,
}

impl Inner {
    pub(super) async fn dial(
        self: &Arc<Self>,
        host: &str,
        port: u16,
    ) -> Result<Dialled, LaneError> {
        let mut found = self.dial_once(host, port).await;
        if is_unreachable(&found) && self.has_newer_file() {
            found = self.dial_once(host, port).await;
        }
        if is_unreachable(&found) && self.options.fallback == Fallback::Public {
            found = self.public(host, port, Way::Public).await;
        }
        let counters = &mut self.state().counters;
        match &found {
            Ok(dialled) => counters.dialled += u64::from(dialled.way == Way::Lane),
            // Counted where it happened.
            Err(LaneError::Unresolved { .. }) => {}
            Err(_) => counters.failed += 1,
        }
        found
    }

    async fn dial_once(self: &Arc<Self>, host: &str, port: u16) -> Result<Dialled, LaneError> {
        match self.route(host, port)? {
            None => self.public(host, port, Way::Elsewhere).await,
            Some(service) => self.through(service, host, port).await,
        }
    }

    /// The service of a host, if it is the lane's.
    fn route(&self, host: &str, port: u16) -> Result<Option<Place>, LaneError> {
        let state = self.current(Instant::now());
        let Some(index) = state.table.find(host) else { return Ok(None) };
        let ports = &state.table.routes[index].service.ports;
        if ports.contains(&port) {
            return Ok(Some(Place { epoch: state.epoch, index }));
        }
        let ports = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        Err(LaneError::Port { host: host.to_owned(), port, ports })
    }

    async fn through(
        self: &Arc<Self>,
        service: Place,
        host: &str,
        port: u16,
    ) -> Result<Dialled, LaneError> {
        let look = self.look_for_dialling(host).await;
        let addresses = match self.decide(look)? {
            Go::Otherwise(way) => return self.public(host, port, way).await,
            Go::Lane(addresses) => addresses,
        };
        let note = |address: IpAddr, outcome: &io::Result<Duration>| {
            if let IpAddr::V4(address) = address {
                self.heard(service, address, outcome, false);
            }
        };
        match self.race(addresses, port, note).await {
            Ok((stream, address)) => Ok(Dialled { stream, address, way: Way::Lane }),
            Err(tried) => Err(unreachable(host, tried, true)),
        }
    }

    /// A connection is itself a check: there is no need to wait for one, only for a name that gives addresses.
    async fn look_for_dialling(self: &Arc<Self>, host: &str) -> Look {
        let look = self.look(host);
        let is_unresolved = matches!(&look, Look::Unsure(_, addresses) if addresses.is_empty());
        if is_unresolved { self.addresses(host).await } else { look }
    }

    async fn public(&self, host: &str, port: u16, way: Way) -> Result<Dialled, LaneError> {
        let resolved = self.system(host, way).await?;
        match self.race(resolved.addresses, port, |_, _| ()).await {
            Ok((stream, address)) => Ok(Dialled { stream, address, way }),
            Err(tried) => Err(unreachable(host, tried, false)),
        }
    }

    /// Connects to the first address that answers; each next one starts when the one before has failed, or has used up its head start.
    async fn race(
        &self,
        addresses: Vec<IpAddr>,
        port: u16,
        note: impl Fn(IpAddr, &io::Result<Duration>),
    ) -> Result<(TcpStream, SocketAddr), Vec<(SocketAddr, io::Error)>> {
        let patience = self.options.patience;
        let mut waiting = addresses.into_iter().map(|address| SocketAddr::new(address, port));
        let mut running = FuturesUnordered::new();
        let mut tried = Vec::new();
        loop {
            let next = waiting.next();
            if let Some(address) = next {
                running.push(async move { (address, connect(address, patience).await) });
            }
            tokio::select! {
                ended = running.next() => match ended {
                    Some((address, Ok((stream, took)))) => {
                        note(address.ip(), &Ok(took));
                        return Ok((stream, address));
                    }
                    Some((address, Err(error))) => {
                        note(address.ip(), &Err(io::Error::new(error.kind(), error.to_string())));
                        tried.push((address, error));
                    }
                    None => return Err(tried),
                },
                () = sleep(HEAD_START), if next.is_some() => {}
            }
        }
    }
}

/// Connects, and says how long that took.
pub(super) async fn connect(
    address: SocketAddr,
    patience: Duration,
) -> io::Result<(TcpStream, Duration)> {
    let began = Instant::now();
    let Ok(stream) = timeout(patience, TcpStream::connect(address)).await else {
        let why = format!("no answer within {} s", patience.as_secs_f32());
        return Err(io::Error::new(io::ErrorKind::TimedOut, why));
    };
    let stream = stream?;
    let took = began.elapsed();
    stream.set_nodelay(true)?;
    keep_alive(&stream)?;
    Ok((stream, took))
}

/// Makes an idle connection heard of now and then.
pub(crate) fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE);
    SockRef::from(stream).set_tcp_keepalive(&keep_alive)
}

/// Whether every address of the lane has failed.
fn is_unreachable(found: &Result<Dialled, LaneError>) -> bool {
    matches!(found, Err(LaneError::Unreachable(all)) if all.lane)
}

fn unreachable(host: &str, tried: Vec<(SocketAddr, io::Error)>, lane: bool) -> LaneError {
    LaneError::Unreachable(Unreachable { host: host.to_owned(), tried, lane })
}
