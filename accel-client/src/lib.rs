//! The client side of a lane: a service keeps its own name in URL, `Host`, SNI, certificate and signature, and only the address that
//! is dialled is new.
//!
//! There is no way to switch verification off, here or in anything that this crate prints.

mod address;
mod settings;

pub use settings::{Expired, HostName, Problem, SETTINGS_SCHEMA, Service, Settings, SettingsError};
