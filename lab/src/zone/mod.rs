//! What stands for one zone of a lane's load balancer: a forwarder of TCP that can die, fall silent, come back, and forget.

mod flow;
#[cfg(test)]
mod tests;
mod watched;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinSet;
use tokio::time::timeout;

use flow::Flows;

/// A zone is silent once a connection to it has been neither taken nor refused for so long.
const SILENCE: Duration = Duration::from_millis(200);

/// A queue of length 0 takes one connection on Linux. If it takes as many as this, it cannot be filled on this system.
const QUEUED_MAX: usize = 8;

/// The usual length of the queue in front of a listener.
const QUEUE: i32 = 1024;

/// One zone. When it is dropped, it dies.
///
/// It dials the service from its own address, so that the service sees through which zone a request came.
pub struct Zone {
    address: SocketAddr,
    flows: Arc<Flows>,
    life: Mutex<Option<Life>>,
}

/// What a zone has that is not dead.
struct Life {
    listener: Arc<TcpListener>,
    /// One task, that of the listener. It is here as a set since a set ends with its owner.
    accepting: JoinSet<()>,
    /// What fills the queue of a silent zone.
    queued: Vec<TcpStream>,
}

impl Zone {
    /// Forwards from an address of loopback to the service; port 0 is any that is free.
    ///
    /// # Errors
    ///
    /// If the address cannot be had.
    ///
    /// # Panics
    ///
    /// Outside of tokio.
    pub fn start(address: SocketAddr, service: SocketAddr) -> io::Result<Self> {
        Self::start_as(address, service, None)
    }

    /// As [`Zone::start`], and flows that are idle for that long are forgotten. As with a load balancer of AWS neither side is told: the
    /// next byte of the client is answered with a reset.
    ///
    /// # Errors
    ///
    /// If the address cannot be had.
    ///
    /// # Panics
    ///
    /// Outside of tokio.
    pub fn start_forgetful(
        address: SocketAddr,
        service: SocketAddr,
        forgets_after: Duration,
    ) -> io::Result<Self> {
        Self::start_as(address, service, Some(forgets_after))
    }

    fn start_as(
        address: SocketAddr,
        service: SocketAddr,
        forgets_after: Option<Duration>,
    ) -> io::Result<Self> {
        let flows = Arc::new(Flows::new(address.ip(), service, forgets_after));
        let life = Life::begin(address, &flows)?;
        let address = life.listener.local_addr()?;
        Ok(Self { address, flows, life: Mutex::new(Some(life)) })
    }

    /// Where clients dial it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has taken.
    pub fn connections(&self) -> usize {
        self.flows.connections.load(Ordering::SeqCst)
    }

    /// How many of them are open.
    pub fn open(&self) -> usize {
        self.flows.open.load(Ordering::SeqCst)
    }

    /// How many flows it has forgotten.
    pub fn forgotten(&self) -> usize {
        self.flows.forgotten.load(Ordering::SeqCst)
    }

    /// How many bytes have come in, from both sides.
    pub fn bytes(&self) -> u64 {
        self.flows.bytes.load(Ordering::SeqCst)
    }

    /// From now on, refuses new connections; those that were open have been reset.
    pub async fn die(&self) {
        if let Some(mut life) = self.life().await.take() {
            life.accepting.shutdown().await;
        }
    }

    /// From now on, is as silent as an address whose packets a security group drops: a new connection is neither taken nor refused, and
    /// one that is open hears nothing more.
    ///
    /// New connections are left out by a listener that takes none and whose queue is full: Linux then drops what comes. This returns
    /// only after a connection of its own was left without an answer.
    ///
    /// # Errors
    ///
    /// If the zone is dead, or the queue cannot be filled: on another system than Linux.
    pub async fn freeze(&self) -> io::Result<()> {
        let mut life = self.life().await;
        let life = life.as_mut().ok_or_else(|| io::Error::other("the zone is dead"))?;
        self.flows.silent.send_replace(true);
        SockRef::from(&*life.listener).listen(0)?;
        for _ in 0..QUEUED_MAX {
            match timeout(SILENCE, self.queue()).await {
                Ok(queued) => life.queued.push(queued?),
                Err(_) => return Ok(()),
            }
        }
        Err(io::Error::other("the queue of a listener cannot be filled on this system"))
    }

    /// One more connection in the queue. Known before it is made, so that it is never taken for a client's.
    async fn queue(&self) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(self.address.ip(), 0))?;
        let ours = socket.local_addr()?;
        self.flows.ours.lock().unwrap_or_else(PoisonError::into_inner).insert(ours);
        socket.connect(self.address).await
    }

    /// Forwards again. Connections that were open when it fell silent go on; those of a dead zone are gone.
    ///
    /// # Errors
    ///
    /// If the zone was dead, and its address was taken by others meanwhile.
    pub async fn revive(&self) -> io::Result<()> {
        let mut life = self.life().await;
        match &mut *life {
            Some(silent) => {
                silent.queued.clear();
                SockRef::from(&*silent.listener).listen(QUEUE)?;
            }
            None => *life = Some(Life::begin(self.address, &self.flows)?),
        }
        self.flows.silent.send_replace(false);
        Ok(())
    }

    async fn life(&self) -> MutexGuard<'_, Option<Life>> {
        self.life.lock().await
    }
}

impl Life {
    fn begin(address: SocketAddr, flows: &Arc<Flows>) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = Arc::new(socket.listen(QUEUE.unsigned_abs())?);
        let mut accepting = JoinSet::new();
        accepting.spawn(flow::accept(Arc::clone(&listener), Arc::clone(flows)));
        Ok(Self { listener, accepting, queued: Vec::new() })
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zone").field("address", &self.address).finish_non_exhaustive()
    }
}
