//! What an error of AWS means: did the call take effect, and who can fix it?

mod table;

use accel_core::{Error, ErrorKind};
use aws_sdk_ec2::error::SdkError;
use aws_sdk_ec2::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

pub(crate) use table::Effect;
use table::{Meaning, meaning};

/// An error of the SDK in the engine's terms.
pub(crate) fn describe<E>(
    operation: &str,
    effect: Effect,
    error: &SdkError<E, HttpResponse>,
) -> Error
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
{
    let lost = if effect == Effect::None { ErrorKind::Unavailable } else { ErrorKind::Ambiguous };
    match error {
        SdkError::ServiceError(service) => {
            let refusal = Refusal {
                operation,
                effect,
                status: service.raw().status().as_u16(),
                code: error.code().unwrap_or_default(),
                message: error.message().unwrap_or_default(),
            };
            let described = refusal.describe();
            error.request_id().map_or(described.clone(), |id| described.request_id(id))
        }
        SdkError::ConstructionFailure(_) => unsent(error),
        SdkError::DispatchFailure(failure) if failure.is_user() => unsent(error),
        SdkError::TimeoutError(_) => Error::new(lost, "there was no answer in time"),
        SdkError::DispatchFailure(_) => {
            Error::new(lost, format!("the connection failed: {}", causes(error)))
        }
        SdkError::ResponseError(_) => {
            Error::new(lost, format!("the answer cannot be read: {}", causes(error)))
        }
        _ => Error::new(lost, causes(error)),
    }
}

/// Nothing was sent: the request is wrong, or there are no credentials to sign it with.
fn unsent(error: &(dyn std::error::Error + 'static)) -> Error {
    let why = causes(error);
    if why.to_ascii_lowercase().contains("credential") {
        return Error::new(ErrorKind::Expired, format!("no credentials to sign with: {why}"))
            .advice(CREDENTIALS);
    }
    Error::new(ErrorKind::Invalid, format!("the request cannot be sent: {why}"))
}

const CREDENTIALS: &str = "sign in again (for example `aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID, then run again: it goes on from here";

/// An error with all its causes: the SDK's own text names only the outermost.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = cause.source();
    }
    text
}

/// An answer that is an error document.
#[derive(Debug, Clone, Copy)]
struct Refusal<'a> {
    operation: &'a str,
    effect: Effect,
    status: u16,
    code: &'a str,
    message: &'a str,
}

impl Refusal<'_> {
    fn is(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code)
    }

    fn describe(&self) -> Error {
        let kind = self.kind();
        let message = if self.message.is_empty() { "AWS gives no reason" } else { self.message };
        let error = Error::new(kind, message);
        let error = if self.code.is_empty() {
            error.code(format!("HTTP {}", self.status))
        } else {
            error.code(self.code)
        };
        match self.advice(kind) {
            Some(advice) => error.advice(advice),
            None => error,
        }
    }

    fn kind(&self) -> ErrorKind {
        match meaning(self.operation, self.effect, self.code, self.message) {
            Some(Meaning::Is(kind)) => kind,
            Some(Meaning::Missing) => match self.effect {
                // An input may not be visible yet: time tells.
                Effect::Make => ErrorKind::NotYet,
                Effect::Remove | Effect::None => ErrorKind::NotFound,
            },
            // It may have been at work already.
            Some(Meaning::Broken) | None if self.status >= 500 => match self.effect {
                Effect::None => ErrorKind::Unavailable,
                Effect::Make | Effect::Remove => ErrorKind::Ambiguous,
            },
            Some(Meaning::Broken) | None => ErrorKind::Invalid,
        }
    }

    fn advice(&self, kind: ErrorKind) -> Option<String> {
        match kind {
            ErrorKind::Expired => Some(CREDENTIALS.to_owned()),
            ErrorKind::Denied if self.is("OptInRequired") => {
                Some("enable the region for the account, then run again".to_owned())
            }
            ErrorKind::Denied => Some(format!(
                "allow {} for the caller (`accel policy` prints the least policy), then run again: it goes on from here",
                self.operation
            )),
            // Not in Service Quotas. Source: Tag your Amazon EC2 resources, tag restrictions; Tag your Network Load Balancer.
            ErrorKind::Quota if self.is("TagLimitExceeded") || self.is("TooManyTags") => Some(
                "a resource carries 50 tags at most, which no quota raises: take some out of the spec, then run again: it goes on from here"
                    .to_owned(),
            ),
            ErrorKind::Quota => Some(format!(
                "raise the limit behind {} in Service Quotas or remove what is not needed, then run again: it goes on from here",
                self.code
            )),
            ErrorKind::Throttled
            | ErrorKind::Unavailable
            | ErrorKind::Ambiguous
            | ErrorKind::NotYet
            | ErrorKind::NotFound
            | ErrorKind::InUse
            | ErrorKind::Conflict
            | ErrorKind::Invalid
            | ErrorKind::Unsupported
            | ErrorKind::Failed
            | ErrorKind::Journal
            | ErrorKind::Fenced
            | ErrorKind::Refused
            | _ => None,
        }
    }
}

