//! The client side of a lane: a service keeps its own name in URL, `Host`, SNI, certificate and signature, and only the address that
//! is dialled is new.
//!
//! There is no way to switch verification off, here or in anything that this crate prints.

mod address;
#[cfg(feature = "aws")]
pub mod aws;
mod clock;
#[cfg(feature = "connect")]
pub mod connect;
#[cfg(feature = "probe")]
pub mod diagnosis;
mod event;
mod health;
pub mod hosts;
#[cfg(feature = "hyper")]
pub mod hyper;
mod lane;
mod names;
#[cfg(feature = "probe")]
pub mod probe;
pub mod recipe;
#[cfg(feature = "reqwest")]
mod reqwest;
mod settings;
mod table;

pub use event::{Counters, Event, Way};
pub use lane::{
    AddressStatus, Dialled, Fallback, Lane, LaneError, Options, Resolved, ServiceStatus,
    Unreachable,
};
pub use names::{Answer, Names, SystemNames};
pub use settings::{Expired, HostName, Problem, SETTINGS_SCHEMA, Service, Settings, SettingsError};
