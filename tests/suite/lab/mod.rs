//! The world builder: makes parts of the sample lane on a backend, as patiently as the contract asks, and takes them down again.
//!
//! It is a caller of the contract, not an engine: one thing after the other, no records, no doubt. Whatever it made is removed by
//! [`Lab::clear`], however the test ended.

mod asked;
mod look;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use accel_core::backend::{Bound, Found, NetworkBackend, OfferQuery, Phase, Ready};
use accel_core::graph::{Need, To};
use accel_core::resource::{Attributes, Describe as _, Kind, Resource, Route, Via};
use accel_core::tags::Stamp;
use accel_core::{DeploymentId, Error, ErrorKind, NodeId, Owner, Place, RemoteId, RunId};
use tokio::time::Instant;

pub use asked::{Asked, Pick};

use crate::conformance::{Stop, Subject};
use crate::samples::{Lane, node_of};

/// How long a removal may be held up by something else of ours, at most.
const REMOVAL_LIMIT: Duration = Duration::from_secs(2 * 3900);

/// A part of the lane on its way into a cloud, under one deployment.
pub struct Lab<'s> {
    /// What is tested, and where.
    pub subject: &'s Subject,
    /// The lane; tests may add nodes to its graph.
    pub lane: Lane,
    /// Under which name.
    pub deployment: DeploymentId,
    stamp: Stamp,
    bound: BTreeMap<NodeId, Bound>,
    made: Vec<RemoteId>,
    /// The nodes that take over what somebody else has made, once that is there.
    replaced: BTreeSet<NodeId>,
    attempt: u32,
}

impl fmt::Debug for Lab<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab")
            .field("deployment", &self.deployment)
            .field("made", &self.made)
            .finish_non_exhaustive()
    }
}

impl<'s> Lab<'s> {
    /// An empty lab under a deployment's name.
    ///
    /// # Errors
    /// If the backend does not offer the subject's service.
    ///
    /// # Panics
    /// If the name is no deployment's name.
    pub async fn open(subject: &'s Subject, deployment: &str) -> Result<Self, Stop> {
        let query = OfferQuery {
            places: vec![subject.service.place.clone(), subject.entry.place.clone()],
            services: vec![(subject.service.place.clone(), subject.endpoint_service.clone())],
            ..OfferQuery::default()
        };
        let offer = subject.backend.offer(&query).await?;
        let service = offer.service(&subject.endpoint_service).ok_or_else(|| {
            Stop::Failed(format!(
                "the subject's service {} is not offered",
                subject.endpoint_service
            ))
        })?;
        let accounts = offer.callers.iter().map(|(side, who)| (*side, who.account.clone()));
        Ok(Self {
            subject,
            lane: Lane::new(&subject.service, &subject.entry, &service.full_name),
            deployment: DeploymentId::parse(deployment).expect("a deployment's name is valid"),
            stamp: Stamp {
                run: RunId::new(format!("run-of-{deployment}")),
                by: "conformance suite".to_owned(),
                places: query.places,
                accounts: accounts.collect(),
            },
            bound: BTreeMap::new(),
            made: Vec::new(),
            replaced: BTreeSet::new(),
            attempt: 0,
        })
    }

