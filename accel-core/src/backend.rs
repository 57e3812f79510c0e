//! The contract between the engine and a cloud.
//!
//! A backend translates; it decides nothing. It never retries, never waits and holds no policy. Each sentence of the trait's
//! documentation is the name of a test in the conformance suite, which any implementation can run.

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::graph::{NodeId, Ref, To};
use crate::id::{AccountId, DeploymentId, Owner, Place, Region, RemoteId, Side, Zone};
pub use crate::network::{
    Before, Network, NetworkEndpoint, NetworkNat, NetworkRoute, NetworkSubnet, NetworkTable,
};
use crate::resource::{Attributes, Describe, Health, Kind, Resource};
use crate::tags::{self, Stamp, Tags};

/// A cloud that can hold the resources of [`crate::resource`].
///
/// # Contract
/// * Every verb makes its calls once: the engine owns all retries, so a provider's own must be switched off.
/// * No verb waits for a state: the engine owns all waiting.
/// * An error says by its kind whether the call took effect ([`crate::ErrorKind`]). When in doubt it is `Ambiguous`.
/// * A kind that the backend does not know is `Unsupported`.
///
/// There are no default bodies: a wrapper that forgets a verb does not compile.
#[cfg_attr(feature = "mockall", mockall::automock)]
#[async_trait]
pub trait NetworkBackend: fmt::Debug + Send + Sync {
    /// A short stable name (`aws`, `sim`): written to the journal, and checked when a run goes on.
    fn name(&self) -> &'static str;

    /// What the cloud offers for planning. What cannot be asked is listed as not checked, never an error.
    async fn offer(&self, query: &OfferQuery) -> Result<Offer>;

    /// Starts making it and returns as soon as it has an id: exactly one mutating call. Whatever can carry tags carries
    /// [`Request::tags`] from that call on. For a setting: sets the value.
    async fn create<'a>(&self, request: Request<'a>) -> Result<RemoteId>;

    /// What an earlier create of this same request made, if anything: by tags, name or natural key, with equal content. For a
    /// setting: its id if the value is already so. What is deleting, failed or gone is not found.
    async fn find<'a>(&self, request: Request<'a>) -> Result<Option<RemoteId>>;

    /// The phase of each, now, in the order asked; one that has vanished does not spoil the others. A target that is ready says its
    /// health too.
    async fn read<'a>(&self, items: &[ReadItem<'a>]) -> Vec<Result<Phase>>;

    /// Starts removing it. Removing what is gone succeeds. A setting has nothing to remove, but for the other side of a peering
    /// connection, where it deletes the connection from that side.
    async fn delete(&self, id: &RemoteId) -> Result<()>;

    /// Everything in the place that carries the deployment's tags, with its phase and the ids it refers to, and the untagged children
    /// of such things, found from either end. What is gone, or can only age out, is left out. Kinds that are not asked for may be left
    /// out where that saves calls.
    async fn list<'a>(&self, scope: Scope<'a>) -> Result<Listing>;

    /// The provider's ids of what a list of these kinds would begin from, in as few calls as can be: of everything in the place that
    /// carries the deployment's tags, but for what lies under a load balancer. It may show more (what is gone and has left a trace,
    /// what only bears a name like ours), never less.
    async fn glance<'a>(&self, scope: Scope<'a>) -> Result<BTreeSet<String>>;

    /// What still holds it; asked only when "in use" persists.
    async fn blockers(&self, id: &RemoteId) -> Result<Vec<Blocker>>;
}

/// What a node's references have become.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inputs<'a> {
    bound: &'a [(NodeId, Bound)],
}

/// What one node has become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The provider's id.
    pub id: RemoteId,
    /// What is known of it, once it is ready.
    pub attributes: Option<Attributes>,
}

impl<'a> Inputs<'a> {
    /// The inputs of a request.
    pub fn new(bound: &'a [(NodeId, Bound)]) -> Self {
        Self { bound }
    }

    fn bound(&self, node: NodeId) -> Option<&'a Bound> {
        self.bound.iter().find(|(id, _)| *id == node).map(|(_, bound)| bound)
    }

    /// The id that a reference has become.
    ///
    /// # Panics
    /// If the referred node does not exist yet: the engine asks for nothing before its references exist.
    pub fn id<K>(&self, reference: &Ref<K>) -> RemoteId {
        match reference.to() {
            To::Node(node) => self.bound(*node).expect("what a node refers to exists").id.clone(),
            To::Existing(id) => id.clone(),
        }
    }

    /// What is known of what a reference has become, if it is ready.
    pub fn attributes<K>(&self, reference: &Ref<K>) -> Option<&'a Attributes> {
        match reference.to() {
            To::Node(node) => self.bound(*node).and_then(|bound| bound.attributes.as_ref()),
            To::Existing(_) => None,
        }
    }

    /// All ids, in the order of the references.
    pub fn ids(&self) -> impl Iterator<Item = &'a RemoteId> + use<'a> {
        self.bound.iter().map(|(_, bound)| &bound.id)
    }
}

