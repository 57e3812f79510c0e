//! What users of a lane are told.

use std::collections::BTreeMap;

use accel_core::backend::Bound;
use accel_core::resource::{Attributes, BalancerAttributes, ElasticIpAttributes, Kind};
use accel_core::spec::Acceleration;
use accel_core::topology::Made;
use accel_core::{NodeName, RemoteId, Topology};

use crate::support::{build, frankfurt, golden, jakarta, offer};

/// What a finished deploy of the spec has made, with attributes that derive from the names.
fn made(spec: &Acceleration) -> BTreeMap<NodeName, Bound> {
    let number = |index: usize| u8::try_from(index % 250).unwrap();
    let nodes = build(spec);
    let nodes = nodes.nodes().iter().enumerate();
    nodes
        .map(|(index, node)| {
            let attributes = if node.kind() == Kind::LoadBalancer {
                Attributes::LoadBalancer(BalancerAttributes {
                    dns_name: format!("lane-{index}.elb.example"),
                    metric_name: format!("net/lane/{index}"),
                    addresses: Vec::new(),
                })
            } else if node.kind() == Kind::ElasticIp {
                let address = [203, 0, 113, number(index)].into();
                Attributes::ElasticIp(ElasticIpAttributes { address })
            } else {
                Attributes::Plain
            };
            let id = RemoteId::new(node.kind(), node.place.clone(), format!("id-{index}"));
            (node.name.clone(), Bound { id, attributes: Some(attributes) })
        })
        .collect()
}

#[test]
fn say_how_to_dial_each_service() {
    let spec = jakarta();
    let (nodes, offer) = (made(&spec), offer(&spec));
    let outputs = spec.outputs(&Made::new(&offer, &nodes)).unwrap();
    golden("outputs", &serde_json::to_string_pretty(&outputs).unwrap());
}

#[test]
fn tell_what_is_there_while_the_rest_is_not() {
    let spec = frankfurt();
    let (mut nodes, offer) = (made(&spec), offer(&spec));
    let all = spec.outputs(&Made::new(&offer, &nodes)).unwrap();
    assert_eq!((all.complete, all.entries.len()), (true, 2));

    nodes.remove(&NodeName::from("entry.sa-east-1.balancer.sqs"));
    let part = spec.outputs(&Made::new(&offer, &nodes)).unwrap();
    assert_eq!((part.complete, part.entries.len()), (false, 1));
    assert_ne!(part.generation, all.generation);

    nodes.remove(&NodeName::from("entry.sa-east-1.balancer.sagemaker.runtime"));
    assert_eq!(spec.outputs(&Made::new(&offer, &nodes)), None);
}

/// A new generation means that clients must change something, and nothing else.
#[test]
fn the_generation_follows_what_clients_dial() {
    let spec = jakarta();
    let (mut nodes, offer) = (made(&spec), offer(&spec));
    let outputs = |nodes: &BTreeMap<NodeName, Bound>| {
        spec.outputs(&Made::new(&offer, nodes)).unwrap().generation
    };
    let before = outputs(&nodes);
    nodes.remove(&NodeName::from("service.policy.sagemaker.runtime"));
    assert_eq!(outputs(&nodes), before);
    let address = NodeName::from("entry.ap-southeast-1.address.sagemaker.runtime.ap-southeast-1a");
    let changed = ElasticIpAttributes { address: [198, 51, 100, 1].into() };
    nodes.get_mut(&address).unwrap().attributes = Some(Attributes::ElasticIp(changed));
    assert_ne!(outputs(&nodes), before);
}