    /// A second lab on the same cloud, under another deployment's name.
    ///
    /// # Errors
    /// Like [`Lab::open`].
    pub async fn neighbour(&self, deployment: &str) -> Result<Lab<'s>, Stop> {
        Lab::open(self.subject, deployment).await
    }

    /// The backend.
    pub fn backend(&self) -> &'s dyn NetworkBackend {
        &*self.subject.backend
    }

    /// Adds a node to the lane.
    pub fn add(&mut self, name: &str, place: &Place, resource: impl Into<Resource>) -> NodeId {
        node_of(&self.lane.graph.add(name, place, resource.into()))
    }

    /// Adds the sample of a kind with other content as a node of its own.
    pub fn add_other(&mut self, kind: Kind) -> Option<NodeId> {
        let other = self.lane.other(kind)?;
        let place = self.lane.graph.node(self.lane.sample(kind)).place.clone();
        Some(self.add(&format!("other.{kind:?}"), &place, other))
    }

    /// The request of a node whose references exist.
    ///
    /// # Panics
    /// If a reference has not been made: tests make them first.
    pub fn asked(&self, pick: impl Pick) -> Asked {
        let id = pick.node(&self.lane);
        let node = self.lane.graph.node(id);
        let mut bound = Vec::new();
        node.resource.clone().refs(&mut |link| {
            if let To::Node(to) = link.to {
                let known = self.bound.get(to).expect("a test makes what it refers to first");
                bound.push((*to, known.clone()));
            }
        });
        Asked {
            owner: Owner {
                deployment: self.deployment.clone(),
                node: node.name.clone(),
                fingerprint: node.fingerprint,
            },
            place: node.place.clone(),
            resource: self.with_ids(&node.resource),
            bound,
            carried: self.carried_by(id).iter().map(|it| self.with_ids(it)).collect(),
            stamp: self.stamp.clone(),
            attempt: self.attempt,
        }
    }

    /// The same with the ids of nodes in the place of their names.
    fn with_ids(&self, resource: &Resource) -> Resource {
        let mut text = serde_json::to_string(resource).expect("a resource is plain data");
        for (node, bound) in &self.bound {
            let name = format!("<{}>", self.lane.graph.node(*node).name);
            text = text.replace(&name, bound.id.as_str());
        }
        serde_json::from_str(&text).expect("an id is plain text")
    }

    /// The settings whose first value the create of a node carries.
    fn carried_by(&self, id: NodeId) -> Vec<Resource> {
        let is_member = |resource: &Resource| {
            if let Resource::ExtraTags(extra) = resource {
                return extra.members.iter().any(|member| *member.to() == To::Node(id));
            }
            resource.parent() == Some(id)
        };
        let nodes = self.lane.graph.nodes().iter().map(|node| &node.resource);
        nodes.filter(|resource| resource.carried() && is_member(resource)).cloned().collect()
    }

    /// The id that a node has become.
    ///
    /// # Panics
    /// If it has not been made.
    pub fn id(&self, pick: impl Pick) -> RemoteId {
        let node = pick.node(&self.lane);
        self.bound.get(&node).expect("a test makes what it asks for").id.clone()
    }

    /// Makes everything that a node needs, as far as the edges ask.
    ///
    /// # Errors
    /// What the backend says, once patience has ended.
    pub async fn make_needs(&mut self, pick: impl Pick) -> Result<(), Stop> {
        let target = pick.node(&self.lane);
        let mut wanted = BTreeMap::from([(target, Need::Exists)]);
        for id in self.lane.graph.ids().collect::<Vec<_>>().into_iter().rev() {
            if wanted.contains_key(&id) {
                for edge in self.lane.graph.node(id).edges() {
                    let need = wanted.entry(edge.to).or_insert(edge.need);
                    *need = (*need).max(edge.need);
                }
            }
        }
        wanted.remove(&target);
        for (id, need) in wanted {
            if !self.bound.contains_key(&id) {
                let asked = self.asked(id);
                let remote = self.create(&asked).await?;
                self.bound.insert(id, Bound { id: remote, attributes: None });
            }
            if need == Need::Ready {
                self.ready(id).await?;
            }
        }
        self.make_what_is_replaced(target).await
    }

    /// What somebody else has made before a node of ours takes it over: a route through the entry side's internet gateway. It is no
    /// node of the lane.
    async fn make_what_is_replaced(&mut self, node: NodeId) -> Result<(), Stop> {
        let resource = &self.lane.graph.node(node).resource;
        let Resource::RouteReplacement(it) = resource.clone() else { return Ok(()) };
        if !self.replaced.insert(node) {
            return Ok(());
        }
        let gateway = self.lane.at_entry.gateway.clone();
        let route =
            Route { table: it.table, destination: it.destination, via: Via::Gateway(gateway) };
        let mut asked = self.asked(node).named("somebody").with(route);
        let gateway = node_of(&self.lane.at_entry.gateway);
        asked.bound.push((gateway, Bound { id: self.id(gateway), attributes: None }));
        let id = self.create(&asked).await?;
        self.until_ready(&id).await?;
        // Somebody has made it long ago.
        self.settle().await;
        Ok(())
    }

    /// Makes a node, and before it everything that it needs.
    ///
    /// # Errors
    /// What the backend says, once patience has ended.
    pub async fn make(&mut self, pick: impl Pick) -> Result<RemoteId, Stop> {
        let node = pick.node(&self.lane);
        if let Some(bound) = self.bound.get(&node) {
            return Ok(bound.id.clone());
        }
        self.make_needs(node).await?;
        let asked = self.asked(node);
        let id = self.create(&asked).await?;
        self.bind(node, &id);
        Ok(id)
    }

    /// Makes a node and waits until it is ready.
    ///
    /// # Errors
    /// What the backend says, once patience has ended.
    pub async fn make_ready(&mut self, pick: impl Pick) -> Result<RemoteId, Stop> {
        let node = pick.node(&self.lane);
        let id = self.make(node).await?;
        self.ready(node).await?;
        Ok(id)
    }

    /// Makes a sample of every kind and waits until all are ready.
    ///
    /// # Errors
    /// What the backend says, once patience has ended.
    pub async fn make_every_kind(&mut self) -> Result<(), Stop> {
        for kind in Kind::ALL {
            self.make(*kind).await?;
        }
        for kind in Kind::ALL {
            self.ready(self.lane.sample(*kind)).await?;
        }
        Ok(())
    }

    /// Notes what a node has become.
    pub fn bind(&mut self, pick: impl Pick, id: &RemoteId) {
        let node = pick.node(&self.lane);
        self.bound.insert(node, Bound { id: id.clone(), attributes: None });
    }

    /// Waits until a made node is ready, and notes its attributes.
    async fn ready(&mut self, node: NodeId) -> Result<Ready, Stop> {
        let id = self.id(node);
        let ready = self.until_ready(&id).await?;
        let attributes: Option<Attributes> = Some(ready.attributes.clone());
        self.bound.insert(node, Bound { id, attributes });
        Ok(ready)
    }

    /// One call of `create`, noted for [`Lab::clear`].
    ///
    /// # Errors
    /// What the backend says.
    pub async fn create_once(&mut self, asked: &Asked) -> Result<RemoteId, Error> {
        let id = self.backend().create(asked.request()).await?;
        if !self.made.contains(&id) {
            self.made.push(id.clone());
        }
        Ok(id)
    }

    /// `create`, again while time alone can help: within one window.
    ///
    /// # Errors
    /// What the backend says, once the window has passed.
    pub async fn create(&mut self, asked: &Asked) -> Result<RemoteId, Stop> {
        let deadline = self.subject.patience.ends();
        loop {
            match self.create_once(asked).await {
                Ok(id) => return Ok(id),
                Err(error) if self.goes_on(&error, deadline).await => {}
                Err(error) if error.kind() == ErrorKind::Unsupported => {
                    let kind = asked.resource.kind();
                    return Err(Stop::Skipped(format!("the backend has no {kind}")));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The error of a create that must be refused; what is not visible yet is waited for.
    ///
    /// # Errors
    /// If it succeeds.
    pub async fn refused(&mut self, asked: &Asked) -> Result<Error, Stop> {
        let deadline = self.subject.patience.ends();
        loop {
            match self.create_once(asked).await {
                Ok(id) => return Err(Stop::Failed(format!("it is not refused: {id} was made"))),
                Err(error) if self.goes_on(&error, deadline).await => {}
                Err(error) => return Ok(error),
            }
        }
    }

    /// Removes a thing, once the cloud shows it to every call, and waits until it is gone.
    ///
    /// # Errors
    /// What the backend says, once patience has ended.
    pub async fn remove(&self, id: &RemoteId) -> Result<(), Stop> {
        self.settle().await;
        self.take_down(id).await
    }

    async fn take_down(&self, id: &RemoteId) -> Result<(), Stop> {
        let deadline = Instant::now() + REMOVAL_LIMIT;
        loop {
            match self.backend().delete(id).await {
                Ok(()) => break,
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                Err(error) if error.kind() == ErrorKind::InUse && Instant::now() < deadline => {
                    self.pause().await;
                }
                Err(error) if self.goes_on(&error, deadline).await => {}
                Err(error) => return Err(error.into()),
            }
        }
        if id.kind.facts().setting { Ok(()) } else { self.until_gone(id).await }
    }

    /// Removes everything that was made, the youngest first, and looks again when every call must see it.
    ///
    /// # Errors
    /// What could not be removed, and why.
    pub async fn clear(&mut self) -> Result<(), Stop> {
        let made = std::mem::take(&mut self.made);
        self.bound.clear();
        self.replaced.clear();
        // A cloud remembers the tokens of what is dead.
        self.attempt += 1;
        if made.is_empty() {
            return Ok(());
        }
        self.settle().await;
        let mut left = Vec::new();
        for id in made.iter().rev() {
            if let Err(stop) = self.take_down(id).await {
                left.push(format!("the {} {id}: {stop}", id.kind));
            }
        }
        self.settle().await;
        for id in made.iter().filter(|id| !id.kind.facts().setting) {
            let phase = self.phase(id).await?;
            if phase != Phase::Gone {
                left.push(format!("the {} {id} is {phase:?}", id.kind));
            }
        }
        if left.is_empty() { Ok(()) } else { Err(Stop::Failed(left.join("; "))) }
    }
}

/// A place's listing holds it.
pub fn listed<'f>(found: &'f [Found], id: &RemoteId) -> Option<&'f Found> {
    found.iter().find(|found| found.id == *id)
}

/// Whether the same call may succeed later without anybody's doing.
fn time_helps(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotYet | ErrorKind::Throttled | ErrorKind::Unavailable)
}
