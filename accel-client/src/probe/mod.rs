//! Walks the way to a service as a client does, and says how long each part took: name, TCP, TLS, first byte of an answer.
//!
//! A request without credentials is enough: whatever the service answers, 403 and 404 included, proves the whole path, with its own
//! certificate. Every certificate is verified; what was presented is kept only to say whose it was.
//!
//! [`probe`] measures the direct way against the lane in pairs and says whether the lane is faster, by the rule that stands at
//! [`Verdict`]. [`verify`] asks every address once. [`attempt`] is one walk, on which both stand.
//!
//! Deliberately absent: anything that needs credentials, and any way to accept what the usual verification refuses.

mod answer;
mod attempt;
mod course;
mod exchange;
mod fault;
mod measure;
mod options;
mod presented;
mod report;
mod stats;
mod trust;
mod verdict;
mod verify;

pub use answer::Answer;
pub use attempt::{Ask, Attempt, Upload, attempt};
pub use fault::{Fault, Layer, Refusal};
pub use measure::{Measurement, Pair, Step, probe, probe_and_tell};
pub use options::Options;
pub use presented::Presented;
pub use report::{Comparison, Failures, Report, ServiceReport, Stage, Tally, Zone};
pub use stats::{Estimate, Interval, Percentiles};
pub use trust::{Trust, TrustError};
pub use verdict::{Judgement, Verdict};
pub use verify::{Verified, verify};
