//! What should exist: nodes in an order in which each refers only to nodes before it.
//!
//! A node is one mutating API call. [`Graph::add`] hands out the only references there are, so a cycle cannot be written, and a
//! subnet cannot stand where a VPC belongs. Creation follows the order of insertion with as much overlap as the edges allow; removal
//! is the reverse.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::id::{Fingerprint, NodeName, Place, RemoteId};
use crate::resource::{Describe, Kind, Resource};

/// The version of the canonical form that fingerprints are made from.
const CANONICAL_FORM: u8 = 1;

/// A node's position in its graph. Never leaves the process except inside its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(u32);

impl NodeId {
    /// The position as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a reference names: a node of the same graph, or something that exists already and is not ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum To {
    /// A node before this one.
    Node(NodeId),
    /// Something that is not ours: never changed, never deleted.
    Existing(RemoteId),
}

/// A typed reference to a resource of kind `K`.
pub struct Ref<K> {
    pub(crate) to: To,
    kind: PhantomData<fn() -> K>,
}

impl<K> Ref<K> {
    fn new(to: To) -> Self {
        Self { to, kind: PhantomData }
    }

    /// A reference to something that exists already and is not ours.
    pub fn existing(id: RemoteId) -> Self {
        Self::new(To::Existing(id))
    }

    /// What it names.
    pub fn to(&self) -> &To {
        &self.to
    }

    /// The same reference without its type, for settings that span kinds.
    pub fn any(&self) -> Ref<Resource> {
        Ref::new(self.to.clone())
    }
}

impl<K> Clone for Ref<K> {
    fn clone(&self) -> Self {
        Self::new(self.to.clone())
    }
}

impl<K> PartialEq for Ref<K> {
    fn eq(&self, other: &Self) -> bool {
        self.to == other.to
    }
}

impl<K> Eq for Ref<K> {}

impl<K> fmt::Debug for Ref<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to, f)
    }
}

impl<K> Serialize for Ref<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to.serialize(serializer)
    }
}

impl<'de, K> Deserialize<'de> for Ref<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        To::deserialize(deserializer).map(Self::new)
    }
}

/// How far the referred node must be before the referring one can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// It has an id.
    Exists,
    /// It is ready, with all its attributes.
    Ready,
}

/// Why one node comes after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The cloud itself keeps the reference: a listing shows it.
    Holds,
    /// Only a value of it is used (an address); the cloud does not know.
    Value,
    /// Order alone: in no request and in no fingerprint.
    After,
}

/// An edge, derived from a node's fields or from its `after` list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The node that comes first.
    pub to: NodeId,
    /// How far it must be.
    pub need: Need,
    /// Why.
    pub role: Role,
}

/// One thing that should exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name, unique in the graph.
    pub name: NodeName,
    /// Where it is made.
    pub place: Place,
    /// What it is.
    pub resource: Resource,
    /// What was asked, as a hash.
    pub fingerprint: Fingerprint,
    /// The topology's own note about a choice that must stick (zones, addresses); kept in a tag, in no fingerprint.
    pub keep: Option<String>,
    edges: Vec<Edge>,
}

impl Node {
    /// The nodes that must come first.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// What kind of resource it is.
    pub fn kind(&self) -> Kind {
        self.resource.kind()
    }
}

/// What should exist.
///
/// ```
/// use accel_core::{Graph, Place, Side};
/// use accel_core::resource::{Subnet, Vpc};
///
/// let place = Place::new(Side::Entry, "ap-southeast-1");
/// let mut graph = Graph::default();
/// let vpc = graph.add("entry.vpc", &place, Vpc { cidr: "10.2.0.0/16".parse()? });
/// graph.add("entry.subnet.a", &place, Subnet { vpc, cidr: "10.2.0.0/20".parse()?, zone: "ap-southeast-1a".into() });
/// assert_eq!(graph.len(), 2);
/// # Ok::<(), ipnet::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    nodes: Vec<Node>,
    names: BTreeMap<NodeName, NodeId>,
}

impl Graph {
    /// Adds a node.
    ///
    /// # Panics
    /// If the name is taken: a topology that names two nodes alike is a bug in the topology.
    pub fn add<K>(&mut self, name: impl Into<NodeName>, place: &Place, resource: K) -> Ref<K>
    where
        K: Into<Resource>,
    {
        self.add_after(name, place, resource, &[])
    }

    /// Adds a node that must also come after others to which it does not refer.
    ///
    /// # Panics
    /// If the name is taken.
    pub fn add_after<K>(
        &mut self,
        name: impl Into<NodeName>,
        place: &Place,
        resource: K,
        after: &[&Ref<Resource>],
    ) -> Ref<K>
    where
        K: Into<Resource>,
    {
        let after = after.iter().filter_map(|r| match &r.to {
            To::Node(id) => Some(*id),
            To::Existing(_) => None,
        });
        let id = self.push(name.into(), place.clone(), resource.into(), after.collect(), None);
        Ref::new(To::Node(id))
    }

