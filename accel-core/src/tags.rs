//! Ownership as tags: what every resource of ours says about itself, and how names and tokens derive from it.
//!
//! The cloud is the ledger: with every record of ours lost, these tags are enough to go on or to clean up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::backend::Request;
use crate::id::{
    AccountId, DeploymentId, Fingerprint, NodeName, Owner, Place, RemoteId, RunId, Side,
};
use crate::resource::Resource;

/// Tags of one resource.
pub type Tags = BTreeMap<String, String>;

/// The version of the meaning of our tags. A newer one is refused.
pub const SCHEMA: u32 = 1;

/// Which deployment.
pub const DEPLOYMENT: &str = "accel:deployment";
/// Which node.
pub const NODE: &str = "accel:node";
/// The kind of what the tags were written on: tags copied to something else do not agree.
pub const KIND: &str = "accel:kind";
/// What was asked.
pub const FINGERPRINT: &str = "accel:fingerprint";
/// Which run made it.
pub const RUN: &str = "accel:run";
/// Who ran that.
pub const BY: &str = "accel:by";
/// The version of these tags.
pub const TAG_SCHEMA: &str = "accel:schema";
/// All places of the deployment.
pub const PLACES: &str = "accel:places";
/// The accounts of the deployment, per side.
pub const ACCOUNTS: &str = "accel:accounts";
/// A choice of the topology that must stick.
pub const KEEP: &str = "accel:keep";
/// Whether the deployment is protected.
pub const PROTECTED: &str = "accel:protected";
/// The name that consoles show.
pub const NAME: &str = "Name";

/// What the tags of a run say beyond the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The run.
    pub run: RunId,
    /// Who runs it.
    pub by: String,
    /// All places of the deployment.
    pub places: Vec<Place>,
    /// The account of each side, as far as known.
    pub accounts: Vec<(Side, AccountId)>,
}

/// What the tags of a resource say, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// Whose it is.
    pub owner: Owner,
    /// The kind of what the tags were written on, in its written form.
    pub kind: String,
    /// The run that made it.
    pub run: Option<RunId>,
    /// Who ran that.
    pub by: Option<String>,
    /// The version of the tags.
    pub schema: u32,
    /// All places of its deployment.
    pub places: Vec<Place>,
    /// The accounts of its deployment.
    pub accounts: Vec<(Side, AccountId)>,
    /// The topology's note.
    pub keep: Option<String>,
    /// Whether it is protected.
    pub protected: bool,
}

/// The version of the tags, if it is not one that this accel knows: whatever else they say may mean something else.
pub(crate) fn unknown_schema(tags: &Tags) -> Option<&str> {
    let schema = tags.get(TAG_SCHEMA)?;
    let known = schema.parse().is_ok_and(|schema: u32| schema <= SCHEMA);
    (!known).then_some(schema)
}

impl Ownership {
    /// Reads tags; `None` if they are not complete enough to be ours.
    pub fn read(tags: &Tags) -> Option<Self> {
        let text = |key: &str| tags.get(key).map(String::as_str);
        Some(Self {
            owner: Owner {
                deployment: DeploymentId::parse(text(DEPLOYMENT)?).ok()?,
                node: NodeName::from(text(NODE)?),
                fingerprint: Fingerprint::parse(text(FINGERPRINT)?)?,
            },
            kind: text(KIND)?.to_owned(),
            run: text(RUN).map(RunId::from),
            by: text(BY).map(str::to_owned),
            schema: text(TAG_SCHEMA)?.parse().ok()?,
            places: text(PLACES).map(read_places).unwrap_or_default(),
            accounts: text(ACCOUNTS).map(read_accounts).unwrap_or_default(),
            keep: text(KEEP).map(str::to_owned),
            protected: text(PROTECTED) == Some("true"),
        })
    }
}

/// Tag values may hold letters, digits, spaces and `+ - = . _ : / @`; they have at most 256 characters.
/// Source: AWS, Tag your Amazon EC2 resources, tag restrictions.
pub(crate) fn fit(text: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || " +-=._:/@".contains(c) { c } else { '_' };
    text.chars().map(plain).take(256).collect()
}

pub(crate) fn for_create(request: &Request<'_>) -> Tags {
    let Request { owner, stamp, .. } = request;
    let mut tags = Tags::new();
    for carried in request.carried {
        if let Resource::ExtraTags(extra) = carried {
            tags.extend(extra.tags.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
    }
    tags.insert(DEPLOYMENT.into(), owner.deployment.to_string());
    tags.insert(NODE.into(), owner.node.to_string());
    tags.insert(KIND.into(), request.kind().to_string());
    tags.insert(FINGERPRINT.into(), owner.fingerprint.to_string());
    tags.insert(RUN.into(), stamp.run.to_string());
    tags.insert(BY.into(), fit(&stamp.by));
    tags.insert(TAG_SCHEMA.into(), SCHEMA.to_string());
    tags.insert(PLACES.into(), write_places(&stamp.places));
    tags.insert(ACCOUNTS.into(), write_accounts(&stamp.accounts));
    tags.entry(NAME.into()).or_insert_with(|| fit(&format!("{}/{}", owner.deployment, owner.node)));
    if let Some(keep) = request.keep {
        tags.insert(KEEP.into(), fit(keep));
    }
    tags
}

fn write_places(places: &[Place]) -> String {
    let words: Vec<String> = places.iter().map(|p| format!("{}={}", p.side, p.region)).collect();
    words.join(" ")
}

fn read_side(text: &str) -> Option<Side> {
    match text {
        "service" => Some(Side::Service),
        "entry" => Some(Side::Entry),
        _ => None,
    }
}

fn read_places(text: &str) -> Vec<Place> {
    text.split(' ')
        .filter_map(|word| word.split_once('='))
        .filter_map(|(side, region)| Some(Place::new(read_side(side)?, region)))
        .collect()
}

fn write_accounts(accounts: &[(Side, AccountId)]) -> String {
    let words: Vec<String> =
        accounts.iter().map(|(side, account)| format!("{side}={account}")).collect();
    words.join(" ")
}

fn read_accounts(text: &str) -> Vec<(Side, AccountId)> {
    text.split(' ')
        .filter_map(|word| word.split_once('='))
        .filter_map(|(side, account)| Some((read_side(side)?, AccountId::from(account))))
        .collect()
}

/// Thirty-two hexadecimal digits from everything that makes a create the same create.
pub(crate) fn digest<'a>(
    owner: &Owner,
    inputs: impl Iterator<Item = &'a RemoteId>,
    attempt: u32,
) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    hash.update(owner.deployment.as_str());
    hash.update([0]);
    hash.update(owner.node.as_str());
    hash.update([0]);
    hash.update(owner.fingerprint.to_string());
    for id in inputs {
        hash.update([0]);
        hash.update(id.as_str());
    }
    hash.update([0]);
    hash.update(attempt.to_be_bytes());
    let mut text = String::with_capacity(32);
    for byte in &hash.finalize()[..16] {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text
}

/// `accel-`, as much of the deployment's name as fits, and twelve digits of the token: 32 characters at most.
///
/// Load balancers and target groups take at most 32 characters, letters, digits and hyphens, and no hyphen at either end.
/// Source: `CreateLoadBalancer`, `CreateTargetGroup`.
pub(crate) fn derived_name(owner: &Owner, token: &str) -> String {
    let deployment: String = owner.deployment.as_str().chars().take(13).collect();
    format!("accel-{}-{}", deployment.trim_end_matches('-'), &token[..12])
}
