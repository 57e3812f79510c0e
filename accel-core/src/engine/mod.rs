//! The engine: a pure state machine, and one loop that drives it.
//!
//! [`policy`] says what an error is followed by; `evolve` folds records into state; `decide` says what is due; the driver calls.

mod agenda;
mod decide;
mod driver;
mod ledger;
mod outcome;
pub mod policy;
mod reconcile;
mod state;
mod stop;
mod stranger;
mod timeline;
#[cfg(test)]
mod witness;

pub(crate) use driver::begin::Beginning;
pub(crate) use driver::{Driver, Paused, persist};
pub(crate) use ledger::Ledger;
pub(crate) use state::{Item, State, Step, evolve};

pub use agenda::Limits;
pub use stop::Stop;
pub use stranger::Stranger;
pub use timeline::{Span, Timeline};
