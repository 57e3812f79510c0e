//! A lane on loopback, for real clients: a certificate authority, a service behind TLS, zones that die, forget or move, and links with
//! delay, jitter and loss.

#[cfg(test)]
mod ask;
pub mod authority;
pub mod lane;
#[cfg(target_os = "linux")]
pub mod link;
pub mod service;
pub mod zone;

pub use authority::{Authority, Identity};
pub use lane::{Lane, settings};
pub use service::{Answer, Seen, Service};
pub use zone::Zone;