/// One item of a call that succeeded for others: `Unsuccessful` in an answer with status 200.
pub(crate) fn item(operation: &str, effect: Effect, code: &str, message: &str) -> Error {
    // Status 200, but this item was refused: an unknown code is a refusal.
    Refusal { operation, effect, status: 400, code, message }.describe()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(operation: &str, effect: Effect, status: u16, code: &str) -> ErrorKind {
        Refusal { operation, effect, status, code, message: "" }.kind()
    }

    #[test]
    fn an_unknown_refusal_is_invalid_and_shows_its_code() {
        let error = item("CreateVpc", Effect::Make, "SomethingNew", "not like this");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.to_string(), "invalid: not like this [SomethingNew]");
    }

    #[test]
    fn a_server_error_on_a_mutation_is_ambiguous_and_on_a_look_unavailable() {
        for code in ["InternalError", "", "NeverHeardOf"] {
            assert_eq!(kind("CreateVpc", Effect::Make, 500, code), ErrorKind::Ambiguous);
            assert_eq!(kind("DeleteVpc", Effect::Remove, 503, code), ErrorKind::Ambiguous);
            assert_eq!(kind("DescribeVpcs", Effect::None, 500, code), ErrorKind::Unavailable);
        }
    }

    #[test]
    fn throttling_says_that_nothing_happened_whatever_its_status() {
        assert_eq!(
            kind("CreateVpc", Effect::Make, 503, "RequestLimitExceeded"),
            ErrorKind::Throttled
        );
        assert_eq!(
            kind("CreateVpc", Effect::Make, 400, "Client.RequestLimitExceeded"),
            ErrorKind::Throttled
        );
    }

    #[test]
    fn a_missing_thing_is_not_yet_for_a_create_and_not_found_for_the_rest() {
        for code in ["InvalidVpcID.NotFound", "invalidvpcid.notfound"] {
            assert_eq!(kind("CreateSubnet", Effect::Make, 400, code), ErrorKind::NotYet);
            assert_eq!(kind("DeleteVpc", Effect::Remove, 400, code), ErrorKind::NotFound);
            assert_eq!(kind("DescribeVpcAttribute", Effect::None, 400, code), ErrorKind::NotFound);
        }
    }

    #[test]
    fn a_denial_names_the_action_and_what_to_do() {
        let error = item("CreateVpc", Effect::Make, "UnauthorizedOperation", "you may not");
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.what_next().is_some_and(|advice| advice.contains("allow CreateVpc")));
    }

    #[test]
    fn what_no_quota_raises_is_not_sought_in_service_quotas() {
        for code in ["TagLimitExceeded", "TooManyTags"] {
            let error = item("CreateTags", Effect::Make, code, "too many tags");
            assert_eq!(error.kind(), ErrorKind::Quota);
            let advice = error.what_next().expect("there is something to do");
            assert!(advice.contains("50 tags") && !advice.contains("Service Quotas"), "{advice}");
        }
        let full = item("CreateVpc", Effect::Make, "VpcLimitExceeded", "too many VPCs");
        assert!(full.what_next().is_some_and(|advice| advice.contains("Service Quotas")));
    }
}
