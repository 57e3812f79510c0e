//! A proxy on this machine through which any client uses a lane: HTTP `CONNECT`, so that TLS, SNI, `Host` and URL stay the client's and
//! the service's own, end to end. The proxy never sees what is said.
//!
//! It listens on loopback addresses only, opens tunnels to the lane's hosts and ports, and refuses everything else unless it is told to
//! pass it through. `GET /` answers with its settings' generation, counters and the health of each address, as JSON.
//!
//! ```no_run
//! use accel_client::connect::{Others, Proxy};
//! use accel_client::{Lane, Options};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let lane = Lane::from_file("lane.json", Options::default())?;
//! let proxy = Proxy::bind("127.0.0.1:4600".parse()?, lane, Others::Refuse).await?;
//! proxy.serve().await?; // boto3: Config(proxies={"https": "http://127.0.0.1:4600"})
//! # Ok(())
//! # }
//! ```

mod answer;
mod tunnel;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Lane;

/// How many tunnels there are at a time; more wait.
const TUNNELS_MAX: usize = 4096;
/// How long to wait after a connection could not be accepted, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What happens to clients that want anything but the lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Others {
    /// They are refused: what was meant for the lane cannot go elsewhere by mistake.
    #[default]
    Refuse,
    /// They get a tunnel to where the system says: one proxy setting serves a program that calls other services too.
    PassThrough,
}

/// Why a proxy cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Everyone who reaches the address could use the lane.
    #[error(
        "{0} is not of this machine: the proxy asks nobody who they are, so it listens on loopback addresses only"
    )]
    NotLoopback(SocketAddr),
    /// The system refuses.
    #[error("nothing can listen at {address}")]
    Refused {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A proxy that listens, and serves as soon as [`Proxy::serve`] runs.
#[derive(Debug)]
pub struct Proxy {
    lane: Lane,
    others: Others,
    listener: TcpListener,
    address: SocketAddr,
}

impl Proxy {
    /// Listens at a loopback address; port 0 is any that is free.
    ///
    /// # Errors
    ///
    /// If the address is no loopback address, or nothing can listen there.
    pub async fn bind(address: SocketAddr, lane: Lane, others: Others) -> Result<Self, BindError> {
        if !address.ip().is_loopback() {
            return Err(BindError::NotLoopback(address));
        }
        let refused = |source| BindError::Refused { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { lane, others, listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is dropped; then every tunnel ends.
    ///
    /// # Errors
    ///
    /// If the listener breaks. One connection that cannot be accepted is no reason.
    pub async fn serve(self) -> io::Result<()> {
        let room = Arc::new(Semaphore::new(TUNNELS_MAX));
        let mut clients = JoinSet::new();
        loop {
            while clients.try_join_next().is_some() {}
            let Ok(seat) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) if is_of_one_client(&error) => continue,
                Err(_) => {
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let serving = tunnel::serve(stream, self.lane.clone(), self.others);
            clients.spawn(async move {
                serving.await;
                drop(seat);
            });
        }
    }
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