/// What is asked for one node, with everything that a backend needs to ask it of a cloud.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Whose it is.
    pub owner: &'a Owner,
    /// Where it is made.
    pub place: &'a Place,
    /// What is asked.
    pub resource: &'a Resource,
    /// What its references have become.
    pub inputs: Inputs<'a>,
    /// First values of settings that this create carries; in no token and no name.
    pub carried: &'a [Resource],
    /// The run, its caller and the deployment's places: what the tags say beyond the owner.
    pub stamp: &'a Stamp,
    /// The topology's note about a choice that must stick.
    pub keep: Option<&'a str>,
    /// How many objects of this request are known to be dead: raises token and name.
    pub attempt: u32,
}

impl Request<'_> {
    /// The token for a provider that recognises one: 32 hexadecimal digits from owner, inputs and attempt.
    pub fn token(&self) -> String {
        tags::digest(self.owner, self.inputs.ids(), self.attempt)
    }

    /// A name that is unique where names must be: at most 32 characters of `a-z`, `0-9` and `-`, from the same things as the token. No
    /// content: neither `find` nor `read` compares it, for without records nobody knows the attempt that is in it.
    pub fn name(&self) -> String {
        tags::derived_name(self.owner, &self.token())
    }

    /// The tags of a create: ownership, a `Name` for people, the kept note, and the user's own.
    pub fn tags(&self) -> Tags {
        tags::for_create(self)
    }
}

/// One thing to read, with its request where the answer shall say how it differs.
#[derive(Debug, Clone, Copy)]
pub struct ReadItem<'a> {
    /// What to read.
    pub id: &'a RemoteId,
    /// What was asked for it.
    pub request: Option<Request<'a>>,
}

/// Where a remote resource is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Being made.
    Pending,
    /// Waits for somebody who is not us.
    Waiting {
        /// Who must do what.
        on: String,
    },
    /// There, with all its attributes.
    Ready(Ready),
    /// Accepted, and then given up.
    Failed {
        /// Why, in the provider's words.
        why: String,
    },
    /// Being removed; its interfaces may outlive its own entry, and it is deleting until they are gone too. What is new may look the same
    /// where its interfaces come to light before it does, so without a delete one such look proves nothing.
    Deleting,
    /// Not there, or only a trace that ages out.
    Gone,
}

/// What is known of what is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Its attributes.
    pub attributes: Attributes,
    /// How it differs from what was asked, if that was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<Difference>,
    /// A weakness that does not stop anything (an impaired load balancer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// Of a target, whether it answers. No difference from what was asked: nothing is made anew for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

impl Phase {
    /// Whether it answers, of what is ready and checked.
    pub fn health(&self) -> Option<&Health> {
        match self {
            Self::Ready(ready) => ready.health.as_ref(),
            Self::Pending
            | Self::Waiting { .. }
            | Self::Failed { .. }
            | Self::Deleting
            | Self::Gone => None,
        }
    }
}

impl Ready {
    /// Ready, as asked.
    pub fn new(attributes: Attributes) -> Self {
        Self { attributes, differs: Vec::new(), warning: None, health: None }
    }
}

/// One way in which a resource is not as asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The field.
    pub field: String,
    /// What was asked.
    pub asked: String,
    /// What is.
    pub is: String,
}

/// What to look for, and where.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Whose things.
    pub deployment: &'a DeploymentId,
    /// Where.
    pub place: &'a Place,
    /// Which kinds.
    pub kinds: &'a [Kind],
}

impl<'a> Scope<'a> {
    /// Every kind.
    pub fn all(deployment: &'a DeploymentId, place: &'a Place) -> Self {
        Self { deployment, place, kinds: Kind::ALL }
    }

    /// Whether one of these kinds is looked for.
    pub fn wants(&self, kinds: &[Kind]) -> bool {
        self.kinds.iter().any(|kind| kinds.contains(kind))
    }
}

/// What a place holds of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Resources of known kinds.
    pub found: Vec<Found>,
    /// Tagged things of kinds that accel does not know: reported, never touched.
    pub unknown: Vec<String>,
}

/// One thing that carries a deployment's tags, or a child of such a thing that does not carry them: what can carry no tags, and what
/// others have put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is, and where.
    pub id: RemoteId,
    /// All its tags; empty for what cannot carry any.
    pub tags: Tags,
    /// Where it is in its life.
    pub phase: Phase,
    /// The ids that the cloud says it refers to.
    pub refs: Vec<RemoteId>,
    /// Its natural key under its parent (a route's destination, a rule's content, a target's address and port), as
    /// [`Describe::key`] would say it. None where a listing does not tell it (the service of somebody else's endpoint).
    pub key: Option<String>,
}

