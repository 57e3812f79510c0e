//! What a question is about: a node of the graph that needs the action, with the ids and tags that its real call would carry.

use std::collections::BTreeMap;

use accel_core::backend::{Inputs, Request};
use accel_core::graph::To;
use accel_core::resource::{Describe as _, Direction, Kind, Resource};
use accel_core::tags::{Stamp, Tags};
use accel_core::{DeploymentId, Graph, Node, NodeId, NodeName, Owner, Place, Ref, RemoteId, RunId};
use aws_sdk_ec2::types::{ResourceType, TagSpecification};

use crate::permissions::is_needed;
use crate::tags::for_ec2;

/// The nodes that can be asked about.
pub(super) struct Subjects<'a> {
    deployment: &'a DeploymentId,
    graph: &'a Graph,
    standing: &'a BTreeMap<NodeName, RemoteId>,
    stamp: Stamp,
}

impl<'a> Subjects<'a> {
    pub(super) fn new(
        deployment: &'a DeploymentId,
        graph: &'a Graph,
        standing: &'a BTreeMap<NodeName, RemoteId>,
    ) -> Self {
        let mut places: Vec<Place> = graph.nodes().iter().map(|node| node.place.clone()).collect();
        places.sort();
        places.dedup();
        let by = "a probe".to_owned();
        let stamp = Stamp { run: RunId::fresh(), by, places, accounts: Vec::new() };
        Self { deployment, graph, standing, stamp }
    }

    /// What an action is asked about in a place: something that is there, if there is any.
    pub(super) fn of(&self, place: &Place, action: &str) -> Option<Subject<'_>> {
        let nodes = self.graph.nodes().iter().filter(|node| node.place == *place);
        let needs = nodes.filter(|node| needs(node, action));
        let node = needs.min_by_key(|node| {
            (is_of_other_direction(&node.resource, action), !self.standing.contains_key(&node.name))
        })?;
        let id = self.graph.find(&node.name)?;
        Some(Subject { all: self, node, id, tags: self.tags(node, id), invented: false })
    }

    /// The tags of its create, the user's own included: a policy may ask for any of them.
    fn tags(&self, node: &Node, id: NodeId) -> Tags {
        let owner = Owner {
            deployment: self.deployment.clone(),
            node: node.name.clone(),
            fingerprint: node.fingerprint,
        };
        let of_node = |other: &&Node| other.edges().iter().any(|edge| edge.to == id);
        let carried = self.graph.nodes().iter().filter(of_node);
        let carried: Vec<Resource> = carried.map(|other| other.resource.clone()).collect();
        let request = Request {
            owner: &owner,
            place: &node.place,
            resource: &node.resource,
            inputs: Inputs::default(),
            carried: &carried,
            stamp: &self.stamp,
            keep: node.keep.as_deref(),
            attempt: 0,
        };
        request.tags()
    }
}

/// Tags are set on whatever carries them.
fn needs(node: &Node, action: &str) -> bool {
    let facts = node.kind().facts();
    let tagged = facts.taggable && facts.api == accel_core::resource::Api::Network;
    match action {
        "ec2:CreateTags" => tagged,
        // Of a network that exists, or of one that is made.
        "ec2:DescribeVpcAttribute" => {
            let vpc = |id: &RemoteId| id.kind == Kind::Vpc;
            is_needed(node.kind(), action) || node.resource.existing().iter().any(vpc)
        }
        _ => is_needed(node.kind(), action),
    }
}

/// Each direction of a rule has actions of its own.
fn is_of_other_direction(resource: &Resource, action: &str) -> bool {
    let Resource::SecurityGroupRule(rule) = resource else { return false };
    match rule.direction {
        Direction::Ingress => action.ends_with("Egress"),
        Direction::Egress => action.ends_with("Ingress"),
    }
}

/// What one question is about.
pub(super) struct Subject<'a> {
    all: &'a Subjects<'a>,
    pub(super) node: &'a Node,
    id: NodeId,
    tags: Tags,
    /// Whether an id was given out that nothing has.
    pub(super) invented: bool,
}

impl Subject<'_> {
    /// Its own id.
    pub(super) fn own(&mut self) -> String {
        self.node_id(self.id)
    }

    /// The id that a reference stands for.
    pub(super) fn id<K>(&mut self, reference: &Ref<K>) -> String {
        match reference.to() {
            To::Existing(id) => id.as_str().to_owned(),
            To::Node(node) => self.node_id(*node),
        }
    }

    /// The id of the VPC that it is in.
    pub(super) fn vpc(&mut self) -> String {
        let mut found = None;
        self.node.resource.clone().refs(&mut |link| {
            if link.kind == Some(Kind::Vpc) {
                found.get_or_insert(link.to.clone());
            }
        });
        match found {
            Some(To::Existing(id)) => id.as_str().to_owned(),
            Some(To::Node(node)) => self.node_id(node),
            None => self.invent(Kind::Vpc),
        }
    }

    /// The id of the group that a rule is in.
    pub(super) fn group_of<K>(&mut self, rule: &Ref<K>) -> String {
        if let To::Node(rule) = *rule.to()
            && let Resource::SecurityGroupRule(rule) = &self.all.graph.node(rule).resource
        {
            return self.id(&rule.group);
        }
        self.invent(Kind::SecurityGroup)
    }

    pub(super) fn tags(&self) -> Vec<aws_sdk_ec2::types::Tag> {
        for_ec2(&self.tags)
    }

    pub(super) fn specification(&self, of: ResourceType) -> TagSpecification {
        TagSpecification::builder().resource_type(of).set_tags(Some(self.tags())).build()
    }

    fn node_id(&mut self, id: NodeId) -> String {
        let node = self.all.graph.node(id);
        match self.all.standing.get(&node.name) {
            Some(id) => id.as_str().to_owned(),
            None => self.invent(node.kind()),
        }
    }

    fn invent(&mut self, kind: Kind) -> String {
        self.invented = true;
        let prefix = PREFIXES.iter().find(|(of, _)| *of == kind).map_or("r", |(_, prefix)| prefix);
        format!("{prefix}-0acce100000000000")
    }
}

/// How ids begin. Source: Resource IDs, Amazon EC2 user guide.
const PREFIXES: [(Kind, &str); 12] = [
    (Kind::Vpc, "vpc"),
    (Kind::Subnet, "subnet"),
    (Kind::InternetGateway, "igw"),
    (Kind::RouteTable, "rtb"),
    (Kind::RouteTableAssociation, "rtbassoc"),
    (Kind::SecurityGroup, "sg"),
    (Kind::SecurityGroupRule, "sgr"),
    (Kind::InterfaceEndpoint, "vpce"),
    (Kind::PeeringConnection, "pcx"),
    (Kind::ElasticIp, "eipalloc"),
    (Kind::NatGateway, "nat"),
    (Kind::GatewayEndpoint, "vpce"),
];
