//! The connections of a zone.

use std::collections::BTreeSet;
use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use super::watched::{Activity, Watched};

/// What all connections of a zone have in common.
pub(super) struct Flows {
    pub(super) zone: IpAddr,
    pub(super) service: SocketAddr,
    pub(super) forgets_after: Option<Duration>,
    pub(super) silent: watch::Sender<bool>,
    /// Peers that are the zone itself: they fill the queue while it is silent.
    pub(super) ours: Mutex<BTreeSet<SocketAddr>>,
    pub(super) connections: AtomicUsize,
    pub(super) open: AtomicUsize,
    pub(super) forgotten: AtomicUsize,
    pub(super) bytes: AtomicU64,
}

impl Flows {
    pub(super) fn new(zone: IpAddr, service: SocketAddr, forgets_after: Option<Duration>) -> Self {
        Self {
            zone,
            service,
            forgets_after,
            silent: watch::Sender::new(false),
            ours: Mutex::default(),
            connections: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            forgotten: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    fn is_ours(&self, peer: SocketAddr) -> bool {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner).contains(&peer)
    }
}

/// Takes connections. They are this task's own: when it is aborted, they are reset.
pub(super) async fn accept(listener: Arc<TcpListener>, flows: Arc<Flows>) {
    let mut open = JoinSet::new();
    let mut silent = flows.silent.subscribe();
    loop {
        heard(&mut silent).await;
        tokio::select! {
            accepted = listener.accept() => if let Ok((client, peer)) = accepted
                && !flows.is_ours(peer)
            {
                flows.connections.fetch_add(1, Ordering::SeqCst);
                open.spawn(carry(client, Arc::clone(&flows)));
            },
            Some(_) = open.join_next() => {}
            _ = silent.changed() => {}
        }
    }
}

/// Returns as soon as the zone is not silent.
async fn heard(silent: &mut watch::Receiver<bool>) {
    if silent.wait_for(|silent| !*silent).await.is_err() {
        pending::<()>().await; // the zone is gone, and this task goes with it
    }
}

/// Counts a flow as open for as long as it lives.
struct Open<'a>(&'a AtomicUsize);

impl<'a> Open<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

enum Ending {
    Orderly,
    Broken,
    Forgotten,
}

/// Carries one connection. However this future ends other than in order, both sides are reset.
async fn carry(mut client: TcpStream, flows: Arc<Flows>) {
    let _open = Open::new(&flows.open);
    if resets(&client).is_err() {
        return;
    }
    let Ok(mut service) = dial(&flows).await else { return };
    match pump(&mut client, &mut service, &flows).await {
        Ending::Orderly => ends([&client, &service]),
        Ending::Broken => {}
        Ending::Forgotten => {
            flows.forgotten.fetch_add(1, Ordering::SeqCst);
            drop(service);
            if client.read_u8().await.is_err() {
                ends([&client]); // the client closes by itself: nothing is told
            }
        }
    }
}

async fn dial(flows: &Flows) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(flows.zone, 0))?;
    let service = socket.connect(flows.service).await?;
    resets(&service)?;
    service.set_nodelay(true)?;
    Ok(service)
}

async fn pump(client: &mut TcpStream, service: &mut TcpStream, flows: &Flows) -> Ending {
    let activity = Activity::new(&flows.bytes);
    let mut silent = flows.silent.subscribe();
    let mut client = Watched { stream: client, activity: &activity };
    let mut service = Watched { stream: service, activity: &activity };
    let mut copying = std::pin::pin!(copy_bidirectional(&mut client, &mut service));
    loop {
        heard(&mut silent).await; // meanwhile nothing is read: what has come waits in the kernel
        tokio::select! {
            copied = &mut copying => {
                return if copied.is_ok() { Ending::Orderly } else { Ending::Broken };
            }
            () = idle_for(flows.forgets_after, &activity) => return Ending::Forgotten,
            _ = silent.changed() => {}
        }
    }
}

async fn idle_for(limit: Option<Duration>, activity: &Activity<'_>) {
    let Some(limit) = limit else { return pending().await };
    loop {
        let last = activity.last();
        sleep_until(last + limit).await;
        if activity.last() == last {
            return;
        }
    }
}

/// From now on the end of this stream is a reset. Sent by the kernel when a socket with unread or no data closes without lingering.
fn resets(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// These streams end as usual after all. On failure they end with a reset, which is no worse than what the peer already did.
fn ends<const N: usize>(streams: [&TcpStream; N]) {
    for stream in streams {
        drop(SockRef::from(stream).set_linger(None));
    }
}
