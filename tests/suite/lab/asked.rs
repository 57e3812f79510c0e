//! A request that a test can change, and how tests name nodes.

use accel_core::backend::{Bound, Inputs, Request};
use accel_core::resource::{Kind, Resource};
use accel_core::tags::Stamp;
use accel_core::{NodeId, Owner, Place, Ref, RemoteId};

use crate::samples::{Lane, node_of};

/// What names a node of the lane.
pub trait Pick: Copy {
    /// That node.
    fn node(&self, lane: &Lane) -> NodeId;
}

impl Pick for NodeId {
    fn node(&self, _lane: &Lane) -> NodeId {
        *self
    }
}

/// The sample of the kind.
impl Pick for Kind {
    fn node(&self, lane: &Lane) -> NodeId {
        lane.sample(*self)
    }
}

impl<K> Pick for &Ref<K> {
    fn node(&self, _lane: &Lane) -> NodeId {
        node_of(self)
    }
}

/// A request that owns its parts, so that a test can change one of them.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Whose it is.
    pub owner: Owner,
    /// Where.
    pub place: Place,
    /// What.
    pub resource: Resource,
    /// What its references have become, in their order.
    pub bound: Vec<(NodeId, Bound)>,
    /// First values of settings.
    pub carried: Vec<Resource>,
    /// The run.
    pub stamp: Stamp,
    /// How many objects of this request are dead.
    pub attempt: u32,
}

impl Asked {
    /// As the contract takes it.
    pub fn request(&self) -> Request<'_> {
        Request {
            owner: &self.owner,
            place: &self.place,
            resource: &self.resource,
            inputs: Inputs::new(&self.bound),
            carried: &self.carried,
            stamp: &self.stamp,
            keep: None,
            attempt: self.attempt,
        }
    }

    /// The same with other content.
    #[must_use]
    pub fn with(mut self, resource: impl Into<Resource>) -> Self {
        self.resource = resource.into();
        self
    }

    /// The same under another node's name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.owner.node = name.into();
        self
    }

    /// The same in another attempt.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// The same with one input being another thing.
    #[must_use]
    pub fn bound_to(mut self, input: NodeId, id: &RemoteId) -> Self {
        for (node, bound) in &mut self.bound {
            if *node == input {
                bound.id = id.clone();
            }
        }
        self
    }

    /// The same without first values of settings.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.carried.clear();
        self
    }
}
