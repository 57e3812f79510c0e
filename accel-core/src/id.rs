//! Names and ids: small, cheap to clone, checked where they come from outside.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::resource::Kind;

/// Why a text is not a valid name or id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {text:?}: {why}")]
pub struct InvalidName {
    what: &'static str,
    text: String,
    why: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

name! {
    /// A node's name: stable, for people, unique in its deployment (`entry.subnet.ap-southeast-1a`).
    NodeName
}
name! {
    /// A cloud region (`ap-southeast-1`).
    Region
}
name! {
    /// An availability zone (`ap-southeast-1a`).
    Zone
}
name! {
    /// The account that pays and owns (twelve digits on AWS).
    AccountId
}
name! {
    /// One run of one deployer; sorts by the time it began.
    RunId
}

impl RunId {
    /// A new run id: a version 7 UUID.
    pub fn fresh() -> Self {
        Self::new(uuid::Uuid::now_v7().to_string())
    }
}

impl Region {
    /// The partition that the region lies in: `aws`, `aws-cn`, `aws-us-gov`.
    ///
    /// Source: region names of the partitions, AWS General Reference. A region that is not known is taken to be in `aws`.
    pub fn partition(&self) -> &'static str {
        match self.as_str() {
            name if name.starts_with("cn-") => "aws-cn",
            name if name.starts_with("us-gov-") => "aws-us-gov",
            name if name.starts_with("us-iso") || name.starts_with("eu-isoe") => "aws-iso",
            name if name.starts_with("eusc-") => "aws-eusc",
            _ => "aws",
        }
    }
}

impl Zone {
    /// The letter at the end of the zone's name, if the name is a region's name and one letter.
    ///
    /// Local and wavelength zones (`us-west-2-lax-1a`) have none for our purposes: they hold neither load balancers nor endpoints.
    pub fn letter_in(&self, region: &Region) -> Option<char> {
        let mut rest = self.as_str().strip_prefix(region.as_str())?.chars();
        let letter = rest.next()?;
        (letter.is_ascii_lowercase() && rest.next().is_none()).then_some(letter)
    }
}

/// The name of one deployment: 1 to 32 characters of `a-z`, `0-9` and `-`.
///
/// ```
/// use accel_core::DeploymentId;
/// assert!(DeploymentId::parse("sagemaker-jakarta").is_ok());
/// assert!(DeploymentId::parse("Sagemaker").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeploymentId(Arc<str>);

impl DeploymentId {
    /// Checks the length and the characters.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let fail = |why| Err(InvalidName { what: "deployment name", text: text.to_owned(), why });
        if text.is_empty() || text.len() > 32 {
            return fail("must have 1 to 32 characters");
        }
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return fail("may hold only a-z, 0-9 and '-'");
        }
        if text.starts_with('-') || text.ends_with('-') {
            return fail("must begin and end with a letter or a digit");
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DeploymentId {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::parse(&text)
    }
}

impl From<DeploymentId> for String {
    fn from(id: DeploymentId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which end of the lane: where the service is, or where the clients come in.
///
/// A side, not a region, decides which account and credentials are used: both sides may lie in one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Where the service endpoint is.
    Service,
    /// Where the clients connect.
    Entry,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Service => "service",
            Self::Entry => "entry",
        })
    }
}

/// A side in a region: what one set of credentials and one API endpoint serve.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The side.
    pub side: Side,
    /// The region.
    pub region: Region,
}

impl Place {
    /// A place from its parts.
    pub fn new(side: Side, region: impl Into<Region>) -> Self {
        Self { side, region: region.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.region, self.side)
    }
}

/// The provider's id of one thing, with what is needed to reach it.
///
/// The text is opaque to the core. Kinds without an id of their own get a composite (`rtb-1/10.1.0.0/16`), which only their backend
/// writes and reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RemoteId {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Where it is.
    pub place: Place,
    id: Arc<str>,
}

impl RemoteId {
    /// An id from its parts.
    pub fn new(kind: Kind, place: Place, id: impl Into<Arc<str>>) -> Self {
        Self { kind, place, id: id.into() }
    }

    /// The provider's text.
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// Whether both name the same thing, seen from whichever place.
    pub fn same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.id == other.id
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.id)
    }
}

/// A hash of what was asked for a node, and of what the node refers to. Sixteen hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// Reads the sixteen digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a fingerprint is sixteen hexadecimal digits")
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whose a resource is: deployment, node, and what was asked for that node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The node in it.
    pub node: NodeName,
    /// What was asked.
    pub fingerprint: Fingerprint,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.deployment, self.node, self.fingerprint)
    }
}
