//! Where the time of a run went: one bar per node, and the chain that the whole waited for.

mod rows;
mod svg;
mod text;

pub(crate) use rows::seconds;
pub(crate) use svg::svg;
pub(crate) use text::text;
