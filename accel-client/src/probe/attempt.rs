//! The way to one address, walked once: TCP, TLS, a request, the first byte of its answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::exchange::{Progress, exchange};
use super::{Answer, Fault, Layer, Trust};

/// What is asked for, without credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// `GET /`
    Get,
    /// `POST /` with a body of zeros.
    ///
    /// A service that does not know who asks may answer before it has read all of it. Then the time says little about throughput.
    Upload {
        /// How long the body is.
        bytes: u64,
    },
}

/// What became of the way to one address. Each time is there if its part of the way was walked to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The service's own host: what the URL, SNI and `Host` say, and the certificate must.
    pub host: String,
    /// What was dialled; nothing if no address was found.
    pub address: Option<SocketAddr>,
    /// Until TCP was connected.
    pub connect: Option<Duration>,
    /// From there until the TLS handshake was done, the certificate verified.
    pub tls: Option<Duration>,
    /// From the first byte of the request to the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// What was uploaded, if anything was to be.
    pub upload: Option<Upload>,
    /// The answer.
    pub answer: Option<Answer>,
    /// Why there is none.
    pub fault: Option<Fault>,
}

/// How an upload went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload {
    /// How much was to be sent.
    pub bytes: u64,
    /// How much had been handed to the connection when the answer began. What lies in this machine's buffers is among it.
    pub sent: u64,
}

impl Attempt {
    /// An attempt for which there was no address.
    pub(super) fn without_address(host: &str, fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::begin(host, None) }
    }

    fn begin(host: &str, address: Option<SocketAddr>) -> Self {
        Self {
            host: host.to_owned(),
            address,
            connect: None,
            tls: None,
            first_byte: None,
            upload: None,
            answer: None,
            fault: None,
        }
    }

    /// From nothing to the first byte of an answer; nothing if there was none.
    pub fn total(&self) -> Option<Duration> {
        Some(self.connect? + self.tls? + self.first_byte?)
    }

    /// Whether the service answered.
    pub fn is_answered(&self) -> bool {
        self.answer.is_some()
    }
}

/// Walks the way to one address once, as a client of `host` does: a new connection, a full handshake with the certificate verified, one
/// request without credentials. Everything together may take until `deadline`.
pub async fn attempt(
    trust: &Trust,
    host: &str,
    address: SocketAddr,
    ask: Ask,
    deadline: Duration,
) -> Attempt {
    let mut attempt = Attempt::begin(host, Some(address));
    let until = Instant::now() + deadline;
    let fault = match walk(&mut attempt, trust, address, ask, until).await {
        Ok(()) => None,
        Err(End::Fault(fault)) => Some(fault),
        Err(End::Late(layer)) => Some(Fault::timed_out(layer, deadline)),
    };
    attempt.fault = fault;
    attempt
}

/// How the way ends early.
enum End {
    Fault(Fault),
    Late(Layer),
}

async fn walk(
    attempt: &mut Attempt,
    trust: &Trust,
    address: SocketAddr,
    ask: Ask,
    until: Instant,
) -> Result<(), End> {
    let began = Instant::now();
    let stream = timeout_at(until, TcpStream::connect(address)).await;
    let stream = stream.map_err(|_| End::Late(Layer::Connect))?;
    let refused = |error| End::Fault(Fault::of_io(Layer::Connect, &error));
    let stream = stream.map_err(refused)?;
    attempt.connect = Some(began.elapsed());
    // What is measured is the path, not how long the system waits for more to send.
    stream.set_nodelay(true).map_err(refused)?;

    let began = Instant::now();
    let stream = secure(trust, &attempt.host, stream, until).await?;
    attempt.tls = Some(began.elapsed());

    let authority = match address.port() {
        443 => attempt.host.clone(),
        port => format!("{}:{port}", attempt.host),
    };
    let progress = Progress::default();
    let began = Instant::now();
    let ended = timeout_at(until, exchange(stream, &authority, ask, &progress)).await;
    attempt.first_byte = progress.first_byte.get().map(|at| *at - began);
    attempt.answer = progress.answer.get().cloned();
    if let Ask::Upload { bytes } = ask {
        let now = || progress.sent.load(Ordering::Relaxed);
        let sent = progress.sent_before_answer.get().copied().unwrap_or_else(now);
        attempt.upload = Some(Upload { bytes, sent });
    }
    match (&mut attempt.answer, ended) {
        (Some(answer), Ok(Ok(body))) => answer.body = body,
        // The answer has begun: its end is nobody's concern here.
        (Some(_), _) => {}
        (None, Ok(Err(fault))) => return Err(End::Fault(fault)),
        (None, Ok(Ok(_)) | Err(_)) => return Err(End::Late(Layer::Http)),
    }
    Ok(())
}

async fn secure(
    trust: &Trust,
    host: &str,
    stream: TcpStream,
    until: Instant,
) -> Result<TlsStream<TcpStream>, End> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| End::Fault(Fault::new(Layer::Tls, format!("{host}: {error}"))))?;
    let (config, seen) = trust.config();
    let connector = TlsConnector::from(Arc::new(config));
    match timeout_at(until, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => {
            let fault = Fault::of_io(Layer::Tls, &error);
            let presented = fault.refusal.and_then(|_| seen.presented()).map(Box::new);
            Err(End::Fault(Fault { presented, ..fault }))
        }
        Err(_) => Err(End::Late(Layer::Tls)),
    }
}
