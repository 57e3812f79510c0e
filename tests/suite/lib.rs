//! The reusable test suite: samples, oracles, and the conformance suite of backends.
//!
//! Whoever implements [`accel_core::NetworkBackend`] runs the conformance suite with one line, see [`conformance`].

pub mod conformance;
pub mod flawed;
pub mod lab;
pub mod oracle;
pub mod samples;
pub mod simulator;
