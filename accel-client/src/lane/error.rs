//! Why a lane cannot be used for a call.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::settings::Expired;

/// Why a lane cannot be used for a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaneError {
    /// The settings are too old.
    #[error(transparent)]
    Expired(#[from] Expired),
    /// The name to dial has no answer that can be believed.
    #[error(
        "{service}: no address of the lane is known: {dial} does not resolve to one; does the lane still stand?"
    )]
    NoAddress {
        /// Which service.
        service: String,
        /// The name that was to give them.
        dial: String,
    },
    /// The lane does not take this port.
    #[error("{host}: the lane takes port {ports}, not {port}")]
    Port {
        /// Which host.
        host: String,
        /// The port that was asked for.
        port: u16,
        /// Those that it takes.
        ports: String,
    },
    /// A name that is none of the lane's does not resolve.
    #[error("{host} does not resolve")]
    Unresolved {
        /// Which name.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// No address takes a connection.
    #[error(transparent)]
    Unreachable(Unreachable),
}

/// No address took a connection.
#[derive(Debug)]
pub struct Unreachable {
    /// The host that was to be reached.
    pub host: String,
    /// What was tried, and what came of it, in this order.
    pub tried: Vec<(SocketAddr, io::Error)>,
    /// Whether these are the lane's addresses.
    pub lane: bool,
}

impl std::error::Error for Unreachable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.tried.first().map(|(_, error)| error as _)
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.lane { "the lane" } else { "the host" };
        write!(f, "{}: no address of {whose} takes a connection", self.host)?;
        for (index, (address, error)) in self.tried.iter().enumerate() {
            write!(f, "{} {address}: {error}", if index == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}
