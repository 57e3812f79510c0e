//! Ownership as tags: what every resource of ours says about itself, and how names and tokens derive from it.
//!
//! The cloud is the ledger: with every record of ours lost, these tags are enough to go on or to clean up.

use std::collections::{BTreeMap, btree_map};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::backend::Request;
use crate::graph::To;
use crate::id::{
    AccountId, DeploymentId, Fingerprint, NodeName, Owner, Place, RemoteId, RunId, Side,
};
use crate::resource::{Describe, Resource};

/// Tags of one resource. Clones share one map until one of them is changed: a listing of what exists copies no text.
///
/// ```
/// use accel_core::tags::Tags;
///
/// let mut tags = Tags::from([("team".to_owned(), "lanes".to_owned())]);
/// let before = tags.clone();
/// tags.insert("team".to_owned(), "roads".to_owned());
/// assert_eq!(before["team"], "lanes");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(Arc<BTreeMap<String, String>>);

impl Tags {
    /// No tags.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Deref for Tags {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Tags {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl From<BTreeMap<String, String>> for Tags {
    fn from(tags: BTreeMap<String, String>) -> Self {
        Self(Arc::new(tags))
    }
}

impl<const N: usize> From<[(String, String); N]> for Tags {
    fn from(tags: [(String, String); N]) -> Self {
        BTreeMap::from(tags).into()
    }
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(tags: I) -> Self {
        BTreeMap::from_iter(tags).into()
    }
}

impl IntoIterator for Tags {
    type Item = (String, String);
    type IntoIter = btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Tags {
    type Item = (&'a String, &'a String);
    type IntoIter = btree_map::Iter<'a, String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

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
/// What it stands in, if that is not ours: the provider's id of what it refers to first.
pub const WITHIN: &str = "accel:within";
/// What the keys of receipts begin with: one for each thing of ours that can carry no tags and stands in what is not ours.
pub const RECEIPT: &str = "accel:receipt:";
/// The value of a receipt where nothing was before.
pub const NOTHING_BEFORE: &str = "-";
/// Whether the deployment is protected.
pub const PROTECTED: &str = "accel:protected";
/// The name that consoles show.
pub const NAME: &str = "Name";

/// The keys of all tags that one resource may carry for accel's sake, beside receipts.
pub(crate) const OWN: [&str; 13] = [
    DEPLOYMENT,
    NODE,
    KIND,
    FINGERPRINT,
    RUN,
    BY,
    TAG_SCHEMA,
    PLACES,
    ACCOUNTS,
    KEEP,
    WITHIN,
    PROTECTED,
    NAME,
];

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

/// What the tags of a resource say, read back. Text that only some readers want stays in the tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership<'a> {
    /// Whose it is.
    pub owner: Owner,
    /// The kind of what the tags were written on, in its written form.
    pub kind: &'a str,
    /// The run that made it.
    pub run: Option<RunId>,
    /// Who ran that.
    pub by: Option<&'a str>,
    /// The version of the tags.
    pub schema: u32,
    /// The topology's note.
    pub keep: Option<&'a str>,
    /// What it stands in, if that is not ours.
    pub within: Option<&'a str>,
    /// Whether it is protected.
    pub protected: bool,
    places: &'a str,
    accounts: &'a str,
}

/// The version of the tags, if it is not one that this accel knows: whatever else they say may mean something else.
pub(crate) fn unknown_schema(tags: &Tags) -> Option<&str> {
    let schema = tags.get(TAG_SCHEMA)?;
    let known = schema.parse().is_ok_and(|schema: u32| schema <= SCHEMA);
    (!known).then_some(schema)
}

/// The values of our tags as they are written.
#[derive(Default)]
struct Text<'a> {
    deployment: Option<&'a str>,
    node: Option<&'a str>,
    kind: Option<&'a str>,
    fingerprint: Option<&'a str>,
    run: Option<&'a str>,
    by: Option<&'a str>,
    schema: Option<&'a str>,
    places: Option<&'a str>,
    accounts: Option<&'a str>,
    keep: Option<&'a str>,
    within: Option<&'a str>,
    protected: Option<&'a str>,
}

