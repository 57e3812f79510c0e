//! The promises that accel makes, each a test with its name, on the simulated cloud with virtual time.
//!
//! `tests/sweep.rs` has the exhaustive part of promise 7; `tests/topology` has the golden fingerprints of promise 15.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

mod again;
mod consent;
mod crash;
mod egress;
mod ends;
mod existing;
mod golden;
mod intent;
mod life;
mod limits;
mod order;
mod place;
mod replacement;
mod strangers;
mod tags;
mod trace;
mod two;
mod usable;
