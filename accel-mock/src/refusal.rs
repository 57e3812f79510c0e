//! What the world says when it refuses a call: an error kind of the contract with the provider's own code.

use accel_core::{Error, ErrorKind};

pub(crate) fn not_yet(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::NotYet, message).code(code)
}

pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message).code(code)
}

pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Conflict, message).code(code)
}

pub(crate) fn in_use(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InUse, message).code(code)
}

pub(crate) fn unavailable(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unavailable, message).code(code)
}

pub(crate) fn quota(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Quota, message).code(code)
}