/// What still holds a resource that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Blocker {
    /// The provider's id.
    pub id: String,
    /// What it is, for people (`network interface of load balancer net/x/1`).
    pub what: String,
    /// The deployment that it belongs to, if it carries our tags.
    pub deployment: Option<String>,
    /// How long such a thing usually stays, in seconds, if it goes by itself.
    pub usual_secs: Option<u32>,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.what)?;
        if let Some(secs) = self.usual_secs {
            write!(f, ", usually gone within {secs} s")?;
        }
        Ok(())
    }
}

/// What planning needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferQuery {
    /// The deployment's places: who calls there.
    pub places: Vec<Place>,
    /// Places whose zones matter, beside those of a service.
    #[serde(default)]
    pub zones: Vec<Place>,
    /// Services wanted: short names (`sagemaker.runtime`) or full ones (`com.amazonaws.REGION.sagemaker.runtime`), each where it is.
    pub services: Vec<(Place, String)>,
    /// Networks that exist, by the provider's id: what is in them.
    #[serde(default)]
    pub networks: Vec<(Place, String)>,
    /// What may have to be made, and where: its limits, their use and the guard rails that would stop it. Asked only when something is
    /// to be made, for it costs as many calls as all the rest.
    #[serde(default)]
    pub room: Vec<(Place, Kind)>,
}

/// What a cloud offers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Who calls, per side.
    pub callers: Vec<(Side, Caller)>,
    /// The services that were found.
    pub services: Vec<ServiceOffer>,
    /// Zones that can hold load balancers and subnets, per place, in the cloud's order.
    pub zones: Vec<(Place, Vec<Zone>)>,
    /// The networks that were asked for and exist.
    #[serde(default)]
    pub networks: Vec<Network>,
    /// Limits and their use.
    pub quotas: Vec<Quota>,
    /// Guard rails of the account, per place; which of them stops what, a topology knows.
    pub guards: Vec<(Place, Guard)>,
    /// Regions that the account has not opted into.
    pub closed_regions: Vec<Region>,
    /// The API endpoint, if it is not the provider's own: named before the first call.
    pub endpoint: Option<String>,
    /// What could not be checked, and why.
    pub not_checked: Vec<String>,
}

/// What an account keeps from all its networks in a region, whatever stands in them. Source: Block public access to VPCs and subnets,
/// Amazon VPC user guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// Nothing comes in from the internet; what goes out through NAT gateways does.
    BlockIngress,
    /// Nothing comes in, and nothing goes out.
    BlockBidirectional,
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BlockIngress => "VPC Block Public Access is block-ingress",
            Self::BlockBidirectional => "VPC Block Public Access is block-bidirectional",
        })
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The partition of the credentials.
    pub partition: String,
    /// The identity (an ARN on AWS).
    pub identity: String,
}

/// One service that can have an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceOffer {
    /// The name as it was asked for.
    pub asked: String,
    /// The full name.
    pub full_name: String,
    /// Where.
    pub place: Place,
    /// Zones in which it can have an endpoint.
    pub zones: Vec<Zone>,
    /// Host names that clients use; a leading `*.` stands for any one label.
    pub hosts: Vec<String>,
    /// Whether an endpoint of it can have a policy.
    pub policy_supported: bool,
    /// Whether it can have a gateway endpoint.
    #[serde(default)]
    pub gateway: bool,
}

/// A limit of an account in a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Where.
    pub place: Place,
    /// Of what.
    pub kind: Kind,
    /// How many there may be.
    pub limit: u32,
    /// How many there are.
    pub used: u32,
}

impl Offer {
    /// The caller on a side.
    pub fn caller(&self, side: Side) -> Option<&Caller> {
        self.callers.iter().find(|(s, _)| *s == side).map(|(_, caller)| caller)
    }

    /// With what another answer says of limits and guard rails.
    pub(crate) fn with_room(mut self, other: Self) -> Self {
        self.quotas = other.quotas;
        self.guards = other.guards;
        self.not_checked.extend(other.not_checked);
        self.not_checked.sort();
        self.not_checked.dedup();
        self
    }

    /// The zones of a place.
    pub fn zones_in(&self, place: &Place) -> &[Zone] {
        self.zones.iter().find(|(p, _)| p == place).map_or(&[], |(_, zones)| zones)
    }

    /// The network of that id.
    pub fn network(&self, id: &str) -> Option<&Network> {
        self.networks.iter().find(|network| network.id == id)
    }

    /// The service of that name.
    pub fn service(&self, asked: &str) -> Option<&ServiceOffer> {
        self.services.iter().find(|service| service.asked == asked)
    }
}

impl Request<'_> {
    /// The kind of what is asked.
    pub fn kind(&self) -> Kind {
        self.resource.kind()
    }
}
