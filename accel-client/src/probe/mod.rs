//! Walks the way to a service as a client does, and says how long each part took: name, TCP, TLS, first byte of an answer.
//!
//! A request without credentials is enough: whatever the service answers, 403 and 404 included, proves the whole path, with its own
//! certificate. Every certificate is verified; what was presented is kept only to say whose it was.

mod answer;
mod attempt;
mod exchange;
mod fault;
mod presented;
mod trust;

pub use answer::Answer;
pub use attempt::{Ask, Attempt, Upload, attempt};
pub use fault::{Fault, Layer, Refusal};
pub use presented::Presented;
pub use trust::{Trust, TrustError};
