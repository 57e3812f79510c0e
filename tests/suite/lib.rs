//! The reusable test suite: samples, oracles, strategies, and the conformance suite of backends.

pub mod journal;
