//! What went where: counters, and events for what a person may want to know.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

/// Which way a connection goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Through the lane.
    Lane,
    /// To the public address of a lane's host, because the lane does not answer and that is allowed.
    Public,
    /// To another name, which the lane does not carry.
    Elsewhere,
}

/// How often what happened since the lane was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// Lookups of a lane's host that were answered with the lane's addresses.
    pub resolved: u64,
    /// Connections made through the lane.
    pub dialled: u64,
    /// Lookups and connections of a lane's host that went the public way, where that is allowed.
    pub fell_back: u64,
    /// Lookups of other names, which the system answered.
    pub elsewhere: u64,
    /// Lookups and connections that failed, of whichever host.
    pub failed: u64,
    /// Connections made and closed again to see whether an address answers.
    pub checks: u64,
    /// Answers of name servers that were ignored: private, of this machine, not IPv4, or not among the pinned addresses.
    pub ignored: u64,
    /// Times the settings were replaced by newer ones.
    pub replaced: u64,
}

/// Something that a person may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// An address does not answer: others are tried first until it does.
    SetAside {
        /// Of which service.
        service: String,
        /// Which one.
        address: IpAddr,
        /// Why.
        why: String,
    },
    /// An address answers again.
    Back {
        /// Of which service.
        service: String,
        /// Which one.
        address: IpAddr,
    },
    /// No address of a service answers.
    Down {
        /// Which service.
        service: String,
        /// Whether its connections go the public way meanwhile.
        falls_back: bool,
    },
    /// An answer of a name server is not believed.
    Ignored {
        /// Of which name.
        name: String,
        /// Which one.
        address: IpAddr,
        /// Why.
        why: &'static str,
    },
    /// A name that is to be dialled was not resolved. The addresses that are known stay in use.
    Unresolved {
        /// Which name.
        name: String,
        /// Why.
        why: String,
    },
    /// There are new settings.
    Replaced {
        /// Their generation.
        generation: String,
    },
    /// New settings cannot be used, and the old ones stay.
    Refused {
        /// Why.
        why: String,
    },
    /// The settings have expired.
    Expired,
    /// The proxy opens a tunnel.
    Tunnel {
        /// To which host.
        host: String,
        /// To which of its ports.
        port: u16,
        /// Which way it goes.
        way: Way,
        /// Where it ends.
        address: SocketAddr,
    },
    /// The proxy refuses a tunnel: the lane does not carry that.
    Denied {
        /// To which host.
        host: String,
        /// To which of its ports.
        port: u16,
    },
    /// The proxy cannot open a tunnel.
    Failed {
        /// To which host.
        host: String,
        /// To which of its ports.
        port: u16,
        /// Why.
        why: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { service, address, why } => {
                write!(f, "{service}: {address} is set aside: {why}")
            }
            Self::Back { service, address } => write!(f, "{service}: {address} answers again"),
            Self::Down { service, falls_back: true } => {
                write!(f, "{service}: no address answers; connections go the public way meanwhile")
            }
            Self::Down { service, falls_back: false } => {
                write!(f, "{service}: no address answers")
            }
            Self::Ignored { name, address, why } => {
                write!(f, "{name}: the answer {address} is ignored: it {why}")
            }
            Self::Unresolved { name, why } => write!(f, "{name} does not resolve: {why}"),
            Self::Replaced { generation } => write!(f, "new settings, generation {generation}"),
            Self::Refused { why } => {
                write!(f, "new settings cannot be used, and the old ones stay: {why}")
            }
            Self::Expired => f.write_str("the settings have expired"),
            Self::Tunnel { host, port, way, address } => {
                write!(f, "{host}:{port} {way}, {}", address.ip())
            }
            Self::Denied { host, port } => {
                write!(
                    f,
                    "{host}:{port} is refused: the lane does not carry it (--pass-through lets it through)"
                )
            }
            Self::Failed { host, port, why } => write!(f, "{host}:{port} fails: {why}"),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lane => "through the lane",
            Self::Public => "the public way",
            Self::Elsewhere => "elsewhere",
        })
    }
}
