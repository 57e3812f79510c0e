//! What stands for an AWS service: a server behind TLS that has the service's name in its certificate, and remembers who came and how.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::authority::Identity;

/// One request, as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who dialled: behind a zone the zone, as behind a load balancer that keeps no client's address.
    pub from: SocketAddr,
    /// The number of the connection, from 0 on: equal where a connection was used again.
    pub connection: usize,
    /// The name in the client's greeting of TLS.
    pub sni: Option<String>,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// All headers, as they were written.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Seen {
    /// A header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `Host` header: what the client believes to talk to.
    pub fn host(&self) -> &str {
        self.header("host")
    }

    /// The `Authorization` header: the signature.
    pub fn authorization(&self) -> &str {
        self.header("authorization")
    }
}

/// What a service says to a request.
#[derive(Debug, Clone)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    after: Duration,
}

impl Answer {
    /// An empty answer of that status, with the number that every AWS service gives to a request.
    ///
    /// # Panics
    ///
    /// If the status is no status of HTTP.
    pub fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a test names a status of HTTP");
        let answer =
            Self { status, headers: HeaderMap::new(), body: Bytes::new(), after: Duration::ZERO };
        answer.header("x-amzn-requestid", "0c7cbd0a-1d49-4dd6-a9a2-5a7bd0ad5ea1")
    }

    /// With a header; one that is set already is replaced, `date` as well.
    ///
    /// # Panics
    ///
    /// If it is no header of HTTP.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a test names a header of HTTP");
        let value = HeaderValue::try_from(value).expect("a test gives a value of HTTP");
        self.headers.insert(name, value);
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// With this JSON as its body.
    #[must_use]
    pub fn json(self, text: &str) -> Self {
        self.header("content-type", "application/json").body(text.to_owned())
    }

    /// Only after that time.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.after = wait;
        self
    }

    /// As AWS answers who does not sign: 403 with headers of its own.
    pub fn unsigned() -> Self {
        Self::new(403)
            .header("x-amzn-errortype", "MissingAuthenticationTokenException")
            .json(r#"{"message":"Missing Authentication Token"}"#)
    }

    /// A body of so many bytes, for measures of throughput.
    pub fn of_bytes(count: usize) -> Self {
        let answer = Self::new(200).header("content-type", "application/octet-stream");
        answer.body(vec![b'.'; count])
    }

    /// As the runtime of `SageMaker` answers: `InvokeEndpoint` gives back the body that it got, whoever does not sign is refused, and
    /// anything else is not found.
    pub fn of_sagemaker_runtime(seen: &Seen) -> Self {
        let path = seen.path.split('?').next().unwrap_or_default();
        let called =
            path.strip_prefix("/endpoints/").and_then(|rest| rest.strip_suffix("/invocations"));
        match called {
            _ if !seen.authorization().starts_with("AWS4-HMAC-SHA256 ") => Self::unsigned(),
            Some(endpoint) if seen.method == "POST" && !endpoint.is_empty() => Self::new(200)
                .header("x-amzn-invoked-production-variant", "AllTraffic")
                .header("content-type", "application/json")
                .body(seen.body.clone()),
            Some(_) | None => Self::new(404)
                .header("x-amzn-errortype", "UnknownOperationException")
                .json(r#"{"message":"Unknown operation"}"#),
        }
    }
}

type Answers = dyn Fn(&Seen) -> Answer + Send + Sync;

/// What has come so far.
#[derive(Default)]
struct Log {
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    refused: AtomicUsize,
}

impl Log {
    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that runs until it is dropped.
pub struct Service {
    address: SocketAddr,
    log: Arc<Log>,
    serving: JoinHandle<()>,
}

impl Service {
    /// Serves on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// If there is no such port.
    pub async fn start<F>(identity: &Identity, answers: F) -> Self
    where
        F: Fn(&Seen) -> Answer + Send + Sync + 'static,
    {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::start_at(anywhere, identity, answers).await.expect("a port of loopback is free")
    }

    /// Serves on this address.
    ///
    /// # Errors
    ///
    /// If it cannot be had.
    pub async fn start_at<F>(
        address: SocketAddr,
        identity: &Identity,
        answers: F,
    ) -> io::Result<Self>
    where
        F: Fn(&Seen) -> Answer + Send + Sync + 'static,
    {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let log = Arc::new(Log::default());
        let answers: Arc<Answers> = Arc::new(answers);
        let serving = serve(listener, TlsAcceptor::from(identity.tls()), Arc::clone(&log), answers);
        Ok(Self { address, log, serving: tokio::spawn(serving) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request so far, in the order in which they came.
    pub fn seen(&self) -> Vec<Seen> {
        self.log.seen().clone()
    }

    /// How many connections there have been, those with a failed handshake among them.
    pub fn connections(&self) -> usize {
        self.log.connections.load(Ordering::SeqCst)
    }

    /// How many connections ended in the handshake: mostly since the client refused the certificate.
    pub fn refused(&self) -> usize {
        self.log.refused.load(Ordering::SeqCst)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The connections are this task's own: when it is aborted, they end as well.
async fn serve(listener: TcpListener, tls: TlsAcceptor, log: Arc<Log>, answers: Arc<Answers>) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, from)) = accepted {
                let connection = log.connections.fetch_add(1, Ordering::SeqCst);
                let place = Place { from, connection, sni: None, log: Arc::clone(&log) };
                open.spawn(converse(stream, tls.clone(), place, Arc::clone(&answers)));
            },
            Some(_) = open.join_next() => {}
        }
    }
}

/// One connection.
struct Place {
    from: SocketAddr,
    connection: usize,
    sni: Option<String>,
    log: Arc<Log>,
}

async fn converse(stream: TcpStream, tls: TlsAcceptor, mut place: Place, answers: Arc<Answers>) {
    let Ok(stream) = tls.accept(stream).await else {
        place.log.refused.fetch_add(1, Ordering::SeqCst);
        return;
    };
    place.sni = stream.get_ref().1.server_name().map(str::to_owned);
    let place = &place;
    let answers = &*answers;
    let service = service_fn(async move |request| answer(request, place, answers).await);
    // How a connection ends is the client's or the zone's affair; what came before that has been answered.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

async fn answer(
    request: Request<Incoming>,
    place: &Place,
    answers: &Answers,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let seen = Seen {
        from: place.from,
        connection: place.connection,
        sni: place.sni.clone(),
        method: head.method.to_string(),
        path,
        headers: head.headers,
        body: body.collect().await?.to_bytes(),
    };
    let answer = answers(&seen);
    place.log.seen().push(seen);
    tokio::time::sleep(answer.after).await;
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Authority;
    use crate::ask::{Asks, HOST};

    async fn service() -> (Authority, Service) {
        let authority = Authority::new();
        let identity = authority.identity(&[HOST]);
        let service = Service::start(&identity, Answer::of_sagemaker_runtime).await;
        (authority, service)
    }

    #[tokio::test]
    async fn a_request_is_remembered_as_it_came() {
        let (authority, service) = service().await;
        let mut client = Asks::of(service.address(), &authority).await.unwrap();
        let request = format!(
            "POST /endpoints/e/invocations?a=1 HTTP/1.1\r\nhost: {HOST}\r\n\
             authorization: AWS4-HMAC-SHA256 x\r\ncontent-length: 4\r\n\r\nbody"
        );
        let said = client.request(&request).await.unwrap();
        assert!(said.starts_with("HTTP/1.1 200 ") && said.ends_with("\r\n\r\nbody"), "{said}");
        let [seen] = &service.seen()[..] else { panic!("one request was sent") };
        assert_eq!((seen.sni.as_deref(), seen.host()), (Some(HOST), HOST));
        assert_eq!(seen.path, "/endpoints/e/invocations?a=1");
        assert_eq!(seen.authorization(), "AWS4-HMAC-SHA256 x");
        assert_eq!((seen.method.as_str(), &seen.body[..]), ("POST", &b"body"[..]));
    }

    #[tokio::test]
    async fn who_does_not_sign_is_refused_as_by_aws() {
        let (authority, service) = service().await;
        let mut client = Asks::of(service.address(), &authority).await.unwrap();
        for path in ["/ping", "/endpoints/e/invocations"] {
            let said = client.get(path).await.unwrap();
            assert!(said.starts_with("HTTP/1.1 403 "), "{said}");
            assert!(said.contains("x-amzn-requestid: "), "{said}");
        }
        let numbers: Vec<_> = service.seen().iter().map(|seen| seen.connection).collect();
        assert_eq!((numbers, service.connections()), (vec![0, 0], 1));
    }

    #[tokio::test]
    async fn an_answer_is_as_it_was_asked_for() {
        let authority = Authority::new();
        let answers = |seen: &Seen| match seen.path.as_str() {
            "/bytes" => Answer::of_bytes(5),
            _ => Answer::new(503).header("date", "Thu, 01 Jan 2015 00:00:00 GMT").json("{}"),
        };
        let service = Service::start(&authority.identity(&[HOST]), answers).await;
        let mut client = Asks::of(service.address(), &authority).await.unwrap();
        assert!(client.get("/bytes").await.unwrap().ends_with("\r\n\r\n....."));
        let said = client.get("/").await.unwrap();
        assert!(said.starts_with("HTTP/1.1 503 ") && said.ends_with("{}"), "{said}");
        assert!(said.contains("date: Thu, 01 Jan 2015"), "{said}");
    }

    #[tokio::test]
    async fn a_refused_certificate_is_counted_and_asks_nothing() {
        let (_, service) = service().await;
        assert!(Asks::of(service.address(), &Authority::new()).await.is_err());
        while service.refused() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!((service.seen().len(), service.connections()), (0, 1));
    }

    #[tokio::test]
    async fn a_dropped_service_answers_nobody() {
        let (authority, service) = service().await;
        let mut client = Asks::of(service.address(), &authority).await.unwrap();
        let address = service.address();
        drop(service);
        assert!(client.get("/").await.is_err());
        assert!(Asks::of(address, &authority).await.is_err());
    }
}
