//! Results as plain text. Every function is pure: what it is given, it puts into words.

pub(crate) mod cleanup;
pub(crate) mod deploy;
pub(crate) mod diagnose;
pub(crate) mod hosts;
pub(crate) mod outputs;
pub(crate) mod permissions;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod probe;
pub(crate) mod status;
#[cfg(test)]
mod tests;
pub(crate) mod text;