impl<'a> Text<'a> {
    /// One walk over the tags: every listing reads them all, and a search for each key costs several times as much.
    fn of(tags: &'a Tags) -> Self {
        let mut text = Self::default();
        for (key, value) in tags {
            let field = match key.as_str() {
                DEPLOYMENT => &mut text.deployment,
                NODE => &mut text.node,
                KIND => &mut text.kind,
                FINGERPRINT => &mut text.fingerprint,
                RUN => &mut text.run,
                BY => &mut text.by,
                TAG_SCHEMA => &mut text.schema,
                PLACES => &mut text.places,
                ACCOUNTS => &mut text.accounts,
                KEEP => &mut text.keep,
                WITHIN => &mut text.within,
                PROTECTED => &mut text.protected,
                _ => continue,
            };
            *field = Some(value.as_str());
        }
        text
    }
}

impl<'a> Ownership<'a> {
    /// Reads tags; `None` if they are not complete enough to be ours.
    pub fn read(tags: &'a Tags) -> Option<Self> {
        let text = Text::of(tags);
        Some(Self {
            owner: Owner {
                deployment: DeploymentId::parse(text.deployment?).ok()?,
                node: NodeName::from(text.node?),
                fingerprint: Fingerprint::parse(text.fingerprint?)?,
            },
            kind: text.kind?,
            run: text.run.map(RunId::from),
            by: text.by,
            schema: text.schema?.parse().ok()?,
            keep: text.keep,
            within: text.within,
            protected: text.protected == Some("true"),
            places: text.places.unwrap_or_default(),
            accounts: text.accounts.unwrap_or_default(),
        })
    }

    /// All places of its deployment.
    pub fn places(&self) -> impl Iterator<Item = Place> + use<'a> {
        read_pairs(self.places).map(|(side, region)| Place::new(side, region))
    }

    /// The accounts of its deployment.
    pub fn accounts(&self) -> impl Iterator<Item = (Side, AccountId)> + use<'a> {
        read_pairs(self.accounts).map(|(side, account)| (side, AccountId::from(account)))
    }

    /// Whether its deployment can have something in a place; tags that name no place exclude none.
    pub fn admits(&self, place: &Place) -> bool {
        let mut places = read_pairs(self.places).peekable();
        places.peek().is_none()
            || places.any(|(side, region)| side == place.side && region == place.region.as_str())
    }
}

/// Tag values may hold letters, digits, spaces and `+ - = . _ : / @`; they have at most 256 characters.
/// Source: AWS, Tag your Amazon EC2 resources, tag restrictions.
pub(crate) fn fit(text: &str) -> String {
    let plain = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '+' | '-' | '=' | '.' | '_' | ':' | '/' | '@' => {
            c
        }
        _ => '_',
    };
    let mut fitting = String::with_capacity(text.len().min(256));
    fitting.extend(text.chars().map(plain).take(256));
    fitting
}

