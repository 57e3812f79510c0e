//! Pictures of what a spec stands for and of where a run's time went: text for people and documents, made by pure functions.
//!
//! [`mermaid()`] and [`svg()`] show a deployment as its users see it: the way of a connection, with everything else folded into the network that
//! it lies in. [`dot()`] shows every resource and what it refers to; there only settings are folded.

mod canvas;
mod dot;
mod egress;
mod lines;
mod mermaid;
mod scene;
mod svg;
#[cfg(test)]
mod tests;
pub(crate) mod timeline;

pub(crate) use dot::dot;
pub(crate) use mermaid::mermaid;
pub(crate) use svg::svg;