    /// Notes a choice that must stick, for the node just named.
    pub fn keep<K>(&mut self, node: &Ref<K>, choice: impl Into<String>) {
        if let To::Node(id) = node.to {
            self.nodes[id.index()].keep = Some(choice.into());
        }
    }

    fn push(
        &mut self,
        name: NodeName,
        place: Place,
        mut resource: Resource,
        after: Vec<NodeId>,
        keep: Option<String>,
    ) -> NodeId {
        let id =
            NodeId(u32::try_from(self.nodes.len()).expect("a graph has fewer than 2^32 nodes"));
        let mut edges: Vec<Edge> = Vec::new();
        resource.refs(&mut |link| {
            if let To::Node(to) = *link.to {
                edges.push(Edge { to, need: link.need, role: link.role });
            }
        });
        edges.extend(after.into_iter().map(|to| Edge {
            to,
            need: Need::Exists,
            role: Role::After,
        }));
        assert!(
            edges.iter().all(|edge| edge.to < id),
            "{name} refers to a node that is not before it"
        );
        let fingerprint = self.fingerprint(&place, &resource);
        assert!(self.names.insert(name.clone(), id).is_none(), "two nodes are named {name}");
        self.nodes.push(Node { name, place, resource, fingerprint, keep, edges });
        id
    }

    /// A hash of the canonical form: the kind, the place, the fields with every reference blanked, then the fingerprints of what is
    /// referred to in the order of the references.
    fn fingerprint(&self, place: &Place, resource: &Resource) -> Fingerprint {
        let mut referred: Vec<String> = Vec::new();
        let mut blank = resource.clone();
        blank.refs(&mut |link| {
            referred.push(match link.to {
                To::Node(id) => self.nodes[id.index()].fingerprint.to_string(),
                To::Existing(id) => id.to_string(),
            });
            *link.to = To::Node(NodeId(0));
        });
        let fields = serde_json::to_vec(&blank).expect("a resource is plain data");
        let mut hash = Sha256::new();
        hash.update([CANONICAL_FORM]);
        hash.update(place.side.to_string());
        hash.update([0]);
        hash.update(place.region.as_str());
        hash.update([0]);
        hash.update(&fields);
        for text in &referred {
            hash.update([0]);
            hash.update(text);
        }
        let digest = hash.finalize();
        let bits = digest[..8].try_into().expect("a digest has 32 bytes");
        Fingerprint::from_bits(u64::from_be_bytes(bits))
    }

    /// The nodes, each after everything it refers to.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none: the graph of a deployment that is to be cleaned up.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// One node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The node of that name.
    pub fn find(&self, name: &NodeName) -> Option<NodeId> {
        self.names.get(name).copied()
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0u32..).map(NodeId).take(self.nodes.len())
    }
}

/// How a graph is written: no derived data.
#[derive(Serialize, Deserialize)]
struct Written {
    name: NodeName,
    place: Place,
    resource: Resource,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    after: Vec<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keep: Option<String>,
}

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.nodes.iter().map(|node| Written {
            name: node.name.clone(),
            place: node.place.clone(),
            resource: node.resource.clone(),
            after: node.edges.iter().filter(|e| e.role == Role::After).map(|e| e.to).collect(),
            keep: node.keep.clone(),
        }))
    }
}

impl<'de> Deserialize<'de> for Graph {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Vec::<Written>::deserialize(deserializer)?;
        let mut graph = Self::default();
        for node in written {
            graph.check(&node).map_err(serde::de::Error::custom)?;
            graph.push(node.name, node.place, node.resource, node.after, node.keep);
        }
        Ok(graph)
    }
}

impl Graph {
    /// The only place where a graph can be wrong: when it comes from a file.
    fn check(&self, node: &Written) -> Result<(), String> {
        let mut wrong = None;
        node.resource.clone().refs(&mut |link| {
            if let To::Node(id) = link.to {
                match (self.nodes.get(id.index()), link.kind) {
                    (None, _) => wrong = Some("refers to a node that is not before it"),
                    (Some(found), Some(kind)) if found.kind() != kind => {
                        wrong = Some("refers to a node of another kind");
                    }
                    (Some(_), _) => {}
                }
            }
        });
        if node.after.iter().any(|id| id.index() >= self.nodes.len()) {
            wrong = Some("comes after a node that is not before it");
        }
        if self.names.contains_key(&node.name) {
            wrong = Some("has the name of another node");
        }
        wrong.map_or(Ok(()), |why| Err(format!("node {} {why}", node.name)))
    }
}
