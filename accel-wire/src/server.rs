//! The server: connections, requests with bounded bodies, and where each request goes.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use accel_core::AccountId;
use accel_mock::{Cloud, World};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::call::{self, Reply, Request};
use crate::control;
use crate::fault::{Faults, Judge, Sort, Trouble};
use crate::log::{Call, Log};
use crate::moment::Birth;
use crate::page;
use crate::past::Past;
use crate::service::Document;

/// The largest body of a request. A policy of an endpoint has 20,480 characters, a call 1,000 parameters.
const BODY_MAX: usize = 1 << 20;

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The access keys. All others are of the cloud's usual account, and refused once any of these has a secret.
    pub keys: BTreeMap<String, AccessKey>,
    /// What goes wrong from the start.
    pub faults: Faults,
}

/// What is known of an access key.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Whose it is.
    pub account: AccountId,
    /// What its requests must be signed with. Without one, nobody looks at their signatures.
    pub secret: Option<String>,
}

impl fmt::Debug for AccessKey {
    /// Secrets are told to nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("account", &self.account).finish_non_exhaustive()
    }
}

/// A simulated cloud on the wire. Clones share one cloud.
#[derive(Debug, Clone)]
pub struct Server {
    shared: Arc<Shared>,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) cloud: Cloud,
    pub(crate) options: Options,
    pub(crate) token: String,
    birth: Mutex<Birth>,
    judge: Mutex<Judge>,
    past: Mutex<Past>,
    log: Mutex<Log>,
    /// Tells all that wait that the world begins anew.
    pub(crate) starts: watch::Sender<()>,
}

impl fmt::Debug for Shared {
    /// The token is told once, to whoever starts the server.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("cloud", &self.cloud).finish_non_exhaustive()
    }
}

impl Server {
    /// A server of a cloud.
    ///
    /// # Errors
    /// If the system has no random numbers for the token.
    pub fn new(cloud: Cloud, options: Options) -> io::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|why| io::Error::other(why.to_string()))?;
        let faults = options.faults.clone();
        let shared = Shared {
            token: format!("{:032x}", u128::from_ne_bytes(random)),
            birth: Mutex::new(Birth::of_age(cloud.inspect(World::now))),
            judge: Mutex::default(),
            past: Mutex::default(),
            log: Mutex::default(),
            starts: watch::Sender::default(),
            cloud,
            options,
        };
        shared.set_faults(faults);
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the control endpoint wants to see.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// Sets what goes wrong from now on, and nothing else does; counting starts anew.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.set_faults(faults);
    }

    /// The calls that have ended, from the one after this number on: what a program tells its user while it serves.
    pub fn calls_after(&self, number: u64) -> Vec<Call> {
        self.shared.log().after(number).cloned().collect()
    }

    /// Serves all that come, until it is dropped; then all connections end.
    ///
    /// # Errors
    /// If the listener has no address.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let here = listener.local_addr()?;
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(connection(Arc::clone(&self.shared), stream, here));
                    }
                    // Too many open files, or a client that is gone already: others still come.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

impl Shared {
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    /// What remembers the past. Whoever has the world may ask for it, and never the other way round.
    pub(crate) fn past(&self) -> MutexGuard<'_, Past> {
        lock(&self.past)
    }

    pub(crate) fn birth(&self) -> Birth {
        *lock(&self.birth)
    }

    /// What every call costs.
    pub(crate) fn latency(&self) -> Duration {
        self.cloud.inspect(|world| world.settings().latency / world.settings().speed.max(1))
    }

    /// What goes wrong now, as text.
    pub(crate) fn faults(&self) -> String {
        lock(&self.judge).faults.to_string()
    }

    /// Sets what goes wrong; counting starts anew.
    pub(crate) fn set_faults(&self, faults: Faults) {
        self.cloud.inspect(|world| *self.past() = Past::beginning(&faults, world));
        *lock(&self.judge) = Judge::new(faults);
    }

    /// Begins anew: an empty world of the same settings, no faults, no calls.
    pub(crate) fn reset(&self) {
        let settings = self.cloud.inspect(|world| world.settings().clone());
        self.cloud.reset(settings);
        *lock(&self.birth) = Birth::of_age(Duration::ZERO);
        self.set_faults(Faults::default());
        *self.log() = Log::default();
        self.starts.send_replace(());
    }

    pub(crate) fn trouble(&self, call: Sort<'_>) -> Option<Trouble> {
        lock(&self.judge).trouble(call)
    }

    pub(crate) fn note(&self, call: Call) {
        let now = self.cloud.inspect(World::now);
        let at_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.log().push(Call { at_ms, ..call });
    }
}

/// Why a connection ends without an answer.
#[derive(Debug)]
struct Reset;

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the schedule of faults ends this connection")
    }
}

impl std::error::Error for Reset {}

/// A holder that has panicked has broken nothing: each sets one value.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The calls of one connection. They are tasks of their own: a client that dies takes none of them back.
type Calls = Arc<Mutex<JoinSet<()>>>;

async fn connection(shared: Arc<Shared>, stream: TcpStream, here: SocketAddr) {
    let calls = Calls::default();
    let service = service_fn(|request| {
        let (shared, calls) = (Arc::clone(&shared), Arc::clone(&calls));
        async move { respond(&shared, &calls, request, here).await }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that breaks off, or is broken off on purpose, is no trouble of the server's.
    drop(connection.await);
    let mut calls = std::mem::take(&mut *lock(&calls));
    while calls.join_next().await.is_some() {}
}

async fn respond(
    shared: &Arc<Shared>,
    calls: &Mutex<JoinSet<()>>,
    request: HttpRequest<Incoming>,
    here: SocketAddr,
) -> Result<Response<Written>, Reset> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_MAX).collect().await else {
        let body = "the body is too large, or broke off".to_owned();
        return Ok(written(Document { status: 413, content_type: "text/plain", body }, false));
    };
    let body = body.to_bytes();
    if head.uri.path().starts_with(control::PATH) {
        let mut answer = written(control::answer(shared, &head, &body, here), false);
        page::guard(answer.headers_mut());
        return Ok(answer);
    }
    let (client, reply) = oneshot::channel();
    {
        let mut calls = lock(calls);
        while calls.try_join_next().is_some() {}
        calls.spawn(call::answer(Arc::clone(shared), Request { head, body }, client));
    }
    match reply.await {
        Ok(Reply::Whole(document)) => Ok(written(document, false)),
        Ok(Reply::Broken(document)) => Ok(written(document, true)),
        Ok(Reply::None) | Err(_) => Err(Reset),
    }
}

fn written(document: Document, broken: bool) -> Response<Written> {
    let bytes = Bytes::from(document.body);
    let promised = bytes.len() as u64;
    let sent = if broken { bytes.slice(..bytes.len() / 2) } else { bytes };
    let mut response = Response::new(Written { sent: Some(sent), promised, broken });
    let status = hyper::StatusCode::from_u16(document.status);
    *response.status_mut() = status.unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = HeaderValue::from_static(document.content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// The body of an answer; one that breaks off promises more than it sends.
#[derive(Debug)]
struct Written {
    sent: Option<Bytes>,
    promised: u64,
    broken: bool,
}

impl Body for Written {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        match self.sent.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.broken => Poll::Ready(Some(Err(Reset))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.sent.is_none() && !self.broken
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.promised)
    }
}
