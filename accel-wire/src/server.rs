//! The server: connections, requests with bounded bodies, and where each request goes.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use accel_core::{AccountId, Region};
use accel_mock::{Cloud, World};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::call::{self, Reply, Request};
use crate::control;
use crate::fault::{Faults, Judge, Trouble};
use crate::log::{Call, Log};
use crate::moment::Birth;
use crate::service::Document;

/// The largest body of a request. A policy of an endpoint has 20,480 characters, a call 1,000 parameters.
const BODY_MAX: usize = 1 << 20;

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which account an access key is of. All others are of the cloud's usual account.
    pub accounts: BTreeMap<String, AccountId>,
    /// What goes wrong from the start.
    pub faults: Faults,
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
    log: Mutex<Log>,
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
        let judge = Mutex::new(Judge::new(options.faults.clone()));
        let token = format!("{:032x}", u128::from_ne_bytes(random));
        let birth = Mutex::new(Birth::of_age(cloud.inspect(World::now)));
        let shared = Shared { cloud, options, token, birth, judge, log: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the control endpoint wants to see.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// Sets what goes wrong from now on, and nothing else does; counting starts anew.
    pub fn set_faults(&self, faults: Faults) {
        *self.shared.judge() = Judge::new(faults);
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
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn judge(&self) -> MutexGuard<'_, Judge> {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn birth(&self) -> Birth {
        *self.birth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew: an empty world of the same settings, no faults, no calls.
    pub(crate) fn reset(&self) {
        let settings = self.cloud.inspect(|world| world.settings().clone());
        self.cloud.reset(settings);
        let born = Birth::of_age(Duration::ZERO);
        *self.birth.lock().unwrap_or_else(PoisonError::into_inner) = born;
        *self.judge() = Judge::default();
        *self.log() = Log::default();
    }

    pub(crate) fn trouble(&self, action: &str, region: &Region) -> Option<Trouble> {
        self.judge().trouble(action, region)
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

async fn connection(shared: Arc<Shared>, stream: TcpStream, here: SocketAddr) {
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { respond(&shared, request, here).await }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that breaks off, or is broken off on purpose, is no trouble of the server's.
    drop(connection.await);
}

async fn respond(
    shared: &Shared,
    request: HttpRequest<Incoming>,
    here: SocketAddr,
) -> Result<Response<Written>, Reset> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_MAX).collect().await else {
        let body = "the body is too large, or broke off".to_owned();
        return Ok(written(Document { status: 413, content_type: "text/plain", body }, false));
    };
    let body = body.to_bytes();
    let header = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    if head.uri.path().starts_with(control::PATH) {
        return Ok(written(control::answer(shared, &head, &body, here), false));
    }
    let request = Request {
        authorization: header(AUTHORIZATION),
        target: header(HeaderName::from_static("x-amz-target")),
        body: &body,
    };
    match call::answer(shared, request).await {
        Reply::Whole(document) => Ok(written(document, false)),
        Reply::Broken(document) => Ok(written(document, true)),
        Reply::None => Err(Reset),
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
