//! What is answered instead of success: a code of the provider, a message, and the HTTP status that goes with it.

use std::borrow::Cow;

use accel_core::{Error, ErrorKind};

/// A refusal, on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) status: u16,
    /// The action or parameter that this server does not know, for the log.
    pub(crate) unknown: Option<String>,
}

pub(crate) type Result<T, E = Refusal> = std::result::Result<T, E>;

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, unknown: None }
    }

    /// A refusal by its code alone, with the status that goes with it.
    pub(crate) fn with_code(code: String, message: &str) -> Self {
        let status = status_of(&code);
        Self { code: code.into(), message: message.to_owned(), status, unknown: None }
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// A value that no such parameter can have.
    pub(crate) fn value(name: &str, value: &str) -> Self {
        let message = format!("Value ({value}) for parameter {name} is invalid.");
        Self::new("InvalidParameterValue", message)
    }

    pub(crate) fn missing(name: &str) -> Self {
        let message = format!("The request must contain the parameter {name}");
        Self::new("MissingParameter", message)
    }

    /// Something that the provider takes and this server does not simulate. It is named, never passed over in silence.
    pub(crate) fn not_simulated(what: impl Into<String>) -> Self {
        let what = what.into();
        let message = format!("The simulated cloud does not have this: {what}");
        Self { unknown: Some(what), ..Self::new("UnsupportedOperation", message) }
    }

    pub(crate) fn unknown_parameter(name: &str) -> Self {
        let message = format!("The parameter {name} is not recognized");
        Self { unknown: Some(name.to_owned()), ..Self::new("UnknownParameter", message) }
    }

    /// Source: Error codes for the Amazon EC2 API, `InvalidAction`.
    pub(crate) fn unknown_action(name: &str) -> Self {
        let message = format!("The action {name} is not valid for this web service.");
        Self { unknown: Some(name.to_owned()), ..Self::new("InvalidAction", message) }
    }

    pub(crate) fn unknown_filter(name: &str) -> Self {
        let message = format!("The filter '{name}' is invalid");
        let unknown = Some(format!("filter {name}"));
        Self { unknown, ..Self::new("InvalidParameterValue", message) }
    }

    /// Source: `DryRun` of every EC2 action.
    pub(crate) fn dry_run() -> Self {
        let message = "Request would have succeeded, but DryRun flag is set.";
        Self::new("DryRunOperation", message).status(412)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let code = error.provider_code().unwrap_or("InternalError").to_owned();
        let denied = error.kind() == ErrorKind::Denied;
        let status = if denied { 403 } else { status_of(&code) };
        Self { code: code.into(), message: error.message().to_owned(), status, unknown: None }
    }
}

/// The HTTP status that goes with a code. Source: Error codes for the Amazon EC2 API, client and server error codes; Common errors
/// of the Elastic Load Balancing API; answers that are quoted in aws/aws-sdk-java-v2#2981 and aws/aws-sdk-js#254.
fn status_of(code: &str) -> u16 {
    match code {
        "AuthFailure" => 401,
        "AccessDenied"
        | "Blocked"
        | "ExpiredToken"
        | "InvalidClientTokenId"
        | "MissingAuthenticationToken"
        | "OptInRequired"
        | "PendingVerification"
        | "SignatureDoesNotMatch"
        | "UnauthorizedOperation" => 403,
        "DryRunOperation" => 412,
        "TooManyRequestsException" => 429,
        "InternalError" | "InternalFailure" => 500,
        "InsufficientAddressCapacity"
        | "InsufficientCapacity"
        | "RequestLimitExceeded"
        | "ServiceUnavailable"
        | "Unavailable" => 503,
        _ => 400,
    }
}
