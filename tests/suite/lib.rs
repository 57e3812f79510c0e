//! The reusable test suite: samples, oracles, and the conformance suites of backends and journals.
//!
//! Whoever implements [`accel_core::NetworkBackend`] or [`accel_core::journal::Journal`] runs its suite with one line, see
//! [`conformance`] and [`journal`].

#![expect(
    clippy::missing_panics_doc,
    reason = "a test that cannot go on panics: that is how it fails"
)]

pub mod conformance;
pub mod flawed;
pub mod harness;
pub mod journal;
pub mod lab;
pub mod oracle;
pub mod samples;
pub mod scenes;
pub mod simulator;
pub mod strategies;