pub(crate) fn for_create(request: &Request<'_>) -> Tags {
    let Request { owner, stamp, .. } = request;
    let mut tags = BTreeMap::new();
    for carried in request.carried {
        if let Resource::ExtraTags(extra) = carried {
            tags.extend(extra.tags.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
    }
    let mut put = |key: &str, value: String| tags.insert(key.to_owned(), value);
    put(DEPLOYMENT, owner.deployment.as_str().to_owned());
    put(NODE, owner.node.as_str().to_owned());
    put(KIND, request.kind().name().to_owned());
    put(FINGERPRINT, owner.fingerprint.to_string());
    put(RUN, stamp.run.as_str().to_owned());
    put(BY, fit(&stamp.by));
    put(TAG_SCHEMA, SCHEMA.to_string());
    put(PLACES, write_pairs(stamp.places.iter().map(|place| (place.side, place.region.as_str()))));
    put(
        ACCOUNTS,
        write_pairs(stamp.accounts.iter().map(|(side, account)| (*side, account.as_str()))),
    );
    if let Some(keep) = request.keep {
        put(KEEP, fit(keep));
    }
    if let Some(parent) = foreign_parent(request.resource) {
        put(WITHIN, fit(parent.as_str()));
    }
    let name = || fit(&format!("{}/{}", owner.deployment, owner.node));
    tags.entry(NAME.to_owned()).or_insert_with(name);
    tags.into()
}

/// What a resource refers to first, if that exists already and is not ours.
fn foreign_parent(resource: &Resource) -> Option<RemoteId> {
    let mut first = None;
    resource.clone().refs(&mut |link| {
        first.get_or_insert(link.to.clone());
    });
    match first? {
        To::Existing(id) => Some(id),
        To::Node(_) => None,
    }
}

/// The tag by which something of ours says that a thing that can carry no tags (a route, an association) is ours too, though it stands
/// in what is not: where it stands, and what was there before. Without it, nobody could tell it from what the network's owner made.
///
/// ```
/// use accel_core::tags;
///
/// let (key, value) = tags::receipt("rtb-1", Some("0.0.0.0/0"), Some("igw-1"));
/// assert_eq!((key.as_str(), value.as_str()), ("accel:receipt:rtb-1/0.0.0.0/0", "igw-1"));
/// assert_eq!(tags::receipt("subnet-1", None, None).1, tags::NOTHING_BEFORE);
/// ```
pub fn receipt(parent: &str, key: Option<&str>, before: Option<&str>) -> (String, String) {
    let value = before.unwrap_or(NOTHING_BEFORE).to_owned();
    (format!("{RECEIPT}{}", receipt_place(parent, key)), value)
}

/// Where a thing stands, as receipts say it: its parent, and its natural key there.
pub fn receipt_place(parent: &str, key: Option<&str>) -> String {
    key.map_or_else(|| parent.to_owned(), |key| format!("{parent}/{key}"))
}

/// The receipts among the tags of something of ours: each place, and what was there before.
pub fn receipts(tags: &Tags) -> impl Iterator<Item = (&str, &str)> {
    let from = tags.range(RECEIPT.to_owned()..);
    from.map_while(|(key, before)| Some((key.strip_prefix(RECEIPT)?, before.as_str())))
}

fn write_pairs<'a>(pairs: impl Iterator<Item = (Side, &'a str)>) -> String {
    let mut text = String::new();
    for (side, value) in pairs {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(side_word(side));
        text.push('=');
        text.push_str(value);
    }
    text
}

fn read_pairs(text: &str) -> impl Iterator<Item = (Side, &str)> {
    text.split(' ').filter_map(|word| {
        let (word, value) = word.split_once('=')?;
        let side =
            [Side::Service, Side::Entry].into_iter().find(|side| side_word(*side) == word)?;
        Some((side, value))
    })
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Service => "service",
        Side::Entry => "entry",
    }
}

/// Thirty-two hexadecimal digits from everything that makes a create the same create.
pub(crate) fn digest<'a>(
    owner: &Owner,
    inputs: impl Iterator<Item = &'a RemoteId>,
    attempt: u32,
) -> String {
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
    let first = hash.finalize()[..16].try_into().expect("a digest has 32 bytes");
    format!("{:032x}", u128::from_be_bytes(first))
}

/// `accel-`, as much of the deployment's name as fits, and twelve digits of the token: 32 characters at most.
///
/// Load balancers and target groups take at most 32 characters, letters, digits and hyphens, and no hyphen at either end.
/// Source: `CreateLoadBalancer`, `CreateTargetGroup`.
pub(crate) fn derived_name(owner: &Owner, token: &str) -> String {
    format!("{}{}", name_prefix(&owner.deployment), &token[..12])
}

/// How every derived name of a deployment begins, for providers whose lists know names and no tags. Two deployments whose names begin
/// alike may share it: only tags tell whose a thing is.
pub fn name_prefix(deployment: &DeploymentId) -> String {
    let deployment: String = deployment.as_str().chars().take(13).collect();
    format!("accel-{}-", deployment.trim_end_matches('-'))
}
