//! Why an attempt ended early: in which layer, and in whose words.

use std::fmt;
use std::io;

use rustls::CertificateError;

use super::Presented;

/// A part of the way, in the order in which they are walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The name's addresses.
    Dns,
    /// The TCP connection.
    Connect,
    /// The TLS handshake, with the service's own certificate.
    Tls,
    /// The answer to a request.
    Http,
}

impl Layer {
    /// Its name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Http => "http",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is of another host.
    OtherName,
    /// Nobody who is trusted vouches for it.
    UnknownIssuer,
    /// It is no longer valid, or this machine's clock is ahead.
    Expired,
    /// It is not valid yet, or this machine's clock is behind.
    NotYetValid,
    /// It is no certificate of a server that can be verified.
    Other,
}

/// Why an attempt ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub layer: Layer,
    /// What happened, as the layer says it.
    pub message: String,
    /// What the system says of it; a deadline that passed is [`io::ErrorKind::TimedOut`].
    pub io: Option<io::ErrorKind>,
    /// What TLS says of it.
    pub tls: Option<String>,
    /// Why the certificate was refused, if it was.
    pub refusal: Option<Refusal>,
    /// The certificates that were presented, if the handshake got so far and was then refused.
    pub presented: Option<Box<Presented>>,
}

impl Fault {
    pub(super) fn new(layer: Layer, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { layer, message, io: None, tls: None, refusal: None, presented: None }
    }

    /// What the system, or TLS in the system's clothes, says.
    pub(super) fn of_io(layer: Layer, error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(tls) = inner {
            return Self { io: Some(error.kind()), ..Self::of_tls(layer, tls) };
        }
        Self { io: Some(error.kind()), ..Self::new(layer, error.to_string()) }
    }

    fn of_tls(layer: Layer, error: &rustls::Error) -> Self {
        let refusal = if let rustls::Error::InvalidCertificate(why) = error {
            Some(refusal(why))
        } else {
            None
        };
        let text = error.to_string();
        Self { tls: Some(text.clone()), refusal, ..Self::new(layer, text) }
    }

    pub(super) fn timed_out(layer: Layer, deadline: std::time::Duration) -> Self {
        let message = format!("nothing within {} s", deadline.as_secs_f64());
        Self { io: Some(io::ErrorKind::TimedOut), ..Self::new(layer, message) }
    }

    /// Whether a deadline passed, ours or the system's.
    pub fn is_timeout(&self) -> bool {
        self.io == Some(io::ErrorKind::TimedOut)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.layer, self.message)?;
        match &self.presented {
            Some(presented) => write!(f, " (presented: {presented})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

fn refusal(why: &CertificateError) -> Refusal {
    use CertificateError as Why;
    match () {
        () if matches!(why, Why::NotValidForName | Why::NotValidForNameContext { .. }) => {
            Refusal::OtherName
        }
        () if matches!(why, Why::UnknownIssuer | Why::BadSignature) => Refusal::UnknownIssuer,
        () if matches!(why, Why::Expired | Why::ExpiredContext { .. }) => Refusal::Expired,
        () if matches!(why, Why::NotValidYet | Why::NotValidYetContext { .. }) => {
            Refusal::NotYetValid
        }
        () => Refusal::Other,
    }
}
