//! The promises that accel makes, each a test with its name, on the simulated cloud with virtual time.
//!
//! `tests/sweep.rs` has the exhaustive part of promise 7; `tests/topology` has the golden fingerprints of promise 15.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    dead_code,
    reason = "the steps that tests of changed specs will share stand here already"
)]

mod support;

mod again;
mod crash;
mod ends;
mod intent;
mod order;
mod trace;
mod two;
