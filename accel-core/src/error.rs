//! One error with a kind. The kind answers two questions: did the call take effect, and who can fix it?

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{NodeName, Place};

/// The result of a backend's call or of the engine.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as far as somebody must act differently on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// Too many calls; nothing happened. Time fixes it, and every caller of that API slows down.
    Throttled,
    /// Refused before any work; nothing happened. Time fixes it.
    Unavailable,
    /// No answer, or one that does not say whether the call took effect. A look settles it.
    Ambiguous,
    /// An input is not visible yet, or a thing is not in the right state yet; nothing happened.
    NotYet,
    /// The thing does not exist.
    NotFound,
    /// Something still holds it; nothing happened.
    InUse,
    /// Something that exists already is in the way, or a token was used for something else; nothing happened. A look tells whose it is.
    Conflict,
    /// A limit of the account is reached; nothing happened. A person raises it.
    Quota,
    /// The caller may not do this; nothing happened. A person changes the permissions.
    Denied,
    /// The caller's credentials have expired; nothing happened. A person renews them.
    Expired,
    /// The request is wrong, or the provider itself protects the thing; nothing happened. A person corrects it.
    Invalid,
    /// The backend cannot do this; nothing happened.
    Unsupported,
    /// Accepted, and then given up by the provider: the thing exists, broken.
    Failed,
    /// The journal could not be written or read; nothing was called without it.
    Journal,
    /// Another deployer has taken the deployment over, or holds it.
    Fenced,
    /// A deployment, account, region or consent is not what the caller said; nothing was called.
    Refused,
}

impl ErrorKind {
    /// What a person does about an error of this kind when nothing more is known.
    fn what_next(self) -> &'static str {
        match self {
            Self::Quota => "raise the quota or remove what is not needed, then run again",
            Self::Denied => "allow this action for the caller, then run again",
            Self::Expired => "renew the credentials, then run again: it goes on from here",
            Self::Invalid | Self::NotFound => {
                "correct the spec, or what it refers to, then run again"
            }
            Self::Unsupported => "use a backend that can do this, or leave it out of the spec",
            Self::Conflict => {
                "remove what is in the way, or choose another name or block, then run again"
            }
            Self::InUse => "remove what holds it, then run again",
            Self::Throttled | Self::Unavailable | Self::Ambiguous | Self::NotYet => {
                "run again when the cloud answers: it goes on from here"
            }
            Self::Failed | Self::Journal | Self::Fenced | Self::Refused => {
                "look at the reason, then run again"
            }
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Ambiguous => "ambiguous",
            Self::NotYet => "not yet",
            Self::NotFound => "not found",
            Self::InUse => "in use",
            Self::Conflict => "conflict",
            Self::Quota => "quota",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
            Self::Unsupported => "unsupported",
            Self::Failed => "failed",
            Self::Journal => "journal",
            Self::Fenced => "fenced",
            Self::Refused => "refused",
        })
    }
}

/// What went wrong, where, and what to do next. One line in `Display`.
///
/// ```
/// use accel_core::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::Quota, "the region has no room for another VPC")
///     .code("VpcLimitExceeded")
///     .advice("raise the VPC quota, then run deploy again");
/// assert_eq!(error.kind(), ErrorKind::Quota);
/// assert_eq!(
///     error.to_string(),
///     "quota: the region has no room for another VPC [VpcLimitExceeded]; raise the VPC quota, then run deploy again"
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Inner {
    kind: ErrorKind,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<NodeName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Error {
    /// An error of a kind. The message is a lower-case fragment without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            code: None,
            request_id: None,
            operation: None,
            node: None,
            place: None,
            advice: None,
        }))
    }

    /// With the provider's own code, as it came.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// With the provider's request id.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// With the operation that was called (`CreateVpc`).
    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.0.operation = Some(operation.into());
        self
    }

    /// With the node that it is about.
    #[must_use]
    pub fn node(mut self, node: NodeName) -> Self {
        self.0.node = Some(node);
        self
    }

    /// With the place that it happened in.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// With what a person should do next.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    /// With the node and place, unless it names some already.
    pub(crate) fn about_if_unknown(mut self, node: &NodeName, place: &Place) -> Self {
        self.0.node.get_or_insert_with(|| node.clone());
        self.0.place.get_or_insert_with(|| place.clone());
        self
    }

    /// With what to do next, unless somebody who knows more has said it.
    pub(crate) fn advised(mut self) -> Self {
        let kind = self.0.kind;
        self.0.advice.get_or_insert_with(|| kind.what_next().to_owned());
        self
    }

    /// With more to its message.
    pub(crate) fn with_more(mut self, more: &str) -> Self {
        if !more.is_empty() {
            self.0.message.push_str("; ");
            self.0.message.push_str(more);
        }
        self
    }

    /// "Not yet" that has lasted longer than anything can stay hidden.
    pub(crate) fn invalid_after_window(mut self) -> Self {
        self.0.kind = ErrorKind::Invalid;
        self
    }

    /// What kind of error it is: the only thing to match on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message alone.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The provider's code, if one came.
    pub fn provider_code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The node that it is about, if one is known.
    pub fn about(&self) -> Option<&NodeName> {
        self.0.node.as_ref()
    }

    /// What a person should do next, if somebody knows.
    pub fn what_next(&self) -> Option<&str> {
        self.0.advice.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(node) = &inner.node {
            write!(f, "{node}: ")?;
        }
        if let Some(operation) = &inner.operation {
            write!(f, "{operation}")?;
            match &inner.place {
                Some(place) => write!(f, " in {place}: ")?,
                None => write!(f, ": ")?,
            }
        }
        write!(f, "{}: {}", inner.kind, inner.message)?;
        match (&inner.code, &inner.request_id) {
            (Some(code), Some(id)) => write!(f, " [{code}, request {id}]")?,
            (Some(code), None) => write!(f, " [{code}]")?,
            (None, Some(id)) => write!(f, " [request {id}]")?,
            (None, None) => {}
        }
        if let Some(advice) = &inner.advice {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::error::Error for Error {}

/// One thing wrong with a spec, with the path of the field: reported all at once, before the first call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The path of the field in the spec (`services[1].name`).
    pub path: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem with a field.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
